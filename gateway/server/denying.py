"""`/deny`: why a request was not let through, and what can be done about it."""

from __future__ import annotations

from aiohttp import web

from gateway.envelope import Envelope
from gateway.server.parts import GateParts
from gateway.server.replies import RETRY_S, Reply, limits, problem, retry_after
from gateway.server.showing import retry_token, show_refusal

# What GeeTest's own server answers, for clients that look for it (docs.geetest.com/gt4).
ILLEGAL_RISK_TYPE = {"code": "-50001", "msg": "illegal risk_type"}


async def deny(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """The page, or the problem for scripts, that the wire's decision asks for."""
    status = envelope.status if 400 <= envelope.status < 600 else 500
    return refuse(gate, request, envelope, envelope.reason, status)


def refuse(
    gate: GateParts, request: web.Request, envelope: Envelope, reason: str, status: int
) -> web.Response:
    """A page for a person's browser, a problem for everything else."""
    if envelope.navigation:
        visit = retry_token(gate, envelope)
        wait_s = envelope.retry_after_s
        return show_refusal(
            gate, request, envelope, reason, status, visit=visit, retry_after_s=wait_s
        )
    texts = gate.pages.texts["en"]["denied"]
    title = texts.get(f"{reason}_title", texts["default_title"])
    detail = texts.get(reason, texts["default"])
    body = {"type": f"urn:gateway:{reason}", "title": title, "detail": detail, "reason": reason}
    if reason.startswith("risk_type_"):
        body |= ILLEGAL_RISK_TYPE
    wait_s = envelope.retry_after_s or (RETRY_S if status == 503 else 0)
    reply = Reply(status, retry_after(wait_s) | limits(envelope))
    return problem(envelope, gate.site(envelope), body, reply)
