"""When deadlines are looked at: soon after the first is due, never before, and not all the time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model import Reason, Upstream
from gateway.wire import WireLimits
from gateway.wire.wire import next_look_s
from tests.wire.harness import Conn, Guard, gate_before, replies

GET = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"


@pytest.mark.parametrize(
    "soonest_s, shortest_s, took_s, expected_s",
    [
        (math.inf, 1.0, 0.0, 101.0),  # nothing is due: what may be set meanwhile decides
        (100.4, 1.0, 0.0, 100.4),
        (101.0, 1.0, 0.0, 101.0),
        (101.1, 1.0, 0.0, 101.0),
        (100.4, 0.3, 0.0, 100.3),
        (100.4, 1.0, 0.001, 100.4),
        (100.4, 1.0, 0.01, 100.5),  # many connections: a fiftieth of the time, at most
        (90.0, 1.0, 0.001, 100.05),
    ],
)
def test_next_look(soonest_s, shortest_s, took_s, expected_s):
    assert next_look_s(100.0, soonest_s, shortest_s, took_s) == pytest.approx(expected_s)


async def hang(conn: Conn) -> None:
    await conn.head()
    await asyncio.sleep(60)


async def halfway(conn: Conn) -> None:
    await conn.head()
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    await asyncio.sleep(60)


SELDOM = replace(WireLimits(), sweep_s=3600, pool_idle_s=600, connect_s=600, tick_s=0.02)


async def test_a_due_deadline_does_not_wait_for_the_next_round(tmp_path: Path) -> None:
    limits = replace(SELDOM, reply_head_s=0.3)
    async with gate_before(hang, tmp_path, limits=limits) as gate:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        assert b"502 Bad Gateway" in await gate.message(GET)
        assert loop.time() - began_s >= limits.reply_head_s
        assert gate.guard.reasons == [Reason.APP_TIMEOUT]


async def test_an_app_may_have_less_time_than_others(tmp_path: Path) -> None:
    """Its first request is the first that anybody hears of its deadline."""

    def guard(app: Upstream, gate: Upstream) -> Guard:
        return Guard(replace(app, reply_head_s=0.3), gate)

    async with gate_before(hang, tmp_path, limits=SELDOM, guard=guard) as gate:
        await gate.client()
        await asyncio.sleep(0.1)  # a look has passed, and saw nothing that is due soon
        assert b"502 Bad Gateway" in await gate.message(GET)
        assert gate.guard.reasons == [Reason.APP_TIMEOUT]


async def test_nor_does_one_that_is_set_while_another_is_far(tmp_path: Path) -> None:
    """The first client's deadline is all a round has seen when the second's is set."""
    limits = replace(SELDOM, keep_alive_s=1000, reply_idle_s=0.3)
    async with gate_before(halfway, tmp_path, limits=limits) as gate:
        idle = await gate.client()
        await asyncio.sleep(0.1)
        conn = await gate.client()
        await conn.send(GET)
        assert (await conn.head()).startswith(b"HTTP/1.1 200")
        await conn.reset()  # cut, within the five seconds the harness waits
        assert not idle.reader.at_eof()


async def test_rounds_are_few_while_nothing_is_due(tmp_path: Path) -> None:
    limits = replace(SELDOM, sweep_s=0.5, tick_s=0.01)
    async with gate_before(replies(), tmp_path, limits=limits) as gate:
        await gate.client()
        rounds = 0
        looked = gate.wire.upstreams.sweep

        def count(now_s: float) -> None:
            nonlocal rounds
            rounds += 1
            looked(now_s)

        gate.wire.upstreams.sweep = count  # type: ignore[method-assign]
        await asyncio.sleep(0.4)
        assert rounds <= 2
