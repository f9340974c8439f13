"""A Delivery is told exactly what happened, whoever leaves when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.model import Address, Length, NoBody, Reason, Upstream
from tests.wire.harness import QUICK, Conn, Gate, Guard, Serve, gate_before, ok, replies

GET = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"
KEPT = b"POST /held HTTP/1.1\r\nHost: s\r\nContent-Length: 6\r\n\r\n"


@dataclass
class Told:
    """Records; `slow_s` before each answer, `failing` names the hook that raises."""

    slow_s: float = 0
    failing: str = ""
    events: list[str] = field(default_factory=list)

    async def _tell(self, event: str) -> None:
        self.events.append(event + "…")
        await asyncio.sleep(self.slow_s)
        if event == self.failing:
            raise RuntimeError(event)
        self.events[-1] = event

    async def sending(self) -> None:
        await self._tell("sending")

    async def unsent(self) -> None:
        await self._tell("unsent")

    async def delivered(self) -> None:
        await self._tell("delivered")

    async def broken(self) -> None:
        await self._tell("broken")


async def body(*parts: bytes, fault: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if fault:
        raise RuntimeError("lost")


def held(told: Told, parts: AsyncIterator[bytes]) -> Callable[[Upstream, Upstream], Guard]:
    """A guard that sends what was kept instead of what the client sent."""
    change = {
        "head": KEPT, "framing": Length(6), "body": parts, "method": "POST",
        "delivery": told, "retry_safe": False,
    }  # fmt: skip

    def make(app: Upstream, gate: Upstream) -> Guard:
        return Guard(app, gate, change=change)

    return make


async def settled(told: Told, *events: str) -> None:
    for _ in range(200):
        if told.events == list(events):
            return
        await asyncio.sleep(0.01)
    assert told.events == list(events)


def keeping(seen: list[bytes], then: Callable[[Conn], Awaitable[None]] | None = None) -> Serve:
    async def serve(conn: Conn) -> None:
        while await conn.head():
            seen.append(await conn.exactly(6))
            if then is not None:
                await then(conn)
            else:
                await conn.send(ok())

    return serve


async def test_delivered_before_the_client_hears_of_it(tmp_path: Path) -> None:
    told, seen = Told(slow_s=0.05), list[bytes]()
    make = held(told, body(b"abc", b"def"))
    async with gate_before(keeping(seen), tmp_path, guard=make) as gate:
        assert await gate.message(GET) == ok()
        assert told.events == ["sending", "delivered"]
        assert gate.app.heads == [KEPT]
    assert seen == [b"abcdef"]


async def test_sending_is_told_before_the_first_byte(tmp_path: Path) -> None:
    told = Told()
    arrived: list[list[str]] = []

    async def serve(conn: Conn) -> None:
        arrived.append(list(told.events))
        while await conn.head():
            arrived.append(list(told.events))
            await conn.exactly(6)
            await conn.send(ok())

    told.slow_s = 0.05
    async with gate_before(serve, tmp_path, guard=held(told, body(b"abcdef"))) as gate:
        assert await gate.message(GET) == ok()
    assert arrived[1] == ["sending"]
    assert arrived[0] in (["sending…"], [])


async def test_unsent_when_nobody_listens(tmp_path: Path) -> None:
    told = Told()
    async with gate_before(replies(ok()), tmp_path, guard=held(told, body(b"abcdef"))) as gate:
        gate.guard.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "nobody")),))
        assert b" 502 " in await gate.message(GET)
        await settled(told, "unsent")
        assert gate.guard.reasons == [Reason.APP_UNREACHABLE]


async def test_unsent_when_sending_could_not_be_told(tmp_path: Path) -> None:
    told = Told(failing="sending")
    async with gate_before(replies(ok()), tmp_path, guard=held(told, body(b"abcdef"))) as gate:
        assert b" 502 " in await gate.message(GET)
        await settled(told, "sending…", "unsent")
        assert gate.app.heads == []
        assert gate.guard.reasons == [Reason.STORE_DOWN]
        assert gate.faults == ["delivery sending: sending"]


async def test_broken_when_the_app_dies_before_its_reply(tmp_path: Path) -> None:
    told = Told()

    async def die(conn: Conn) -> None:
        conn.abort()

    make = held(told, body(b"abcdef"))
    async with gate_before(keeping([], die), tmp_path, guard=make) as gate:
        assert b" 502 " in await gate.message(GET)
        await settled(told, "sending", "broken")
        assert (gate.guard.reasons, len(gate.app.heads)) == ([Reason.APP_BROKE], 1)


async def test_broken_when_the_app_never_answers(tmp_path: Path) -> None:
    told = Told()

    async def wait(conn: Conn) -> None:
        await asyncio.sleep(5)

    make = held(told, body(b"abcdef"))
    async with gate_before(keeping([], wait), tmp_path, guard=make, limits=QUICK) as gate:
        assert b" 502 " in await gate.message(GET)
        await settled(told, "sending", "broken")
        assert (gate.guard.reasons, len(gate.app.heads)) == ([Reason.APP_TIMEOUT], 1)


@pytest.mark.parametrize(
    "parts",
    [body(b"abc"), body(b"abc", fault=True), body(b"abcd", b"efg")],
    ids=["short", "lost", "long"],
)
async def test_broken_when_what_was_kept_is_not_whole(
    tmp_path: Path, parts: AsyncIterator[bytes]
) -> None:
    told, whole = Told(), list[bytes]()

    async def serve(conn: Conn) -> None:
        await conn.head()
        whole.append(await conn.exactly(6))

    async with gate_before(serve, tmp_path, guard=held(told, parts)) as gate:
        assert b" 502 " in await gate.message(GET)
        await settled(told, "sending", "broken")
        assert gate.guard.reasons == [Reason.HOLD_LOST]
    assert whole == []


async def test_delivered_when_the_app_dies_after_its_head(tmp_path: Path) -> None:
    told = Told(slow_s=0.02)

    async def half(conn: Conn) -> None:
        await conn.send(ok()[:-2])
        conn.abort()

    make = held(told, body(b"abcdef"))
    async with gate_before(keeping([], half), tmp_path, guard=make) as gate:
        client = await gate.client()
        await client.send(GET)
        assert (await client.rest()).endswith(b"hel")
        await settled(told, "sending", "delivered")


async def leaves(gate: Gate, after_s: float) -> None:
    client = await gate.client()
    await client.send(GET)
    await asyncio.sleep(after_s)
    client.abort()


async def test_client_gone_while_sending_is_told(tmp_path: Path) -> None:
    """The claim is on record, so the request goes on, whole, and its end is told."""
    told, seen = Told(slow_s=0.08), list[bytes]()
    make = held(told, body(b"abc", b"def"))
    async with gate_before(keeping(seen), tmp_path, guard=make) as gate:
        await leaves(gate, 0.04)
        await settled(told, "sending", "delivered")
        assert (len(gate.app.heads), seen) == (1, [b"abcdef"])
        assert gate.guard.reasons == []


async def test_client_gone_before_the_reply(tmp_path: Path) -> None:
    told, seen = Told(), list[bytes]()

    async def slowly(conn: Conn) -> None:
        await asyncio.sleep(0.1)
        await conn.send(ok())

    make = held(told, body(b"abc", b"def"))
    async with gate_before(keeping(seen, slowly), tmp_path, guard=make) as gate:
        await leaves(gate, 0.03)
        await settled(told, "sending", "delivered")
        assert gate.guard.done == [("app", 0, 0)]


async def test_client_gone_and_the_app_never_answers(tmp_path: Path) -> None:
    told = Told()

    async def wait(conn: Conn) -> None:
        await asyncio.sleep(5)

    make = held(told, body(b"abcdef"))
    async with gate_before(keeping([], wait), tmp_path, guard=make, limits=QUICK) as gate:
        await leaves(gate, 0.03)
        await settled(told, "sending", "broken")
        assert gate.guard.reasons == []
        assert not gate.wire.detached


async def test_client_gone_while_the_guard_claims(tmp_path: Path) -> None:
    """A plan that arrives for nobody is given back, not lost."""
    told = Told()

    @dataclass
    class Slow(Guard):
        def plan(self, request, peer, body):  # type: ignore[no-untyped-def]
            return self._later(request, peer)

        async def _later(self, request, peer):  # type: ignore[no-untyped-def]
            await asyncio.sleep(0.08)
            return self.forward(request, peer)

    def make(app: Upstream, gate: Upstream) -> Guard:
        return Slow(app, gate, change={"delivery": told})

    async with gate_before(replies(ok()), tmp_path, guard=make) as gate:
        await leaves(gate, 0.03)
        await settled(told, "unsent")
        assert gate.app.heads == []
        assert gate.guard.done == [("app", 0, 0)]


async def test_client_gone_before_the_connection_stands(tmp_path: Path) -> None:
    """Connecting to TEST-NET hangs or fails at once; either way nothing was sent."""
    told = Told()
    async with gate_before(
        replies(ok()), tmp_path, guard=held(told, body(b"abcdef")), limits=QUICK
    ) as gate:
        gate.guard.upstream = Upstream("app", (Address("192.0.2.1", 9),))
        await leaves(gate, 0.03)
        await settled(told, "unsent")


async def test_clients_own_body_breaks_off(tmp_path: Path) -> None:
    told = Told()

    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.rest()

    def make(app: Upstream, gate: Upstream) -> Guard:
        return Guard(app, gate, change={"delivery": told})

    async with gate_before(serve, tmp_path, guard=make) as gate:
        client = await gate.client()
        await client.send(b"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 9\r\n\r\nabc")
        await asyncio.sleep(0.05)
        client.abort()
        await settled(told, "sending", "broken")


async def test_clients_own_body_breaks_off_while_sending_is_told(tmp_path: Path) -> None:
    told = Told(slow_s=0.08)

    def make(app: Upstream, gate: Upstream) -> Guard:
        return Guard(app, gate, change={"delivery": told})

    async with gate_before(replies(ok()), tmp_path, guard=make) as gate:
        client = await gate.client()
        await client.send(b"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 9\r\n\r\nabc")
        await asyncio.sleep(0.04)
        assert told.events == ["sending…"]
        client.abort()
        await settled(told, "sending", "broken")
        assert gate.app.heads == []


@pytest.mark.parametrize("hook", ["delivered", "broken", "unsent"])
async def test_a_failing_hook_is_reported_and_harms_nobody(tmp_path: Path, hook: str) -> None:
    told = Told(failing=hook)

    async def end(conn: Conn) -> None:
        if hook == "broken":
            conn.abort()
        await conn.send(ok())

    make = held(told, body(b"abcdef"))
    async with gate_before(keeping([], end), tmp_path, guard=make) as gate:
        if hook == "unsent":
            gate.guard.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "nobody")),))
        said = await gate.message(GET)
        assert said == ok() if hook == "delivered" else b" 502 " in said
        await asyncio.sleep(0.02)
        assert gate.faults == [f"delivery: {hook}"]


async def test_forwarded_requests_may_carry_a_delivery_too(tmp_path: Path) -> None:
    told = Told()

    def make(app: Upstream, gate: Upstream) -> Guard:
        return Guard(app, gate, change={"delivery": told, "framing": NoBody()})

    async with gate_before(replies(ok()), tmp_path, guard=make) as gate:
        for count in (1, 2):
            assert await gate.message(GET) == ok()
            assert gate.app.connections == count  # a fresh connection each: no stale ones
        assert told.events == ["sending", "delivered"] * 2
