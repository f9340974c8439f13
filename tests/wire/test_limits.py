"""Every limit has its status or its cut; both sides of each bound."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model import Address, Reason, Upstream
from gateway.wire import WireLimits
from tests.wire.harness import QUICK, Conn, gate_before, ok, replies

GET = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"
SMALL = replace(
    WireLimits(), max_line_bytes=40, max_head_bytes=200, max_headers=4, max_body_bytes=5
)


def line(size: int) -> bytes:
    return b"GET /" + b"a" * (size - 14) + b" HTTP/1.1"


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n" + body


async def swallow(conn: Conn) -> None:
    """Answers any request once its body has ended."""
    while head := await conn.head():
        if b"chunked" in head:
            await conn.chunks()
        elif b"Content-Length" in head:
            await conn.exactly(int(head.split(b"Content-Length: ")[1].split(b"\r")[0]))
        await conn.send(ok())


SIZES: dict[str, tuple[int, bytes]] = {
    "line": (200, line(40) + b"\r\nHost: s\r\n\r\n"),
    "line over": (414, line(41) + b"\r\nHost: s\r\n\r\n"),
    "line without end": (414, line(60)),
    "head": (200, b"GET / HTTP/1.1\r\nHost: s\r\nX: " + b"a" * 168 + b"\r\n\r\n"),
    "head over": (431, b"GET / HTTP/1.1\r\nHost: s\r\nX: " + b"a" * 169 + b"\r\n\r\n"),
    "head without end": (431, b"GET / HTTP/1.1\r\nHost: s\r\nX: " + b"a" * 200),
    "headers": (200, b"GET / HTTP/1.1\r\nHost: s\r\nA:\r\nB:\r\nC:\r\n\r\n"),
    "headers over": (431, b"GET / HTTP/1.1\r\nHost: s\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n"),
    "body": (200, b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\n\r\nabcde"),
    "body over": (413, b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 6\r\n\r\nabcdef"),
    "body over, as declared": (413, b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 6\r\n\r\n"),
    "chunks": (200, post(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")),
    "chunks over": (413, post(b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")),
    "one chunk over": (413, post(b"6\r\nabcdef\r\n0\r\n\r\n")),
}


@pytest.mark.parametrize(("status", "raw"), SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("step", [7, 41, 10_000])  # 41: between CR and LF of the longest line
async def test_sizes(tmp_path: Path, status: int, raw: bytes, step: int) -> None:
    async with gate_before(swallow, tmp_path, limits=SMALL) as gate:
        client = await gate.client()
        for at in range(0, len(raw), step):
            await client.send(raw[at : at + step])
            await asyncio.sleep(0.002)
        said = await client.message()
        assert said.startswith(b"HTTP/1.1 %d " % status)
        if status != 200:
            assert b"Connection: close" in said
            assert await client.rest() == b""


async def test_connections_in_all(tmp_path: Path) -> None:
    limits = replace(WireLimits(), max_connections=2)
    async with gate_before(replies(ok()), tmp_path, limits=limits) as gate:
        first, second = await gate.client(), await gate.client()
        for client in (first, second):
            await client.send(GET)
            assert await client.message() == ok()
        third = await gate.client()
        assert (await third.rest()).startswith(b"HTTP/1.1 503 ")
        third.close()
        first.close()
        await asyncio.sleep(0.02)
        assert await gate.message(GET) == ok()


async def test_connections_refused_are_bounded_too(tmp_path: Path) -> None:
    """Who is refused stays a while, to read it: that must not be a way to take all there is."""
    limits = replace(WireLimits(), max_connections=1)
    async with gate_before(replies(ok()), tmp_path, limits=limits) as gate:
        first = await gate.client()
        await first.send(GET)
        assert await first.message() == ok()
        others = [await gate.client() for _ in range(100)]
        told = await asyncio.gather(*(one.rest() for one in others), return_exceptions=True)
        assert sum(isinstance(one, bytes) and b" 503 " in one for one in told) == 64
        for one in others:
            one.close()


# --- Deadlines of the client ---------------------------------------------------------------

LATE: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "half a head": (b"GET / HTTP/1.1\r\nHo", b"HTTP/1.1 408 "),
    "blank lines": (b"\r\n", b""),
    "no body": (b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\n", b"HTTP/1.1 408 "),
    "half a body": (b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\na", b"HTTP/1.1 408 "),
    "half a chunk": (post(b"3\r\na"), b"HTTP/1.1 408 "),
    "half a size": (post(b"3"), b"HTTP/1.1 408 "),
}


@pytest.mark.parametrize(("raw", "answer"), LATE.values(), ids=LATE.keys())
async def test_slow_clients(tmp_path: Path, raw: bytes, answer: bytes) -> None:
    async with gate_before(swallow, tmp_path, limits=QUICK) as gate:
        said = await asyncio.wait_for(gate.ask(raw), 1)
        assert said.startswith(answer) and bool(said) == bool(answer)
        assert len(gate.wire.upstreams.links) == 0  # the app was told


async def test_a_head_drop_by_drop_is_late_all_the_same(tmp_path: Path) -> None:
    async with gate_before(swallow, tmp_path, limits=QUICK) as gate:
        client = await gate.client()
        answer = asyncio.ensure_future(client.head())
        await client.send(b"GET / HTTP/1.1\r\nHost: s\r\nX: ")
        for _ in range(200):  # never longer between two drops than the deadline
            if answer.done():
                break
            client.writer.write(b"y")
            await asyncio.sleep(0.012)
        assert answer.done()
        assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_a_second_client_does_not_cost_the_first_its_time(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path, limits=replace(QUICK, header_s=0.5)) as gate:
        first = await gate.client()
        await asyncio.sleep(0.05)
        second = await gate.client()
        await asyncio.sleep(0.05)
        for client in (first, second):
            await client.send(GET)
            assert await client.message() == ok()


async def test_a_slow_body_that_moves_is_let_through(tmp_path: Path) -> None:
    async with gate_before(swallow, tmp_path, limits=replace(QUICK, body_idle_s=0.6)) as gate:
        client = await gate.client()
        await client.send(b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.1)
            await client.send(b"x")
        assert await client.message() == ok()


async def test_idle_connections_end_quietly(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path, limits=QUICK) as gate:
        client = await gate.client()
        await client.send(GET)
        assert await client.message() == ok()
        assert await asyncio.wait_for(client.rest(), 2) == b""


async def test_a_client_that_does_not_read_is_cut(tmp_path: Path) -> None:
    reply = ok(b"x" * 8_000_000)
    async with gate_before(replies(reply), tmp_path, limits=QUICK) as gate:
        client = await gate.client()
        await client.send(GET)
        for _ in range(100):
            if gate.guard.done:
                break
            await asyncio.sleep(0.02)
        assert [status for _, status, _ in gate.guard.done] == [0]
        await asyncio.sleep(0.02)
        assert not gate.wire.clients and not gate.wire.upstreams.links


async def test_a_client_that_reads_slowly_is_waited_for(tmp_path: Path) -> None:
    """Longer than the deadline for what one buffer holds, but never without a byte."""
    body = b"x" * 12_000_000
    async with gate_before(replies(ok(body)), tmp_path, limits=QUICK) as gate:
        with socket.socket() as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            plain.connect(("127.0.0.1", gate.port))
            plain.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(plain, GET)
            left, end_s = len(ok(body)), loop.time() + 1.2
            while left:
                part = await loop.sock_recv(plain, 4096 if loop.time() < end_s else 2**20)
                assert part, "cut although it moved"
                left -= len(part)
                if loop.time() < end_s:
                    await asyncio.sleep(0.01)


# --- Deadlines of the app ------------------------------------------------------------------


async def hang(conn: Conn) -> None:
    await conn.head()
    await asyncio.sleep(5)


@pytest.mark.parametrize("raw", [GET, b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 1\r\n\r\nx"])
async def test_an_app_that_hangs(tmp_path: Path, raw: bytes) -> None:
    async with gate_before(hang, tmp_path, limits=QUICK) as gate:
        assert b" 502 " in await asyncio.wait_for(gate.message(raw), 1)
        assert gate.guard.reasons == [Reason.APP_TIMEOUT]
        assert [entry[:2] for entry in gate.guard.done] == [("app", 0), ("gate", 502)]


async def test_an_app_that_stops_reading(tmp_path: Path) -> None:
    async with gate_before(hang, tmp_path, limits=QUICK) as gate:
        client = await gate.client()
        size = 40_000_000
        await client.send(b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n\r\n" % size)

        async def feed() -> None:
            for _ in range(size // 400_000):
                await client.send(b"x" * 400_000)

        feeding = asyncio.ensure_future(feed())
        assert b" 502 " in await asyncio.wait_for(client.head(), 3)
        assert gate.guard.reasons == [Reason.APP_TIMEOUT]
        feeding.cancel()


async def test_an_app_that_stops_in_its_reply(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(ok()[:-1])
        await asyncio.sleep(5)

    async with gate_before(serve, tmp_path, limits=QUICK) as gate:
        assert await asyncio.wait_for(gate.ask(GET), 1) == ok()[:-1]


@pytest.mark.parametrize("raw", [GET, b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 1\r\n\r\nx"])
async def test_events_may_go_on_for_longer_than_any_deadline(tmp_path: Path, raw: bytes) -> None:
    event = b"9\r\ndata: x\n\n\r\n"

    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.1)
            await conn.send(event)
        await conn.send(b"0\r\n\r\n")

    limits = replace(QUICK, reply_idle_s=0.6)
    async with gate_before(serve, tmp_path, limits=limits) as gate:
        assert (await gate.message(raw)).count(event) == 10


async def test_an_app_that_takes_no_connection(tmp_path: Path) -> None:
    limits = replace(QUICK, connect_s=0.05)
    async with gate_before(replies(ok()), tmp_path, limits=limits) as gate:
        # TEST-NET-1: silent or unreachable
        gate.guard.upstream = Upstream("app", (Address("192.0.2.1", 9),))
        assert b" 502 " in await asyncio.wait_for(gate.message(GET), 2)
        assert gate.guard.reasons[0] in (Reason.APP_TIMEOUT, Reason.APP_UNREACHABLE)


@pytest.mark.parametrize(
    "reply",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"",
    ],
)
async def test_an_app_that_answers_nonsense(tmp_path: Path, reply: bytes) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(reply)

    async with gate_before(serve, tmp_path, limits=QUICK) as gate:
        client = await gate.client()
        await client.send(GET)
        said = await client.message()
        if said.startswith(b"HTTP/1.1 103"):
            said = await client.message()
        assert said.startswith(b"HTTP/1.1 502 ")
        assert gate.guard.reasons == [Reason.APP_BROKE]


async def test_bad_chunks_in_a_reply_are_cut(tmp_path: Path) -> None:
    broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
    async with gate_before(replies(broken, b"xyz\r\n"), tmp_path) as gate:
        said = await gate.ask(GET)
        assert said and broken.startswith(said)
        assert [status for _, status, _ in gate.guard.done] == [0]


@pytest.mark.parametrize("extra", [b"x", ok()])
async def test_bytes_behind_a_reply_reach_nobody(tmp_path: Path, extra: bytes) -> None:
    async with gate_before(replies(ok() + extra), tmp_path) as gate:
        client = await gate.client()
        for _ in range(2):
            await client.send(GET)
            assert await client.exactly(len(ok())) == ok()
        assert gate.app.connections == 2


async def test_bytes_that_come_late_reach_nobody(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(ok())
        await asyncio.sleep(0.03)
        await conn.send(ok(b"stray"))
        if await conn.head():
            await conn.send(ok(b"wrong"))

    async with gate_before(serve, tmp_path) as gate:
        assert await gate.message(GET) == ok()
        await asyncio.sleep(0.06)
        assert await gate.message(GET) == ok()
        assert gate.app.connections == 2


@pytest.mark.parametrize(
    "reply",
    [
        ok(b"x", b"Connection: close\r\n"),
        ok(b"x", b"Connection: X-A, Close\r\n"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ],
)
async def test_an_app_that_says_close_is_not_asked_again(tmp_path: Path, reply: bytes) -> None:
    async with gate_before(replies(reply), tmp_path) as gate:
        client = await gate.client()
        for count in (1, 2):
            await client.send(GET)
            assert (await client.message()).endswith(b"\r\n\r\nx")
            assert gate.app.connections == count


async def test_an_app_that_answered_too_early_is_not_asked_again(tmp_path: Path) -> None:
    """The rest of that body would be the start of somebody else's request."""
    async with gate_before(replies(ok()), tmp_path) as gate:
        client = await gate.client()
        await client.send(b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 9\r\n\r\nabc")
        assert (await client.message()).startswith(b"HTTP/1.1 200 OK")
        await asyncio.sleep(0.02)
        assert not gate.wire.upstreams.links
        assert await gate.message(GET) == ok()
        assert gate.app.connections == 2


async def test_idle_app_connections_are_let_go(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path, limits=QUICK) as gate:
        assert await gate.message(GET) == ok()
        assert len(gate.wire.upstreams.links) == 1
        await asyncio.sleep(0.5)
        assert len(gate.wire.upstreams.links) == 0


async def test_pool_keeps_no_more_than_its_size(tmp_path: Path) -> None:
    limits = replace(WireLimits(), pool_size=1)
    async with gate_before(replies(ok()), tmp_path, limits=limits) as gate:
        await asyncio.gather(*(gate.message(GET) for _ in range(5)))
        await asyncio.sleep(0.02)
        assert len(gate.wire.upstreams.links) == 1
