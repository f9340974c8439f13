"""Is this message head acceptable, and how is the body after it framed?

A head that passes means the same to us, to llhttp and to any strict parser behind us; everything
that parsers are known to read differently is refused. Cut the head at the first CRLFCRLF, bound
its size first (nothing here is limited), and frame the body by `framing` alone.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from httptools import (
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
    HttpResponseParser,
)

from gateway.model import Chunked, Framing, Headers, Length, NoBody, Refusal, RequestHead

END: Final = b"\r\n\r\n"

_NO_BODY: Final = NoBody()
_CHUNKED: Final = Chunked()
_LINE: Final = re.compile(rb"([!-~]+) ([!-~]+) HTTP/(\d)\.(\d)\r\n")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
# reg-name without sub-delims and percent, IPv4, or a bracketed IPv6 literal; port as digits.
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9_.~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_DIGITS: Final = re.compile(rb"[0-9]{1,18}")  # stays below 2**63
_WATCHED: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect"}
)
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([\t -~\x80-\xff]*))?\r\n")
_LENGTH_FIELD: Final = re.compile(rb"(?<=\r\n)content-length:[^\r\n]*\r\n", re.IGNORECASE)
_CODING_FIELD: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UntilClose:
    """The body ends when the upstream closes the connection."""


ReplyFraming: TypeAlias = Framing | UntilClose
_UNTIL_CLOSE: Final = UntilClose()


class ResponseHead(NamedTuple):
    """One acceptable reply head, final or interim."""

    status: int
    reason: bytes
    version: tuple[int, int]
    headers: Headers
    framing: ReplyFraming
    keep_alive: bool  # of the upstream connection
    raw: bytes = b""  # as received, if it may pass on as it is but for its Connection fields


class _Fields:
    """What llhttp found."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))


# --- Requests ------------------------------------------------------------------------------


def read_request(head: bytes) -> RequestHead | Refusal:
    """`head` is everything up to and including the first CRLFCRLF."""
    line = _LINE.match(head)
    if line is None or head.find(END) != len(head) - 4:
        return Refusal(400, "request line")
    method, target, major, minor = line.groups()
    version = (major[0] - 48, minor[0] - 48)
    if version not in ((1, 1), (1, 0)):
        return Refusal(505, "version")
    parsed = _Fields()
    try:
        HttpRequestParser(parsed).feed_data(head)
    except HttpParserUpgrade:
        pass  # CONNECT and Upgrade: judged below
    except HttpParserInvalidMethodError:
        return Refusal(501, "method")
    except HttpParserError:
        return Refusal(_why(head), "head")
    if method == b"CONNECT":
        return Refusal(405, "connect")
    return _checked(method, target, version, tuple(parsed.fields))


def _why(head: bytes) -> int:
    """501 when the only fault is a transfer coding that we don't do, else 400.

    llhttp refuses `Transfer-Encoding: gzip` without saying so; RFC 9112 §6.1 asks for 501.
    """
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    codings = [value.strip(b" \t") for name, _, value in fields if name == b"transfer-encoding"]
    framed = any(name == b"content-length" for name, _, _ in fields)
    return 501 if len(codings) == 1 and codings[0].isalpha() and not framed else 400


def _checked(
    method: bytes, target: bytes, version: tuple[int, int], headers: Headers
) -> RequestHead | Refusal:
    """Our own checks, after llhttp's."""
    seen: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        low = name.lower()
        if low in _WATCHED:
            seen.setdefault(low, []).append(value.rstrip(b" \t"))
    host = _host(seen.pop(b"host", None), version)
    if isinstance(host, Refusal):
        return host
    if target[0] != 47:  # "/"
        checked = _other_form(method, target, host)
        if isinstance(checked, Refusal):
            return checked
        target = checked
    if b"#" in target:
        return Refusal(400, "fragment")
    verb, site = method.decode("ascii"), host.decode("ascii").lower()
    if not seen:  # most requests
        stays = version == (1, 1)
        return RequestHead(verb, target, version, headers, _NO_BODY, site, stays)
    return _unusual(verb, target, version, headers, site, seen)


def _unusual(
    method: str,
    target: bytes,
    version: tuple[int, int],
    headers: Headers,
    host: str,
    seen: dict[bytes, list[bytes]],
) -> RequestHead | Refusal:
    """A head that says something about its body or its connection."""
    framing = _request_framing(seen, version)
    if isinstance(framing, Refusal):
        return framing
    connection = tokens(seen.get(b"connection", ()))
    upgrade = _upgrade(seen, connection, method, version, framing)
    if isinstance(upgrade, Refusal):
        return upgrade
    expects = version == (1, 1) and tokens(seen.get(b"expect", ())) == {b"100-continue"}
    stays = _stays(connection, version)
    return RequestHead(method, target, version, headers, framing, host, stays, upgrade, expects)


def tokens(values: list[bytes] | tuple[bytes, ...]) -> set[bytes]:
    """The lower-case members of a comma list that may stretch over several fields."""
    if not values:
        return set()
    return {part.strip(b" \t") for part in b",".join(values).lower().split(b",")} - {b""}


def _stays(connection: set[bytes], version: tuple[int, int]) -> bool:
    if version == (1, 0):
        return b"keep-alive" in connection and b"close" not in connection
    return b"close" not in connection


def _host(values: list[bytes] | None, version: tuple[int, int]) -> bytes | Refusal:
    if values is None:
        return b"" if version == (1, 0) else Refusal(400, "host")
    if len(values) != 1 or _HOST.fullmatch(values[0]) is None:
        return Refusal(400, "host")
    return values[0]


def _other_form(method: bytes, target: bytes, host: bytes) -> bytes | Refusal:
    """`*` for OPTIONS; absolute-form only when its authority is the Host (RFC 9112 §3.2.2)."""
    if target == b"*":
        return target if method == b"OPTIONS" else Refusal(400, "target")
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        return Refusal(400, "target")
    authority, rest = absolute.groups()
    if _HOST.fullmatch(authority) is None or authority.lower() != host.lower():
        return Refusal(400, "authority")
    if rest[:1] == b"/":
        return rest
    if not rest and method == b"OPTIONS":
        return b"*"
    return b"/" + rest


def _request_framing(seen: dict[bytes, list[bytes]], version: tuple[int, int]) -> Framing | Refusal:
    lengths, codings = seen.get(b"content-length"), seen.get(b"transfer-encoding")
    if codings is not None:
        if lengths is not None or len(codings) != 1 or version == (1, 0) or not codings[0]:
            return Refusal(400, "transfer-encoding")
        return _CHUNKED if codings[0].lower() == b"chunked" else Refusal(501, "transfer-encoding")
    if lengths is None:
        return _NO_BODY
    if len(lengths) != 1 or _DIGITS.fullmatch(lengths[0]) is None:
        return Refusal(400, "content-length")
    return Length(int(lengths[0]))


def _upgrade(
    seen: dict[bytes, list[bytes]],
    connection: set[bytes],
    method: str,
    version: tuple[int, int],
    framing: Framing,
) -> bool | Refusal:
    """Only a WebSocket handshake is one; other protocols are not offered to the app.

    With a body, parsers disagree about where it ends (CVE-2026-69243); `h2c` would let requests
    past us inside the new protocol (GHSA-mfx4-hv73-q22v).
    """
    if b"upgrade" not in seen:
        return False
    offered = tokens(seen[b"upgrade"])
    if framing not in (_NO_BODY, Length(0)):
        return Refusal(400, "upgrade with a body")
    if b"h2c" in offered:
        return Refusal(501, "h2c")
    return (
        offered == {b"websocket"}
        and b"upgrade" in connection
        and method == "GET"
        and version == (1, 1)
    )


# --- Replies -------------------------------------------------------------------------------

# A reply head with none of these passes on as the bytes it came in.
_REPLY_WATCHED: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"upgrade",
        b"content-length",
        b"transfer-encoding",
    }
)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_STAYING: Final = frozenset({b"connection", b"keep-alive"})


def read_response(head: bytes, method: str) -> ResponseHead | Refusal:
    """`head` ends with its first CRLFCRLF; `method` is what the request asked with.

    A reply with both Content-Length and Transfer-Encoding loses the former (RFC 9112 §6.3).
    """
    line = _STATUS.match(head)
    if line is None or head.find(END) != len(head) - 4:
        return Refusal(502, "status line")
    parsed = _Fields()
    try:
        HttpResponseParser(parsed).feed_data(head)
    except HttpParserUpgrade:
        pass
    except HttpParserError:
        without = _LENGTH_FIELD.sub(b"", head)
        if without == head or _CODING_FIELD.search(head) is None:
            return Refusal(502, "head")
        return read_response(without, method)
    return _reply(head, method, line, tuple(parsed.fields))


def _reply(
    head: bytes, method: str, line: re.Match[bytes], headers: Headers
) -> ResponseHead | Refusal:
    seen: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        low = name.lower()
        if low in _REPLY_WATCHED:
            seen.setdefault(low, []).append(value.rstrip(b" \t"))
    minor, digits, reason = line.groups()
    status = int(digits)
    framing = _reply_framing(seen, status, method)
    if isinstance(framing, Refusal):
        return framing
    version = (1, 1) if minor == b"1" else (1, 0)
    stays, raw = version == (1, 1), b""
    unusual = seen.keys() - _FRAMING
    if unusual:
        connection = tokens(seen.get(b"connection", ()))
        stays = _stays(connection, version)
        if unusual <= _STAYING and connection <= {b"keep-alive", b"close"}:
            raw = _without(head, headers, unusual)
    else:
        raw = head
    if version == (1, 0) or status < 200 or status == 204 or b"gateway_" in head:
        raw = b""
    return ResponseHead(status, reason or b"", version, headers, framing, stays, raw)


def _without(head: bytes, headers: Headers, names: Set[bytes]) -> bytes:
    """The head without the fields of these lower-case names."""
    for name, _ in headers:
        if name.lower() in names:
            at = head.find(b"\r\n%b:" % name)
            head = head[:at] + head[head.find(b"\r\n", at + 2) :]
    return head


def _reply_framing(
    seen: dict[bytes, list[bytes]], status: int, method: str
) -> ReplyFraming | Refusal:
    """RFC 9112 §6.3: what the request and the status say comes before the fields."""
    if status < 200 or status == 204 or status == 304 or method == "HEAD":
        return _NO_BODY
    codings = seen.get(b"transfer-encoding")
    if codings is not None:
        if len(codings) != 1 or codings[0].lower() != b"chunked":
            return Refusal(502, "transfer-encoding")
        return _CHUNKED
    lengths = seen.get(b"content-length")
    if lengths is None:
        return _UNTIL_CLOSE
    if _DIGITS.fullmatch(lengths[0]) is None or lengths.count(lengths[0]) != len(lengths):
        return Refusal(502, "content-length")
    return Length(int(lengths[0]))
