"""Half an hour of everything at once. Run: python tests/bench/soak.py [--minutes N] [--help]

One gate with SQLite before one app, and visitors of every sort at a modest pace: small and large
replies, uploads with their length and in chunks, event streams, WebSockets, challenges opened,
answered and abandoned from ever new addresses, clients that leave in the middle, apps that fail.
Prints the worker's memory and descriptors and the store's size each minute, and at the end how they
grew: the slope of a line laid through the samples of the second half. In the first half bounded
caches fill up, of thousands of addresses, heads and paths.

The exit code says whether both were flat and nobody got an answer that was not his.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.app_faults import SOCKET, UPLOAD
from tests.bench.rig import Line, Rig, Say, descriptors, get, rig_in, rss_kib, size_of, worker_of
from tests.bench.visit_faults import SETTINGS, addresses, raw_get, raw_post
from tests.visitor import Visitor

Act = Callable[[], Awaitable[None]]

SAMPLE_S = 5.0
MOST_RSS_KIB_MIN = 64.0  # 2 MiB in half an hour
MOST_FILES_MIN = 0.2
ROUTES = [
    {
        "name": "form",
        "match": {"path": "/form"},
        "ladder": ["pow"],
        "work": 1000,
        "hold": {"ttl": "30s", "max": "64KiB"},
    }
]
CHUNKED = (
    b"POST /sink HTTP/1.1\r\nHost: bench.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    + 20 * (b"2000\r\n" + b"x" * 8192 + b"\r\n")
    + b"0\r\n\r\n"
)
WHOLE = (
    b"POST /sink HTTP/1.1\r\nHost: bench.example\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000
)
KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="


@dataclass(frozen=True, slots=True)
class Sample:
    minute: float
    rss_kib: int
    descriptors: int
    store_bytes: int


@dataclass
class Load:
    """All visitors. `done`: what they did; `wrong`: answers that should not have come."""

    port: int
    url: str
    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    callers: Iterator[str] = field(default_factory=addresses)
    lines: list[Line] = field(default_factory=list)

    def visitors(self) -> Iterator[tuple[Act, float]]:
        """(what each does again and again, seconds between two times)."""
        for make, count, pause_s in self._sorts():
            for _ in range(count):
                yield make(), pause_s

    def _sorts(self) -> list[tuple[Callable[[], Act], int, float]]:
        """(makes one visitor's act, how many of them, seconds between two times)."""
        return [
            (lambda: self._asks("GET 1 KiB", lambda: get("/1k"), 200), 4, 0.05),
            (lambda: self._asks("GET 64 KiB", lambda: get("/64k"), 200), 2, 0.1),
            (lambda: self._asks("POST", lambda: WHOLE, 200), 2, 0.1),
            (lambda: self._asks("POST in chunks", lambda: CHUNKED, 200), 1, 0.2),
            (lambda: self._asks("challenge", lambda: raw_get(next(self.callers)), 403), 2, 0.1),
            (
                lambda: self._asks("held challenge", lambda: raw_post(next(self.callers)), 403),
                2,
                0.1,
            ),
            (lambda: self._asks("app's error", lambda: get("/error"), 500), 1, 0.2),
            (lambda: self._asks("app breaks off", lambda: get("/reset"), 502), 1, 0.2),
            (lambda: self._leaves("leaves a slow GET", get("/slow")), 2, 0.1),
            (lambda: self._leaves("leaves an upload", UPLOAD % b"0"), 2, 0.1),
            (lambda: self._leaves("leaves a reply", get("/half")), 1, 0.1),
            (lambda: self._events, 10, 0.5),
            (lambda: self._socket, 10, 0.5),
            (lambda: self._visit, 1, 1.0),
        ]

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for act, pause_s in self.visitors():
                    group.create_task(self._again(act, pause_s))
        finally:
            for line in self.lines:
                line.close()

    async def _again(self, act: Act, pause_s: float) -> None:
        while True:
            try:
                async with asyncio.timeout(30):
                    await act()
            except (OSError, EOFError, TimeoutError, AssertionError) as fault:
                self.wrong[f"{act.__name__}: {type(fault).__name__}"] += 1
            await asyncio.sleep(pause_s)

    def _asks(self, name: str, raw: Callable[[], bytes], expected: int) -> Act:
        line = Line(self.port)
        self.lines.append(line)

        async def ask() -> None:
            status, _ = await line.ask(raw())
            self.done[name] += 1
            if status != expected:
                self.wrong[f"{name}: {status}"] += 1

        ask.__name__ = name
        return ask

    def _leaves(self, name: str, raw: bytes) -> Act:
        async def leave() -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(raw)
                await asyncio.sleep(0.1)
            finally:  # the load may be ended meanwhile
                writer.transport.abort()
            self.done[name] += 1

        leave.__name__ = name
        return leave

    async def _events(self) -> None:
        """An event stream for five seconds."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(get("/sse"))
            for _ in range(100):
                await reader.readuntil(b"\n\n\r\n")
                self.done["events"] += 1
        finally:
            writer.transport.abort()

    async def _socket(self) -> None:
        """A WebSocket for five seconds; its bytes are nobody's business."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(get("/ws", *SOCKET, KEY))
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(50):
                writer.write(b"x" * 500)
                assert await reader.readexactly(500) == b"x" * 500
                self.done["echoes"] += 1
                await asyncio.sleep(0.1)
        finally:
            writer.transport.abort()

    async def _visit(self) -> None:
        """A whole visit: asked, answered, and what was held arrives."""
        async with Visitor(self.url) as visitor:
            visitor.headers["X-Forwarded-For"] = next(self.callers)
            reply = await visitor.through(await visitor.post("/form", b"name=value"))
            assert (reply.status, reply.body) == (200, b"10 bytes"), reply.status
        self.done["visits"] += 1


async def soak(rig: Rig, say: Say, minutes: float) -> tuple[list[Sample], Load]:
    app = await rig.app()
    gate = await rig.gate(app.url, ROUTES, **SETTINGS)
    pid, store = worker_of(gate), gate.folder / "gateway.db"
    load = Load(gate.port, gate.url)
    samples: list[Sample] = []
    task = asyncio.create_task(load.run())
    began_s = time.monotonic()
    try:
        while (minute := (time.monotonic() - began_s) / 60) < minutes:
            samples.append(Sample(minute, rss_kib(pid), descriptors(pid), size_of(store)))
            if len({int(s.minute) for s in samples[-2:]}) > 1:
                say(_line(samples, int(minute) - 1, load))
            await asyncio.sleep(SAMPLE_S)
            if task.done():
                task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return samples, load


def _line(samples: list[Sample], minute: int, load: Load) -> str:
    """One minute of the table, in means."""
    those = [s for s in samples if int(s.minute) == minute]
    rss_mib = sum(s.rss_kib for s in those) / len(those) / 1024
    files = sum(s.descriptors for s in those) / len(those)
    store_mib = those[-1].store_bytes / 2**20
    acts, wrong = sum(load.done.values()), sum(load.wrong.values())
    return f"{minute + 1:6} {rss_mib:9.2f} {files:12.1f} {store_mib:10.1f} {acts:10} {wrong:6}"


def slope(samples: list[Sample], value: Callable[[Sample], float]) -> float:
    """Per minute, by least squares over the second half; in the first, caches fill."""
    later = samples[len(samples) // 2 :]
    if len(later) < 2:
        return 0.0
    mean_x = sum(s.minute for s in later) / len(later)
    mean_y = sum(value(s) for s in later) / len(later)
    above = sum((s.minute - mean_x) * (value(s) - mean_y) for s in later)
    return above / sum((s.minute - mean_x) ** 2 for s in later)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write samples and counts there")
    options = parser.parse_args()
    print("minute   RSS MiB  descriptors  store MiB      acts  wrong", flush=True)
    samples, load = uvloop.run(_run(options.minutes))
    rss = slope(samples, lambda s: s.rss_kib)
    files = slope(samples, lambda s: s.descriptors)
    print(
        f"slope: RSS {rss:+.1f} KiB/min (≤ {MOST_RSS_KIB_MIN:g}), "
        f"descriptors {files:+.2f}/min (≤ {MOST_FILES_MIN:g})"
    )
    for name, count in itertools.chain(sorted(load.done.items()), sorted(load.wrong.items())):
        print(f"  {name:30}{count:10}" + ("  WRONG" if name in load.wrong else ""))
    if options.json:
        found = {
            "samples": [asdict(s) for s in samples],
            "rss_kib_per_minute": rss,
            "descriptors_per_minute": files,
            "done": load.done,
            "wrong": load.wrong,
        }
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    flat = rss <= MOST_RSS_KIB_MIN and files <= MOST_FILES_MIN
    return 0 if flat and not load.wrong else 1


async def _run(minutes: float) -> tuple[list[Sample], Load]:
    with TemporaryDirectory(prefix="soak-") as folder:
        async with rig_in(Path(folder)) as rig:
            return await soak(rig, lambda text: print(text, flush=True), minutes)


if __name__ == "__main__":
    sys.exit(main())
