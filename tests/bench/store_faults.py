"""Redis is killed, stopped or slow under load: what visitors wait, and who still gets through."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from gateway.stores import StoreError, open_store
from tests.bench.proxied.figures import Figure, percentile
from tests.bench.rig import Line, Reader, Rig, Say, Writer, get
from tests.servers import Server, redis_server
from tests.visitor import Visitor

DEADLINE_MS = 100
LINES = 6  # of each sort of request
PAUSE_S = 0.01
TRIES = 20
SETTLED_S = 0.5  # after that the breaker answers
ROUTES = [
    {"name": "plain", "match": {"path": "/plain"}, "ladder": ["pow"], "work": 1000},
    {
        "name": "uses",
        "match": {"path": "/uses"},
        "ladder": ["pow"],
        "work": 1000,
        "pass": {"uses": 10_000, "spend": "all"},
    },
    {"name": "form", "match": {"method": "POST", "path": "/form"}, "ladder": ["pow"]},
]
SORTS = {"plain": "valid pass", "uses": "pass with uses", "form": "held challenge"}


@dataclass(frozen=True, slots=True)
class Sample:
    sort: str
    began_s: float
    ms: float
    status: int  # 0: the connection broke


@dataclass
class Load:
    """Visitors of three sorts, until it is stopped; see `SORTS`."""

    port: int
    raw: dict[str, bytes]
    samples: list[Sample] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._ask(sort)) for sort in self.raw for _ in range(LINES)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, sort: str) -> None:
        line = Line(self.port)
        try:
            while True:
                began_s, status = time.monotonic(), 0
                with contextlib.suppress(OSError, EOFError):
                    status, _ = await line.ask(self.raw[sort])
                ms = 1000 * (time.monotonic() - began_s)
                self.samples.append(Sample(sort, began_s, ms, status))
                await asyncio.sleep(PAUSE_S)
        finally:
            line.close()

    def of(self, sort: str, from_s: float, to_s: float = float("inf")) -> list[Sample]:
        """Of those that began then."""
        return [s for s in self.samples if s.sort == sort and from_s <= s.began_s < to_s]

    def within(self, sort: str, from_s: float, to_s: float) -> list[Sample]:
        """Those that began and were answered then: what held all the while held for them, however
        long a busy machine let them wait."""
        return [s for s in self.of(sort, from_s, to_s) if s.began_s + s.ms / 1000 <= to_s]


async def _through(visitor: Visitor, target: str) -> None:
    """Solve what is asked there. On a busy machine Redis may miss its deadline: then again."""
    for _ in range(TRIES):
        reply = await visitor.get(target)
        if reply.challenged:
            with contextlib.suppress(AssertionError):
                reply = await visitor.through(reply)
        if reply.status == 200:
            return
        await asyncio.sleep(0.5)
    raise TimeoutError(f"{target} answers {reply.status}")


async def visits(url: str) -> dict[str, bytes]:
    """The three requests, with the passes they need."""
    cookies = []
    async with Visitor(url) as visitor:
        for target in ("/plain", "/uses"):
            await _through(visitor, target)
        for cookie in visitor.session.cookie_jar:
            cookies.append(f"{cookie.key}={cookie.value}")
        lines = [f"{name}: {value}" for name, value in visitor.headers.items()]
    host = url.removeprefix("http://")
    own = [*lines, f"Cookie: {'; '.join(cookies)}"]
    form = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"]
    return {
        "plain": get("/plain", *own, host=host),
        "uses": get("/uses", *own, host=host),
        "form": get("/form", *lines, *form, host=host).replace(b"GET", b"POST", 1) + b"a=1",
    }


async def _broken(
    rig: Rig,
    say: Say,
    store: str,
    away: Callable[[], None],
    back: Callable[[], None],
    seconds: float,
    figures: str = "",
) -> list[Figure]:
    """Load before, while Redis is away, and until it serves again."""
    app = await rig.app()
    gate = await rig.gate(app.url, ROUTES, store=store)
    load = Load(gate.port, await visits(gate.url))
    async with load.running():
        began_s = time.monotonic()
        await asyncio.sleep(seconds)
        away()
        away_s = time.monotonic()
        say("away")
        await asyncio.sleep(SETTLED_S + 2 * seconds)
        back_s = time.monotonic()
        back()
        say("back")
        again_s = await served_again(load, back_s)
    steady_s = away_s + SETTLED_S
    return [
        *_failed(load, began_s, away_s, back_s),
        *_waits(load, began_s, away_s, steady_s, back_s, figures),
        Figure("served again after", again_s, "s", 3),
    ]


async def served_again(load: Load, back_s: float) -> float:
    """Seconds until a use was spent again; endless after 15."""
    while time.monotonic() < back_s + 15:
        done = [s.began_s for s in load.of("uses", back_s) if s.status == 200]
        if done:
            return done[0] - back_s
        await asyncio.sleep(0.05)
    return float("inf")


def _failed(load: Load, began_s: float, away_s: float, back_s: float) -> list[Figure]:
    before = [s for sort in SORTS for s in load.of(sort, began_s, away_s - 0.2)]
    return [
        Figure("failed before", sum(s.status not in (200, 403) for s in before)),
        Figure("valid pass: requests", len(load.of("plain", away_s))),
        Figure(
            "valid pass: not 200", sum(s.status != 200 for s in load.of("plain", away_s)), most=0
        ),
        Figure(
            "pass with uses: let by unspent",
            sum(s.status == 200 for s in load.within("uses", away_s + SETTLED_S, back_s)),
            most=0,
        ),
        Figure("connections broken", sum(s.status == 0 for s in load.samples), most=0),
    ]


def _waits(
    load: Load, began_s: float, away_s: float, steady_s: float, back_s: float, tag: str
) -> list[Figure]:
    figures = []
    for sort, name in SORTS.items():
        before = [s.ms for s in load.of(sort, began_s, away_s - 0.2)]
        first = [s.ms for s in load.of(sort, away_s - 0.2, steady_s)]
        later = [s.ms for s in load.of(sort, steady_s, back_s)]
        added = max(first, default=0.0) - percentile(before, 50)
        figures += [
            Figure(f"{name}{tag}: p50 before", percentile(before, 50), "ms"),
            Figure(f"{name}{tag}: p99 before", percentile(before, 99), "ms"),
            Figure(f"{name}{tag}: added at first, at most", added, "ms", 2 * DEADLINE_MS),
            Figure(f"{name}{tag}: p50 afterwards", percentile(later, 50), "ms"),
            Figure(f"{name}{tag}: p99 afterwards", percentile(later, 99), "ms"),
        ]
    return figures


# --- Rows ------------------------------------------------------------------------------------


def _url(port: int) -> str:
    return f"redis://127.0.0.1:{port}?deadline_ms={DEADLINE_MS}"


async def redis_killed(rig: Rig, say: Say, seconds: float = 3.0) -> list[Figure]:
    with redis_server(rig.folder) as redis:
        found = await _broken(rig, say, redis.url, redis.kill, redis.start, seconds)
        return found + await _breaker(redis, redis.kill)


async def redis_stopped(rig: Rig, say: Say, seconds: float = 3.0) -> list[Figure]:
    with redis_server(rig.folder) as redis:
        try:
            found = await _broken(rig, say, redis.url, redis.pause, redis.resume, seconds)
            return found + await _breaker(redis, redis.pause)
        finally:
            redis.resume()


async def redis_slow(rig: Rig, say: Say, seconds: float = 3.0) -> list[Figure]:
    """Through a proxy that keeps what Redis says, for less and for more than the deadline."""
    figures = []
    with redis_server(rig.folder) as redis:
        for delay_ms in (DEADLINE_MS // 2, 4 * DEADLINE_MS):
            async with slow_proxy(redis.port) as slow:
                away = partial(slow.delay, delay_ms / 1000)
                back = partial(slow.delay, 0.0)
                say(f"replies take {delay_ms} ms")
                tag = f", {delay_ms} ms late"
                found = await _broken(rig, say, _url(slow.port), away, back, seconds, tag)
                figures += [f for f in found if delay_ms > DEADLINE_MS or _holds_when_slow(f)]
                await rig.close()  # before the proxy goes: nobody knocks at it any more
    return figures


def _holds_when_slow(figure: Figure) -> bool:
    """Redis in time is no fault: a use is spent, and each trip adds what it takes."""
    return figure.name != "pass with uses: let by unspent"


async def _breaker(redis: Server, away: Callable[[], None]) -> list[Figure]:
    """The store by itself: one caller after another, from its first failure on."""
    store = open_store(_url(redis.port))
    try:
        await store.ping()
        away()
        waits_ms = []
        for turn in range(200):
            began_s = time.monotonic()
            with contextlib.suppress(StoreError):
                await store.spend(f"turn/{turn}", 10)
            waits_ms.append(1000 * (time.monotonic() - began_s))
        waited = [ms for ms in waits_ms if ms > DEADLINE_MS / 2]
    finally:
        await store.close()
    return [
        Figure("store: one call, at most", max(waits_ms), "ms", 2 * DEADLINE_MS),
        Figure("store: calls that waited", len(waited), most=3),
        Figure("store: p50 behind the breaker", percentile(waits_ms, 50), "ms", 1),
        Figure("store: p95 behind the breaker", percentile(waits_ms, 95), "ms", 1),
    ]


class SlowProxy:
    """Before a server on loopback: what it says comes later by `delay_s`."""

    def __init__(self, behind: int) -> None:
        self.port = 0
        self.delay_s = 0.0
        self.tasks: set[asyncio.Task[None]] = set()
        self._behind = behind

    def delay(self, seconds: float) -> None:
        self.delay_s = seconds

    async def serve(self, reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        there, to = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            await asyncio.gather(self._pass(reader, to, late=False), self._pass(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            to.transport.abort()
            writer.transport.abort()
            self.tasks.discard(task)

    async def _pass(self, reader: Reader, writer: Writer, *, late: bool = True) -> None:
        while data := await reader.read(65536):
            if late and self.delay_s:
                await asyncio.sleep(self.delay_s)
            writer.write(data)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def slow_proxy(behind: int) -> AsyncIterator[SlowProxy]:
    proxy = SlowProxy(behind)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await asyncio.sleep(0.05)  # a connection may have been taken just now
        for task in list(proxy.tasks):
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # transports close in the loop's next rounds


ROWS: dict[str, Callable[[Rig, Say], Awaitable[list[Figure]]]] = {
    "redis-killed": redis_killed,
    "redis-stopped": redis_stopped,
    "redis-slow": redis_slow,
}
