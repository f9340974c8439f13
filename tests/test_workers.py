"""The master and its workers: real processes, real signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from gateway.config import load
from gateway.gate import COUNTED_EVERY_S
from gateway.sockets import Sockets, bind
from gateway.workers import Process, Worker, others_should_serve
from tests.conftest import StartGate
from tests.gatekeeper import GateProcess
from tests.recorder import Line, Recorder, Seen

ROUTE = {"name": "form", "match": {"method": "POST", "path": "/form"}, "ladder": ["pow"]}
MANY = 60


async def until(holds, seconds: float = 15.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("did not come about in time")


async def statuses(gate: GateProcess, count: int, pause_s: float = 0.0) -> list[int]:
    """Requests on a connection each, one after another."""
    got = []
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(count):
            async with session.get(f"{gate.url}/x") as reply:
                got.append(reply.status)
            await asyncio.sleep(pause_s)
    return got


async def test_a_worker_that_dies_comes_back(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: len(gate.workers()) == 2)
    victim = min(gate.workers())
    os.kill(victim, signal.SIGKILL)
    await until(lambda: len(gate.workers() - {victim}) == 2)
    assert set(await statuses(gate, 20)) == {200}
    assert f'"event": "worker_ended", "pid": {victim}' in gate.log_text()


async def test_a_worker_that_dies_again_and_again_comes_back_later(
    app: Recorder, start_gate: StartGate
):
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: len(gate.workers()) == 2)
    stays, dies = sorted(gate.workers())
    for _ in range(3):
        os.kill(dies, signal.SIGKILL)
        dead = {stays, dies}
        await until(lambda dead=dead: len(gate.workers() - dead) == 1)
        (dies,) = gate.workers() - {stays, dies}
    await until(lambda: listeners(gate.port) == 2)
    assert set(await statuses(gate, 20)) == {200}
    os.kill(dies, signal.SIGKILL)
    await until(lambda: len(gate.records("worker_ended")) == 4)
    waits = [record["again_in_s"] for record in gate.records("worker_ended")]
    assert waits == [0.1, 0.5, 2.0, 10.0]
    assert listeners(gate.port) == 1  # nobody waits so long: the other one takes all
    assert set(await statuses(gate, 40)) == {200}
    assert gate.workers() == {stays}


SERVES, STARTS = Process(1, 0.0, 0, listens=True), Process(2, 0.0, 0)


@pytest.mark.parametrize(
    "wait_s, other, coming, expected",
    [
        (0.1, SERVES, None, False),
        (0.5, SERVES, None, False),
        (2.0, SERVES, None, True),
        (10.0, SERVES, None, True),
        (10.0, STARTS, None, False),
        (10.0, None, None, False),
        (10.0, SERVES, STARTS, False),
        (10.0, SERVES, SERVES, False),
    ],
)
def test_who_serves_while_one_is_away(
    wait_s: float, other: Process | None, coming: Process | None, expected: bool
):
    nothing = Sockets((), None)
    away = Worker(nothing, None, coming)
    assert others_should_serve(away, [away, Worker(nothing, other)], wait_s) == expected


def test_alone_it_is_waited_for():
    alone = Worker(Sockets((), None))
    assert not others_should_serve(alone, [alone], 10.0)


def listeners(port: int) -> int:
    """How many sockets listen at a port of 127.0.0.1."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = f"0100007F:{port:04X}"
    return sum(words[1] == here and words[3] == "0A" for words in lines)


async def test_the_command_line_says_how_many(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], workers=3, options=["--workers", "2"])
    await until(lambda: gate.log_text().count('"event": "started"') == 2)
    before = gate.workers()
    assert len(before) == 2
    os.kill(gate.pid, signal.SIGHUP)  # the file still says 3
    await until(lambda: '"event": "reloaded"' in gate.log_text())
    await until(lambda: not gate.workers() & before)
    assert len(gate.workers()) == 2


async def test_a_hangup_of_the_whole_group_ends_no_worker(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: gate.log_text().count('"event": "started"') == 2)
    before = gate.workers()
    for pid in before:
        os.kill(pid, signal.SIGHUP)
    assert await statuses(gate, 5) == [200] * 5
    assert gate.workers() == before


async def test_metrics_are_the_sum_of_all_workers(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], workers=2)
    assert set(await statuses(gate, MANY)) == {200}
    await asyncio.sleep(2 * COUNTED_EVERY_S)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{gate.admin_port}/metrics") as reply,
    ):
        text = await reply.text()
    (line,) = [x for x in text.splitlines() if x.startswith("gateway_replies_total")]
    assert float(line.split()[-1]) == MANY


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_reload_loses_no_request(app: Recorder, start_gate: StartGate, workers: int):
    gate = await start_gate([ROUTE], workers=workers)
    await until(lambda: len(gate.workers()) == workers)
    before = gate.workers()
    asking = asyncio.create_task(statuses(gate, MANY, 0.03))
    await asyncio.sleep(0.2)
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: len(gate.workers() - before) == workers)
    assert await asking == [200] * MANY
    await until(lambda: not gate.workers() & before)
    assert '"event": "reloaded"' in gate.log_text()
    assert all(json.loads(line)["ts"] for line in gate.log_text().splitlines())


async def test_a_reload_with_a_fault_changes_nothing(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE])
    await until(lambda: len(gate.workers()) == 1)
    before = gate.workers()
    gate.config_file.write_text(gate.config_file.read_text().replace('"pow"', '"powder"'))
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: "reload_refused" in gate.log_text())
    assert "unknown kind 'powder'" in gate.log_text()
    assert gate.workers() == before
    assert await statuses(gate, 3) == [200] * 3


async def test_a_reload_that_cannot_start_leaves_the_old_workers(
    app: Recorder, start_gate: StartGate
):
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: len(gate.workers()) == 2)
    before = gate.workers()
    keys = gate.folder / "keys"
    await until(lambda: gate.log_text().count('"event": "started"') == 2)
    keys.chmod(0o755)
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: "could not start with it" in gate.log_text())
    await until(lambda: gate.workers() == before)
    assert await statuses(gate, 5) == [200] * 5
    keys.chmod(0o700)
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: '"event": "reloaded"' in gate.log_text())
    await until(lambda: len(gate.workers()) == 2 and not gate.workers() & before)
    assert await statuses(gate, 5) == [200] * 5


async def test_one_worker_that_cannot_start_stops_the_whole_reload(
    app: Recorder, start_gate: StartGate
):
    """Never half the workers with the new configuration and half with the old."""
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: gate.log_text().count('"event": "started"') == 2)
    before = gate.workers()
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: len(gate.workers() - before) == 2)
    os.kill(max(gate.workers() - before), signal.SIGKILL)
    await until(lambda: "could not start with it" in gate.log_text())
    await until(lambda: gate.workers() == before)
    assert await statuses(gate, 5) == [200] * 5


async def test_a_reload_cannot_move_the_sockets(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE])
    text = gate.config_file.read_text()
    gate.config_file.write_text(text.replace(str(gate.admin_port), str(gate.admin_port + 1)))
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: "change only by a restart" in gate.log_text())


@asynccontextmanager
async def echoes() -> AsyncIterator[tuple[str, list[int | None]]]:
    """A WebSocket app by the library: its address, and the codes its connections ended with."""
    codes: list[int | None] = []

    async def echo(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)
        codes.append(socket.close_code)

    async with serve(echo, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", codes


async def test_sigterm_ends_websockets_with_1001_on_both_sides(start_gate: StartGate):
    async with echoes() as (url, codes):
        gate = await start_gate([ROUTE], upstream=url, workers=2)
        clients = [await connect(f"ws://127.0.0.1:{gate.port}/") for _ in range(6)]
        for client in clients:
            await client.send("hello")
            assert await client.recv() == "hello"
        ending = asyncio.gather(*(client.wait_closed() for client in clients))
        assert await gate.stop() == 0
        await ending
        assert [client.close_code for client in clients] == [1001] * 6
        await until(lambda: len(codes) == 6)
        assert codes == [1001] * 6


async def test_after_a_reload_websockets_come_back_to_the_new_workers(start_gate: StartGate):
    async with echoes() as (url, _):
        limits = {"wire": {"drain": "8s"}}
        gate = await start_gate([ROUTE], upstream=url, workers=2, limits=limits)
        await until(lambda: len(gate.workers()) == 2)
        before = gate.workers()
        async with connect(f"ws://127.0.0.1:{gate.port}/") as client:
            os.kill(gate.pid, signal.SIGHUP)
            await until(lambda: '"event": "reloaded"' in gate.log_text())
            await client.wait_closed()
            assert client.close_code == 1001
        async with connect(f"ws://127.0.0.1:{gate.port}/") as client:
            await until(lambda: not gate.workers() & before)
            await client.send("still there")
            assert await client.recv() == "still there"


async def test_who_was_replaced_twice_does_not_wait_for_idle_clients(
    app: Recorder, start_gate: StartGate
):
    gate = await start_gate([ROUTE], workers=1, limits={"wire": {"drain": "100s"}})
    await until(lambda: gate.log_text().count('"event": "started"') == 1)
    before = gate.workers()
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    for count in (1, 2):
        assert before < gate.workers() or count == 1, "it waits for who may still ask"
        os.kill(gate.pid, signal.SIGHUP)
        await until(lambda count=count: len(gate.records("reloaded")) == count)
    await until(lambda: not gate.workers() & before)
    writer.close()


STUCK = """
import os, signal, sys, time
from pathlib import Path
from gateway import workers
from gateway.config import load
from gateway.counting import Counts
from gateway.notify import Notifier
from gateway.sockets import bind

def serve(config, sockets, ready, row):
    with Path(sys.argv[2]).open("a") as starts:
        starts.write("x")
    if Path(sys.argv[2]).stat().st_size > 1:
        signal.signal(signal.SIGTERM, lambda *a: os._exit(0))
        ready()
    time.sleep(60)
    return 0

workers.START_WITHIN_S = 2.0
config = load(Path(sys.argv[1]), {})
counts = Counts(1, bytes(16))
sys.exit(workers.Master(config, bind(config), serve, Notifier(""), counts).run())
"""


def test_a_worker_that_never_listens_is_killed_and_started_again(tmp_path: Path):
    file = tmp_path / "gateway.yaml"
    file.write_text(PLAIN.format(port=0))
    command = [sys.executable, "-c", STUCK, str(file), str(tmp_path / "starts")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as master:
        assert master.stdout is not None
        said = json.loads(master.stdout.readline())
        assert (said["event"], said["code"]) == ("worker_ended", -9)
        time.sleep(3)
        master.terminate()
        assert master.wait(15) == 0
        assert master.stdout.read() == "", "the second one listened, and was left in peace"


async def test_what_is_under_way_ends_before_the_gate_does(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], log={"sample": 1.0})
    released = held_back(app)
    asking = asyncio.create_task(statuses(gate, 1))
    await app.until(1)
    stopping = asyncio.create_task(gate.stop())
    await until(lambda: '"stopping"' in gate.log_text())
    released.set()
    assert await asking == [200]
    assert await stopping == 0
    (written,) = gate.records("decision")
    assert written["status"] == 200


async def test_what_a_worker_answers_last_is_counted(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: len(gate.workers()) == 2)
    before = gate.workers()
    released = held_back(app)
    asking = asyncio.create_task(statuses(gate, 1))
    await app.until(1)
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: gate.log_text().count('"stopping"') == 2)
    await asyncio.sleep(2 * COUNTED_EVERY_S)  # what it counts from now on, nobody asks it for
    released.set()
    assert await asking == [200]
    await until(lambda: not gate.workers() & before)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{gate.admin_port}/metrics") as reply,
    ):
        text = await reply.text()
    assert 'gateway_replies_total{by="app",code="2xx"} 1.0' in text


def held_back(app: Recorder) -> asyncio.Event:
    """From now on the app answers once this is set."""
    released, answer = asyncio.Event(), app.answer

    async def slow(seen: Seen, line: Line) -> None:
        await released.wait()
        await answer(seen, line)

    app.answer = slow
    return released


async def test_a_gate_that_ends_removes_its_sockets(
    app: Recorder, start_gate: StartGate, tmp_path: Path
):
    path = tmp_path / "admin.sock"
    gate = await start_gate([ROUTE], admin=f"unix:{path}")
    assert path.is_socket()
    await gate.stop()
    assert not path.exists()


async def test_workers_die_with_their_master(app: Recorder, start_gate: StartGate):
    gate = await start_gate([ROUTE], workers=2)
    await until(lambda: len(gate.workers()) == 2)
    workers = gate.workers()
    await gate.kill()
    await until(lambda: not any(Path(f"/proc/{pid}/status").exists() for pid in workers))


def run(config: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "gateway.yaml"
    file.write_text(config)
    command = [sys.executable, "-m", "gateway", "run", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


PLAIN = """
listen: 127.0.0.1:{port}
admin: ""
upstreams: {{app: "http://127.0.0.1:1"}}
sites: [{{name: s}}]
"""


def test_a_taken_address_is_said_and_nothing_starts(tmp_path: Path, app: Recorder):
    port = app.url.rsplit(":", 1)[1]
    ended = run(PLAIN.format(port=port), tmp_path)
    assert ended.returncode == 1
    told = f"cannot start: 127.0.0.1:{port}: Address already in use: stop what listens there"
    assert told in ended.stderr
    assert not (tmp_path / "keys").exists()


def test_a_unix_socket_is_taken_over_only_from_the_dead(tmp_path: Path):
    path = tmp_path / "gate.sock"
    config = PLAIN.format(port=0).replace("127.0.0.1:0", f"unix:{path}")
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(path))
        living.listen()
        ended = run(config, tmp_path)
        assert ended.returncode == 1
        assert f"cannot start: unix:{path}: Address already in use" in ended.stderr
        assert path.is_socket()
    (listen,) = bind(load(tmp_path / "gateway.yaml", {}))[0].listen
    with listen, socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(str(path))


def test_keys_that_others_can_read_are_said_and_it_ends(tmp_path: Path):
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys").chmod(0o755)
    ended = run(PLAIN.format(port=0), tmp_path)
    assert ended.returncode == 1
    assert "others may read it" in ended.stderr
