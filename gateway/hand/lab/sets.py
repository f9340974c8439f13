"""Training sets: recordings, paths of our own generators, and each of them in several views.

Fingers are fewer among both, so they have more of either: more paths of people, and of our
generators as fingers would be told. Those only teach (views that begin with MORE): figures are of
the same rows whatever is added.

A row knows where it came from, so that a fold can leave out a human source, some users of every
other, and a family of generators, with all replays of those people.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.hand.features import measure
from gateway.hand.lab import views
from gateway.hand.lab.borrow import BORROWERS, People
from gateway.hand.lab.channels import play
from gateway.hand.lab.generators import FAMILIES
from gateway.hand.lab.pieces import Floats, Points, Rng, scene

PARTS = 6  # of each source's users
MOST_PEOPLE = 1800  # paths of one source, spread over its users
OWN = "own_"  # before the names of our generators
MORE, MORE_NORM = "more", "more norm"  # views that nothing is judged by


class Record(NamedTuple):
    """A recorded path."""

    source: str
    script: bool
    pointer: str
    part: int  # of the users; -1 for scripts
    points: Points


Told = tuple[Record, str, str, Points]  # a record, whose it is, the view and the path in it


@dataclass(frozen=True, slots=True)
class Rows:
    """What is trained and judged on, one row each."""

    features: NDArray[np.float32]
    script: NDArray[np.bool_]
    source: NDArray[np.str_]
    pointer: NDArray[np.str_]
    view: NDArray[np.str_]
    part: NDArray[np.int64]  # of the person's, also in replays; -1: nobody's
    person: NDArray[np.str_]  # source of the person's, also in replays


def read(folder: Path) -> list[Record]:
    """All `*.jsonl.gz` of the data folder, but for paths that don't say what drew them."""
    found = []
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt") as lines:
            rows = map(json.loads, lines)
            found += [_record(row) for row in rows if "pointer" in row]
    return found


def _record(row: dict[str, object]) -> Record:
    t, x, y = (np.array(row[name], float) for name in "txy")
    script = row["label"] == "bot"
    who = str(row.get("user", row.get("session")))  # what a gate has kept knows visits alone
    part = -1 if script else int(sha256(who.encode()).hexdigest()[:8], 16) % PARTS
    return Record(str(row["source"]), script, str(row["pointer"]), part, (t - t[0], x, y))


def chosen(rng: Rng, records: list[Record]) -> list[Record]:
    """All scripts, and of each human source so many paths, all parts alike."""
    by_part: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        by_part[record.source, record.part].append(record)
    found = []
    for (source, part), group in by_part.items():
        parts = sum(key[0] == source for key in by_part)
        most = len(group) if part < 0 else MOST_PEOPLE // parts
        found += [group[i] for i in sorted(rng.permutation(len(group))[:most])]
    return found


def build(records: list[Record], *, seed: int, each: int) -> Rows:
    """Rows of recordings and of `each` paths by every generator of ours, in several views."""
    rng = np.random.default_rng(seed)
    picked = chosen(rng, records)
    people = _by_part(picked)
    gaps = _gaps(rng, picked)
    told: list[Told] = []
    for record, person in _of_all(picked) + _generated(rng, people, gaps, each):
        told += [(record, person, *view) for view in _views(rng, record.points, gaps)]
    return _rows(told + _more(rng, records, people, gaps, each))


def _of_all(records: list[Record]) -> list[tuple[Record, str]]:
    return [(record, "" if record.script else record.source) for record in records]


def _by_part(records: list[Record]) -> dict[tuple[str, int], People]:
    people: dict[tuple[str, int], People] = defaultdict(list)
    for record in records:
        if not record.script:
            people[record.source, record.part].append(record.points)
    return people


def _more(
    rng: Rng,
    records: list[Record],
    people: dict[tuple[str, int], People],
    gaps: list[Floats],
    each: int,
) -> list[Told]:
    """Of fingers: all people's paths, and `each` of every generator of ours, at their rates."""
    touch = [record for record in records if record.source in TOUCH]
    own = {key: paths for key, paths in people.items() if key[0] in TOUCH}
    rates = _gaps(rng, touch) * 2 + gaps
    told: list[Told] = []
    for record, person in _of_all(touch) + _generated(rng, own, rates, each, touch=True):
        views_ = _views(rng, record.points, rates, varied=2)
        told += [(record, person, _MORE_OF.get(name, name), points) for name, points in views_]
    return told


def _gaps(rng: Rng, records: list[Record]) -> list[Floats]:
    """Gaps between events of some sixty recordings of each source, at least half a millisecond."""
    by_source: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_source[record.source].append(record)
    picked = [
        group[i]
        for group in by_source.values()
        for i in rng.permutation(len(group))[: 25 if group[0].script else 60]
    ]
    return [np.maximum(np.diff(record.points[0]), 0.5) for record in picked]


def _generated(
    rng: Rng,
    people: dict[tuple[str, int], People],
    gaps: list[Floats],
    each: int,
    *,
    touch: bool = False,
) -> list[tuple[Record, str]]:
    """`each` of every generator of ours. `touch`: fingers' alone."""
    found: list[tuple[Record, str]] = []
    keys = list(people)
    for name, family in FAMILIES.items():
        count = 0
        while count < each:
            place = scene(rng)
            if touch and not place.touch:
                continue
            points = _played(rng, family(rng, place), gaps)
            if views.usable(points):
                pointer = "touch" if place.touch else "mouse"
                found.append((Record(OWN + name, True, pointer, -1, points), ""))
                count += 1
    for name, borrower in BORROWERS.items():
        count = 0
        while count < each:
            source, part = keys[int(rng.integers(len(keys)))]
            drawn = borrower(rng, scene(rng), people[source, part])
            points = _played(rng, drawn, gaps)
            if views.usable(points):
                pointer = "touch" if source in TOUCH else "mouse"
                found.append((Record(OWN + name, True, pointer, part, points), source))
                count += 1
    return found


TOUCH = frozenset({"howweswipe", "shapematch"})
_MORE_OF = {"raw": MORE, "norm": MORE_NORM}


def _played(rng: Rng, points: Points, gaps: list[Floats]) -> Points:
    t, x, y = play(rng, points, gaps)
    return t - t[0], np.rint(x), np.rint(y)


def _views(
    rng: Rng, points: Points, gaps: list[Floats], varied: int = 3
) -> list[tuple[str, Points]]:
    """As recorded, at 30 Hz in whole pixels, and some times varied."""
    found = [("raw", points), ("norm", views.norm(points))]
    others = (views.varied(rng, points, gaps) for _ in range(varied))
    return found + [("varied", view) for view in others if views.usable(view)]


def _rows(told: list[Told]) -> Rows:
    at_once = 1000
    parts = [
        measure([points for _, _, _, points in told[i : i + at_once]])
        for i in range(0, len(told), at_once)
    ]
    return Rows(
        np.concatenate(parts),
        np.array([record.script for record, _, _, _ in told]),
        np.array([record.source for record, _, _, _ in told]),
        np.array([record.pointer for record, _, _, _ in told]),
        np.array([view for _, _, view, _ in told]),
        np.array([record.part for record, _, _, _ in told]),
        np.array([person for _, person, _, _ in told]),
    )
