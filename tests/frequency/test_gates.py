"""Limits and budgets through real gates: what is delivered, what it costs others, what is told."""

from __future__ import annotations

import asyncio
import gzip
import time
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from tests.gatekeeper import GateProcess
from tests.recorder import Recorder
from tests.servers import Server
from tests.visitor import Reply, Visitor

MANY = {"answers": {"answers": 100_000}}  # all tests are one neighbour
PATIENT = "?deadline_ms=5000"  # a busy machine is no fault here
SMS: dict[str, Any] = {
    "name": "sms",
    "match": {"method": "POST", "path": "/sms"},
    "ladder": ["pow"],
    "pass": {"uses": 1},
    "work": 1000,
}
PHONE = {"per": "field", "field": "phone", "normalise": "e164", "region": "CN"}
FIVE = {**PHONE, "most": "5", "within": "1h", "then": "deny"}
VICTIM = b"phone=13800138000"


def sms(*limits: dict[str, Any], **more: Any) -> dict[str, Any]:
    return SMS | {"limits": list(limits)} | more


async def deliver(visitor: Visitor, body: bytes, target: str = "/sms") -> Reply:
    """Through the challenge; what refuses before one is the reply."""
    reply = await visitor.post(target, body)
    return await visitor.through(reply) if reply.challenged else reply


async def metrics(gate: GateProcess, name: str) -> dict[str, float]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{gate.admin_port}/metrics") as reply,
    ):
        lines = (await reply.text()).splitlines()
    found = [line.rpartition(" ") for line in lines if line.startswith(name)]
    return {series: float(value) for series, _, value in found}


async def test_a_number_is_sent_to_so_often_however_it_is_spelt(
    app: Recorder, start_gate: Any
) -> None:
    gate = await start_gate([sms({**FIVE, "most": "2"})], limits=MANY)
    async with Visitor(gate.url) as visitor:
        assert (await deliver(visitor, VICTIM)).status == 200
        assert (await deliver(visitor, b"phone=%2B86+138-0013-8000")).status == 200
        for spelt in (
            VICTIM,
            b"phone=0086138+0013+8000&x=1",
            b"Phone=13800138000&phone=13900139000",
        ):
            refused = await deliver(visitor, spelt)
            assert refused.status == 429
        assert 3300 < int(refused.headers["Retry-After"]) <= 3840
        assert refused.headers["RateLimit-Policy"] == '"field-phone-1h";q=2;w=3600'
        assert (
            refused.headers["RateLimit"]
            == f'"field-phone-1h";r=0;t={refused.headers["Retry-After"]}'
        )
        assert "tried again in about" in refused.text
        assert (await deliver(visitor, b"phone=13900139000")).status == 200
    assert len(app.seen) == 3
    limited = await metrics(gate, "gateway_limited_total")
    assert limited == {
        'gateway_limited_total{limit="field-phone-1h",route="sms",site="site",then="deny"}': 3.0
    }
    assert "13800138" not in "".join(str(record) for record in gate.records())


async def test_of_64_clients_at_two_gates_exactly_so_many_are_delivered(
    app: Recorder, start_gate: Any, redis_url: str
) -> None:
    """All are solved before the first is finished, so that nothing but the charge can refuse."""
    routes = [sms(FIVE)]
    gates = [await start_gate(routes, store=redis_url + PATIENT, limits=MANY) for _ in range(2)]
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visitor(gates[n % 2].url)) for n in range(64)]

        async def solved(visitor: Visitor) -> dict[str, Any]:
            met = await visitor.post("/sms", VICTIM)
            return await visitor.solve(met.page)

        ready = await asyncio.gather(*map(solved, visitors))
        replies = await asyncio.gather(
            *(visitor.finish(one) for visitor, one in zip(visitors, ready, strict=True))
        )
    statuses = sorted(reply.status for reply in replies)
    assert statuses == [200] * 5 + [429] * 59
    assert all("Retry-After" in reply.headers for reply in replies if reply.status == 429)
    assert [bytes(seen.body) for seen in app.seen] == [VICTIM] * 5


async def test_strangers_cannot_use_up_a_number(app: Recorder, start_gate: Any) -> None:
    """Neither by asking, nor by wrong answers, nor by having others' browsers send it."""
    gate = await start_gate([sms({**FIVE, "most": "1"})], limits=MANY)
    async with Visitor(gate.url) as visitor:
        evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        for _ in range(8):
            assert (await visitor.post("/sms", VICTIM, headers=evil)).challenged
            assert (await visitor.post("/sms", VICTIM)).challenged
        met = await visitor.post("/sms", VICTIM)
        wrong = visitor.answer_body(met.page["visit"], met.page["challenge"]) | {"proof": None}
        assert (await visitor.call(met.page, "answer", wrong)).json()["outcome"] != "solved"
        unsolved = {"url": "/sms", "visit": met.page["visit"], "finish": "post"}
        assert (await visitor.finish(unsolved)).status == 403
        foreign = await visitor.solve((await visitor.post("/sms", VICTIM, headers=evil)).page)
        assert (await visitor.finish(foreign, headers=evil)).status == 403
        assert app.seen == []
        assert (await deliver(visitor, VICTIM)).status == 200
        assert (await deliver(visitor, VICTIM)).status == 429


async def test_what_the_app_never_got_is_given_back(app: Recorder, start_gate: Any) -> None:
    gate = await start_gate([sms({**FIVE, "most": "1"}, budget={"hour": "1"})], limits=MANY)
    async with Visitor(gate.url) as visitor:
        await app.stop()
        met = await visitor.post("/sms", VICTIM)
        solved = await visitor.solve(met.page)
        for _ in range(3):
            assert (await visitor.finish(solved)).status == 502
        await app.start()
        assert (await visitor.finish(solved)).status == 200
        assert (await deliver(visitor, VICTIM)).status in (429, 503)
    assert len(app.seen) == 1


async def test_a_refused_request_can_be_sent_later(app: Recorder, start_gate: Any) -> None:
    gate = await start_gate([sms({**FIVE, "most": "1", "within": "1s"})], limits=MANY)
    async with Visitor(gate.url) as visitor:
        first, second = [
            await visitor.solve((await visitor.post("/sms", VICTIM)).page) for _ in range(2)
        ]
        assert (await visitor.finish(first)).status == 200
        refused = await visitor.finish(second)
        assert refused.status == 429
        assert "gateway_visit" in refused.text  # the button that tries again
        await asyncio.sleep(1.1)
        assert (await visitor.finish(second)).status == 200
    assert len(app.seen) == 2


async def test_a_budget_holds_to_exactly_its_number(
    app: Recorder, start_gate: Any, redis_url: str
) -> None:
    routes = [sms(budget={"hour": "7", "day": "70", "alert": "50%"})]
    gates = [await start_gate(routes, store=redis_url + PATIENT, limits=MANY) for _ in range(2)]

    async def one(number: int) -> Reply:
        async with Visitor(gates[number % 2].url) as visitor:
            return await deliver(visitor, b"phone=138001380%02d" % number)

    replies = await asyncio.gather(*map(one, range(40)))
    assert sorted(reply.status for reply in replies) == [200] * 7 + [503] * 33
    assert len(app.seen) == 7
    last = max(replies, key=lambda reply: reply.status)
    assert 3300 < int(last.headers["Retry-After"]) <= 3840
    assert last.headers["RateLimit-Policy"] == '"budget-hour";q=7;w=3600'
    [alert] = [record for gate in gates for record in gate.records("budget_alert")]
    assert (alert["route"], alert["budget"], alert["most"]) == ("sms", "budget-hour", 7)
    assert 4 <= alert["count"] <= 7
    told = [await metrics(gate, "gateway_budget_alerts_total") for gate in gates]
    assert sum(sum(each.values()) for each in told) == 1


async def test_passes_are_charged_for_what_they_forward(app: Recorder, start_gate: Any) -> None:
    form = {"name": "form", "match": {"path": "/form"}, "ladder": ["pow"], "work": "1000"}
    rule = {"per": "pass", "most": "3", "within": "1h", "then": "deny"}
    opened = {"challenge_on": {"path": "/page"}, "match": {"method": "POST", "path": "/form"}}
    gate = await start_gate([form | opened | {"limits": [rule]}], limits=MANY)
    async with Visitor(gate.url) as visitor:
        assert (await deliver(visitor, b"a=1", "/form")).status == 200
        assert [(await visitor.get("/page")).status for _ in range(5)] == [200] * 5
        found = [(await visitor.post("/form", b"a=2")).status for _ in range(6)]
    assert found == [200] * 3 + [429] * 3  # what the solve released had no pass yet
    assert len([seen for seen in app.seen if seen.method == "POST"]) == 4


async def test_countries_are_refused_before_anything_else(app: Recorder, start_gate: Any) -> None:
    gate = await start_gate([sms({**FIVE, "most": "1", "countries": ["CN", "HK"]})], limits=MANY)
    async with Visitor(gate.url) as visitor:
        for number in (b"%2B14155552671", b"%2B88213300000", b"12"):
            refused = await visitor.post("/sms", b"phone=" + number)
            assert (refused.status, refused.challenged) == (403, False)
            assert "phone number cannot be used" in refused.text
        script = await visitor.post(
            "/sms", b"phone=%2B14155552671", headers={"Accept": "*/*", "Sec-Fetch-Mode": "cors"}
        )
        assert script.json()["type"] == "urn:gateway:country_refused"
        assert (await deliver(visitor, b"phone=%2B852+6123+4567")).status == 200
    assert len(app.seen) == 1


async def test_bodies_that_cannot_be_read_count_as_one(app: Recorder, start_gate: Any) -> None:
    gate = await start_gate(
        [sms({**FIVE, "most": "2"})], limits=MANY | {"wire": {"match_body": "1KiB"}}
    )
    async with Visitor(gate.url) as visitor:
        packed = gzip.compress(VICTIM)
        met = await visitor.post("/sms", packed, headers={"Content-Encoding": "gzip"})
        assert (await visitor.through(met)).status == 200
        assert (await deliver(visitor, b"phone=13900139000&x=" + b"x" * 1024)).status == 200
        assert (await deliver(visitor, b"phone=13700137000&y=" + b"y" * 1024)).status == 429
        assert (await deliver(visitor, VICTIM)).status == 200
    assert len(app.seen) == 3


async def test_fan_out_makes_it_harder_for_one_address(app: Recorder, start_gate: Any) -> None:
    fan = {"per": "address", "distinct": "phone", "most": "2", "within": "1h", "then": "harder"}
    ladder = [{"kind": "pow", "max_risk": "0.9"}, "one_click"]
    gate = await start_gate([sms(fan, ladder=ladder)], limits=MANY, trusted_proxies=["127.0.0.1"])

    async def kind(address: str, body: bytes) -> str:
        async with Visitor(gate.url) as visitor:
            visitor.headers["X-Forwarded-For"] = address
            met = await visitor.post("/sms", body)
            asked: str = met.page["challenge"]["kind"]
            assert (await visitor.through(met)).status == 200
            return asked

    numbers = [b"phone=%d" % n for n in (1, 1, 2, 2, 1, 3, 3, 1)]
    kinds = [await kind("198.51.100.1", body) for body in numbers]
    assert kinds == ["pow"] * 5 + ["one_click"] * 3
    assert await kind("203.0.113.9", b"phone=4") == "pow"


async def test_delayed_requests_wait(app: Recorder, start_gate: Any) -> None:
    rule = {"per": "route", "most": "2", "within": "1h", "then": "delay", "delay": "300ms"}
    form = {"name": "form", "match": {"path": "/form"}, "ladder": ["pow"], "work": "1000"}
    gate = await start_gate([form | {"limits": rule}], limits=MANY)
    async with Visitor(gate.url) as visitor:
        assert (await deliver(visitor, b"a=1", "/form")).status == 200
        assert (await visitor.get("/form")).status == 200
        began_s = time.monotonic()
        assert (await visitor.get("/form")).status == 200
        assert time.monotonic() - began_s >= 0.3


async def test_shadow_mode_counts_and_forwards(app: Recorder, start_gate: Any) -> None:
    gate = await start_gate([sms({**FIVE, "most": "2"}, mode="shadow", budget={"hour": "1"})])
    async with Visitor(gate.url) as visitor:
        replies = [await visitor.post("/sms", VICTIM) for _ in range(4)]
    assert [reply.status for reply in replies] == [200] * 4
    would = [seen.get("x-gateway-would") for seen in app.seen]
    assert would == ["challenge", "deny", "deny", "deny"]


@pytest.mark.parametrize("on_error", ["closed", "pow"])
async def test_without_the_store_nothing_goes_uncounted(
    app: Recorder, start_gate: Any, redis: Server, on_error: str
) -> None:
    """`pow` counts in the process; `closed` lets nobody by, not even with a valid pass."""
    rule = {"per": "route", "most": "3", "within": "1h", "then": "deny"}
    form = {"name": "form", "match": {"path": "/form"}, "ladder": ["pow"], "work": "1000"}
    routes = [form | {"limits": rule, "on_error": on_error}]
    gate = await start_gate(routes, limits=MANY, store=redis.url + "?deadline_ms=500")
    async with Visitor(gate.url) as visitor:
        assert (await deliver(visitor, b"a=1", "/form")).status == 200
        redis.kill()
        found = [(await visitor.get("/form")).status for _ in range(5)]
    assert found == ([503] * 5 if on_error == "closed" else [200] * 3 + [429] * 2)
