"""What the fault benches share: a gate and apps in processes of their own, and raw clients.

Loopback only. Whatever is started is ended by its process when the rig is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.proxied.figures import Figure, percentile
from tests.gatekeeper import GateProcess, config, free_port

HERE = Path(__file__).parent
UP_WITHIN_S = 10.0
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Say = Callable[[str], None]  # tells whoever runs a bench how far it is


class AppProcess:
    """`tests/bench/app.py` on a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        command = [sys.executable, "-S", "-E", str(HERE / "app.py"), str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        await until_open(self.port)

    def kill(self) -> None:
        """`kill -9`, and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


@dataclass
class Rig:
    """A folder, and what runs in it."""

    folder: Path
    apps: list[AppProcess] = field(default_factory=list)
    gates: list[GateProcess] = field(default_factory=list)

    async def app(self) -> AppProcess:
        app = AppProcess()
        await app.start()
        self.apps.append(app)
        return app

    async def gate(
        self, upstream: str | dict[str, Any], routes: Sequence[dict[str, Any]] = (), **settings: Any
    ) -> GateProcess:
        """A gate before the one app; see `tests.gatekeeper.config`."""
        whole = config(upstream, list(routes), **settings)
        gate = GateProcess(self.folder, whole, f"gate{len(self.gates)}")
        await gate.start()
        self.gates.append(gate)
        return gate

    async def close(self) -> None:
        for app in self.apps:
            app.kill()
        for gate in self.gates:
            await gate.stop()
        self.apps.clear()
        self.gates.clear()


@contextlib.asynccontextmanager
async def rig_in(folder: Path) -> AsyncIterator[Rig]:
    rig = Rig(folder)
    try:
        yield rig
    finally:
        await rig.close()


# --- Processes -------------------------------------------------------------------------------


async def until_open(port: int) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(UP_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.005)
                continue
            writer.close()
            return


def worker_of(gate: GateProcess) -> int:
    """The one process that serves."""
    for _ in range(int(UP_WITHIN_S / 0.02)):
        found = gate.workers()
        if found:
            (pid,) = found
            return pid
        time.sleep(0.02)  # the sockets stand before it does
    raise TimeoutError("no worker")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208


def rss_kib(pid: int, field_name: str = "VmRSS") -> int:
    """proc(5). `VmHWM`: the most there ever was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field_name + ":"):
            return int(line.split()[1])
    raise ValueError(field_name)


async def at_rest(gate: GateProcess) -> int:
    """The descriptors of a gate that has served somebody, and then nobody until its pool ended."""
    await ask(gate.port, get("/1k"))
    return await settled(worker_of(gate), 0, within_s=5)


async def settled(pid: int, at_most: int, within_s: float = 8.0) -> int:
    """The descriptors once they are back to `at_most`, or when time is up (pools are kept 4 s)."""
    ends_s = time.monotonic() + within_s
    while (count := descriptors(pid)) > at_most and time.monotonic() < ends_s:
        await asyncio.sleep(0.1)
    return count


def size_of(file: Path) -> int:
    """Bytes of an SQLite file with its -wal."""
    found = (Path(f"{file}{end}") for end in ("", "-wal"))
    return sum(each.stat().st_size for each in found if each.exists())


# --- Clients ---------------------------------------------------------------------------------


def get(path: str, *fields: str, host: str = "bench.example") -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def status_of(head: bytes) -> int:
    return int(head.split(b" ", 2)[1])


async def read_reply(reader: Reader) -> tuple[int, bytes]:
    """(status, body) of one reply with its length."""
    head = await reader.readuntil(b"\r\n\r\n")
    low = head.lower()
    if b"content-length:" not in low:
        return status_of(head), b""
    size = int(low.split(b"content-length:")[1].split(b"\r\n")[0])
    return status_of(head), await reader.readexactly(size)


async def ask(port: int, raw: bytes, within_s: float = 30.0) -> tuple[int, float]:
    """One request on a connection of its own: (status, seconds until all of the reply is here)."""
    began_s = time.monotonic()
    async with asyncio.timeout(within_s):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            status, _ = await read_reply(reader)
        finally:
            writer.transport.abort()
    return status, time.monotonic() - began_s


class Line:
    """A kept connection that is opened anew when it ended."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._port = port
        self._source = source
        self._ends: tuple[Reader, Writer] | None = None

    async def ask(self, raw: bytes) -> tuple[int, float]:
        """(status, seconds). Raises OSError, or EOFError if the connection broke."""
        began_s = time.monotonic()
        status, _ = await self.read(raw)
        return status, time.monotonic() - began_s

    async def read(self, raw: bytes) -> tuple[int, bytes]:
        """(status, body), likewise."""
        if self._ends is None:
            here = (self._source, 0)
            self._ends = await asyncio.open_connection("127.0.0.1", self._port, local_addr=here)
        reader, writer = self._ends
        try:
            writer.write(raw)
            status, body = await read_reply(reader)
        except BaseException:
            self.close()
            raise
        if reader.at_eof():
            self.close()
        return status, body

    def close(self) -> None:
        if self._ends is not None:
            self._ends[1].transport.abort()
            self._ends = None


@dataclass
class Probe:
    """Asks every `every_s` on one kept connection, for as long as the `with` block lasts."""

    port: int
    raw: bytes
    every_s: float = 0.01
    source: str = "127.0.0.1"  # all of 127.0.0.0/8 is here
    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    broken: int = 0
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Probe:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        line = Line(self.port, self.source)
        try:
            while True:
                try:
                    async with asyncio.timeout(10):
                        status, seconds = await line.ask(self.raw)
                except (OSError, EOFError, TimeoutError):
                    self.broken += 1
                else:
                    self.statuses.append(status)
                    self.seconds.append(seconds)
                await asyncio.sleep(self.every_s)
        finally:
            line.close()

    def figures(self, name: str, most_p99_ms: float | None = None) -> list[Figure]:
        ms = [1000 * each for each in self.seconds]
        wrong = self.broken + sum(status != 200 for status in self.statuses)
        return [
            Figure(f"{name}: requests", len(ms)),
            Figure(f"{name}: failed", wrong, most=0),
            Figure(f"{name}: p50", percentile(ms, 50), "ms"),
            Figure(f"{name}: p99", percentile(ms, 99), "ms", most_p99_ms),
            Figure(f"{name}: max", max(ms, default=0.0), "ms"),
        ]
