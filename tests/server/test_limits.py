"""Everything a stranger can repeat is counted, and every "wait" says for how long."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from gateway.hold import HoldQuotas, Holds
from gateway.model import Caller
from gateway.server import AnswerLimits, LocalCounts
from gateway.stores import StoreDown, StoreFull
from gateway.stores.memory import MemoryStore
from tests.server.desk import NOW_S, Clock, Desk, right

ELSEWHERE = Caller("198.51.100.9", "198.51.100.0/24", "https", False, browser="firefox")
WRONG = {"answer": {"reached": 0.1}}


async def said(response: Any) -> tuple[int, str, str | None]:
    body = await response.json()
    words = f"{body.get('outcome', 'challenge')} {body.get('reason', '')}".strip()
    return response.status, words, response.headers.get("Retry-After")


async def exchange(desk: Desk, data: dict[str, Any], want: str = "new", **changes: Any) -> Any:
    return await desk.post("challenge", {"visit": data["visit"], "want": want}, **changes)


# --- Of a caller prefix ---------------------------------------------------------------------


async def test_answers_of_a_prefix_are_limited(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(answers=2))
    data = await desk.page("form")
    assert (await said(await desk.answer(data)))[1] == "solved"
    assert (await said(await desk.answer(data)))[1] == "refused spent"
    third = await desk.page("form")
    left_s = 60 - int(desk.clock() + 1) % 60
    assert await said(await desk.answer(third)) == (429, "refused too_many", str(left_s))
    assert (await third_elsewhere(desk))[1] == "solved"
    desk.clock.now_s += left_s
    assert (await said(await desk.answer(await desk.page("form"))))[1] == "solved"


async def third_elsewhere(desk: Desk) -> tuple[int, str, str | None]:
    data = await desk.page("form", caller=ELSEWHERE)
    desk.clock.now_s += 1
    return await said(await desk.post("answer", right(data), caller=ELSEWHERE))


async def test_a_refused_answer_spends_no_ticket(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(answers=1))
    one, other = await desk.page("form"), await desk.page("form")
    assert (await said(await desk.answer(one)))[1] == "solved"
    assert (await said(await desk.answer(other)))[1] == "refused too_many"
    desk.clock.now_s += 60
    assert (await said(await desk.answer(other)))[1] == "solved"


async def test_exchanges_of_a_prefix_are_limited(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(challenges=2))
    data = await desk.page("form")
    seen = [(await said(await exchange(desk, data)))[1] for _ in range(3)]
    assert seen == ["challenge", "challenge", "refused too_many"]


async def test_the_accessible_way_is_limited_more_tightly(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(accessible=1))
    data = await desk.page("form")
    assert (await said(await exchange(desk, data, "accessible")))[1] == "challenge"
    status, words, wait_s = await said(await exchange(desk, data, "accessible"))
    assert (status, words) == (429, "refused too_many")
    assert wait_s is not None
    assert 60 < int(wait_s) <= 600
    assert (await said(await exchange(desk, data)))[1] == "challenge"


async def test_limits_by_address_can_be_off(open_desk: Any) -> None:
    desk: Desk = await open_desk(
        limits=AnswerLimits(answers=0, challenges=0, accessible=0), addresses_known=lambda: False
    )
    data = await desk.page("form")
    assert (await said(await exchange(desk, data, "accessible")))[1] == "challenge"
    assert (await said(await desk.answer(data)))[1] == "solved"


@pytest.mark.parametrize("known", [True, False])
async def test_holds_of_a_prefix_are_limited(open_desk: Any, known: bool) -> None:
    clock, chance = Clock(), Random(1)
    store = MemoryStore(clock=clock)
    holds = Holds(store, HoldQuotas(prefix_bytes=9_000), "gate-1", clock, chance.randbytes)
    desk: Desk = await open_desk(clock, store=store, holds=holds, addresses_known=lambda: known)
    finishes = [
        (await desk.page("form", method="POST", data=b"x" * 5_000))["finish"] for _ in range(2)
    ]
    assert finishes == ["post", "reload" if known else "post"]
    assert desk.metric("gateway_holds_refused_total", reason="quota") == (1 if known else 0)


# --- Of a visit -----------------------------------------------------------------------------


async def test_tries_of_a_visit_are_limited(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(tries=3))
    data = await desk.page("drag")
    for _ in range(2):
        body = await (await desk.answer(data, **WRONG)).json()
        assert body["reason"] == "wrong"
        data = data | {"challenge": body["challenge"]}
    status, words, wait_s = await said(await desk.answer(data, **WRONG))
    assert (status, words) == (429, "refused too_many")
    assert wait_s is not None
    desk.clock.now_s += int(wait_s)
    assert (await said(await exchange(desk, data)))[1] == "challenge"


async def test_older_tokens_reset_no_tries(open_desk: Any) -> None:
    """The visit token is the very first one every time; the tickets are fresh."""
    desk: Desk = await open_desk(limits=AnswerLimits(tries=3))
    data = await desk.page("drag")
    for _ in range(3):
        assert (await said(await exchange(desk, data)))[1] == "challenge"
    assert (await said(await exchange(desk, data)))[1] == "refused too_many"
    assert (await said(await desk.answer(data)))[1] == "refused too_many"


async def test_what_was_answered_before_is_no_try(open_desk: Any) -> None:
    """A page that sends twice, or who shows an old ticket, uses up nothing."""
    desk: Desk = await open_desk(limits=AnswerLimits(tries=3))
    data = await desk.page("drag")
    body = await (await desk.answer(data, **WRONG)).json()
    for _ in range(4):
        assert (await said(await desk.answer(data, **WRONG)))[1] == "refused spent"
    assert (await said(await desk.answer(data | {"challenge": body["challenge"]})))[1] == "solved"


async def test_more_tries_than_usual_may_be_allowed(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(tries=13))
    data = await desk.page("drag")
    for _ in range(12):
        body = await (await desk.answer(data, **WRONG)).json()
        assert body["reason"] == "wrong"
        data = data | {"challenge": body["challenge"]}
        desk.clock.now_s = NOW_S
    assert (await said(await desk.answer(data)))[1] == "solved"


async def test_what_ran_out_counts_as_no_try(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(tries=1))
    data = await desk.page("drag")
    for _ in range(3):
        desk.clock.now_s += 110
        asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "new"}
        body = await (await desk.post("challenge", asked)).json()
        data = data | {"challenge": body["challenge"]}
    assert data["challenge"]["work"]["maxnumber"] == 2 * 1000


async def test_what_ran_out_is_renewed_once(open_desk: Any) -> None:
    """Else one old ticket would have chance choose again and again, for nothing."""
    desk: Desk = await open_desk(limits=AnswerLimits(tries=1))
    data = await desk.page("drag")
    desk.clock.now_s += 121
    asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "new"}
    words = [(await said(await desk.post("challenge", asked)))[1] for _ in range(3)]
    assert words == ["challenge", "challenge", "refused too_many"]


@pytest.mark.parametrize("endpoint", ["answer", "challenge"])
async def test_what_ran_out_forgives_no_failure(desk: Desk, endpoint: str) -> None:
    data = await desk.page("drag")
    for _ in range(3):
        body = await (await desk.answer(data, **WRONG)).json()
        data = data | {"challenge": body["challenge"]}
    desk.clock.now_s += 121
    asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "new"}
    body = await (await desk.post(endpoint, asked)).json()
    before, now = data["challenge"]["work"], body["challenge"]["work"]
    assert before["challenge"] != now["challenge"]
    assert before["maxnumber"] == now["maxnumber"] == 16_000


async def test_what_limits_made_dearer_stays_so(desk: Desk) -> None:
    """After a wrong answer, and one that came too late: each step harder is twice the work."""
    data = await desk.page("drag", harder=2)
    seen = [data["challenge"]["work"]["maxnumber"] // 2000]
    for late_s in (0, 130):
        desk.clock.now_s += late_s
        body = await (await desk.answer(data, **WRONG)).json()
        data = data | {"challenge": body["challenge"]}
        seen.append(data["challenge"]["work"]["maxnumber"] // 2000)
    assert (seen, body["reason"]) == ([4, 8, 8], "expired")


async def test_work_grows_with_failures(desk: Desk) -> None:
    data = await desk.page("drag")
    seen = []
    for _ in range(6):
        seen.append(data["challenge"]["work"]["maxnumber"] // 2000)
        body = await (await desk.answer(data, **WRONG)).json()
        data = data | {"challenge": body["challenge"]}
        desk.clock.now_s = NOW_S
    assert seen == [1, 2, 4, 8, 16, 16]


# --- While the store is down ------------------------------------------------------------------


class Broken(MemoryStore):
    """A store that can be switched off: the one fault that a real one can't show on demand."""

    fault: type[StoreDown | StoreFull] | None = None

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault("off")

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        self._fail()
        await super().put(key, value, ttl_s)

    async def spend(self, key: str, ttl_s: float) -> bool:
        self._fail()
        return await super().spend(key, ttl_s)

    async def bump(self, key: str, ttl_s: float, amount: int = 1) -> int:
        self._fail()
        return await super().bump(key, ttl_s, amount)

    async def reserve(self, key: str, amount: int, limit: int, ttl_s: float) -> bool:
        self._fail()
        return await super().reserve(key, amount, limit, ttl_s)


@pytest.fixture
async def broken(open_desk: Any) -> Desk:
    clock = Clock()
    desk: Desk = await open_desk(clock, store=Broken(clock=clock))
    return desk


def switch(desk: Desk, fault: type[StoreDown | StoreFull] | None) -> None:
    assert isinstance(desk.parts.store, Broken)
    desk.parts.store.fault = fault


@pytest.mark.parametrize("fault, word", [(StoreDown, "unavailable"), (StoreFull, "full")])
async def test_closed_routes_answer_503(
    broken: Desk, fault: type[StoreDown | StoreFull], word: str
) -> None:
    data = await broken.page("form")
    switch(broken, fault)
    assert await said(await broken.answer(data)) == (503, f"refused {word}", "5")
    assert await said(await exchange(broken, data)) == (503, f"refused {word}", "5")
    switch(broken, None)
    assert (await said(await broken.answer(data)))[1] == "solved"
    assert broken.metric("gateway_store_errors_total", op="bump") == 2


async def test_pow_routes_go_on_with_local_counts(broken: Desk) -> None:
    data = await broken.page("loose")
    switch(broken, StoreDown)
    assert (await said(await broken.answer(data)))[1] == "solved"
    assert (await said(await broken.answer(data)))[1] == "refused spent"
    assert (await said(await exchange(broken, data)))[1] == "challenge"


async def test_local_limits_hold(open_desk: Any) -> None:
    clock = Clock()
    limits = AnswerLimits(answers=1)
    desk: Desk = await open_desk(clock, store=Broken(clock=clock), limits=limits)
    switch(desk, StoreDown)
    assert (await said(await desk.answer(await desk.page("loose"))))[1] == "solved"
    assert (await said(await desk.answer(await desk.page("loose"))))[1] == "refused too_many"


async def test_full_local_counts_answer_503(open_desk: Any) -> None:
    clock = Clock()
    desk: Desk = await open_desk(clock, store=Broken(clock=clock), local=LocalCounts(0))
    data = await desk.page("loose")
    switch(desk, StoreDown)
    assert (await said(await desk.answer(data)))[1] == "refused unavailable"


@pytest.mark.parametrize("fault", [StoreDown, StoreFull])
async def test_what_cannot_be_held_is_reloaded(
    broken: Desk, fault: type[StoreDown | StoreFull]
) -> None:
    switch(broken, fault)
    data = await broken.page("form", method="POST", data=b"a=1")
    assert data["finish"] == "reload"
    assert broken.records()[-1]["hold"] == ("down" if fault is StoreDown else "full")
    switch(broken, None)
    body = await (await broken.answer(data)).json()
    assert (body["outcome"], body["finish"]) == ("solved", "reload")


@pytest.mark.parametrize("fault, word", [(StoreDown, "store_down"), (StoreFull, "store_full")])
@pytest.mark.parametrize("navigation", [True, False])
async def test_single_use_is_refused_when_nothing_can_be_held(
    broken: Desk, navigation: bool, fault: type[StoreDown | StoreFull], word: str
) -> None:
    switch(broken, fault)
    response = await broken.send(
        "challenge", "/challenge", route="sms", method="POST", data=b"a", navigation=navigation
    )
    assert (response.status, response.headers["Retry-After"]) == (503, "5")
    text = await response.text()
    assert "gateway-data" not in text
    assert word in text


async def test_a_body_too_large_for_single_use_says_so(desk: Desk) -> None:
    response = await desk.send(
        "challenge", "/challenge", route="sms", method="POST", data=b"x" * 10_001
    )
    assert response.status == 413
    assert 'data-reason="too_large"' in await response.text()


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_body_that_stayed_behind_is_not_held(desk: Desk, method: str) -> None:
    """The wire said how large it is, and sent nothing of it."""
    data = await desk.page("form", method=method, unread_bytes=10_001)
    assert data["finish"] == "reload"
    assert desk.metric("gateway_holds_refused_total", reason="too_large") == 1
    response = await desk.send(
        "challenge", "/challenge", route="sms", method="POST", unread_bytes=10_001
    )
    assert response.status == 413


# --- Counting without a store -----------------------------------------------------------------


def test_local_counts_expire_and_are_bounded() -> None:
    counts = LocalCounts(max_entries=2)
    assert [counts.bump("a", 10, now_s) for now_s in (0, 1, 9.9, 10, 11)] == [1, 2, 3, 1, 2]
    assert counts.spend("b", 5, 11)
    assert not counts.spend("b", 5, 15.9)
    assert counts.bump("c", 5, 12) is None  # full: never forgetting what lives
    assert not counts.spend("c", 5, 12)
    assert counts.bump("c", 5, 16.1) == 1  # b has expired
    assert counts.bump("a", 5, 19.9) == 3
