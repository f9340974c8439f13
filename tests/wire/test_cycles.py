"""What a connection was is gone with it, without waiting for a collection of cycles.

Collections are rare in a gate: what needs one piles up for hours.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.wire.client import Client
from gateway.wire.exchange import Exchange
from gateway.wire.links import Link
from gateway.wire.splice import Splice
from tests.wire.harness import Conn, gate_before
from tests.wire.test_splice import HANDSHAKE, SWITCHED

OURS = (Client, Exchange, Splice, Link)
POST = b"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 1000\r\n\r\nabc"
GET = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"


async def wait(conn: Conn) -> None:
    await conn.head()
    await conn.rest()


async def switch(conn: Conn) -> None:
    await conn.head()
    await conn.send(SWITCHED)
    await conn.rest()


async def halfway(conn: Conn) -> None:
    await conn.head()
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    await conn.rest()


@pytest.fixture
def no_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collections")
@pytest.mark.parametrize(
    ("serve", "raw"),
    [(wait, GET), (wait, POST), (halfway, GET), (switch, HANDSHAKE)],
    ids=["waits", "uploads", "reads", "WebSocket"],
)
@pytest.mark.parametrize("how", ["close", "reset_now"])
async def test_a_client_that_leaves(tmp_path: Path, serve, raw: bytes, how: str) -> None:
    async with gate_before(serve, tmp_path) as gate:
        conn = await gate.client()
        await conn.send(raw)
        while not gate.app.heads:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert any(isinstance(one, OURS) for one in gc.get_objects())
        getattr(conn, how)()
        for _ in range(100):
            await asyncio.sleep(0.01)
            left = [type(one).__name__ for one in gc.get_objects() if isinstance(one, OURS)]
            if not left:
                return
        assert left == []
