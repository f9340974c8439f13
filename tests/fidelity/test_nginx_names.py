"""What nginx's own tests specify of its proxying, by the names of their files.

`proxy_x.t` of https://github.com/nginx/nginx-tests is `test_proxy_x` here where the gate has the
feature, written anew against the whole gate; NOT_OURS says of the others why not.
"""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.fidelity.conftest import Ways
from tests.fidelity.frames import Line, OverError
from tests.fidelity.pair import OK, Pair, chunked, get, post, reply
from tests.fidelity.ways import Seen, conversing, gated, scripted, visit
from tests.gatekeeper import free_port

_CACHE = "the gate caches nothing"
_REWRITE = "the gate rewrites nothing"
_TLS = "TLS to an app is not spoken"
_SETTING = "a setting of nginx's own"

NOT_OURS = {
    "proxy_available": "variables of nginx's configuration",
    "proxy_bind": _SETTING,
    "proxy_bind_transparent": _SETTING,
    "proxy_cache": _CACHE,
    "proxy_cache_bypass": _CACHE,
    "proxy_cache_chunked": _CACHE,
    "proxy_cache_control": _CACHE,
    "proxy_cache_convert_head": _CACHE,
    "proxy_cache_error": _CACHE,
    "proxy_cache_lock": _CACHE,
    "proxy_cache_lock_age": _CACHE,
    "proxy_cache_manager": _CACHE,
    "proxy_cache_max_range_offset": _CACHE,
    "proxy_cache_min_free": _CACHE,
    "proxy_cache_path": _CACHE,
    "proxy_cache_range": _CACHE,
    "proxy_cache_revalidate": _CACHE,
    "proxy_cache_use_stale": _CACHE,
    "proxy_cache_valid": _CACHE,
    "proxy_cache_variables": _CACHE,
    "proxy_cache_vary": _CACHE,
    "proxy_cookie": _REWRITE,
    "proxy_cookie_flags": _REWRITE,
    "proxy_force_ranges": "ranges are the app's business",
    "proxy_hide_pass_header": _REWRITE,
    "proxy_http2": "HTTP/1.1 is spoken to apps",
    "proxy_if": "nginx's `if`",
    "proxy_implicit": "address taken from a header",
    "proxy_intercept_errors": _REWRITE,
    "proxy_limit_rate": _SETTING,
    "proxy_max_temp_file_size": "the gate streams and has no temporary files",
    "proxy_merge_headers": "inheritance between locations",
    "proxy_method": _REWRITE,
    "proxy_pass_request": _REWRITE,
    "proxy_protocol": "the PROXY protocol is not read; a unix socket or XFF tells who asks",
    "proxy_protocol2": "as proxy_protocol",
    "proxy_protocol_ipv6": "as proxy_protocol",
    "proxy_protocol_unix": "as proxy_protocol",
    "proxy_redirect": _REWRITE,
    "proxy_request_buffering_ssl": _TLS,
    "proxy_set_body": _REWRITE,
    "proxy_ssi_body": "server-side includes",
    "proxy_ssl": _TLS,
    "proxy_ssl_certificate": _TLS,
    "proxy_ssl_keepalive": _TLS,
    "proxy_ssl_name": _TLS,
    "proxy_ssl_verify": _TLS,
    "proxy_store": "nothing is stored",
    "proxy_upstream_cookie": "variables of nginx's configuration",
    "proxy_variables": "variables of nginx's configuration",
    "proxy_xar": "X-Accel-Redirect is the app's header and passes (see the table of replies)",
}

UPGRADE = get(b"/", b"Connection: Upgrade", b"Upgrade: websocket")
SWITCHED = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(ways: Ways, request: bytes, said: bytes | tuple[bytes, ...] = OK) -> Seen:
    return await visit(ways.app, ways.gate, Pair("ask", request, said))


async def cut(ways: Ways, said: bytes, request: bytes = get()) -> Seen:
    """The app ends the connection after this."""
    return await visit(ways.app, ways.gate, Pair("cut", request, said, ends=True))


async def until_over(line: Line) -> None:
    with contextlib.suppress(OverError):
        await line.rest()


async def test_proxy(ways: Ways, tmp_path_factory: pytest.TempPathFactory) -> None:
    """GET, HEAD, a reply in several packets, an app that hangs and one that isn't there."""
    assert (await ask(ways, get(), (LENGTH % 8, b"SEE-", b"THIS"))).client.endswith(b"SEE-THIS")
    head = LENGTH % 8
    assert (await ask(ways, get(method=b"HEAD"), head)).client == head

    async def hang(line: Line, _: bytes) -> bool:
        await until_over(line)
        return False

    limits = {"wire": {"reply_timeout": "200ms", "tick": "20ms"}}
    folder = tmp_path_factory.mktemp("hang")
    async with (
        scripted() as (app, url),
        gated(folder, url, limits=limits) as gate,
        conversing(app, gate.port, hang) as line,
    ):
        await line.send(get())
        assert (await line.head()).startswith(b"HTTP/1.1 504 ")


@pytest.mark.parametrize(
    "said",
    [
        LENGTH % 100 + b"SEE-THIS",
        LENGTH % 100,
        CHUNKED + b"f\r\nSEE-THIS",
        CHUNKED + b"8\r\nSEE-THIS\r\n",
        CHUNKED + b"8\r\nSEE-THIS\r\n0\r\n",
        CHUNKED + b"8\r\nSEE-THIS\r\n0\r\nX-T: 1\r\n",
        CHUNKED,
    ],
)
async def test_proxy_unfinished(ways: Ways, said: bytes) -> None:
    """What is not whole never seems whole: nothing is added, and the connection ends."""
    seen = await cut(ways, said)
    assert not seen.stays
    assert said.startswith(seen.client)
    assert not seen.client.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize(
    ("size", "body", "got"),
    [
        (8, b"SEE-THIS-BUT-NOT-THIS", b"SEE-THIS"),
        (0, b"NOT-THIS", b""),
        (8, b"SEE-THIS", b"SEE-THIS"),
    ],
)
async def test_proxy_extra_data(
    ways: Ways, method: bytes, size: int, body: bytes, got: bytes
) -> None:
    """What follows a reply is nobody's, and the connection it came by is not used again."""
    seen = await ask(ways, get(method=method), LENGTH % size + body)
    assert seen.client == LENGTH % size + (b"" if method == b"HEAD" else got)
    assert seen.stays  # what is asked next gets its own answer
    if body != got:
        assert await _used_again(ways, LENGTH % size + body, method) == 2


async def _used_again(ways: Ways, said: bytes, method: bytes = b"GET") -> int:
    """How many of the app's connections two requests took."""
    used: set[Line] = set()

    async def serve(line: Line, _: bytes) -> bool:
        used.add(line)
        await line.send(said)
        return True

    async with conversing(ways.app, ways.gate, serve) as line:
        for _ in range(2):
            await line.send(get(method=method))
            await line.reply(method)
    return len(used)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Content-Length: 2\r\nContent-Length: 2\r\n", 502),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", 502),
        (b"Content-Length: \r\n", 502),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 502),
        (b"Transfer-Encoding: gzip, chunked\r\n", 502),
        (b"Content-Length: 2\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n", 200),
        (b"Content-Length: 2\r\nDate: a\r\nDate: b\r\nServer: a\r\nServer: b\r\n", 200),
        (b"Content-Length: 2\r\nLocation: /a\r\nLocation: /b\r\nETag: a\r\nETag: b\r\n", 200),
    ],
)
async def test_proxy_duplicate_headers(ways: Ways, fields: bytes, status: int) -> None:
    """Repeats that leave the framing in doubt are refused; all others are the app's business."""
    said = b"HTTP/1.1 200 OK\r\n%b\r\nok" % fields
    seen = await cut(ways, said)
    assert seen.client.startswith(b"HTTP/1.1 %d " % status)
    if status == 200:
        assert seen.client == said


@pytest.mark.parametrize("first", [LENGTH % 8, CHUNKED + b"8\r\n"])
async def test_proxy_noclose(ways: Ways, first: bytes) -> None:
    """A whole reply is given on at once, though the app says close and doesn't."""
    rest = b"SEE-THIS" + (b"\r\n0\r\n\r\n" if b"chunked" in first else b"")

    async def serve(line: Line, _: bytes) -> bool:
        await line.send(first.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n") + rest)
        await until_over(line)
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        for _ in range(2):
            await line.send(get())
            assert await line.exactly(len(first + rest)) == first + rest


async def test_proxy_chunked(ways: Ways) -> None:
    whole = (
        CHUNKED.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n") + b"9\r\nSEE-THIS\n\r\n0\r\n\r\n"
    )
    assert (await cut(ways, whole)).client == whole.replace(b"Connection: close\r\n", b"")


async def test_proxy_chunked_extra(ways: Ways) -> None:
    """What follows the last chunk is nobody's."""
    whole = CHUNKED + b"8\r\nSEE-THIS\r\n0\r\n\r\n"
    seen = await ask(ways, get(), whole + b"BUT-NOT-THIS")
    assert (seen.client, seen.stays) == (whole, True)
    assert await _used_again(ways, whole + b"BUT-NOT-THIS") == 2


KEPT = {
    "length": (b"GET", LENGTH % 2 + b"ok"),
    "chunked": (b"GET", CHUNKED + b"2\r\nok\r\n0\r\n\r\n"),
    "complex": (b"GET", CHUNKED + b"a\r\n0123456789\r\n" * 100 + b"0\r\n\r\n"),
    "chunk0": (b"GET", CHUNKED + b"0\r\n\r\n"),
    "head": (b"HEAD", LENGTH % 26),
    "head chunked": (b"HEAD", CHUNKED),
    "empty": (b"GET", LENGTH % 0),
    "304": (b"GET", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "304 with a length": (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
    "204": (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    "x-close is not close": (b"GET", reply(b"ok", b"Connection: x-close")),
    "closed": (b"GET", reply(b"ok", b"Connection: close")),
}


@pytest.mark.parametrize("kind", KEPT)
async def test_proxy_keepalive(ways: Ways, kind: str) -> None:
    """After any kind of reply the app's connection is used again, unless it said close."""
    method, said = KEPT[kind]
    used: set[Line] = set()

    async def serve(line: Line, _: bytes) -> bool:
        used.add(line)
        await line.send(said)
        return kind != "closed"

    async with conversing(ways.app, ways.gate, serve) as line:
        for _ in range(3):
            await line.send(get(method=method))
            await line.reply(method)
    assert len(used) == (3 if kind == "closed" else 1)


async def test_proxy_next_upstream(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where one address refuses, the next one is asked."""
    async with scripted() as (app, url):
        nobody = f"http://127.0.0.1:{free_port()}"
        upstreams = {"app": {"url": [nobody, url]}}
        folder = tmp_path_factory.mktemp("next")
        async with gated(folder, url, upstreams=upstreams) as gate:
            for raw in (get(), post(b"abc"), get(), post(b"abc")):
                seen = await visit(app, gate.port, Pair("next", raw))
                assert (len(seen.app), seen.client[-2:]) == (1, b"ok")


@pytest.mark.parametrize("method", [b"POST", b"LOCK", b"PATCH", b"PUT", b"DELETE"])
async def test_proxy_non_idempotent(ways: Ways, method: bytes) -> None:
    """What may have left is not sent again, however the app broke off; a GET is, once."""
    heads: list[bytes] = []

    async def serve(line: Line, head: bytes) -> bool:
        heads.append(head.split(b" ")[0])
        if len(heads) == 1:
            await line.send(OK)
        return len(heads) == 1  # then it breaks off before any reply

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(get())
        await line.reply(b"GET")
        await line.send(get(method=method))
        assert (await line.head()).startswith(b"HTTP/1.1 502 ")
    assert heads == [b"GET", method]
    heads.clear()
    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(get())
        await line.reply(b"GET")
        await line.send(get())
        await line.head()
    assert heads == [b"GET", b"GET", b"GET"]


async def _upload(ways: Ways, head: bytes, parts: list[bytes]) -> None:
    """Each part has reached the app before the next one is sent."""
    reached: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(line: Line, _: bytes) -> bool:
        for part in parts:
            reached.put_nowait(await line.exactly(len(part)))
        await line.send(OK)
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(head)
        for part in parts:
            await line.send(part)
            assert await reached.get() == part
        await line.reply(b"PUT")


@pytest.mark.parametrize("first", [b"", b"01234"])
async def test_proxy_request_buffering(ways: Ways, first: bytes) -> None:
    """With and without a part of the body right behind the head."""
    head = get(b"/", b"Content-Length: 10", method=b"PUT")
    await _upload(ways, head, [first, b"0123456789"[len(first) :]])


async def test_proxy_request_buffering_chunked(ways: Ways) -> None:
    head = get(b"/", b"Transfer-Encoding: chunked", method=b"PUT")
    await _upload(ways, head, [b"5\r\n01234\r\n", b"5\r\n567", b"89\r\n", b"0\r\n\r\n"])
    bodies = (b"1", b"2" * 1280, b"3" * 5120, b"foobar")
    raw = b"".join(chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)) for body in bodies)
    pair = Pair("pipelined", raw, reply(b"1"), more=(reply(b"2"), reply(b"3"), reply(b"4")))
    seen = await visit(ways.app, ways.gate, pair)
    assert [each.split(b"\r\n")[-5] for each in seen.app] == [b"%x" % len(each) for each in bodies]
    assert seen.client == pair.replies


async def test_proxy_request_buffering_keepalive(ways: Ways) -> None:
    """A body that the app left unread is no request to it, whoever comes next."""
    heads: list[bytes] = []

    async def serve(line: Line, head: bytes) -> bool:
        heads.append(head)
        await line.send(OK)
        return b"\r\nConnection: close\r\n" not in head

    inner = get(b"/inner")
    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(post(inner))
        await line.reply(b"POST")
    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(get(b"/next"))
        await line.reply(b"GET")
    assert [head.split(b" ")[1] for head in heads] == [b"/", b"/next"]


async def foo_to_bar(line: Line, head: bytes) -> bool:
    """A protocol of lines, in place of frames."""
    await line.send(SWITCHED + b"handshaked\r\n")
    while True:
        said = await line.until(lambda data: data.find(b"\n") + 1 or None)
        await line.send(said.replace(b"foo", b"bar"))


async def _line(line: Line) -> bytes:
    return await line.until(lambda data: data.find(b"\r\n") + 2 if b"\r\n" in data else None)


@pytest.mark.parametrize("ahead", [b"", b"foo\r\n"])
async def test_proxy_upgrade(ways: Ways, ahead: bytes) -> None:
    """Small and large messages, one by one and many at once, also right behind the handshake."""
    async with conversing(ways.app, ways.gate, foo_to_bar) as line:
        await line.send(UPGRADE + ahead)
        assert (await line.head()).startswith(b"HTTP/1.1 101 Switching\r\n")
        assert await _line(line) == b"handshaked\r\n"
        if ahead:
            assert await _line(line) == b"bar\r\n"
        messages = [b"foo\r\n", b"foo" * 16384 + b"\r\n", b"bazz\r\n"] * 10
        sending = asyncio.create_task(line.send(b"".join(messages)))
        for message in messages:
            assert await _line(line) == message.replace(b"foo", b"bar")
        await sending


async def test_proxy_upgrade_only_where_asked(ways: Ways) -> None:
    """Of proxy_upgrade.t: no switch where none was requested."""
    seen = await cut(ways, SWITCHED, get(b"/", b"Connection: Upgrade"))
    assert seen.client.startswith(b"HTTP/1.1 502 ")


async def test_proxy_websocket(ways: Ways) -> None:
    """Frames of every size of length, masked or not, are bytes like others."""
    frames = [
        b"\x81\x00",
        b"\x82\x7d" + b"a" * 125,
        b"\x82\x7e\xff\xff" + b"b" * 65535,
        b"\x82\x7f" + (70000).to_bytes(8, "big") + b"c" * 70000,
        b"\x89\x04ping",
        b"\x88\x02\x03\xe8",
    ]

    async def mirror(line: Line, _: bytes) -> bool:
        await line.send(SWITCHED)
        for frame in frames:
            await line.send(await line.exactly(len(frame)))
        return False

    async with conversing(ways.app, ways.gate, mirror) as line:
        await line.send(UPGRADE)
        await line.head()
        for frame in frames:
            await line.send(frame)
            assert await line.exactly(len(frame)) == frame
        await until_over(line)


async def test_proxy_early_hints(ways: Ways) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    assert (await ask(ways, get(), (hints, hints, OK))).client == hints + hints + OK
    old = get(b"/", b"Connection: close").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert b"103" not in (await ask(ways, old, (hints, OK))).client


async def test_proxy_trailers(ways: Ways) -> None:
    whole = (
        b"HTTP/1.1 200 OK\r\nTrailer: X-Trailer, X-Another\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"8\r\nSEE-THIS\r\n0\r\nX-Trailer: foo\r\nX-Another: bar\r\n\r\n"
    )
    seen = await ask(ways, get(b"/", b"Connection: te", b"TE: trailers"), whole)
    assert seen.client == whole
    seen = await ask(ways, get(), whole.replace(b"X-Another: bar", b"Content-Length: 3"))
    assert not seen.stays  # cut: some clients would frame by it
    assert b"Content-Length" not in seen.client


async def test_proxy_unix(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("unix")
    async with scripted(folder / "app.sock") as (app, url), gated(folder, url) as gate:
        pairs = [Pair("get", get(b"/a%20b?")), Pair("post", post(b"abc")), Pair("twice", get())]
        for pair in pairs:
            seen = await visit(app, gate.port, pair)
            assert (len(seen.app), seen.client) == (1, OK)
            assert seen.app[0].startswith(pair.sent.partition(b"\r\n\r\n")[0])


async def test_no_name_is_here_twice() -> None:
    written = {name.removeprefix("test_") for name in globals() if name.startswith("test_proxy")}
    assert not written & set(NOT_OURS)
