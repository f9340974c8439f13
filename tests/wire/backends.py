"""Several apps for one upstream, each of which may stop and start again where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.model import Address
from tests.wire.harness import App, Conn, Serve, ok


class Server(App):
    """An app that can be stopped and started at its address."""

    def __init__(self, serve: Serve, unix_path: str = "") -> None:
        super().__init__(serve)
        self.address = Address(unix_path=unix_path)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        at = self.address
        if at.unix_path:
            self._server = await asyncio.start_unix_server(self._connected, at.unix_path)
        else:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", at.port)
            self.address = Address("127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Nobody listens any more, and every connection ends."""
        if self._server is not None:
            self._server.close()
            if self.address.unix_path:
                Path(self.address.unix_path).unlink(missing_ok=True)
        await super().stop()

    @property
    def lines(self) -> list[bytes]:
        """The request lines it read."""
        return [head.partition(b" HTTP/1.1\r\n")[0] for head in self.heads]


@asynccontextmanager
async def servers(*serves: Serve, unix: Path | None = None) -> AsyncIterator[list[Server]]:
    """Running apps; with `unix` the last one at a socket in that folder."""
    made = [Server(serve) for serve in serves]
    if unix is not None:
        made[-1].address = Address(unix_path=str(unix / "last.sock"))
    try:
        for server in made:
            await server.start()
        yield made
    finally:
        for server in made:
            await server.stop()


async def request(conn: Conn) -> bytes:
    """One request with its body; b"" at the end of the connection."""
    head = await conn.head()
    size = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head + await conn.exactly(int(size or 0))


async def echo(conn: Conn) -> None:
    """Says which request it answered."""
    while head := await request(conn):
        await conn.send(ok(head.split(b" ")[1]))


async def dies(conn: Conn) -> None:
    """Reads a request and breaks off."""
    await request(conn)
    conn.abort()
