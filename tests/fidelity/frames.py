"""Where messages end, read by nobody's parser but this one; and connections that keep every byte.

Lenient on purpose: it frames what well-behaved programs send, and judges nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable

END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.I)
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})")
_CLOSE = re.compile(rb"\r\nconnection:[^\r]*\bclose\b", re.I)


class OverError(Exception):
    """The other side has ended the connection; what it said before is in `Line.kept`."""


class Line:
    """One end of a connection. Everything that was ever read stays in `kept`."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.kept = bytearray()
        self.at = 0  # how far `kept` was looked at
        self.was_reset = False

    @classmethod
    async def to(cls, port: int) -> Line:
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        except OSError:
            connection.close()
            raise
        return cls(connection)

    async def send(self, data: bytes) -> None:
        """Writes while it can; that the other side is gone shows when reading."""
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def until(self, size: Callable[[bytes], int | None]) -> bytes:
        """Read until `size(what came)` says how much of it is meant. Raises OverError."""
        while True:
            found = size(bytes(self.kept[self.at :]))
            if found is not None:
                taken = bytes(self.kept[self.at : self.at + found])
                self.at += found
                return taken
            await self._more()

    async def _more(self) -> None:
        try:
            data = await asyncio.get_running_loop().sock_recv(self.socket, 2**18)
        except OSError:
            self.was_reset = True
            data = b""
        if not data:
            raise OverError
        self.kept += data

    async def head(self) -> bytes:
        return await self.until(_head_size)

    async def exactly(self, size_bytes: int) -> bytes:
        return await self.until(lambda data: size_bytes if len(data) >= size_bytes else None)

    async def body(self, head: bytes) -> bytes:
        """What follows `head` by its framing fields; a reply until close never ends."""
        if _CHUNKED.search(head):
            return await self.chunks()
        length = _LENGTH.search(head)
        return await self.exactly(int(length[1])) if length else b""

    async def chunks(self) -> bytes:
        out = b""
        while True:
            line = await self.until(_line_size)
            out += line
            size = int(re.split(rb"[;\r]", line)[0], 16)
            if size == 0:
                break
            out += await self.exactly(size + 2)
        while line != b"\r\n":
            line = await self.until(_line_size)
            out += line
        return out

    async def reply(self, method: bytes) -> None:
        """One final reply and whatever interim ones come before it. Raises OverError at the end."""
        while True:
            head = await self.head()
            found = _STATUS.match(head)
            status = int(found[1]) if found else 200
            if status == 101:
                return
            if status >= 200:
                break
        if method == b"HEAD" or status in (204, 304):
            return
        if not _CHUNKED.search(head) and not _LENGTH.search(head):
            await self.rest()
        await self.body(head)

    async def rest(self) -> None:
        """To the end of the connection. Raises OverError."""
        await self.until(lambda data: None)

    def end(self) -> None:
        """Say no more, and still listen."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()


def _head_size(data: bytes) -> int | None:
    found = data.find(END)
    return found + 4 if found >= 0 else None


def _line_size(data: bytes) -> int | None:
    found = data.find(b"\r\n")
    return found + 2 if found >= 0 else None


def says_close(head: bytes) -> bool:
    return _CLOSE.search(head) is not None


def methods_of(stream: bytes) -> list[bytes]:
    """Of each request in `stream`, one after the other."""
    found = []
    while stream := stream.removeprefix(b"\r\n"):
        head, _, rest = stream.partition(END)
        found.append(head.split(b" ")[0])
        if _CHUNKED.search(head):
            rest = rest[_chunks_size(rest) :]
        elif length := _LENGTH.search(head):
            rest = rest[int(length[1]) :]
        stream = rest
    return found


def _chunks_size(data: bytes) -> int:
    at = 0
    while True:
        stop = data.index(b"\r\n", at) + 2
        size = int(re.split(rb"[;\r]", data[at:stop])[0], 16)
        at = stop
        if size == 0:
            break
        at += size + 2
    while data[at : at + 2] != b"\r\n":
        at = data.index(b"\r\n", at) + 2
    return at + 2
