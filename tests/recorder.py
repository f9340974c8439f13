"""An app that writes down what reaches it, and behaves as badly as a test asks.

Parsed by h11, so that another parser than ours says what crossed the gate. A request is counted
when its head is complete, whatever becomes of its body.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import h11

MAX_HEAD_BYTES = 256 * 1024


@dataclass
class Seen:
    """One request as the app saw it. `complete`: its body came to its end."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]  # spelling as received
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    def get(self, name: str) -> str | None:
        wanted = name.lower().encode()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value.decode("latin-1")
        return None

    def names(self) -> set[str]:
        return {key.decode("latin-1").lower() for key, _ in self.headers}


class Line:
    """The connection a request came by, for the answer to write to."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def die(self) -> None:
        """Reset the connection."""
        self.writer.transport.abort()


Answer = Callable[[Seen, Line], Awaitable[None]]


def reply_bytes(
    body: bytes, status: str = "200 OK", content_type: str = "text/html", extra: bytes = b""
) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n".encode()
        + extra
        + b"\r\n"
        + (body)
    )


async def polite(seen: Seen, line: Line) -> None:
    """A small page that says what arrived."""
    page = (
        f"<!doctype html><title>App</title><p id=got>{seen.method} {seen.target.decode('latin-1')} "
        f"{len(seen.body)} {seen.sha256}</p>"
    ).encode()
    head = reply_bytes(page)
    await line.send(head[: -len(page)] if seen.method == "HEAD" else head)


async def hang(seen: Seen, line: Line) -> None:
    """Never answer; the connection stays until the other side or the test ends it."""
    await asyncio.Event().wait()


async def die(seen: Seen, line: Line) -> None:
    line.die()


async def die_halfway(seen: Seen, line: Line) -> None:
    """A head, half the body it promised, and the end."""
    await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
    line.die()


class Recorder:
    """Serve on loopback or a unix socket; see `seen`, change `answer`."""

    def __init__(self, answer: Answer = polite) -> None:
        self.answer = answer
        self.at_head: Answer | None = None  # called as soon as a head is complete, before the body
        self.seen: list[Seen] = []
        self.connections = 0
        self.arrived = asyncio.Condition()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def forget(self) -> None:
        """As new, for the next test of a module."""
        self.seen.clear()
        self.answer, self.at_head = polite, None

    def of(self, method: str, target: str) -> list[Seen]:
        return [s for s in self.seen if (s.method, s.target) == (method, target.encode())]

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port or self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse new connections and drop the open ones."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = None

    async def until(self, count: int, within_s: float = 10.0) -> None:
        """Wait until so many heads have arrived."""
        async with asyncio.timeout(within_s), self.arrived:
            await self.arrived.wait_for(lambda: len(self.seen) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (OSError, h11.RemoteProtocolError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(writer)
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        seen: Seen | None = None
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue:
                    await line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                parser.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                seen = Seen(event.method.decode(), event.target, event.headers.raw_items())
                await self._arrive(seen, line)
            elif isinstance(event, h11.Data):
                assert seen is not None
                seen.body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert seen is not None
                seen.complete = True
                await self.answer(seen, line)
                if not self._again(parser, seen):
                    return
            else:  # the other side left
                return

    async def _arrive(self, seen: Seen, line: Line) -> None:
        async with self.arrived:
            self.seen.append(seen)
            self.arrived.notify_all()
        if self.at_head is not None:
            await self.at_head(seen, line)

    @staticmethod
    def _again(parser: h11.Connection, seen: Seen) -> bool:
        """Bring the parser to the next request; it has not seen our reply, so give it one."""
        parser.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        parser.send(h11.EndOfMessage())
        if parser.our_state is not h11.DONE or parser.their_state is not h11.DONE:
            return False
        parser.start_next_cycle()
        return True
