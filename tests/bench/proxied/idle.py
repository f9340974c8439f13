"""What idle connections keep: memory of the one worker, per connection."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import ExitStack

from tests.bench.proxied.figures import Figure
from tests.bench.proxied.stand import Stand, Tested, memory_kib

__all__ = ["ROWS"]

KEPT, SOCKETS = 5000, 2000
_GET = b"GET /1k HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
_UPGRADE = (
    b"GET /streams/socket HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def idle(stand: Stand, quick: bool) -> list[Figure]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * KEPT:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    kept, sockets = (KEPT // 5, SOCKETS // 5) if quick else (KEPT, SOCKETS)
    return [
        _figure(f"{kept:,} idle connections, each", stand, stand.app, _GET, b"x" * 1024, kept),
        _figure(f"{sockets:,} idle WebSockets, each", stand, stand.streams, _UPGRADE, b"", sockets),
    ]


def _figure(
    what: str, stand: Stand, upstream: int, request: bytes, body: bytes, count: int
) -> Figure:
    gate = _gate(what, stand, upstream)
    with ExitStack() as stack:
        for _ in range(count // 2):  # they fill what starting has left free
            stack.enter_context(_used(gate.port, request, body))
        time.sleep(1.5)
        before_kib = memory_kib(gate.pids[0])
        for _ in range(count):
            stack.enter_context(_used(gate.port, request, body))
        time.sleep(1.5)
        grown_kib = memory_kib(gate.pids[0]) - before_kib
    return Figure(what, grown_kib / count, "KiB", most=20)


def _gate(name: str, stand: Stand, upstream: int) -> Tested:
    """A fresh gate. Loopback has no share of its own among the connections (`exempt`)."""
    site = {"name": "site", "hosts": ["*"], "upstream": "app", "routes": []}
    return stand.gate(
        name,
        {
            "upstreams": {"app": f"http://127.0.0.1:{upstream}"},
            "sites": [site],
        },
    )


def _used(port: int, request: bytes, body: bytes) -> socket.socket:
    """A connection on which one request was answered. Raises ConnectionError if it was not."""
    link = socket.create_connection(("127.0.0.1", port), 20)
    link.sendall(request)
    data = b""
    while not data.endswith(b"\r\n\r\n" + body):
        part = link.recv(65536)
        if not part:
            link.close()
            raise ConnectionError(f"closed after {data!r}")
        data += part
    return link


ROWS = {"idle": idle}
