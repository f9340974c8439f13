"""What is charged, what that stops, and what becomes of it: on a real store, without a gate."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass, field, replace

import pytest

from gateway.asked import Asked
from gateway.finish import FREE, Finisher, Ready, Spent
from gateway.frequency.charging import Frequency
from gateway.frequency.values import as_json
from gateway.hold import HoldQuotas, Holds
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import (
    Deny,
    Facts,
    Forward,
    LimitRule,
    Mode,
    NoBody,
    OnError,
    Pass,
    Peer,
    Reason,
    RequestHead,
    Resume,
    Route,
)
from gateway.stores import Store
from gateway.stores.memory import MemoryStore
from tests.samples import CALLER, RING, ROUTE, VISIT

REQUEST = RequestHead("POST", b"/register", (1, 1), (), NoBody(), "shop.example", True)
PASS = Pass("p", "site", 2, 950.0, 1500.0, None, "p1", "slider", "firefox", CALLER.prefix)
OFTEN = LimitRule("often", "route", 2, 60, "deny")
BUDGET = LimitRule("budget-hour", "route", 4, 3600, "deny", budget=True, alert=0.5)
SLOW = LimitRule("slow", "route", 2, 60, "delay", delay_s=1.5)
SLOWER = replace(SLOW, name="slower", most=3, delay_s=2.5)
OF_ADDRESS = LimitRule("calls", "address", 2, 60, "deny")
USED = Forward(Reason.PASS, used=PASS)


def limited(*rules: LimitRule, mode: Mode = "enforce", on_error: OnError = "closed") -> Route:
    return replace(ROUTE, limits=rules, mode=mode, on_error=on_error)


@dataclass
class Bench:
    """One gate's counting, its clock, and what it wrote."""

    store: Store = field(default_factory=MemoryStore)
    known: bool = True
    now_s: float = 1000.0
    slept_s: list[float] = field(default_factory=list)
    written: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        clock = lambda: self.now_s  # noqa: E731
        self.metrics = Metrics()
        holds = Holds(self.store, HoldQuotas(1, 1, 1, 1), "gate", clock, bytes, lambda name: False)
        self.finisher = Finisher(self.store, holds, RING, clock, lambda: "id")
        self.frequency = Frequency(
            store=self.store,
            ring=RING,
            finisher=self.finisher,
            log=DecisionLog(self.written, clock),
            metrics=self.metrics,
            clock=clock,
            body_bytes=1000,
            addresses_known=lambda: self.known,
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    async def go(
        self, decision: Forward | Resume, *, opening: bool = False
    ) -> tuple[Ready | Deny, Spent]:
        """One forward; and what was spent before, which notes if it was given back."""
        asked = Asked(lambda: "ref", None, CALLER, REQUEST, Peer("192.0.2.7"), opening=opening)
        self.back: list[str] = []

        async def give_back() -> None:
            self.back.append("use")

        spent = Spent(give_back)
        ready = Ready(REQUEST, spent)
        return await self.frequency.charged(asked, decision, ready), spent

    async def count(self, decision: Forward | Resume, times: int = 6) -> int:
        """Of so many, how many go."""
        found = [(await self.go(decision))[0] for _ in range(times)]
        return sum(isinstance(each, Ready) for each in found)

    def records(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written.getvalue().splitlines()]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("mode", "broken", "charged"),
    [("shadow", False, True), ("shadow", True, False), ("enforce", True, True)],
)
def test_where_we_broke_nothing_is_counted_in_shadow(
    bench: Bench, mode: Mode, broken: bool, charged: bool
) -> None:
    """It forwards then, and must not break once more; what goes otherwise is within its budget."""
    route = limited(OFTEN, mode=mode)
    asked = Asked(lambda: "ref", None, CALLER, REQUEST, Peer("192.0.2.7"))
    asked.facts = Facts(1000.0, CALLER, "POST", broken=broken)
    reason = Reason.SHADOW if mode == "shadow" else Reason.GOOD_BOT
    assert bench.frequency.is_charged(asked, Forward(reason, route)) is charged


@pytest.mark.parametrize(
    ("decision", "mode", "go", "counted"),
    [
        (USED, "enforce", 2, 2),
        (Resume(ROUTE, VISIT), "enforce", 2, 2),
        (USED, "shadow", 6, 6),  # it counts, and stops nobody
        (Forward(Reason.SHADOW, would="deny"), "shadow", 6, 6),
        (Resume(ROUTE, VISIT), "shadow", 6, 6),
        # who is let by before limits are looked at is bound by the budget alone
        (Forward(Reason.LISTED), "enforce", 4, 4),
        (Forward(Reason.GOOD_BOT), "enforce", 4, 4),
        (Forward(Reason.PROBED), "enforce", 4, 4),
        # what is not the route's own request counts for nothing
        (Forward(Reason.PREFLIGHT), "enforce", 6, 0),
        (Forward(Reason.ALLOWED), "enforce", 6, 0),
    ],
)
async def test_what_is_charged_and_stopped(
    bench: Bench, decision: Forward | Resume, mode: Mode, go: int, counted: int
) -> None:
    route = limited(OFTEN, BUDGET, mode=mode)
    assert await bench.count(replace(decision, route=route)) == go
    asked = Asked(lambda: "ref", None, CALLER, REQUEST, Peer("192.0.2.7"))
    seen = await bench.frequency.add(Facts(1000.0, CALLER, "POST"), asked, route, None)
    assert [each.count for each in seen.reached] == [counted + 1] * 2  # and this one


async def test_what_is_off_counts_nothing(bench: Bench) -> None:
    assert await bench.count(replace(USED, route=limited(OFTEN, mode="off"))) == 6
    assert await bench.count(replace(USED, route=limited(OFTEN))) == 2


async def test_a_page_that_opens_a_form_is_not_charged(bench: Bench) -> None:
    decision = replace(USED, route=limited(OFTEN))
    for _ in range(5):
        assert isinstance((await bench.go(decision, opening=True))[0], Ready)
    assert await bench.count(decision) == 2


async def test_without_limits_nothing_is_done(bench: Bench) -> None:
    ready = Ready(REQUEST, FREE)
    asked = Asked(lambda: "ref", None, CALLER, REQUEST, Peer("192.0.2.7"))
    for decision in (Forward(Reason.NO_ROUTE), replace(USED, route=ROUTE)):
        assert not bench.frequency.is_charged(asked, decision)
        assert await bench.frequency.charged(asked, decision, ready) is ready


async def test_a_denial_says_which_and_gives_back_what_was_spent(bench: Bench) -> None:
    decision = replace(USED, route=limited(OFTEN, BUDGET))
    assert await bench.count(decision, 2) == 2
    denied, _ = await bench.go(decision)
    assert isinstance(denied, Deny)
    assert (denied.reason, denied.status) == (Reason.LIMITED, 429)
    assert [each.limit for each in denied.over] == ["often"]
    assert 60 <= denied.retry_after_s <= 64
    assert bench.back == ["use"]
    assert await bench.count(replace(USED, route=limited(BUDGET))) == 2  # it was charged nothing


@pytest.mark.parametrize(("end", "left"), [("unsent", 2), ("delivered", 1), ("broken", 1)])
async def test_only_what_was_not_sent_is_given_back(bench: Bench, end: str, left: int) -> None:
    decision = replace(USED, route=limited(OFTEN))
    ready, _ = await bench.go(decision)
    assert isinstance(ready, Ready)
    await ready.delivery.sending()
    await getattr(ready.delivery, end)()
    assert (bench.back == ["use"]) is (end == "unsent")
    assert await bench.count(decision) == left


async def test_the_longest_delay_is_waited(bench: Bench) -> None:
    decision = replace(USED, route=limited(SLOW, SLOWER))
    assert await bench.count(decision, 5) == 5
    assert bench.slept_s == [1.5, 2.5, 2.5]
    assert await bench.count(replace(decision, reason=Reason.LISTED)) == 6
    assert len(bench.slept_s) == 3


async def test_no_more_wait_than_there_is_room_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks and leaves at once would else have any number wait."""
    monkeypatch.setattr("gateway.frequency.charging.MOST_DELAYED", 3)
    go = asyncio.Event()
    bench.sleep = lambda seconds: go.wait()  # type: ignore[assignment,method-assign]
    bench.__post_init__()
    decision = replace(USED, route=limited(replace(SLOW, most=0), replace(OFTEN, most=4)))
    waiting = [asyncio.create_task(bench.go(decision)) for _ in range(3)]
    await asyncio.sleep(0)
    denied, _ = await bench.go(decision)
    assert denied == Deny(Reason.LIMITED, 429, decision.route, 2)
    assert bench.back == ["use"]
    go.set()
    assert all(isinstance(ready, Ready) for ready, _ in await asyncio.gather(*waiting))
    assert await bench.count(decision) == 1  # what was denied is not counted


async def test_addresses_that_tell_nobody_apart_are_not_counted() -> None:
    assert await Bench(known=True).count(replace(USED, route=limited(OF_ADDRESS))) == 2
    assert await Bench(known=False).count(replace(USED, route=limited(OF_ADDRESS))) == 6


# --- Looking -------------------------------------------------------------------------------


async def test_looking_counts_itself_and_charges_nothing(bench: Bench) -> None:
    route = limited(OFTEN, OF_ADDRESS, replace(OFTEN, name="passes", per="pass"))
    asked = Asked(lambda: "ref", None, CALLER, REQUEST, Peer("192.0.2.7"))
    facts = Facts(1000.0, CALLER, "POST", passes=(PASS,))
    for charged in range(4):
        for _ in range(2):
            seen = await bench.frequency.add(facts, asked, route, None)
            assert [each.count for each in seen.reached] == [min(charged, 2) + 1] * 3
            assert all(each.over is (charged >= 2) for each in seen.reached)
        await bench.go(replace(USED, route=route))
    preflight = replace(facts, preflight=True)
    assert await bench.frequency.add(preflight, asked, route, None) is preflight
    over = bench.metrics.registry.get_sample_value(
        "gateway_limited_total",
        {"site": "shop", "route": "register", "limit": "often", "then": "deny"},
    )
    assert over == 4 + 2  # looked at four times, and refused twice


@pytest.mark.parametrize(
    ("target", "refused"),
    [(b"/register?phone=13800138000", False), (b"/register?phone=%2B14155552671", True)],
)
async def test_a_number_of_another_country_is_refused_uncounted(
    bench: Bench, target: bytes, refused: bool
) -> None:
    cn = LimitRule("cn", "field", 2, 60, "deny", "phone", "e164", "CN", frozenset({"CN"}))
    request = replace(REQUEST, target=target)
    asked = Asked(lambda: "ref", None, CALLER, request, Peer("192.0.2.7"))
    seen = await bench.frequency.add(Facts(1000.0, CALLER, "POST"), asked, limited(cn), None)
    assert (seen.country_refused, len(seen.reached)) == (refused, not refused)


async def test_what_was_held_is_charged_by_what_it_said(bench: Bench) -> None:
    """Its visit brings the values: the request that finishes it has none."""
    once = LimitRule("once", "field", 1, 60, "deny", "phone", "e164", "CN")
    route, went = limited(once), []
    for number in (b"13800138000", b"13900139000", b"13800138000"):
        asked = Asked(
            lambda: "ref",
            None,
            CALLER,
            replace(REQUEST, target=b"/register?phone=" + number),
            Peer("192.0.2.7"),
        )
        await bench.frequency.add(Facts(1000.0, CALLER, "POST"), asked, route, None)
        visit = replace(VISIT, values=as_json(asked.values or {}))
        went.append(isinstance((await bench.go(Resume(route, visit)))[0], Ready))
    assert went == [True, True, False]


# --- Without a store -----------------------------------------------------------------------


@pytest.mark.parametrize(("on_error", "go"), [("closed", 0), ("pow", 2)])
async def test_without_the_store(on_error: OnError, go: int) -> None:
    bench = Bench()
    await bench.store.close()
    route = limited(OFTEN, on_error=on_error)
    asked = Asked(lambda: "ref", None, CALLER, REQUEST, Peer("192.0.2.7"))
    seen = await bench.frequency.add(Facts(1000.0, CALLER, "POST"), asked, route, None)
    assert seen.store_up is (on_error == "pow")
    assert len(seen.reached) == (on_error == "pow")
    assert await bench.count(replace(USED, route=route)) == go
    assert not bench.finisher.store_up
    denied, _ = await bench.go(replace(USED, route=route))
    assert isinstance(denied, Deny)
    assert denied.status == (429 if on_error == "pow" else 503)


@pytest.mark.parametrize(
    ("reason", "mode", "rule", "go"),
    [
        (Reason.PROBED, "enforce", OFTEN, 6),
        (Reason.SHADOW, "shadow", OFTEN, 6),
        (Reason.SHADOW, "shadow", BUDGET, 6),
        (Reason.PROBED, "enforce", BUDGET, 0),
    ],
)
async def test_what_nothing_could_stop_goes_uncounted(
    reason: Reason, mode: Mode, rule: LimitRule, go: int
) -> None:
    bench = Bench()
    await bench.store.close()
    assert await bench.count(Forward(reason, limited(rule, mode=mode))) == go


async def test_what_was_counted_locally_is_given_back_locally() -> None:
    bench = Bench()
    await bench.store.close()
    decision = replace(USED, route=limited(OFTEN, on_error="pow"))
    for _ in range(5):
        ready, _ = await bench.go(decision)
        assert isinstance(ready, Ready)
        await ready.delivery.unsent()
    assert await bench.count(decision) == 2


# --- Budgets -------------------------------------------------------------------------------


async def test_a_budget_tells_once_for_each_window() -> None:
    one = Bench()
    other = Bench(store=one.store)
    decision = replace(USED, route=limited(BUDGET))
    assert await one.count(decision, 1) == 1
    assert one.records() == []
    assert await one.count(decision, 2) == 2
    assert await other.count(decision, 3) == 1
    [told] = one.records()
    assert (told["event"], told["level"]) == ("budget_alert", "warning")
    assert (told["budget"], told["count"], told["most"]) == ("budget-hour", 2, 4)
    assert other.records() == []
    other.now_s += 3599.0
    await other.count(decision, 1)
    assert other.records() == []
    told_of = one.metrics.registry.get_sample_value(
        "gateway_budget_alerts_total",
        {"site": "shop", "route": "register", "budget": "budget-hour"},
    )
    assert told_of == 1


async def test_what_was_only_watched_uses_up_no_budget_and_no_alert() -> None:
    """A route that is enforced from now on begins with what it forwards from now on."""
    bench = Bench()
    assert await bench.count(replace(USED, route=limited(BUDGET, mode="shadow"))) == 6
    assert await bench.count(replace(USED, route=limited(BUDGET))) == 4
    assert [record["count"] for record in bench.records()] == [2, 2]


async def test_a_budget_tells_once_without_the_store_too() -> None:
    bench = Bench()
    await bench.store.close()
    decision = replace(USED, route=limited(BUDGET, on_error="pow"))
    assert await bench.count(decision) == 4
    assert [record["event"] for record in bench.records()] == ["budget_alert"]
