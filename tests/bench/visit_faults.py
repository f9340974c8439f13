"""Challenges opened and never answered, by ever new addresses: nothing may pile up."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

from tests.bench.proxied.figures import Figure
from tests.bench.rig import Line, Rig, Say, rss_kib, size_of, worker_of
from tests.visitor import CHROME

CONNECTIONS = 16
STEP = 50_000
HELD_MIB = 32
GROWTH_MIB = 16.0  # of a process that has met its first visitors
ROUTES = [
    {
        "name": "form",
        "match": {"path": "/form"},
        "ladder": ["pow"],
        "hold": {"ttl": "30s", "max": "64KiB"},
    }
]
SETTINGS = {
    "trusted_proxies": ["127.0.0.1/32"],
    "limits": {"hold": {"small_total": f"{HELD_MIB}MiB"}},
}
BROWSER = "".join(f"{name}: {value}\r\n" for name, value in CHROME.items())
FORM = "name=value&text=" + "x" * 200


def raw_get(address: str) -> bytes:
    head = (
        f"GET /form HTTP/1.1\r\nHost: bench.example\r\nX-Forwarded-For: {address}\r\n{BROWSER}\r\n"
    )
    return head.encode()


def raw_post(address: str) -> bytes:
    head = f"POST /form HTTP/1.1\r\nHost: bench.example\r\nX-Forwarded-For: {address}\r\n{BROWSER}"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(FORM)}"
    return f"{head}{form}\r\n\r\n{FORM}".encode()


def addresses() -> Iterator[str]:
    """Ever new ones, each in a /24 of its own for the first 2^22."""
    for n in range(2**32):
        yield f"{11 + (n >> 16) % 64}.{(n >> 8) & 255}.{n & 255}.{1 + (n >> 22) % 250}"


async def abandoned(
    rig: Rig, say: Say, gets: int = 400_000, posts: int = 200_000, step: int = STEP
) -> list[Figure]:
    """Memory of the worker and size of the store while challenges are only opened."""
    app = await rig.app()
    gate = await rig.gate(app.url, ROUTES, **SETTINGS)
    pid, store = worker_of(gate), Path(gate.folder / "gateway.db")
    callers, figures = addresses(), []
    for kind, count, raw in (("GET", gets, raw_get), ("POST", posts, raw_post)):
        rss, sizes, statuses = [], [], Counter[int]()
        began_s = time.monotonic()
        for done in range(0, count, step):
            statuses += await _open(gate.port, min(step, count - done), raw, callers)
            rss.append(rss_kib(pid) / 1024)
            sizes.append(size_of(store) / 2**20)
            size = f"RSS {rss[-1]:.1f} MiB, store {sizes[-1]:.1f} MiB, {entries(store)} entries"
            say(f"{done + step} of {count} {kind}: {size}")
        figures += [
            Figure(f"{kind}: opened", count),
            Figure(f"{kind}: per second", count / (time.monotonic() - began_s)),
            Figure(f"{kind}: not challenged", count - statuses[403], most=0),
            Figure(f"{kind}: RSS after the first {step}", rss[0], "MiB"),
            Figure(f"{kind}: RSS more at its most", max(rss) - rss[0], "MiB", GROWTH_MIB),
            Figure(f"{kind}: RSS more at the end", rss[-1] - rss[0], "MiB"),
            Figure(f"{kind}: store at its most", max(sizes), "MiB", _most_mib(kind)),
        ]
    return figures


def _most_mib(kind: str) -> float:
    """A page stores nothing, but the gate looks at its store, which is logged up to 4 MiB; held
    bodies take their quota, as much again in free pages, and a log of up to 64 MiB."""
    return 8.0 if kind == "GET" else 2.0 * HELD_MIB + 64


async def _open(
    port: int, count: int, raw: Callable[[str], bytes], callers: Iterator[str]
) -> Counter[int]:
    """Open so many challenges on a few kept connections; the statuses."""
    statuses: Counter[int] = Counter()
    left = iter(range(count))

    async def go_on() -> None:
        line = Line(port)
        for _ in left:
            try:
                status, _ = await line.ask(raw(next(callers)))
            except (OSError, EOFError):
                status = 0
            statuses[status] += 1
        line.close()

    await asyncio.gather(*(go_on() for _ in range(CONNECTIONS)))
    return statuses


def entries(store: Path) -> int:
    """What the store's file holds, expired or not."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=5)) as db:
        [(count,)] = db.execute("SELECT count(*) FROM entries").fetchall()
        return int(count)


ROWS: dict[str, Callable[[Rig, Say], Awaitable[list[Figure]]]] = {"abandoned": abandoned}
