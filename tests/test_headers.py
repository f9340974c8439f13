"""What crosses the gate, both ways, byte by byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import headers as table
from gateway.headers import to_app, to_client
from gateway.heads import read_request
from gateway.model import Caller, Chunked, Headers, Length, NoBody, Peer, RequestHead
from gateway.reply_heads import ResponseHead, read_response

STRANGER = Caller("203.0.113.7", "203.0.113.0/24", "http", False)
TRUSTED = Caller("198.51.100.9", "198.51.100.0/24", "https", True)
PROXY = Peer("10.0.0.1", 4711)
OURS: Headers = ((b"X-Gateway-Risk", b"0.1"), (b"X-App-Set", b"1"))
TAIL = (
    b"X-Forwarded-For: 203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n"
    b"X-Forwarded-Host: site\r\n"
)


def request(*lines: bytes, first: bytes = b"GET / HTTP/1.1", host: bytes = b"site") -> RequestHead:
    named = b"Host: %b\r\n" % host if host else b""
    head = read_request(first + b"\r\n" + named + b"".join(b"%b\r\n" % x for x in lines) + b"\r\n")
    assert isinstance(head, RequestHead), head
    return head


def fields(raw: bytes) -> list[bytes]:
    return raw.split(b"\r\n")[1:-2]


# --- To the app ----------------------------------------------------------------------------


def test_a_plain_request_gains_only_where_it_came_from() -> None:
    raw = to_app(request(b"accept: */*", b"X-B: 2", b"x-b: 1", b"Cookie: c=\xe9"), STRANGER, ())
    assert raw == (
        b"GET / HTTP/1.1\r\nHost: site\r\naccept: */*\r\nX-B: 2\r\nx-b: 1\r\nCookie: c=\xe9\r\n"
        + TAIL
        + b"\r\n"
    )


def test_nothing_is_invented() -> None:
    names = {line.split(b":")[0].lower() for line in fields(to_app(request(), STRANGER, ()))}
    assert names == {
        b"host", b"x-forwarded-for", b"x-real-ip", b"x-forwarded-proto", b"x-forwarded-host"
    }  # fmt: skip


HERE = sorted((table.HOP_BY_HOP.keys() | table.REQUEST_ONLY.keys()) - {b"transfer-encoding"})


@pytest.mark.parametrize("name", HERE)
def test_hop_by_hop_stays_here(name: bytes) -> None:
    value = b"3" if name == b"content-length" else b"x"
    raw = to_app(replace(request(b"%b: %b" % (name, value)), framing=NoBody()), STRANGER, ())
    assert b"\r\n%b:" % name not in raw.lower()


def test_nominated_headers_go() -> None:
    raw = to_app(request(b"X-Me: 1", b"Connection: x-me, close", b"X-You: 2"), STRANGER, ())
    assert b"X-Me" not in raw and b"X-You: 2" in raw and b"close" not in raw


PROTECTED = [
    b"Cookie", b"Authorization", b"Content-Type", b"Content-Encoding", b"Content-Disposition",
    b"Origin", b"Referer", b"Sec-Fetch-Site", b"Host",
]  # fmt: skip


@pytest.mark.parametrize("name", PROTECTED)
def test_a_client_cannot_nominate(name: bytes) -> None:
    lines = [b"Connection: close, " + name.lower()]
    if name != b"Host":
        lines.append(name + b": kept")
    raw = to_app(request(*lines), STRANGER, ())
    assert b"\r\n%b: " % name in raw


@pytest.mark.parametrize(
    "name", [b"X-Forwarded-For", b"X-Forwarded-Proto", b"X-Real-IP", b"X-Gateway-Risk"]
)
@pytest.mark.parametrize("caller", [STRANGER, TRUSTED])
def test_a_client_cannot_nominate_ours_away(name: bytes, caller: Caller) -> None:
    raw = to_app(request(b"Connection: " + name, name + b": evil"), caller, OURS, peer=PROXY)
    assert b"\r\n%b: " % name in raw
    assert (b"evil" in raw) == (caller.trusted and name == b"X-Forwarded-For")


FORWARDED = [
    b"Forwarded: for=evil", b"X-Forwarded-For: evil", b"X-Forwarded-Host: evil", b"x-real-ip: evil",
    b"X-Forwarded-Proto: evil", b"X-Forwarded-Port: evil", b"X-Forwarded-Prefix: /evil",
    b"X-Forwarded-User: evil", b"X-Original-URL: /evil", b"X-Original-URI: /evil",
    b"X-Script-Name: /evil", b"X-Scheme: evil", b"X.Forwarded.For: evil", b"x!real!ip: evil",
    b"X-Rewrite-URL: /evil", b"CF-Connecting-IP: evil", b"True-Client-IP: evil", b"Client-IP: evil",
    b"X-Forwarded_For: evil", b"X_FORWARDED_FOR: evil", b"x_real_ip: evil", b"Client_IP: evil",
]  # fmt: skip


@pytest.mark.parametrize("name", table.FORWARDED)
def test_strangers_make_no_claim_that_a_proxy_makes(name: bytes) -> None:
    line = name + b": evil"
    assert table.is_claim(name)
    assert b"evil" not in to_app(request(line), STRANGER, (), peer=PROXY)
    assert line in to_app(request(line), TRUSTED, (), peer=PROXY) or name == b"x-real-ip"


@pytest.mark.parametrize("line", FORWARDED)
def test_strangers_forward_nothing(line: bytes) -> None:
    raw = to_app(request(line), STRANGER, (), peer=PROXY)
    assert b"evil" not in raw
    assert raw.endswith(TAIL + b"\r\n")


def test_trusted_proxies_are_believed_and_added() -> None:
    raw = to_app(
        request(
            b"X-Forwarded-For: 6.6.6.6, 198.51.100.9",
            b"X-Forwarded-Host: public",
            b"X-Forwarded-Proto: gopher",
            b"X-Forwarded-Port: 444",
            b"X-Forwarded-For: 10.0.0.9",
        ),
        TRUSTED,
        (),
        peer=PROXY,
    )
    assert fields(raw) == [
        b"Host: site",
        b"X-Forwarded-Host: public",
        b"X-Forwarded-Port: 444",
        b"X-Forwarded-For: 6.6.6.6, 198.51.100.9, 10.0.0.9, 10.0.0.1",
        b"X-Real-IP: 198.51.100.9",
        b"X-Forwarded-Proto: https",
    ]


def test_trusted_unix_peer_without_a_word() -> None:
    raw = to_app(request(), replace(TRUSTED, address="unix"), (), peer=Peer("unix"))
    assert fields(raw) == [b"Host: site", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: site"]


@pytest.mark.parametrize(
    "line",
    [b"X-Gateway-Risk: 9", b"x-gateway-anything: 9", b"X_Gateway_Risk: 9", b"X-Gateway_Pass_Id: 9",
     b"X.Gateway.Risk: 9", b"X!Gateway_Risk: 9", b"x.app.set: 9",
     b"X-App-Set: 9", b"x_app_set: 9", b"X-App_Set: 9"],
)  # fmt: skip
@pytest.mark.parametrize("caller", [STRANGER, TRUSTED])
def test_copies_of_ours_are_deleted(line: bytes, caller: Caller) -> None:
    raw = to_app(request(line), caller, OURS, peer=PROXY)
    assert b": 9" not in raw
    assert raw.endswith(b"X-Gateway-Risk: 0.1\r\nX-App-Set: 1\r\n\r\n")


@pytest.mark.parametrize("line", [b"User-Agent: 9", b"user_agent: 9", b"USER-agent: 9"])
def test_ours_may_be_any_name(line: bytes) -> None:
    raw = to_app(request(line), STRANGER, ((b"User-Agent", b"1"),))
    assert raw.endswith(b"User-Agent: 1\r\n\r\n") and b": 9" not in raw


def test_copies_of_ours_are_deleted_when_we_set_none() -> None:
    assert b": 9" not in to_app(request(b"X_gateway-risk: 9"), STRANGER, ())


@pytest.mark.parametrize(
    "line", [b"Content_Length: 9", b"Transfer_Encoding: 9", b"Host_: 9", b"X_Forwarded_Proto: 9"]
)
def test_underscores_cannot_stand_for_what_we_decide_by(line: bytes) -> None:
    assert (b": 9" in to_app(request(line), TRUSTED, ())) == line.startswith(b"Host_")


@pytest.mark.parametrize(
    "name",
    [b"Script_Name", b"SCRIPT-NAME", b"script.name", b"Path_Info", b"X-Original-URL",
     b"X_Original_URL", b"X-Rewrite-URL", b"x.rewrite.url"],
)  # fmt: skip
@pytest.mark.parametrize("caller", [STRANGER, TRUSTED])
def test_nobody_leads_the_app_to_another_path(name: bytes, caller: Caller) -> None:
    """Gunicorn would serve `/x/form` as `/form`; and proxies pass on what they don't know."""
    assert b"/x" not in to_app(request(name + b": /x"), caller, (), peer=PROXY)


def test_other_underscores_pass() -> None:
    assert b"\r\nx_custom: 9\r\n" in to_app(request(b"x_custom: 9"), STRANGER, ())


@pytest.mark.parametrize(("te", "kept"), [(b"trailers", True), (b"gzip", False)])
def test_te_says_only_trailers(te: bytes, kept: bool) -> None:
    raw = to_app(request(b"TE: " + te, b"Connection: TE"), STRANGER, ())
    assert (b"\r\nTE: trailers\r\n" in raw) == kept


def test_proxy_authorization_passes() -> None:
    assert b"Proxy-Authorization: b" in to_app(request(b"Proxy-Authorization: b"), STRANGER, ())


def test_host_of_a_client_that_named_none() -> None:
    head = request(first=b"GET /a HTTP/1.0", host=b"")
    raw = to_app(head, STRANGER, (), host=b"app:80")
    assert raw.startswith(b"GET /a HTTP/1.1\r\nHost: app:80\r\n")


@pytest.mark.parametrize(
    ("cookie", "cookies"),
    [(None, [b"a=1", b"b=2"]), (b"", []), (b"c=3", [b"c=3"])],
)
def test_cookie_is_kept_removed_or_replaced(cookie: bytes | None, cookies: list[bytes]) -> None:
    raw = to_app(request(b"Cookie: a=1", b"X: y", b"cookie: b=2"), STRANGER, (), cookie=cookie)
    lines = [line for line in fields(raw) if line.lower().startswith(b"cookie:")]
    assert [line.split(b": ")[1] for line in lines] == cookies


def test_cookie_is_added_when_there_was_none() -> None:
    assert b"\r\nCookie: c=3\r\n" in to_app(request(), STRANGER, (), cookie=b"c=3")


def test_framing_keeps_its_place_and_spelling() -> None:
    post = request(b"content-LENGTH: 03", b"X: y", first=b"POST / HTTP/1.1")
    assert fields(to_app(post, STRANGER, ()))[1:3] == [b"content-LENGTH: 03", b"X: y"]
    post = request(b"transfer-encoding: Chunked", b"X: y", first=b"POST / HTTP/1.1")
    assert fields(to_app(post, STRANGER, ()))[1:3] == [b"transfer-encoding: Chunked", b"X: y"]


def test_framing_is_what_the_request_says_not_its_headers() -> None:
    post = request(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.1")
    kept = fields(to_app(replace(post, framing=Length(5)), STRANGER, ()))
    assert b"Content-Length: 5" in kept and b"Transfer-Encoding: chunked" not in kept
    back = replace(request(b"Content-Length: 4"), framing=Chunked())
    kept = fields(to_app(back, STRANGER, ()))
    assert b"Transfer-Encoding: chunked" in kept and b"Content-Length: 4" not in kept


@pytest.mark.parametrize(
    ("framing", "said"),
    [(Length(3), b"Content-Length: 3"), (Chunked(), b"Transfer-Encoding: chunked")],
)
def test_a_body_is_framed_where_no_header_says_so(framing, said: bytes) -> None:
    raw = to_app(replace(request(), framing=framing), STRANGER, ())
    assert said in fields(raw)
    assert b"Connection: close" in fields(raw)


def test_websocket_handshake_is_said_again() -> None:
    head = request(
        b"Connection: keep-alive, Upgrade, Sec-WebSocket-Key",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Extensions: permessage-deflate",
        b"Sec-WebSocket-Version: 13",
    )
    lines = fields(to_app(head, STRANGER, ()))
    assert b"Sec-WebSocket-Extensions: permessage-deflate" in lines
    assert [line for line in lines if b"pgrade" in line] == [
        b"Connection: Upgrade", b"Upgrade: websocket"
    ]  # fmt: skip


def test_other_upgrades_are_not_offered() -> None:
    raw = to_app(request(b"Connection: Upgrade", b"Upgrade: TLS/1.0"), STRANGER, ())
    assert b"pgrade" not in raw


NAME = st.text("abcdefghijklmnopqrstuvwxyz-_XG", min_size=1, max_size=20).map(str.encode)
NASTY = st.sampled_from(
    [b"X-Gateway-Risk", b"x_gateway_risk", b"X-Forwarded-For", b"Connection", b"X-App-Set"]
)
VALUE = st.sampled_from([b"x-gateway-risk", b"evil", b"x-app-set, x-forwarded-for", b"", b"\xff"])


USUAL = st.sampled_from(
    (b"Accept: a", b"Cookie: a=b", b"cookie: c", b"User-Agent: x", b"Connection: keep-alive",
     b"Connection: close", b"connection: Accept", b"Connection: keep-alive, cookie", b"Connection:",
     b"Connection: X-Any", b"Keep-Alive: 5", b"X-Any: 1", b"X_Forwarded_For: 1", b"Expect: x",
     b"X-Gateway-Route: x", b"Upgrade: x", b"TE: trailers", b"Content-Length: 0", b"Range: b=0-")
)  # fmt: skip


@given(
    st.lists(USUAL, max_size=5, unique=True),
    st.booleans(),
    st.sampled_from((b"HTTP/1.1", b"HTTP/1.0")),
)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_is_usual_takes_no_other_way_than_the_rest(lines, trusted, version) -> None:
    """Fields that are passed on in one piece come to what they do one by one."""
    head = request(*lines, first=b"GET / " + version)
    caller = TRUSTED if trusted else STRANGER
    ours = ((b"X-Gateway-Any", b"1"),)
    one_by_one = to_app(head, caller, ours, peer=PROXY).replace(b"X-Gateway-Any: 1\r\n", b"")
    assert to_app(head, caller, (), peer=PROXY) == one_by_one


@given(st.lists(st.tuples(NAME | NASTY, VALUE), max_size=8))
@settings(max_examples=400, deadline=None)
def test_ours_are_said_once_and_last_whatever_a_client_says(
    lines: list[tuple[bytes, bytes]],
) -> None:
    head = replace(request(), headers=((b"Host", b"site"), *lines))
    raw = to_app(head, STRANGER, OURS)
    assert raw.endswith(TAIL + b"X-Gateway-Risk: 0.1\r\nX-App-Set: 1\r\n\r\n")
    normal = raw.lower().replace(b"_", b"-")
    for name in (b"\r\nx-gateway-", b"\r\nx-app-set:", b"\r\nx-forwarded-for:", b"\r\nx-real-ip:"):
        assert normal.count(name) == 1


# --- To the client -------------------------------------------------------------------------


def reply(*lines: bytes, first: bytes = b"HTTP/1.1 200 OK", method: str = "GET") -> ResponseHead:
    head = read_response(
        first + b"\r\n" + b"".join(b"%b\r\n" % line for line in lines) + b"\r\n", method
    )
    assert isinstance(head, ResponseHead), head
    return head


def seen(head: ResponseHead, **how: bool) -> list[bytes]:
    return to_client(head, **({"close": False, "http10": False} | how)).split(b"\r\n")[:-2]


PLAIN = [b"content-LENGTH: 3", b"Set-Cookie: a=\xe9", b"set-cookie: b", b'ETag: "x"', b"X:  y "]


def test_a_reply_passes_as_it_is() -> None:
    assert seen(reply(*PLAIN)) == [b"HTTP/1.1 200 OK", *PLAIN]


@pytest.mark.parametrize(
    "hop",
    [
        [b"Connection: keep-alive"],
        [b"connection: Keep-Alive", b"Keep-Alive: timeout=5"],
        [b"Connection: X-Me", b"X-Me: 1"],
        [b"Proxy-Connection: x"],
        [b"Upgrade: h2c", b"Connection: Upgrade"],
        [b"Connection: close"],
    ],
)
def test_hop_by_hop_of_a_reply_stays_here(hop: list[bytes]) -> None:
    lines = [b"A: 1", *hop, b"Content-Length: 3", b"B: 2"]
    assert seen(reply(*lines)) == [
        b"HTTP/1.1 200 OK", b"A: 1", b"Content-Length: 3", b"B: 2"
    ]  # fmt: skip


@pytest.mark.parametrize("nominated", [b"content-length", b"transfer-encoding"])
def test_a_reply_keeps_its_framing_whatever_it_nominates(nominated: bytes) -> None:
    lines = [b"Content-Length: 3", b"Connection: " + nominated]
    assert b"Content-Length: 3" in seen(reply(*lines))


def test_reason_and_version() -> None:
    head = reply(b"Content-Length: 0", first=b"HTTP/1.0 299 r\xe9ason  x")
    assert seen(head)[0] == b"HTTP/1.1 299 r\xe9ason  x"


def test_closing_and_staying() -> None:
    assert seen(reply(*PLAIN), close=True)[-1] == b"Connection: close"
    assert seen(reply(*PLAIN), http10=True)[-1] == b"Connection: keep-alive"
    assert seen(reply(*PLAIN), http10=True, close=True)[-1] == b"Connection: close"


def test_http10_clients_get_no_chunks() -> None:
    assert seen(reply(b"Transfer-Encoding: chunked"), http10=True, close=True) == [
        b"HTTP/1.1 200 OK", b"Connection: close"
    ]  # fmt: skip
    assert b"Transfer-Encoding: chunked" in seen(reply(b"Transfer-Encoding: chunked"), close=True)


def test_no_content_has_no_length() -> None:
    assert seen(reply(b"Content-Length: 0", first=b"HTTP/1.1 204 N")) == [b"HTTP/1.1 204 N"]


def test_head_keeps_its_length() -> None:
    assert b"Content-Length: 3" in seen(reply(b"Content-Length: 3", method="HEAD"))


OUR_COOKIES = [
    b"gateway_pass_site=x", b"__Host-gateway_pass_site=x", b" gateway_visit=x", b"=gateway_x=y",
    b"==__Host-gateway_x=y", b"__Secure-gateway_a=b", b"\tgateway_=",
]  # fmt: skip


@pytest.mark.parametrize("cookie", OUR_COOKIES)
def test_an_app_cannot_set_our_cookies(cookie: bytes) -> None:
    head = reply(b"Content-Length: 0", b"SET-cookie: " + cookie, b"Set-Cookie: gatewayx=1")
    assert seen(head)[2:] == [b"Set-Cookie: gatewayx=1"]
    assert len(seen(head, ours=True)) == 4


def test_switching_protocols_keeps_its_upgrade() -> None:
    head = reply(
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: x",
        first=b"HTTP/1.1 101 S",
    )
    assert seen(head) == [
        b"HTTP/1.1 101 S", b"Upgrade: websocket", b"Sec-WebSocket-Accept: x", b"Connection: Upgrade"
    ]  # fmt: skip


def test_early_hints_pass() -> None:
    head = reply(b"Link: </a>", b"Connection: x", first=b"HTTP/1.1 103 Early Hints")
    assert seen(head) == [b"HTTP/1.1 103 Early Hints", b"Link: </a>"]
