"""Which heads pass, and where the message after them ends."""

from __future__ import annotations

import contextlib

import h11
import pytest
from httptools import HttpParserUpgrade, HttpRequestParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway import heads
from gateway.heads import read_request
from gateway.model import Chunked, Framing, Length, NoBody, Refusal, RequestHead
from gateway.reply_heads import ResponseHead, UntilClose, read_response

HOST = b"Host: site\r\n"


def request(*lines: bytes, first: bytes = b"GET / HTTP/1.1", host: bytes = HOST) -> bytes:
    return first + b"\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


# --- What passes ---------------------------------------------------------------------------

TARGETS = [
    b"/", b"/a/../b/./c", b"//a//b", b"/%2f%7e%41", b"/100%?x=%zz", b"/p?", b"/?", b"/a?b?c",
    b"/[]|{}^", b"/\"<>`\\", b"/;a=b", b"/a:b@c", b"/?url=http://x/", b"/~!$&'()*+,;=:@-._",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_targets_stay_as_received(target: bytes) -> None:
    head = read_request(request(first=b"GET %b HTTP/1.1" % target))
    assert isinstance(head, RequestHead)
    assert head.target == target


def test_headers_stay_as_received() -> None:
    fields = (
        (b"Host", b"Site:80"), (b"accept", b"a"), (b"ACCEPT", b"b"), (b"X-\xc3"[:2], b""),
        (b"Cookie", b"c=\xe9; d=\"e\""), (b"x_y", b"z"), (b"!#$%&'*+-.^_`|~0", b": ,"),
    )  # fmt: skip
    raw = b"GET / HTTP/1.1\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n"
    head = read_request(raw)
    assert isinstance(head, RequestHead)
    assert head.headers == fields
    assert head.host == "site:80"
    assert head.get(b"accept") == b"a"
    assert head.all(b"accept") == [b"a", b"b"]


@pytest.mark.parametrize("blank", [b" ", b"\t", b" \t ", b"\t \t"])
def test_blanks_around_values_go(blank: bytes) -> None:
    """nginx, node and PHP refuse `Content-Length: 3<tab>`, so it does not go on like that."""
    raw = request(b"Content-Length:" + blank + b"3" + blank, b"X:" + blank + b"y z" + blank)
    head = read_request(raw)
    assert isinstance(head, RequestHead)
    assert head.headers[1:] == ((b"Content-Length", b"3"), (b"X", b"y z"))


METHODS = (  # everything in llhttp's table but CONNECT
    "DELETE GET HEAD POST PUT OPTIONS TRACE PATCH COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH "
    "UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE "
    "UNSUBSCRIBE PURGE MKCALENDAR LINK UNLINK QUERY"
)


@pytest.mark.parametrize("method", METHODS.split())
def test_methods(method: str) -> None:
    head = read_request(request(first=f"{method} / HTTP/1.1".encode()))
    assert isinstance(head, RequestHead)
    assert head.method == method


CODED = b"Transfer-Encoding: chunked"
FRAMINGS: list[tuple[bytes, Framing]] = [
    (b"", NoBody()),
    (b"Content-Length: 0\r\n", Length(0)),
    (b"content-length:5\r\n", Length(5)),
    (b"Content-Length: 007 \t\r\n", Length(7)),
    (b"Content-Length: 999999999999999999\r\n", Length(10**18 - 1)),
    (CODED + b"\r\n", Chunked()),
    (b"transfer-encoding:\tCHUNKED \r\n", Chunked()),
]


@pytest.mark.parametrize(("field", "framing"), FRAMINGS)
def test_framing(field: bytes, framing: Framing) -> None:
    head = read_request(b"POST / HTTP/1.1\r\n" + HOST + field + b"\r\n")
    assert isinstance(head, RequestHead)
    assert head.framing == framing


@pytest.mark.parametrize(
    ("first", "lines", "stays"),
    [
        (b"GET / HTTP/1.1", [], True),
        (b"GET / HTTP/1.1", [b"Connection: keep-alive"], True),
        (b"GET / HTTP/1.1", [b"Connection: Close"], False),
        (b"GET / HTTP/1.1", [b"Connection: x", b"connection: y , close"], False),
        (b"GET / HTTP/1.0", [], False),
        (b"GET / HTTP/1.0", [b"Connection: Keep-Alive"], True),
        (b"GET / HTTP/1.0", [b"Connection: keep-alive, close"], False),
    ],
)
def test_keep_alive(first: bytes, lines: list[bytes], stays: bool) -> None:
    head = read_request(request(*lines, first=first))
    assert isinstance(head, RequestHead)
    assert head.keep_alive is stays


@pytest.mark.parametrize(
    ("target", "host", "becomes"),
    [
        (b"http://site/a?b", b"site", b"/a?b"),
        (b"HTTP://SITE/a", b"site", b"/a"),
        (b"https://site:8443/", b"Site:8443", b"/"),
        (b"http://site", b"site", b"/"),
        (b"http://site?q", b"site", b"/?q"),
    ],
)
def test_absolute_form_becomes_origin_form(target: bytes, host: bytes, becomes: bytes) -> None:
    raw = request(first=b"GET %b HTTP/1.1" % target, host=b"Host: %b\r\n" % host)
    head = read_request(raw)
    assert isinstance(head, RequestHead)
    assert head.target == becomes


@pytest.mark.parametrize("target", [b"*", b"http://site"])
def test_options_of_everything(target: bytes) -> None:
    head = read_request(request(first=b"OPTIONS %b HTTP/1.1" % target))
    assert isinstance(head, RequestHead)
    assert head.target == b"*"


@pytest.mark.parametrize(
    "host", [b"a", b"a.b:80", b"[::1]", b"[2001:db8::1]:8080", b"a_b", b"1.2.3.4", b"xn--bcher"]
)
def test_hosts(host: bytes) -> None:
    head = read_request(request(host=b"Host: %b\r\n" % host))
    assert isinstance(head, RequestHead)
    assert head.host == host.decode()


def test_http10_needs_no_host() -> None:
    head = read_request(request(first=b"GET / HTTP/1.0", host=b""))
    assert isinstance(head, RequestHead)
    assert (head.host, head.version) == ("", (1, 0))


WEBSOCKET = [b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: x"]


@pytest.mark.parametrize(
    ("lines", "upgrade"),
    [
        (WEBSOCKET, True),
        ([b"Connection: upgrade", b"Upgrade: WebSocket"], True),
        ([b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 0"], True),
        ([b"Upgrade: websocket"], False),
        ([b"Connection: upgrade"], False),
        ([b"Connection: upgrade", b"Upgrade: websocket, foo"], False),
        ([b"Connection: upgrade", b"Upgrade: TLS/1.0"], False),
    ],
)
def test_upgrade_is_a_websocket_handshake(lines: list[bytes], upgrade: bool) -> None:
    head = read_request(request(*lines))
    assert isinstance(head, RequestHead)
    assert head.upgrade is upgrade


@pytest.mark.parametrize(
    ("first", "lines", "expects"),
    [
        (b"PUT / HTTP/1.1", [b"Expect: 100-Continue", b"Content-Length: 1"], True),
        (b"PUT / HTTP/1.1", [b"Expect: other", b"Content-Length: 1"], False),
        (b"PUT / HTTP/1.0", [b"Expect: 100-continue", b"Content-Length: 1"], False),
    ],
)
def test_expect(first: bytes, lines: list[bytes], expects: bool) -> None:
    head = read_request(request(*lines, first=first))
    assert isinstance(head, RequestHead)
    assert head.expects_continue is expects


# --- What does not -------------------------------------------------------------------------

CL3 = b"Content-Length: 3"
REFUSED: dict[str, tuple[int, bytes]] = {
    "CL with TE": (400, request(CL3, CODED)),
    "TE with CL": (400, request(CODED, CL3)),
    "CL twice, same": (400, request(CL3, CL3)),
    "CL twice, other": (400, request(CL3, b"Content-Length: 4")),
    "CL list": (400, request(b"Content-Length: 3, 3")),
    "CL empty": (400, request(b"Content-Length:")),
    "CL plus": (400, request(b"Content-Length: +3")),
    "CL minus": (400, request(b"Content-Length: -3")),
    "CL hex": (400, request(b"Content-Length: 0x3")),
    "CL underscore": (400, request(b"Content-Length: 1_0")),
    "CL space": (400, request(b"Content-Length: 1 0")),
    "CL quoted": (400, request(b'Content-Length: "3"')),
    "CL unicode digit": (400, request(b"Content-Length: \xd9\xa3")),
    "CL too long": (400, request(b"Content-Length: 9999999999999999999")),
    "CL vertical tab": (400, request(b"Content-Length: \x0b3")),
    "TE gzip": (501, request(b"Transfer-Encoding: gzip")),
    "TE identity": (501, request(b"Transfer-Encoding: identity")),
    "TE gzip, chunked": (501, request(b"Transfer-Encoding: gzip, chunked")),
    "TE chunked, gzip": (400, request(b"Transfer-Encoding: chunked, gzip")),
    "TE chunked twice": (400, request(CODED, CODED)),
    "TE chunked, chunked": (400, request(b"Transfer-Encoding: chunked, chunked")),
    "TE chunked parameter": (400, request(b"Transfer-Encoding: chunked;a=b")),
    "TE quoted": (400, request(b'Transfer-Encoding: "chunked"')),
    "TE xchunked": (501, request(b"Transfer-Encoding: xchunked")),
    "TE empty": (400, request(b"Transfer-Encoding:")),
    "TE empty with CL": (400, request(b"Transfer-Encoding:", CL3)),
    "TE on 1.0": (400, request(CODED, first=b"POST / HTTP/1.0")),
    "TE with vertical tab": (400, request(b"Transfer-Encoding: \x0bchunked")),
    "TE name with space": (400, request(b"Transfer-Encoding : chunked")),
    "TE name with tab": (400, request(b"Transfer-Encoding\t: chunked")),
    "TE folded": (400, request(b"Transfer-Encoding:\r\n chunked")),
    "bare LF": (400, request(b"X: y\nZ: a")),
    "bare LF at the line": (400, b"GET / HTTP/1.1\n" + HOST + b"\r\n"),
    "bare CR": (400, request(b"X: y\rZ: a")),
    "bare CR before LF": (400, request(b"X: y\r")),
    "obs-fold": (400, request(b"X: y", b" z")),
    "obs-fold tab": (400, request(b"X: y", b"\tz")),
    "folded first": (400, request(b"X: y", host=b" Host: site\r\n")),
    "space before colon": (400, request(b"X : y")),
    "no colon": (400, request(b"X")),
    "no name": (400, request(b": y")),
    "name with NUL": (400, request(b"X\x00: y")),
    "name with space": (400, request(b"X Y: z")),
    "name with bracket": (400, request(b"X(: y")),
    "name not ASCII": (400, request(b"X\xc3\xa9: y")),
    "NUL": (400, request(b"X: a\x00b")),
    "control": (400, request(b"X: a\x01b")),
    "DEL": (400, request(b"X: a\x7fb")),
    "two spaces": (400, request(first=b"GET  / HTTP/1.1")),
    "two spaces before version": (400, request(first=b"GET /  HTTP/1.1")),
    "tab in line": (400, request(first=b"GET\t/ HTTP/1.1")),
    "space before method": (400, request(first=b" GET / HTTP/1.1")),
    "trailing space": (400, request(first=b"GET / HTTP/1.1 ")),
    "space in target": (400, request(first=b"GET /a b HTTP/1.1")),
    "no version": (400, request(first=b"GET /")),
    "version 0.9": (505, request(first=b"GET / HTTP/0.9")),
    "version 1.2": (505, request(first=b"GET / HTTP/1.2")),
    "version 2.0": (505, request(first=b"GET / HTTP/2.0")),
    "version 1.10": (400, request(first=b"GET / HTTP/1.10")),
    "version lower case": (400, request(first=b"GET / http/1.1")),
    "HTTP/2 preface": (505, b"PRI * HTTP/2.0\r\n\r\n"),
    "TLS hello": (400, b"\x16\x03\x01\x02\x00\x01\r\n\r\n"),
    "unknown method": (501, request(first=b"FOOBAR / HTTP/1.1")),
    "lower-case method": (501, request(first=b"get / HTTP/1.1")),
    "method prefix": (501, request(first=b"GETX / HTTP/1.1")),
    "RTSP method": (400, request(first=b"SETUP / HTTP/1.1")),
    "CONNECT": (405, request(first=b"CONNECT site:443 HTTP/1.1")),
    "CONNECT with path": (405, request(first=b"CONNECT / HTTP/1.1")),
    "fragment": (400, request(first=b"GET /a#b HTTP/1.1")),
    "raw UTF-8 target": (400, request(first=b"GET /\xc3\xa9 HTTP/1.1")),
    "DEL in target": (400, request(first=b"GET /\x7f HTTP/1.1")),
    "NUL in target": (400, request(first=b"GET /\x00 HTTP/1.1")),
    "asterisk for GET": (400, request(first=b"GET * HTTP/1.1")),
    "relative target": (400, request(first=b"GET a HTTP/1.1")),
    "authority target": (400, request(first=b"GET site:80 HTTP/1.1")),
    "absolute elsewhere": (400, request(first=b"GET http://other/ HTTP/1.1")),
    "absolute other port": (400, request(first=b"GET http://site:81/ HTTP/1.1")),
    "absolute with user": (400, request(first=b"GET http://u@site/ HTTP/1.1")),
    "absolute backslash": (400, request(first=b"GET http://site\\@x/ HTTP/1.1")),
    "absolute ftp": (400, request(first=b"GET ftp://site/ HTTP/1.1")),
    "absolute on 1.0 without Host": (400, b"GET http://site/ HTTP/1.0\r\n\r\n"),
    "no Host": (400, request(host=b"")),
    "Host twice": (400, request(HOST[:-2])),
    "Host twice on 1.0": (400, request(HOST[:-2], first=b"GET / HTTP/1.0")),
    "Host empty": (400, request(host=b"Host:\r\n")),
    "Host with user": (400, request(host=b"Host: u@a\r\n")),
    "Host with path": (400, request(host=b"Host: a/b\r\n")),
    "Host list": (400, request(host=b"Host: a, b\r\n")),
    "Host with space": (400, request(host=b"Host: a b\r\n")),
    "Host bad port": (400, request(host=b"Host: a:b\r\n")),
    "Host empty port": (400, request(host=b"Host: a:\r\n")),
    "Host not ASCII": (400, request(host=b"Host: b\xc3\xbccher\r\n")),
    "Host percent": (400, request(host=b"Host: a%00\r\n")),
    "Host open bracket": (400, request(host=b"Host: [::1\r\n")),
    "upgrade with a body": (400, request(*WEBSOCKET, CL3)),
    "upgrade with chunks": (400, request(*WEBSOCKET, CODED)),
    "h2c": (501, request(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c")),
    "h2c among others": (501, request(b"Connection: Upgrade", b"Upgrade: websocket, h2c")),
    "empty": (400, b"\r\n\r\n"),
    "two heads": (400, request() + request()),
}


@pytest.mark.parametrize(("status", "raw"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(status: int, raw: bytes) -> None:
    head = read_request(raw)
    assert isinstance(head, Refusal), head
    assert head.status == status


@pytest.mark.parametrize(
    ("lengths", "codings"),
    [([b"3", b"3"], []), ([b"3", b"4"], []), ([b"3"], [b"chunked"]), ([], [b"chunked"] * 2)],
)
def test_framing_is_refused_by_ourselves_too(lengths: list[bytes], codings: list[bytes]) -> None:
    """llhttp refuses these before; should it ever be more lenient, we still are not."""
    said = {b"content-length": lengths, b"transfer-encoding": codings}
    seen = {name: values for name, values in said.items() if values}
    assert heads._request_framing(seen, (1, 1)) in (
        Refusal(400, "content-length"),
        Refusal(400, "transfer-encoding"),
    )


# --- Replies -------------------------------------------------------------------------------


def reply(*lines: bytes, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return first + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


REPLIES: dict[str, tuple[bytes, str, Framing | UntilClose]] = {
    "length": (reply(CL3), "GET", Length(3)),
    "same length twice": (reply(CL3), "GET", Length(3)),
    "chunked": (reply(CODED), "GET", Chunked()),
    "until close": (reply(), "GET", UntilClose()),
    "HEAD": (reply(CL3), "HEAD", NoBody()),
    "HEAD chunked": (reply(CODED), "HEAD", NoBody()),
    "204": (reply(CL3, first=b"HTTP/1.1 204 No Content"), "GET", NoBody()),
    "304": (reply(CL3, first=b"HTTP/1.1 304 Not Modified"), "GET", NoBody()),
    "103": (reply(first=b"HTTP/1.1 103 Early Hints"), "GET", NoBody()),
    "101": (
        reply(b"Upgrade: websocket", b"Connection: upgrade", first=b"HTTP/1.1 101 S"),
        "GET",
        NoBody(),
    ),
    "length and chunks": (reply(CL3, CODED), "GET", Chunked()),
    "chunks and length": (reply(CODED, CL3), "GET", Chunked()),
}


@pytest.mark.parametrize(("raw", "method", "framing"), REPLIES.values(), ids=REPLIES.keys())
def test_reply_framing(raw: bytes, method: str, framing: Framing | UntilClose) -> None:
    head = read_response(raw, method)
    assert isinstance(head, ResponseHead), head
    assert head.shape.framing == framing


def test_both_framings_leave_no_length() -> None:
    head = read_response(reply(CL3, CODED, b"X-Content-Length: 5"), "GET")
    assert isinstance(head, ResponseHead)
    assert [name for name, _ in head.headers] == [b"Transfer-Encoding", b"X-Content-Length"]
    assert b"\r\nContent-Length" not in head.raw()


@pytest.mark.parametrize(
    ("first", "status", "reason"),
    [
        (b"HTTP/1.1 200 OK", 200, b"OK"),
        (b"HTTP/1.1 200 ", 200, b""),
        (b"HTTP/1.1 200", 200, b""),
        (b"HTTP/1.1 799 r\xe9sum\xe9  x", 799, b"r\xe9sum\xe9  x"),
        (b"HTTP/1.0 404 Not Found", 404, b"Not Found"),
    ],
)
def test_status_lines(first: bytes, status: int, reason: bytes) -> None:
    head = read_response(reply(first=first), "GET")
    assert isinstance(head, ResponseHead)
    assert (head.shape.status, head.shape.reason) == (status, reason)


@pytest.mark.parametrize(
    ("raw", "stays"),
    [
        (reply(CL3), True),
        (reply(CL3, b"Connection: Keep-Alive", b"Keep-Alive: timeout=5"), True),
        (reply(CL3, b"Connection: close"), False),
        (reply(CL3, first=b"HTTP/1.0 200 OK"), False),
        (reply(CL3, b"Connection: keep-alive", first=b"HTTP/1.0 200 OK"), True),
    ],
)
def test_reply_keep_alive(raw: bytes, stays: bool) -> None:
    head = read_response(raw, "GET")
    assert isinstance(head, ResponseHead)
    assert head.shape.keep_alive is stays


BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "HTTP/2.0": reply(first=b"HTTP/2.0 200 OK"),
    "status 99": reply(first=b"HTTP/1.1 099 OK"),
    "status 1000": reply(first=b"HTTP/1.1 1000 OK"),
    "bare LF": b"HTTP/1.1 200 OK\nX: y\r\n\r\n",
    "bare LF in a field": reply(b"X: y\nSet-Cookie: gateway_pass=x"),
    "bare CR": reply(b"X: y\rZ: a"),
    "reason with CR": reply(first=b"HTTP/1.1 200 O\rK"),
    "reason with NUL": reply(first=b"HTTP/1.1 200 O\x00K"),
    "fold": reply(b"X: y", b" z"),
    "NUL": reply(b"X: \x00"),
    "space before colon": reply(b"X : y"),
    "two lengths": reply(CL3, b"Content-Length: 4"),
    "bad length": reply(b"Content-Length: x"),
    "empty length": reply(b"Content-Length:"),
    "gzip coding": reply(b"Transfer-Encoding: gzip"),
    "codings": reply(b"Transfer-Encoding: gzip, chunked"),
    "two heads": reply() + reply(),
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_broken_replies(raw: bytes) -> None:
    head = read_response(raw, "GET")
    assert isinstance(head, Refusal)
    assert head.status == 502


# --- Where a message ends, as h11 sees it --------------------------------------------------

NAMES = st.sampled_from(
    [b"Content-Length", b"content-length", b"Transfer-Encoding", b"Transfer_Encoding", b"X",
     b"Connection", b"Upgrade", b"Expect", b"Host", b"Content-Length ",
     b" Transfer-Encoding", b"\tX", b""]
)  # fmt: skip
VALUES = st.sampled_from(
    [b"0", b"3", b"03", b"+3", b"3,3", b"chunked", b"Chunked", b"gzip, chunked", b"identity", b"",
     b"close", b"upgrade", b"websocket", b"h2c", b"site", b"a@b", b"\xff", b"3\x00", b"\x0bchunked"]
) | st.binary(max_size=6)  # fmt: skip
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n ", b"\r\r\n"])
COLONS = st.sampled_from([b": ", b": ", b":", b":\t", b" :", b" "])
FIELDS = st.lists(st.tuples(NAMES, COLONS, VALUES, ENDS).map(b"".join), max_size=5)
FIRSTS = st.sampled_from(
    [b"POST / HTTP/1.1\r\n", b"GET /a HTTP/1.1\r\n", b"POST / HTTP/1.0\r\n",
     b"GET  / HTTP/1.1\r\n", b"HEAD / HTTP/1.1\r\n", b"GET / HTTP/1.1\n", b"OPTIONS * HTTP/1.1\r\n",
     b"PUT /%zz HTTP/1.1\r\n"]
)  # fmt: skip
BEHIND = st.sampled_from([b"abcdefgh", b"3\r\nabc\r\n0\r\n\r\nGET", b"0\r\n\r\nGET / HTTP/1.1"])


def h11_framing(raw: bytes) -> Framing | None:
    """How a second strict parser frames what follows this head; None: it refuses."""
    parser = h11.Connection(h11.SERVER)
    with contextlib.suppress(h11.RemoteProtocolError):
        parser.receive_data(raw)
        event = parser.next_event()
        if isinstance(event, h11.Request):
            fields = dict(event.headers)
            if b"transfer-encoding" in fields:
                return Chunked()
            size = fields.get(b"content-length")
            return NoBody() if size is None else Length(int(size))
    return None


@given(FIRSTS, FIELDS, BEHIND)
@example(b"POST / HTTP/1.1\r\n", [b"Transfer-Encoding: chunked\r\n"], b"")
@settings(max_examples=1500, deadline=None)
def test_h11_agrees_where_a_message_ends(first: bytes, fields: list[bytes], behind: bytes) -> None:
    raw = first + HOST + b"".join(fields) + b"\r\n" + behind
    head = raw[: raw.find(b"\r\n\r\n") + 4]
    ours = read_request(head)
    if isinstance(ours, RequestHead):
        assert ours.framing == h11_framing(head)


EXPECT = b"Expect: 100-continue\r\n"
HANDSHAKE = b"Connection: upgrade\r\nUpgrade: websocket\r\n"


@given(FIRSTS, FIELDS)
@example(b"POST / HTTP/1.1\r\n", [HANDSHAKE])
@example(b"GET /a HTTP/1.1\r\n", [HANDSHAKE])
@example(b"POST / HTTP/1.1\r\n", [EXPECT])
@example(b"POST / HTTP/1.0\r\n", [b"Connection: keep-alive\r\n"])
@settings(max_examples=500, deadline=None)
def test_what_is_remembered_changes_nothing(first: bytes, fields: list[bytes]) -> None:
    """The same fields behind another first line, before and after."""
    rest = HOST + b"".join(fields) + b"\r\n"
    for line in (b"GET /other HTTP/1.1\r\n", b"GET / HTTP/1.0\r\n", first):
        head = (line + rest)[: (line + rest).find(b"\r\n\r\n") + 4]
        remembering = read_request(head)
        heads._block.cache_clear()
        assert read_request(head) == remembering
        if isinstance(remembering, RequestHead):
            method, target, version = line.split(b" ")
            assert heads._read(head, method, target, b" " + version) == remembering


class Parsed:
    """What llhttp finds, without the blanks that are no part of a value."""

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value.strip(b" \t")))


@given(
    FIRSTS, FIELDS | st.lists(st.binary(max_size=8).map(lambda line: line + b"\r\n"), max_size=3)
)
@example(b"GET / HTTP/1.1\r\n", [b"X: a\r\n b\r\n"])
@example(b"GET / HTTP/1.1\r\n", [b"X: a\r\n\tContent-Length: 3\r\n"])
@example(b"GET / HTTP/1.1\r\n", [b": a\r\n"])
@example(b"GET / HTTP/1.1\r\n", [b"X\r\n"])
@example(b"GET / HTTP/1.1\r\n", [b"X:\x00\r\n"])
@settings(max_examples=1000, deadline=None)
def test_fields_are_what_llhttp_finds(first: bytes, fields: list[bytes]) -> None:
    raw = first + HOST + b"".join(fields) + b"\r\n"
    head = raw[: raw.find(b"\r\n\r\n") + 4]
    ours = read_request(head)
    if isinstance(ours, RequestHead):
        parsed = Parsed()
        with contextlib.suppress(HttpParserUpgrade):
            HttpRequestParser(parsed).feed_data(head)
        assert parsed.fields == list(ours.headers)


@pytest.mark.parametrize("method", [*heads.METHODS, b"CONNECT", b"PRI", b"get", b"FOO"])
@pytest.mark.parametrize("line", [b"%b / HTTP/1.1", b"%b / HTTP/1.0", b'%b /" HTTP/1.1'])
def test_methods_are_judged_alike_behind_known_fields(method: bytes, line: bytes) -> None:
    head = request(b"X: known", first=line % method)
    read_request(request(b"X: known"))
    heard = read_request(head)
    assert heard == heads._read_unusual(head)
    assert isinstance(heard, RequestHead) == (method in heads.METHODS)


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    for head in (raw, request(raw), reply(raw), raw + b"\r\n\r\n"):
        assert isinstance(read_request(head), RequestHead | Refusal)
        assert isinstance(read_response(head, "GET"), ResponseHead | Refusal)
