"""Limits at work: looked up before a decision, charged when a request goes to the app.

While the store is away, routes with `on_error: pow` count in this process alone, in bounded memory:
each worker then lets as many by as the limit says. Others let nobody by.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gateway.asked import Asked
from gateway.decide import denying_limits, limited
from gateway.finish import FREE, Both, Finisher, Ready, Spent, why_not
from gateway.frequency.rules import (
    Count,
    Subject,
    charges,
    counts_of,
    looks,
    reached,
)
from gateway.frequency.values import Digests, Values, find, from_json
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import (
    BodySeen,
    Delivery,
    Deny,
    Facts,
    Forward,
    LimitRule,
    Reached,
    Reason,
    Resume,
    Route,
    Slid,
    Slide,
    is_refused,
)
from gateway.ring import KeyRing
from gateway.routing import FieldValues
from gateway.stores import Store, StoreError
from gateway.stores.memory import MemoryStore

MOST_DELAYED = (
    1_000  # requests that wait at once: who leaves meanwhile frees its connection, not this
)
LOCAL_BYTES = 16 * 2**20  # some 50 000 windows
_BEFORE_LIMITS = frozenset({Reason.LISTED, Reason.GOOD_BOT, Reason.PROBED})
_UNCHARGED = frozenset({Reason.PREFLIGHT, Reason.MODE_OFF, Reason.NO_ROUTE, Reason.ALLOWED})


@dataclass(frozen=True, slots=True)
class _Binding:
    """Which rules may stop a forward, and not only count it."""

    limits: bool
    budgets: bool


class Charging(Protocol):
    """Who counts what goes to the app."""

    def is_charged(self, asked: Asked, decision: Forward | Resume) -> bool:
        """Whether this forward counts for its route."""

    async def charged(self, asked: Asked, decision: Forward | Resume, ready: Ready) -> Ready | Deny:
        """The same, counted; or denied, and then what was spent for it is given back."""


class Unlimited:
    """Where nobody counts."""

    def is_charged(self, asked: Asked, decision: Forward | Resume) -> bool:
        return False

    async def charged(self, asked: Asked, decision: Forward | Resume, ready: Ready) -> Ready | Deny:
        return ready


class Frequency:
    """See the module. An `Inquiry`; the guard asks it to charge as well.

    `body_bytes`: how much of a body is read for its fields; `addresses_known`: whether addresses
    tell visitors apart, else no rule about them applies; `sleep` waits so many seconds.
    """

    def __init__(
        self,
        *,
        store: Store,
        ring: KeyRing,
        finisher: Finisher,
        log: DecisionLog,
        metrics: Metrics,
        clock: Callable[[], float],
        body_bytes: int,
        addresses_known: Callable[[], bool],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._store = store
        self._digests = Digests(ring)
        self._finisher = finisher
        self._log = log
        self._metrics = metrics
        self._clock = clock
        self._body_bytes = body_bytes
        self._addresses_known = addresses_known
        self._sleep = sleep
        self._delayed = 0
        self._local = MemoryStore(LOCAL_BYTES)
        self._told_s: dict[str, float] = {}  # by budget: until when nobody is told again

    # --- before the decision ---------------------------------------------------------------

    def concerns(self, route: Route) -> bool:
        return bool(route.limits) and route.mode != "off"

    async def add(self, facts: Facts, asked: Asked, route: Route, body: BodySeen | None) -> Facts:
        """Where the request stands to each limit, itself counted. Nothing is charged."""
        if facts.preflight:
            return facts
        fields = FieldValues(asked.request, body, self._body_bytes, route.params)
        found = find(route.limits, fields, self._digests)
        asked.values = found.values
        if found.refused:
            return replace(facts, country_refused=True)
        passes = tuple(each.id for each in facts.passes)
        counts = counts_of(route, self._subject(asked, passes), found.values, self._digests)
        try:
            slid, _ = await self._slide(route, looks(counts), all_or_none=False)
        except StoreError:
            return replace(facts, store_up=False)
        stands = reached(counts, slid, looked=True)
        self._count_over(route, [each for each in stands if each.over])
        return replace(facts, reached=(*facts.reached, *stands))

    def _subject(self, asked: Asked, passes: tuple[str, ...]) -> Subject:
        if not self._addresses_known():
            return Subject(passes=passes, user=asked.user)
        return Subject(asked.caller.address, asked.caller.prefix, passes, asked.user)

    async def _slide(
        self, route: Route, asks: Sequence[Slide], *, all_or_none: bool
    ) -> tuple[list[Slid], Store]:
        """The counts, and the store that has them. Raises StoreError."""
        try:
            return await self._store.slide(asks, all_or_none=all_or_none), self._store
        except StoreError as error:
            self._finisher.store_failed(error, "limit")
            if route.on_error != "pow":
                raise
        return await self._local.slide(asks, all_or_none=all_or_none), self._local

    def _count_over(self, route: Route, over: Sequence[Reached]) -> None:
        for each in over:
            self._metrics.limited(route.site, route.name, each.limit, each.then)

    # --- when it goes ----------------------------------------------------------------------

    def is_charged(self, asked: Asked, decision: Forward | Resume) -> bool:
        """The page of `challenge_on` does not, nor what is only watched where we broke."""
        route = decision.route
        if route is None or not self.concerns(route):
            return False
        if route.mode == "shadow" and asked.facts is not None and asked.facts.broken:
            return False
        return isinstance(decision, Resume) or not (asked.opening or decision.reason in _UNCHARGED)

    async def charged(self, asked: Asked, decision: Forward | Resume, ready: Ready) -> Ready | Deny:
        if not self.is_charged(asked, decision):
            return ready
        charge, delay_s = await self._charge(asked, decision)
        if isinstance(charge, Deny):
            await ready.delivery.unsent()
            return charge
        ready = replace(ready, delivery=Both(ready.delivery, charge))
        if delay_s and not await self._delay(delay_s):
            await ready.delivery.unsent()
            return Deny(Reason.LIMITED, 429, decision.route, math.ceil(delay_s))
        return ready

    async def _delay(self, seconds: float) -> bool:
        """Whether it could wait: not if too many do."""
        if self._delayed >= MOST_DELAYED:
            return False
        self._delayed += 1
        try:
            await self._sleep(seconds)
        finally:
            self._delayed -= 1
        return True

    async def _charge(
        self, asked: Asked, decision: Forward | Resume
    ) -> tuple[Delivery | Deny, float]:
        """Count it for all of its limits, or for none and deny it; and how long it waits then.

        What is told that nothing was sent gives all of it back.
        """
        route = decision.route
        assert route is not None
        counts = self._counts(asked, decision, route)
        binding = _binding(decision, route)
        asks = charges(counts, limits=binding.limits, budgets=binding.budgets)
        try:
            slid, store = await self._slide(route, asks, all_or_none=True)
        except StoreError as error:
            if not binding.limits and all(ask.limit is None for ask in asks):
                return FREE, 0.0  # nothing could stop it: it is only not counted
            return Deny(why_not(error), 503, route), 0.0
        stands = reached(counts, slid, looked=False)
        if is_refused(asks, slid):
            over = denying_limits(stands)
            self._count_over(route, over)
            return limited(route, over), 0.0
        await self._alert(route, stands)
        return Spent(lambda: self._give_back(store, asks)), _delay_s(stands, binding)

    def _counts(self, asked: Asked, decision: Forward | Resume, route: Route) -> tuple[Count, ...]:
        """What was held is counted by the values its visit brings, and by who finishes it."""
        used = (decision.used.id,) if decision.used is not None else ()
        values: Values = asked.values or {}
        if isinstance(decision, Resume):
            values = from_json(decision.visit.values)
        return counts_of(route, self._subject(asked, used), values, self._digests)

    async def _give_back(self, store: Store, asks: Sequence[Slide]) -> None:
        try:
            await store.unslide(asks)
        except StoreError as error:  # it stays counted: too much, never too little
            self._finisher.store_failed(error, "limit")

    # --- budgets ---------------------------------------------------------------------------

    async def _alert(self, route: Route, stands: Sequence[Reached]) -> None:
        """Tell the operator once when a budget is used up so far, and once for each window."""
        rules = {rule.name: rule for rule in route.limits if rule.budget}
        for each in stands:
            rule = rules.get(each.limit)
            if rule is not None and each.count >= math.ceil(rule.alert * rule.most):
                await self._tell(route, rule, each)

    async def _tell(self, route: Route, rule: LimitRule, stand: Reached) -> None:
        name = f"budget-alert/{route.mode}/{route.site}/{route.name}/{rule.name}/{rule.most}"
        now_s = self._clock()
        if now_s < self._told_s.get(name, 0.0):
            return
        self._told_s[name] = now_s + rule.window_s
        try:
            first = await self._store.spend(name, rule.window_s)
        except StoreError:
            first = True  # rather twice than never
        if first:
            self._metrics.budget_alerts(route.site, route.name, rule.name)
            self._log.warning(
                "budget_alert",
                site=route.site,
                route=route.name,
                budget=rule.name,
                count=stand.count,
                most=stand.most,
            )


def _delay_s(stands: Sequence[Reached], binding: _Binding) -> float:
    waits = [each.delay_s for each in stands if each.over and each.then == "delay"]
    return max(waits, default=0.0) if binding.limits else 0.0


def _binding(decision: Forward | Resume, route: Route) -> _Binding:
    """Shadow mode only counts. Who needs no limits (lists, bots, probes) is bound by budgets."""
    if route.mode != "enforce":
        return _Binding(limits=False, budgets=False)
    free = isinstance(decision, Forward) and decision.reason in _BEFORE_LIMITS
    return _Binding(limits=not free, budgets=True)
