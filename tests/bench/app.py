"""An app of every temper, in a process of its own: python tests/bench/app.py PORT

    GET  /1k /64k /1m      so many bytes, with their length
    GET  /half             100 kB announced, half of it sent, then nothing more
    GET  /half-chunked     a few chunks, then nothing more
    GET  /slow             no answer, ever
    GET  /sse              an event every 50 ms until the client leaves
    GET  /ws               101, and every byte comes back
    GET  /error /reset     500; the connection is reset
    GET  /seen/ID          200 once the head of request ID is here, else 404
    GET  /gone/ID          when (CLOCK_MONOTONIC, seconds) the client of request ID left, or 404
    POST anything          "N bytes", once the body is here

A request has an ID by `?id=ID`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress

KEPT_IDS = 10_000
CHUNK = b"1000\r\n" + b"x" * 4096 + b"\r\n"

seen: dict[str, None] = {}
gone: dict[str, float] = {}


def reply(body: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


FIXED = {
    "/1k": reply(b"x" * 1024),
    "/64k": reply(b"x" * 65536),
    "/1m": reply(b"x" * 2**20),
    "/error": reply(b"no", b"500 Internal Server Error"),
}
HALVES = {
    "/half": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50_000,
    "/half-chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + 12 * CHUNK,
    "/slow": b"",
}


class Request:
    def __init__(self, head: bytes) -> None:
        line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.method, target, _ = line.split(" ", 2)
        self.path, _, query = target.partition("?")
        self.id = query.removeprefix("id=")
        self.headers = {
            name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)
        }


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    asked = ""
    try:
        while True:
            request = Request(await reader.readuntil(b"\r\n\r\n"))
            asked = request.id
            _note(asked)
            size = await read_body(reader, request)
            if not await answer(reader, writer, request, size):
                break
            asked = ""
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        if asked:
            gone[asked] = time.monotonic()
        writer.transport.abort()


def _note(asked: str) -> None:
    if asked:
        seen[asked] = None
        for kept in (seen, gone):
            if len(kept) > KEPT_IDS:
                kept.pop(next(iter(kept)))


async def read_body(reader: asyncio.StreamReader, request: Request) -> int:
    if "chunked" in request.headers.get("transfer-encoding", ""):
        size = 0
        while step := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            size += len(await reader.readexactly(step + 2)) - 2
        await reader.readuntil(b"\r\n")
        return size
    left = size = int(request.headers.get("content-length", "0"))
    while left:
        data = await reader.read(min(left, 65536))
        if not data:
            raise asyncio.IncompleteReadError(data, left)
        left -= len(data)
    return size


async def answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, size: int
) -> bool:
    """Whether the connection goes on."""
    path = request.path
    if request.method == "POST":
        writer.write(reply(b"%d bytes" % size))
    elif path in HALVES:
        writer.write(HALVES[path])
        await reader.read()  # until the other side ends
        return False
    elif path == "/sse":
        await events(reader, writer)
        return False
    elif path == "/ws":
        await echo(reader, writer)
        return False
    elif path == "/reset":
        return False
    elif path.startswith("/seen/"):
        known = path.removeprefix("/seen/") in seen
        writer.write(reply(b"", b"200 OK" if known else b"404 Not Found"))
    elif path.startswith("/gone/"):
        at_s = gone.get(path.removeprefix("/gone/"))
        writer.write(reply(b"%.6f" % at_s) if at_s else reply(b"", b"404 Not Found"))
    else:
        writer.write(FIXED.get(path, FIXED["/1k"]))
    await writer.drain()
    return True


async def events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    writer.write(head + b"\r\n")
    left = asyncio.ensure_future(reader.read())
    while not left.done():
        writer.write(b"10\r\ndata: 00000000\n\n\r\n")
        await asyncio.wait([left], timeout=0.05)
    left.exception()  # seen: a reset is an end too


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    writer.write(head)
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def main(port: int) -> None:
    server = await asyncio.start_server(
        serve, "127.0.0.1", port, backlog=4096, reuse_address=True, limit=2**20
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(ImportError):
        import uvloop

        uvloop.install()
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1])))
