"""Requests that wait: for an app that restarts, and for their turn at a busy one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.affinity import Stay
from gateway.limits import WireLimits
from gateway.model import Address, Length, Reason, Upstream
from gateway.wire.pools import Pool
from gateway.wire.upstreams import unwatched
from tests.wire.backends import Server, dies, echo, request, servers
from tests.wire.harness import Conn, Gate, gate_before, ok, replies
from tests.wire.test_delivery import KEPT, Told, body
from tests.wire.test_upstreams import get, heads, listen_to, post, until

LIMITS = WireLimits(connect_s=1, reply_head_s=5, sweep_s=0.02, tick_s=0.01)


@asynccontextmanager
async def before(tmp_path: Path, *apps: Server, **more: Any) -> AsyncIterator[Gate]:
    async with gate_before(replies(ok(b"other")), tmp_path, limits=LIMITS) as gate:
        gate.guard.upstream = Upstream("app", tuple(app.address for app in apps), **more)
        yield gate


def asking(gate: Gate, *raws: bytes) -> list[asyncio.Task[bytes]]:
    return [asyncio.create_task(gate.message(raw)) for raw in raws]


async def one_by_one(gate: Gate, *raws: bytes) -> list[asyncio.Task[bytes]]:
    """Each has reached the guard before the next is sent."""
    tasks = []
    for raw in raws:
        count = len(gate.guard.requests)
        tasks += asking(gate, raw)
        await until(lambda count=count: len(gate.guard.requests) > count)
    return tasks


# --- An app that restarts ------------------------------------------------------------------


@pytest.mark.parametrize("unix", [False, True])
@pytest.mark.parametrize("count", [1, 2])
async def test_restart_fails_nobody(tmp_path: Path, unix: bool, count: int) -> None:
    """Everything sent while nobody listens arrives, exactly once, in its order."""
    folder = tmp_path if unix else None
    async with servers(*[echo] * count, unix=folder) as apps:
        for app in apps:
            await app.stop()
        async with before(tmp_path, *apps, wait_s=20) as gate:
            events = listen_to(gate)
            paths = [b"/%d" % number for number in range(20)]
            raws = [post(p) if number % 2 else get(p) for number, p in enumerate(paths)]
            tasks = await one_by_one(gate, *raws)
            await asyncio.sleep(0.15)
            for app in apps:
                await app.start()
            assert await asyncio.gather(*tasks) == [ok(path) for path in paths]
            seen = sorted(line.split()[1] for app in apps for line in app.lines)
            assert seen == sorted(paths)
            assert gate.guard.reasons == []
            assert sum(event == "kept" for event, *_ in events) == 20


async def test_the_order_is_that_of_coming(tmp_path: Path) -> None:
    async with servers(echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, *apps, wait_s=20, max_requests=1) as gate:
            tasks = await one_by_one(gate, *(post(b"/%d" % number) for number in range(8)))
            await apps[0].start()
            await asyncio.gather(*tasks)
            assert apps[0].lines == [b"POST /%d" % number for number in range(8)]


async def test_a_held_request_waits_too(tmp_path: Path) -> None:
    """Its claim is told of only when it goes."""
    told = Told()
    async with servers(echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, *apps, wait_s=20) as gate:
            gate.guard.change = {
                "head": KEPT, "framing": Length(6), "body": body(b"abcdef"), "method": "POST",
                "delivery": told, "retry_safe": False,
            }  # fmt: skip
            (task,) = await one_by_one(gate, get())
            await asyncio.sleep(0.15)
            assert told.events == []
            await apps[0].start()
            assert await task == ok(b"/held")
            assert told.events == ["sending", "delivered"]
            assert len(apps[0].heads) == 1


async def test_too_long(tmp_path: Path) -> None:
    told = Told()
    async with servers(echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, *apps, wait_s=0.2) as gate:
            gate.guard.change = {"delivery": told}
            assert b" 502 " in await gate.message(post())
            assert gate.guard.reasons == [Reason.APP_UNREACHABLE]
            assert told.events == ["unsent"]
            await apps[0].start()
            gate.guard.change = {}
            assert await gate.message(post()) == ok(b"/")


async def test_no_more_wait_than_may(tmp_path: Path) -> None:
    async with servers(echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, *apps, wait_s=20, queue=3) as gate:
            events = listen_to(gate)
            tasks = asking(gate, *[post()] * 3)
            await until(lambda: sum(event == "kept" for event, *_ in events) == 3)
            assert b" 502 " in await gate.message(post())  # at once
            await apps[0].start()
            assert await asyncio.gather(*tasks) == [ok(b"/")] * 3


async def test_who_leaves_waits_no_longer(tmp_path: Path) -> None:
    """Nothing arrives for a client that left, and nobody looks any more."""
    told = Told()
    async with servers(echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, *apps, wait_s=20) as gate:
            gate.guard.change = {"delivery": told}
            events = listen_to(gate)
            client = await gate.client()
            await client.send(post())
            await until(lambda: ("kept", "app", "") in events)
            client.abort()
            await until(lambda: told.events == ["unsent"])
            pool = gate.wire.upstreams.pool(gate.guard.upstream)
            await until(lambda: pool.prober is not None and pool.prober.done())
            assert not pool.is_anybody_kept
            await apps[0].start()
            await asyncio.sleep(0.15)
            assert apps[0].connections == 0


async def test_one_asks_for_all(tmp_path: Path) -> None:
    """However many wait, the app's address is tried ten times a second, not more."""
    async with servers(echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, *apps, wait_s=20) as gate:
            upstreams, events = gate.wire.upstreams, listen_to(gate)
            tries = 0
            connect = upstreams._connect

            async def counted(*given: Any, **more: Any) -> Any:
                nonlocal tries
                tries += 1
                return await connect(*given, **more)

            upstreams._connect = counted  # type: ignore[method-assign]
            tasks = await one_by_one(gate, *[post()] * 30)
            await until(lambda: tries >= 30)
            await asyncio.sleep(0.35)
            assert tries <= 40
            assert sum(event == "failed" for event, *_ in events) == 30  # of requests, not of looks
            await apps[0].start()
            assert await asyncio.gather(*tasks) == [ok(b"/")] * 30


async def test_a_deaf_app_is_not_waited_for(tmp_path: Path) -> None:
    """What hangs does not restart: 504 after one deadline."""
    async with servers(dies) as apps, before(tmp_path, *apps, wait_s=20) as gate:
        assert b" 502 " in await gate.message(post())
        assert len(apps[0].heads) == 1  # nor who breaks off


# --- Its turn ------------------------------------------------------------------------------


class Busy:
    """An app that answers when told to; knows how many it had at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.go: list[asyncio.Event] = []

    async def __call__(self, conn: Conn) -> None:
        while head := await request(conn):
            self.now += 1
            self.most = max(self.most, self.now)
            go = asyncio.Event()
            self.go.append(go)
            try:
                await go.wait()
            finally:
                self.now -= 1
            await conn.send(ok(head.split(b" ")[1]))

    async def let(self, count: int, among: Callable[[], Awaitable[None]] | None = None) -> None:
        for number in range(count):
            await until(lambda number=number: len(self.go) > number)
            self.go[number].set()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("make", [get, post])
async def test_no_more_at_once(tmp_path: Path, make: Callable[[bytes], bytes], count: int) -> None:
    busy = Busy()
    async with servers(*[busy] * count) as apps, before(tmp_path, *apps, max_requests=3) as gate:
        tasks = await one_by_one(gate, *(make(b"/%d" % number) for number in range(12)))
        await busy.let(12)
        assert await asyncio.gather(*tasks) == [ok(b"/%d" % number) for number in range(12)]
        assert busy.most == 3
        assert gate.guard.reasons == []


async def test_first_come_first_served(tmp_path: Path) -> None:
    busy = Busy()
    async with servers(busy) as apps, before(tmp_path, *apps, max_requests=1) as gate:
        raws = [get(b"/0"), post(b"/1"), get(b"/2"), get(b"/3"), post(b"/4"), get(b"/5")]
        tasks = await one_by_one(gate, *raws)
        await busy.let(6)
        await asyncio.gather(*tasks)
        assert [line.split()[1] for line in apps[0].lines] == [b"/%d" % n for n in range(6)]


async def test_a_full_queue(tmp_path: Path) -> None:
    busy, told = Busy(), Told()
    async with servers(busy) as apps, before(tmp_path, *apps, max_requests=1, queue=2) as gate:
        tasks = await one_by_one(gate, *[post()] * 3)
        gate.guard.change = {"delivery": told}
        assert b" 502 " in await gate.message(post())  # the page of these tests
        assert gate.guard.reasons == [Reason.APP_BUSY]
        assert told.events == ["unsent"]
        await busy.let(3)
        assert await asyncio.gather(*tasks) == [ok(b"/")] * 3


async def test_a_turn_that_never_comes(tmp_path: Path) -> None:
    busy = Busy()
    more = {"max_requests": 1, "queue_s": 0.15}
    async with servers(busy) as apps, before(tmp_path, *apps, **more) as gate:
        first = await one_by_one(gate, post())
        assert b" 502 " in await gate.message(post())
        assert gate.guard.reasons == [Reason.APP_BUSY]
        await busy.let(1)
        assert await first[0] == ok(b"/")
        second = asking(gate, post())
        await busy.let(2)
        assert await second[0] == ok(b"/")


async def test_who_leaves_leaves_the_queue(tmp_path: Path) -> None:
    busy = Busy()
    async with servers(busy) as apps, before(tmp_path, *apps, max_requests=1, queue=1) as gate:
        events = listen_to(gate)
        first = await one_by_one(gate, post(b"/1"))
        client = await gate.client()
        await client.send(post(b"/gone"))
        await until(lambda: ("queued", "app", "") in events)
        client.abort()
        await until(lambda: len(gate.wire.clients) == 1)
        third = asking(gate, post(b"/3"))
        await until(lambda: events.count(("queued", "app", "")) == 2)
        await busy.let(2)
        assert await asyncio.gather(*first, *third) == [ok(b"/1"), ok(b"/3")]
        assert apps[0].lines == [b"POST /1", b"POST /3"]


async def test_who_leaves_gives_the_turn_on(tmp_path: Path) -> None:
    busy = Busy()
    async with servers(busy) as apps, before(tmp_path, *apps, max_requests=1) as gate:
        client = await gate.client()
        await client.send(post(b"/1"))
        await until(lambda: len(busy.go) == 1)
        second = asking(gate, post(b"/2"))
        await until(lambda: len(gate.guard.requests) == 2)
        client.abort()
        await until(lambda: len(busy.go) == 2)
        busy.go[1].set()
        assert await second[0] == ok(b"/2")


async def test_a_websocket_counts(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        while head := await request(conn):
            if b"Upgrade" in head:
                await conn.send(
                    b"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                )
                await conn.rest()
                return
            await conn.send(ok())

    handshake = get(b"/", b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
    async with servers(serve) as apps, before(tmp_path, *apps, max_requests=1) as gate:
        events = listen_to(gate)
        client = await gate.client()
        await client.send(handshake)
        assert b" 101 " in await client.head()
        waits = asking(gate, get())
        await until(lambda: ("queued", "app", "") in events)
        await asyncio.sleep(0.05)
        assert len(apps[0].heads) == 1
        client.close()
        assert await waits[0] == ok()


async def test_turns_are_never_lost(tmp_path: Path) -> None:
    """Whatever becomes of them: refused, broken off, cut by the client, stale, let be."""

    async def moody(conn: Conn) -> None:
        while head := await request(conn):
            path = head.split(b" ")[1]
            if path == b"/die":
                return conn.abort()
            if path == b"/reset":
                return conn.reset_now()
            await conn.send(ok(path))
            if path == b"/last":
                return None
        return None

    async with servers(moody) as apps, before(tmp_path, *apps, max_requests=2) as gate:
        pool = gate.wire.upstreams.pool(gate.guard.upstream)
        for round_ in range(4):
            gate.guard.change = {"stay": Stay(b"k")} if round_ % 2 else {}
            raws = [make(path) for make in (get, post) for path in (b"/die", b"/reset", b"/last")]
            await asyncio.gather(*asking(gate, *raws, get(b"/a"), post(b"/b")))
            clients = [await gate.client() for _ in range(6)]
            for client in clients:
                await client.send(get(b"/c"))
                client.abort()
            await apps[0].stop()
            await asyncio.gather(*asking(gate, get(), post(), get()))
            await apps[0].start()
        await until(lambda: not gate.wire.clients)
        await until(lambda: pool.busy == 0)
        assert await gate.message(post()) == ok(b"/")


async def test_counts_start_anew_with_another_limit(tmp_path: Path) -> None:
    async with servers(echo, echo) as apps, before(tmp_path, apps[0], max_requests=1) as gate:
        assert await gate.message(get()) == ok(b"/")
        gate.guard.upstream = Upstream("app", (apps[1].address,))
        assert await gate.message(get()) == ok(b"/")
        assert heads(apps) == [1, 1]


async def test_a_turn_for_who_is_just_leaving() -> None:
    """Given and given up in the same moment: the next has it."""
    pool = Pool(Upstream("app", (Address("127.0.0.1", 1),), max_requests=1), LIMITS, unwatched)
    await pool.turn()
    first, second = (asyncio.create_task(pool.turn()) for _ in range(2))
    await asyncio.sleep(0)
    pool.leave()
    first.cancel()
    await second
    assert first.cancelled()
    assert pool.busy == 1
    pool.leave()
    assert pool.busy == 0


async def test_woken_in_the_order_of_coming() -> None:
    pool = Pool(Upstream("app", (Address("127.0.0.1", 1),)), LIMITS, unwatched)
    woken: list[int] = []

    async def wait(number: int) -> None:
        await pool.come_back(20)
        woken.append(number)

    tasks = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    pool.came_back()
    await asyncio.gather(*tasks)
    assert woken == [0, 1, 2, 3, 4]


async def test_all_addresses_are_used_again_after_a_restart(tmp_path: Path) -> None:
    """However long they were to be left out: both were away for one reason."""
    async with servers(echo, echo) as apps:
        for app in apps:
            await app.stop()
        more = {"wait_s": 20, "eject_after": 1, "eject_s": 60}
        async with before(tmp_path, *apps, **more) as gate:
            events = listen_to(gate)
            (task,) = await one_by_one(gate, post())
            await until(lambda: sum(event == "out" for event, *_ in events) == 2)
            for app in apps:
                await app.start()
            assert await task == ok(b"/")
            await gate.client()  # somebody is there, so that time is looked at
            await until(lambda: sum(event == "back" for event, *_ in events) == 2)
            count = heads(apps)
            for _ in range(4):
                assert await gate.message(post()) == ok(b"/")
            assert all(now > then for now, then in zip(heads(apps), count, strict=True))
