"""A raw app that records, a guard that forwards, and clients that speak bytes: all on loopback."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.counting import Counts
from gateway.headers import to_app
from gateway.model import (
    Address,
    BodySeen,
    Caller,
    NoBody,
    Peer,
    Reason,
    Refusal,
    RequestHead,
    Upstream,
)
from gateway.wire import Admission, NeedBody, Plan, Wire, WireLimits

NOWHERE = Upstream("app")
CALLER = Caller("203.0.113.7", "203.0.113.0/24", "http", False)
Serve = Callable[["Conn"], Awaitable[None]]


@dataclass
class Conn:
    """One connection seen from the app, or held by a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    app: App | None = None

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def head(self) -> bytes:
        """One message head; b"" at the end of the connection."""
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        except asyncio.IncompleteReadError as fault:
            head = fault.partial
        except ConnectionError:
            head = b""
        if self.app is not None and head:
            self.app.heads.append(head)
        return head

    async def exactly(self, size_bytes: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size_bytes), 5)

    async def rest(self) -> bytes:
        """Everything until the other side ends."""
        return await asyncio.wait_for(self.reader.read(), 5)

    async def message(self) -> bytes:
        """One whole reply with Content-Length, chunks or nothing behind it."""
        head = await self.head()
        low = head.lower()
        if b"transfer-encoding: chunked" in low:
            return head + await self.chunks()
        if b"content-length:" in low:
            size = int(low.split(b"content-length:")[1].split(b"\r\n")[0])
            return head + await self.exactly(size)
        return head

    async def chunks(self) -> bytes:
        out = b""
        while not out.endswith(b"0\r\n\r\n"):
            out += await asyncio.wait_for(self.reader.readuntil(b"\r\n"), 5)
        return out

    async def reset(self) -> bool:
        """Whether the connection ends by a reset rather than an end."""
        try:
            await self.rest()
        except ConnectionError:
            return True
        return False

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        self.writer.transport.abort()

    def reset_now(self) -> None:
        """End by RST, as a killed program with unread data does."""
        no_linger = struct.pack("ii", 1, 0)
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.abort()


@dataclass
class App:
    """Serves each connection by `serve`; keeps every head it read."""

    serve: Serve
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    upstream: Upstream = NOWHERE
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self.serve(Conn(reader, writer, self))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self.tasks.discard(task)

    async def stop(self) -> None:
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@dataclass
class Guard:
    """Forwards to the app; what it was told is kept."""

    upstream: Upstream
    gate: Upstream | None = None
    need_bytes: int | None = None
    change: dict[str, Any] = field(default_factory=dict)
    seen: list[BodySeen | None] = field(default_factory=list)
    requests: list[RequestHead] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    done: list[tuple[str, int, int]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def plan(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan | NeedBody]:
        self.requests.append(request)
        self.seen.append(body)
        if self.need_bytes is not None and body is None:
            return NeedBody(self.need_bytes)
        return self.forward(request, peer)

    def forward(self, request: RequestHead, peer: Peer) -> Plan:
        safe = request.method in ("GET", "HEAD", "OPTIONS") and request.framing == NoBody()
        fields: dict[str, Any] = {
            "upstream": self.upstream,
            "head": to_app(request, CALLER, (), peer=peer),
            "framing": request.framing,
            "body": None,
            "method": request.method,
            "retry_safe": safe and not request.upgrade,
            "upgrade": request.upgrade,
        }
        return Plan(**{**fields, **self.change})

    def trouble(self, plan: Plan, request: RequestHead, peer: Peer, reason: Reason) -> Plan:
        self.reasons.append(reason)
        head = f"GET /error HTTP/1.1\r\nHost: gate\r\nX-Reason: {reason}\r\n\r\n".encode()
        assert self.gate is not None
        return Plan(self.gate, head, NoBody(), None, request.method, drain_body=True, ours=True)

    def finished(self, plan: Plan, status: int, seconds: float, bytes_out: int) -> None:
        assert seconds >= 0
        self.done.append((plan.upstream.name, status, bytes_out))

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        self.refusals.append(refusal)


@dataclass
class Gate:
    wire: Wire
    guard: Any
    app: App
    port: int
    faults: list[str]
    clients: list[Conn]

    async def client(self) -> Conn:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(Conn(reader, writer))
        return self.clients[-1]

    async def ask(self, raw: bytes) -> bytes:
        """Send, and read until the gate ends the connection."""
        conn = await self.client()
        await conn.send(raw)
        try:
            return await conn.rest()
        finally:
            conn.close()

    async def message(self, raw: bytes) -> bytes:
        """Send, and read one reply."""
        conn = await self.client()
        await conn.send(raw)
        try:
            return await conn.message()
        finally:
            conn.close()


PAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\nSet-Cookie: gateway_x=1\r\n\r\noops!\n"


async def error_page(conn: Conn) -> None:
    while await conn.head():
        await conn.send(PAGE)


def ok(body: bytes = b"hello", extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(body), extra, body)


def replies(*parts: bytes) -> Serve:
    """An app that answers every request (without a body) with the same bytes."""

    async def serve(conn: Conn) -> None:
        while await conn.head():
            await conn.send(*parts)

    return serve


QUICK = WireLimits(
    header_s=0.15,
    keep_alive_s=0.4,
    body_idle_s=0.15,
    connect_s=0.3,
    reply_head_s=0.2,
    reply_idle_s=0.2,
    write_idle_s=0.2,
    upgrade_idle_s=0.2,
    linger_s=0.3,
    pool_idle_s=0.3,
    sweep_s=0.02,
)


@asynccontextmanager
async def gate_before(
    serve: Serve,
    tmp_path: Path,
    *,
    limits: WireLimits | None = None,
    guard: Callable[[Upstream, Upstream], Any] | None = None,
    gate_serve: Serve = error_page,
    unix: bool = False,
    exempt: Callable[[str], bool] = lambda address: False,
) -> AsyncIterator[Gate]:
    """A gate in front of an app on TCP (or a unix socket), its pages on a unix socket."""
    app, pages = App(serve), App(gate_serve)
    if unix:
        app_server = await asyncio.start_unix_server(app._connected, tmp_path / "app.sock")
        app.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "app.sock")),))
    else:
        app_server = await asyncio.start_server(app._connected, "127.0.0.1", 0)
        app_port = app_server.sockets[0].getsockname()[1]
        app.upstream = Upstream("app", (Address("127.0.0.1", app_port),))
    page_server = await asyncio.start_unix_server(pages._connected, tmp_path / "gate.sock")
    own = Upstream("gate", (Address(unix_path=str(tmp_path / "gate.sock")),))
    made = (guard or Guard)(app.upstream, own)
    faults: list[str] = []
    clients: list[Conn] = []

    def report(what: str, fault: BaseException) -> None:
        faults.append(f"{what}: {fault}")

    counts = Counts(1, b"any key of 16 by")
    admission = Admission(limits or WireLimits(), counts.take(), exempt)
    wire = Wire(made, limits, report=report, admission=admission)
    server = await asyncio.get_running_loop().create_server(wire.protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Gate(wire, made, app, port, faults, clients)
    finally:
        for each in (server, app_server, page_server):
            each.close()
        await wire.drain(0)
        for conn in clients:
            conn.abort()
        await app.stop()
        await pages.stop()
        await asyncio.sleep(0.01)
        assert not wire.clients, "a client connection was forgotten"
        assert counts.total() == 0, "a place was not given back"
        assert not wire.upstreams.links, "an upstream connection was forgotten"
