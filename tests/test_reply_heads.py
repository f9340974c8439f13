"""Reply heads are remembered without their Date: that changes nothing of what is made of them."""

import re

import pytest
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway import reply_heads
from gateway.headers import to_client
from gateway.model import Refusal
from gateway.reply_heads import Shape, read_response

DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
LATER = b"Date: Mon, 07 Nov 1994 08:49:38 GMT\r\n"
LENGTH = b"Content-Length: 3\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
STARTS = st.sampled_from(
    (b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 304 X\r\n",
     b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 103 E\r\n", b"HTTP/1.1 101 S\r\n", b"HTTP/1.1 200\r\n",
     b"HTTP/1.1 0 X\r\n", b"HTTP/1.1 999 \xff\r\n")
)  # fmt: skip
DATES = (
    DATE, LATER, b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", b"DATE: x\r\n", b"Date:\r\n",
    b"Date: Sun, 06 Nov 1994 08:49:37 GMT \r\n", b"Date: Sun, 06 Nov 1994\x00\r\n",
    b"Date: Sun, 06 Nov 1994 08:49:37 GMT\n", b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\r\n",
    b"Date : Sun, 06 Nov 1994 08:49:37 GMT\r\n", b"X: Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    b" Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", DATE[:-2] + b"\r\n folded\r\n",
)  # fmt: skip
OTHERS = (
    LENGTH, LENGTH, b"content-length: 4\r\n", b"Content-Length: 3, 3\r\n", CHUNKED,
    b"Connection: keep-alive\r\n", b"Connection: keep-alive\r\n", b"Connection: close\r\n",
    b"Keep-Alive: timeout=5\r\n", b"Keep-Alive: timeout=5\r\n", b"Connection: X-Own\r\n",
    b"X-Own: 1\r\n", b"Upgrade: h2c\r\n", b"Set-Cookie: a=b\r\n", b"TE: trailers\r\n",
    b"Set-Cookie: gateway_pass_x=y\r\n", b"set-cookie:\t=__Host-gateway_pass_x=y\r\n",
    b" folded: more\r\n", b"\tfolded\r\n", b"X: a\x00b\r\n", b": nameless\r\n", b"no colon\r\n",
    b"X: " + b"y" * 2100 + b"\r\n", b"Proxy-Connection: keep-alive\r\n",
)  # fmt: skip
FIELDS = st.lists(st.sampled_from(DATES[:2] * 4 + DATES) | st.sampled_from(OTHERS), max_size=7)
METHODS = st.sampled_from(("GET", "HEAD"))


def seen(head: bytes, method: str) -> object:
    """All that is made of a head."""
    found = read_response(head, method)
    if isinstance(found, Refusal):
        return found
    return found.shape, found.head, found.raw(), found.headers


def afresh(head: bytes, method: str) -> object:
    """The same of a head that is judged whole, Date and all, with nothing remembered."""
    kept, remembered = reply_heads._DATE, reply_heads._shape
    reply_heads._DATE = re.compile(rb"(?!)")
    reply_heads._shape = remembered.__wrapped__
    reply_heads._shape.__wrapped__ = remembered.__wrapped__
    try:
        return seen(head, method)
    finally:
        reply_heads._DATE, reply_heads._shape = kept, remembered


@given(STARTS, FIELDS, METHODS)
@example(b"HTTP/1.1 200 OK\r\n", [LENGTH, DATE, b" 0\r\n"], "GET")
@example(b"HTTP/1.1 200 OK\r\n", [DATE, b" folded: more\r\n", LENGTH], "GET")
@example(b"HTTP/1.1 200 OK\r\n", [DATE, LENGTH, CHUNKED], "GET")
@example(b"HTTP/1.1 200 OK\r\n", [LENGTH, DATE, LATER], "GET")
@settings(max_examples=600, deadline=None, derandomize=True)
def test_what_is_remembered_changes_nothing(start: bytes, fields: list[bytes], method: str) -> None:
    whole = start + b"".join(fields) + b"\r\n"
    head = whole[: whole.find(b"\r\n\r\n") + 4]
    expected = afresh(head, method)
    other = "GET" if method == "HEAD" else "HEAD"
    for each in (other, method, method):
        assert seen(head, each) == afresh(head, each)
    assert seen(head.replace(DATE, LATER), method) == afresh(head.replace(DATE, LATER), method)
    assert seen(head, method) == expected


@given(STARTS, FIELDS)
@example(b"HTTP/1.1 200 OK\r\n", [b"Connection: X-Own\r\n", b"X-Own: 1\r\n", LENGTH])
@example(b"HTTP/1.1 200 OK\r\n", [b"Keep-Alive: timeout=5\r\n", b"Keep-Alive: timeout=5\r\n"])
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_passes_as_it_is_says_what_passes_field_by_field(start, fields) -> None:
    """And what we found in it ourselves is what llhttp finds."""
    whole = start + b"".join(fields) + b"\r\n"
    found = read_response(whole[: whole.find(b"\r\n\r\n") + 4], "GET")
    if isinstance(found, Refusal):
        return
    parsed = Parsed()
    try:
        HttpResponseParser(parsed).feed_data(found.head)
    except (HttpParserUpgrade, HttpParserError):
        assert not found.shape.passes or found.shape.status == 101
    else:
        assert parsed.fields == list(found.headers)
    if raw := found.raw():
        found.shape = found.shape._replace(passes=False)
        assert raw == to_client(found, close=False, http10=False)


class Parsed:
    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value.strip(b" \t")))


@pytest.mark.parametrize("size", [3, 100, 4000])
def test_only_small_heads_are_remembered(size: int) -> None:
    """And dates take no room: a reply each second is one."""
    reply_heads._shape.cache_clear()
    for day in range(1, 9):
        date = DATE.replace(b"06", b"%02d" % day)
        head = b"HTTP/1.1 200 OK\r\n" + LENGTH + date + b"X: " + b"y" * size + b"\r\n\r\n"
        found = read_response(head, "GET")
        assert not isinstance(found, Refusal)
        assert isinstance(found.shape, Shape)
        assert date in found.raw()
    assert reply_heads._shape.cache_info().currsize == (size < 2000)
