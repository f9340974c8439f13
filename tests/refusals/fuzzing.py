"""Messages by a grammar, most of them nearly right, then changed in a few bytes.

Everything is drawn from the given `Random`: the same seed gives the same messages.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")
CRLF = b"\r\n"
METHODS = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"PATCH", b"TRACE"]
ODD_METHODS = [b"get", b"GETS", b"CONNECT", b"PRI", b"PROPFIND", b"M-SEARCH", b"FOO", b"", b"QUERY"]
TARGETS = [
    b"/",
    b"/app?x=1",
    b"/a/../b",
    b"/%2f%00",
    b"//a//b",
    b"/?",
    b"/a:b@c;d",
    b'/[]|{}^"<>`\\',
]
ODD_TARGETS = [
    b"*", b"http://site/app", b"http://site", b"http://site?q", b"HTTP://SITE/", b"http://other/",
    b"http://u@site/", b"http://site:80/", b"site:80", b"app", b"/a b", b"/a#b", b"/\xc3\xa9",
    b"/\x00", b"/\x7f", b"/\t", b"",
]  # fmt: skip
ODD_VERSIONS = [
    b"HTTP/1.0", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.1 ",
    b"HTTP/1.10", b"HTTP/1", b"HTTP /1.1", b"",
]  # fmt: skip
HOSTS = [b"site", b"site:80", b"[::1]:8080", b"a_b.example"]
ODD_HOSTS = [b"", b"a@site", b"a/b", b"a, b", b"site:", b"site#", b"s\xefte", b"a b", b"[::1"]
PLAIN = [
    b"Accept: */*", b"accept: text/html", b"User-Agent: x/1", b"Cookie: a=b; c=\xe9", b"X: y",
    b"X:", b"x_y: z", b"X:\ty\t", b"Connection: close", b"Connection: keep-alive", b"TE: trailers",
    b"Expect: 100-continue", b"Range: bytes=0-1", b"Proxy: x", b"X-Forwarded-For: 1.2.3.4",
    b"Connection: x, y", b"Keep-Alive: timeout=5", b"Trailer: X", b"X-Gateway-Route: x",
    b"Connection: Content-Length", b"Connection: Transfer-Encoding", b"Referer: http://site/",
]  # fmt: skip
ODD_NAMES = [
    b"Content-Length", b"content-length", b"Content_Length", b"Transfer-Encoding", b"Host",
    b"transfer-encoding", b"Transfer_Encoding", b"Upgrade", b"Connection", b"Expect", b"X", b"",
    b"Content-Length ", b"Transfer-Encoding\t", b" X", b"\tX", b"X Y", b"X(", b"X\x00", b"X\xff",
]  # fmt: skip
ODD_VALUES = [
    b"0", b"3", b"03", b"+3", b"-3", b"3,3", b"3, 4", b"0x3", b"1_0", b"3 ", b"", b"chunked",
    b"Chunked", b"chunked ", b"chunked, chunked", b"gzip, chunked", b"identity", b"chunked;a=b",
    b"\x0bchunked", b"close", b"upgrade", b"websocket", b"h2c", b"site", b"a@b", b"\xff", b"3\x00",
    b"100-continue", b"99999999999999999999", b"\xd9\xa3", b"y\x7f", b"y\x01", b"y\x0bz", b"a:b",
]  # fmt: skip
COLONS = [b": "] * 6 + [b":", b":\t", b" :", b" ", b"::", b"=", b": \t "]
ENDS = [b"\n", b"\r", b"\r\r\n", b"\r\n ", b"\r\n\t", b"\n\r\n", b"\x0b\r\n", b"\x00\r\n"]
BYTES = b'\r\n\r\n\t \x00\x0b\x0c:;,"=\\/\x7f\x80\xff0139afxXgG+-_#?@'
BEHIND = [b"", b"GET /next HTTP/1.1\r\nHost: site\r\n\r\n", b"0\r\n\r\n", b"\r\n", b"abc", b"\x00"]
PAYLOADS = [
    b"",
    b"a",
    b"abc",
    b"0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\n",
    b"x" * 300,
]
SIZES = ["%x", "%X", "0%x", "%x;a", "%x;a=b", '%x;a="b;\\"c\\""']
ODD_SIZES = [
    "%x ", " %x", "0x%x", "+%x", "-%x", "%x;", "%x;;", "%x; a", "%x ;a", "%x;a=", "%x;a=b c",
    "%x\t", '%x;a="b', "%xg", "%d", "%x,", "%x\x00", "%x;\x7f", "%x;\r", "%x\n",
    "0000000000000000000%x", "1%016x", "ffffffffffffffff%x", "_%x", "%x;\xe9",
]  # fmt: skip
TRAILERS = [b"", b"", b"X: y\r\n", b"X:\r\nY: \xff\r\n"]
ODD_TRAILERS = [
    b"X\r\n", b": y\r\n", b" X: y\r\n", b"X : y\r\n", b"X: y\n", b"X: y\r\n z\r\n", b"X: \x00\r\n",
    b"Content-Length: 3\r\n", b"Host: other\r\n", b"\n", b"\r", b"X: y\rZ: a\r\n", b"X_Y: z\r\n",
]  # fmt: skip
STATUSES = [b"200 OK", b"200 ", b"200", b"204 No Content", b"304 Not Modified", b"404 Not Found"]
ODD_STATUSES = [
    b"100 Continue", b"103 Early Hints", b"099 x", b"1000 x", b"2xx", b" 200 OK", b"200\tOK",
    b"799 r\xe9sum\xe9", b"200 O\x00K", b"200 O\rK", b"999 x", b"+200 OK", b"20 OK", b"",
]  # fmt: skip


class Message(NamedTuple):
    raw: bytes
    cuts: tuple[int, ...]  # where it is cut in pieces on its way


def request(rng: Random) -> Message:
    """A request and what comes behind it."""
    fields = [_host(rng), *rng.sample(PLAIN, rng.randrange(4))]
    body = _framed(rng, fields)
    head = _line(rng) + _end(rng) + _fields(rng, fields)
    return _sent(rng, head + CRLF + body + rng.choice(BEHIND))


def chunks(rng: Random) -> Message:
    """A chunked body and what comes behind it."""
    return _sent(rng, _chunked(rng) + rng.choice(BEHIND))


def reply(rng: Random) -> Message:
    """A reply, up to the end of its connection."""
    version = _or(rng, [b"HTTP/1.1 ", b"HTTP/1.1 ", b"HTTP/1.0 "], ODD_VERSIONS)
    fields = rng.sample(PLAIN, rng.randrange(4))
    body = _framed(rng, fields)
    head = version + _or(rng, STATUSES, ODD_STATUSES) + _end(rng) + _fields(rng, fields)
    return _sent(rng, head + CRLF + body + rng.choice([b"", b"", b"HTTP/1.1 200 OK\r\n\r\n"]))


def _line(rng: Random) -> bytes:
    words = (
        _or(rng, METHODS, ODD_METHODS),
        _or(rng, TARGETS, ODD_TARGETS, 0.12),
        _or(rng, [b"HTTP/1.1"], ODD_VERSIONS, 0.12),
    )
    return (b" " if rng.random() > 0.02 else rng.choice([b"  ", b"\t", b""])).join(words)


def _host(rng: Random) -> bytes:
    return b"Host: " + _or(rng, HOSTS, ODD_HOSTS)


def _framed(rng: Random, fields: list[bytes]) -> bytes:
    """A body, and how `fields` say that it ends."""
    draw = rng.random()
    if draw < 0.3:
        return b""
    if draw < 0.6:
        payload = rng.choice(PAYLOADS)
        size = len(payload) + (rng.choice([-1, 1, 7]) if rng.random() < 0.1 else 0)
        fields.append(b"Content-Length: %d" % max(size, 0))
        return payload
    fields.append(rng.choice([b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED"]))
    return _chunked(rng)


def _fields(rng: Random, fields: list[bytes]) -> bytes:
    while rng.random() < 0.2:
        odd = rng.choice(ODD_NAMES) + rng.choice(COLONS) + rng.choice(ODD_VALUES)
        fields.append(odd)
    if fields and rng.random() < 0.1:
        fields.append(rng.choice(fields))
    rng.shuffle(fields)
    return b"".join(each + _end(rng) for each in fields)


def _chunked(rng: Random) -> bytes:
    out = b""
    for _ in range(rng.randrange(4)):
        data = rng.choice(PAYLOADS[1:])
        size = _or(rng, SIZES, ODD_SIZES) % len(data)
        out += size.encode("latin-1") + _end(rng) + data + _end(rng)
    last = _or(
        rng, [b"0", b"0", b"000", b"0;a=b"], [b"0 ", b"-0", b"0x0", b"", b"00000000000000000"]
    )
    return out + last + _end(rng) + _or(rng, TRAILERS, ODD_TRAILERS) + _end(rng)


def _end(rng: Random) -> bytes:
    return _or(rng, [CRLF], ENDS, 0.01)


def _or(rng: Random, usual: list[T], odd: list[T], share: float = 0.06) -> T:
    return rng.choice(odd if rng.random() < share else usual)


def _sent(rng: Random, raw: bytes) -> Message:
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4])):
        raw = _changed(rng, raw)
    cuts = sorted(rng.randrange(len(raw) + 1) for _ in range(rng.randrange(5)))
    return Message(raw, tuple(cuts))


def _changed(rng: Random, raw: bytes) -> bytes:
    """One small change."""
    at = rng.randrange(len(raw) + 1)
    byte = bytes([rng.choice(BYTES) if rng.random() < 0.9 else rng.randrange(256)])
    match rng.randrange(6):
        case 0:
            return raw[:at] + byte + raw[at:]
        case 1:
            return raw[:at] + raw[at + 1 :]
        case 2:
            return raw[:at] + byte + raw[at + 1 :]
        case 3:
            return raw[:at] + raw[at : at + 1].swapcase() + raw[at + 1 :]
        case 4:
            size = rng.randrange(1, 9)
            return raw[: at + size] + raw[at:]
        case _:
            lines = raw.split(CRLF)
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            return CRLF.join(lines)
