"""Is this reply head acceptable, how is its body framed, and may it go on as the bytes it is?

As in `heads`: cut it at the first CRLFCRLF and bound its size first. An app mostly says the same of
the same thing, but for the Date: what was once found in a head is remembered without that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.heads import CHUNKED, DIGITS, END, NO_BODY, stays_open, tokens
from gateway.model import Framing, Headers, Length, Refusal

_MAX_REMEMBERED_BYTES: Final = 2048
_REMEMBERED: Final = 2048
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([\t -~\x80-\xff]*))?\r\n")
_LENGTH_FIELD: Final = re.compile(rb"(?<=\r\n)content-length:[^\r\n]*\r\n", re.IGNORECASE)
_CODING_FIELD: Final = re.compile(rb"(?<=\r\n)transfer-encoding:[^\r\n]*\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UntilClose:
    """The body ends when the upstream closes the connection."""


ReplyFraming: TypeAlias = Framing | UntilClose
UNTIL_CLOSE: Final = UntilClose()


class Shape(NamedTuple):
    """What an acceptable reply head comes to, whatever its Date says."""

    status: int
    reason: bytes
    version: tuple[int, int]
    framing: ReplyFraming
    keep_alive: bool  # of the upstream connection
    passes: bool  # without `cut` it may go to a client as it is; else field by field
    cut: tuple[bytes, ...]  # CRLF, a field about the connection, CRLF


class ResponseHead:
    """One acceptable reply head, final or interim."""

    __slots__ = ("head", "shape")

    def __init__(self, shape: Shape, head: bytes) -> None:
        self.shape = shape
        self.head = head  # as received, without a Content-Length that doesn't count

    @property
    def headers(self) -> Headers:
        """Order, spelling and repeats as received."""
        lines = self.head[:-4].split(b"\r\n")[1:]
        fields = (line.partition(b":") for line in lines)
        return tuple((name, value.strip(b" \t")) for name, _, value in fields)

    def raw(self) -> bytes:
        """What may go to a client as it is; b"" when fields must be looked at one by one."""
        if not self.shape.passes:
            return b""
        head = self.head
        for line in self.shape.cut:
            head = head.replace(line, b"\r\n", 1)
        return head


# A reply head with no field of these but Content-Length passes on as the bytes it came in.
_MARKED: Final = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection|keep-alive|proxy-connection|te|upgrade):"
    rb"[ \t]*([^\r\n]*)"
)
# RFC 9110 §5.6.7. An app says another second each second, and else mostly the same.
_DATE: Final = re.compile(
    rb"Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT\r\n"
)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_STAYING: Final = frozenset({b"connection", b"keep-alive"})


def read_response(head: bytes, method: str) -> ResponseHead | Refusal:
    """`head` ends with its first CRLFCRLF; `method` is what the request asked with.

    A reply with both Content-Length and Transfer-Encoding loses the former (RFC 9112 §6.3).
    """
    at = head.find(b"\r\nDate: ") + 2
    date = _DATE.match(head, at) if at > 1 else None
    dateless = head if date is None else head[:at] + head[date.end() :]
    bodyless = method == "HEAD"
    if len(dateless) <= _MAX_REMEMBERED_BYTES:
        shape = _shape(dateless, bodyless)
    else:
        shape = _shape.__wrapped__(dateless, bodyless)
    if isinstance(shape, Shape):
        return ResponseHead(shape, head)
    if shape is not None:
        return shape
    without = _LENGTH_FIELD.sub(b"", head)
    return read_response(without, method) if without != head else Refusal(502, "head")


@lru_cache(maxsize=_REMEMBERED)
def _shape(head: bytes, bodyless: bool) -> Shape | Refusal | None:
    """None: it might do without its Content-Length."""
    line = _STATUS.match(head)
    if line is None or head.find(END) != len(head) - 4:
        return Refusal(502, "status line")
    try:
        HttpResponseParser(None).feed_data(head)  # judges; the fields are found below
    except HttpParserUpgrade:
        pass
    except HttpParserError:
        return Refusal(502, "head") if _CODING_FIELD.search(head) is None else None
    return _shaped(head, line, bodyless=bodyless)


def without_framing(response: ResponseHead) -> ResponseHead:
    """The same reply, saying nothing about its body: it ends with the connection."""
    head = _CODING_FIELD.sub(b"", _LENGTH_FIELD.sub(b"", response.head))
    return ResponseHead(response.shape._replace(framing=UNTIL_CLOSE, passes=False), head)


def _shaped(head: bytes, line: re.Match[bytes], *, bodyless: bool) -> Shape | Refusal:
    minor, digits, reason = line.groups()
    status, version = int(digits), (1, minor[0] - 48)
    low = head.lower()
    marked: dict[bytes, bytes] = {}
    cut: list[bytes] = []
    for field in _MARKED.finditer(low):
        name, value = field.groups()
        marked[name] = marked[name] + b"," + value if name in marked else value
        if name in _STAYING:
            cut.append(head[field.start() : field.end()] + b"\r\n")
    framing = _reply_framing(marked, status, bodyless=bodyless)
    if isinstance(framing, Refusal):
        return framing
    said = marked.get(b"connection", b"")
    usual = marked.keys() <= _FRAMING | _STAYING and said in (b"keep-alive", b"close", b"")
    passes = usual and minor == b"1" and status >= 200 and status != 204 and b"gateway_" not in head
    stays = stays_open(tokens((said,)), version)
    return Shape(status, reason or b"", version, framing, stays, passes, tuple(cut))


def _reply_framing(
    marked: dict[bytes, bytes], status: int, *, bodyless: bool
) -> ReplyFraming | Refusal:
    """RFC 9112 §6.3: what the request and the status say comes before the fields."""
    if status < 200 or status == 204 or status == 304 or bodyless:
        return NO_BODY
    coding = marked.get(b"transfer-encoding")
    if coding is not None:
        return CHUNKED if coding.strip(b" \t") == b"chunked" else Refusal(502, "coding")
    length = marked.get(b"content-length")
    if length is None:
        return UNTIL_CLOSE
    if not length.isdigit():  # a repeated one, or none at all
        said = {each.strip(b" \t") for each in length.split(b",")}
        length = said.pop() if len(said) == 1 else b""
    return Length(int(length)) if DIGITS.fullmatch(length) else Refusal(502, "content-length")
