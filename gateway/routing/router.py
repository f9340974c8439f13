"""The router: which site, and which route, a request is about.

Within one reading of a request the first route in file order that fits wins, so an `allow` placed
before a `challenge` is an exception to it. Where a fit is only possible (`Truth.MAYBE`) both what
it says and what would follow are taken into account; over all of that, and over all readings of
the path, the strictest outcome wins. So no doubt can make a request's way easier.

Strictest means: a refusal or challenge that is enforced, before one in shadow mode, before none;
a refusal before a challenge; the higher level first; then the route with fewer uses; then the
earlier one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import itemgetter
from typing import NamedTuple

from gateway.model import BodySeen, Match, RequestHead, Route, Site
from gateway.routing.asked import Asked, Entry, Rank, stricter
from gateway.routing.buckets import Bucket, Group
from gateway.routing.hosts import HostIndex
from gateway.routing.index import PathIndex
from gateway.routing.params import Truth, conditions
from gateway.routing.patterns import Pattern, parse_pattern
from gateway.routing.readings import readings

BODY_BYTES = 256 * 1024  # how much of a body is read to find a form field
_CACHED_PATHS = 4_096
_CACHED_PATH_BYTES = 512


@dataclass(frozen=True, slots=True)
class Matched:
    """The route a request is about, if any; `opening`: by `challenge_on`, not by `match`."""

    route: Route | None
    opening: bool = False


@dataclass(frozen=True, slots=True)
class NeedBodyFor:
    """Only the body can decide: buffer it up to `max_bytes`, or to its end, and ask again."""

    max_bytes: int


NOTHING = Matched(None)


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


class _Compiled:
    """One site's routes, indexed. Finding is cached by path."""

    def __init__(self, site: Site) -> None:
        self._index: PathIndex[Bucket] = PathIndex()
        under: dict[Pattern | None, list[Entry]] = {}
        numbers: dict[Pattern | None, int] = {}
        for order, (route, match, opening) in enumerate(_matches(site)):
            patterns = _patterns(match)
            homes = frozenset(numbers.setdefault(pattern, len(numbers)) for pattern in patterns)
            entry = _entry(route, match, order, homes, opening=opening)
            for pattern in patterns:
                under.setdefault(pattern, []).append(entry)
        for pattern, entries in under.items():
            self._index.add(Bucket.of(numbers[pattern], entries), pattern)
        everything = [entry for entries in under.values() for entry in entries]
        self.strictest = reduce(stricter, everything, None) if everything else None
        self._cached = lru_cache(maxsize=_CACHED_PATHS)(self._find)

    def place(self, path: bytes) -> Place:
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
            return Place(found)
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
    route: Route, match: Match, order: int, homes: frozenset[int], *, opening: bool
) -> Entry:
    return Entry(
        route=route,
        opening=opening,
        order=order,
        rank=Rank.of(route, order),
        methods=match.methods,
        query=conditions(match.query, route.params),
        form=conditions(match.form, route.params),
        homes=homes,
    )


class Router:
    """Compiled once from the configuration; raises ValueError on a pattern that cannot be read."""

    def __init__(self, sites: Sequence[Site], prefix: str, body_bytes: int = BODY_BYTES) -> None:
        self._prefix = prefix.encode()
        self._body_bytes = body_bytes
        self._hosts = HostIndex(sites)
        self._compiled = {site.name: _Compiled(site) for site in sites}

    def site(self, host: str) -> Site | None:
        """The site of a Host value: exact before `*.example.com` (the longest) before `*`."""
        return self._hosts.find(host)

    def own(self, target: bytes) -> bytes | None:
        """What follows our prefix in a target of ours (`answer?x=1`); None for any other."""
        return target[len(self._prefix) :] if target.startswith(self._prefix) else None

    def match(
        self, site: Site, request: RequestHead, body: BodySeen | None
    ) -> Matched | NeedBodyFor:
        """The route this request is about. Never raises, whatever the bytes."""
        compiled = self._compiled[site.name]
        path, _, query = request.target.partition(b"?")
        place = compiled.place(path)
        if place.anywhere:
            return _matched(compiled.strictest)
        if not place.readings and not place.scripts:
            return NOTHING
        tally = _Tally()
        asked = Asked(request, query, body, self._body_bytes)
        for spots in place.readings:
            tally.add(_weigh(spots, asked, frozenset()))
        for spots in place.scripts:
            tally.add(_weigh(spots, asked, place.plain))
        if tally.unseen and tally.best is not tally.before:
            return NeedBodyFor(self._body_bytes)
        return _matched(tally.best)


class Outcome(NamedTuple):
    """An entry that may decide, at its place in file order."""

    order: int
    entry: Entry
    truth: Truth


_UNSURE = {Truth.UNSEEN: Truth.FAINT, Truth.OPEN: Truth.MAYBE, Truth.YES: Truth.MAYBE}
_DEPENDS_ON_BODY = frozenset({Truth.FAINT, Truth.UNSEEN, Truth.OPEN})
_MAY_BE_YES = frozenset({Truth.UNSEEN, Truth.OPEN})


class _Tally:
    """The strictest outcome so far, and the strictest that holds whatever the body says."""

    __slots__ = ("before", "best", "unseen")

    def __init__(self) -> None:
        self.best: Entry | None = None
        self.before: Entry | None = None
        self.unseen = False

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Outcomes of one reading, in file order; what follows a possible YES may not count."""
        waiting = False
        for _, entry, truth in outcomes:
            self.best = stricter(self.best, entry)
            if truth >= Truth.MAYBE and not waiting:
                self.before = stricter(self.before, entry)
            self.unseen |= truth in _DEPENDS_ON_BODY
            waiting |= truth in _MAY_BE_YES


def _weigh(spots: Sequence[Spot], asked: Asked, plain: frozenset[int]) -> list[Outcome]:
    """What one reading may come to: up to the first that surely fits.

    By its script name a plain path concerns further routes. One that fits the plain path as well
    (its home is in `plain`) has had its turn there, and must not override an exception from it.
    """
    asking = [
        (entry, spot.sure, spot.query_known)
        for spot in spots
        for entry in spot.bucket.concerning(asked)
        if entry.homes.isdisjoint(plain)
    ]
    asking.sort(key=lambda item: item[0].order)
    found: list[Outcome] = []
    end = math.inf
    for entry, sure, query_known in asking:
        truth = asked.about(entry, query_known)
        if truth is Truth.NO:
            continue
        if not sure:
            truth = _UNSURE.get(truth, truth)
        found.append(Outcome(entry.order, entry, truth))
        if truth is Truth.YES:
            end = entry.order
            break
    unasked = [
        _for_all(group, end, asked.about, spot, [entry for entry, _, _ in asking])
        for spot in spots
        for group in spot.bucket.open(asked, spot.query_known)
        if group.entries[0].homes.isdisjoint(plain)
    ]
    found += [outcome for outcome in unasked if outcome is not None]
    found.sort(key=itemgetter(0))
    return found


def _for_all(
    group: Group,
    end: float,
    about: Callable[[Entry, bool], Truth],
    spot: Spot,
    found: Sequence[Entry],
) -> Outcome | None:
    """One entry asked for all of a group that the request's own values did not find."""
    sample, strictest = group.other_than(found), group.before(end)
    if sample is None or strictest is None:
        return None
    truth = about(sample, spot.query_known)
    return None if truth is Truth.NO else Outcome(group.orders[0], strictest, truth)


def _matched(entry: Entry | None) -> Matched:
    return NOTHING if entry is None else Matched(entry.route, entry.opening)
