"""What a path concerns: the buckets that its readings lead to, found once and remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce

from gateway.model import Match, Route, Site
from gateway.routing.asked import Entry, stricter
from gateway.routing.buckets import Bucket
from gateway.routing.index import PathIndex
from gateway.routing.params import conditions
from gateway.routing.patterns import Pattern, parse_pattern
from gateway.routing.readings import readings
from gateway.routing.strengths import Rank, kinds_in_order

_CACHED_PATHS = 4_096
_CACHED_PATH_BYTES = 512


@dataclass(frozen=True, slots=True)
class Spot:
    """A bucket that a reading leads to, and how surely."""

    bucket: Bucket
    sure: bool
    query_known: bool


@dataclass(frozen=True, slots=True)
class Place:
    """What a path concerns: the spots of each reading."""

    readings: tuple[tuple[Spot, ...], ...]
    plain: frozenset[int] = frozenset()  # buckets of the plain path, set where `scripts` follow
    scripts: tuple[tuple[Spot, ...], ...] = ()
    anywhere: bool = False  # more readings than can be listed


NOWHERE = Place(())


class Places:
    """One site's routes, indexed. What was found for a path is remembered.

    Raises ValueError on a pattern or value that cannot be read.
    """

    def __init__(self, site: Site) -> None:
        self._index: PathIndex[Bucket] = PathIndex()
        under: dict[Pattern | None, list[Entry]] = {}
        numbers: dict[Pattern | None, int] = {}
        kinds = kinds_in_order(site.routes)
        for order, (route, match, opening) in enumerate(_matches(site)):
            patterns = _patterns(match)
            homes = frozenset(numbers.setdefault(pattern, len(numbers)) for pattern in patterns)
            rank = Rank.of(route, order, kinds)
            entry = _entry(route, match, rank, homes, opening=opening)
            for pattern in patterns:
                under.setdefault(pattern, []).append(entry)
        for pattern, entries in under.items():
            self._index.add(Bucket.of(numbers[pattern], entries), pattern)
        everything = [entry for entries in under.values() for entry in entries]
        self.strictest = reduce(stricter, everything, None) if everything else None
        self._cached = lru_cache(maxsize=_CACHED_PATHS)(self._find)

    def at(self, path: bytes) -> Place:
        if len(path) <= _CACHED_PATH_BYTES:
            return self._cached(path)
        return self._find(path)

    def _find(self, path: bytes) -> Place:
        known = readings(path)
        if not known.complete:
            return Place((), anywhere=True)
        spots = [self._spots(reading, reading not in known.cut) for reading in known.paths]
        found = tuple(dict.fromkeys(each for each in spots if each))
        if not known.scripts:
            return Place(found) if found else NOWHERE
        plain = frozenset(spot.bucket.number for spot in spots[0])
        scripts = [
            tuple(s for s in self._spots(script, query_known=True) if s.bucket.number not in plain)
            for script in known.scripts
        ]
        return Place(found, plain, tuple(dict.fromkeys(each for each in scripts if each)))

    def _spots(self, reading: bytes, query_known: bool) -> tuple[Spot, ...]:
        found: dict[int, Spot] = {}
        for bucket, sure in self._index.find(reading):
            before = found.get(bucket.number)
            if before is None or (sure and not before.sure):
                found[bucket.number] = Spot(bucket, sure, query_known)
        return tuple(found.values())


def _matches(site: Site) -> Iterator[tuple[Route, Match, bool]]:
    for route in site.routes:
        yield route, route.match, False
        if route.challenge_on is not None:
            yield route, route.challenge_on, True


def _patterns(match: Match) -> tuple[Pattern | None, ...]:
    if not match.paths:
        return (None,)
    return tuple(dict.fromkeys(form for text in match.paths for form in parse_pattern(text)))


def _entry(
    route: Route, match: Match, rank: Rank, homes: frozenset[int], *, opening: bool
) -> Entry:
    return Entry(
        route=route,
        opening=opening,
        order=-rank.order,
        rank=rank,
        methods=match.methods,
        query=conditions(match.query, route.params),
        form=conditions(match.form, route.params),
        homes=homes,
    )
