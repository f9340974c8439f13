"""Limits and budgets through real gates: what is delivered, what it costs others, what is told.

One gate has a route for each test, two more share a Redis; only what harms a gate has its own.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.conftest import forgetful_app, gates, one_gate, one_visitor
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder
from tests.servers import Server, redis_server
from tests.visitor import Reply, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = {"answers": {"answers": "100000"}, "wire": {"match_body": "1KiB"}}  # all are one neighbour
PHONE = {"per": "field", "field": "phone", "normalise": "e164", "region": "CN"}
DENY = {**PHONE, "within": "1h", "then": "deny"}
VICTIM = b"phone=13800138000"
EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def sms(name: str, *limits: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One solve, one message."""
    match = {"method": "POST", "path": f"/{name}"}
    route = {"name": name, "match": match, "ladder": ["pow"], "work": "1000"}
    return route | {"pass": {"uses": "1"}, "limits": list(limits)} | more


def form(name: str, *limits: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One solve, a pass."""
    return sms(name, *limits) | {"match": {"path": f"/{name}"}, "pass": {}} | more


ROUTES = [
    sms("spelt", {**DENY, "most": "2"}),
    sms("victim", {**DENY, "most": "1"}),
    sms("back", {**DENY, "most": "1"}, budget={"hour": "1"}),
    sms("later", {**DENY, "most": "1", "within": "1s"}),
    sms("country", {**DENY, "most": "1", "countries": ["CN", "HK"]}),
    sms("unread", {**DENY, "most": "2"}),
    sms(
        "fan",
        {"per": "address", "distinct": "phone", "most": "2", "within": "1h", "then": "harder"},
        ladder=[{"kind": "pow", "max_risk": "0.9"}, "one_click"],
    ),
    sms("slow", {"per": "route", "most": "1", "within": "1h", "then": "delay", "delay": "300ms"}),
    sms("shadow", {**DENY, "most": "2"}, mode="shadow", budget={"hour": "1"}),
    form(
        "form",
        {"per": "pass", "most": "3", "within": "1h", "then": "deny"},
        match={"method": "POST", "path": "/form"},
        challenge_on={"path": "/page"},
    ),
    form(
        "steep",
        {"per": "pass", "most": "2", "within": "1h", "then": "harder"},
        ladder=[{"kind": "pow", "max_risk": "0.9"}, "slider"],
    ),
    form(
        "known",
        {"per": "user", "most": "2", "within": "1h", "then": "deny"},
        match={"method": "POST", "path": "/known"},
        user={"field": "uid"},
    ),
]
SHARED = [sms("five", {**DENY, "most": "5"}), sms("budget", budget={"hour": "7", "alert": "50%"})]

gate = one_gate(ROUTES, limits=MANY, trusted_proxies=["127.0.0.1"])
app = forgetful_app()
visitor = one_visitor()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pair(
    tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
) -> AsyncIterator[list[GateProcess]]:
    """Two gates on one Redis, that wait for it as long as a busy machine may take."""
    folder = tmp_path_factory.mktemp("pair")
    with redis_server(folder) as redis:
        async with gates(folder, recorder) as start:
            store = f"{redis.url}?deadline_ms=5000"
            yield [await start(SHARED, limits=MANY, store=store) for _ in range(2)]


async def deliver(visitor: Visitor, target: str, body: bytes = VICTIM, **more: Any) -> Reply:
    """Through the challenge; what refuses before one is the reply."""
    reply = await visitor.post(target, body, **more)
    return await visitor.through(reply) if reply.challenged else reply


async def metrics(gate: GateProcess, name: str, route: str) -> dict[str, float]:
    """By series, of one route."""
    url = f"http://127.0.0.1:{gate.admin_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        lines = (await reply.text()).splitlines()
    found = [line.rpartition(" ") for line in lines if line.startswith(name)]
    return {series: float(value) for series, _, value in found if f'route="{route}"' in series}


# --- Numbers -------------------------------------------------------------------------------


async def test_a_number_is_sent_to_so_often_however_it_is_spelt(
    app: Recorder, gate: GateProcess, visitor: Visitor
) -> None:
    assert (await deliver(visitor, "/spelt")).status == 200
    assert (await deliver(visitor, "/spelt", b"phone=%2B86+138-0013-8000")).status == 200
    both = b"Phone=13800138000&phone=13900139000"
    for spelt in (VICTIM, b"phone=0086138+0013+8000&x=1", both):
        refused = await deliver(visitor, "/spelt", spelt)
        assert refused.status == 429
    wait = refused.headers["Retry-After"]
    assert 3300 < int(wait) <= 3840
    assert refused.headers["RateLimit-Policy"] == '"field-phone-1h";q=2;w=3600'
    assert refused.headers["RateLimit"] == f'"field-phone-1h";r=0;t={wait}'
    assert "tried again in about 6" in refused.text
    assert (await deliver(visitor, "/spelt", b"phone=13900139000")).status == 200
    assert len(app.seen) == 3
    assert await metrics(gate, "gateway_limited_total", "spelt") == {
        'gateway_limited_total{limit="field-phone-1h",route="spelt",site="site",then="deny"}': 3.0
    }
    assert "13800138" not in gate.log_text()


async def test_of_64_clients_at_two_gates_exactly_so_many_are_delivered(
    app: Recorder, pair: list[GateProcess]
) -> None:
    """All are solved before the first is finished, so that nothing but the charge can refuse."""
    ready, go = asyncio.Semaphore(0), asyncio.Event()

    async def one(number: int) -> Reply:
        async with Visitor(pair[number % 2].url) as visitor:
            solved = await visitor.solve((await visitor.post("/five", VICTIM)).page)
            ready.release()
            await go.wait()
            return await visitor.finish(solved)

    clients = [asyncio.create_task(one(number)) for number in range(64)]
    for _ in clients:
        await ready.acquire()
    go.set()
    replies = await asyncio.gather(*clients)
    assert Counter(reply.status for reply in replies) == {200: 5, 429: 59}
    assert all("Retry-After" in reply.headers for reply in replies if reply.status == 429)
    assert [bytes(seen.body) for seen in app.seen] == [VICTIM] * 5


async def test_strangers_cannot_use_up_a_number(app: Recorder, visitor: Visitor) -> None:
    """Neither by asking, nor by wrong answers, nor by having others' browsers send it."""
    for _ in range(8):
        assert (await visitor.post("/victim", VICTIM, headers=EVIL)).challenged
        assert (await visitor.post("/victim", VICTIM)).challenged
    met = await visitor.post("/victim", VICTIM)
    wrong = visitor.answer_body(met.page["visit"], met.page["challenge"]) | {"proof": None}
    assert (await visitor.call(met.page, "answer", wrong)).json()["outcome"] != "solved"
    unsolved = {"url": "/victim", "visit": met.page["visit"], "finish": "post"}
    assert (await visitor.finish(unsolved)).status == 403
    foreign = await visitor.solve((await visitor.post("/victim", VICTIM, headers=EVIL)).page)
    assert (await visitor.finish(foreign, headers=EVIL)).status == 403
    assert app.seen == []
    assert (await deliver(visitor, "/victim")).status == 200
    assert (await deliver(visitor, "/victim")).status == 429


async def test_what_the_app_never_got_is_given_back(app: Recorder, visitor: Visitor) -> None:
    await app.stop()
    solved = await visitor.solve((await visitor.post("/back", VICTIM)).page)
    for _ in range(3):
        assert (await visitor.finish(solved)).status == 502
    await app.start()
    assert (await visitor.finish(solved)).status == 200
    assert (await deliver(visitor, "/back")).status == 503  # the number's limit, and the budget
    assert len(app.seen) == 1


async def test_a_refused_request_can_be_sent_later(app: Recorder, visitor: Visitor) -> None:
    first, second = [
        await visitor.solve((await visitor.post("/later", VICTIM)).page) for _ in range(2)
    ]
    assert (await visitor.finish(first)).status == 200
    refused = await visitor.finish(second)
    assert refused.status == 429
    assert "gateway_visit" in refused.text  # the button that tries again
    await asyncio.sleep(1.1)
    assert (await visitor.finish(second)).status == 200
    assert len(app.seen) == 2


async def test_countries_are_refused_before_anything_else(app: Recorder, visitor: Visitor) -> None:
    for number in (b"%2B14155552671", b"%2B88213300000", b"12"):
        refused = await visitor.post("/country", b"phone=" + number)
        assert (refused.status, refused.challenged) == (403, False)
        assert "phone number cannot be used" in refused.text
    script = {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}
    told = await visitor.post("/country", b"phone=%2B14155552671", headers=script)
    assert told.json()["type"] == "urn:gateway:country_refused"
    assert (await deliver(visitor, "/country", b"phone=%2B852+6123+4567")).status == 200
    assert len(app.seen) == 1


async def test_bodies_that_cannot_be_read_count_as_one(app: Recorder, visitor: Visitor) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert (await deliver(visitor, "/unread", gzip.compress(VICTIM), headers=packed)).status == 200
    bodies = [b"phone=1390013900%d&x=" % n + b"x" * 1024 for n in range(2)]
    assert (await deliver(visitor, "/unread", bodies[0])).status == 200
    assert (await deliver(visitor, "/unread", bodies[1])).status == 429
    assert (await deliver(visitor, "/unread")).status == 200
    assert len(app.seen) == 3


# --- Who asks ------------------------------------------------------------------------------


async def test_fan_out_makes_it_harder_for_one_address(app: Recorder, gate: GateProcess) -> None:
    async def kind(address: str, body: bytes) -> str:
        async with Visitor(gate.url) as visitor:
            visitor.headers["X-Forwarded-For"] = address
            met = await visitor.post("/fan", body)
            asked: str = met.page["challenge"]["kind"]
            assert (await visitor.through(met)).status == 200
            return asked

    numbers = [b"phone=%d" % n for n in (1, 1, 2, 2, 1, 3, 3, 1)]
    kinds = [await kind("198.51.100.1", body) for body in numbers]
    assert kinds == ["pow"] * 5 + ["one_click"] * 3
    assert await kind("203.0.113.9", b"phone=4") == "pow"


async def test_passes_are_charged_for_what_they_forward(app: Recorder, visitor: Visitor) -> None:
    assert (await deliver(visitor, "/form")).status == 200
    assert [(await visitor.get("/page")).status for _ in range(5)] == [200] * 5
    found = [(await visitor.post("/form", b"a=2")).status for _ in range(6)]
    assert found == [200] * 3 + [429] * 3  # what the solve released had no pass yet
    assert len([seen for seen in app.seen if seen.method == "POST"]) == 4


async def test_the_page_that_asks_for_more_is_not_finished_with_less(
    app: Recorder, visitor: Visitor
) -> None:
    """Nor by the pass that no longer served, shown with that page's visit."""
    await visitor.through(await visitor.get("/steep"))
    for method in ("GET", "POST"):
        for _ in range(3):
            asked = await visitor.ask(method, "/steep", b"a=1" if method == "POST" else None)
        assert asked.challenged
        unsolved = {"finish": "post", "url": "/steep", "visit": asked.page["visit"]}
        assert (await visitor.finish(unsolved)).challenged
    assert len(app.of("GET", "/steep") + app.of("POST", "/steep")) == 2
    assert asked.page["challenge"]["kind"] == "slider"
    assert (await visitor.through(asked)).status == 200


async def test_users_are_counted_apart(app: Recorder, visitor: Visitor) -> None:
    """Also what was held, by whom it named."""
    users = (b"uid=1", b"uid=1", b"uid=2", b"uid=1", b"uid=2", b"uid=2", b"", b"")
    found = [(await deliver(visitor, "/known", b"a=1&" + user)).status for user in users]
    assert found == [200, 200, 200, 429, 200, 429, 200, 200]


async def test_delayed_requests_wait(app: Recorder, visitor: Visitor) -> None:
    took_s = []
    for _ in range(2):
        solved = await visitor.solve((await visitor.post("/slow", VICTIM)).page)
        began_s = time.monotonic()
        assert (await visitor.finish(solved)).status == 200
        took_s.append(time.monotonic() - began_s)
    assert took_s[1] >= 0.3


async def test_shadow_mode_counts_and_forwards(app: Recorder, visitor: Visitor) -> None:
    assert [(await visitor.post("/shadow", VICTIM)).status for _ in range(4)] == [200] * 4
    would = [seen.get("x-gateway-would") for seen in app.seen]
    assert would == ["challenge", "deny", "deny", "deny"]


# --- Budgets, and no store -----------------------------------------------------------------


async def test_a_budget_holds_to_exactly_its_number(app: Recorder, pair: list[GateProcess]) -> None:
    async def one(number: int) -> Reply:
        async with Visitor(pair[number % 2].url) as visitor:
            return await deliver(visitor, "/budget", b"phone=138001380%02d" % number)

    replies = await asyncio.gather(*map(one, range(40)))
    assert Counter(reply.status for reply in replies) == {200: 7, 503: 33}
    assert len(app.seen) == 7
    last = max(replies, key=lambda reply: reply.status)
    assert 3300 < int(last.headers["Retry-After"]) <= 3840
    assert last.headers["RateLimit-Policy"] == '"budget-hour";q=7;w=3600'
    denied = [record for gate in pair for record in gate.records("decision") if record.get("over")]
    assert {tuple(record["over"]) for record in denied if record["route"] == "budget"} == {
        ("budget-hour",)
    }
    [alert] = [record for gate in pair for record in gate.records("budget_alert")]
    assert (alert["route"], alert["budget"], alert["most"]) == ("budget", "budget-hour", 7)
    assert 4 <= alert["count"] <= 7
    told = [await metrics(gate, "gateway_budget_alerts_total", "budget") for gate in pair]
    assert sum(sum(each.values()) for each in told) == 1


@pytest.mark.parametrize("on_error", ["closed", "pow"])
async def test_without_the_store_nothing_goes_uncounted(
    app: Recorder, tmp_path: Any, redis: Server, on_error: str
) -> None:
    """`pow` counts in the process; `closed` lets nobody by, not even with a valid pass."""
    rule = {"per": "route", "most": "3", "within": "1h", "then": "deny"}
    async with gates(tmp_path, app) as start:
        routes = [form("form", rule, on_error=on_error)]
        gate = await start(routes, limits=MANY, store=f"{redis.url}?deadline_ms=500")
        async with Visitor(gate.url) as visitor:
            assert (await deliver(visitor, "/form")).status == 200
            redis.kill()
            found = [(await visitor.get("/form")).status for _ in range(5)]
    assert found == ([503] * 5 if on_error == "closed" else [200] * 3 + [429] * 2)
