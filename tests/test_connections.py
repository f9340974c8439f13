"""Limits of connections on a real gate: its workers count together, and forget who is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import StartGate
from tests.gatekeeper import GateProcess, config
from tests.recorder import Recorder

GET = b"GET /x HTTP/1.1\r\nHost: s\r\n\r\n"
ROUTE = {"name": "form", "match": {"method": "POST", "path": "/form"}, "ladder": ["pow"]}
STRANGER = "127.0.9.1"
# Of loopback, 127.0.0.1 alone is local here: the rest are strangers, by their /24.
FEW = {"exempt": ["127.0.0.1/32"], "connections": 24, "reserved": 4, "client_connections": 10}


class Peers:
    """Clients that stay connected."""

    def __init__(self) -> None:
        self.open: list[socket.socket] = []

    async def connect(self, gate: GateProcess, address: str) -> int:
        """The status of a request on a connection of its own, which is kept if it is 200."""
        loop = asyncio.get_running_loop()
        peer = socket.socket()
        peer.setblocking(False)
        peer.bind((address, 0))
        await loop.sock_connect(peer, ("127.0.0.1", gate.port))
        await loop.sock_sendall(peer, GET)
        said = b""
        while said.count(b"\r\n") < 1:
            said += await asyncio.wait_for(loop.sock_recv(peer, 2**16), 15)
        status = int(said.split()[1])
        if status == 200:
            self.open.append(peer)
        else:
            peer.close()
        return status

    async def fill(self, gate: GateProcess, addresses: Callable[[int], str], most: int) -> int:
        """Connect until one is refused; returns how many were not."""
        for count in range(most):
            if await self.connect(gate, addresses(count)) != 200:
                return count
        return most

    async def alive(self) -> int:
        """Forget who was cut; how many are left."""
        await asyncio.sleep(0.1)
        ended = [peer for peer in self.open if has_ended(peer)]
        for peer in ended:
            peer.close()
        self.open = [peer for peer in self.open if peer not in ended]
        return len(self.open)


def has_ended(peer: socket.socket) -> bool:
    try:
        while peer.recv(2**16):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.fixture
def peers() -> Iterator[Peers]:
    made = Peers()
    yield made
    for peer in made.open:
        peer.close()


def each_another(count: int) -> str:
    return f"127.1.{count}.1"


async def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("did not come about in time")


async def open_connections(gate: GateProcess) -> float:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{gate.admin_port}/metrics") as reply,
    ):
        lines = (await reply.text()).splitlines()
    (line,) = [line for line in lines if line.startswith("gateway_connections_open ")]
    return float(line.split()[1])


async def limited(start_gate: StartGate, workers: int, **wire: object) -> GateProcess:
    gate = await start_gate([ROUTE], workers=workers, limits={"wire": FEW | wire})
    await until(lambda: len(gate.records("started")) == workers)
    return gate


@pytest.mark.parametrize("workers", [1, 2])
async def test_workers_count_together(
    app: Recorder, start_gate: StartGate, peers: Peers, workers: int
):
    gate = await limited(start_gate, workers)
    assert await peers.fill(gate, lambda _: STRANGER, 30) == 10
    assert await peers.connect(gate, STRANGER) == 429
    assert await peers.fill(gate, each_another, 30) == 14
    assert await open_connections(gate) == 24
    statuses = {await peers.connect(gate, each_another(n)) for n in range(100, 106)}
    assert statuses == {503}
    # The health check of a neighbour gets in, also again and again.
    assert [await peers.connect(gate, "127.0.0.1") for _ in range(5)] == [200] * 4 + [503]
    assert await open_connections(gate) == 28
    for peer in peers.open[-4:]:
        peer.close()
    await asyncio.sleep(0.1)
    assert await peers.connect(gate, "127.0.0.1") == 200


async def test_what_a_killed_worker_held_counts_no_more(
    app: Recorder, start_gate: StartGate, peers: Peers
):
    gate = await limited(start_gate, 2, client_connections=1000)
    assert await peers.fill(gate, lambda _: STRANGER, 30) == 24
    for _ in range(2):
        before = gate.workers()
        os.kill(min(before), signal.SIGKILL)
        await until(lambda before=before: len(gate.workers() - before) == 1)  # type: ignore[misc]
        await until(lambda: len(gate.workers()) == 2)
        left = await peers.alive()
        assert left < 24, "nobody was connected to it: one in eight million"
        assert await peers.fill(gate, lambda _: STRANGER, 30) == 24 - left
        assert await peers.connect(gate, STRANGER) == 503
    assert await open_connections(gate) == 24


async def test_old_and_new_workers_of_a_reload_count_together(
    app: Recorder, start_gate: StartGate, peers: Peers
):
    gate = await limited(start_gate, 2)
    assert await peers.fill(gate, lambda _: STRANGER, 8) == 8
    settings = gate.settings | {"limits": {"wire": FEW | {"client_connections": 12}}}
    gate.config_file.write_text(json.dumps(settings))
    os.kill(gate.pid, signal.SIGHUP)
    await until(lambda: bool(gate.records("reloaded")))
    more = await peers.fill(gate, lambda _: STRANGER, 30)
    assert 12 - 8 <= more < 12, "who is still with an old worker counts"
    assert await peers.alive() <= 12


STUBBORN = """
import os, signal, sys
from pathlib import Path
from gateway.config import load
from gateway.counting import Counts
from gateway.notify import notifier
from gateway.sockets import bind
from gateway.workers import LEAVE, REPLACED, Master

def serve(config, sockets, ready, row):  # a worker that never leaves
    for number in (LEAVE, REPLACED):
        signal.signal(number, signal.SIG_IGN)
    row.enter("10.0.0.0/24")
    ready()
    while True:
        signal.pause()

config = load(Path(sys.argv[1]), {})
counts = Counts(1, os.urandom(16))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
print("up", flush=True)
Master(config, bind(config), serve, notifier({}), counts).run()
"""


async def test_a_reload_waits_until_there_is_room_to_count(tmp_path: Path):
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps(config("http://127.0.0.1:1", []) | {"listen": "127.0.0.1:0"}))
    words = (sys.executable, "-c", STUBBORN, str(file))
    master = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert master.stdout is not None
    try:
        assert await asyncio.wait_for(master.stdout.readline(), 15) == b"up\n"
        for _ in range(15):
            master.send_signal(signal.SIGHUP)
            said = await asyncio.wait_for(master.stdout.readline(), 15)
            assert json.loads(said)["event"] == "reloaded"
        master.send_signal(signal.SIGHUP)
        said = json.loads(await asyncio.wait_for(master.stdout.readline(), 15))
        assert said["event"] == "reload_refused"
        assert said["faults"] == ["too many old workers are still leaving: ask again"]
    finally:
        master.kill()
        await master.wait()


async def test_trusted_proxies_are_no_clients(app: Recorder, start_gate: StartGate, peers: Peers):
    wire = {"limits": {"wire": FEW | {"client_connections": 2}}}
    gate = await start_gate([ROUTE], trusted_proxies=["127.0.9.0/30"], **wire)
    assert await peers.fill(gate, lambda _: STRANGER, 20) == 20
    assert await peers.fill(gate, lambda _: "127.0.9.4", 20) == 2
    assert await peers.connect(gate, "127.0.9.4") == 429
    (told,) = {(r["status"], r["reason"]) for r in gate.records("refused")}
    assert told == (429, "client connections")


async def test_the_configuration_reaches_the_wire(app: Recorder, start_gate: StartGate):
    """One limit of each kind, set low: a size, a rate, a time."""
    wire = {"body": "20kB", "body_rate": "1000B", "body_rate_grace": "100ms", "sweep": "50ms"}
    gate = await start_gate([ROUTE], limits={"wire": wire | {"tick": "10ms", "target": "300B"}})

    async def told(raw: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
        writer.write(raw)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
        writer.close()
        return head.split()[1]

    put = b"PUT /x HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n\r\n%b"
    assert await told(put % (20_000, b"x" * 20_000)) == b"200"
    assert await told(put % (20_001, b"")) == b"413"
    assert await told(put % (20_000, b"x")) == b"408"
    assert await told(b"GET /" + b"x" * 300 + b" HTTP/1.1\r\nHost: s\r\n\r\n") == b"414"
    assert {r["reason"] for r in gate.records("refused")} == {
        "body size",
        "body rate",
        "request line",
    }
