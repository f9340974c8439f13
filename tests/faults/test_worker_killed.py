"""`kill -9` of one worker of two: held requests are everybody's, and each still arrives once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import StartGate
from tests.faults.test_app_troubles import again
from tests.gatekeeper import GateProcess
from tests.recorder import Line, Recorder, Seen, polite
from tests.test_workers import until
from tests.visitor import Reply, Visitor

FORM = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["pow"],
    "work": 1000,
}
MANY = 100
ROOM = {"answers": {"answers": 10_000}}
BROKEN = (aiohttp.ClientError, ConnectionError, asyncio.TimeoutError)
SETTLED_S = 45.0  # longer than any claim


def body(number: int) -> bytes:
    return b"n=%d&rest=" % number + b"x" * (number * 300)


@contextlib.asynccontextmanager
async def crowd(url: str) -> AsyncIterator[list[Visitor]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Visitor(url)) for _ in range(MANY)]


async def all_held(visitors: list[Visitor]) -> list[dict[str, Any]]:
    met = await asyncio.gather(*(v.post("/form", body(n)) for n, v in enumerate(visitors)))
    return [reply.page for reply in met]


async def kill_one(gate: GateProcess) -> None:
    await until(lambda: gate.log_text().count('"event": "started"') >= 2)
    victim = min(gate.workers())
    os.kill(victim, signal.SIGKILL)
    await until(lambda: victim not in gate.workers() and len(gate.workers()) == 2)


def arrived(app: Recorder) -> Counter[bytes]:
    return Counter(bytes(seen.body) for seen in app.of("POST", "/form") if seen.complete)


async def test_a_hundred_held_requests_outlive_a_worker(app: Recorder, start_gate: StartGate):
    gate = await start_gate([FORM], workers=2, limits=ROOM)
    async with crowd(gate.url) as visitors:
        pages = await all_held(visitors)
        assert not app.of("POST", "/form")
        await kill_one(gate)
        for number, (visitor, page) in enumerate(zip(visitors, pages, strict=True)):
            if number == MANY // 2:
                await kill_one(gate)
            reply = await visitor.finish(await visitor.solve(page))
            assert reply.status == 200, f"{number}: {reply.text[:300]}"
    assert arrived(app) == {body(number): 1 for number in range(MANY)}


@pytest.mark.parametrize("point", ["head", "reply"])
async def test_a_worker_killed_while_they_finish(app: Recorder, start_gate: StartGate, point: str):
    """Fifty are on their way when it dies: sent once, or not sent and there to finish."""
    gate = await start_gate([FORM], workers=2, limits=ROOM)
    reached = asyncio.Event()

    async def wait(seen: Seen, line: Line) -> None:
        if len(app.of("POST", "/form")) >= MANY // 2:
            reached.set()
        await asyncio.sleep(0.5)
        if point == "reply":
            await polite(seen, line)

    async with crowd(gate.url) as visitors:
        pages = await all_held(visitors)
        solved = [await v.solve(page) for v, page in zip(visitors, pages, strict=True)]
        if point == "reply":
            app.answer = wait
        else:
            app.at_head = wait
        finishing = [
            asyncio.create_task(v.finish(done)) for v, done in zip(visitors, solved, strict=True)
        ]
        await asyncio.wait_for(reached.wait(), 30)
        await kill_one(gate)
        first = await asyncio.gather(*finishing, return_exceptions=True)
        broken = [n for n, reply in enumerate(first) if isinstance(reply, BaseException)]
        assert broken, "nobody's worker was killed"
        app.at_head, app.answer = None, polite
        for number in broken:
            assert isinstance(first[number], BROKEN), first[number]
            told = await settled(visitors[number], solved[number])
            assert told.status in (200, 409)
            if not arrived(app)[body(number)]:  # killed between the mark and the first byte
                assert "maybe_delivered" in told.text, f"{number}: told {told.status}"
                assert (await again(visitors[number], solved[number])).status == 200
            assert arrived(app)[body(number)] == 1, f"{number}: told {told.status}"
    assert all(isinstance(r, Reply) and r.status == 200 for r in first if isinstance(r, Reply))
    assert arrived(app) == {body(number): 1 for number in range(MANY)}


async def settled(visitor: Visitor, solved: dict[str, Any]) -> Reply:
    """Finish again until it is no longer said to be in flight."""
    async with asyncio.timeout(SETTLED_S):
        while True:
            reply = await visitor.finish(solved)
            if reply.status != 409 or "in_flight" not in reply.text:
                return reply
            await asyncio.sleep(0.5)
