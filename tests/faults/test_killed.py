"""`kill -9` of the gate at any point of a finish: the app's own counter never shows two."""

from __future__ import annotations

import asyncio
import hashlib
import socket

import aiohttp
import pytest

from tests.gatekeeper import GateProcess, free_port
from tests.recorder import Line, Recorder, Seen, polite
from tests.visitor import Reply, Visitor

FORM = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["pow"],
    "work": 1000,
}
BODY = hashlib.shake_128(b"body").digest(3 * 2**20)  # more than every buffer on the way
BROKEN = (aiohttp.ClientError, ConnectionError, asyncio.TimeoutError)
CLAIM_OVER_S = 40.0  # hold.CLAIM_S and SKEW_S, and a little


async def held(visitor: Visitor) -> dict:
    met = await visitor.post("/form", BODY, content_type="application/octet-stream")
    return await visitor.solve(met.page)


async def finish_and_die(gate: GateProcess, visitor: Visitor, solved, dying: asyncio.Event) -> None:
    """Finish; the gate is killed when `dying` is set, in the middle of it."""
    finishing = asyncio.create_task(visitor.finish(solved))
    async with asyncio.timeout(15):
        await dying.wait()
    await gate.kill()
    with pytest.raises(BROKEN):
        await finishing


async def ask_until_settled(visitor: Visitor, solved) -> Reply:
    """Finish again until the gate no longer calls it in flight, as a patient visitor would."""
    for _ in range(int(CLAIM_OVER_S * 2)):
        reply = await visitor.finish(solved)
        if reply.status != 409 or "in_flight" not in reply.text:
            return reply
        await asyncio.sleep(0.5)
    raise AssertionError("in flight for ever")


@pytest.mark.parametrize("point", ["head", "first bytes", "whole request", "half a reply"])
async def test_killed_after_the_first_byte(app: Recorder, start_gate, point):
    gate = await start_gate([FORM])
    dying = asyncio.Event()

    async def at_head(seen: Seen, line: Line) -> None:
        if point == "head":
            dying.set()
            await asyncio.sleep(3600)  # nothing of the body is read
        if point == "first bytes":
            asyncio.get_running_loop().call_later(0.05, dying.set)

    async def answer(seen: Seen, line: Line) -> None:
        if point == "half a reply":
            await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        dying.set()
        await asyncio.sleep(3600)

    app.at_head, app.answer = at_head, answer
    async with Visitor(gate.url) as visitor:
        solved = await held(visitor)
        await finish_and_die(gate, visitor, solved, dying)
        app.at_head, app.answer = None, polite
        await gate.start()
        told = await ask_until_settled(visitor, solved)
        assert told.status == 409  # delivered, or perhaps: the visitor decides
    assert len(app.of("POST", "/form")) == 1


async def test_killed_at_the_connection(app: Recorder, start_gate):
    """The connection stands and the app has read nothing: perhaps it arrived, so never again."""
    with socket.create_server(("127.0.0.1", free_port()), backlog=8) as slow:
        gate = await start_gate([FORM], upstream=f"http://127.0.0.1:{slow.getsockname()[1]}")
        async with Visitor(gate.url) as visitor:
            solved = await held(visitor)
            accepted = asyncio.Event()
            loop = asyncio.get_running_loop()
            slow.setblocking(False)
            loop.add_reader(slow, accepted.set)
            await finish_and_die(gate, visitor, solved, accepted)
            loop.remove_reader(slow)
            first, _ = slow.accept()
            slow.close()
            await app.stop()
            app.port = int(gate.settings["upstreams"]["app"]["url"].rpartition(":")[2])
            await app.start()
            await gate.start()
            reply = await ask_until_settled(visitor, solved)
            first.setblocking(False)
            arrived = b"POST /form" in _read(first)
            first.close()
    delivered = len(app.of("POST", "/form")) + arrived
    assert delivered <= 1
    assert (reply.status == 200) == (len(app.of("POST", "/form")) == 1)


def _read(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except OSError:
        return b""


async def test_killed_at_the_claim(app: Recorder, start_gate):
    """Claimed, not yet connected: nothing was sent, so it goes on when the claim has run out."""
    with socket.create_server(("127.0.0.1", free_port()), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        full = [_begin(port) for _ in range(4)]
        limits = {"wire": {"connect_timeout": "20s"}}
        gate = await start_gate([FORM], upstream=f"http://127.0.0.1:{port}", limits=limits)
        async with Visitor(gate.url) as visitor:
            solved = await held(visitor)
            dying = asyncio.Event()
            asyncio.get_running_loop().call_later(1.0, dying.set)
            await finish_and_die(gate, visitor, solved, dying)
            for one in full:
                one.close()
            deaf.close()
            await app.stop()
            app.port = port
            await app.start()
            await gate.start()
            reply = await ask_until_settled(visitor, solved)
    assert reply.status == 200
    (seen,) = app.of("POST", "/form")
    assert seen.sha256 == hashlib.sha256(BODY).hexdigest()


def _begin(port: int) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", port))
    return one


async def test_killed_while_holding(app: Recorder, start_gate):
    """The body is half up when the gate dies: no page was shown, and nothing is delivered."""
    gate = await start_gate([FORM])
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
    writer.write(BODY[:1_500_000])
    await writer.drain()
    await gate.kill()
    writer.close()
    await gate.start()
    async with Visitor(gate.url) as visitor:
        assert (await visitor.finish(await held(visitor))).status == 200
    assert len(app.of("POST", "/form")) == 1
    assert reader is not None


async def test_a_solved_visit_outlives_a_restart(app: Recorder, start_gate):
    gate = await start_gate([FORM])
    async with Visitor(gate.url) as visitor:
        met = await visitor.post("/form", BODY, content_type="application/octet-stream")
        await gate.kill()
        await gate.start()
        solved = await visitor.solve(met.page)
        await gate.kill()
        await gate.start()
        assert (await visitor.finish(solved)).status == 200
    (seen,) = app.of("POST", "/form")
    assert seen.sha256 == hashlib.sha256(BODY).hexdigest()
