"""Several requests on one connection, sent ahead or in turn, forwarded or answered by the gate."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.model import Address, BodySeen, Peer, RequestHead, Upstream
from gateway.wire import Plan
from gateway.wire.client import Client
from tests.wire.harness import Conn, Guard, gate_before, ok, replies


def get(target: bytes, *lines: bytes) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: s\r\n%b\r\n" % (target, b"".join(lines))


async def echo(conn: Conn) -> None:
    """Answers with the target, slowly for /slow, and with the body if there was one."""
    while head := await conn.head():
        target = head.split(b" ")[1]
        if b"Content-Length" in head:
            target += await conn.exactly(int(head.split(b"Content-Length: ")[1].split(b"\r")[0]))
        if b"chunked" in head:
            target += (await conn.chunks())[:4]
        if b"slow" in target:
            await asyncio.sleep(0.03)
        await conn.send(ok(target))


class Alternating(Guard):
    """Targets below /own are the gate's."""

    def plan(self, request: RequestHead, peer: Peer, body: BodySeen | None) -> Plan:
        plan = self.forward(request, peer)
        if request.target.startswith(b"/own"):
            assert self.gate is not None
            plan.upstream, plan.ours = self.gate, True
        return plan


async def test_answers_come_in_order(tmp_path: Path) -> None:
    targets = [b"/slow", b"/own/1", b"/2", b"/own/slow", b"/own/3", b"/slow/4", b"/5"]
    async with gate_before(echo, tmp_path, guard=Alternating, gate_serve=echo) as gate:
        client = await gate.client()
        await client.send(b"".join(map(get, targets)))
        for target in targets:
            assert await client.message() == ok(target)
        assert len(gate.app.heads) == 4


@pytest.mark.parametrize("step", [1, 5, 64, 10_000])
async def test_bodies_and_heads_in_one_stream(tmp_path: Path, step: int) -> None:
    stream = (
        b"PUT /a HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\nabc"
        + get(b"/b")
        + b"PUT /c HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        + b"\r\n"  # a stray line end after a body, as some clients send
        + get(b"/d")
    )
    async with gate_before(echo, tmp_path) as gate:
        client = await gate.client()
        for at in range(0, len(stream), step):
            await client.send(stream[at : at + step])
        for expected in (b"/aabc", b"/b", b"/c1\r\nx", b"/d"):
            assert await client.message() == ok(expected)


@pytest.mark.parametrize("blank", [b"", b"\r\n", b"\r\n" * 4])
async def test_blank_lines_before_a_request_are_nothing(tmp_path: Path, blank: bytes) -> None:
    async with gate_before(echo, tmp_path) as gate:
        assert await gate.message(blank + get(b"/1")) == ok(b"/1")


@pytest.mark.parametrize("blank", [b"\r\n" * 5, b"\n", b"\r\n\n", b"\r", b" \r\n"])
async def test_other_blanks_are_refused(tmp_path: Path, blank: bytes) -> None:
    async with gate_before(echo, tmp_path) as gate:
        for step in (1, 1000):
            client = await gate.client()
            answer = asyncio.ensure_future(client.head())
            stream = blank + get(b"/1")
            for at in range(0, len(stream), step):
                await client.send(stream[at : at + step])
            assert (await answer).startswith(b"HTTP/1.1 400 ")
        assert gate.app.heads == []


async def test_bare_line_feeds_are_refused_without_waiting_for_more(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        client = await gate.client()
        await client.send(b"GET / HTTP/1.1\nHost: s\n\n")
        assert (await asyncio.wait_for(client.head(), 2)).startswith(b"HTTP/1.1 400 ")


async def test_nothing_is_read_past_a_close(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        said = await gate.ask(get(b"/1", b"Connection: close\r\n") + get(b"/2"))
        assert said == ok(b"/1", b"Connection: close\r\n")
        assert len(gate.app.heads) == 1


async def test_a_refusal_waits_for_its_turn(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        said = await gate.ask(get(b"/slow") + b"GET  / HTTP/1.1\r\n\r\n")
        first, second = ok(b"/slow"), b"HTTP/1.1 400 Bad Request\r\n"
        assert said.startswith(first + second)
        assert len(gate.app.heads) == 1


async def test_what_is_sent_ahead_is_bounded(tmp_path: Path) -> None:
    """A flood behind an unanswered request waits in the kernel, not in our memory."""
    started = asyncio.Event()

    async def serve(conn: Conn) -> None:
        while await conn.head():
            started.set()
            await asyncio.sleep(0.1)
            await conn.send(ok())

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        await client.send(get(b"/"))
        await started.wait()
        client.writer.write(get(b"/x") * 200_000)
        await asyncio.sleep(0.05)
        held = [len(each._buffer) for each in gate.wire.clients]
        assert max(held) < 400_000
        assert await client.message() == ok()


async def test_smuggled_request_behind_a_body_is_a_request(tmp_path: Path) -> None:
    """Where the body ends the next head begins, and is judged like any other."""
    hidden = get(b"/own/admin")
    stream = b"PUT /a HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\nabc" + hidden
    async with gate_before(echo, tmp_path, guard=Alternating, gate_serve=echo) as gate:
        client = await gate.client()
        await client.send(stream)
        assert await client.message() == ok(b"/aabc")
        assert await client.message() == ok(b"/own/admin")
        assert all(b"admin" not in head for head in gate.app.heads)


BAD_BODIES = {
    "size not hex": b"xyz\r\nabc\r\n0\r\n\r\n",
    "size empty": b"\r\nabc\r\n0\r\n\r\n",
    "size negative": b"-1\r\nabc\r\n0\r\n\r\n",
    "size plus": b"+1\r\na\r\n0\r\n\r\n",
    "size 0x": b"0x1\r\na\r\n0\r\n\r\n",
    "size underscore": b"1_0\r\na\r\n0\r\n\r\n",
    "size with space": b"1 \r\na\r\n0\r\n\r\n",
    "space before size": b" 1\r\na\r\n0\r\n\r\n",
    "size overflows": b"10000000000000001\r\na\r\n0\r\n\r\n",
    "bare LF after size": b"1\na\r\n0\r\n\r\n",
    "bare CR after size": b"1\ra\r\n0\r\n\r\n",
    "LF in extension": b"1;a\nb\r\na\r\n0\r\n\r\n",
    "CR in extension": b"1;a\rb\r\na\r\n0\r\n\r\n",
    "bad extension": b"1;;\r\na\r\n0\r\n\r\n",
    "extension open quote": b'1;a="b\r\na\r\n0\r\n\r\n',
    "extension too long": b"1;" + b"a" * 300 + b"\r\na\r\n0\r\n\r\n",
    "chunk too long": b"1\r\nab\r\n0\r\n\r\n",
    "chunk without CRLF": b"1\r\na0\r\n\r\n",
    "chunk with LF": b"1\r\na\n0\r\n\r\n",
    "chunk with CR only": b"1\r\na\r0\r\n\r\n",
    "last chunk with LF": b"0\n\r\n",
    "trailer with LF": b"0\r\nX: y\n\r\n",
    "trailer fold": b"0\r\nX: y\r\n z\r\n\r\n",
    "trailer without colon": b"0\r\nX\r\n\r\n",
    "trailer with NUL": b"0\r\nX: \x00\r\n\r\n",
    "trailer Content-Length": b"0\r\nContent-Length: 3\r\n\r\n",
    "trailer Transfer-Encoding": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "trailer Host": b"0\r\nHost: x\r\n\r\n",
    "trailer Cookie": b"0\r\nCookie: x\r\n\r\n",
    "trailer ours": b"0\r\nX-Gateway-Risk: 0\r\n\r\n",
    "trailer ours with _": b"0\r\nX_Gateway_Risk: 0\r\n\r\n",
    "trailer ours with dots": b"0\r\nX.Gateway.Risk: 0\r\n\r\n",
    "trailer Script_Name": b"0\r\nScript_Name: /x\r\n\r\n",
    "trailer forwarded": b"0\r\nX-Forwarded-For: x\r\n\r\n",
    "trailers too long": b"0\r\n"
    + b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 250
    + b"\r\n",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("step", [1, 10_000])
async def test_bad_chunks_are_refused(tmp_path: Path, body: bytes, step: int) -> None:
    """Nothing of what is broken from the start reaches the app; else never a whole request."""
    got: list[bytes] = []

    async def serve(conn: Conn) -> None:
        await conn.head()
        got.append(await conn.rest())

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        head = b"PUT / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n"
        stream = body + get(b"/smuggled")
        answer = asyncio.ensure_future(client.head())
        parts = [head] + [stream[at : at + 1] for at in range(len(stream))]
        for part in parts if step == 1 else [head + stream]:
            if answer.done():
                break
            await client.send(part)
            await asyncio.sleep(0)
        assert (await answer).startswith(b"HTTP/1.1 400 ")
        await asyncio.sleep(0.01)
        assert len(gate.app.heads) == (1 if step == 1 else 0)
    assert all(b"0\r\n\r\n" not in part and b"smuggled" not in part for part in got)


async def test_draining_says_close_and_ends(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        busy, idle = await gate.client(), await gate.client()
        await idle.send(get(b"/idle"))
        assert await idle.message() == ok(b"/idle")
        await busy.send(get(b"/slow"))
        await asyncio.sleep(0.01)
        draining = asyncio.ensure_future(gate.wire.drain(30))
        assert await busy.rest() == ok(b"/slow", b"Connection: close\r\n")
        await idle.send(get(b"/late"))  # on its way when the drain began
        assert await idle.rest() == ok(b"/late", b"Connection: close\r\n")
        await asyncio.sleep(0.1)
        assert not draining.done()  # it lingers until the clients have seen it
        busy.close()
        idle.close()
        await asyncio.wait_for(draining, 20)


async def test_draining_with_patience_leaves_idle_connections_be(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        idle, silent = await gate.client(), await gate.client()
        await idle.send(get(b"/idle"))
        assert await idle.message() == ok(b"/idle")
        gate.wire.patient = True
        draining = asyncio.ensure_future(gate.wire.drain(60))
        await asyncio.sleep(1.3)
        await idle.send(get(b"/late"))
        assert await idle.rest() == ok(b"/late", b"Connection: close\r\n")
        idle.close()
        gate.wire.patient = False  # told to hurry
        assert await silent.rest() == b""
        await asyncio.wait_for(draining, 20)


async def test_draining_knows_who_was_accepted_just_now(tmp_path: Path) -> None:
    """A listener that closes may have accepted what the loop has not yet told us of."""
    async with gate_before(echo, tmp_path) as gate:
        draining: list[asyncio.Future[None]] = []
        made = gate.wire.protocol

        def begin() -> Client:
            draining.append(asyncio.ensure_future(gate.wire.drain(30)))
            return made()

        server = await asyncio.get_running_loop().create_server(begin, "127.0.0.1", 0)
        gate.port = server.sockets[0].getsockname()[1]
        client = await gate.client()
        await client.send(get(b"/first"))
        assert await client.rest() == ok(b"/first", b"Connection: close\r\n")
        server.close()
        client.close()
        await asyncio.wait_for(draining[0], 20)


async def test_what_was_pipelined_behind_the_last_reply_does_not_take_it_away(
    tmp_path: Path,
) -> None:
    async with gate_before(echo, tmp_path) as gate:
        client = await gate.client()
        draining = asyncio.ensure_future(gate.wire.drain(30))
        await asyncio.sleep(0)
        await client.send(get(b"/slow"))
        for _ in range(20):
            await client.send(get(b"/more"))
            await asyncio.sleep(0.01)
        assert await client.rest() == ok(b"/slow", b"Connection: close\r\n")
        client.close()
        await asyncio.wait_for(draining, 20)


async def test_draining_ends_idle_connections(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        idle = await gate.client()
        await idle.send(get(b"/idle"))
        assert await idle.message() == ok(b"/idle")
        await asyncio.wait_for(gate.wire.drain(0.2), 1)
        assert await idle.rest() == b""


async def test_draining_cuts_what_does_not_end(tmp_path: Path) -> None:
    async def never(conn: Conn) -> None:
        await conn.head()
        await asyncio.sleep(5)

    async with gate_before(never, tmp_path) as gate:
        busy = await gate.client()
        await busy.send(get(b"/"))
        await asyncio.sleep(0.01)
        await asyncio.wait_for(gate.wire.drain(0.1), 1)
        assert await busy.rest() == b""
        assert gate.guard.done == [("app", 0, 0)]


async def test_client_gone_while_connecting_leaves_nothing(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        for wait_s in (0, 0.0005, 0.001, 0.002, 0.004):
            client = await gate.client()
            await client.send(b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 1\r\n\r\n")
            await asyncio.sleep(wait_s)
            client.abort()
        await asyncio.sleep(0.05)
        assert not gate.wire.clients and not gate.wire.upstreams.links


async def test_client_gone_reaches_the_app_promptly(tmp_path: Path) -> None:
    gone = asyncio.Event()

    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.rest()
        gone.set()

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        await client.send(get(b"/"))
        await asyncio.sleep(0.03)
        client.abort()
        await asyncio.wait_for(gone.wait(), 0.1)


async def test_events_pass_one_by_one(tmp_path: Path) -> None:
    told = asyncio.Event()

    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for _ in range(3):
            await told.wait()
            told.clear()
            await conn.send(b"data: x\n\n")

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        await client.send(get(b"/"))
        await client.head()
        for _ in range(3):
            told.set()
            assert await asyncio.wait_for(client.exactly(9), 1) == b"data: x\n\n"


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_head_replies_have_no_body(tmp_path: Path, version: bytes) -> None:
    async def serve(conn: Conn) -> None:
        while await conn.head():
            await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        raw = b"HEAD / HTTP/%b\r\nHost: s\r\nConnection: keep-alive\r\n\r\n" % version
        for _ in range(2):
            await client.send(raw)
            assert b"Content-Length: 999\r\n" in await client.head()
        assert gate.app.connections == 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_head_answered_by_what_was_asked_otherwise(tmp_path: Path, chunked: bool) -> None:
    """A HEAD whose plan asks with GET still gets no body, and the connection stays in step."""
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    async with gate_before(replies(reply if chunked else ok()), tmp_path) as gate:
        gate.guard.change = {"method": "GET"}
        client = await gate.client()
        for _ in range(2):
            await client.send(b"HEAD / HTTP/1.1\r\nHost: s\r\n\r\n")
            head = await client.head()
            assert head == (reply if chunked else ok()).split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        gate.guard.change = {}
        await client.send(get(b"/"))
        assert (await client.message()).endswith(b"0\r\n\r\n" if chunked else b"hello")


async def test_a_kept_head_is_answered_without_a_length(tmp_path: Path) -> None:
    """… and the other way round: nobody waits for a body that won't come."""

    async def serve(conn: Conn) -> None:
        while await conn.head():
            await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nX: y\r\n\r\n")

    async with gate_before(serve, tmp_path) as gate:
        gate.guard.change = {"method": "HEAD", "head": b"HEAD / HTTP/1.1\r\nHost: s\r\n\r\n"}
        said = await gate.ask(b"POST / HTTP/1.1\r\nHost: s\r\n\r\n")
        assert said == b"HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\n"


async def test_http10_client_gets_plain_bytes(tmp_path: Path) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = (b"3;a=b\r\nab", b"c\r\n1\r\nd", b"\r\n0\r\nX: y\r\n\r\n")
    async with gate_before(replies(chunked, *parts), tmp_path) as gate:
        raw = b"GET / HTTP/1.0\r\nHost: s\r\nConnection: keep-alive\r\n\r\n"
        assert await gate.ask(raw) == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcd"


async def test_http10_client_gets_no_interim_reply(tmp_path: Path) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with gate_before(replies(early, ok()), tmp_path) as gate:
        said = await gate.ask(b"GET / HTTP/1.0\r\nHost: s\r\n\r\n")
        assert said == ok(b"hello", b"Connection: close\r\n")


async def test_http10_client_may_stay(tmp_path: Path) -> None:
    async with gate_before(echo, tmp_path) as gate:
        client = await gate.client()
        for _ in range(2):
            await client.send(b"GET / HTTP/1.0\r\nHost: s\r\nConnection: keep-alive\r\n\r\n")
            assert await client.message() == ok(b"/", b"Connection: keep-alive\r\n")


async def test_large_bodies_both_ways(tmp_path: Path) -> None:
    size = 20_000_000

    async def serve(conn: Conn) -> None:
        await conn.head()
        body = await conn.reader.readexactly(size)
        await conn.send(ok(body))

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        body = bytes(range(256)) * (size // 256)
        await client.send(b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n\r\n" % size)
        sending = asyncio.ensure_future(client.send(body))
        got = await client.message()
        await sending
        assert got == ok(body)


async def test_upstreams_of_one_name_and_another_address(tmp_path: Path) -> None:
    """After a change of configuration no request goes to the old address."""
    async with gate_before(replies(ok()), tmp_path) as gate:
        assert await gate.message(get(b"/")) == ok()
        gate.guard.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "elsewhere")),))
        assert (await gate.message(get(b"/"))).startswith(b"HTTP/1.1 502 ")
        assert len(gate.app.heads) == 1


@pytest.mark.parametrize(
    "body",
    [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
)
async def test_a_reply_may_come_in_any_two_parts(tmp_path: Path, body: bytes) -> None:
    """Interim reply, head and body, cut at each byte: the client gets the same, in step."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    date = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    final = b"HTTP/1.1 200 OK\r\n" + date + body
    reply = early + b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n" + date + body

    async def serve(conn: Conn) -> None:
        while head := await conn.head():
            cut = int(head.split(b" ")[1][1:])
            await conn.send(reply[:cut])
            await asyncio.sleep(0.001)
            await conn.send(reply[cut:])

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        for cut in range(1, len(reply)):
            await client.send(get(b"/%d" % cut))
            assert await client.head() == early
            assert await client.message() == final
        assert gate.app.connections == 1
