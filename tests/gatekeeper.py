"""A real gate in a process of its own: `python -m gateway run CONFIG`, on free loopback ports."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

START_WITHIN_S = 20.0
STOP_WITHIN_S = 15.0
WRITTEN_WITHIN_S = 0.05  # what happened before is in the log then

# Below the range the kernel gives to outgoing connections, and apart for each test process.
_ports: Iterator[int] = itertools.cycle(
    range(10_000 + os.getpid() % 220 * 100, 10_000 + os.getpid() % 220 * 100 + 100)
)


def free_port() -> int:
    """A port nobody listens on now, nor will by chance."""
    for port in itertools.islice(_ports, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port on loopback")


def config(
    upstream: str | dict[str, Any], routes: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """A configuration for one site; `site` adds to the site, everything else to the top.

    An `upstream` that is only an address is not waited for.
    """
    site = {"name": "site", "hosts": ["*"], "upstream": "app", "title": "The App"}
    site |= {"routes": routes} | more.pop("site", {})
    app = {"url": upstream, "wait": "0s"} if isinstance(upstream, str) else upstream
    settings = {"version": 1, "upstreams": {"app": app}, "sites": [site]}
    return settings | more


class GateProcess:
    """One gate; `start` returns when it accepts connections. JSON is YAML: so is its config."""

    def __init__(
        self,
        folder: Path,
        settings: dict[str, Any],
        name: str = "gate",
        options: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.options = options  # of `gateway run`
        self.port = free_port()
        self.admin_port = free_port()
        self.log_file = folder / f"{name}.log"
        self.config_file = folder / f"{name}.yaml"
        defaults = {
            "listen": f"127.0.0.1:{self.port}",
            "admin": f"127.0.0.1:{self.admin_port}",
            "keys": str(folder / "keys"),
            "store": f"sqlite:{folder / 'gateway.db'}",
        }
        self.settings = defaults | settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, environment: dict[str, str] | None = None) -> None:
        """Raises AssertionError with the log when it does not come up."""
        self.config_file.write_text(json.dumps(self.settings, indent=1))
        with self.log_file.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "run", str(self.config_file), *self.options],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        await self._until_up()

    async def _until_up(self) -> None:
        for _ in range(int(START_WITHIN_S / 0.05)):
            assert self._process is not None
            assert self._process.poll() is None, f"the gate died:\n{self.log_text()}"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
        raise AssertionError(f"the gate did not start:\n{self.log_text()}")

    async def stop(self) -> int:
        """Ask it to end and wait; kills what will not. Returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """`kill -9`."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        workers = self.workers()
        process.send_signal(how)
        try:
            code = await asyncio.to_thread(process.wait, STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the gate did not stop:\n{self.log_text()}") from None
        self._process = None
        await self._until_gone(workers)
        return code

    def workers(self) -> set[int]:
        """The processes that serve; they die with the one we started."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return {int(pid) for pid in listed.read_text().split()} if listed.exists() else set()

    async def _until_gone(self, pids: set[int]) -> None:
        for _ in range(int(STOP_WITHIN_S / 0.02)):
            if not any(Path(f"/proc/{pid}").exists() for pid in pids):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"workers outlive their master: {pids}")

    def log_text(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def records(self, event: str = "") -> list[dict[str, Any]]:
        """The log's JSON records, of one event if named."""
        time.sleep(WRITTEN_WITHIN_S)
        found = []
        for line in self.log_text().splitlines():
            if line.startswith("{"):
                record = json.loads(line)
                if not event or record.get("event") == event:
                    found.append(record)
        return found
