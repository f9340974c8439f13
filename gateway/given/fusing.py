"""The kind that the app named for a request: verified once, and spent before it is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.asked import Asked
from gateway.decide import denying_limits
from gateway.finish import CLOCKS_S, Finisher
from gateway.given.fusion import verify
from gateway.given.places import given
from gateway.model import BodySeen, Facts, Reason, Route
from gateway.stores import Store, StoreError


class Fusing:
    """Finds out what was named. A finish is no request of the app's: it asks nobody."""

    def __init__(self, store: Store, finisher: Finisher, clock: Callable[[], float]) -> None:
        self._store = store
        self._finisher = finisher
        self._clock = clock

    def concerns(self, route: Route) -> bool:
        asks = route.action == "challenge" and route.mode != "off"
        return asks and route.fusion is not None

    async def add(self, facts: Facts, asked: Asked, route: Route, body: BodySeen | None) -> Facts:
        """The facts with what was named; of requests that are decided without it, as they were."""
        if _is_settled(facts, route):
            return facts
        assert route.fusion is not None
        now_s = self._clock()
        named = verify(route.fusion, given(asked.request, body, route.fusion.whence), now_s)
        if named.fault:
            return replace(facts, named=named)
        ttl_s = named.until_s - now_s + CLOCKS_S
        try:
            fresh = await self._store.spend(f"fusion/{named.once}", ttl_s)
        except StoreError as error:
            self._finisher.store_failed(error, "fusion")
            return replace(facts, named=named, store_up=False)
        if not fresh:
            named = replace(named, fault=Reason.RISK_TYPE_REPLAYED)
        return replace(facts, named=named)


def _is_settled(facts: Facts, route: Route) -> bool:
    """Whether it is decided whatever was named: then nothing must be spent."""
    bot = facts.bot != "" and route.good_bots == "forward"
    denied = facts.country_refused or bool(denying_limits(facts.reached))
    return facts.preflight or facts.listed is not None or bot or denied
