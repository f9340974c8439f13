"""What the service manager hears, through a real datagram socket, from us and from a real gate."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from gateway.notify import MOST_STATUS, Notifier, notifier
from tests.conftest import StartGate
from tests.recorder import Recorder

ROUTE = {"name": "form", "match": {"method": "POST", "path": "/form"}, "ladder": ["pow"]}


class Manager:
    """Reads what is sent to `address`, datagram by datagram."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)

    def heard(self) -> list[str]:
        """The lines of what has come by now."""
        lines: list[str] = []
        while True:
            try:
                lines += self.socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines

    async def until(self, line: str) -> list[str]:
        """All lines up to the datagram with one that begins so."""
        lines: list[str] = []
        for _ in range(400):
            try:
                said = self.socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                await asyncio.sleep(0.05)
                continue
            lines += said
            if any(each.startswith(line) for each in said):
                return lines
        raise AssertionError(f"{line} was never said, but {lines}")


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    abstract = f"@gateway-test-{os.getpid()}"
    made = Manager(str(tmp_path / "notify") if request.param == "path" else abstract)
    yield made
    made.socket.close()


def test_what_is_said(manager: Manager) -> None:
    notify = Notifier(manager.address)
    notify.ready("2 workers serve")
    assert manager.heard() == ["READY=1", "STATUS=2 workers serve"]
    before_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify.reloading("reads")
    reloading, moment, status = manager.heard()
    assert (reloading, status) == ("RELOADING=1", "STATUS=reads")
    told_us = int(moment.removeprefix("MONOTONIC_USEC="))
    assert before_us <= told_us <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify.stopping("ends")
    assert manager.heard() == ["STOPPING=1", "STATUS=ends"]


def test_a_status_is_one_line(manager: Manager) -> None:
    Notifier(manager.address).status("faults:\nREADY=1\n" + "x" * 500)
    (line,) = manager.heard()
    assert line.startswith("STATUS=faults: READY=1 xxx")
    assert len(line) == len("STATUS=") + MOST_STATUS


def test_the_watchdog_hears_twice_in_its_time(manager: Manager) -> None:
    notify = Notifier(manager.address, 10.0)
    for now_s in (100.0, 104.9, 105.0, 109.9, 110.1):
        notify.alive(now_s)
    assert manager.heard() == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "env, every_s",
    [
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, inf),
        ({"WATCHDOG_USEC": "0"}, inf),
        ({"WATCHDOG_USEC": "-1"}, inf),
        ({"WATCHDOG_USEC": "soon"}, inf),
        ({}, inf),
    ],
)
def test_whom_the_watchdog_is_for(env: dict[str, str], every_s: float) -> None:
    made = notifier(env | {"NOTIFY_SOCKET": "/nowhere"})
    assert made.alive_every_s == every_s


def test_no_program_we_start_inherits_it() -> None:
    env = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "PATH": "/bin"}
    notifier(env)
    assert env == {"PATH": "/bin"}


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "vsock:2:1234"])
def test_nobody_to_tell_is_no_trouble(address: str) -> None:
    notify = Notifier(address, 1.0)
    notify.ready("x")
    notify.alive(5.0)
    notify.stopping("x")


def test_a_manager_that_does_not_listen_does_not_stop_us(manager: Manager) -> None:
    for _ in range(2000):
        Notifier(manager.address).status("x" * MOST_STATUS)
    assert manager.heard()


async def test_a_gate_says_how_it_is(
    app: Recorder, start_gate: StartGate, manager: Manager
) -> None:
    env = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"}
    gate = await start_gate([ROUTE], workers=2, environment=env)
    said = await manager.until("READY=1")
    assert gate.log_text().count('"event": "started"') == 2, "ready before both listened"
    assert "STATUS=2 workers serve" in said

    os.kill(gate.pid, signal.SIGHUP)
    said = await manager.until("RELOADING=1")
    assert "READY=1" not in said
    said = await manager.until("READY=1")
    assert "STATUS=2 workers serve, reloaded" in said
    assert "WATCHDOG=1" in said

    gate.config_file.write_text(gate.config_file.read_text().replace('"pow"', '"powder"'))
    os.kill(gate.pid, signal.SIGHUP)
    await manager.until("RELOADING=1")
    (status,) = [line for line in await manager.until("READY=1") if line.startswith("STATUS=")]
    assert "reload refused" in status and "powder" in status

    async with asyncio.timeout(15):
        while len(gate.workers()) > 2:
            await asyncio.sleep(0.05)  # those of before the reload leave
    victim = min(gate.workers())
    os.kill(victim, signal.SIGKILL)
    await manager.until(f"STATUS=worker {victim} ended (-9), comes back in 0.1 s")

    await gate.stop()
    assert "STOPPING=1" in await manager.until("STOPPING=1")
