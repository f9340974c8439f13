"""Two WebSocket libraries nobody here wrote, `websockets` and npm's `ws`, on both sides of a gate.

Each client meets each server: with and without compression, empty messages, 5 MB, fragments, pings
both ways, subprotocols, and a close by either side with its code.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.typing import Subprotocol

from tests.fidelity.ways import gated

PEER = Path(__file__).parents[1] / "js" / "ws_peer.js"
PROTOCOLS = [Subprotocol("chat.v2"), Subprotocol("chat.v1")]
BIG = b"0123456789abcdef" * 312_500
WITHIN_S = 30.0

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def echo(socket: ServerConnection) -> None:
    """As `ws_peer.js serve` does."""
    with contextlib.suppress(ConnectionClosed):
        async for message in socket:
            verb, _, rest = message.partition(" ") if isinstance(message, str) else ("", "", "")
            if verb == "ping":
                await (await socket.ping(rest))
                await socket.send(f"pong {rest}")
            elif verb == "close":
                await socket.close(int(rest), "by the server")
            else:
                await socket.send(message)


@contextlib.asynccontextmanager
async def served_by_python() -> AsyncIterator[int]:
    async with serve(echo, "127.0.0.1", 0, max_size=None, subprotocols=PROTOCOLS) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@contextlib.asynccontextmanager
async def served_by_node() -> AsyncIterator[int]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", PEER, "serve", stdin=pipe, stdout=pipe)
    assert process.stdout and process.stdin
    try:
        yield int(await asyncio.wait_for(process.stdout.readline(), WITHIN_S))
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), WITHIN_S)


SERVERS = {"websockets": served_by_python, "ws": served_by_node}


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=SERVERS)
async def port(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[int]:
    """Of a gate before that server."""
    folder = tmp_path_factory.mktemp("websockets")
    async with SERVERS[request.param]() as app, gated(folder, f"http://127.0.0.1:{app}") as gate:
        yield gate.port


@contextlib.asynccontextmanager
async def client(port: int, compression: str | None) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/chat?"
    async with connect(
        url, max_size=None, compression=compression, subprotocols=PROTOCOLS
    ) as socket:
        yield socket


async def test_npm_ws_as_client(port: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *("node", PEER, "ask", f"ws://127.0.0.1:{port}/chat?"), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0, said.decode()


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_messages(port: int, compression: str | None) -> None:
    async with client(port, compression) as socket:
        assert socket.subprotocol == "chat.v2"
        packed = [isinstance(each, PerMessageDeflate) for each in socket.protocol.extensions]
        assert packed == ([True] if compression else [])
        for message in ("", "hällo 😀", b"\x00\xff", BIG, b""):
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(iter(["one ", "", "two"]))  # fragments
        assert await socket.recv() == "one two"


async def test_pings_reach_the_other_end(port: int) -> None:
    async with client(port, "deflate") as socket:
        await asyncio.wait_for(await socket.ping(b"mine"), WITHIN_S)
        await socket.send("ping yours")
        assert await socket.recv() == "pong yours"


async def test_closed_by_the_server(port: int) -> None:
    async with client(port, None) as socket:
        await socket.send("close 4002")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert (socket.close_code, socket.close_reason) == (4002, "by the server")


async def test_closed_by_the_client(port: int) -> None:
    async with client(port, None) as socket:
        await socket.close(4001, "by the client")
        assert socket.protocol.close_rcvd is not None  # the server's answer, not a lost connection
        assert socket.close_code == 4001
