"""An app of streams, in a process of its own: python streams_app.py PORT

    POST /streams/sink      "N" bytes, once all have come
    GET  /streams/events?N  N server-sent events, 2 ms apart; each says when it was written (ns)
    GET  /streams/socket    101; each byte comes back
    GET  anything else      200, at once

Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import sys
import time

import uvloop

EVERY_S = 0.002
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"
_EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


class App(asyncio.Protocol):
    """One connection: between requests, within a body, or a socket that echoes."""

    def __init__(self) -> None:
        self._head = b""
        self._left = self._size = 0
        self._echoes = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._echoes:
            self._transport.write(data)
        elif self._left:
            self._take(len(data))
        else:
            self._head += data
            if b"\r\n\r\n" in self._head:
                head, _, rest = self._head.partition(b"\r\n\r\n")
                self._head = b""
                self._answer(head, rest)

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left == 0:
            self._reply(b"%d" % self._size)

    def _answer(self, head: bytes, rest: bytes) -> None:
        target = head.split(b" ", 2)[1]
        if target == b"/streams/sink":
            self._size = self._left = _length(head)
            self._take(len(rest))
        elif target == b"/streams/socket":
            self._echoes = True
            self._transport.write(_SWITCH)
        elif target.startswith(b"/streams/events?"):
            asyncio.get_running_loop().create_task(self._tell(int(target.partition(b"?")[2])))
        else:
            self._reply(b"ok")

    def _reply(self, text: bytes) -> None:
        self._transport.write(_OK % (len(text), text))

    async def _tell(self, count: int) -> None:
        self._transport.write(_EVENTS)
        for _ in range(count):
            await asyncio.sleep(EVERY_S)
            self._transport.write(b"data: %d\n\n" % time.monotonic_ns())
        self._transport.close()


def _length(head: bytes) -> int:
    fields = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return next(int(value) for name, _, value in fields if name.lower() == b"content-length")


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(App, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
