"""Answers that come before the body was read, and 100 Continue."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model import Address, BodySeen, NoBody, Peer, RequestHead, Upstream
from gateway.wire import NeedBody, Plan, WireLimits
from tests.wire.harness import PAGE, QUICK, Conn, Guard, gate_before, ok, replies

EXPECTING = b"PUT / HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
DENIED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nsorry\n"


def denying(app: Upstream, gate: Upstream) -> Guard:
    """Every request is answered by the gate, whatever its body."""
    change = {
        "upstream": gate, "head": b"GET /deny HTTP/1.1\r\nHost: g\r\n\r\n", "framing": NoBody(),
        "drain_body": True, "ours": True,
    }  # fmt: skip
    return Guard(app, gate, change=change)


def put(size_bytes: int) -> bytes:
    return b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n\r\n" % size_bytes


async def reads_three(conn: Conn) -> None:
    while await conn.head():
        await conn.exactly(3)
        await conn.send(ok())


# --- 100 Continue --------------------------------------------------------------------------


async def test_continue_is_said_once_the_app_is_reached(tmp_path: Path) -> None:
    async with gate_before(reads_three, tmp_path) as gate:
        client = await gate.client()
        for _ in range(2):
            await client.send(EXPECTING)
            assert await client.head() == CONTINUE
            await client.send(b"abc")
            assert await client.message() == ok()


async def test_continue_is_not_said_to_who_did_not_wait(tmp_path: Path) -> None:
    async with gate_before(reads_three, tmp_path) as gate:
        assert await gate.message(EXPECTING + b"abc") == ok()


async def test_continue_is_not_said_when_the_app_is_down(tmp_path: Path) -> None:
    async with gate_before(reads_three, tmp_path) as gate:
        gate.guard.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "nobody")),))
        said = await gate.ask(EXPECTING)
        assert said.startswith(b"HTTP/1.1 502 ") and b"Connection: close" in said


async def test_continue_is_not_said_for_a_refusal(tmp_path: Path) -> None:
    async with gate_before(reads_three, tmp_path, guard=denying, gate_serve=replies(DENIED)) as g:
        said = await g.ask(EXPECTING)
        assert said.startswith(b"HTTP/1.1 403 ") and b"Connection: close" in said
        assert g.app.connections == 0


async def test_continue_is_said_when_the_guard_wants_to_see(tmp_path: Path) -> None:
    async with gate_before(reads_three, tmp_path) as gate:
        gate.guard.need_bytes = 100
        client = await gate.client()
        await client.send(EXPECTING)
        assert await client.head() == CONTINUE
        await client.send(b"abc")
        assert await client.message() == ok()
        assert gate.guard.seen == [None, BodySeen(b"abc", True)]


async def test_continue_of_the_app_is_not_repeated(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(CONTINUE)
        await conn.exactly(3)
        await conn.send(ok())

    async with gate_before(serve, tmp_path) as gate:
        assert await gate.message(put(3) + b"abc") == ok()


# --- Early answers -------------------------------------------------------------------------


@pytest.mark.parametrize("size_bytes", [3, 300_000, 5_000_000])
async def test_a_refused_upload_sees_its_page(tmp_path: Path, size_bytes: int) -> None:
    """The client sends all of it before it reads, as browsers do."""
    async with gate_before(reads_three, tmp_path, guard=denying, gate_serve=replies(DENIED)) as g:
        client = await g.client()
        await client.send(put(size_bytes))
        for _ in range(size_bytes // 100_000):
            await client.send(b"x" * 100_000)
        await client.send(b"x" * (size_bytes % 100_000))
        said = await client.message()
        assert said.startswith(b"HTTP/1.1 403 ") and said.endswith(b"sorry\n")
        assert g.app.connections == 0


async def test_a_small_refused_body_does_not_cost_the_connection(tmp_path: Path) -> None:
    async with gate_before(reads_three, tmp_path, guard=denying, gate_serve=replies(DENIED)) as g:
        client = await g.client()
        for _ in range(2):
            await client.send(put(3) + b"abc")
            assert await client.message() == DENIED


async def test_the_app_answers_early(tmp_path: Path) -> None:
    """… and closes without having read: the client still sees why."""

    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nbig\n")

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        await client.send(put(2_000_000))
        for _ in range(20):
            await client.send(b"x" * 100_000)
            await asyncio.sleep(0)
        said = await client.rest()
        assert said.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 502 "))
        assert b"\r\nConnection: close\r\n" in said


async def test_the_app_answers_while_it_reads(tmp_path: Path) -> None:
    """Both ways at once: what arrives late still reaches the app."""
    seen: list[bytes] = []

    async def serve(conn: Conn) -> None:
        await conn.head()
        seen.append(await conn.exactly(3))
        await conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        seen.append(await conn.exactly(3))
        await conn.send(b"0\r\n\r\n")

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        await client.send(put(6) + b"abc")
        head = await client.head()
        await client.send(b"def")
        assert b"Connection: close" in head
        assert await client.rest() == b"1\r\na\r\n0\r\n\r\n"
    assert seen == [b"abc", b"def"]


async def test_the_gate_answers_before_it_read_all(tmp_path: Path) -> None:
    """A challenge whose body turns out too large to be held."""

    async def challenge(conn: Conn) -> None:
        await conn.head()
        await conn.exactly(10)
        await conn.send(DENIED)

    def make(app: Upstream, gate: Upstream) -> Guard:
        return Guard(app, gate, change={"upstream": gate, "ours": True})

    async with gate_before(reads_three, tmp_path, guard=make, gate_serve=challenge) as gate:
        client = await gate.client()
        await client.send(put(1_000_000), b"x" * 50_000)
        head = await client.head()
        assert head.startswith(b"HTTP/1.1 403 ") and b"Connection: close" in head
        for _ in range(9):
            await client.send(b"x" * 100_000)
        assert await client.rest() == b"sorry\n"


async def test_lingering_ends(tmp_path: Path) -> None:
    async with gate_before(
        reads_three, tmp_path, guard=denying, gate_serve=replies(DENIED), limits=QUICK
    ) as g:
        client = await g.client()
        await client.send(put(1_000_000), b"x")
        assert (await client.rest()).startswith(b"HTTP/1.1 403 ")
        for _ in range(100):
            if not g.wire.clients:
                break
            await asyncio.sleep(0.01)
        assert not g.wire.clients


@pytest.mark.parametrize("over", [0, 1])
async def test_lingering_reads_so_much(tmp_path: Path, over: int) -> None:
    limits = replace(WireLimits(), linger_bytes=50_000)
    async with gate_before(
        reads_three, tmp_path, guard=denying, gate_serve=replies(DENIED), limits=limits
    ) as g:
        client = await g.client()
        await client.send(put(1_000_000))
        assert (await client.rest()).startswith(b"HTTP/1.1 403 ")
        await client.send(b"x" * (50_000 + over))
        await asyncio.sleep(0.1)
        assert len(g.wire.clients) == 1 - over


# --- Bodies that the guard must see --------------------------------------------------------


class Looking(Guard):
    """Asks for more and more, and answers later."""

    sizes = (4, 8)

    def plan(self, request: RequestHead, peer: Peer, body: BodySeen | None):  # type: ignore[no-untyped-def]
        self.seen.append(body)
        return self._later(request, peer, body)

    async def _later(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody:
        await asyncio.sleep(0.01)
        asked = len(self.seen) - 1
        if asked < len(self.sizes) and not (body is not None and body.complete):
            return NeedBody(self.sizes[asked])
        return self.forward(request, peer)


RAW = b"5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n"
SEEN = {
    "short": (put(3), b"abc", [BodySeen(b"abc", True)]),
    "just": (put(4), b"abcd", [BodySeen(b"abcd", True)]),
    "more": (put(5), b"abcde", [BodySeen(b"abcd", False), BodySeen(b"abcde", True)]),
    "long": (put(9), b"abcdefghi", [BodySeen(b"abcd", False), BodySeen(b"abcdefgh", False)]),
    "none": (b"PUT / HTTP/1.1\r\nHost: s\r\n\r\n", b"", [BodySeen(b"", True)]),
    "empty": (put(0), b"", [BodySeen(b"", True)]),
    "chunked": (
        b"PUT / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n",
        RAW,
        [BodySeen(b"abcd", False), BodySeen(b"abcdefgh", False)],
    ),
}


@pytest.mark.parametrize(("head", "body", "seen"), SEEN.values(), ids=SEEN.keys())
@pytest.mark.parametrize("step", [1, 3, 100])
async def test_the_guard_sees_and_the_app_gets_all(
    tmp_path: Path, head: bytes, body: bytes, seen: list[BodySeen], step: int
) -> None:
    got: list[bytes] = []

    async def serve(conn: Conn) -> None:
        while await conn.head():
            got.append(await conn.exactly(len(body)))
            await conn.send(ok())

    async with gate_before(serve, tmp_path, guard=Looking) as gate:
        client = await gate.client()
        await client.send(head)
        for at in range(0, len(body), step):
            await client.send(body[at : at + step])
            await asyncio.sleep(0)
        assert await client.message() == ok()
        assert gate.guard.seen[0] is None
        assert gate.guard.seen[1:] == seen
    assert got == [body]


async def test_a_guard_that_never_has_enough(tmp_path: Path) -> None:
    class Greedy(Guard):
        def plan(self, request: RequestHead, peer: Peer, body: BodySeen | None) -> NeedBody:
            return NeedBody(4)

    async with gate_before(replies(ok()), tmp_path, guard=Greedy) as gate:
        said = await gate.ask(put(9) + b"abcdefghi")
        assert said.startswith(b"HTTP/1.1 500 ")
        assert gate.faults == ["guard.plan: asked for what it was given"]


@pytest.mark.parametrize("later", [False, True])
async def test_a_guard_that_raises(tmp_path: Path, later: bool) -> None:
    class Failing(Guard):
        def plan(self, request: RequestHead, peer: Peer, body: BodySeen | None):  # type: ignore[no-untyped-def]
            return self._later() if later else self._now()

        def _now(self) -> Plan:
            raise RuntimeError("secret detail")

        async def _later(self) -> Plan:
            return self._now()

    async with gate_before(replies(ok()), tmp_path, guard=Failing) as gate:
        said = await gate.ask(put(3) + b"abc")
        assert said.startswith(b"HTTP/1.1 500 ")
        assert b"secret" not in said and b"Traceback" not in said
        assert gate.faults == ["guard.plan: secret detail"]


async def test_trouble_and_finished_that_raise(tmp_path: Path) -> None:
    class Failing(Guard):
        def trouble(self, *args: object) -> Plan:
            raise RuntimeError("trouble")

        def finished(self, *args: object) -> None:
            raise RuntimeError("finished")

        def refused(self, *args: object) -> None:
            raise RuntimeError("refused")

    async with gate_before(replies(ok()), tmp_path, guard=Failing) as gate:
        assert await gate.message(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n") == ok()
        gate.guard.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "nobody")),))
        said = await gate.ask(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 500 ")
        assert sorted({fault.split(":")[0] for fault in gate.faults}) == [
            "guard.finished", "guard.refused", "guard.trouble"
        ]  # fmt: skip


async def test_our_cookies_pass_only_from_the_gate(tmp_path: Path) -> None:
    stolen = ok(b"", b"Set-Cookie: __Host-gateway_pass_site=x\r\n")
    async with gate_before(replies(stolen), tmp_path) as gate:
        raw = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"
        assert await gate.message(raw) == ok(b"")
        gate.guard.change = {"upstream": gate.guard.gate, "ours": True}
        assert await gate.message(raw) == PAGE
