"""The disk of the store takes no more: who is served, what the rest is told, and how soon.

The room is taken by a limit on the size of files (prlimit(2)), which a running process can be given
and relieved of; SQLite meets it as it meets a full disk.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Awaitable, Callable

from tests.bench.proxied.figures import Figure, percentile
from tests.bench.rig import Rig, Say, get, worker_of
from tests.bench.store_faults import ROUTES, SORTS, Load, served_again, visits

WITHIN_MS = 100  # full is known at once: nobody waits for a deadline


async def disk_full(rig: Rig, say: Say, seconds: float = 3.0) -> list[Figure]:
    """Load before, while no file may grow, and until the store takes something again."""
    app = await rig.app()
    gate = await rig.gate(app.url, ROUTES)
    pid, load = worker_of(gate), Load(gate.port, await visits(gate.url))
    async with load.running():
        await asyncio.sleep(seconds)
        _room(pid, 0)
        full_s = time.monotonic()
        said_s = await _said_full(gate.admin_port, full_s)
        say("full, and /readyz says so")
        await asyncio.sleep(seconds)
        back_s = time.monotonic()
        _room(pid, resource.RLIM_INFINITY)
        say("room again")
        again_s = await served_again(load, back_s)
    return [
        *_told(load, full_s, back_s),
        Figure("/readyz says StoreFull after", said_s, "s", 2),
        Figure("served again after", again_s, "s", 3),
    ]


def _told(load: Load, full_s: float, back_s: float) -> list[Figure]:
    """A pass needs no store, a use can't be spent, a body can't be held and is asked for again."""
    expected = {"plain": 200, "uses": 503, "form": 403}
    figures = []
    for sort, name in SORTS.items():
        before = [s.ms for s in load.of(sort, 0, full_s - 0.2)]
        during = load.within(sort, full_s, back_s)
        wrong = sum(s.status != expected[sort] for s in during)
        ms = [s.ms for s in during]
        figures += [
            Figure(f"{name}: not {expected[sort]} while full", wrong, most=0),
            Figure(f"{name}: p50 before", percentile(before, 50), "ms"),
            Figure(f"{name}: p99 before", percentile(before, 99), "ms"),
            Figure(f"{name}: p50 while full", percentile(ms, 50), "ms"),
            Figure(f"{name}: p99 while full", percentile(ms, 99), "ms", WITHIN_MS),
        ]
    return figures


def _room(pid: int, size_bytes: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))


async def _said_full(admin_port: int, since_s: float) -> float:
    """Seconds until the admin listener says what is wrong; endless after 15."""
    while time.monotonic() < since_s + 15:
        reader, writer = await asyncio.open_connection("127.0.0.1", admin_port)
        writer.write(get("/readyz", "Connection: close"))
        body = (await reader.read()).partition(b"\r\n\r\n")[2]
        writer.transport.abort()
        if json.loads(body)["checks"].get("store") == "StoreFull":
            return time.monotonic() - since_s
        await asyncio.sleep(0.05)
    return float("inf")


ROWS: dict[str, Callable[[Rig, Say], Awaitable[list[Figure]]]] = {"disk-full": disk_full}
