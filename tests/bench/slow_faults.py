"""A thousand clients that dawdle (Debian's slowhttptest): what everybody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from gateway.selfcheck import FIRST_REQUESTS
from tests.bench.proxied.figures import Figure
from tests.bench.rig import (
    Line,
    Probe,
    Rig,
    Say,
    at_rest,
    descriptors,
    get,
    rss_kib,
    settled,
    worker_of,
)

PROBE_P99_MS = 100
OTHERS = "127.0.9.9"  # another prefix than the attack's
SHARE = 200
REFUSED = 70  # told so at one time, besides the probe's and the pool's
# What one connection may cost the gate. A reader that dawdles holds what uvloop reads at once from
# the app (256 KiB at most) on top of what may wait to be written (64 KiB).
MOST_KIB = {"headers": 20, "bodies": 40, "reads": 340}
SAMPLE_S = 0.25


@dataclass(frozen=True, slots=True)
class Attack:
    """How slowhttptest is started; `-i` and `-n` are seconds between two sips."""

    words: Sequence[str]
    path: str = "/1k"


ATTACKS = {
    "headers": Attack(("-H", "-i", "2", "-x", "24")),
    "bodies": Attack(("-B", "-i", "2", "-s", "8192", "-x", "10")),
    "reads": Attack(("-X", "-w", "512", "-y", "1024", "-n", "2", "-z", "32", "-k", "2"), "/1m"),
}


@dataclass
class Watch:
    """The worker's memory and descriptors, looked at while the `with` block lasts."""

    pid: int
    rss_kib: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    kernel_kib: list[int] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Watch]:
        task = asyncio.create_task(self._look())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            self.rss_kib.append(rss_kib(self.pid))
            self.descriptors.append(descriptors(self.pid))
            self.kernel_kib.append(kernel_kib())
            await asyncio.sleep(SAMPLE_S)


async def one_address(
    rig: Rig, say: Say, connections: int = 1000, seconds: int = 15, share: int = SHARE
) -> list[Figure]:
    """As slow headers, but loopback is as any other network: it gets its share and no more."""
    wire = {"exempt": [], "client_connections": share}
    found = await slow(rig, say, "headers", connections, seconds, wire, strangers=FIRST_REQUESTS)
    return [
        replace(f, most=share + REFUSED) if f.name == "connections at most" else f for f in found
    ]


def kernel_kib() -> int:
    """What the kernel holds for all TCP connections of this machine (proc(5), in pages)."""
    words = Path("/proc/net/sockstat").read_text().split("TCP:")[1].split("\n")[0].split()
    return int(words[words.index("mem") + 1]) * resource.getpagesize() // 1024


async def slow(
    rig: Rig,
    say: Say,
    kind: str,
    connections: int = 1000,
    seconds: int = 30,
    wire: dict[str, Any] | None = None,
    strangers: int = 0,
) -> list[Figure]:
    """One attack of `seconds`, and what is left of it afterwards.

    `strangers` ask before: while nearly all that it sees is one private address, the gate takes
    that for a proxy that it was not told of, and bounds nobody by address.
    """
    _room_for(4 * connections)
    app, other = await rig.app(), await rig.app()  # what the app does meanwhile is its own affair
    sites = [
        {"name": "one", "hosts": ["127.0.0.1"], "upstream": "app"},
        {"name": "two", "hosts": ["*"], "upstream": "other"},
    ]
    upstreams = {"app": app.url, "other": other.url}
    gate = await rig.gate("", upstreams=upstreams, sites=sites, limits={"wire": wire or {}})
    others = partial(Probe, gate.port, get("/1k"), source=OTHERS)
    pid = worker_of(gate)
    for n in range(strangers):
        line = Line(gate.port, f"127.1.{n}.1")
        await line.ask(get("/1k"))
        line.close()
    before = await at_rest(gate)
    before_kib = rss_kib(pid)
    attack = ATTACKS[kind]
    async with others() as alone:
        await asyncio.sleep(min(5, seconds))
    async with Watch(pid).running() as watch, others() as probe:
        await _run(attack, gate.port, connections, seconds)
        say("over")
    after = await settled(pid, before, within_s=20)
    grown_kib = max(watch.rss_kib) - before_kib
    most = max(watch.descriptors) - before
    return [
        Figure("connections at most", most),
        *alone.figures("others before"),
        *probe.figures("others meanwhile", PROBE_P99_MS),
        Figure("RSS more at most", grown_kib / 1024, "MiB"),
        Figure("RSS more per connection", grown_kib / connections, "KiB", MOST_KIB[kind]),
        Figure("kernel's TCP memory at most", max(watch.kernel_kib) / 1024, "MiB"),
        Figure("RSS more afterwards", (rss_kib(pid) - before_kib) / 1024, "MiB"),
        Figure("descriptors more afterwards", after - before, most=0),
        Figure("app's descriptors left", descriptors(app.pid)),
    ]


async def _run(attack: Attack, port: int, connections: int, seconds: int) -> None:
    """Raises RuntimeError without the program, TimeoutError if it does not end in time."""
    program = shutil.which("slowhttptest")
    if program is None:
        raise RuntimeError("needs slowhttptest (apt-get install slowhttptest)")
    words = ["-c", str(connections), "-r", str(max(50, connections // 5)), "-l", str(seconds)]
    words += ["-u", f"http://127.0.0.1:{port}{attack.path}", "-p", "5", "-v", "0", *attack.words]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program, *words, stdout=quiet, stderr=quiet)
    try:
        await asyncio.wait_for(process.wait(), seconds + 30)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()


def _room_for(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, files)), hard))


ROWS: dict[str, Callable[[Rig, Say], Awaitable[list[Figure]]]] = {
    **{f"slow-{kind}": partial(slow, kind=kind) for kind in ATTACKS},
    "one-address": one_address,
}
