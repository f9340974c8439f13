"""Bodies of requests, when they are read, and older clients."""

from __future__ import annotations

import gzip

from tests.fidelity.pair import HOST, MALFORMED, OK, Pair, chunked, cut, get, post, reply

_BINARY = bytes(range(256)) * 16
_GZIP = gzip.compress(b"packed " * 100, mtime=0)
_BIG = bytes(range(251)) * 4178  # 1 MiB, about
_MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name=f; filename="a\xe9.bin"\r\n\r\n'
    + _BINARY
    + b"\r\n--x--\r\n"
)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_EXPECT = b"Expect: 100-continue"

LENGTHS = (
    Pair("binary", post(_BINARY)),
    Pair("empty", post(b"")),
    Pair("one byte", post(b"\n")),
    Pair("looks like a request", post(get(b"/inner"))),
    Pair("a megabyte", post(_BIG)),
    Pair("packed", post(_GZIP, b"Content-Encoding: gzip", b"Content-Type: text/plain")),
    Pair("multipart", post(_MULTIPART, b'Content-Type: multipart/form-data; boundary="x"')),
    Pair(
        "length spelled otherwise", b"PUT / HTTP/1.1\r\n" + HOST + b"content-LENGTH: 03\r\n\r\nabc"
    ),
    Pair("length before Host", b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n" + HOST + b"\r\nabc"),
    Pair(
        "a kept connection with a body",
        post(b"abc", b"Connection: keep-alive"),
        told=(cut(b"Connection: keep-alive\r\n"),),
        why=("hop-by-hop",),
    ),
)

CHUNKS = (
    Pair("one chunk", chunked(b"3\r\nabc\r\n0\r\n\r\n")),
    Pair("no chunk", chunked(b"0\r\n\r\n")),
    Pair(
        "many chunks", chunked(*(b"1\r\n%c\r\n" % (65 + i % 26) for i in range(200)), b"0\r\n\r\n")
    ),
    Pair("sizes in their spelling", chunked(b"0a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n")),
    Pair("extensions", chunked(b'3;a;b=c;d="e;\\"f"\r\nabc\r\n0;last=1\r\n\r\n')),
    Pair(
        "trailers",
        chunked(b"1\r\na\r\n0\r\nX-Sum: 1\r\nx-SUM: \xe9\r\n\r\n", fields=(b"Trailer: X-Sum",)),
    ),
    Pair("a large chunk", chunked(b"%x\r\n" % len(_BIG), _BIG, b"\r\n0\r\n\r\n")),
    Pair(
        "packed in chunks",
        chunked(
            b"%x\r\n" % len(_GZIP), _GZIP, b"\r\n0\r\n\r\n", fields=(b"Content-Encoding: gzip",)
        ),
    ),
    Pair("PUT in chunks", chunked(b"3\r\nabc\r\n0\r\n\r\n", method=b"PUT")),
    Pair("GET in chunks", chunked(b"3\r\nabc\r\n0\r\n\r\n", method=b"GET")),
    Pair(
        "coding spelled otherwise",
        b"PUT / HTTP/1.1\r\n" + HOST + b"transfer-ENCODING: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ),
    *(
        Pair(
            f"{name} is refused", chunked(body).replace(b" / ", MALFORMED), refused=400, why=(why,)
        )
        for name, body, why in (
            ("a trailer named Cookie", b"1\r\na\r\n0\r\nCookie: a=b\r\n\r\n", "trailer names"),
            ("a trailer named Host", b"1\r\na\r\n0\r\nHost: a\r\n\r\n", "trailer names"),
            ("blank before an extension", b"1 ;a\r\na\r\n0\r\n\r\n", "malformed"),
            ("sign", b"+1\r\na\r\n0\r\n\r\n", "malformed"),
        )
    ),
)

EARLY = (
    Pair(
        "100 Continue by the gate",
        (get(b"/", b"Content-Length: 3", _EXPECT, method=b"PUT"), b"abc"),
        at_head=_CONTINUE,
        told=(cut(_EXPECT + b"\r\n"),),
        why=("expect", "continue"),
    ),
    Pair(
        "100 Continue before chunks",
        (
            get(b"/", b"Transfer-Encoding: chunked", _EXPECT, method=b"PUT"),
            b"3;a=b\r\nabc\r\n0\r\n\r\n",
        ),
        at_head=_CONTINUE,
        told=(cut(_EXPECT + b"\r\n"),),
        why=("expect", "continue"),
    ),
    Pair(
        "who does not wait for it gets none",
        get(b"/", b"Content-Length: 3", _EXPECT, method=b"PUT") + b"abc",
        told=(cut(_EXPECT + b"\r\n"),),
        why=("expect",),
    ),
    Pair(
        "an expectation without a body",
        get(b"/", _EXPECT),
        told=(cut(_EXPECT + b"\r\n"),),
        why=("expect",),
    ),
    Pair(
        "an expectation that nobody knows",
        get(b"/", b"Expect: the-best", b"X: y"),
        told=(cut(b"Expect: the-best\r\n"),),
        why=("expect",),
    ),
    Pair(
        "103 before the body is read",
        (get(b"/", b"Content-Length: 3", method=b"PUT"), b"abc"),
        at_head=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
    ),
    Pair(
        "a reply before the body is read",
        (get(b"/", b"Content-Length: 5", method=b"PUT"), b"abcde"),
        b"",
        at_head=reply(b"no", status=b"413 Content Too Large"),
        told=(cut(b"abcde"),),
        said=((b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),),
        why=("early", "connection"),
    ),
)

PIPELINED = (
    Pair(
        "empty lines between requests",
        b"\r\n" + post(b"a") + b"\r\n" + get(b"/2"),
        reply(b"one"),
        more=(reply(b"two"),),
        told=(cut(b"\r\n"), (b"a\r\nGET", b"aGET")),
        why=("empty lines",),
    ),
    Pair(
        "three GETs",
        get(b"/1") + get(b"/2") + get(b"/3"),
        reply(b"one"),
        more=(reply(b"two"), reply(b"three")),
    ),
    Pair(
        "bodies and none",
        get(b"/1") + post(b"abc") + chunked(b"1\r\na\r\n0\r\n\r\n") + get(b"/4"),
        reply(b"one"),
        more=(reply(b"two"), b"HTTP/1.1 204 No Content\r\n\r\n", reply(b"four")),
    ),
    Pair(
        "HEAD between GETs",
        get(b"/1") + get(b"/2", method=b"HEAD") + get(b"/3"),
        reply(b"one"),
        more=(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", reply(b"three")),
    ),
)

_TEN = b"GET /old HTTP/1.0\r\n"
_KEPT10 = _TEN + HOST + b"Connection: keep-alive\r\n\r\n"
_AS_11 = (b"HTTP/1.0", b"HTTP/1.1")
_CLOSES = ((b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),)

OLD_CLIENTS = (
    Pair(
        "HTTP/1.0",
        _TEN + HOST + b"\r\n",
        told=(_AS_11,),
        said=_CLOSES,
        why=("version", "connection"),
    ),
    Pair(
        "HTTP/1.0 without Host",
        _TEN + b"X: y\r\n\r\n",
        told=(_AS_11, (b"\r\nX:", b"\r\nHost: APP\r\nX:")),
        said=_CLOSES,
        why=("version", "host", "connection"),
    ),
    Pair(
        "HTTP/1.0 that stays",
        _KEPT10,
        told=(_AS_11, cut(b"Connection: keep-alive\r\n")),
        said=((b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"),),
        why=("version", "hop-by-hop", "connection"),
    ),
    Pair(
        "HTTP/1.0 with a body",
        b"POST /old HTTP/1.0\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc",
        told=(_AS_11,),
        said=_CLOSES,
        why=("version", "connection"),
    ),
    Pair(
        "HTTP/1.0 gets no chunks",
        _TEN + HOST + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
        b"3;a\r\nabc\r\n0\r\nT: 1\r\n\r\n",
        told=(_AS_11,),
        said=(
            cut(b"Transfer-Encoding: chunked\r\n"),
            (b"y\r\n\r\n3;a\r\nabc\r\n0\r\nT: 1\r\n\r\n", b"y\r\nConnection: close\r\n\r\nabc"),
        ),
        why=("version", "http/1.0 clients", "connection"),
    ),
    Pair(
        "HTTP/1.0 gets no 103",
        _KEPT10,
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK),
        told=(_AS_11, cut(b"Connection: keep-alive\r\n")),
        said=(
            cut(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
            (b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"),
        ),
        why=("version", "hop-by-hop", "http/1.0 clients", "connection"),
    ),
)

_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"

UPGRADES = (
    Pair(
        "a handshake and bytes that are no frames",
        get(
            b"/chat?",
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            b"sec-websocket-PROTOCOL: a, b",
            b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            b"Connection: Upgrade",
            b"Upgrade: websocket",
        ),
        b"\x00\xff\r\n\r\nHTTP/1.1 200",
        at_head=_SWITCHING + b"Sec-WebSocket-Accept: x\r\n\r\n",
        tunnel=b"GET / HTTP/1.1\r\n\r\n\x81\x00",
        said=(
            cut(b"Connection: Upgrade\r\n"),
            (b"Accept: x\r\n", b"Accept: x\r\nConnection: Upgrade\r\n"),
        ),
        why=("handshake",),
    ),
    Pair(
        "a handshake as Firefox spells it",
        get(b"/", b"Connection: keep-alive, Upgrade", b"upgrade: WebSocket", b"X: y"),
        b"hello",
        at_head=_SWITCHING + b"\r\n",
        tunnel=b"hello",
        told=(
            cut(b"Connection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n"),
            (b"X: y\r\n", b"X: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"),
        ),
        why=("hop-by-hop", "handshake"),
    ),
    Pair(
        "a handshake that is refused",
        get(b"/", b"Connection: Upgrade", b"Upgrade: websocket"),
        reply(b"no", status=b"403 Forbidden"),
    ),
    *(
        Pair(
            f"{name} is refused",
            get(b"/", b"Connection: Upgrade", *fields),
            refused=status,
            why=("upgrade",),
        )
        for name, fields, status in (
            ("h2c", (b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), 501),
            ("an upgrade with a body", (b"Upgrade: websocket", b"Content-Length: 1"), 400),
        )
    ),
)
