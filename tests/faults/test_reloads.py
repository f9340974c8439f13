"""Rolling reloads under load lose nothing; tests/bench/reloads.py is the long form, with h2load."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.bench.reloads import Tally, reload, visitors
from tests.conftest import StartGate
from tests.recorder import Recorder
from tests.test_workers import until

RELOADS = 3
FORM = {"name": "form", "match": {"path": "/form"}, "ladder": ["pow"]}


def lost(tallies: dict[str, Tally]) -> dict[str, str]:
    assert all(tally.asked for tally in tallies.values()), tallies
    return {name: str(tally) for name, tally in tallies.items() if tally.lost}


async def test_reloads_lose_no_request(app: Recorder, start_gate: StartGate):
    gate = await start_gate([FORM], workers=2)
    async with visitors(gate.port) as tallies:
        for _ in range(RELOADS):
            await reload(gate)
            await asyncio.sleep(0.3)
    assert not lost(tallies)
    assert not gate.records("worker_ended")


async def test_refused_reloads_lose_none_either(app: Recorder, start_gate: StartGate):
    """New workers that listened already take leave of whom they accepted."""
    gate = await start_gate([FORM], workers=2)
    await until(lambda: gate.log_text().count('"event": "started"') == 2)
    before = gate.workers()
    async with visitors(gate.port) as tallies:
        for count in range(1, 3):
            os.kill(gate.pid, signal.SIGHUP)
            await until(lambda: len(gate.workers() - before) == 2)
            last = max(gate.workers() - before)
            os.kill(last, signal.SIGKILL)  # before it listens
            await until(lambda count=count: len(gate.records("reload_refused")) == count)
            await until(lambda: gate.workers() == before)
    assert not lost(tallies)
