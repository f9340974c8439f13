"""WebSockets pass as bytes: negotiated, pinged and compressed by the endpoints alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import PerMessageDeflate

from gateway.model import Address, Upstream
from tests.wire.harness import QUICK, Conn, Gate, gate_before, ok, replies

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


async def upgraded(gate: Gate) -> Conn:
    """A client whose connection the app switched."""
    client = await gate.client()
    await client.send(HANDSHAKE)
    assert await client.head() == SWITCHED
    return client


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


@asynccontextmanager
async def websocket(tmp_path: Path) -> AsyncIterator[tuple[Gate, ClientConnection]]:
    """The `websockets` library on both sides of the gate."""
    async with (
        serve(echo, "127.0.0.1", 0, max_size=None) as server,
        gate_before(replies(ok()), tmp_path) as gate,
    ):
        port = next(iter(server.sockets)).getsockname()[1]
        gate.guard.upstream = Upstream("app", (Address("127.0.0.1", port),))
        url = f"ws://127.0.0.1:{gate.port}/ws?"
        async with connect(url, max_size=None) as client:
            yield gate, client


@pytest.mark.parametrize("message", ["", "hällo", b"\x00\xff", b"x" * 5_000_000])
async def test_messages(tmp_path: Path, message: str | bytes) -> None:
    async with websocket(tmp_path) as (gate, client):
        assert any(isinstance(each, PerMessageDeflate) for each in client.protocol.extensions)
        for _ in range(3):
            await client.send(message)
            assert await client.recv() == message
        assert gate.guard.done == [("app", 101, 0)]


async def test_pings_reach_the_other_end(tmp_path: Path) -> None:
    async with websocket(tmp_path) as (_, client):
        await asyncio.wait_for(await client.ping(b"payload"), 1)


async def test_closing_carries_its_code(tmp_path: Path) -> None:
    async with websocket(tmp_path) as (gate, client):
        await client.close(4001, "bye")
        assert client.protocol.close_rcvd is not None
        assert client.protocol.close_rcvd.code == 4001
        await asyncio.sleep(0.02)
        assert not gate.wire.upstreams.links


async def test_refused_handshake_is_an_ordinary_reply(tmp_path: Path) -> None:
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
    async with gate_before(replies(refusal), tmp_path) as gate:
        with pytest.raises(InvalidStatus, match="403"):
            async with connect(f"ws://127.0.0.1:{gate.port}/"):
                pass
        client = await gate.client()
        for _ in range(2):  # the connection stays
            await client.send(HANDSHAKE)
            assert await client.message() == refusal


async def raw(conn: Conn) -> None:
    """Switches, then answers each 4 bytes with the same."""
    await conn.head()
    await conn.send(SWITCHED)
    while True:
        await conn.send(await conn.exactly(4))


async def test_bytes_sent_ahead_wait_for_the_switch(tmp_path: Path) -> None:
    switched = asyncio.Event()

    async def slowly(conn: Conn) -> None:
        await conn.head()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conn.reader.read(1), 0.05)
        switched.set()
        await conn.send(SWITCHED + b"head")
        await conn.send(await conn.exactly(4))

    async with gate_before(slowly, tmp_path) as gate:
        client = await gate.client()
        await client.send(HANDSHAKE + b"tail")
        assert await client.head() == SWITCHED
        assert switched.is_set()
        assert await client.exactly(8) == b"headtail"


async def test_what_follows_a_refused_handshake_is_no_tunnel(tmp_path: Path) -> None:
    """CVE-2026-69243: nothing reaches the app unread unless the app said 101."""
    async with gate_before(replies(ok()), tmp_path) as gate:
        said = await gate.ask(HANDSHAKE + b"GET /hidden HTTP/1.1\r\nHost: u@s\r\n\r\n")
        assert said.startswith(ok() + b"HTTP/1.1 400 ")
        assert len(gate.app.heads) == 1


async def test_101_without_a_handshake_is_trouble(tmp_path: Path) -> None:
    async with gate_before(replies(SWITCHED), tmp_path) as gate:
        said = await gate.message(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 502 ")


async def test_either_end_ends_both(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def once(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED)
        if not await conn.reader.read(1):
            ended.set()

    async with gate_before(once, tmp_path) as gate:
        client = await upgraded(gate)
        client.close()
        await asyncio.wait_for(ended.wait(), 1)
        client = await upgraded(gate)
        await client.send(b"x")
        assert await client.rest() == b""
        client.close()
        await asyncio.sleep(0.02)
        assert not gate.wire.clients and not gate.wire.upstreams.links


async def test_what_was_said_before_the_end_arrives(tmp_path: Path) -> None:
    got: list[bytes] = []

    async def last_words(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + b"x" * 3_000_000)
        conn.writer.write_eof()
        got.append(await conn.rest())

    async with gate_before(last_words, tmp_path) as gate:
        client = await upgraded(gate)
        await client.send(b"bye")
        await asyncio.sleep(0.02)
        assert len(await client.rest()) == 3_000_000
        client.writer.write_eof()
        await asyncio.sleep(0.02)
        assert not gate.wire.clients and not gate.wire.upstreams.links
    assert got == [b"bye"]


async def test_a_reader_that_stops_slows_the_writer(tmp_path: Path) -> None:
    sent = 0

    async def flood(conn: Conn) -> None:
        nonlocal sent
        await conn.head()
        await conn.send(SWITCHED)
        while True:
            await conn.send(b"x" * 100_000)
            sent += 100_000

    async with gate_before(flood, tmp_path) as gate:
        client = await gate.client()
        await client.send(HANDSHAKE)
        await client.head()
        await asyncio.sleep(0.1)
        before = sent
        await asyncio.sleep(0.1)
        assert sent == before  # the kernel's buffers and two of ours are full
        await client.exactly(before)
        await asyncio.sleep(0.05)
        assert sent > before


async def test_an_app_that_stops_slows_the_client(tmp_path: Path) -> None:
    async def stop(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED)
        await asyncio.sleep(5)

    async with gate_before(stop, tmp_path) as gate:
        client = await gate.client()
        await client.send(HANDSHAKE)
        await client.head()
        client.writer.write(b"x" * 30_000_000)
        await asyncio.sleep(0.3)
        (link,) = gate.wire.upstreams.links
        assert link.transport.get_write_buffer_size() < 1_000_000


async def test_idle_websockets_end_at_their_own_limit(tmp_path: Path) -> None:
    async with gate_before(raw, tmp_path, limits=QUICK) as gate:
        client = await upgraded(gate)
        for _ in range(8):
            await asyncio.sleep(0.05)
            await client.send(b"ping")
            assert await client.exactly(4) == b"ping"
        assert await asyncio.wait_for(client.rest(), 1) == b""


async def test_the_library_sees_an_app_that_dies(tmp_path: Path) -> None:
    async with websocket(tmp_path) as (gate, client):
        for link in list(gate.wire.upstreams.links):
            link.transport.abort()
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), 1)
