"""`/challenge`: hold what was sent, start a visit, ask the first question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Literal

from aiohttp import web

from gateway.choosing import first_choice, second_choice
from gateway.envelope import Envelope
from gateway.hold import HeldRequest, HoldRefused
from gateway.model import JSON, Headers, Reason, Route, Visit
from gateway.origins import is_own_navigation
from gateway.seal import TokenTooLongError
from gateway.server.asking import Asking, ask, ask_wait
from gateway.server.denying import refuse
from gateway.server.parts import GateParts
from gateway.server.remembering import recall
from gateway.server.replies import CHALLENGE_HEADER, Reply, problem, safe_url
from gateway.server.showing import SAFE, about, show_interstitial
from gateway.tokens import open_visit, seal_visit

CHALLENGE_STATUS = 403
PROBLEM_TYPE = "urn:gateway:challenge"
_KEPT = frozenset({b"referer", b"origin"})
MAX_KEPT_BYTES = 2048  # of headers in a sealed visit


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the request: `hold_id` "" when nothing is held, and why it could not be."""

    hold_id: str = ""
    refused: Literal["", "too_large", "quota", "full", "down"] = ""


async def challenge(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """Answer a request that must be solved for first: a page, or a problem for scripts."""
    route = gate.route(envelope.site, envelope.route)
    if route is None:
        return refuse(gate, request, envelope, "default", 500)
    if envelope.visit:
        return await _ask_again(gate, request, envelope, route)
    visit_id, secret = gate.token(), gate.random_bytes(32)
    try:
        kept = await _keep(gate, request, envelope, route, visit_id, secret)
    except (web.RequestPayloadError, ValueError):  # the client left, or sent less than it stated
        return refuse(gate, request, envelope, Reason.BAD_REQUEST, 400)
    if kept.refused and _goes_once(route):
        return _refuse_unheld(gate, request, envelope, kept)
    remembered = await recall(gate, route, envelope.caller)
    visit = _visit(gate, envelope, route, visit_id, secret, kept.hold_id)
    visit = replace(visit, harder=envelope.harder + remembered)
    _record(gate, envelope, visit, kept, remembered)
    try:
        return _answer(gate, request, envelope, route, visit)
    except TokenTooLongError:
        return refuse(gate, request, envelope, Reason.TOO_LARGE, 414)


async def _ask_again(
    gate: GateParts, request: web.Request, envelope: Envelope, route: Route
) -> web.Response:
    """What finishes a visit, but does not suffice, is asked for the visit it shows.

    Nothing new is held: what was decided upon is the visit's request, and no other body.
    """
    visit = open_visit(gate.ring, envelope.visit)
    if visit is None or (visit.site, visit.route) != (route.site, route.name):
        return refuse(gate, request, envelope, Reason.VISIT_UNREADABLE, 400)
    remembered = await recall(gate, route, envelope.caller)
    _record(gate, envelope, visit, Kept(visit.hold_id), remembered)
    return _answer(gate, request, envelope, route, visit)


def must_hold(request: web.Request, envelope: Envelope, route: Route) -> bool:
    """Would a reload lose something, or not be enough?"""
    body_exists = request.body_exists or envelope.unread_bytes > 0
    return envelope.method not in SAFE or body_exists or _goes_once(route)


def _goes_once(route: Route) -> bool:
    """Whether sending it again by itself would not do: it would bring a parameter that is spent."""
    return route.single_use or route.flow == "fusion"


async def _keep(
    gate: GateParts,
    request: web.Request,
    envelope: Envelope,
    route: Route,
    visit_id: str,
    secret: bytes,
) -> Kept:
    if not must_hold(request, envelope, route):
        return Kept()
    held = HeldRequest(envelope.method, envelope.target, envelope.headers, _own(envelope))
    size_bytes = request.content_length if request.body_exists else envelope.unread_bytes
    # Where all seem to be one address, none may use up the others' share: each is its own caller.
    prefix = envelope.caller.prefix if gate.addresses_known() else visit_id
    try:
        hold_id = await gate.holds.keep(
            visit_id, secret, held, _body(request), size_bytes, route.hold, prefix
        )
    except HoldRefused as refused:
        gate.metrics.holds_refused(refused.reason)
        return Kept(refused=refused.reason)
    gate.metrics.holds_kept()
    gate.metrics.held_bytes(amount=size_bytes or 0)
    return Kept(hold_id)


def _record(gate: GateParts, envelope: Envelope, visit: Visit, kept: Kept, remembered: int) -> None:
    gate.log.record_of(
        envelope.caller,
        "asked",
        kept.hold_id,
        reference=visit.decision_id,
        site=visit.site,
        route=visit.route,
        machine=visit.machine,
        remembered=remembered or None,
        hold=kept.refused or ("kept" if kept.hold_id else "none"),
    )


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk


def _refuse_unheld(
    gate: GateParts, request: web.Request, envelope: Envelope, kept: Kept
) -> web.Response:
    """Single use releases exactly what is held; with nothing held there is nothing to release."""
    if kept.refused == "too_large":
        return refuse(gate, request, envelope, Reason.TOO_LARGE, 413)
    reason = Reason.STORE_FULL if kept.refused == "full" else Reason.STORE_DOWN
    return refuse(gate, request, envelope, reason, 503)


def _visit(
    gate: GateParts, envelope: Envelope, route: Route, visit_id: str, secret: bytes, hold_id: str
) -> Visit:
    now_s = gate.clock()
    return Visit(
        id=visit_id,
        secret=secret,
        site=envelope.site,
        route=route.name,
        method=envelope.method,
        target=envelope.target,
        hold_id=hold_id,
        issued_s=now_s,
        expires_s=now_s + (route.hold.ttl_s if hold_id else gate.limits.visit_ttl_s),
        decision_id=envelope.decision_id,
        same_origin=_own(envelope),
        machine=not _shows_page(envelope, route),
        risk=envelope.risk,
        values=envelope.values,
        kind=envelope.kind,
        user=envelope.user,
        kept=() if hold_id else kept_headers(envelope.headers),
    )


def _own(envelope: Envelope) -> bool:
    return is_own_navigation(envelope.headers, envelope.host, envelope.caller.scheme)


def kept_headers(headers: Headers) -> Headers:
    """What a finishing request would get wrong: where the original came from.

    A Referer that is too long to be sealed is left out, as browsers leave out long ones too.
    """
    kept = tuple(
        (key, value)
        for key, value in headers
        if key.lower() in _KEPT or key.lower().startswith(b"sec-fetch-")
    )
    if _size(kept) > MAX_KEPT_BYTES:
        kept = tuple((key, value) for key, value in kept if key.lower() != b"referer")
    return kept if _size(kept) <= MAX_KEPT_BYTES else ()


def _size(headers: Headers) -> int:
    return sum(len(key) + len(value) for key, value in headers)


def _shows_page(envelope: Envelope, route: Route) -> bool:
    return envelope.navigation or route.machines == "page"


def _answer(
    gate: GateParts, request: web.Request, envelope: Envelope, route: Route, visit: Visit
) -> web.Response:
    sealed = seal_visit(gate.ring, visit, gate.nonce())
    if visit.machine:
        return _problem(gate, envelope, sealed)
    risk = max(envelope.risk, visit.risk)  # a finish is not scored, and forgives nothing
    asking = Asking(visit, route, envelope.caller, risk, visit.harder)
    return show_question(gate, request, envelope, asking, sealed)


def show_question(
    gate: GateParts, request: web.Request, envelope: Envelope, asking: Asking, sealed: str
) -> web.Response:
    """The interstitial with its first question, of the rung that the risk asks for."""
    index = first_choice(
        asking.route, asking.risk, gate.rng, harder=asking.visit.harder, kind=asking.visit.kind
    )
    if asking.first is not None:
        index = second_choice(asking.route, asking.first.kind, index, gate.rng)
    question = ask(gate, asking, index)
    wait = ask_wait(gate, asking) if asking.route.no_javascript == "wait" else None
    data = page_data(gate, envelope, asking.visit, sealed) | {"challenge": question}
    reply = Reply(CHALLENGE_STATUS, {CHALLENGE_HEADER: "1"})
    return show_interstitial(gate, request, envelope, reply, data, wait)


def page_data(
    gate: GateParts, envelope: Envelope, visit: Visit | None, sealed: str
) -> dict[str, JSON]:
    """What the page's script reads, but the challenge."""
    held = visit is not None and visit.hold_id != ""
    original = {"target": safe_url(visit.target), "method": visit.method} if visit else {}
    return (
        about(gate, envelope)
        | original
        | {
            "visit": sealed,
            "challenge": None,
            "finish": "post" if held else "reload",
            "loops_key": f"gateway_loops_{visit.route}" if visit else "gateway_loops",
            "mode": "page" if visit else "frame",
            "now_s": int(gate.clock()),
        }
    )


def _problem(gate: GateParts, envelope: Envelope, sealed: str) -> web.Response:
    body = {
        "type": PROBLEM_TYPE,
        "title": "Challenge required",
        "detail": "Solve the challenge at challenge_url, then repeat the request.",
        "visit": sealed,
        "challenge_url": f"{gate.prefix}frame",
    }
    reply = Reply(CHALLENGE_STATUS, {CHALLENGE_HEADER: "1"})
    return problem(envelope, gate.site(envelope), body, reply)
