"""Header fields of requests."""

from __future__ import annotations

from tests.fidelity.pair import Pair, cut, get, post, reply

_KEPT: dict[str, tuple[bytes, ...]] = {
    "spelling": (b"user-AGENT: x", b"ACCEPT: y", b"eTaG: z", b"x-lower: 1"),
    "order": (b"Z: 1", b"A: 2", b"M: 3", b"B: 4"),
    "repeats": (b"X-A: 1", b"X-B: 2", b"X-A: 3", b"X-A: 1"),
    "repeats that differ in case": (b"Accept: a", b"accept: b", b"ACCEPT: c"),
    "bytes beyond UTF-8": (b'X: "r\xe9sum\xe9"', b"Cookie: c=\xe9; d=\xff\xfe"),
    "UTF-8": ("X: é漢😀".encode(),),
    "empty values": (b"X-Empty: ", b"Accept: ", b"X: y"),
    "tabs within": (b"X: a\tb",),
    "odd names": (b"!#$%&'*+-.^`|~: 1", b"X.Y: 2", b"1: 3"),
    "underscores": (b"X_Under_Score: 1", b"my_app: 2"),
    "a long value": (b"X: " + b"v" * 16000,),
    "a hundred fields": tuple(b"X-%d: %d" % (i, i) for i in range(100)),
    "a long cookie": (b"Cookie: " + b"; ".join(b"c%d=%040d" % (i, i) for i in range(80)),),
    "several cookies": (b"Cookie: a=1", b"Cookie: b=2", b"cookie: a=3"),
    "cookies with odd spaces": (b"Cookie: a=1;b=2 ;  c = 3;;", b'Cookie: q="x y"'),
    "authorization": (b"Authorization: Basic Og==", b"Proxy-Authorization: Basic eA=="),
    "a browser": (
        b"User-Agent: Mozilla/5.0",
        b"Accept: text/html,*/*;q=0.8",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Accept-Language: en",
        b"Sec-Fetch-Site: none",
        b'sec-ch-ua: "Not(A:Brand";v="99"',
        b"Referer: http://site.test/?a=b#c",
        b"Upgrade-Insecure-Requests: 1",
        b"Priority: u=0, i",
    ),
    "conditions": (
        b'If-None-Match: W/"a", "b"',
        b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        b'If-Match: "*"',
        b"If-Range: x",
    ),
    "ranges": (b"Range: bytes=0-0,-5,7-",),
    "tracing": (b"traceparent: 00-1-2-01", b"X-Request-ID: 7", b"X-Amzn-Trace-Id: Root=1"),
    "signatures": (b"X-Amz-Date: 20260101T000000Z", b"X-Amz-Content-Sha256: UNSIGNED"),
    "method overrides": (b"X-HTTP-Method-Override: GET",),
    "te: trailers": (b"TE: trailers", b"X: y"),
    "a trailer announced": (b"Trailer: X-T",),
    "http2-settings": (b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",),
    "via and max-forwards": (b"Via: 1.1 before", b"Max-Forwards: 3"),
    "accept-ranges, date, server": (b"Date: x", b"Server: y", b"Accept-Ranges: none"),
}

# What the gate takes out, wherever it stands.
_GONE: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "keep-alive": ("hop-by-hop", (b"Connection: keep-alive", b"Keep-Alive: timeout=5")),
    "proxy-connection": ("hop-by-hop", (b"Proxy-Connection: keep-alive",)),
    "connection with nothing": ("hop-by-hop", (b"Connection:",)),
    "a connection that names fields": (
        "hop-by-hop",
        (b"Connection: X-One, x-two", b"X-One: 1", b"X-TWO: 2"),
    ),
    "another protocol": ("upgrade", (b"Connection: Upgrade", b"Upgrade: foo/2")),
    "http/2 offered": ("te", (b"TE: gzip, trailers;q=0.5",)),
    "x-forwarded": (
        "forwarded",
        (b"X-Forwarded-For: 1.2.3.4", b"x-forwarded-host: evil.test", b"X-Forwarded-Prefix: /x"),
    ),
    "x-real-ip and forwarded": ("forwarded", (b"X-Real-IP: 1.2.3.4", b"Forwarded: for=1.2.3.4")),
    "x_forwarded_for": ("forwarded", (b"X_Forwarded_For: 1.2.3.4", b"X.Real.IP: 1.2.3.4")),
    "cdn addresses": (
        "forwarded",
        (b"CF-Connecting-IP: 1.2.3.4", b"True-Client-IP: 1.2.3.4", b"Client-IP: 1.2.3.4"),
    ),
    "script name": ("forwarded", (b"X-Script-Name: /x", b"X-Scheme: https")),
    "x-gateway": ("in our name", (b"X-Gateway-Route: x", b"x_gateway_risk: 0")),
    "rerouting": (
        "rerouting",
        (b"Script-Name: /x", b"Path-Info: /y", b"X-Original-URL: /z", b"X-Rewrite-URL: /z"),
    ),
    "httpoxy": ("proxy", (b"Proxy: http://evil.test/",)),
}


def _gone(name: str, why: str, fields: tuple[bytes, ...]) -> Pair:
    around = (b"X-Before: 1", *fields, b"X-After: 2")
    lines = tuple(cut(each + b"\r\n") for each in fields)
    return Pair(f"{name} is removed", get(b"/", *around), told=lines, why=(why,))


def _protected(name: bytes, value: bytes) -> Pair:
    """Naming it in Connection does not remove it."""
    named = b"Connection: " + name
    request = get(b"/", named, b"%b: %b" % (name, value), b"X: y")
    return Pair(
        f"{name.decode()} can't be nominated",
        request,
        told=(cut(named + b"\r\n"),),
        why=("hop-by-hop",),
    )


FIELDS = (
    Pair("nothing but Host", get()),
    *(Pair(name, get(b"/", *fields)) for name, fields in _KEPT.items()),
    Pair("Host in the middle", b"GET / HTTP/1.1\r\nA: 1\r\nhOST: Site.Test:8080\r\nB: 2\r\n\r\n"),
    Pair("Host in IPv6", b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    *(_gone(name, why, fields) for name, (why, fields) in _GONE.items()),
    _protected(b"Cookie", b"a=b"),
    _protected(b"Authorization", b"Basic Og=="),
    _protected(b"Referer", b"http://site.test/"),
    _protected(b"Sec-Fetch-Site", b"same-origin"),
    Pair(
        "blanks around values",
        get(b"/", b"A:1", b"B:   2", b"C: 3  ", b"D:\t4\t", b"E:  "),
        why=("blanks",),
    ),
    Pair(
        "an empty value without a blank",
        get(b"/", b"A:", b"B: c"),
        why=("blanks",),
    ),
    Pair(
        "connection: close",
        get(b"/", b"Connection: close", b"X: y"),
        told=(cut(b"Connection: close\r\n"),),
        said=((b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),),
        why=("hop-by-hop", "connection"),
    ),
    Pair(
        "a form, as browsers send it",
        post(b"a=1&b=%20", b"Content-Type: application/x-www-form-urlencoded", b"Origin: null"),
        reply(b"", b"Location: /done?x=/../y", status=b"303 See Other"),
    ),
)
