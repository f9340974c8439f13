"""`/probe`: what a page of the app noticed becomes a verdict, in a cookie of the gate's own."""

from __future__ import annotations

import asyncio

from aiohttp import web

from gateway import probing
from gateway.envelope import Envelope
from gateway.model import Answer, Refused
from gateway.risk import score_report
from gateway.server.hands import scripted
from gateway.server.own import refused
from gateway.server.parts import GateParts
from gateway.server.reading import read_json

MOST = 120  # reports of one address prefix in WINDOW_S; each takes a millisecond of a thread
MOST_OF_ALL = 6_000  # … where addresses don't tell visitors apart
WINDOW_S = 60


async def probe(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """Score a report. The reply says nothing of what was found."""
    site = gate.site(envelope)
    if site is None or not any(route.flow == "probe" for route in site.routes):
        raise web.HTTPNotFound
    known = gate.addresses_known()
    who = envelope.caller.prefix if known else ""
    told = gate.local.bump(f"probe/{who}", WINDOW_S, gate.clock())
    if told is None or told > (MOST if known else MOST_OF_ALL):
        return refused(Refused("too_many", WINDOW_S))
    body = await read_json(request, envelope)
    signals = body.get("signals") if body else None
    if body is None or not isinstance(signals, dict) or not signals:
        return refused(Refused("unreadable"))
    cookie = await _verdict(gate, envelope, Answer(None, None, body.get("trace"), signals))
    return web.Response(status=204, headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})


async def _verdict(gate: GateParts, envelope: Envelope, answer: Answer) -> str:
    caller = envelope.caller
    hand = await scripted(answer)
    known = gate.register.background(caller, envelope.headers)
    score = await asyncio.to_thread(
        score_report, answer, envelope.headers, caller, known, scripted=hand
    )
    found = probing.verdict_of(score, hand)
    return probing.issue(gate.ring, found, envelope.site, caller, gate.clock(), gate.nonce())
