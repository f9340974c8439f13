"""Is this message head acceptable, and how is the body after it framed?

A head that passes means the same to us, to llhttp and to any strict parser behind us; everything
that parsers are known to read differently is refused. Cut the head at the first CRLFCRLF, bound
its size first (nothing here is limited), and frame the body by `framing` alone.

A client's requests mostly differ in their first line only, so what was once found in ordinary
fields is remembered: llhttp judged the same bytes before, and the first line is judged each time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from httptools import (
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from gateway.model import Block, Chunked, Framing, Headers, Length, NoBody, Refusal, RequestHead

END: Final = b"\r\n\r\n"

NO_BODY: Final = NoBody()
CHUNKED: Final = Chunked()
_LINE: Final = re.compile(rb"([!-~]+) ([!-~]+)( HTTP/\d\.\d\r\n)")
_USUAL_LINE: Final = re.compile(rb"([A-Z-]+) (/[!\"$-~]*) HTTP/1\.1\r\n")  # a path, no fragment
_HTTP11: Final = (1, 1)
_VERSIONS: Final = {b" HTTP/1.1\r\n": _HTTP11, b" HTTP/1.0\r\n": (1, 0)}
# What follows a first line, remembered: some 18 MB when full, 50 if somebody fills it on purpose.
_REMEMBERED: Final = 4096
_MAX_REMEMBERED_BYTES: Final = 2048  # of each
_MAX_REMEMBERED_FIELDS: Final = 32
# llhttp's table without CONNECT, and the words that llhttp keeps for other protocols.
METHODS: Final = {
    method: method.decode()
    for method in (
        b"GET HEAD POST PUT DELETE OPTIONS PATCH TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH "
        b"SEARCH UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY "
        b"SUBSCRIBE UNSUBSCRIBE PURGE MKCALENDAR LINK UNLINK QUERY"
    ).split()
}
_ABSOLUTE: Final = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
# reg-name without sub-delims and percent, IPv4, or a bracketed IPv6 literal; port as digits.
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9_.~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
DIGITS: Final = re.compile(rb"[0-9]{1,18}")  # stays below 2**63
_WATCHED: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect"}
)


# --- Requests ------------------------------------------------------------------------------


def read_request(head: bytes) -> RequestHead | Refusal:
    """`head` is everything up to and including the first CRLFCRLF."""
    line = _USUAL_LINE.match(head)
    if line is not None:
        method, target = line.group(1, 2)
        verb = METHODS.get(method)
        rest = head[line.end(2) :]
        if verb is not None and len(rest) <= _MAX_REMEMBERED_BYTES:
            block = _block(rest)
            if block is not None:
                return RequestHead(
                    verb,
                    target,
                    _HTTP11,
                    block.headers,
                    NO_BODY,
                    block.host,
                    block.keep_alive,
                    block=block,
                )
    return _read_unusual(head)


@lru_cache(maxsize=_REMEMBERED)
def _block(rest: bytes) -> Block | None:
    """What follows the target, if it is acceptable and says nothing about a body or an upgrade."""
    found = _read_unusual(b"GET /" + rest)
    if not isinstance(found, RequestHead) or found.framing is not NO_BODY:
        return None
    if found.upgrade or found.expects_continue or len(found.headers) > _MAX_REMEMBERED_FIELDS:
        return None
    return Block(found.headers, found.host, found.keep_alive)


def _read_unusual(head: bytes) -> RequestHead | Refusal:
    line = _LINE.match(head)
    if line is None or head.find(END) != len(head) - 4:
        return Refusal(400, "request line")
    return _read(head, *line.groups())


def _read(head: bytes, method: bytes, target: bytes, ending: bytes) -> RequestHead | Refusal:
    """All of it, by llhttp and then by ourselves."""
    version = _VERSIONS.get(ending)
    if version is None:
        return Refusal(505, "version")
    lines = head[:-4].split(b"\r\n")
    if not head.count(b"\n") == head.count(b"\r") == len(lines) + 1:
        return Refusal(400, "bare CR or LF")
    try:
        HttpRequestParser(None).feed_data(head)  # judges; the fields are found below
    except HttpParserUpgrade:
        pass  # CONNECT and Upgrade: judged below
    except HttpParserInvalidMethodError:
        return Refusal(501, "method")
    except HttpParserError:
        return Refusal(_why(head), "head")
    if method == b"CONNECT":
        return Refusal(405, "connect")
    fields = [line.partition(b":") for line in lines[1:]]
    # Blanks at an end are no part of a value, and servers refuse a length with a tab.
    headers = tuple([(name, value.strip(b" \t")) for name, _, value in fields])
    return _checked(method, target, version, headers)


def _why(head: bytes) -> int:
    """501 when the only fault is a transfer coding that we don't do, else 400.

    llhttp refuses `Transfer-Encoding: gzip` without saying so; RFC 9112 §6.1 asks for 501.
    """
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    codings = [value.strip(b" \t") for name, _, value in fields if name == b"transfer-encoding"]
    framed = any(name == b"content-length" for name, _, _ in fields)
    unknown = len(codings) == 1 and codings[0].isalpha() and codings[0] != b"chunked"
    return 501 if unknown and not framed else 400


def _checked(
    method: bytes, target: bytes, version: tuple[int, int], headers: Headers
) -> RequestHead | Refusal:
    """Our own checks, after llhttp's."""
    seen: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        low = name.lower()
        if low in _WATCHED:
            seen.setdefault(low, []).append(value)
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
        return RequestHead(verb, target, version, headers, NO_BODY, site, stays)
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
    stays = stays_open(connection, version)
    return RequestHead(method, target, version, headers, framing, host, stays, upgrade, expects)


def tokens(values: list[bytes] | tuple[bytes, ...]) -> set[bytes]:
    """The lower-case members of a comma list that may stretch over several fields."""
    if not values:
        return set()
    return {part.strip(b" \t") for part in b",".join(values).lower().split(b",")} - {b""}


def stays_open(connection: set[bytes], version: tuple[int, int]) -> bool:
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
        return CHUNKED if codings[0].lower() == b"chunked" else Refusal(501, "transfer-encoding")
    if lengths is None:
        return NO_BODY
    if len(lengths) != 1 or DIGITS.fullmatch(lengths[0]) is None:
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
    if framing not in (NO_BODY, Length(0)):
        return Refusal(400, "upgrade with a body")
    if b"h2c" in offered:
        return Refusal(501, "h2c")
    return (
        offered == {b"websocket"}
        and b"upgrade" in connection
        and method == "GET"
        and version == (1, 1)
    )
