"""What apps say."""

from __future__ import annotations

import gzip

from tests.fidelity.pair import OK, Pair, cut, get, reply

_GET = get()
_HEAD = get(method=b"HEAD")
_GZIP = gzip.compress(b"packed " * 100, mtime=0)
_BIG = bytes(range(251)) * 4178
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_CLOSES = ((b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),)
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nlink: </b>\r\n\r\n"

_PHRASES = (
    b"200 OK",
    b"200 Everything is  fine",
    b"200 ",
    b"200",
    b"200 " + b"long " * 500,
    b"200 r\xe9ussi",
    "200 好".encode(),
    b"200 \tTabbed\t",
    b"299 Own",
    b"404 OK",
    b"418 I'm a teapot",
    b"451 Unavailable For Legal Reasons",
    b"500 Oh!",
    b"599 x",
    b"999 Denied",
)

_FIELDS: dict[str, tuple[bytes, ...]] = {
    "no field": (),
    "spelling": (b"ETag: a", b"etag: b", b"x-POWERED-by: c", b"content-TYPE: d"),
    "order": (b"Z: 1", b"Server: own/1", b"A: 2", b"Date: Thu, 01 Jan 1970 00:00:00 GMT"),
    "repeats": (b"X: 1", b"Y: 2", b"X: 1", b"x: 3"),
    "many Set-Cookie": tuple(b"Set-Cookie: c%d=%d; Path=/; HttpOnly" % (i, i) for i in range(40)),
    "odd Set-Cookie": (b"set-cookie: a", b"Set-Cookie: =b", b"Set-Cookie:", b"Set-Cookie: c=\xe9"),
    "bytes beyond UTF-8": (b'Content-Disposition: attachment; filename="r\xe9sum\xe9.pdf"',),
    "UTF-8": ("X: é漢😀".encode(),),
    "empty values": (b"A:", b"B: ", b"C:  ", b"D: d"),
    "blanks around values": (b"A:1", b"B:  2", b"C: 3 ", b"D:\t4\t"),
    "odd names": (b"!#$%&'*+-.^_`|~: 1", b"X.Y_Z: 2"),
    "a long value": (b"X: " + b"v" * 16000,),
    "two hundred fields": tuple(b"X-%d: %d" % (i, i) for i in range(200)),
    "security": (
        b"Content-Security-Policy: default-src 'self'",
        b"Strict-Transport-Security: max-age=1",
        b'Alt-Svc: h3=":443"',
        b'Clear-Site-Data: "*"',
    ),
    "caching": (b"Age: 1", b"Via: 1.1 x", b"Cache-Control: no-store", b"Vary: *", b"Expires: 0"),
    "an upgrade that nobody asked for": (b"Location: http://127.0.0.1:1/x", b"Refresh: 0;url=/y"),
    "accelerators": (b"X-Accel-Redirect: /x", b"X-Sendfile: /y", b"X-Accel-Buffering: no"),
    "authentication": (
        b'WWW-Authenticate: Digest realm="a", nonce="b"',
        b"WWW-Authenticate: Negotiate",
        b"Proxy-Authenticate: Basic realm=x",
        b"Authentication-Info: x",
    ),
    "packed": (b"Content-Encoding: gzip", b"Content-Type: text/html"),
    "signed": (b"Digest: SHA-256=x", b"Repr-Digest: y", b"Content-MD5: z"),
    "in the gate's name": (b"X-Gateway-Decision: mine", b"X-Gateway-Challenge: 0"),
}

_CHUNKS: dict[str, tuple[bytes, ...]] = {
    "one": (b"3\r\nabc\r\n", b"0\r\n\r\n"),
    "none": (b"0\r\n\r\n",),
    "many, torn": (b"3\r", b"\nab", b"c\r\n1", b"\r\nd\r", b"\n0\r\n", b"\r\n"),
    "extensions and spelling": (
        b'00B;a="b;c"\r\n0123456789a\r\nb;d\r\n0123456789a\r\n',
        b"0;e\r\n\r\n",
    ),
    "trailers": (b"1\r\na\r\n0\r\nX-Sum: \xe9\r\nx-sum: 2\r\nServer-Timing: db;dur=1\r\n\r\n",),
    "trailers that name deciding headers": (b"1\r\na\r\n0\r\nSet-Cookie: a=b\r\nETag: x\r\n\r\n",),
    "packed": (b"%x\r\n" % len(_GZIP), _GZIP, b"\r\n0\r\n\r\n"),
    "a megabyte": (b"%x\r\n" % len(_BIG), _BIG, b"\r\n0\r\n\r\n"),
    "events": (b"9\r\ndata: x\n\n\r\n", b"a\r\nid: 1\ndata\r\n", b"0\r\n\r\n"),
}

PLAIN = (
    *(
        Pair(
            f"reason {each[:20].decode('latin-1')!r}",
            _GET,
            b"HTTP/1.1 %b\r\nContent-Length: 2\r\n\r\nok" % each,
        )
        for each in _PHRASES
    ),
    *(Pair(f"reply fields: {name}", _GET, reply(b"ok", *each)) for name, each in _FIELDS.items()),
    *(Pair(f"reply chunks: {name}", _GET, (_CHUNKED, *each)) for name, each in _CHUNKS.items()),
    Pair("length spelled otherwise", _GET, b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 002\r\n\r\nok"),
    Pair(
        "coding spelled otherwise",
        _GET,
        b"HTTP/1.1 200 OK\r\ntransfer-ENCODING:Chunked\r\n\r\n0\r\n\r\n",
    ),
    Pair("an empty body", _GET, reply(b"")),
    Pair("a megabyte", _GET, reply(_BIG)),
    Pair("a body that looks like a head", _GET, reply(OK)),
    Pair("byte by byte", _GET, tuple(bytes([each]) for each in reply(b"ok", b"X: y"))),
    Pair("packed", _GET, reply(_GZIP, b"Content-Encoding: gzip", b"Vary: Accept-Encoding")),
    Pair(
        "a trailer announced",
        _GET,
        (
            b"HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"0\r\nX-T: 1\r\n\r\n",
        ),
    ),
    Pair(
        "events",
        _GET,
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"9\r\ndata: x\n\n\r\n",
            b"9\r\ndata: y\n\n\r\n",
            b"0\r\n\r\n",
        ),
    ),
)

BODILESS = (
    Pair("HEAD with a length", _HEAD, b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
    Pair("HEAD with a length of 0", _HEAD, reply(b"")),
    Pair("HEAD with chunks announced", _HEAD, _CHUNKED),
    Pair("HEAD with neither", _HEAD, b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"),
    Pair("HEAD of nothing there", _HEAD, b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"),
    Pair("204", _GET, b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
    Pair(
        "204 with a length",
        _GET,
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX: y\r\n\r\n",
        said=(cut(b"Content-Length: 0\r\n"),),
        why=("no content",),
    ),
    Pair("304", _GET, b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
    Pair("304 with a length", _GET, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"),
    Pair(
        "304 with chunks announced",
        _GET,
        b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    Pair("205", _GET, reply(b"", status=b"205 Reset Content")),
    Pair(
        "205 in chunks",
        _GET,
        (b"HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"),
    ),
    Pair("301 without a body", _GET, reply(b"", b"Location: //x.test/%2f?#a", status=b"301 x")),
)

RANGES = (
    Pair(
        "206",
        get(b"/", b"Range: bytes=1-2"),
        reply(b"bc", b"Content-Range: bytes 1-2/9", status=b"206 Partial Content"),
    ),
    Pair(
        "206 in parts",
        get(b"/", b"Range: bytes=0-0,8-8"),
        reply(
            b"--b\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n--b\r\nContent-Range: bytes 8-8/9"
            b"\r\n\r\ni\r\n--b--\r\n",
            b"Content-Type: multipart/byteranges; boundary=b",
            status=b"206 Partial Content",
        ),
    ),
    Pair(
        "416",
        get(b"/", b"Range: bytes=99-"),
        reply(b"", b"Content-Range: bytes */9", status=b"416 Range Not Satisfiable"),
    ),
    Pair(
        "HEAD with a range",
        get(b"/", b"Range: bytes=0-0", method=b"HEAD"),
        b"HTTP/1.1 206 x\r\nContent-Length: 1\r\n\r\n",
    ),
)

INTERIM = (
    Pair("103", _GET, (_HINTS, OK)),
    Pair("103 several times", _GET, (_HINTS, _HINTS, b"HTTP/1.1 103 \r\nX: \xe9\r\n\r\n", OK)),
    Pair("103 and the reply at once", _GET, _HINTS + OK),
    Pair("102", _GET, (b"HTTP/1.1 102 Processing\r\n\r\n", OK)),
    Pair("199", _GET, (b"HTTP/1.1 199 Own\r\nX: y\r\n\r\n", OK)),
    Pair("103 before 204", _GET, (_HINTS, b"HTTP/1.1 204 No Content\r\n\r\n")),
    Pair(
        "103 before HEAD's reply", _HEAD, (_HINTS, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    ),
    Pair(
        "103 with a length",
        _GET,
        (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\nX: y\r\n\r\n", OK),
        said=(cut(b"Content-Length: 3\r\n"),),
        why=("no content",),
    ),
    Pair(
        "100 that nobody waits for",
        _GET,
        (b"HTTP/1.1 100 Continue\r\n\r\n", OK),
        said=(cut(b"HTTP/1.1 100 Continue\r\n\r\n"),),
        why=("continue",),
    ),
)

# Heads that the gate has to touch are otherwise left as they are.
_ODD = (
    b"HTTP/1.1 299\r\nA:1\r\nB:  2 \r\nc:\r\nSet-Cookie: a=b\r\nX: \xe9\r\nset-COOKIE:c\r\n"
    b"D:\td\t\r\n",
    b"content-LENGTH:  02\r\n",
    b"\r\nok",
)

TOUCHED = (
    Pair(
        "of a client that closes",
        get(b"/", b"Connection: close"),
        b"".join(_ODD),
        told=(cut(b"Connection: close\r\n"),),
        said=_CLOSES,
        why=("hop-by-hop", "connection"),
    ),
    Pair("until close", _GET, _ODD[0] + _ODD[2], said=_CLOSES, ends=True, why=("until close",)),
    Pair(
        "with Connection",
        _GET,
        _ODD[0] + b"Connection:x-hop\r\nX-HOP:  1\r\n" + _ODD[1] + _ODD[2],
        said=(cut(b"Connection:x-hop\r\nX-HOP:  1\r\n"),),
        why=("hop-by-hop",),
    ),
    Pair(
        "with a cookie almost ours",
        _GET,
        reply(b"ok", b"A:1", b"Set-Cookie: my_gateway_x=1", b"B:  2 "),
    ),
    Pair("204", _GET, b"HTTP/1.1 204\r\nA:1\r\nB:  2 \r\n\r\n"),
    Pair("103", _GET, (b"HTTP/1.1 103\r\nA:1\r\nLink:  </b> \r\n\r\n", OK)),
)

ENDS = (
    Pair(
        "until close",
        _GET,
        (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", b"all", b" of it"),
        said=_CLOSES,
        ends=True,
        why=("until close",),
    ),
    Pair(
        "until close, and says so",
        _GET,
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"all"),
        ends=True,
    ),
    Pair(
        "until close, empty",
        _GET,
        b"HTTP/1.1 200 OK\r\n\r\n",
        said=_CLOSES,
        ends=True,
        why=("until close",),
    ),
    Pair(
        "closing is between app and gate",
        _GET,
        reply(b"ok", b"Connection: close"),
        ends=True,
        said=(cut(b"Connection: close\r\n"),),
        why=("hop-by-hop",),
    ),
    Pair(
        "keep-alive is between app and gate",
        _GET,
        reply(b"ok", b"Connection: keep-alive", b"Keep-Alive: timeout=5, max=99"),
        said=(cut(b"Connection: keep-alive\r\nKeep-Alive: timeout=5, max=99\r\n"),),
        why=("hop-by-hop",),
    ),
    Pair(
        "fields named in Connection",
        _GET,
        reply(b"ok", b"Connection: X-Hop, close", b"X-Hop: 1", b"X-Kept: 2"),
        ends=True,
        said=(cut(b"Connection: X-Hop, close\r\nX-Hop: 1\r\n"),),
        why=("hop-by-hop",),
    ),
    Pair(
        "an upgrade offered",
        _GET,
        reply(b"ok", b"Upgrade: h2c", b"Connection: Upgrade"),
        said=(cut(b"Upgrade: h2c\r\nConnection: Upgrade\r\n"),),
        why=("hop-by-hop", "upgrade"),
    ),
    Pair(
        "426",
        _GET,
        reply(b"", b"Upgrade: websocket", b"Connection: Upgrade", status=b"426 Upgrade Required"),
        said=(cut(b"Upgrade: websocket\r\nConnection: Upgrade\r\n"),),
        why=("hop-by-hop", "upgrade"),
    ),
    Pair(
        "both framings",
        _GET,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\na\r\n0\r\n\r\n",
        said=(cut(b"Content-Length: 5\r\n"),),
        why=("both framings",),
    ),
    Pair(
        "a cookie of ours",
        _GET,
        reply(b"ok", b"Set-Cookie: a=b", b"Set-Cookie: gateway_pass_x=1", b"X: y"),
        said=(cut(b"Set-Cookie: gateway_pass_x=1\r\n"),),
        why=("our cookies",),
    ),
    Pair(
        "an app of HTTP/1.0",
        _GET,
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        said=((b"HTTP/1.0", b"HTTP/1.1"),),
        ends=True,
        why=("version",),
    ),
    Pair(
        "an app of HTTP/1.0 that stays",
        _GET,
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        said=((b"HTTP/1.0", b"HTTP/1.1"), cut(b"Connection: keep-alive\r\n")),
        why=("version", "hop-by-hop"),
    ),
    Pair(
        "an app of HTTP/1.0, until close",
        _GET,
        (b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n", b"all"),
        said=((b"HTTP/1.0", b"HTTP/1.1"), *_CLOSES),
        ends=True,
        why=("version", "until close"),
    ),
    Pair(
        "cut within a length",
        _GET,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        ends=True,
        breaks_off=True,
    ),
    Pair("cut within a chunk", _GET, (_CHUNKED, b"9\r\nabc"), ends=True, breaks_off=True),
    Pair("cut between chunks", _GET, (_CHUNKED, b"3\r\nabc\r\n"), ends=True, breaks_off=True),
    Pair(
        "reset within a length",
        _GET,
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"abc"),
        resets=True,
        breaks_off=True,
    ),
    *(
        Pair(f"502: {name}", _GET, raw, ends=True, refused=502, why=("unusable",))
        for name, raw in (
            ("no reply", b""),
            ("half a head", b"HTTP/1.1 200 OK\r\nX: "),
            ("no status", b"HTTP/1.1 OK\r\n\r\n"),
            ("another protocol", b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
            ("bare line feeds", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
            ("folded", b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
            ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("a length told twice", b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"),
            ("unknown coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
            ("NUL in a field", b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
            ("a head without end", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000),
            ("101 that nobody asked for", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        )
    ),
)
