"""Rolling reloads under load: does a request get lost? Run: python tests/bench/reloads.py [--help]

A gate with two workers before a small app; SIGHUP again and again, each as soon as the last one is
through, while four loads run: h2load opens connections at a fixed rate and asks four requests on
each; h2load keeps connections and asks without a pause; and clients of our own open a connection
for each GET, keep one with pauses between, and POST. A request that was written and got no whole
200 is counted as lost, whatever a browser would do about it. Needs h2load (Debian's
nghttp2-client), loopback, two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.rig import rig_in
from tests.gatekeeper import GateProcess

GET = b"GET /1k HTTP/1.1\r\nHost: bench.example\r\n\r\n"
POST = (
    b"POST /post HTTP/1.1\r\nHost: bench.example\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000
)
RELOAD_WITHIN_S = 60.0
_TOTALS = re.compile(
    r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, "
    r"(\d+) errored, (\d+) timeout"
)


@dataclass
class Tally:
    """What became of the requests of one load."""

    asked: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.asked} requests, {self.lost.total()} lost {dict(self.lost) or ''}".rstrip()


class Client:
    """One visitor: a connection, kept as long as both sides like."""

    def __init__(self, port: int, tally: Tally) -> None:
        self._port = port
        self._tally = tally
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> None:
        self._tally.asked += 1
        try:
            async with asyncio.timeout(30):
                await self._ask(request)
        except (OSError, EOFError, TimeoutError, ValueError) as fault:
            self._tally.lost[type(fault).__name__] += 1
            self.close()

    async def _ask(self, request: bytes) -> None:
        if self._ends is not None and self._ends[0].at_eof():  # it ended between two requests
            self.close()
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._ends
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        if not head.startswith(b"http/1.1 200 "):
            raise ValueError(head.split(b"\r\n", 1)[0])
        if b"connection: close" in head:
            self.close()

    def close(self) -> None:
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None


@asynccontextmanager
async def visitors(port: int, each: int = 4) -> AsyncIterator[dict[str, Tally]]:
    """Load by clients of our own while the block lasts, `each` clients of a kind."""
    tallies = {name: Tally() for name in ("new connections", "kept", "kept with pauses", "posts")}
    stop = asyncio.Event()
    tasks = []
    for number in range(each):
        pause_s = 0.002 * (number + 1)
        tasks += [
            _visit(port, tallies["new connections"], stop, GET, pause_s, new=True),
            _visit(port, tallies["kept"], stop, GET, 0.001),
            _visit(port, tallies["kept with pauses"], stop, GET, 0.05 * (number + 1)),
            _visit(port, tallies["posts"], stop, POST, pause_s, new=bool(number % 2)),
        ]
    running = [asyncio.create_task(task) for task in tasks]
    try:
        yield tallies
    finally:
        stop.set()
        await asyncio.gather(*running)


async def _visit(
    port: int, tally: Tally, stop: asyncio.Event, request: bytes, pause_s: float, new: bool = False
) -> None:
    client = Client(port, tally)
    while not stop.is_set():
        await client.ask(request)
        if new:
            client.close()
        await asyncio.sleep(pause_s)
    client.close()


@asynccontextmanager
async def h2load(url: str, *options: str) -> AsyncIterator[Tally]:
    """h2load, some seconds at a time, as long as the block lasts."""
    tally, stop = Tally(), asyncio.Event()
    running = asyncio.create_task(_h2loads(url, options, tally, stop))
    try:
        yield tally
    finally:
        stop.set()
        await running


async def _h2loads(url: str, options: Sequence[str], tally: Tally, stop: asyncio.Event) -> None:
    while not stop.is_set():
        process = await asyncio.create_subprocess_exec(
            "h2load", "--h1", *options, url, stdout=asyncio.subprocess.PIPE
        )
        said = (await process.communicate())[0].decode()
        found = _TOTALS.search(said)
        assert found, said
        total, _, done, succeeded, failed, errored, late = map(int, found.groups())
        tally.asked += total
        lost = Counter(failed=failed, errored=errored, timeout=late, undone=total - done)
        lost["not 200"] = done - succeeded - failed
        tally.lost += lost  # keeps what is above 0


async def reload(gate: GateProcess) -> None:
    """SIGHUP, and wait until the new workers have taken over."""
    before = len(gate.records("reloaded"))
    os.kill(gate.pid, signal.SIGHUP)
    async with asyncio.timeout(RELOAD_WITHIN_S):
        while len(gate.records("reloaded")) == before:
            await asyncio.sleep(0.05)


async def reload_under_load(
    folder: Path, count: int, workers: int, say: Callable[[str], None], rate: int
) -> dict[str, Tally]:
    async with rig_in(folder) as rig:
        app = await rig.app()
        gate = await rig.gate({"url": app.url}, workers=workers)
        few = ("-r", str(rate), "--rate-period=1s", "-c", f"{5 * rate}", "-n", f"{20 * rate}")
        async with (
            h2load(f"{gate.url}/1k", *few) as opened,
            h2load(f"{gate.url}/1k", "-c", "8", "-D", "5", "--rps", "20") as kept,
            visitors(gate.port) as tallies,
        ):
            began_s = asyncio.get_running_loop().time()
            for number in range(count):
                await reload(gate)
                say(f"reload {number + 1} of {count}")
            took_s = asyncio.get_running_loop().time() - began_s
        say(f"{count} reloads in {took_s:.1f} s")
        ended = gate.records("worker_ended")
        assert not ended, ended
        return {"h2load, 4 per connection": opened, "h2load, kept": kept, **tallies}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=int, default=50, help="new connections per second")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="gateway-reloads-") as folder:
        work = reload_under_load(
            Path(folder),
            asked.reloads,
            asked.workers,
            lambda line: print(line, file=sys.stderr),
            asked.rate,
        )
        tallies = asyncio.run(work)
    if asked.json:
        print(json.dumps({name: [t.asked, t.lost.total()] for name, t in tallies.items()}))
    else:
        for name, tally in tallies.items():
            print(f"{name:26}{tally}")
    return int(any(tally.lost.total() for tally in tallies.values()))


if __name__ == "__main__":
    raise SystemExit(main())
