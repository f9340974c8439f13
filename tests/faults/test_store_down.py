"""The store is away: `on_error` says what that means, and nothing is lost or delivered twice."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.servers import Server
from tests.visitor import Visitor

BASE = {"ladder": ["pow"], "work": 1000}
CLOSED = {**BASE, "name": "closed", "match": {"path": "/closed"}, "on_error": "closed"}
POW = {**BASE, "name": "pow", "match": {"path": "/pow"}, "on_error": "pow"}
OPEN = {**BASE, "name": "open", "match": {"path": "/open"}, "on_error": "open"}
USES = {**BASE, "name": "uses", "match": {"path": "/uses"}, "pass": {"uses": 5}}
SMS = {**BASE, "name": "sms", "match": {"path": "/sms"}, "pass": {"uses": 1}}
ROUTES = [CLOSED, POW, OPEN, USES, SMS]
SOON_S = 3.0  # deadlines of the store's client, with room


@pytest.fixture
async def gate(start_gate, redis_url):
    return await start_gate(ROUTES, store=redis_url)


@pytest.fixture
async def visitor(gate):
    async with Visitor(gate.url) as visitor:
        yield visitor


@pytest.mark.parametrize("how", ["killed", "silent"])
async def test_closed_refuses(app, gate, visitor, redis: Server, how):
    _end(redis, how)
    try:
        await noticed(visitor)
        for target in ("/closed", "/uses", "/sms"):
            began_s = time.monotonic()
            reply = await visitor.post(target, b"a=1")
            assert reply.status == 503
            assert int(reply.headers["Retry-After"]) > 0
            assert time.monotonic() - began_s < SOON_S
        assert app.seen == []
        assert (await visitor.get("/free")).status == 200
    finally:
        redis.resume()


async def noticed(visitor: Visitor) -> None:
    """Wait until the gate knows, by looking every half second, that its store is away."""
    give_up_s = time.monotonic() + 5
    while (await visitor.post("/closed", b"?", headers={"Cookie": "none=1"})).status != 503:
        assert time.monotonic() < give_up_s
        await asyncio.sleep(0.1)


def _end(redis: Server, how: str) -> None:
    if how == "killed":
        redis.kill()
    else:
        redis.pause()


async def test_a_pass_without_uses_needs_no_store(app, gate, visitor, redis: Server):
    await visitor.through(await visitor.post("/closed", b"a=1"))
    redis.kill()
    assert (await visitor.post("/closed", b"a=2")).status == 200
    assert len(app.seen) == 2


async def test_a_use_needs_the_store(app, gate, visitor, redis: Server):
    await visitor.through(await visitor.post("/uses", b"a=1"))
    redis.kill()
    assert (await visitor.post("/uses", b"a=2")).status == 503
    assert len(app.seen) == 1


async def test_pow_still_asks(app, gate, visitor, redis: Server):
    """Nothing can be held: the page reloads, and the browser sends its own copy again."""
    redis.kill()
    await noticed(visitor)
    met = await visitor.post("/pow", b"a=1")
    solved = await visitor.solve(met.page)
    assert solved["finish"] == "reload"
    assert app.seen == []
    assert (await visitor.post("/pow", b"a=1")).status == 200
    assert len(app.seen) == 1


async def test_open_lets_by_and_says_so(app, gate, visitor, redis: Server):
    assert (await visitor.post("/open", b"a=1")).challenged
    redis.kill()
    await noticed(visitor)
    reply = await visitor.post("/open", b"a=2")
    assert reply.status == 200
    assert app.seen[-1].get("x-gateway-store") == "down"
    for _ in range(100):
        if any(record.get("reason") == "store_open" for record in gate.records("decision")):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(gate.log_text())


async def test_a_held_request_waits_for_a_silent_store(app, gate, visitor, redis: Server):
    solved = await visitor.solve((await visitor.post("/closed", b"a=1")).page)
    redis.pause()
    try:
        assert (await visitor.finish(solved)).status == 503
    finally:
        redis.resume()
    assert await _until_200(visitor, solved)
    assert [bytes(s.body) for s in app.seen] == [b"a=1"]


async def _until_200(visitor, solved) -> bool:
    give_up_s = time.monotonic() + 15
    while time.monotonic() < give_up_s:
        reply = await visitor.finish(solved)
        if reply.status == 200:
            return True
        assert reply.status in (409, 503), reply.text
    return False


async def test_a_store_that_forgot_says_so(app, gate, visitor, redis: Server):
    solved = await visitor.solve((await visitor.post("/closed", b"a=1")).page)
    redis.kill()
    redis.start()
    give_up_s = time.monotonic() + 15
    while (reply := await visitor.finish(solved)).status == 503 and time.monotonic() < give_up_s:
        pass
    assert reply.status == 410
    assert app.seen == []


async def test_starts_without_its_store(app, start_gate, redis: Server):
    redis.kill()
    gate = await start_gate(ROUTES, store=redis.url)
    async with Visitor(gate.url) as visitor:
        assert (await visitor.get("/free")).status == 200
        await noticed(visitor)
        redis.start()
        give_up_s = time.monotonic() + 15
        while (reply := await visitor.post("/closed", b"a=1")).status == 503:
            assert time.monotonic() < give_up_s
        assert (await visitor.through(reply)).status == 200
    assert len(gate.records("store_down")) == 1  # said once, not every half second …
    assert len(gate.records("store_up")) == 1  # … and that it came back
