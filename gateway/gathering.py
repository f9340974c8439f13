"""The facts that a request itself tells, and what is known without waiting."""

from __future__ import annotations

from typing import Protocol

from gateway.addresses import Register
from gateway.asked import Asked
from gateway.model import Facts, Listing, Pass, Probe, Route, Score, Site, Visit
from gateway.origins import is_preflight, is_same_origin
from gateway.presented import PassReader
from gateway.probing import presented
from gateway.ring import KeyRing
from gateway.risk import score_request
from gateway.routing import acting_method

UNSCORED = Score(0.0)


class StoreWatch(Protocol):
    """Who knows whether the store is up."""

    @property
    def store_up(self) -> bool: ...


class Gathering:
    """Gathers them."""

    def __init__(
        self, ring: KeyRing, passes: PassReader, register: Register, watch: StoreWatch
    ) -> None:
        self._ring = ring
        self._passes = passes
        self._register = register
        self._watch = watch

    def facts(
        self, asked: Asked, route: Route | None, listed: Listing | None, now_s: float
    ) -> Facts:
        """What a decision needs; passes and risk only where the route asks anything.

        `listed`: the entry of the operator's lists that is about the request.
        """
        request = asked.request
        asks = route is not None and route.action == "challenge" and route.mode != "off"
        origins = asked.host_site.cors_origins if asked.host_site else ()
        score = self._score(asked) if asks else UNSCORED
        return Facts(
            now_s=now_s,
            caller=asked.caller,
            method=acting_method(request),
            passes=self._presented(asked, route, now_s) if asks else (),
            risk=score.risk,
            signals=score.signals,
            listed=listed,
            probe=self._probe(asked, route, now_s),
            preflight=is_preflight(request.method, request.headers, origins),
            store_up=self._watch.store_up,
        )

    def finishing(
        self,
        asked: Asked,
        site: Site,
        route: Route | None,
        visit: Visit | None,
        listed: Listing | None,
        now_s: float,
    ) -> Facts:
        """The same for a submission that finishes a visit."""
        request, caller = asked.request, asked.caller
        about_this = visit is not None and visit.site == site.name
        return Facts(
            now_s=now_s,
            caller=caller,
            method=request.method,
            passes=self._presented(asked, route, now_s),
            listed=listed,
            finishing=True,
            visit=visit,
            visit_matches=visit is not None and about_this and visit.target == request.target,
            same_origin=is_same_origin(request.headers, request.host, caller.scheme),
            store_up=self._watch.store_up,
        )

    def _score(self, asked: Asked) -> Score:
        headers, caller = asked.request.headers, asked.caller
        return score_request(headers, caller, self._register.background(caller, headers))

    def _presented(self, asked: Asked, route: Route | None, now_s: float) -> tuple[Pass, ...]:
        if route is None:
            return ()
        return self._passes.read(asked.request.headers, asked.site, route, asked.caller, now_s)

    def _probe(self, asked: Asked, route: Route | None, now_s: float) -> Probe | None:
        if route is None or route.flow != "probe" or route.mode == "off":
            return None
        headers = asked.request.headers
        return presented(self._ring, headers, asked.site, asked.caller, now_s)
