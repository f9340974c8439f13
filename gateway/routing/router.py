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

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.model import BodySeen, Match, RequestHead, Route, Site
from gateway.routing.asked import Asked, Entry, Rank
from gateway.routing.hosts import HostIndex
from gateway.routing.index import PathIndex
from gateway.routing.params import Truth, conditions
from gateway.routing.patterns import parse_pattern
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

Candidate = tuple[Entry, bool, bool]  # entry, path is sure, query is known


@dataclass(frozen=True, slots=True)
class Candidates:
    """The entries a path concerns, in file order, one list per reading; repeats left out."""

    lists: tuple[tuple[Candidate, ...], ...]
    any_route: bool = False  # too many readings: take the strictest of all


class _Compiled:
    """One site's routes, indexed. Finding is cached by path."""

    def __init__(self, site: Site) -> None:
        self._index: PathIndex[Entry] = PathIndex()
        self.strictest: Entry | None = None
        for order, route in enumerate(site.routes):
            self._add(route, route.match, 2 * order, opening=False)
            if route.challenge_on is not None:
                self._add(route, route.challenge_on, 2 * order + 1, opening=True)
        self._index.ready()
        self._cached = lru_cache(maxsize=_CACHED_PATHS)(self._find)

    def candidates(self, path: bytes) -> Candidates:
        if len(path) <= _CACHED_PATH_BYTES:
            return self._cached(path)
        return self._find(path)

    def _add(self, route: Route, match: Match, order: int, *, opening: bool) -> None:
        entry = Entry(
            route=route,
            opening=opening,
            order=order,
            rank=Rank.of(route, order),
            methods=match.methods,
            query=conditions(match.query, route.params),
            form=conditions(match.form, route.params),
        )
        if self.strictest is None or self.strictest.rank < entry.rank:
            self.strictest = entry
        for text in match.paths:
            for pattern in parse_pattern(text):
                self._index.add(entry, pattern)
        if not match.paths:
            self._index.add(entry, None)

    def _find(self, path: bytes) -> Candidates:
        known = readings(path)
        if not known.complete:
            return Candidates((), any_route=True)
        lists = [self._at(reading, reading not in known.cut) for reading in known.paths]
        # By its script name a plain path concerns further routes. One that fits the plain path too
        # has had its turn there, in file order, and must not override an exception from it.
        there = {entry.order for entry, _, _ in lists[0]}
        for script in known.scripts:
            found = self._at(script, query_known=True)
            lists.append(tuple(item for item in found if item[0].order not in there))
        return Candidates(tuple(dict.fromkeys(found for found in lists if found)))

    def _at(self, reading: bytes, query_known: bool) -> tuple[Candidate, ...]:
        found: dict[int, Candidate] = {}
        for entry, sure in self._index.find(reading):
            before = found.get(entry.order)
            if before is None or (sure and not before[1]):
                found[entry.order] = (entry, sure, query_known)
        return tuple(found[order] for order in sorted(found))


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
        candidates = compiled.candidates(path)
        if candidates.any_route:
            return _matched(compiled.strictest)
        if not candidates.lists:
            return NOTHING
        asked = Asked(request, query, body, self._body_bytes)
        return self._strictest(candidates, asked)

    def _strictest(self, candidates: Candidates, asked: Asked) -> Matched | NeedBodyFor:
        before: Entry | None = None  # the strictest that holds whatever the body says
        best: Entry | None = None
        unseen = False
        for found in candidates.lists:
            waiting = False
            for entry, sure, query_known in found:
                truth = asked.about(entry, query_known)
                if truth is Truth.NO:
                    continue
                best = _stricter(best, entry)
                if truth is Truth.UNSEEN:
                    waiting = True
                elif not waiting:
                    before = _stricter(before, entry)
                if truth is Truth.YES and sure:
                    break
            unseen = unseen or waiting
        if unseen and best is not before:
            return NeedBodyFor(self._body_bytes)
        return _matched(best)


def _stricter(one: Entry | None, other: Entry) -> Entry:
    return other if one is None or one.rank < other.rank else one


def _matched(entry: Entry | None) -> Matched:
    return NOTHING if entry is None else Matched(entry.route, entry.opening)
