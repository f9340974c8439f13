"""Rows of what lasts: a gigabyte up and down, events, a socket's pings, requests at a steady rate.

Each is measured directly at the app, through nginx and through the gate, by raw clients.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from random import Random

from tests.bench.proxied.figures import GATE, NGINX, Figure, percentile
from tests.bench.proxied.stand import GIB, Stand, Tested, forget_peak, memory_kib

__all__ = ["ROWS"]

CHUNK = 2**18
PING = b"\x89\x84abcd\x11\x0c\x0d\x03"  # RFC 6455: a ping of 4 bytes, masked
ROUNDS = 4
RATE_PER_S = 1000
MOST_AT_ONCE = 256  # what is due beyond that waits, and its wait is counted
_HEAD = b"%b HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench\r\nAccept: */*\r\n%b\r\n"


def _streaming(stand: Stand) -> Tested:
    """A gate before the app of streams."""
    known = [gate for gate in stand.extra if gate.name == "streams"]
    if not known:
        upstreams = {"app": f"http://127.0.0.1:{stand.streams}"}
        site = {"name": "site", "hosts": ["*"], "upstream": "app", "routes": []}
        known = [stand.gate("streams", {"upstreams": upstreams, "sites": [site]})]
        stand.extra += known
    return known[0]


def _ports(stand: Stand) -> dict[str, int]:
    nginx = next(each for each in stand.proxies if each.name == NGINX)
    return {"direct": stand.streams, NGINX: nginx.port, GATE: _streaming(stand).port}


def _open(port: int, head: bytes, more: bytes = b"") -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), 30)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(_HEAD % (head, more))
    return link


def _read_head(link: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        part = link.recv(65536)
        if not part:
            raise ConnectionError(f"ended after {data!r}")
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


# --- A gigabyte ----------------------------------------------------------------------------


def gigabyte(stand: Stand, quick: bool) -> list[Figure]:
    size = GIB // 8 if quick else GIB
    nginx, ours = (next(p for p in stand.proxies if p.name == name) for name in (NGINX, GATE))
    streaming = _streaming(stand)
    found = []
    for what, move, gate in (("up", _up, streaming), ("down", _down, ours)):
        move(gate.port, 2**20)
        before_kib = memory_kib(gate.pids[0])
        forget_peak(gate.pids[0])
        rounds = [(move(nginx.port, size), move(gate.port, size)) for _ in range(1 if quick else 3)]
        grown_mib = (memory_kib(gate.pids[0], "VmHWM") - before_kib) / 1024
        theirs_s, ours_s = (min(column) for column in zip(*rounds, strict=True))
        found += [
            Figure(f"{what}, memory grew at most by", grown_mib, "MiB", most=8),
            Figure(f"{what}, throughput", size / ours_s / 2**20, "MiB/s"),
            Figure(f"{what}, of nginx's throughput", theirs_s / ours_s, "×", least=0.7),
        ]
    return found


def _up(port: int, size: int) -> float:
    """Seconds until the app has said that it has all."""
    part = bytes(CHUNK)
    began_s = time.monotonic()
    with _open(port, b"POST /streams/sink", b"Content-Length: %d\r\n" % size) as link:
        for _ in range(size // CHUNK):
            link.sendall(part)
        head, rest = _read_head(link)
        if not head.startswith(b"HTTP/1.1 200") or not (rest or link.recv(64)).startswith(
            b"%d" % size
        ):
            raise ConnectionError(f"not taken: {head!r} {rest!r}")
    return time.monotonic() - began_s


def _down(port: int, size: int) -> float:
    """Seconds until the bytes have come; of the file of 1 GiB, its beginning."""
    buffer = memoryview(bytearray(CHUNK))
    began_s = time.monotonic()
    part = b"Range: bytes=0-%d\r\n" % (size - 1)
    with _open(port, b"GET /1g", part) as link:
        head, rest = _read_head(link)
        left = size - len(rest)
        while left > 0:
            got = link.recv_into(buffer)
            if not got:
                raise ConnectionError(f"{left} bytes short after {head!r}")
            left -= got
    return time.monotonic() - began_s


# --- Events and pings ----------------------------------------------------------------------


def events(stand: Stand, quick: bool) -> list[Figure]:
    """Delay of one event, from the app's write to the client's read."""
    count = 300 if quick else 1500
    return _added("one event", _best(_ports(stand), lambda port: _delays_ms(port, count)))


def _delays_ms(port: int, count: int) -> list[float]:
    delays: list[float] = []
    with _open(port, b"GET /streams/events?%d" % count) as link:
        _, data = _read_head(link)
        while len(delays) < count:
            part = link.recv(65536)
            now_ns = time.monotonic_ns()
            if not part:
                raise ConnectionError(f"{len(delays)} of {count} events")
            data += part
            while b"\n\n" in data:
                event, _, data = data.partition(b"\n\n")
                said = event.rpartition(b"data: ")[2]
                delays.append((now_ns - int(said)) / 1e6)
    return delays


def pings(stand: Stand, quick: bool) -> list[Figure]:
    """Round trip of a WebSocket's ping, one after the other."""
    count = 500 if quick else 5000
    return _added("a ping", _best(_ports(stand), lambda port: _trips_ms(port, count)))


def _trips_ms(port: int, count: int) -> list[float]:
    offer = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    offer += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    trips = []
    with _open(port, b"GET /streams/socket", offer) as link:
        head, _ = _read_head(link)
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"no socket: {head!r}")
        for _ in range(count):
            began_s = time.perf_counter()
            link.sendall(PING)
            left = len(PING)
            while left:
                left -= len(link.recv(left))
            trips.append((time.perf_counter() - began_s) * 1e3)
    return trips


def _best(ports: dict[str, int], measure: Callable[[int], list[float]]) -> dict[str, list[float]]:
    """Of several rounds of each way the one with the lowest p99: the least disturbed by others."""
    rounds = [{name: measure(port) for name, port in ports.items()} for _ in range(ROUNDS)]
    return {
        name: min((each[name] for each in rounds), key=lambda found: percentile(found, 99))
        for name in ports
    }


def _added(what: str, found: dict[str, list[float]], most: float = 1.0) -> list[Figure]:
    """What each proxy adds to the direct way, at the median and at the 99th percentile."""
    figures = []
    for percent in (50, 99):
        direct_ms = percentile(found["direct"], percent)
        figures.append(Figure(f"{what}, direct, p{percent}", direct_ms, "ms"))
        for name in (NGINX, GATE):
            added_ms = percentile(found[name], percent) - direct_ms
            promised = most if name == GATE else None
            figures.append(
                Figure(f"{what}, {name} adds, p{percent}", added_ms, "ms", most=promised)
            )
    return figures


# --- A steady rate -------------------------------------------------------------------------


def steady(stand: Stand, quick: bool) -> list[Figure]:
    """1,000 requests a second at times drawn beforehand, each timed from when it was due.

    So a reply that comes late delays no later request, and hides none (coordinated omission).
    """
    seconds = 2 if quick else 5
    nginx, ours = (next(p for p in stand.proxies if p.name == name) for name in (NGINX, GATE))
    ports = {"direct": stand.app, NGINX: nginx.port, GATE: ours.port}
    for port in ports.values():
        _timed_ms(port, 1)
    return _added("a request at 1,000/s", _best(ports, lambda port: _timed_ms(port, seconds)))


def _timed_ms(port: int, seconds: int) -> list[float]:
    rng = Random(seconds)
    due_s, at_s = deque[float](), 0.0
    while at_s < seconds:
        at_s += rng.expovariate(RATE_PER_S)
        due_s.append(at_s)
    request = _HEAD % (b"GET /1k", b"")
    driver = _Driver(port, request)
    try:
        return driver.run(due_s)
    finally:
        driver.close()


class _Driver:
    """Kept connections, one request on each at a time; more of them when all are busy."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._idle: list[socket.socket] = []
        self._busy: dict[socket.socket, float] = {}  # when its request was due
        self._left: dict[socket.socket, int] = {}  # bytes of its reply that are yet to come
        self._last: set[socket.socket] = set()  # the other side closes after this reply
        for _ in range(16):
            self._idle.append(self._connect())

    def _connect(self) -> socket.socket:
        link = socket.create_connection(("127.0.0.1", self._port), 10)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def run(self, due_s: deque[float]) -> list[float]:
        took_ms: list[float] = []
        start_s = time.perf_counter() + 0.05
        while due_s or self._busy:
            now_s = time.perf_counter() - start_s
            while due_s and due_s[0] <= now_s and len(self._busy) < MOST_AT_ONCE:
                self._ask(due_s.popleft())
            full = len(self._busy) >= MOST_AT_ONCE
            wait_s = max(0.0, due_s[0] - now_s) if due_s and not full else 10.0
            for link in select.select(list(self._busy), [], [], wait_s)[0]:
                if self._has_all(link):
                    came_s = time.perf_counter() - start_s
                    took_ms.append((came_s - self._busy.pop(link)) * 1e3)
                    self._keep(link)
        return took_ms

    def _keep(self, link: socket.socket) -> None:
        """For the next request; nginx ends a connection after so many (keepalive_requests)."""
        if link in self._last:
            self._last.discard(link)
            link.close()
            link = self._connect()
        self._idle.append(link)

    def _ask(self, due_s: float) -> None:
        link = self._idle.pop() if self._idle else self._connect()
        link.sendall(self._request)
        self._busy[link] = due_s
        self._left[link] = 0

    def _has_all(self, link: socket.socket) -> bool:
        data = link.recv(65536)
        if not data:
            raise ConnectionError("the proxy closed a kept connection")
        if not self._left[link]:
            head, _, body = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200") or b"Content-Length: 1024" not in head:
                raise ConnectionError(f"not the app's reply: {head!r}")
            self._left[link] = 1024 - len(body)
            if b"Connection: close" in head:
                self._last.add(link)
        else:
            self._left[link] -= len(data)
        return self._left[link] == 0

    def close(self) -> None:
        for link in (*self._idle, *self._busy):
            link.close()


ROWS: dict[str, Callable[[Stand, bool], list[Figure]]] = {
    "1 GB": gigabyte,
    "SSE": events,
    "WebSocket": pings,
    "steady rate": steady,
}
