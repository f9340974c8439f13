"""What may cross the gate, as bytes: from a client to the app, and from the app to a client.

Order, spelling, repeats and bytes of what passes are kept; what is absent stays absent. First is
removed what a client may not say, then is set what we say, so nobody can have ours removed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from gateway.heads import tokens
from gateway.model import Caller, Chunked, Headers, Length, NoBody, Peer, RequestHead
from gateway.reply_heads import ResponseHead

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
    b"cf-connecting-ipv6": "Cloudflare, with Pseudo IPv4",
    b"cf-pseudo-ipv4": "Cloudflare, with Pseudo IPv4",
    b"cf-visitor": "Cloudflare: the scheme, read by WordPress plugins",
    b"cf-ipcountry": "Cloudflare",
    b"cloudfront-viewer-address": "CloudFront",
    b"do-connecting-ip": "DigitalOcean",
    b"fastly-client-ip": "Fastly",
    b"fly-client-ip": "Fly.io",
    b"incap-client-ip": "Imperva",
    b"x-azure-clientip": "Azure Front Door",
    b"x-azure-socketip": "Azure Front Door",
    b"x-envoy-external-address": "Envoy",
    b"x-nf-client-connection-ip": "Netlify",
    b"x-sucuri-clientip": "Sucuri",
    b"x-cluster-client-ip": "Rackspace, Zeus",
    b"x-script-name": "Flask's snippet takes it off the front of the path",
    b"x-scheme": "ingress-nginx, Flask's snippet",
    b"front-end-https": "Microsoft, ownCloud",
}

# Who believes these answers for another path than the one we matched. They never cross: a trusted
# proxy passes on what it does not know, and needs none of them to reach us.
REROUTING: Final[dict[bytes, str]] = {
    b"script-name": "gunicorn takes it off the front of the path (from loopback since 22)",
    b"path-info": "let through by gunicorn likewise",
    b"x-original-url": "IIS, believed by Symfony and Zend",
    b"x-rewrite-url": "IIS, believed by Symfony and Zend",
}

OURS: Final = b"x-gateway-"

_SET_HERE: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"}
)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_DROPPED: Final = frozenset(HOP_BY_HOP) | frozenset(REQUEST_ONLY)
_LOOK_TWICE: Final = _DROPPED | frozenset(FORWARDED) | {b"cookie"}
# CGI's names have `_` for `-`; PHP makes `_` of `.` too, lighttpd of all but letters and digits.
_AS_CGI: Final = bytes(b if chr(b).isalnum() and b < 128 else 0x2D for b in range(256))
_PROTECTED_PREFIXES: Final = (b"x-forwarded-", b"x-original-", b"content-", b"sec-fetch-", OURS)
_OWN_HOP: Final = re.compile(rb"^X-Forwarded-For:[^\r]*\r\n")
# Browsers write a nameless cookie `=a=b` back as `a=b`, so leading `=` count as nothing.
_OUR_COOKIE: Final = re.compile(rb"[\s=]*(?:__Host-|__Secure-)?gateway_")


# An app that leaves a body unread, or knows no chunks, must not take it for the next request.
_LAST: Final = b"Connection: close\r\n"
_END: Final = b"\r\n"

# Nothing is ever done with these, unless somebody names them in Connection.
_UNTOUCHED: Final = frozenset(
    b"accept accept-charset accept-encoding accept-language authorization cache-control"
    b" content-encoding content-language content-type cookie dnt host if-match if-modified-since"
    b" if-none-match if-range if-unmodified-since last-event-id origin pragma priority"
    b" proxy-authorization range referer sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform"
    b" sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc sec-websocket-extensions"
    b" sec-websocket-key sec-websocket-protocol sec-websocket-version trailer"
    b" upgrade-insecure-requests user-agent x-requested-with".split()
)


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
    out = [request.method.encode("ascii"), b" ", request.target, b" HTTP/1.1\r\n"]
    if host and not request.host:
        out.append(b"Host: %b\r\n" % host)
    headers = request.headers
    lows = [name.lower() for name, _ in headers]
    if not (ours or caller.trusted or request.upgrade) and cookie is None:
        fields = _ordinary(request, lows)
        if fields is not None:
            return b"".join(
                (*out, fields, _about(caller.address, caller.scheme, request.host), _END)
            )
    crossing = _Crossing(request, caller, ours, cookie, out)
    untouched = crossing.untouched(lows)
    for low, (name, value) in zip(lows, headers, strict=True):
        if low in untouched or crossing.passes(low, value):
            out += (name, b": ", value, b"\r\n")
    crossing.add(peer)
    return b"".join(out)


def _ordinary(request: RequestHead, lows: list[bytes]) -> bytes | None:
    """The fields as they go to the app, if none needs more than to be passed on."""
    headers = request.headers
    if not isinstance(request.framing, NoBody):
        return None
    if not _UNTOUCHED.issuperset(lows):
        if not tokens(request.all(b"connection")) <= {b"keep-alive", b"close"}:
            return None
        headers = tuple(field for field in headers if field[0].lower() != b"connection")
        if not _UNTOUCHED.issuperset(name.lower() for name, _ in headers):
            return None
    return b"".join(b"%b: %b\r\n" % field for field in headers)


class _Crossing:
    """What one request's unusual fields are judged by."""

    __slots__ = (
        "_caller",
        "_cookie",
        "_framed",
        "_nominated",
        "_ours",
        "_out",
        "_request",
        "_reserved",
    )

    def __init__(
        self,
        request: RequestHead,
        caller: Caller,
        ours: Headers,
        cookie: bytes | None,
        out: list[bytes],
    ) -> None:
        self._request = request
        self._caller = caller
        self._ours = ours
        self._cookie = cookie
        self._out = out
        self._framed = isinstance(request.framing, NoBody)
        self._reserved = _names(ours)
        self._nominated: set[bytes] = set()

    def untouched(self, lows: list[bytes]) -> frozenset[bytes]:
        """The names that need no look in this request."""
        if b"connection" in lows:
            named = tokens(self._request.all(b"connection"))
            self._nominated = {name for name in named if not is_protected(name)}
        special = self._nominated | self._reserved
        if self._cookie is not None:
            special.add(b"cookie")
        return _UNTOUCHED if _UNTOUCHED.isdisjoint(special) else _UNTOUCHED - special

    def passes(self, low: bytes, value: bytes) -> bool:
        """Whether the client's field goes on, in its place."""
        normal = low.translate(_AS_CGI)
        if low in _FRAMING:
            return self._frames(low, value)
        if low == b"te":
            return value.strip().lower() == b"trailers"
        if normal.startswith(OURS) or normal in self._reserved or normal in REROUTING:
            return False
        if normal != low and (normal in _LOOK_TWICE or is_protected(normal)):
            return False
        if low in _DROPPED or low in self._nominated:
            return False
        if low in _SET_HERE:
            return low == b"x-forwarded-host" and self._caller.trusted
        if low in FORWARDED or low.startswith((b"x-forwarded-", b"x-original-")):
            return self._caller.trusted
        return low != b"cookie" or self._as_it_was()

    def _as_it_was(self) -> bool:
        """The Cookie field, unless it is replaced in its place; a second one goes then."""
        if self._cookie is None:
            return True
        if self._cookie:
            self._out.append(b"Cookie: %b\r\n" % self._cookie)
            self._cookie = b""
        return False

    def _frames(self, low: bytes, value: bytes) -> bool:
        """Whether this field says how the body is framed, and is the first to."""
        framing = self._request.framing
        if self._framed or isinstance(framing, NoBody):
            return False
        if isinstance(framing, Chunked):
            self._framed = low == b"transfer-encoding"
        else:
            said = value.strip(b" \t")
            fits = said.isdigit() and int(said) == framing.size_bytes
            self._framed = fits and low == b"content-length"
        return self._framed

    def add(self, peer: Peer | None) -> None:
        """Everything we say ourselves, and the end of the head."""
        request, caller, out = self._request, self._caller, self._out
        if not self._framed:
            out.append(_framing_field(request))
        if self._cookie:
            out.append(b"Cookie: %b\r\n" % self._cookie)
        if request.upgrade:
            out.append(b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
        elif not isinstance(request.framing, NoBody):
            out.append(_LAST)
        if caller.trusted:
            out.append(_about_trusted(request, caller, peer))
        else:
            out.append(_about(caller.address, caller.scheme, request.host))
        out.extend(b"%b: %b\r\n" % field for field in self._ours)
        out.append(b"\r\n")


@lru_cache(maxsize=1024)
def _about(address: str, scheme: str, host: str) -> bytes:
    """Who asked, by which scheme and for what, as seen by us."""
    where = address.encode("ascii", "replace")
    lines = (
        [] if address in ("", "unix") else [b"X-Forwarded-For: " + where, b"X-Real-IP: " + where]
    )
    lines.append(b"X-Forwarded-Proto: " + scheme.encode())
    if host:
        lines.append(b"X-Forwarded-Host: " + host.encode("ascii"))
    return b"\r\n".join(lines) + b"\r\n"


def _about_trusted(request: RequestHead, caller: Caller, peer: Peer | None) -> bytes:
    """The same behind a trusted proxy: what it told stays, and it is added to the way."""
    hops = [hop for hop in request.all(b"x-forwarded-for") if hop]
    if peer is not None and peer.address != "unix":
        hops.append(peer.address.encode("ascii", "replace"))
    host = "" if request.get(b"x-forwarded-host") else request.host
    about = _about(caller.address, caller.scheme, host)
    through = b"X-Forwarded-For: %b\r\n" % b", ".join(hops) if hops else b""
    return through + (_OWN_HOP.sub(b"", about) if hops else about)


def _names(fields: Headers) -> set[bytes]:
    return {name.lower().translate(_AS_CGI) for name, _ in fields}


def is_protected(low: bytes) -> bool:
    """Whether naming this field in Connection does not remove it."""
    return low in PROTECTED or low in FORWARDED or low.startswith(_PROTECTED_PREFIXES)


def is_claim(low: bytes) -> bool:
    """Whether this field is removed unless a trusted proxy says it; by lower-case name."""
    return low in FORWARDED or low.startswith((b"x-forwarded-", b"x-original-"))


def _framing_field(request: RequestHead) -> bytes:
    if isinstance(request.framing, Length):
        return b"Content-Length: %d\r\n" % request.framing.size_bytes
    return b"Transfer-Encoding: chunked\r\n"


# --- To the client -------------------------------------------------------------------------


def to_client(response: ResponseHead, *, close: bool, http10: bool, ours: bool = False) -> bytes:
    """The reply head for the client. `ours`: it comes from the gate, which may set our cookies."""
    if not close and not http10 and (raw := response.raw()):
        return raw
    status_line, *lines = response.head[:-4].split(b"\r\n")
    out = [b"HTTP/1.1" + status_line[8:]]
    nominated = tokens(response_values(response, b"connection"))
    for line in lines:
        name, _, value = line.partition(b":")
        if _crosses_back(response, name.lower(), value, nominated, http10=http10, ours=ours):
            out.append(line)  # as it is, blanks included
    out.append(_connection(response.shape.status, close=close, http10=http10))
    return b"\r\n".join(out)


def _crosses_back(
    response: ResponseHead,
    low: bytes,
    value: bytes,
    nominated: set[bytes],
    *,
    http10: bool,
    ours: bool,
) -> bool:
    """Whether one field of a reply goes on to the client."""
    if low in _FRAMING:
        return _keeps_framing(response.shape.status, low, http10)
    if low in HOP_BY_HOP or low in nominated:
        return response.shape.status == 101 and low == b"upgrade"
    return ours or low != b"set-cookie" or _OUR_COOKIE.match(value) is None


def response_values(response: ResponseHead, name: bytes) -> list[bytes]:
    """Every value of a reply's header, in order, by lower-case name."""
    return [value for key, value in response.headers if key.lower() == name]


def _keeps_framing(status: int, low: bytes, http10: bool) -> bool:
    """Interim and 204 replies have no body to frame; HTTP/1.0 knows no chunks."""
    if status < 200 or status == 204:
        return False
    return low == b"content-length" or not http10


def _connection(status: int, *, close: bool, http10: bool) -> bytes:
    if status == 101:
        return b"Connection: Upgrade\r\n\r\n"
    if close:
        return b"Connection: close\r\n\r\n"
    return b"Connection: keep-alive\r\n\r\n" if http10 else b"\r\n"
