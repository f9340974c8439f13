"""`challenge`: exchange the question, or get the first one.

Pictures are given only against work. The proof for a ticket, if that is this visit's and not spent,
buys one: of a toll (`want: picture`), with a wrong answer, or with the wish for another question.
Without one a toll is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.choosing import wished_choice
from gateway.envelope import Envelope
from gateway.judge import belong
from gateway.kept.forgetting import Often
from gateway.memory import EXCHANGED
from gateway.model import ACCESSIBLE, JSON, Refused, Ticket
from gateway.risk import score_request
from gateway.server.asking import Asking, ask, ask_whole, rung_at
from gateway.server.counting import CountingDown
from gateway.server.opened import (
    Opened,
    count_caller,
    count_try,
    one_accessible,
    open_tokens,
    renew_ticket,
    spend_ticket,
)
from gateway.server.parts import GateParts
from gateway.server.reading import text
from gateway.server.remembering import remember
from gateway.work import check_work

RENEWAL_S = 10.0  # a ticket exchanged so shortly before its end ran out; once that is no try


async def exchange(
    gate: GateParts, envelope: Envelope, body: Mapping[str, JSON]
) -> dict[str, JSON] | Refused:
    """Another question: what a toll was asked for, a new one, another way, the accessible one."""
    opened = open_tokens(gate, envelope, text(body.get("visit")), text(body.get("ticket")))
    want = body.get("want")
    if opened is None or want not in ("picture", "new", "another", "accessible"):
        return Refused("unreadable")
    if opened.ticket is not None and not belong(opened.ticket, opened.visit, opened.route):
        return Refused("unreadable")
    if want == "picture" and not (opened.ticket and opened.ticket.toll):
        return Refused("unreadable")
    if not gate.clock() < opened.visit.expires_s:
        return Refused("expired")
    try:
        return await _exchange(gate, envelope, opened, want, body.get("proof"))
    except CountingDown as fault:
        return fault.refused


async def _exchange(
    gate: GateParts, envelope: Envelope, opened: Opened, want: str, proof: JSON
) -> dict[str, JSON] | Refused:
    what: Often = "pictures" if want == "picture" else "challenges"
    asked, left_s = await count_caller(gate, envelope.caller, opened.route, what)
    if asked > gate.limits.challenges:
        return Refused("too_many", left_s)
    ticket, proved = opened.ticket, _proved(opened.ticket, proof, gate.clock())
    tries = 0
    renewed = _ran_out(ticket, gate.clock()) and await renew_ticket(gate, opened)
    if not renewed and not (proved and want == "picture"):
        tries, left_s = await count_try(gate, opened)
        if tries > gate.limits.tries:
            return Refused("too_many", left_s)
        if want != "accessible":  # which nobody pays for but with what it asks
            await remember(gate, opened.route, envelope.caller, EXCHANGED)
    known = gate.register.background(envelope.caller, envelope.headers)
    risk = score_request(envelope.headers, envelope.caller, known, recent=asked).risk
    visit = opened.visit
    risk = max(risk, visit.risk, ticket.risk if ticket else 0.0)
    index = wished_choice(
        opened.route, ticket, want, risk, gate.rng, harder=visit.harder, kind=visit.kind
    )
    if index == ACCESSIBLE:
        refused = await one_accessible(gate, envelope, opened.route)
        if refused is not None:
            return refused
    failures = max(0, tries - 1)  # to change one's mind once costs nothing
    if ticket is not None and (renewed or want == "picture"):
        failures = max(failures, ticket.failures - opened.visit.harder)
    first = ticket.first if ticket else None
    asking = Asking(visit, opened.route, envelope.caller, risk, failures + visit.harder, first)
    if not proved or not gate.kinds[rung_at(gate, opened.route, index).kind].drawn:
        return ask(gate, asking, index)
    if await spend_ticket(gate, opened):
        return await ask_whole(gate, asking, index)
    return Refused("spent") if want == "picture" else ask(gate, asking, index)


def _proved(ticket: Ticket | None, proof: JSON, now_s: float) -> bool:
    """Whether the work of a ticket that still stands was done."""
    return ticket is not None and now_s < ticket.expires_s and check_work(ticket.work, proof)


def _ran_out(ticket: Ticket | None, now_s: float) -> bool:
    return ticket is not None and not now_s < ticket.expires_s - RENEWAL_S
