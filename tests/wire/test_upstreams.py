"""One upstream, several addresses: who gets a request, and what is sent again."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.affinity import Cookie, Stay
from gateway.limits import WireLimits
from gateway.model import Address, Length, Reason, Upstream
from gateway.wire.upstreams import is_theirs
from tests.wire.backends import Server, dies, echo, request, servers
from tests.wire.harness import Conn, Gate, Serve, gate_before, ok, replies
from tests.wire.test_delivery import KEPT, Told, body

LIMITS = WireLimits(connect_s=0.3, reply_head_s=2, sweep_s=0.02, tick_s=0.01)


def get(path: bytes = b"/", more: bytes = b"") -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: s\r\n%b\r\n" % (path, more)


def post(path: bytes = b"/", method: bytes = b"POST") -> bytes:
    return b"%b %b HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\nabc" % (method, path)


@asynccontextmanager
async def before(
    tmp_path: Path, apps: Sequence[Server], limits: WireLimits = LIMITS, **more: Any
) -> AsyncIterator[Gate]:
    """A gate before all of these; `events` gathers what its upstreams tell."""
    async with gate_before(replies(ok(b"other")), tmp_path, limits=limits) as gate:
        gate.guard.upstream = Upstream("app", tuple(app.address for app in apps), **more)
        yield gate


def heads(apps: Sequence[Server]) -> list[int]:
    return [len(app.heads) for app in apps]


async def until(what: Any, within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not what():
            await asyncio.sleep(0.005)


# --- Who gets it ---------------------------------------------------------------------------


async def test_each_address_has_its_share(tmp_path: Path) -> None:
    async with servers(echo, echo, echo, unix=tmp_path) as apps, before(tmp_path, apps) as gate:
        for _ in range(30):
            assert await gate.message(get()) == ok(b"/")
        assert heads(apps) == [10, 10, 10]
        assert [app.connections for app in apps] == [1, 1, 1]  # each keeps its own


async def test_the_least_busy_gets_it(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def slow(conn: Conn) -> None:
        while await conn.head():
            await go.wait()
            await conn.send(ok())

    async with servers(slow, echo) as apps, before(tmp_path, apps) as gate:
        first = asyncio.create_task(gate.message(get()))
        await until(lambda: len(apps[0].heads) == 1)
        for _ in range(5):
            assert await gate.message(post()) == ok(b"/")
        go.set()
        assert await first == ok()
        assert heads(apps) == [1, 5]


async def test_idle_connections_are_no_work(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def together(conn: Conn) -> None:
        while await conn.head():
            await go.wait()
            await conn.send(ok())

    async with servers(together, together) as apps, before(tmp_path, apps) as gate:
        gate.guard.change = {"stay": Stay(b"k", 0)}
        first = [asyncio.create_task(gate.message(get())) for _ in range(3)]
        await until(lambda: heads(apps) == [3, 0])
        go.set()
        assert await asyncio.gather(*first) == [ok()] * 3
        gate.guard.change = {}
        for _ in range(4):
            assert await gate.message(get()) == ok()
        assert heads(apps) == [5, 2]


async def test_a_visitor_stays(tmp_path: Path) -> None:
    """By key: each visitor at one address, all addresses in use."""
    async with servers(echo, echo, echo) as apps, before(tmp_path, apps) as gate:
        for number in range(50):
            gate.guard.change = {"stay": Stay(b"198.51.%d.0/24" % number)}
            counts = heads(apps)
            for raw in (get(), post(), get()):
                assert await gate.message(raw) == ok(b"/")
            after = zip(heads(apps), counts, strict=True)
            assert sorted(now - then for now, then in after) == [0, 0, 3]
        assert all(heads(apps))


COOKIES = tuple(Cookie(b"v%d" % i, b"Set-Cookie: c=v%d\r\n" % i) for i in range(3))


@pytest.mark.parametrize("named", [0, 1, 2])
async def test_a_cookie_names_the_address(tmp_path: Path, named: int) -> None:
    async with servers(echo, echo, echo) as apps, before(tmp_path, apps) as gate:
        gate.guard.change = {"stay": Stay(b"k", named, COOKIES, b"v%d" % named)}
        for raw in (get(), post(), get()):
            assert await gate.message(raw) == ok(b"/")  # and nothing is set
        assert heads(apps)[named] == 3


async def test_the_cookie_comes_with_the_apps_own(tmp_path: Path) -> None:
    serve = replies(ok(b"hello", b"Set-Cookie: PHPSESSID=1\r\n"))
    async with servers(serve, echo) as apps, before(tmp_path, apps) as gate:
        gate.guard.change = {"stay": Stay(b"k", -1, COOKIES[:2])}
        for _ in range(2):
            said = await gate.message(get())
            at = 0 if apps[0].heads else 1
            expected = COOKIES[at].field if at == 0 else b""
            assert said.count(b"Set-Cookie: c=") == (1 if expected else 0)
            assert expected + b"\r\n" in said
            gate.guard.change = {"stay": Stay(b"other", 0, COOKIES[:2])}
        assert b"Set-Cookie: PHPSESSID=1\r\nSet-Cookie: c=v0\r\n\r\nhello" in said


async def test_who_is_sent_elsewhere_stays_there(tmp_path: Path) -> None:
    async with servers(echo, echo) as apps, before(tmp_path, apps) as gate:
        await apps[0].stop()
        gate.guard.change = {"stay": Stay(b"k", 0, COOKIES[:2], b"v0")}
        said = await gate.message(get())
        assert said == ok(b"/", COOKIES[1].field)


# --- What fails ----------------------------------------------------------------------------


async def test_a_dead_address_fails_nobody(tmp_path: Path) -> None:
    """Nothing was sent to who refuses, so any request goes to another."""
    async with servers(echo, echo, echo, unix=tmp_path) as apps:
        await apps[0].stop()
        await apps[2].stop()
        async with before(tmp_path, apps) as gate:
            for number in range(10):
                assert await gate.message(get(b"/%d" % number)) == ok(b"/%d" % number)
                for method in (b"POST", b"PUT", b"PATCH"):
                    assert await gate.message(post(b"/p", method)) == ok(b"/p")
            assert heads(apps) == [0, 40, 0]
            assert gate.guard.reasons == []


async def test_an_address_that_takes_no_connection(tmp_path: Path) -> None:
    """A full backlog: nothing was sent either."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        at = Address("127.0.0.1", deaf.getsockname()[1])
        full = [_begin(at.port) for _ in range(4)]
        async with servers(echo) as apps, before(tmp_path, apps) as gate:
            gate.guard.upstream = Upstream("app", (at, apps[0].address))
            assert await gate.message(post()) == ok(b"/")
            gate.guard.upstream = Upstream("app", (at, at, at))
            events = listen_to(gate)
            assert b" 502 " in await gate.message(post())
            assert gate.guard.reasons == [Reason.APP_TIMEOUT]
            assert [event for event, *_ in events] == ["failed"] * 2  # the visitor waits no longer
            await apps[0].stop()
            gate.guard.upstream = Upstream("app", (at, apps[0].address), wait_s=60)
            gate.guard.change = {"stay": Stay(b"k", 0)}
            assert b" 502 " in await gate.message(post())
            assert gate.guard.reasons == [Reason.APP_TIMEOUT] * 2  # it hangs: that is no restart
        for one in full:
            one.close()


def _begin(port: int) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", port))
    return one


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PATCH"])
async def test_what_was_sent_is_never_doubled(tmp_path: Path, method: bytes) -> None:
    async with servers(dies, dies, dies) as apps, before(tmp_path, apps) as gate:
        assert b" 502 " in await gate.message(post(b"/", method))
        bare = b"%b / HTTP/1.1\r\nHost: s\r\n\r\n" % method
        if method == b"DELETE":
            assert b" 502 " in await gate.message(bare)
        assert sum(heads(apps)) == len(gate.guard.reasons) == (2 if method == b"DELETE" else 1)


async def test_a_get_that_breaks_off_is_sent_once_more_elsewhere(tmp_path: Path) -> None:
    async with servers(dies, echo) as apps, before(tmp_path, apps) as gate:
        assert await gate.message(get()) == ok(b"/")
        assert heads(apps) == [1, 1]


async def test_elsewhere_also_for_who_stays(tmp_path: Path) -> None:
    async with servers(dies, echo) as apps, before(tmp_path, apps) as gate:
        gate.guard.change = {"stay": Stay(b"k", 0, COOKIES[:2], b"v0")}
        assert await gate.message(get()) == ok(b"/", COOKIES[1].field)
        assert heads(apps) == [1, 1]


async def test_and_only_once(tmp_path: Path) -> None:
    async with servers(dies, dies, dies) as apps, before(tmp_path, apps) as gate:
        assert b" 502 " in await gate.message(get())
        assert sorted(heads(apps)) == [0, 1, 1]
        assert gate.guard.reasons == [Reason.APP_BROKE]


async def test_not_where_it_has_begun_to_answer(tmp_path: Path) -> None:
    async def half(conn: Conn) -> None:
        await conn.head()
        await conn.send(b"HTTP/1.1 2")
        conn.abort()

    async with servers(half, echo) as apps, before(tmp_path, apps) as gate:
        assert b" 502 " in await gate.message(get())
        assert heads(apps) == [1, 0]


async def test_not_a_get_with_a_body(tmp_path: Path) -> None:
    async with servers(dies, echo) as apps, before(tmp_path, apps) as gate:
        assert b" 502 " in await gate.message(post(b"/", b"GET"))
        assert heads(apps) == [1, 0]


async def test_one_address_gets_nothing_twice(tmp_path: Path) -> None:
    async with servers(dies) as apps, before(tmp_path, apps) as gate:
        assert b" 502 " in await gate.message(get())
        assert heads(apps) == [1]


def once(then: Serve) -> Serve:
    """Answers one request, and ends the connection at the next; later ones get `then`."""
    first = [True]

    async def serve(conn: Conn) -> None:
        if not first.pop() if first else True:
            return await then(conn)
        await request(conn)
        await conn.send(ok(b"first"))
        await request(conn)
        return conn.abort()

    return serve


@pytest.mark.parametrize("count", [1, 3])
async def test_a_stale_connection(tmp_path: Path, count: int) -> None:
    """A GET goes out again, to the same address, which is not to blame; others don't use it."""
    apps_serve = [once(echo), *[dies] * (count - 1)]
    async with servers(*apps_serve) as apps, before(tmp_path, apps, eject_after=1) as gate:
        gate.guard.change = {"stay": Stay(b"k", 0, (), b"v")}
        assert await gate.message(get(b"/1")) == ok(b"first")
        assert await gate.message(post(b"/2")) == ok(b"/2")
        assert await gate.message(get(b"/3")) == ok(b"/3")
        assert apps[0].lines == [b"GET /1", b"POST /2", b"GET /3", b"GET /3"]
        assert sum(heads(apps)) == 4


@pytest.mark.parametrize("safe", [True, False])
async def test_a_stale_connection_of_our_own(tmp_path: Path, safe: bool) -> None:
    """Our own pages are asked on kept connections whatever the method; only what is safe twice."""
    async with servers(once(echo)) as apps, before(tmp_path, apps) as gate:
        gate.guard.change = {"ours": True, "retry_safe": safe}
        assert await gate.message(get(b"/1")) == ok(b"first")
        said = await gate.message(get(b"/2") if safe else post(b"/2"))
        assert said == ok(b"/2") if safe else said.startswith(b"HTTP/1.1 503 ")
        assert apps[0].lines == [b"GET /1"] + ([b"GET /2"] * 2 if safe else [b"POST /2"])


async def test_a_stale_connection_and_then_nobody(tmp_path: Path) -> None:
    async with servers(once(dies)) as apps, before(tmp_path, apps) as gate:
        assert await gate.message(get()) == ok(b"first")
        assert b" 502 " in await gate.message(get())
        assert len(apps[0].heads) == 3


async def test_a_held_request_tries_every_address(tmp_path: Path) -> None:
    told = Told()
    async with servers(echo, echo) as apps, before(tmp_path, apps) as gate:
        await apps[0].stop()
        gate.guard.change = {
            "head": KEPT, "framing": Length(6), "body": body(b"abcdef"), "method": "POST",
            "delivery": told, "retry_safe": False, "stay": Stay(b"k", 0, COOKIES[:2], b"v0"),
        }  # fmt: skip
        assert await gate.message(get()) == ok(b"/held", COOKIES[1].field)
        assert told.events == ["sending", "delivered"]
        assert heads(apps) == [0, 1]


@pytest.mark.parametrize(
    "fault, theirs",
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), True),
        (FileNotFoundError(errno.ENOENT, ""), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (OSError(errno.EMFILE, ""), False),
        (OSError(errno.EADDRNOTAVAIL, ""), False),
        (asyncio.CancelledError(), False),
    ],
)
def test_whose_fault(fault: BaseException, theirs: bool) -> None:
    assert is_theirs(fault) == theirs


# --- Left out, and back --------------------------------------------------------------------


def listen_to(gate: Gate) -> list[tuple[str, str, str]]:
    events: list[tuple[str, str, str]] = []
    gate.wire.upstreams.watch = lambda *event: events.append(event)
    return events


async def test_left_out_and_back(tmp_path: Path) -> None:
    async with servers(echo, echo) as apps:
        await apps[0].stop()
        async with before(tmp_path, apps, eject_after=2, eject_s=0.2) as gate:
            events, name = listen_to(gate), str(apps[0].address)
            for _ in range(20):
                assert await gate.message(post()) == ok(b"/")
            kinds = Counter(event for event, _, where in events if where == name)
            assert kinds["out"] == 1 and kinds["failed"] in (2, 3)  # not 10: a trial at most
            await apps[0].start()
            client = await gate.client()  # somebody is there, so that time is looked at
            await until(lambda: ("back", "app", name) in events)
            client.close()
            for _ in range(4):
                assert await gate.message(post()) == ok(b"/")
            assert heads(apps)[0] == 2
            assert {upstream for _, upstream, _ in events} == {"app"}


async def test_an_address_that_only_breaks_off(tmp_path: Path) -> None:
    """It accepts, so it is tried again; the first failure then puts it out for longer."""
    more = {"eject_after": 2, "eject_s": 0.05}
    async with servers(dies, echo) as apps, before(tmp_path, apps, **more) as gate:
        events = listen_to(gate)
        for failures in (2, 3):  # two, and then one more
            while events.count(("out", "app", str(apps[0].address))) < failures - 1:
                assert await gate.message(get()) == ok(b"/")  # again, elsewhere
            assert heads(apps)[0] == failures
            backs = failures - 1
            while events.count(("back", "app", str(apps[0].address))) < backs:
                await asyncio.sleep(0.01)


async def test_an_address_that_hangs(tmp_path: Path) -> None:
    async def hangs(conn: Conn) -> None:
        await conn.head()
        await asyncio.sleep(30)

    async with servers(hangs, echo) as apps:
        more = {"eject_after": 2, "eject_s": 60, "reply_head_s": 0.1}
        async with before(tmp_path, apps, **more) as gate:
            said = [await gate.message(get()) for _ in range(12)]
            assert Counter(b" 502 " in one for one in said) == {True: 2, False: 10}
            assert gate.guard.reasons == [Reason.APP_TIMEOUT] * 2


async def test_never_all(tmp_path: Path) -> None:
    more = {"eject_after": 1, "eject_s": 60}
    async with servers(dies, dies) as apps, before(tmp_path, apps, **more) as gate:
        events = listen_to(gate)
        for count in (1, 2, 3):
            assert b" 502 " in await gate.message(get())
            assert heads(apps) == [count, count]
        assert Counter(e for e, *_ in events)["out"] == 2
        for app in apps:
            app.serve = echo
        assert await gate.message(get()) == ok(b"/")
        assert Counter(e for e, *_ in events)["back"] == 1  # the one that answered


async def test_what_was_left_out_is_the_last_resort(tmp_path: Path) -> None:
    more = {"eject_after": 1, "eject_s": 60}
    async with servers(echo, echo) as apps, before(tmp_path, apps, **more) as gate:
        events = listen_to(gate)
        await apps[1].stop()
        for _ in range(3):
            assert await gate.message(post()) == ok(b"/")
        assert ("out", "app", str(apps[1].address)) in events
        await apps[0].stop()
        await apps[1].start()
        assert await gate.message(post()) == ok(b"/")
        assert heads(apps) == [3, 1]


async def test_a_reply_forgives(tmp_path: Path) -> None:
    fails = [True, True, False, True, True, False]

    async def moody(conn: Conn) -> None:
        await request(conn)
        if fails.pop(0):
            return conn.abort()
        return await conn.send(ok(), b"")

    async with servers(moody, moody) as apps, before(tmp_path, apps, eject_s=60) as gate:
        gate.guard.change = {"stay": Stay(b"k", 0)}
        events = listen_to(gate)
        for expected in (502, 502, 200, 502, 502, 200):
            assert b" %d " % expected in await gate.message(post())
        assert [event for event, *_ in events] == ["failed"] * 4


# --- Deadlines of its own ------------------------------------------------------------------


async def test_deadlines_of_its_own(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def slowly(conn: Conn) -> None:
        while await conn.head():
            await go.wait()
            await conn.send(ok())

    limits = replace(LIMITS, reply_head_s=60)
    async with servers(slowly) as apps, before(tmp_path, apps, limits) as gate:
        patient = asyncio.create_task(gate.message(get()))
        await until(lambda: len(apps[0].heads) == 1)
        gate.guard.upstream = replace(gate.guard.upstream, name="hasty", reply_head_s=0.1)
        assert b" 502 " in await gate.message(get())
        assert gate.guard.reasons == [Reason.APP_TIMEOUT]
        go.set()
        assert await patient == ok()


async def test_a_deadline_shorter_than_all_of_the_wires(tmp_path: Path) -> None:
    async def then_hangs(conn: Conn) -> None:
        await conn.head()
        await conn.send(ok())
        await conn.head()
        await asyncio.sleep(60)

    limits = WireLimits(pool_idle_s=60, connect_s=60, sweep_s=60)
    more = {"limits": limits, "reply_head_s": 0.1}
    async with servers(then_hangs) as apps, before(tmp_path, apps, **more) as gate:
        client = await gate.client()
        await client.send(get())
        assert await client.message() == ok()
        await asyncio.sleep(0.3)  # the next look at deadlines is far off
        await client.send(get())
        assert b" 502 " in await client.message()  # or the client's patience ends


async def test_no_descriptor_is_left(tmp_path: Path) -> None:
    async with servers(dies, echo, echo, unix=tmp_path) as apps:
        before_all = _descriptors()
        async with before(tmp_path, apps, max_requests=3, eject_after=1, eject_s=0.05) as gate:
            for _ in range(20):
                await asyncio.gather(*(gate.message(raw) for raw in (get(), post(), get())))
            await apps[2].stop()
            for _ in range(20):
                await asyncio.gather(*(gate.message(raw) for raw in (get(), post(), get())))
        await until(lambda: _descriptors() <= before_all)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_an_address_that_is_none(tmp_path: Path) -> None:
    """No configuration makes one, but if: the client is answered and the visit goes on."""
    told = Told()
    async with servers(echo) as apps, before(tmp_path, apps) as gate:
        gate.guard.change = {"delivery": told}
        gate.guard.upstream = Upstream("app", (Address("a" * 70 + ".example", 80),))
        assert b" 500 " in await gate.ask(post())
        assert told.events == ["unsent"]
        assert len(gate.faults) == 1
