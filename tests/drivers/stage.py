"""The stage: the demo's legacy app behind a real gate, a relay before it, and one visit at a time.

The gate has the default policy of a route that only says what it matches, as `gateway init` writes
it. What was delivered is what the app itself counted; nothing a driver says is believed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.cli.init import _fill as init_text
from tests.drivers import cpu
from tests.drivers.oracle import Oracle
from tests.drivers.relay import Relay
from tests.gatekeeper import GateProcess, config, free_port

SETTLE_S = 0.3  # after a visit: its last records are in the log, its processes have ended
MOST_S = 90.0  # of one visit


@dataclass
class Visited:
    """What became of one visit."""

    driver: str
    number: int
    delivered: int  # requests, by the app's own count
    risk: float | None  # the highest of its records; None: none was scored
    signals: dict[str, float] = field(default_factory=dict)  # highest value of each
    kinds: list[str] = field(default_factory=list)  # what was asked, in order
    end: str = ""  # the last outcome and reason, or what failed
    cpu_s: float = 0.0
    hashes: int = 0
    requests: int = 0
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Stage:
    """What a driver gets: where to go, and who tells the right answer."""

    relay: Relay
    oracle: Oracle
    gate: GateProcess
    app: subprocess.Popen[str]
    app_url: str
    folder: Path
    way: str = ""  # "accessible": ask for that instead of the first question

    @property
    def url(self) -> str:
        return self.relay.url

    def delivered(self) -> int:
        """How many registrations the app has counted."""
        with urllib.request.urlopen(f"{self.app_url}/counters", timeout=10) as reply:
            return int(json.load(reply).get("registrations", 0))

    async def visit(
        self, driver: str, number: int, address: str, act: Callable[[], Awaitable[None]]
    ) -> Visited:
        """Let a driver try once, and see what came of it."""
        self.relay.begin(address)
        before, known = await asyncio.to_thread(self.delivered), len(self.gate.records())
        cpu_s, began_s, failed = self._cpu_s(), time.monotonic(), ""
        try:
            await asyncio.wait_for(act(), MOST_S)
        except Exception as error:  # a driver may fail in any way of its own
            failed = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        seconds = time.monotonic() - began_s
        await asyncio.sleep(SETTLE_S)
        told = self.relay.told
        records = self.gate.records()[known:]
        return Visited(
            driver,
            number,
            await asyncio.to_thread(self.delivered) - before,
            kinds=[question["kind"] for question in told.questions if question["view"] is not None],
            end=_end(told.replies, failed),
            cpu_s=round(self._cpu_s() - cpu_s, 2),
            hashes=told.hashes,
            requests=told.requests,
            seconds=round(seconds, 1),
            **scored(records),
        )

    def _cpu_s(self) -> float:
        return cpu.seconds(os.getpid(), without=(self.gate.pid, self.app.pid))


def scored(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The risk and the signals of a visit's records, the highest of each."""
    risks = [record["risk"] for record in records if isinstance(record.get("risk"), int | float)]
    signals: dict[str, float] = {}
    for record in records:
        for name, value in values_of(record.get("signals")):
            signals[name] = max(value, signals.get(name, 0.0))
    return {"risk": max(risks, default=None), "signals": signals}


def values_of(signals: Any) -> list[tuple[str, float]]:
    """Names and values of a record's `{name: {value, weight}}`."""
    found = signals if isinstance(signals, dict) else {}
    return [(name, float(told["value"])) for name, told in found.items()]


def _end(replies: list[dict[str, Any]], failed: str) -> str:
    last = " ".join(str(part) for part in (replies[-1] if replies else {}).values() if part)
    return " ".join(part for part in (last, failed[:160]) if part)


def default_route() -> dict[str, Any]:
    """The register route of what `gateway init` prints."""
    written = init_text("http://127.0.0.1:1", ["/register"], ["*"], "", "127.0.0.1:8080")
    (route,) = YAML(typ="safe").load(written)["sites"][0]["routes"]
    return dict(route)


@contextlib.asynccontextmanager
async def staged(
    folder: Path, route: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Stage]:
    """A stage, cleared away at the end. `route` adds to the register route."""
    app = subprocess.Popen(
        [sys.executable, "-m", "gateway.demo.legacy", "0"], stdout=subprocess.PIPE, text=True
    )
    assert app.stdout is not None
    app_url = f"http://127.0.0.1:{app.stdout.readline().split()[-1]}"
    register = default_route() | (route or {})
    more = {"trusted_proxies": ["127.0.0.1"], "log": {"addresses": "full", "sample": 1}} | settings
    gate = GateProcess(folder, config(app_url, [register], **more))
    relay = Relay(free_port(), gate.port)
    try:
        await gate.start()
        await relay.start()
        yield Stage(relay, Oracle(folder / "keys", relay), gate, app, app_url, folder)
    finally:
        await relay.stop()
        await gate.stop()
        app.terminate()
        app.wait(10)
        app.stdout.close()
