"""What naive proxies do to traffic, row by row, on real sockets."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from gateway.wire import WireLimits
from tests.wire.harness import Conn, Serve, gate_before, ok, replies

TAIL = (
    b"X-Forwarded-For: 203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n"
    b"X-Forwarded-Host: s\r\n\r\n"
)
HEAD = b"Host: s\r\n"


async def arrives(tmp_path: Path, raw: bytes) -> bytes:
    """The head that the app sees for a bodyless request."""
    async with gate_before(replies(ok()), tmp_path) as gate:
        assert await gate.message(raw) == ok()
        return gate.app.heads[0]


async def comes_back(tmp_path: Path, reply: bytes, raw: bytes = b"GET / HTTP/1.1\r\n") -> bytes:
    """What a client reads of the app's reply, up to its length."""
    async with gate_before(replies(reply), tmp_path) as gate:
        return await gate.message(raw + HEAD + b"\r\n")


def echo(size_bytes: int, seen: list[bytes]) -> Serve:
    async def serve(conn: Conn) -> None:
        while await conn.head():
            seen.append(await conn.exactly(size_bytes))
            await conn.send(ok())

    return serve


TARGETS = [
    b"/a/../b/./c", b"//a//b", b"/%2f%7e%41", b"/100%?x=%zz", b"/[]|{}^", b"/p?", b"/p?a?b#"[:-1],
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
async def test_row_1_and_2_target_stays_raw(tmp_path: Path, target: bytes) -> None:
    head = await arrives(tmp_path, b"GET %b HTTP/1.1\r\nHost: s\r\n\r\n" % target)
    assert head.startswith(b"GET %b HTTP/1.1\r\n" % target)


async def test_row_3_get_gains_nothing(tmp_path: Path) -> None:
    assert await arrives(tmp_path, b"GET / HTTP/1.1\r\nHost: s\r\n\r\n") == (
        b"GET / HTTP/1.1\r\nHost: s\r\n" + TAIL
    )


async def test_row_4_chunked_stays_chunked(tmp_path: Path) -> None:
    seen: list[bytes] = []
    body = b'5;ext="a;b"\r\nhello\r\n0\r\n\r\n'
    async with gate_before(echo(len(body), seen), tmp_path) as gate:
        head = b"PUT / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert await gate.message(head + body) == ok()
        assert b"Transfer-Encoding: chunked" in gate.app.heads[0]
        assert b"Content-Length" not in gate.app.heads[0]
    assert seen == [body]


async def test_row_5_gzip_request_stays_packed(tmp_path: Path) -> None:
    seen: list[bytes] = []
    body = gzip.compress(b"x" * 500)
    head = b"POST / HTTP/1.1\r\nHost: s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    async with gate_before(echo(len(body), seen), tmp_path) as gate:
        assert await gate.message(head % len(body) + body) == ok()
    assert seen == [body]


async def test_row_6_gzip_reply_stays_packed(tmp_path: Path) -> None:
    reply = ok(gzip.compress(b"x" * 500), b"Content-Encoding: gzip\r\n")
    assert await comes_back(tmp_path, reply) == reply


async def test_row_7_bytes_beyond_utf8_survive(tmp_path: Path) -> None:
    lines = b'Cookie: c=\xe9\r\nX-Name: r\xe9sum\xe9 \xff"\r\n'
    head = await arrives(tmp_path, b"GET / HTTP/1.1\r\nHost: s\r\n" + lines + b"\r\n")
    assert lines in head
    reply = ok(b"x", b'Content-Disposition: attachment; filename="r\xe9sum\xe9.pdf"\r\n')
    assert await comes_back(tmp_path, reply) == reply


async def test_row_8_and_9_spelling_order_and_repeats_survive(tmp_path: Path) -> None:
    lines = b"user-AGENT: u\r\naccept: a\r\nETag: x\r\nAccept: b\r\nX-b: 1\r\nx-B: 2\r\n"
    head = await arrives(tmp_path, b"GET / HTTP/1.1\r\nHost: s\r\n" + lines + b"\r\n")
    assert lines in head
    reply = ok(b"x", b"etag: 1\r\nVARY: a\r\nSet-Cookie: a\r\nvary: b\r\nset-cookie: b\r\n")
    assert await comes_back(tmp_path, reply) == reply


async def test_row_10_hop_by_hop_ends_here(tmp_path: Path) -> None:
    head = await arrives(
        tmp_path,
        b"GET / HTTP/1.1\r\nHost: s\r\nConnection: keep-alive, X-Forwarded-For, X-Mine, Cookie\r\n"
        b"Keep-Alive: 5\r\nX-Mine: 1\r\nCookie: a=b\r\nProxy-Connection: x\r\nTE: gzip\r\n\r\n",
    )
    assert head == b"GET / HTTP/1.1\r\nHost: s\r\nCookie: a=b\r\n" + TAIL


async def test_row_11_reply_gains_nothing(tmp_path: Path) -> None:
    reply = b"HTTP/1.1 299 So so\r\nContent-Length: 0\r\n\r\n"
    assert await comes_back(tmp_path, reply) == reply


async def test_row_12_expect_is_answered_here(tmp_path: Path) -> None:
    seen: list[bytes] = []
    async with gate_before(echo(3, seen), tmp_path) as gate:
        client = await gate.client()
        await client.send(
            b"PUT / HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        )
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"abc")
        assert await client.message() == ok()
        client.close()
        assert b"Expect" not in gate.app.heads[0]
    assert seen == [b"abc"]


async def test_row_13_http10_without_host(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path) as gate:
        assert await gate.ask(b"GET /a HTTP/1.0\r\n\r\n") == (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        )
        assert gate.app.heads[0].startswith(b"GET /a HTTP/1.1\r\nX-Forwarded-For")
        assert b"Host: 127" not in gate.app.heads[0]


async def test_row_14_trailers_and_early_hints_pass(tmp_path: Path) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    late = (
        b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    async with gate_before(replies(early, late), tmp_path) as gate:
        client = await gate.client()
        await client.send(b"GET / HTTP/1.1\r\nHost: s\r\nTE: trailers\r\n\r\n")
        assert await client.exactly(len(early + late)) == early + late
        client.close()
        assert b"TE: trailers" in gate.app.heads[0]


async def test_row_14_request_trailers_pass(tmp_path: Path) -> None:
    seen: list[bytes] = []
    body = b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"
    async with gate_before(echo(len(body), seen), tmp_path) as gate:
        await gate.message(
            b"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        )
    assert seen == [body]


@pytest.mark.parametrize("method", [b"PROPFIND", b"REPORT", b"MKCALENDAR", b"PATCH"])
async def test_row_15_webdav_passes(tmp_path: Path, method: bytes) -> None:
    head = await arrives(tmp_path, method + b" / HTTP/1.1\r\nHost: s\r\n\r\n")
    assert head.startswith(method + b" / ")


@pytest.mark.parametrize("method", [b"FOOBAR", b"get"])
async def test_row_15_methods_outside_the_table_are_refused(tmp_path: Path, method: bytes) -> None:
    async with gate_before(replies(ok()), tmp_path) as gate:
        said = await gate.ask(method + b" / HTTP/1.1\r\nHost: s\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 501 ")
        assert gate.app.connections == 0


async def test_row_16_options_of_everything_and_absolute_form(tmp_path: Path) -> None:
    head = await arrives(tmp_path, b"OPTIONS * HTTP/1.1\r\nHost: s\r\n\r\n")
    assert head.startswith(b"OPTIONS * HTTP/1.1\r\n")
    head = await arrives(tmp_path, b"GET http://s/a? HTTP/1.1\r\nHost: s\r\n\r\n")
    assert head.startswith(b"GET /a? HTTP/1.1\r\n")


BAD = {
    "row 16: absolute-form elsewhere": (400, b"GET http://x/ HTTP/1.1\r\nHost: s\r\n\r\n"),
    "row 17: CONNECT": (405, b"CONNECT s:443 HTTP/1.1\r\nHost: s\r\n\r\n"),
    "row 18: upgrade with a body": (
        400,
        b"GET / HTTP/1.1\r\nHost: s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Content-Length: 4\r\n\r\nGET ",
    ),
    "row 18: h2c": (
        501,
        b"GET / HTTP/1.1\r\nHost: s\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ),
    "row 19: TE gzip, chunked": (
        501,
        b"GET / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    ),
    "row 19: TE on 1.0": (
        400,
        b"GET / HTTP/1.0\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    "row 19: empty TE": (
        400,
        b"GET / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding:\r\nContent-Length: 1\r\n\r\nx",
    ),
    "row 19: Host u@a": (400, b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    "row 19: Host a/b": (400, b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "row 19: Host empty": (400, b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    "row 19: Host list": (400, b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
}


@pytest.mark.parametrize(("status", "raw"), BAD.values(), ids=BAD.keys())
async def test_rows_16_to_19_are_refused_and_closed(
    tmp_path: Path, status: int, raw: bytes
) -> None:
    async with gate_before(replies(ok()), tmp_path) as gate:
        said = await gate.ask(raw)
        assert said.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\nConnection: close\r\n" in said
        assert said.count(b"HTTP/1.1 ") == 1
        assert gate.app.connections == 0
        assert [refusal.status for refusal in gate.guard.refusals] == [status]


async def test_row_20_reply_with_both_framings(tmp_path: Path) -> None:
    body = b"1\r\na\r\n0\r\n\r\n"
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    said = await comes_back(tmp_path, both)
    assert said == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


async def test_row_21_many_at_once(tmp_path: Path) -> None:
    waiting = asyncio.Semaphore(0)
    together = asyncio.Event()

    async def serve(conn: Conn) -> None:
        while await conn.head():
            waiting.release()
            await together.wait()
            await conn.send(ok())

    async with gate_before(serve, tmp_path) as gate:
        raw = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"
        asked = [asyncio.ensure_future(gate.message(raw)) for _ in range(150)]
        for _ in asked:
            await asyncio.wait_for(waiting.acquire(), 5)
        together.set()
        assert set(await asyncio.gather(*asked)) == {ok()}


async def test_row_22_cookies_are_not_mixed(tmp_path: Path) -> None:
    async with gate_before(replies(ok(b"x", b"Set-Cookie: mine=1\r\n")), tmp_path) as gate:
        await gate.message(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        await gate.message(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        assert gate.app.connections == 1
        assert b"mine" not in gate.app.heads[1]


def once_then_gone(reply: bytes) -> Serve:
    """Answers the first request of a connection, and drops the connection at the second."""

    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(reply)
        await conn.head()
        conn.abort()

    return serve


async def test_row_23_stale_get_goes_once_more(tmp_path: Path) -> None:
    async with gate_before(once_then_gone(ok()), tmp_path) as gate:
        client = await gate.client()
        for _ in range(2):
            await client.send(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
            assert await client.message() == ok()
        client.close()
        assert (gate.app.connections, len(gate.app.heads)) == (2, 3)
        assert gate.guard.done == [("app", 200, 5)] * 2


@pytest.mark.parametrize(
    "raw",
    [
        b"PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 1\r\n\r\nx",
        b"DELETE / HTTP/1.1\r\nHost: s\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: s\r\nContent-Length: 1\r\n\r\nx",
    ],
)
async def test_row_23_nothing_else_ever_does(tmp_path: Path, raw: bytes) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        conn.abort()

    async with gate_before(serve, tmp_path) as gate:
        assert (await gate.message(raw)).startswith(b"HTTP/1.1 502 ")
        assert len(gate.app.heads) == 1


async def test_row_23_a_get_is_not_retried_twice_nor_on_a_new_connection(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        conn.abort()

    async with gate_before(serve, tmp_path) as gate:
        said = await gate.message(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 502 ")
        assert len(gate.app.heads) == 1


async def test_row_23_a_get_is_not_retried_after_the_first_byte(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(ok())
        await conn.head()
        await conn.send(b"HTTP/1.")
        conn.abort()

    async with gate_before(serve, tmp_path) as gate:
        raw = b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"
        assert await gate.message(raw) == ok()
        assert (await gate.message(raw)).startswith(b"HTTP/1.1 502 ")
        assert len(gate.app.heads) == 2


def test_row_24_a_misspelt_limit_is_an_error() -> None:
    with pytest.raises(TypeError):
        WireLimits(max_feild_size=1)  # type: ignore[call-arg]


async def cut_short(conn: Conn) -> None:
    head = await conn.head()
    if b"/until-close" in head:
        await conn.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        await asyncio.sleep(0.02)
        conn.reset_now()
        return
    if b"/chunked" in head:
        await conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    else:
        await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
    await asyncio.sleep(0.02)
    if b"/reset" in head:
        conn.abort()


@pytest.mark.parametrize("target", [b"/", b"/chunked", b"/reset", b"/chunked/reset"])
async def test_row_28_truncation_stays_visible(tmp_path: Path, target: bytes) -> None:
    async with gate_before(cut_short, tmp_path) as gate:
        client = await gate.client()
        await client.send(b"GET %b HTTP/1.1\r\nHost: s\r\n\r\n" % target)
        await client.head()
        assert await client.exactly(5) in (b"hello", b"5\r\nhe")
        assert b"0\r\n\r\n" not in await client.rest()
        assert [status for _, status, _ in gate.guard.done] == [0]


async def test_row_28_where_only_a_reset_tells(tmp_path: Path) -> None:
    async with gate_before(cut_short, tmp_path) as gate:
        client = await gate.client()
        await client.send(b"GET /until-close HTTP/1.1\r\nHost: s\r\n\r\n")
        await client.head()
        assert await client.reset()
