"""Replies of the gate: HTML, JSON, problems; each with our headers and none of the app's."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from gateway.envelope import Envelope
from gateway.model import JSON, Site
from gateway.server.parts import GateParts

CHALLENGE_HEADER = "X-Gateway-Challenge"
GZIP_LEVEL = 1  # of pages, each of which is new: 6 takes 2.5 times as long and saves 6 %
EXPOSED = f"{CHALLENGE_HEADER}, Retry-After, RateLimit, RateLimit-Policy"
RETRY_S = 5  # when something of ours is missing, which may be back soon

_ALWAYS = {
    "Cache-Control": "no-store, no-transform",
    "Referrer-Policy": "same-origin",  # under `no-referrer` browsers send `Origin: null`
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_COMPRESS_FROM_BYTES = 1000
_NO_URL_BYTE = re.compile(rb"[^A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]")


@dataclass(frozen=True, slots=True)
class Reply:
    """Headers beside ours, and the status."""

    status: int = 200
    headers: Mapping[str, str] | None = None


def html(request: web.Request, body: bytes, csp: str, reply: Reply) -> web.Response:
    """A page; compressed when the client can read it."""
    headers = _ALWAYS | {"Content-Security-Policy": csp, "Vary": "Accept-Language"}
    if len(body) > _COMPRESS_FROM_BYTES and takes_gzip(request):
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        status=reply.status,
        body=body,
        content_type="text/html",
        charset="utf-8",
        headers=headers | dict(reply.headers or {}),
    )


def as_json(
    body: JSON, reply: Reply | None = None, content_type: str = "application/json"
) -> web.Response:
    """JSON, never to be sniffed or cached."""
    reply = reply or Reply()
    return web.Response(
        status=reply.status,
        body=json.dumps(body, separators=(",", ":")).encode(),
        content_type=content_type,
        headers=_ALWAYS
        | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
        | dict(reply.headers or {}),
    )


def problem(envelope: Envelope, site: Site | None, body: JSON, reply: Reply) -> web.Response:
    """RFC 9457 for scripts of the page, readable by those of the site's CORS origins too."""
    headers = dict(reply.headers or {}) | cors(envelope, site)
    full = {"status": reply.status, "instance": envelope.decision_id} | body
    return as_json(full, Reply(reply.status, headers), "application/problem+json")


def cors(envelope: Envelope, site: Site | None) -> dict[str, str]:
    """Lets a script of a configured origin read the reply; else nothing."""
    origin = (envelope.get(b"origin") or b"").decode("latin-1")
    if site is None or origin not in site.cors_origins:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": EXPOSED,
        "Vary": "Origin",
    }


def csp(nonce: str, site: Site | None) -> str:
    """Only what bears this reply's nonce runs. The site's own pages may frame ours (framesets).

    No `form-action`: browsers apply it to the redirects that follow a form, and the app may answer
    the finishing POST with one to its payment or login provider.
    """
    ancestors = " ".join(["'self'", *sorted(site.cors_origins if site else ())])
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            f"frame-ancestors {ancestors}",
            "base-uri 'none'",
        )
    )


def language(gate: GateParts, envelope: Envelope) -> str:
    """The language of a page for this caller."""
    accept = envelope.get(b"accept-language") or b""
    return gate.pages.language(accept.decode("latin-1"))


def takes_gzip(request: web.Request) -> bool:
    """Does the client accept gzip? `gzip;q=0` says no."""
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, parameter = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def safe_url(target: bytes) -> str:
    """A sealed target as a URL that a browser takes as a path of this very site.

    `//host` would name another host, and browsers read `\\` as `/`: neither may happen. A target
    that browsers would not send unchanged comes back changed, and then matches no visit.
    """
    if not target.startswith(b"/"):
        return "/"
    url = _NO_URL_BYTE.sub(lambda found: b"%%%02X" % found[0][0], target).decode("ascii")
    return f"/.{url}" if url.startswith("//") else url


def retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)} if seconds > 0 else {}


def limits(envelope: Envelope) -> dict[str, str]:
    """What a denial by limits says of them."""
    said = {"RateLimit-Policy": envelope.policy, "RateLimit": envelope.rate}
    return {name: value for name, value in said.items() if value}
