"""The router: which site, and which route, a request is about.

Within one reading of a request the first route in file order that fits wins, so an `allow` placed
before a `challenge` is an exception to it. Where a fit is only possible (`Truth.MAYBE`) both what
it says and what would follow are taken into account; over all of that, and over all readings of
the path, the strictest outcome wins. So no doubt can make a request's way easier.

Strictest means: a refusal or challenge that is enforced, before one in shadow mode, before none;
a refusal before a challenge; the route with fewer uses; then the one whose easiest kind is the
stronger (see `strengths`, since levels of two scopes can't be compared); then the earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model import BodySeen, Length, NoBody, RequestHead, Route, Site
from gateway.routing.asked import Asked, Entry
from gateway.routing.hosts import HostIndex
from gateway.routing.places import NOWHERE, Places
from gateway.routing.values import ReadCookies
from gateway.routing.weighing import Tally, weigh

BODY_BYTES = 256 * 1024  # how much of a body is read to find a form field


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


class Router:
    """Compiled once from the configuration; raises ValueError on a pattern that cannot be read."""

    def __init__(self, sites: Sequence[Site], prefix: str, body_bytes: int = BODY_BYTES) -> None:
        self._prefix = prefix.encode()
        self._body_bytes = body_bytes
        self._hosts = HostIndex(sites)
        self._places = {site.name: Places(site) for site in sites}
        self._cookies = {site.name: ReadCookies(site) for site in sites}

    def site(self, host: str) -> Site | None:
        """The site of a Host value: exact before `*.example.com` (the longest) before `*`."""
        return self._hosts.find(host)

    def own(self, target: bytes) -> bytes | None:
        """What follows our prefix in a target of ours (`answer?x=1`); None for any other."""
        return target[len(self._prefix) :] if target.startswith(self._prefix) else None

    def read_cookies(self, site: Site) -> ReadCookies:
        """The cookies that rules of the site look at."""
        return self._cookies[site.name]

    def match(
        self, site: Site, request: RequestHead, body: BodySeen | None
    ) -> Matched | NeedBodyFor:
        """The route this request is about. Never raises, whatever the bytes."""
        found = self._match(site, request, body)
        route = found.route if body is None and isinstance(found, Matched) else None
        if route is not None and _is_read(route, request, self._body_bytes):
            return NeedBodyFor(self._body_bytes)
        return found

    def _match(
        self, site: Site, request: RequestHead, body: BodySeen | None
    ) -> Matched | NeedBodyFor:
        places = self._places[site.name]
        path, _, query = request.target.partition(b"?")
        place = places.at(path)
        if place is NOWHERE:
            return NOTHING
        if place.anywhere:
            return _matched(places.strictest)
        tally = Tally()
        asked = Asked(request, query, body, self._body_bytes)
        for spots in place.readings:
            tally.add(weigh(spots, asked, frozenset()))
        for spots in place.scripts:
            tally.add(weigh(spots, asked, place.plain))
        if tally.unseen and tally.best is not tally.before:
            return NeedBodyFor(self._body_bytes)
        return _matched(tally.best)


def _is_read(route: Route, request: RequestHead, most_bytes: int) -> bool:
    """Whether what the body says matters beside the match, and may be read."""
    named = (route.user, route.fusion.whence if route.fusion else None)
    told = any(each is not None and each.place == "field" for each in named)
    counted = any(rule.field or rule.distinct for rule in route.limits)
    if not told and not (counted and route.mode != "off"):
        return False
    match request.framing:
        case NoBody():
            return False
        case Length(size_bytes):
            return 0 < size_bytes <= most_bytes
        case _:
            return True


def _matched(entry: Entry | None) -> Matched:
    return NOTHING if entry is None else Matched(entry.route, entry.opening)
