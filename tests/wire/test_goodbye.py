"""Shutting down with WebSockets open: both ends hear 1001, or just the end; never half a frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from gateway.model import Address, Upstream
from gateway.wire.frames import close_frame
from tests.wire.harness import Conn, Gate, gate_before, ok, replies
from tests.wire.test_splice import SWITCHED, upgraded

SOON_S = 20.0  # of whatever does not wait for its grace to end, on a machine however busy
GOODBYE = close_frame(1001, masked=False)


class App:
    """A WebSocket app by the library: keeps what it got, and how each connection ended."""

    def __init__(self, talk: Callable[[ServerConnection], Awaitable[None]] | None = None) -> None:
        self.talk = talk
        self.got: list[str | bytes] = []
        self.codes: list[int | None] = []

    async def serve(self, socket: ServerConnection) -> None:
        try:
            if self.talk is not None:
                await self.talk(socket)
            async for message in socket:
                self.got.append(message)
        except ConnectionClosed:
            pass
        self.codes.append(socket.close_code)


@asynccontextmanager
async def sockets(tmp_path: Path, app: App) -> AsyncIterator[tuple[Gate, str]]:
    async with (
        serve(app.serve, "127.0.0.1", 0, max_size=None) as server,
        gate_before(replies(ok()), tmp_path) as gate,
    ):
        at = Address("127.0.0.1", server.sockets[0].getsockname()[1])
        gate.guard.upstream = Upstream("app", (at,))
        yield gate, f"ws://127.0.0.1:{gate.port}/"


def listening(heard: list[bytes]) -> Callable[[Conn], Awaitable[None]]:
    """An app that switches, says nothing, and keeps what it is told."""

    async def talk(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED)
        heard.append(await conn.rest())

    return talk


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON_S):
        while not holds():
            await asyncio.sleep(0.005)


async def closed(client: ClientConnection) -> int | None:
    """The code that a client ends with, after all messages."""
    async for _ in client:
        pass
    return client.close_code


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_both_ends_hear_1001(tmp_path: Path, compression: str | None) -> None:
    app = App()
    async with (
        sockets(tmp_path, app) as (gate, url),
        connect(url, compression=compression) as client,
    ):
        await client.send("before")
        await until(lambda: app.got)
        await asyncio.wait_for(gate.wire.drain(60), SOON_S)
        assert await closed(client) == 1001
        await until(lambda: app.codes)
        assert (app.got, app.codes) == (["before"], [1001])


async def test_a_stream_of_frames_ends_after_a_whole_one(tmp_path: Path) -> None:
    """No look finds the app silent: the close frame goes in wherever a frame ends."""
    sent = 0

    async def pour(socket: ServerConnection) -> None:
        nonlocal sent
        while True:
            await socket.send(b"%08d" % sent + b"x" * 100_000)
            sent += 1

    app = App(pour)
    async with (
        sockets(tmp_path, app) as (gate, url),
        connect(url, compression=None, max_queue=None) as client,
    ):
        numbers = [int((await client.recv())[:8]) for _ in range(20)]
        draining = asyncio.ensure_future(gate.wire.drain(60))
        async for message in client:
            assert len(message) == 100_008
            numbers.append(int(message[:8]))
        assert client.close_code == 1001
        assert numbers == list(range(len(numbers)))
        await asyncio.wait_for(draining, SOON_S)


async def test_a_message_in_fragments_is_waited_for(tmp_path: Path) -> None:
    """The library answers 1002 to a close frame between fragments."""
    waits = asyncio.Event()

    async def fragments() -> AsyncIterator[str]:
        yield "first"
        await waits.wait()
        yield "last"

    app = App(lambda socket: socket.send(fragments()))
    async with sockets(tmp_path, app) as (gate, url), connect(url) as client:
        parts = client.recv_streaming()
        assert await anext(parts) == "first"
        draining = asyncio.ensure_future(gate.wire.drain(60))
        asyncio.get_running_loop().call_later(0.2, waits.set)
        assert "".join([str(part) async for part in parts]) == "last"
        assert await asyncio.wait_for(closed(client), SOON_S) == 1001
        await asyncio.wait_for(draining, SOON_S)
        await until(lambda: app.codes)
    assert app.codes == [1001]


async def test_when_time_is_up_a_boundary_between_fragments_will_do(tmp_path: Path) -> None:
    fragment = b"\x01\x03abc"

    async def stall(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + fragment)
        await conn.rest()

    async with gate_before(stall, tmp_path) as gate:
        client = await upgraded(gate)
        draining = asyncio.ensure_future(gate.wire.drain(0.3))
        assert await client.rest() == fragment + GOODBYE
        await asyncio.wait_for(draining, SOON_S)


async def test_what_the_client_said_before_it_knew_arrives(tmp_path: Path) -> None:
    app = App()
    async with (
        sockets(tmp_path, app) as (gate, url),
        connect(url, compression=None) as client,
    ):
        sending = asyncio.ensure_future(client.send(b"x" * 20_000_000))
        await asyncio.sleep(0.01)
        await asyncio.wait_for(gate.wire.drain(60), SOON_S)
        await sending
        assert await closed(client) == 1001
        await until(lambda: app.codes)
        assert [len(message) for message in app.got] == [20_000_000]
        assert app.codes == [1001]


def half(size: int) -> bytes:
    """The header of a frame from an app, and half of what it promises."""
    return b"\x82\x7f" + size.to_bytes(8) + b"x" * (size // 2)


async def test_in_the_middle_of_a_frame_it_is_simply_closed(tmp_path: Path) -> None:
    async def stall(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + half(200_000))
        await conn.rest()

    async with gate_before(stall, tmp_path) as gate:
        client = await upgraded(gate)
        draining = asyncio.ensure_future(gate.wire.drain(0.3))
        assert await client.rest() == half(200_000)
        await asyncio.wait_for(draining, SOON_S)


async def test_the_library_takes_that_for_what_it_is(tmp_path: Path) -> None:
    """Not for a message, and not for a good end."""

    async def stall(socket: ServerConnection) -> None:
        socket.transport.write(half(200_000))
        await socket.wait_closed()

    app = App(stall)
    async with sockets(tmp_path, app) as (gate, url), connect(url) as client:
        await asyncio.sleep(0.05)
        await asyncio.wait_for(gate.wire.drain(0.3), SOON_S)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1006


async def test_what_are_no_frames_is_closed_at_once(tmp_path: Path) -> None:
    async def other(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + b"SSH-2.0-x\r\n")
        await conn.rest()

    async with gate_before(other, tmp_path) as gate:
        client = await upgraded(gate)
        draining = asyncio.ensure_future(gate.wire.drain(60))
        assert await client.rest() == b"SSH-2.0-x\r\n"
        await asyncio.wait_for(draining, SOON_S)


MESSAGE, MASKED = b"\x81\x03abc", b"\x81\x83\0\0\0\0abc"


async def test_a_client_that_says_nothing_more(tmp_path: Path) -> None:
    """The app is told instead of it, and nothing follows our close frame to the client."""
    heard: list[bytes] = []
    more = asyncio.Event()

    async def talk(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + MESSAGE)
        await more.wait()
        await conn.send(MESSAGE)
        heard.append(await conn.rest())

    async with gate_before(talk, tmp_path) as gate:
        client = await upgraded(gate)
        await client.send(MASKED)
        draining = asyncio.ensure_future(gate.wire.drain(60))
        assert await client.exactly(9) == MESSAGE + GOODBYE
        more.set()
        assert await client.rest() == b""
        await asyncio.wait_for(draining, SOON_S)
        await until(lambda: heard)
    assert heard == [MASKED + close_frame(1001, masked=True)]


@pytest.mark.parametrize("how", ["half-close", "close"])
async def test_a_client_that_leaves_without_a_word(tmp_path: Path, how: str) -> None:
    heard: list[bytes] = []

    async with gate_before(listening(heard), tmp_path) as gate:
        client = await upgraded(gate)
        await client.send(MASKED)
        draining = asyncio.ensure_future(gate.wire.drain(60))
        assert await client.exactly(4) == GOODBYE
        if how == "close":
            client.close()
        else:
            client.writer.write_eof()
        await asyncio.wait_for(draining, SOON_S)
        await until(lambda: heard)
    assert heard == [MASKED + close_frame(1001, masked=True)]


async def test_half_a_frame_of_the_client_gets_no_close_frame_behind_it(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async with gate_before(listening(heard), tmp_path) as gate:
        client = await upgraded(gate)
        await client.send(MASKED[:-1])
        draining = asyncio.ensure_future(gate.wire.drain(60))
        assert await client.exactly(4) == GOODBYE
        client.close()
        await asyncio.wait_for(draining, SOON_S)
        await until(lambda: heard)
    assert heard == [MASKED[:-1]]


async def test_an_app_that_closes_by_itself_is_not_talked_over(tmp_path: Path) -> None:
    said = close_frame(4000, masked=False)

    async def talk(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + said)
        await conn.rest()

    async with gate_before(talk, tmp_path) as gate:
        client = await upgraded(gate)
        assert await client.exactly(4) == said
        draining = asyncio.ensure_future(gate.wire.drain(0.3))
        assert await client.rest() == b""
        await asyncio.wait_for(draining, SOON_S)


async def test_an_app_that_closes_behind_the_frame_under_way_is_not_either(
    tmp_path: Path,
) -> None:
    said = close_frame(4000, masked=False)
    whole = b"\x82\x7e\x10\x00" + b"x" * 4096
    goes_on = asyncio.Event()

    async def talk(conn: Conn) -> None:
        await conn.head()
        await conn.send(SWITCHED + whole[:100])
        await goes_on.wait()
        await conn.send(whole[100:] + said)
        await conn.rest()

    async with gate_before(talk, tmp_path) as gate:
        client = await upgraded(gate)
        assert await client.exactly(100) == whole[:100]
        draining = asyncio.ensure_future(gate.wire.drain(60))
        await until(lambda: all(each.spliced.leaves for each in gate.wire.clients))
        goes_on.set()
        assert await client.exactly(len(whole) - 100 + 4) == whole[100:] + said
        client.close()
        assert await client.rest() == b""
        await asyncio.wait_for(draining, SOON_S)


async def test_with_patience_they_go_one_after_another(tmp_path: Path) -> None:
    async with sockets(tmp_path, App()) as (gate, url):
        clients = [await connect(url) for _ in range(10)]
        ending = [asyncio.ensure_future(closed(client)) for client in clients]
        gate.wire.patient = True
        draining = asyncio.ensure_future(gate.wire.drain(4))
        await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        told = [client for client in gate.wire.clients if client.spliced and client.spliced.leaves]
        assert len(told) <= 5, "all at once"
        assert await asyncio.gather(*ending) == [1001] * 10
        await draining


async def test_who_is_told_to_hurry_tells_all_at_once(tmp_path: Path) -> None:
    async with sockets(tmp_path, App()) as (gate, url):
        clients = [await connect(url) for _ in range(10)]
        ending = [asyncio.ensure_future(closed(client)) for client in clients]
        gate.wire.patient = True
        draining = asyncio.ensure_future(gate.wire.drain(100))
        await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        gate.wire.patient = False
        assert await asyncio.wait_for(asyncio.gather(*ending), SOON_S) == [1001] * 10
        await asyncio.wait_for(draining, SOON_S)
