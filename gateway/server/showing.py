"""The pages: the interstitial, the refusals, and the button that finishes without JavaScript."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.envelope import Envelope
from gateway.model import JSON, Reason, Site
from gateway.server.parts import GateParts
from gateway.server.replies import (
    RETRY_S,
    Reply,
    csp,
    html,
    language,
    limits,
    retry_after,
    safe_url,
)

SAFE = frozenset({"GET", "HEAD"})

# A refused request that was held, or could not reach its app, may be tried again.
_CAN_RETRY = frozenset(
    {
        Reason.APP_UNREACHABLE,
        Reason.APP_BUSY,
        Reason.STORE_DOWN,
        Reason.IN_FLIGHT,
        Reason.LIMITED,
        Reason.BUDGET_SPENT,
    }
)


def show(
    gate: GateParts,
    request: web.Request,
    envelope: Envelope,
    template: str,
    reply: Reply,
    **values: Any,
) -> web.Response:
    """Render a template with a nonce of this reply's own."""
    nonce = _nonce(gate)
    text = gate.pages.render(template, lang=language(gate, envelope), nonce=nonce, **values)
    page = text.encode("utf-8", "replace")
    return html(request, page, csp(nonce, gate.site(envelope)), reply)


def show_interstitial(
    gate: GateParts,
    request: web.Request,
    envelope: Envelope,
    reply: Reply,
    data: Mapping[str, JSON],
    wait: Mapping[str, JSON] | None,
) -> web.Response:
    """The page that asks, with a nonce of this reply's own."""
    nonce, lang = _nonce(gate), language(gate, envelope)
    page = gate.pages.interstitial(lang=lang, nonce=nonce, data=data, wait=wait)
    return html(request, page, csp(nonce, gate.site(envelope)), reply)


def _nonce(gate: GateParts) -> str:
    return base64.b64encode(gate.random_bytes(18)).decode()


def about(gate: GateParts, envelope: Envelope) -> dict[str, JSON]:
    """What every page says of the request it answers."""
    return {
        "site": title(gate.site(envelope), envelope),
        "reference": envelope.decision_id,
        "target": safe_url(envelope.target),
        "method": envelope.method,
    }


def title(site: Site | None, envelope: Envelope) -> str:
    """The site's name, else the host that was asked for."""
    return (site.title if site else "") or envelope.host or "?"


def show_refusal(
    gate: GateParts,
    request: web.Request,
    envelope: Envelope,
    reason: str,
    status: int,
    *,
    visit: str = "",
    retry_after_s: int = 0,
) -> web.Response:
    """The page for everything that is no challenge. `visit`: sealed, where sending is possible."""
    wait_s = retry_after_s or (RETRY_S if status == 503 else 0)
    data = about(gate, envelope) | {"reason": reason, "visit": visit, "wait_s": retry_after_s}
    reply = Reply(status, retry_after(wait_s) | limits(envelope))
    return show(gate, request, envelope, "denied.html", reply, data=data)


def retry_token(gate: GateParts, envelope: Envelope) -> str:
    """The sealed visit with which the refused request can be sent after all, if it can."""
    if envelope.reason in _CAN_RETRY:
        return envelope.visit
    if envelope.reason == Reason.MAYBE_DELIVERED:
        route = gate.route(envelope.site, envelope.route)
        return envelope.visit if route and not route.single_use else ""
    return ""
