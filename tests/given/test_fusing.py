"""A named kind is spent before it is believed, for as long as it could be sent again."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

import pytest

from gateway.asked import Asked
from gateway.finish import CLOCKS_S
from gateway.given.fusing import Fusing
from gateway.model import (
    BodySeen,
    Facts,
    FusionRule,
    Length,
    Listing,
    Named,
    Peer,
    Reached,
    Reason,
    RequestHead,
    Site,
    Upstream,
    Whence,
)
from gateway.stores import StoreDown
from gateway.stores.memory import MemoryStore
from tests.samples import CALLER, ROUTE

KEY = b"7618a1cfd379b9c7ef753c2a24cdf02b"
SIGNED_S = 1_800_000_000.0
RULE = FusionRule(Whence("field", "risk_type"), {"slide": "slider"}, 600, KEY)
FUSED = replace(ROUTE, flow="fusion", fusion=RULE)
SITE = Site("shop", ("*",), Upstream("app"), (FUSED,))
OVER = Reached("often", "deny", 6, 5, 60, 30)


class Clock:
    now_s = SIGNED_S

    def __call__(self) -> float:
        return self.now_s


class Watch:
    """Who hears that the store failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def store_failed(self, error: Exception, op: str) -> None:
        self.failed.append(op)


class Desk:
    def __init__(self, store: Any = None) -> None:
        self.clock, self.watch = Clock(), Watch()
        self.store = store or MemoryStore(clock=self.clock)
        self.fusing = Fusing(self.store, self.watch, self.clock)  # type: ignore[arg-type]

    async def named(self, facts: Facts | None = None, route: Any = FUSED) -> Facts:
        said = f"slide|{SIGNED_S:.0f}|0123456789abcdef"
        sign = hmac.new(KEY, said.encode(), "sha256").hexdigest()
        body = f"risk_type={said}|{sign}".replace("|", "%7C").encode()
        kind = (b"Content-Type", b"application/x-www-form-urlencoded")
        head = RequestHead("POST", b"/f", (1, 1), (kind,), Length(len(body)), "shop", True)
        asked = Asked(lambda: "ref", SITE, CALLER, head, Peer("192.0.2.7"))
        usual = facts or Facts(self.clock.now_s, CALLER, "POST")
        return await self.fusing.add(usual, asked, route, BodySeen(body, True))


@pytest.mark.parametrize("later_s", [0.0, 1.0, 599.0])
async def test_it_is_good_once_for_as_long_as_it_lasts(later_s: float) -> None:
    desk = Desk()
    first = (await desk.named()).named
    assert first is not None
    assert (first.kind, first.fault) == ("slider", None)
    desk.clock.now_s += later_s
    again = (await desk.named()).named
    assert again is not None
    assert again.fault is Reason.RISK_TYPE_REPLAYED
    desk.clock.now_s = SIGNED_S + 600
    late = (await desk.named()).named
    assert late == Named(fault=Reason.RISK_TYPE_STALE)


async def test_one_of_the_future_is_spent_for_as_long() -> None:
    desk = Desk()
    desk.clock.now_s = SIGNED_S - 59
    assert (await desk.named()).named.fault is None  # type: ignore[union-attr]
    desk.clock.now_s = SIGNED_S + 599
    assert (await desk.named()).named.fault is Reason.RISK_TYPE_REPLAYED  # type: ignore[union-attr]


@pytest.mark.parametrize("signed_s_ago", [-59.0, 0.0, 599.0])
async def test_it_stays_spent_for_gates_whose_clocks_are_late(signed_s_ago: float) -> None:
    desk = Desk()
    desk.clock.now_s = SIGNED_S + signed_s_ago
    named = (await desk.named()).named
    assert named is not None and named.fault is None
    desk.clock.now_s = SIGNED_S + 600 + CLOCKS_S - 1
    assert not await desk.store.spend(f"fusion/{named.once}", 1.0)


async def test_it_is_good_once_wherever_its_key_is_known() -> None:
    desk = Desk()
    await desk.named()
    other = await desk.named(route=replace(FUSED, site="blog", name="other"))
    assert other.named.fault is Reason.RISK_TYPE_REPLAYED  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "changes",
    [
        {"preflight": True},
        {"listed": Listing("allow", "office")},
        {"listed": Listing("deny", "tor")},
        {"reached": (OVER,)},
        {"country_refused": True},
    ],
)
async def test_what_is_decided_anyway_spends_nothing(changes: dict[str, Any]) -> None:
    desk = Desk()
    facts = replace(Facts(SIGNED_S, CALLER, "POST"), **changes)
    assert await desk.named(facts) == facts
    assert (await desk.named()).named.fault is None  # type: ignore[union-attr]


@pytest.mark.parametrize("good_bots", ["challenge", "forward"])
async def test_bots_that_are_let_by_spend_nothing(good_bots: Any) -> None:
    facts = Facts(SIGNED_S, CALLER, "POST", bot="googlebot")
    found = await Desk().named(facts, replace(FUSED, good_bots=good_bots))
    assert (found.named is None) == (good_bots == "forward")


class Away(MemoryStore):
    async def spend(self, key: str, ttl_s: float) -> bool:
        raise StoreDown("away")


async def test_without_the_store_nobody_knows() -> None:
    desk = Desk(Away())
    found = await desk.named()
    assert (found.store_up, found.named.kind) == (False, "slider")  # type: ignore[union-attr]
    assert desk.watch.failed == ["fusion"]


@pytest.mark.parametrize(
    ("route", "concerned"),
    [
        (FUSED, True),
        (replace(FUSED, mode="shadow"), True),
        (replace(FUSED, mode="off"), False),
        (ROUTE, False),
    ],
)
def test_whom_it_concerns(route: Any, concerned: bool) -> None:
    assert Desk().fusing.concerns(route) == concerned
