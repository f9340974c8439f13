"""A body must come at a rate and to an end; who has to wait for us or the app is not to blame."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.limits import too_slow
from gateway.model import BodySeen, Peer, RequestHead
from gateway.wire import NeedBody, Plan, WireLimits
from tests.wire.harness import QUICK, Conn, Gate, Guard, gate_before, ok
from tests.wire.test_limits import swallow

LIMITS = WireLimits(body_rate=100, body_grace_s=5, body_total_s=60)


@pytest.mark.parametrize(
    "size_bytes, awaited_s, why",
    [
        (0, 0, ""),
        (0, 5, ""),
        (0, 5.01, "body rate"),
        (100, 6, ""),
        (99, 6, "body rate"),
        (100, 6.01, "body rate"),
        (10**9, 60, ""),
        (10**9, 60.01, "body time"),
        (0, 60.01, "body time"),
    ],
)
def test_too_slow(size_bytes: int, awaited_s: float, why: str) -> None:
    assert too_slow(size_bytes, awaited_s, LIMITS) == why


def test_a_rate_of_nothing_lets_any_through() -> None:
    assert too_slow(0, 59, replace(LIMITS, body_rate=0)) == ""


def put(size_bytes: int, more: bytes = b"") -> bytes:
    return b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n%b\r\n" % (size_bytes, more)


async def drip(client: Conn, part: bytes, times: int = 500) -> bytes:
    """Send a part now and then until there is an answer; returns its head."""
    answer = asyncio.ensure_future(client.head())
    for _ in range(times):
        if answer.done():
            break
        client.writer.write(part)
        await asyncio.sleep(0.01)
    return await answer


def reasons(gate: Gate) -> list[str]:
    return [f"{refusal.status} {refusal.reason}" for refusal in gate.guard.refusals]


PATIENT = replace(QUICK, body_idle_s=5, body_grace_s=0.1)
TRICKLES = {  # limits, what is sent every 10 ms, what becomes of it
    "byte by byte": (replace(PATIENT, body_rate=10_000), b"x", "408 body rate"),
    "at the rate, for ever": (
        replace(PATIENT, body_rate=10, body_total_s=0.3),
        b"x" * 100,
        "408 body time",
    ),
    "nothing": (replace(PATIENT, body_idle_s=0.15, body_rate=0), b"", "408 body idle"),
}


@pytest.mark.parametrize("limits, part, why", TRICKLES.values(), ids=TRICKLES.keys())
@pytest.mark.parametrize("need_bytes", [None, 10**6])
async def test_trickles(
    tmp_path: Path, limits: WireLimits, part: bytes, why: str, need_bytes: int | None
) -> None:
    async with gate_before(swallow, tmp_path, limits=limits) as gate:
        gate.guard.need_bytes = need_bytes
        client = await gate.client()
        await client.send(put(10**7))
        assert (await drip(client, part)).startswith(b"HTTP/1.1 408 ")
        assert reasons(gate) == [why]
        assert not gate.wire.upstreams.links  # the app was told


async def test_chunks_count_by_what_they_carry(tmp_path: Path) -> None:
    """Framing of 200 bytes around each byte is no way around the rate."""
    limits = replace(PATIENT, body_rate=10_000)
    async with gate_before(swallow, tmp_path, limits=limits) as gate:
        client = await gate.client()
        await client.send(b"PUT / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n")
        part = b"1;x=" + b"y" * 200 + b"\r\nz\r\n"
        assert (await drip(client, part)).startswith(b"HTTP/1.1 408 ")
        assert reasons(gate) == ["408 body rate"]


async def test_a_body_above_the_rate_is_let_through(tmp_path: Path) -> None:
    limits = replace(PATIENT, body_rate=200)
    async with gate_before(swallow, tmp_path, limits=limits) as gate:
        client = await gate.client()
        await client.send(put(40 * 100))
        assert (await drip(client, b"x" * 100, 40)).startswith(b"HTTP/1.1 200 ")


async def test_each_body_has_its_own_time(tmp_path: Path) -> None:
    limits = replace(PATIENT, body_rate=0, body_total_s=1.5)
    async with gate_before(swallow, tmp_path, limits=limits) as gate:
        client = await gate.client()
        for _ in range(6):
            await client.send(put(2), b"x")
            await asyncio.sleep(0.4)
            await client.send(b"y")
            assert await client.message() == ok()


STRICT = replace(
    QUICK,
    body_idle_s=5,
    body_rate=10**6,
    body_grace_s=0.8,
    body_total_s=0.8,
    write_idle_s=5,
    reply_head_s=5,
)


async def test_a_client_that_waits_for_the_app_is_not_slow(tmp_path: Path) -> None:
    size, almost = 30_000_000, asyncio.Event()

    async def slow(conn: Conn) -> None:
        await conn.head()
        left = size
        while left:
            if left > size - 2 * 2**16:
                await asyncio.sleep(0.6)
            part = await conn.reader.read(min(2**16, max(1, left - 1)))
            assert part, "cut"
            left -= len(part)
            if left == 1:
                almost.set()
        await conn.send(ok())

    async with gate_before(slow, tmp_path, limits=STRICT) as gate:
        client = await gate.client()
        await client.send(put(size))
        await asyncio.sleep(0.06)  # time for a look
        client.writer.write(b"x" * (size - 1))
        await asyncio.wait_for(almost.wait(), 5)
        await asyncio.sleep(0.06)  # time for a look
        await client.send(b"x")
        assert await client.message() == ok()


@dataclass
class Thinking(Guard):
    """Takes its time before it decides."""

    def plan(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan | NeedBody]:
        async def think() -> Plan:
            await asyncio.sleep(1)
            return self.forward(request, peer)

        if body is None and self.need_bytes:
            return NeedBody(self.need_bytes)
        return think()


async def test_a_client_that_waits_for_a_decision_is_not_slow(tmp_path: Path) -> None:
    async with gate_before(swallow, tmp_path, limits=STRICT, guard=Thinking) as gate:
        client = await gate.client()
        await client.send(put(5, b"Expect: 100-continue\r\n"))
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"hello")
        assert await client.message() == ok()


async def test_time_for_a_decision_in_the_midst_of_a_body_does_not_count(tmp_path: Path) -> None:
    async with gate_before(swallow, tmp_path, limits=STRICT, guard=Thinking) as gate:
        gate.guard.need_bytes = 1
        client = await gate.client()
        await client.send(put(3))
        await asyncio.sleep(0.06)
        await client.send(b"x")
        while not gate.app.heads:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.06)
        await client.send(b"yz")
        assert await client.message() == ok()


async def test_a_client_that_is_not_asked_for_its_body_is_not_slow(tmp_path: Path) -> None:
    async def late(conn: Conn) -> None:
        await conn.head()
        await asyncio.sleep(1)
        await conn.send(ok())

    async with gate_before(late, tmp_path, limits=STRICT) as gate:
        gate.guard.change = {"drain_body": True}
        client = await gate.client()
        await client.send(put(5, b"Expect: 100-continue\r\n"))
        assert (await client.message()).startswith(b"HTTP/1.1 200 ")
        assert reasons(gate) == []


async def test_a_client_that_dawdles_after_100_continue_is_slow(tmp_path: Path) -> None:
    limits = replace(STRICT, body_total_s=60)
    async with gate_before(swallow, tmp_path, limits=limits) as gate:
        client = await gate.client()
        await client.send(put(5, b"Expect: 100-continue\r\n"))
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await client.message()).startswith(b"HTTP/1.1 408 ")
        assert reasons(gate) == ["408 body rate"]
