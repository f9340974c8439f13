"""What the hand did: features of a recorded trace, whatever JSON came as one.

`templates/record.js` sends `[[t_ms, x, y, kind, by, raw], …]`: milliseconds since the page began,
fractions of the viewport rounded to 1e-4, and `m`ove, `d`own, `u`p or `k`ey (which key is never
sent). `by`, left out where it is unknown: `m`ouse, `t`ouch or `p`en; `raw`, left out where it is 1:
the points that the browser joined into the event. No trace is no fault: a keyboard, a switch or a
voice leaves none, or only keys.

Plain loops: a drag has some fifty points, and numpy takes longer to begin than they take.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot, sqrt
from typing import Any, TypeAlias

from gateway.model import JSON, Answer

MAX_POINTS = 2_000  # the page sends at most 500; of more, the newest are read
LARGEST = 1e9  # beyond it no time or place makes sense
KINDS = frozenset("mduk")
POINTERS = frozenset("mtp")
MOST_RAW = 10_000  # points in one event
FAR = 0.05  # of the viewport: no press is so far from the last move but one by a leap
FEW_MOVES = 2
_NUMBERS = (int, float)  # and no bool, which is an int to `isinstance`

Point: TypeAlias = list[Any]  # [t_ms, x, y, kind, by?, raw?]


@dataclass(frozen=True, slots=True)
class Drag:
    """The longest movement with the button down."""

    moves: int
    length: float  # of the path, in viewport fractions
    bend: float  # largest distance from the straight line between its ends
    step_cv: float  # spread of step lengths: deviation over mean
    pace_cv: float  # spread of speeds: deviation over mean


@dataclass(frozen=True, slots=True)
class Features:
    """Numbers about a trace; all zero for an absent one."""

    malformed: bool = False
    points: int = 0
    moves: int = 0
    presses: int = 0
    mouse_presses: int = 0  # of those by a mouse, it says
    leaps: int = 0  # … those FAR from the last place, in FEW_MOVES
    keys: int = 0
    disordered: int = 0  # points earlier than the one before
    pace_ms: float = 0.0  # the middle one of the times between two moves in a row
    drag: Drag | None = None


ABSENT = Features()


def hands(answer: Answer) -> tuple[Features, Features]:
    """Of the page before the question's, and of the answer itself: measured once, whoever asks."""
    found: tuple[Features, Features] | None = answer.known.get("hands")
    if found is None:
        before = answer.before.get("trace") if isinstance(answer.before, dict) else None
        found = answer.known["hands"] = features(before), features(answer.trace)
    return found


def features(trace: JSON) -> Features:
    """Read any JSON. Never raises."""
    if trace is None or trace == []:
        return ABSENT
    if not isinstance(trace, list):
        return Features(malformed=True)
    points = trace[-MAX_POINTS:]
    if not _are_points(points):
        return Features(malformed=True)
    return _measure("".join(point[3] for point in points), points)


def _are_points(points: list[JSON]) -> bool:
    """NaN and infinities fail the comparison; what can't be taken apart is no point either."""
    try:
        for at_ms, x, y, kind, *more in points:
            if not (
                type(at_ms) in _NUMBERS
                and type(x) in _NUMBERS
                and type(y) in _NUMBERS
                and -LARGEST <= at_ms <= LARGEST
                and -LARGEST <= x <= LARGEST
                and -LARGEST <= y <= LARGEST
                and kind in KINDS
                and (not more or _is_pointer(*more))
            ):
                return False
    except (TypeError, ValueError):
        return False
    return True


def _is_pointer(by: JSON, raw: JSON = 1) -> bool:
    """TypeError for more than two, or what no set can hold."""
    return by in POINTERS and type(raw) is int and 1 <= raw <= MOST_RAW


def _measure(kinds: str, points: list[Point]) -> Features:
    times = [point[0] for point in points]
    presses, leaps = _leaps(points)
    return Features(
        mouse_presses=presses,
        leaps=leaps,
        points=len(kinds),
        moves=kinds.count("m"),
        presses=kinds.count("d"),
        keys=kinds.count("k"),
        disordered=sum(later < earlier for earlier, later in pairwise(times)),
        pace_ms=_pace_ms(points),
        drag=_longest_drag(kinds, points),
    )


def _pace_ms(points: list[Point]) -> float:
    gaps = sorted(abs(b[0] - a[0]) for a, b in pairwise(points) if a[3] == b[3] == "m")
    return float(gaps[len(gaps) // 2]) if gaps else 0.0


def _leaps(points: list[Point]) -> tuple[int, int]:
    """(presses by mouse, those that came from far away in next to no moves)."""
    presses = leaps = moves = 0
    place: Point | None = None  # where the pointer was last at rest, as far as is known
    for point in points:
        if point[3] == "k":
            continue
        if place is None:
            place = point
        if point[3] == "m":
            moves += 1
            continue
        if point[3] == "d" and point[4:5] == ["m"]:
            presses += 1
            far = hypot(point[1] - place[1], point[2] - place[2]) > FAR
            leaps += far and moves <= FEW_MOVES
        place, moves = point, 0
    return presses, leaps


def _longest_drag(kinds: str, points: list[Point]) -> Drag | None:
    """Between a press and what follows it: the next release or press, or the end."""
    edges = [index for index, kind in enumerate(kinds) if kind in "du"] + [len(kinds)]
    drags = []
    for start, end in pairwise(edges):
        if kinds[start] == "d":
            inside = [point for point in points[start + 1 : end] if point[3] == "m"]
            if len(inside) >= 2:
                drags.append(_drag([points[start], *inside]))
    return max(drags, key=lambda drag: drag.length, default=None)


def _drag(path: list[Point]) -> Drag:
    lengths = [hypot(b[1] - a[1], b[2] - a[2]) for a, b in pairwise(path)]
    spans_ms = [abs(b[0] - a[0]) for a, b in pairwise(path)]
    paces = [  # the page's clock counts whole milliseconds
        length / span_ms if span_ms > 1.0 else length
        for length, span_ms in zip(lengths, spans_ms, strict=True)
    ]
    return Drag(
        moves=len(lengths),
        length=sum(lengths),
        bend=_bend(path),
        step_cv=_spread(lengths),
        pace_cv=_spread(paces),
    )


def _bend(path: list[Point]) -> float:
    (x0, y0), (x1, y1) = path[0][1:3], path[-1][1:3]
    wide, high = x1 - x0, y1 - y0
    span = hypot(wide, high)
    if span == 0.0:
        return max(hypot(x - x0, y - y0) for _, x, y, *_ in path)
    off: float = max(abs(wide * (y - y0) - high * (x - x0)) for _, x, y, *_ in path)
    return off / span


def _spread(values: list[float]) -> float:
    mean = sum(values) / len(values)
    if not mean > 0:
        return 0.0
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values)) / mean
