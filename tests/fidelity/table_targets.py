"""Request targets and methods."""

from __future__ import annotations

from tests.fidelity.pair import Pair, get, post, reply

_TARGETS = (
    b"/",
    b"//",
    b"///",
    b"/a/../b",
    b"/a/./b",
    b"/..",
    b"/a/%2e%2e/b",
    b"//a//b",
    b"/a/",
    b"/%2f",
    b"/%2F%7e%41",
    b"/%5c..%5c",
    b"/a%00b",
    b"/100%",
    b"/%zz?x=%zz",
    b"/%u1234",
    b"/%E9t%E9",
    b"/%C3%A9t%C3%A9",
    b"/p?",
    b"/p??",
    b"/?",
    b"/p?a=1&b=2&a=3",
    b"/p?a&&=&;",
    b"/p?u=http://x.test/?y",
    b"/p?/../q",
    b"/[]|{}^",
    b"/p?[]|{}^",
    b'/"<>`\\',
    b"/a;b=c/d;e",
    b"/a:b@c",
    b"/:80",
    b"/a+b*c",
    b"/!$&'()*+,;=~-._",
    b"/http://x.test/",
    b"/" + b"a" * 16_000,
    b"/p?" + b"q=1&" * 2000,
)

_METHODS = (
    b"DELETE OPTIONS TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH MKCALENDAR"
    b" ACL BIND REBIND UNBIND CHECKOUT MERGE MKACTIVITY NOTIFY M-SEARCH SUBSCRIBE UNSUBSCRIBE PURGE"
    b" LINK UNLINK QUERY"
).split()

_DAV = b"<?xml version='1.0'?><D:propfind xmlns:D='DAV:'><D:allprop/></D:propfind>"


def _at(target: bytes, status: int, why: str, method: bytes = b"GET") -> Pair:
    name = f"{method.decode()} {target.decode('latin-1')} is refused"
    return Pair(name, get(target, method=method), refused=status, why=(why,))


TARGETS = (
    *(Pair(f"target {each[:40].decode()}", get(each)) for each in _TARGETS),
    Pair("OPTIONS *", get(b"*", method=b"OPTIONS")),
    Pair(
        "absolute-form",
        get(b"http://site.test/a//b?c"),
        told=((b" http://site.test/", b" /"),),
        why=("absolute-form",),
    ),
    Pair(
        "absolute-form without a path",
        get(b"http://SITE.test"),
        told=((b" http://SITE.test ", b" / "),),
        why=("absolute-form",),
    ),
    Pair(
        "absolute-form of everything",
        get(b"http://site.test", method=b"OPTIONS"),
        told=((b" http://site.test ", b" * "),),
        why=("absolute-form",),
    ),
    _at(b"/\xc3\xa9", 400, "target"),
    _at(b"/p?\xe9", 400, "target"),
    _at(b"/a#b", 400, "malformed"),
    _at(b"http://other.test/", 400, "malformed"),
    _at(b"a", 400, "malformed"),
    _at(b"*", 400, "malformed"),
    _at(b"site.test:80", 405, "malformed", b"CONNECT"),
    _at(b"/", 501, "method", b"FOOBAR"),
    _at(b"/", 501, "method", b"get"),
    *(Pair(f"method {each.decode()}", get(b"/x", method=each)) for each in _METHODS),
    *(
        Pair(f"method {each.decode()} with a body", post(b"abc", method=each))
        for each in (b"POST", b"PUT", b"PATCH", b"DELETE", b"GET", b"LOCK", b"OPTIONS")
    ),
    Pair(
        "PROPFIND with Depth and a 207",
        post(_DAV, b"Depth: 1", b"Content-Type: text/xml", method=b"PROPFIND"),
        reply(b"<D:multistatus/>", b"DAV: 1, 2", status=b"207 Multi-Status"),
    ),
    Pair(
        "MOVE with Destination and If",
        get(
            b"/a%20b",
            b"Destination: http://site.test/c%20d",
            b"Overwrite: F",
            b'If: (<urn:uuid:1> ["x"])',
            b"Lock-Token: <urn:uuid:1>",
            method=b"MOVE",
        ),
        b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
    ),
)
