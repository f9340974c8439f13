"""What Go's `net/http/httputil` specifies of its ReverseProxy, by the names of its tests.

The names are those of `reverseproxy_test.go` (Go 1.24) and `reverseproxy_connection_test.go`
(2026) at https://github.com/golang/go; each `TestX` that says something about what crosses a proxy
is `test_X` here, written anew against the whole gate. The others are in NOT_OURS, with the reason.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fidelity.conftest import Ways
from tests.fidelity.frames import Line, OverError
from tests.fidelity.pair import HOST, OK, Pair, get, post, reply
from tests.fidelity.ways import Seen, conversing, gated, scripted, visit
from tests.gatekeeper import free_port

NOT_OURS = {
    "TestXForwardedFor_Omit": "a switch of Go's API; the gate always says who asks",
    "TestReverseProxyGetPutBuffer": "about Go's pool of buffers",
    "TestReverseProxy_AllocatedHeader": "about Go's header maps",
    "TestReverseProxyModifyResponse": "a hook of Go's API; the gate changes no reply",
    "TestModifyResponse_OnError": "as ModifyResponse",
    "TestModifyResponseClosesBody": "as ModifyResponse",
    "TestServeHTTPDeepCopy": "whether the caller's request object is left alone: there is none",
    "TestClonesRequestHeaders": "as ServeHTTPDeepCopy",
    "TestReverseProxy_PanicBodyError": "how a handler ends in Go; its effect is CopyBuffer",
    "TestReverseProxyUpgradeNoCloseWrite": "transports that can't half-close; sockets always can",
    "TestSetURL": "rewriting to an address with a path; an upstream here has none",
    "TestSingleJoinSlash": "as SetURL",
    "TestJoinURLPath": "as SetURL",
    "TestReverseProxyRewriteReplacesOut": "a hook of Go's API",
    "TestReverseProxyQueryParameterSmugglingDirectorParsesForm": "only Go's hooks parse the query",
    "TestReverseProxyQueryParameterSmugglingRewrite": "as DirectorParsesForm",
    "TestReverseProxyQueryParameterSmugglingRewritePreservesRawQuery": "as DirectorParsesForm",
    "TestConnectionResponseEndpoint": "about Go's client, not its proxy",
    "TestReverseProxyConnectionHTTP2Origin": "HTTP/2 to an app; the gate speaks HTTP/1.1",
    "BenchmarkServeHTTP": "see tests/bench",
}

NAMES = [
    "TestReverseProxy",
    "TestReverseProxyStripHeadersPresentInConnection",
    "TestReverseProxyStripEmptyConnection",
    "TestXForwardedFor",
    "TestReverseProxyRewriteStripsForwarded",
    "TestReverseProxyQuery",
    "TestReverseProxyFlushInterval",
    "TestReverseProxyFlushIntervalHeaders",
    "TestSelectFlushInterval",
    "TestReverseProxyCancellation",
    "TestNilBody",
    "TestReverseProxy_NilBody",
    "TestUserAgentHeader",
    "TestReverseProxy_Post",
    "TestReverseProxyErrorHandler",
    "TestReverseProxy_CopyBuffer",
    "TestReverseProxy_PanicClosesIncoming",
    "TestReverseProxyWebSocket",
    "TestReverseProxyWebSocketCancellation",
    "TestReverseProxyWebSocketHalfTCP",
    "TestUnannouncedTrailer",
    "Test1xxHeadersNotModifiedAfterRoundTrip",
    "Test1xxResponses",
    "TestReverseProxyQueryParameterSmugglingDirectorDoesNotParseForm",
    "TestReverseProxyConnectionResponseFields",
    "TestReverseProxyConnectionStreamingReuse",
]

UPGRADE = get(b"/", b"Connection: Upgrade", b"Upgrade: websocket")
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(ways: Ways, request: bytes, said: bytes | tuple[bytes, ...] = OK) -> Seen:
    return await visit(ways.app, ways.gate, Pair("ask", request, said))


def fields(message: bytes) -> list[bytes]:
    """The lines of a head, in lower case."""
    return message.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")[1:]


async def test_ReverseProxy(ways: Ways) -> None:
    seen = await ask(
        ways,
        b"GET / HTTP/1.1\r\nHost: some-name\r\nConnection: close\r\nTE: trailers\r\n"
        b"Proxy-Connection: should be deleted\r\nUpgrade: foo\r\n\r\n",
        (
            b"HTTP/1.1 404 Not Found\r\nTrailers: no special name\r\nTrailer: X-Trailer\r\n"
            b"X-Foo: bar\r\nUpgrade: foo\r\nX-Multi-Value: foo\r\nX-Multi-Value: bar\r\n"
            b"Set-Cookie: flavor=chocolateChip\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"5\r\nhello\r\n0\r\nX-Trailer: value\r\nX-Unannounced-Trailer: other\r\n\r\n",
        ),
    )
    told = fields(seen.app[0])
    assert told[:2] == [b"host: some-name", b"te: trailers"]
    assert b"x-forwarded-for: 127.0.0.1" in told
    assert not [line for line in told if line.startswith((b"connection", b"proxy-", b"upgrade"))]
    assert seen.client == (
        b"HTTP/1.1 404 Not Found\r\nTrailers: no special name\r\nTrailer: X-Trailer\r\n"
        b"X-Foo: bar\r\nX-Multi-Value: foo\r\nX-Multi-Value: bar\r\n"
        b"Set-Cookie: flavor=chocolateChip\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n"
        b"5\r\nhello\r\n0\r\nX-Trailer: value\r\nX-Unannounced-Trailer: other\r\n\r\n"
    )
    hangup = await visit(ways.app, ways.gate, Pair("hangup", get(), b"", ends=True))
    assert hangup.client.startswith(b"HTTP/1.1 502 ")


async def test_ReverseProxyStripHeadersPresentInConnection(ways: Ways) -> None:
    named = (b"Connection: X-Some, X-Fake-Token", b"X-Some: 1", b"X-Fake-Token: 2", b"X-Stays: 3")
    seen = await ask(ways, get(b"/", *named), reply(b"ok", *named))
    for head in (seen.app[0], seen.client):
        lines = fields(head)
        assert b"x-stays: 3" in lines
        assert not [x for x in lines if x.startswith((b"connection", b"x-some", b"x-fake"))]


async def test_ReverseProxyStripEmptyConnection(ways: Ways) -> None:
    named = (b"Connection:", b"Connection: ", b"Connection: X-Some", b"X-Some: 1")
    seen = await ask(ways, get(b"/", *named), reply(b"ok", *named))
    for head in (seen.app[0], seen.client):
        assert not [x for x in fields(head) if x.startswith((b"connection", b"x-some"))]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def trusting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ways]:
    """A gate that believes what we say about others."""
    async with (
        scripted() as (app, url),
        gated(tmp_path_factory.mktemp("t"), url, trusted_proxies=["127.0.0.1"]) as gate,
    ):
        yield Ways(app, "", 0, gate.port, 0)


async def test_XForwardedFor(ways: Ways, trusting: Ways) -> None:
    """What came before is kept from whoever is trusted, and from nobody else."""
    request = get(b"/", b"X-Forwarded-For: 192.0.2.7")
    seen = await ask(trusting, request)
    assert b"x-forwarded-for: 192.0.2.7, 127.0.0.1" in fields(seen.app[0])
    seen = await ask(ways, request)
    assert b"x-forwarded-for: 127.0.0.1" in fields(seen.app[0])


async def test_ReverseProxyRewriteStripsForwarded(ways: Ways) -> None:
    said = (b"Forwarded: for=1", b"X-Forwarded-For: 1", b"X-Forwarded-Host: 1",
            b"X-Forwarded-Proto: 1")  # fmt: skip
    seen = await ask(ways, get(b"/", *said))
    assert not set(fields(get(b"/", *said))[1:]) & set(fields(seen.app[0]))


@pytest.mark.parametrize("query", [b"", b"?", b"?us=er", b"?sta=tic&us=er"])
async def test_ReverseProxyQuery(ways: Ways, query: bytes) -> None:
    seen = await ask(ways, get(b"/" + query))
    assert seen.app[0].startswith(b"GET /" + query + b" HTTP/1.1\r\n")


async def _in_two_steps(ways: Ways, first: bytes, rest: bytes) -> None:
    """The client has all of `first` before the app says `rest`."""
    arrived = asyncio.Event()

    async def serve(line: Line, _: bytes) -> bool:
        await line.send(first)
        await arrived.wait()
        await line.send(rest)
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(get())
        assert await line.exactly(len(first)) == first
        arrived.set()
        assert await line.exactly(len(rest)) == rest


async def test_ReverseProxyFlushInterval(ways: Ways) -> None:
    await _in_two_steps(ways, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi", b"hi")


async def test_ReverseProxyFlushIntervalHeaders(ways: Ways) -> None:
    """The head does not wait for its body."""
    await _in_two_steps(ways, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"hi")


@pytest.mark.parametrize("kind", [b"text/event-stream", b"text/event-stream;charset=utf-8", b"x/y"])
async def test_SelectFlushInterval(ways: Ways, kind: bytes) -> None:
    """Nothing is ever kept back, whatever its type and framing."""
    head = CHUNKED.replace(b"OK\r\n", b"OK\r\nContent-Type: %b\r\n" % kind)
    await _in_two_steps(ways, head + b"2\r\nhi\r\n", b"0\r\n\r\n")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nConnection: close\r\n\r\n" % kind
    await _in_two_steps(ways, head + b"hi", b"hi")


async def _until_over(line: Line) -> None:
    with contextlib.suppress(OverError):
        await line.rest()


async def test_ReverseProxyCancellation(ways: Ways) -> None:
    """The app is told at once when the client leaves."""
    reached, told = asyncio.Event(), asyncio.Event()

    async def serve(line: Line, _: bytes) -> bool:
        reached.set()
        await _until_over(line)
        told.set()
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(get())
        await reached.wait()
        line.close()
        await told.wait()


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_NilBody(ways: Ways, version: bytes) -> None:
    seen = await ask(ways, b"GET / HTTP/%b\r\n%b\r\n" % (version, HOST))
    assert seen.client.endswith(b"ok")


@pytest.mark.parametrize("method", [b"GET", b"POST", b"DELETE", b"PUT"])
async def test_ReverseProxy_NilBody(ways: Ways, method: bytes) -> None:
    """No framing is invented where there is no body."""
    seen = await ask(ways, get(method=method))
    framing = (b"content-length", b"transfer-encoding", b"connection")
    assert not [x for x in fields(seen.app[0]) if x.startswith(framing)]


@pytest.mark.parametrize("said", [(), (b"User-Agent: ",), (b"User-Agent: explicit UA",)])
async def test_UserAgentHeader(ways: Ways, said: tuple[bytes, ...]) -> None:
    seen = await ask(ways, get(b"/", *said))
    agents = [x for x in seen.app[0].split(b"\r\n") if x.lower().startswith(b"user-agent")]
    assert agents == list(said)


async def test_ReverseProxy_Post(ways: Ways) -> None:
    body = b"a" * 2**20
    seen = await ask(ways, post(body))
    assert seen.app[0].endswith(b"\r\n\r\n" + body)
    assert seen.client == OK


async def test_ReverseProxyErrorHandler(
    ways: Ways, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of its rows "default": who can't be reached is a 502."""
    nobody = f"http://127.0.0.1:{free_port()}"
    upstreams = {"app": {"url": nobody, "wait": "0s"}}
    async with gated(tmp_path_factory.mktemp("g"), nobody, upstreams=upstreams) as gate:
        seen = await visit(ways.app, gate.port, Pair("nobody", get()))
    assert seen.client.startswith(b"HTTP/1.1 502 ")


async def test_ReverseProxy_CopyBuffer(ways: Ways) -> None:
    """A reply shorter than it says breaks off at the client too; it never seems whole."""
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789"
    seen = await visit(ways.app, ways.gate, Pair("short", get(), short, ends=True))
    assert (seen.client, seen.stays) == (short, False)


async def test_ReverseProxy_PanicClosesIncoming(ways: Ways) -> None:
    """When it breaks off, the app gets to know that nobody reads any more."""
    over = asyncio.Event()

    async def serve(line: Line, _: bytes) -> bool:
        await line.send(CHUNKED + b"this is no chunk\r\n")
        await _until_over(line)
        over.set()
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(get())
        await _until_over(line)
        await over.wait()
        assert not bytes(line.kept).endswith(b"0\r\n\r\n")


async def test_ReverseProxyWebSocket(ways: Ways) -> None:
    async def serve(line: Line, head: bytes) -> bool:
        assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" in head
        await line.send(SWITCHED)
        await line.send(b"app got " + await line.exactly(6))
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(UPGRADE)
        head = await line.head()
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert {b"upgrade: websocket", b"connection: upgrade"} <= set(fields(head))
        await line.send(b"Hello\n")
        assert await line.exactly(14) == b"app got Hello\n"


async def test_ReverseProxyWebSocketCancellation(ways: Ways) -> None:
    """An endless talk ends for the app when the client is gone, and the other way round."""
    told = asyncio.Event()

    async def serve(line: Line, head: bytes) -> bool:
        await line.send(SWITCHED)
        if b" /ends " in head:
            return False
        await _until_over(line)
        told.set()
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(UPGRADE)
        await line.head()
        line.close()
        await told.wait()
    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(UPGRADE.replace(b" / ", b" /ends "))
        await line.head()
        await _until_over(line)


@pytest.mark.parametrize("first", ["client", "app"])
async def test_ReverseProxyWebSocketHalfTCP(ways: Ways, first: str) -> None:
    """One side says its last, and still hears the other's last words."""
    heard: list[bytes] = []

    async def serve(line: Line, _: bytes) -> bool:
        await line.send(SWITCHED)
        if first == "app":
            line.end()
        begins = line.at
        await _until_over(line)
        heard.append(bytes(line.kept[begins:]))
        if first == "client":
            await line.send(b"last words of the app")
        return False

    async with conversing(ways.app, ways.gate, serve) as line:
        await line.send(UPGRADE)
        await line.head()
        await line.send(b"last words of the client")
        if first == "client":
            line.end()
        else:
            await _until_over(line)
            line.end()
        begins = line.at
        await _until_over(line)
        while not heard:
            await asyncio.sleep(0.01)
        said = bytes(line.kept[begins:])
    assert heard == [b"last words of the client"]
    assert said == (b"last words of the app" if first == "client" else b"")


async def test_UnannouncedTrailer(ways: Ways) -> None:
    whole = CHUNKED + b"0\r\nX-Unannounced-Trailer: value\r\n\r\n"
    assert (await ask(ways, get(), whole)).client == whole


async def test_1xxHeadersNotModifiedAfterRoundTrip(ways: Ways) -> None:
    """What was said in a 103 is not in the reply that follows."""
    early = b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
    assert (await ask(ways, get(), (early, OK))).client == early + OK


async def test_1xxResponses(ways: Ways) -> None:
    links = b"Link: </style.css>; rel=preload\r\nLink: </script.js>; rel=preload\r\n"
    parts = (
        b"HTTP/1.1 103 Early Hints\r\n%b\r\n" % links,
        b"HTTP/1.1 102 Processing\r\n%bLink: </foo.js>\r\n\r\n" % links,
        b"HTTP/1.1 200 OK\r\n%bLink: </foo.js>\r\nContent-Length: 5\r\n\r\nHello" % links,
    )
    assert (await ask(ways, get(), parts)).client == b"".join(parts)


@pytest.mark.parametrize(
    "query", [b"a=1&a=2;b=3", b"a=1&a=%zz&b=3", b"a=%", b"a=1;b", b"%zz", b"a=%2", b"a=1&&b=2"]
)
async def test_ReverseProxyQueryParameterSmugglingDirectorDoesNotParseForm(
    ways: Ways, query: bytes
) -> None:
    """Nothing is parsed and written anew: what can't be parsed is the app's to judge."""
    seen = await ask(ways, get(b"/?" + query))
    assert seen.app[0].startswith(b"GET /?%b HTTP/1.1\r\n" % query)


@pytest.mark.parametrize(
    ("named", "other"),
    [
        (b"X-Hop, close", False),
        (b"close, X-Hop", False),
        (b"x-hOP, ClOsE", False),
        (b"X-Hop, X-Other, close", True),
        (b"X-Hop\r\nConnection: X-Other, close", True),
        (b"\r\nConnection: X-Hop, close", False),
        (b"X-Hop", False),
    ],
)
async def test_ReverseProxyConnectionResponseFields(ways: Ways, named: bytes, other: bool) -> None:
    said = (b"Connection: " + named, b"X-Hop: s", b"X-Other: p", b"X-Extension: keep")
    pair = Pair("named", get(), reply(b"ok", *said), ends=b"lose" in named.lower())
    seen = await visit(ways.app, ways.gate, pair)
    rest = b"" if other else b"X-Other: p\r\n"
    assert seen.client == (
        b"HTTP/1.1 200 OK\r\n%bX-Extension: keep\r\nContent-Length: 2\r\n\r\nok" % rest
    )


@pytest.mark.parametrize("closes", [False, True])
async def test_ReverseProxyConnectionStreamingReuse(ways: Ways, closes: bool) -> None:
    """The app's connection is used again unless it said close; naming fields is no close."""
    named = b"X-Hop, close" if closes else b"X-Hop"
    head = CHUNKED.replace(b"OK\r\n", b"OK\r\nConnection: %b\r\nX-Hop: s\r\nX: y\r\n" % named)

    used = set()

    async def serve(line: Line, _: bytes) -> bool:
        used.add(line)
        await line.send(head + b"5\r\nfirst\r\n")
        await line.send(b"4\r\nlast\r\n0\r\nX-Checksum: good\r\n\r\n")
        return not closes

    expected = (
        b"HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nfirst\r\n4\r\nlast\r\n0\r\nX-Checksum: good\r\n\r\n"
    )
    async with conversing(ways.app, ways.gate, serve) as line:
        for _ in range(3):
            await line.send(get())
            assert await line.exactly(len(expected)) == expected
    assert len(used) == (3 if closes else 1)


async def test_every_name_is_here_once() -> None:
    written = {name for name in globals() if name.startswith("test_")}
    wanted = {"test_" + name.removeprefix("Test") for name in NAMES}
    assert wanted == written - {"test_every_name_is_here_once"}
    assert not wanted & set(NOT_OURS)
