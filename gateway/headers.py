"""What may cross the gate, as bytes: from a client to the app, and from the app to a client.

Order, spelling, repeats and bytes of what passes are kept; what is absent stays absent. First is
removed what a client may not say, then is set what we say, so nobody can have ours removed.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.heads import ResponseHead, tokens
from gateway.model import Caller, Chunked, Headers, Length, NoBody, Peer, RequestHead

HOP_BY_HOP: Final[dict[bytes, str]] = {
    b"connection": "about this connection (RFC 9110 §7.6.1)",
    b"keep-alive": "about this connection",
    b"proxy-connection": "an old misspelling of Connection",
    b"te": "what the next hop may send; only `trailers`, which we can carry, is said again",
    b"upgrade": "said again only for a WebSocket handshake",
    b"transfer-encoding": "written anew from how the body is framed",
}

REQUEST_ONLY: Final[dict[bytes, str]] = {
    b"expect": "100 Continue is ours to say, once the body is wanted",
    b"content-length": "written anew from how the body is framed",
    b"proxy": "becomes HTTP_PROXY in CGI programs (CVE-2016-5385)",
}

PROTECTED: Final[dict[bytes, str]] = {
    b"host": "the app would answer for another site",
    b"cookie": "the app would see a visitor who is not logged in",
    b"authorization": "as Cookie",
    b"content-length": "framing",
    b"content-type": "the body would be read differently than we read it",
    b"content-encoding": "as Content-Type",
    b"forwarded": "set by a trusted proxy (CVE-2021-32813, CVE-2024-45410)",
    b"x-real-ip": "set by us",
    b"origin": "what cross-site checks rest upon",
    b"referer": "as Origin",
}

# Claims about the client or the original request that only a trusted proxy may make.
FORWARDED: Final[dict[bytes, str]] = {
    b"forwarded": "RFC 7239",
    b"x-real-ip": "nginx",
    b"x-client-ip": "various",
    b"client-ip": "various, PHP applications",
    b"true-client-ip": "Akamai, Cloudflare",
    b"cf-connecting-ip": "Cloudflare",
    b"fastly-client-ip": "Fastly",
    b"x-cluster-client-ip": "Rackspace, Zeus",
    b"x-rewrite-url": "IIS, believed by Symfony and Zend",
}

OURS: Final = b"x-gateway-"

_SET_HERE: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"}
)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_DROPPED: Final = frozenset(HOP_BY_HOP) | frozenset(REQUEST_ONLY)
_LOOK_TWICE: Final = _DROPPED | frozenset(FORWARDED) | {b"cookie"}
_PROTECTED_PREFIXES: Final = (b"x-forwarded-", b"x-original-", b"content-", b"sec-fetch-", OURS)
# Browsers write a nameless cookie `=a=b` back as `a=b`, so leading `=` count as nothing.
_OUR_COOKIE: Final = re.compile(rb"[\s=]*(?:__Host-|__Secure-)?gateway_", re.IGNORECASE)


# --- To the app ----------------------------------------------------------------------------


def to_app(
    request: RequestHead,
    caller: Caller,
    ours: Headers,
    *,
    peer: Peer | None = None,
    cookie: bytes | None = None,
    host: bytes = b"",
) -> bytes:
    """The complete request head for an upstream, always HTTP/1.1.

    The body's framing is written from `request.framing`. `peer` is who is appended to a trusted
    X-Forwarded-For. `cookie` replaces the Cookie field (`b""` removes it, None leaves it); `host`
    is said when the client named none.
    """
    out = [b"%s %s HTTP/1.1\r\n" % (request.method.encode("ascii"), request.target)]
    if host and not request.host:
        out.append(b"Host: %s\r\n" % host)
    crossing = _Crossing(request, caller, ours, cookie)
    for name, value in request.headers:
        low = name.lower()
        if low in _LOOK_TWICE or low[:2] == b"x-" or b"_" in low or low in crossing.nominated:
            if crossing.passes(low, value):
                out.append(b"%s: %s\r\n" % (name, crossing.said(low, value)))
        elif low not in crossing.reserved:
            out.append(b"%s: %s\r\n" % (name, value))
    crossing.add(out, peer)
    return b"".join(out)


class _Crossing:
    """What one request's unusual fields are judged by."""

    __slots__ = ("_caller", "_cookie", "_framed", "_ours", "_request", "nominated", "reserved")

    def __init__(
        self, request: RequestHead, caller: Caller, ours: Headers, cookie: bytes | None
    ) -> None:
        self._request = request
        self._caller = caller
        self._ours = ours
        self._cookie = cookie
        self._framed = isinstance(request.framing, NoBody)
        self.reserved = {name.lower().replace(b"_", b"-") for name, _ in ours}
        self.nominated = {
            name for name in tokens(request.all(b"connection")) if not is_protected(name)
        }

    def passes(self, low: bytes, value: bytes) -> bool:
        """Whether the client's field goes on, in its place."""
        normal = low.replace(b"_", b"-")
        if low in _FRAMING:
            return self._frames(low, value)
        if normal.startswith(OURS) or normal in self.reserved:
            return False
        if normal != low and (normal in _LOOK_TWICE or is_protected(normal)):
            return False
        if low == b"te":
            return value.strip().lower() == b"trailers"
        if low in _DROPPED or low in self.nominated:
            return False
        if low in _SET_HERE:
            return low == b"x-forwarded-host" and self._caller.trusted
        if low in FORWARDED or low.startswith((b"x-forwarded-", b"x-original-")):
            return self._caller.trusted
        return low != b"cookie" or self._cookie != b""

    def _frames(self, low: bytes, value: bytes) -> bool:
        """Whether this field says how the body is framed, and is the first to."""
        if self._framed:
            return False
        framing = self._request.framing
        if isinstance(framing, Chunked):
            self._framed = low == b"transfer-encoding"
        else:
            said = value.strip()
            fits = said.isdigit() and int(said) == framing.size_bytes  # type: ignore[union-attr]
            self._framed = low == b"content-length" and fits
        return self._framed

    def said(self, low: bytes, value: bytes) -> bytes:
        if low != b"cookie" or self._cookie is None:
            return value
        value, self._cookie = self._cookie, b""  # a second Cookie field goes
        return value

    def add(self, out: list[bytes], peer: Peer | None) -> None:
        """Everything we say ourselves, and the end of the head."""
        request, caller = self._request, self._caller
        if not self._framed:
            out.append(_framing_field(request))
        if self._cookie:
            out.append(b"Cookie: %s\r\n" % self._cookie)
        if request.upgrade:
            out.append(b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
        if caller.address and caller.address != "unix":
            address = caller.address.encode("ascii", "replace")
            through = _through(request, caller, peer) or address
            out.append(b"X-Forwarded-For: %s\r\nX-Real-IP: %s\r\n" % (through, address))
        out.append(b"X-Forwarded-Proto: %s\r\n" % caller.scheme.encode())
        if request.host and not (caller.trusted and request.get(b"x-forwarded-host")):
            out.append(b"X-Forwarded-Host: %s\r\n" % request.host.encode("ascii"))
        out.extend(b"%s: %s\r\n" % field for field in self._ours)
        out.append(b"\r\n")


def is_protected(low: bytes) -> bool:
    """Whether naming this field in Connection does not remove it."""
    return low in PROTECTED or low in FORWARDED or low.startswith(_PROTECTED_PREFIXES)


def _framing_field(request: RequestHead) -> bytes:
    if isinstance(request.framing, Length):
        return b"Content-Length: %d\r\n" % request.framing.size_bytes
    return b"Transfer-Encoding: chunked\r\n"


def _through(request: RequestHead, caller: Caller, peer: Peer | None) -> bytes:
    """What a trusted proxy told of the way here, and that proxy."""
    if not caller.trusted:
        return b""
    hops = request.all(b"x-forwarded-for")
    if peer is not None and peer.address != "unix":
        hops = [*hops, peer.address.encode("ascii", "replace")]
    return b", ".join(hop for hop in hops if hop)


# --- To the client -------------------------------------------------------------------------


def to_client(response: ResponseHead, *, close: bool, http10: bool, ours: bool = False) -> bytes:
    """The reply head for the client. `ours`: it comes from the gate, which may set our cookies."""
    if response.plain and not close and not http10:
        return response.raw
    out = [b"HTTP/1.1 %d %s\r\n" % (response.status, response.reason)]
    nominated = tokens(response_values(response, b"connection")) - _FRAMING
    for name, value in response.headers:
        low = name.lower()
        if low in _FRAMING:
            if _keeps_framing(response, low, http10):
                out.append(b"%s: %s\r\n" % (name, value))
        elif low in HOP_BY_HOP or low in nominated:
            if response.status == 101 and low == b"upgrade":
                out.append(b"%s: %s\r\n" % (name, value))
        elif ours or low != b"set-cookie" or _OUR_COOKIE.match(value) is None:
            out.append(b"%s: %s\r\n" % (name, value))
    out.append(_connection(response.status, close=close, http10=http10))
    return b"".join(out)


def response_values(response: ResponseHead, name: bytes) -> list[bytes]:
    """Every value of a reply's header, in order, by lower-case name."""
    return [value for key, value in response.headers if key.lower() == name]


def _keeps_framing(response: ResponseHead, low: bytes, http10: bool) -> bool:
    """Interim and 204 replies have no body to frame; HTTP/1.0 knows no chunks."""
    if response.status < 200 or response.status == 204:
        return False
    return low == b"content-length" or not http10


def _connection(status: int, *, close: bool, http10: bool) -> bytes:
    if status == 101:
        return b"Connection: Upgrade\r\n\r\n"
    if close:
        return b"Connection: close\r\n\r\n"
    return b"Connection: keep-alive\r\n\r\n" if http10 else b"\r\n"
