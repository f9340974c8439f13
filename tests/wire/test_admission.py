"""Who may connect: in all, for each client, and who is excepted; both sides of each bound."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.callers import TrustedProxies
from gateway.counting import Counts, Row
from gateway.limits import WireLimits
from gateway.wire import Admission
from tests.wire.harness import Conn, Gate, gate_before, ok, replies

GET = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"
LIMITS = WireLimits(max_connections=6, max_client_connections=3, reserved_connections=2)
LOCAL = TrustedProxies(["127.0.0.1/32", "unix", "10.0.0.7/32"]).trust


def door(row: Row | None = None, room: int = sys.maxsize, *, apart: bool = True) -> Admission:
    own = row or Counts(1, b"k" * 16).take()
    return Admission(LIMITS, own, LOCAL, room, lambda: apart)


def said(admission: Admission, *addresses: str) -> list[int]:
    """What each is told, one after another; 0: come in."""
    told = [admission.enter(address) for address in addresses]
    return [refusal.status if refusal else 0 for refusal in told]


@pytest.mark.parametrize(
    "addresses, statuses",
    [
        (["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"], [0, 0, 0, 429]),  # one /24
        (["192.0.2.1", "192.0.2.2", "192.0.3.3", "192.0.2.4"], [0, 0, 0, 0]),
        (["2001:db8::1", "2001:db8:0:1::", "2001:db8:0:ff::1", "2001:db8:0:2::"], [0, 0, 0, 429]),
        (["2001:db8::1"] * 3 + ["2001:db8:0:100::1"], [0, 0, 0, 0]),  # another /56
        (["127.0.0.1"] * 4, [0] * 4),
        (["unix"] * 4, [0] * 4),
        (["127.0.0.2"] * 4, [0, 0, 0, 429]),
        (["10.0.0.7"] * 3 + ["10.0.0.8"] * 4, [0, 0, 0, 0, 0, 0, 429]),  # its /24 isn't charged
        ([f"192.0.{n}.1" for n in range(7)], [0] * 6 + [503]),
        ([f"192.0.{n}.1" for n in range(6)] + ["127.0.0.1"] * 3, [0] * 8 + [503]),
        (["127.0.0.1"] * 9, [0] * 8 + [503]),
        (["127.0.0.1"] * 5 + ["192.0.2.1"] * 2, [0] * 6 + [503]),
        (["192.0.2.1"] * 3 + ["192.0.3.1"] * 3 + ["192.0.2.1"], [0] * 6 + [429]),
    ],
)
def test_who_may_connect(addresses: list[str], statuses: list[int]) -> None:
    assert said(door(), *addresses) == statuses


def test_who_was_refused_does_not_count_and_who_left_makes_room() -> None:
    admission = door()
    assert said(admission, *["192.0.2.1"] * 6) == [0, 0, 0, 429, 429, 429]
    assert admission.open == 3
    admission.leave("192.0.2.1")
    assert admission.open == 2
    assert said(admission, "192.0.2.9", "192.0.2.9") == [0, 429]


def test_two_workers_share_what_there_is() -> None:
    counts = Counts(2, b"k" * 16)
    first, second = door(counts.take()), door(counts.take())
    assert said(first, "192.0.2.1", "192.0.2.1") == [0, 0]
    assert said(second, "192.0.2.1", "192.0.2.1") == [0, 429]
    assert said(second, "192.0.3.1", "192.0.4.1", "192.0.5.1") == [0, 0, 0]
    assert said(first, "192.0.6.1", "127.0.0.1") == [503, 0]
    second.leave("192.0.3.1")
    second.leave("192.0.4.1")
    assert said(first, "192.0.6.1", "192.0.6.1") == [0, 503]


@pytest.mark.parametrize(
    "room, addresses, statuses",
    [
        (4, [f"192.0.{n}.1" for n in range(3)], [0, 0, 503]),
        (4, ["192.0.1.1", "192.0.2.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"], [0, 0, 0, 0, 503]),
        (1, ["192.0.1.1", "192.0.2.1"], [0, 503]),
        (8, [f"192.0.{n}.1" for n in range(7)], [0] * 6 + [503]),
    ],
)
def test_room_of_one_process(room: int, addresses: list[str], statuses: list[int]) -> None:
    """The reserve is kept also where files, not `connections`, are what is short."""
    assert said(door(room=room), *addresses) == statuses


def test_behind_an_unknown_proxy_nobody_is_a_client() -> None:
    assert said(door(apart=False), *["192.0.2.1"] * 7) == [0] * 6 + [503]


# --- On the wire ---------------------------------------------------------------------------


@asynccontextmanager
async def guarded(tmp_path: Path, limits: WireLimits = LIMITS) -> AsyncIterator[Gate]:
    """127.0.0.1 is a neighbour here, the other addresses of loopback are strangers."""
    async with gate_before(replies(ok()), tmp_path, limits=limits, exempt=LOCAL) as gate:
        yield gate


async def connect(gate: Gate, address: str) -> Conn:
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port, local_addr=(address, 0))
    gate.clients.append(Conn(reader, writer))
    return gate.clients[-1]


async def served(gate: Gate, address: str) -> bytes:
    client = await connect(gate, address)
    await client.send(GET)
    return (await client.head()).split(b"\r\n")[0]


OK, MANY, FULL = (
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 429 Too Many Requests",
    b"HTTP/1.1 503 Service Unavailable",
)


async def test_a_client_may_have_so_many(tmp_path: Path) -> None:
    async with guarded(tmp_path) as gate:
        assert [await served(gate, "127.0.9.1") for _ in range(4)] == [OK, OK, OK, MANY]
        assert await served(gate, "127.0.9.2") == MANY
        assert await served(gate, "127.0.8.1") == OK
        assert [r.status for r in gate.guard.refusals] == [429, 429]
        for refused in gate.clients[3:5]:
            refused.close()
        await asyncio.sleep(0.02)
        assert gate.wire.admission.open == 4
        assert await served(gate, "127.0.9.1") == MANY
        gate.clients[0].close()
        await asyncio.sleep(0.02)
        assert await served(gate, "127.0.9.1") == OK


async def test_a_neighbour_may_have_more(tmp_path: Path) -> None:
    async with guarded(tmp_path) as gate:
        assert [await served(gate, "127.0.0.1") for _ in range(9)] == [OK] * 8 + [FULL]


async def test_a_health_check_gets_in_while_strangers_fill_the_rest(tmp_path: Path) -> None:
    async with guarded(tmp_path) as gate:
        strangers = [await served(gate, f"127.0.{n}.1") for n in range(1, 10)]
        assert strangers == [OK] * 6 + [FULL] * 3
        for _ in range(3):
            assert await served(gate, "127.0.0.1") == OK
            gate.clients[-1].close()
            await asyncio.sleep(0.02)
            assert await served(gate, "127.0.20.1") == FULL


async def test_a_refusal_says_when_to_come_again(tmp_path: Path) -> None:
    async with guarded(tmp_path) as gate:
        for _ in range(3):
            await served(gate, "127.0.9.1")
        told = await (await connect(gate, "127.0.9.1")).rest()
        assert told.startswith(MANY)
        assert b"Retry-After: 5\r\n" in told and b"Connection: close\r\n" in told


async def test_refused_connections_leave_room_for_who_may_come(tmp_path: Path) -> None:
    """A flood of one client's connections, refused and lingering, costs nobody else a place."""
    async with guarded(tmp_path) as gate:
        flood = [await connect(gate, "127.0.9.1") for _ in range(100)]
        ends = await asyncio.gather(*(c.rest() for c in flood[3:]), return_exceptions=True)
        told = [end for end in ends if isinstance(end, bytes) and end.startswith(MANY)]
        assert len(told) == 64
        assert [await served(gate, f"127.0.{n}.1") for n in (1, 2, 3)] == [OK, OK, OK]


@pytest.mark.parametrize("reset", [False, True])
async def test_however_a_connection_ends_its_place_is_free(tmp_path: Path, reset: bool) -> None:
    async with guarded(tmp_path) as gate:
        for _ in range(20):
            client = await connect(gate, "127.0.9.1")
            await client.send(GET[:-2])
            if reset:
                client.reset_now()
            else:
                client.close()
            await asyncio.sleep(0.02)
        assert gate.wire.admission.open == 0
        assert await served(gate, "127.0.9.1") == OK


async def test_a_unix_socket_has_no_clients(tmp_path: Path) -> None:
    async with guarded(tmp_path) as gate:
        path = str(tmp_path / "listen.sock")
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(gate.wire.protocol, path)
        peers = []
        for _ in range(5):
            peer = socket.socket(socket.AF_UNIX)
            peer.setblocking(False)
            await loop.sock_connect(peer, path)
            await loop.sock_sendall(peer, GET)
            assert (await loop.sock_recv(peer, 100)).startswith(OK)
            peers.append(peer)
        for peer in peers:
            peer.close()
        server.close()
        await asyncio.sleep(0.02)
        assert gate.wire.admission.open == 0
