"""Where a request came from, as its own headers tell it: the site's page, elsewhere, a script.

Browsers set `Origin` and `Sec-Fetch-*` themselves; no page can forge them (Fetch §3.2, Fetch
Metadata §2).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from gateway.model import Headers

# Browsers leave them out; proxies that say `Host: $host:$server_port` do not.
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
PREFLIGHT_MAX_AGE_S = 600
MAX_NAMED_BYTES = 1024
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_METHOD = re.compile(_WORD)
_NAMES = re.compile(rf"{_WORD}(?:[ \t]*,[ \t]*{_WORD})*")
_NEVER_IN_PREFLIGHTS = frozenset(
    {b"cookie", b"authorization", b"content-type", b"transfer-encoding"}
)  # Fetch §4.8: no credentials, no body


def _first(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key.lower() == name), b"").strip()


def is_same_origin(headers: Headers, host: str, scheme: str) -> bool:
    """Did a page of this very site send this request? Unknown is no.

    `Origin` decides where there is one, else `Sec-Fetch-Site`. An `Origin` of the same host under
    another scheme counts only when the browser vouches for it (a proxy may hide TLS from us).
    """
    site = _first(headers, b"sec-fetch-site")
    origin = _first(headers, b"origin").decode("latin-1").lower()
    if site and site != b"same-origin":
        return False
    if origin:
        origin_scheme, _, origin_host = origin.partition("://")
        asked = host.removesuffix(_DEFAULT_PORTS.get(origin_scheme, ""))
        return origin_host == asked and (origin_scheme == scheme or site == b"same-origin")
    return site == b"same-origin"


def is_own_navigation(headers: Headers, host: str, scheme: str) -> bool:
    """Would the browser send SameSite cookies anyway? Same origin, or typed by the user."""
    if _first(headers, b"sec-fetch-site") == b"none":
        return True
    return is_same_origin(headers, host, scheme)


def wants_page(headers: Headers) -> bool:
    """Is this a navigation, which an HTML page can answer? Scripts and sub-resources are not.

    One that a service worker hands on is `same-origin` in Firefox; only navigations are upgraded.
    """
    mode = _first(headers, b"sec-fetch-mode")
    if mode:
        upgraded = _first(headers, b"upgrade-insecure-requests") == b"1"
        return mode == b"navigate" or (mode == b"same-origin" and upgraded)
    if _first(headers, b"x-requested-with"):
        return False
    return b"text/html" in _first(headers, b"accept").lower()


def is_preflight(method: str, headers: Headers, origins: Collection[str]) -> bool:
    """A CORS preflight of one of these origins: it has no cookies, so no challenge could be met.

    Many apps do by OPTIONS whatever they do by GET, so what a browser would not send, or would send
    for nothing, is no preflight: it is asked like any other request.
    """
    if method != "OPTIONS" or not _first(headers, b"access-control-request-method"):
        return False
    if _first(headers, b"origin").decode("latin-1") not in origins:
        return False
    return not any(_is_more_than_a_question(key.lower(), value) for key, value in headers)


def preflight_reply(headers: Headers, methods: Collection[str]) -> dict[str, str]:
    """The headers that answer a preflight. `methods`: of the route; none is any.

    Credentials are allowed, since the pass is a cookie; so neither list may be `*` (Fetch §3.2.5).
    """
    asked = _only(_METHOD, _first(headers, b"access-control-request-method"))
    reply = {
        "Access-Control-Allow-Origin": _first(headers, b"origin").decode("latin-1"),
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": ", ".join(sorted(methods)) or asked,
        "Access-Control-Allow-Headers": _only(
            _NAMES, _first(headers, b"access-control-request-headers")
        ),
        "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
        "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    return {name: value for name, value in reply.items() if value}


def _only(pattern: re.Pattern[str], value: bytes) -> str:
    """The value, if it is what a browser would send; else nothing."""
    text = value.decode("latin-1")
    return text if len(text) <= MAX_NAMED_BYTES and pattern.fullmatch(text) else ""


def _is_more_than_a_question(name: bytes, value: bytes) -> bool:
    if name == b"content-length":
        return value.strip() != b"0"
    overrides = b"method" in name and name != b"access-control-request-method"
    return overrides or name in _NEVER_IN_PREFLIGHTS
