"""What came with a call about a visit: its tokens opened, its tries and its caller counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.envelope import Envelope
from gateway.kept.forgetting import RARE, Often, Rare
from gateway.model import Caller, Refused, Route, Ticket, Visit
from gateway.server.counting import bump, spend
from gateway.server.parts import GateParts
from gateway.tokens import open_ticket, open_visit

SPENT_EXTRA_S = 60.0  # a spent ticket is remembered a little longer than it lives: clocks differ


@dataclass(frozen=True, slots=True)
class Opened:
    """A visit of this site, and a ticket of it if one was shown."""

    visit: Visit
    route: Route
    ticket: Ticket | None


def open_tokens(gate: GateParts, envelope: Envelope, visit: str, ticket: str) -> Opened | None:
    """What the tokens say; None unless the visit is one of this site's with a route that stands."""
    opened = open_visit(gate.ring, visit)
    if opened is None or opened.site != envelope.site:
        return None
    route = gate.route(opened.site, opened.route)
    if route is None:
        return None
    shown = open_ticket(gate.ring, ticket) if ticket else None
    return Opened(opened, route, _on(route, shown))


def _on(route: Route, ticket: Ticket | None) -> Ticket | None:
    """The ticket, at the last rung where the ladder became shorter since it was asked."""
    last = max(0, len(route.ladder) - 1)
    return ticket if ticket is None or ticket.rung <= last else replace(ticket, rung=last)


async def count_caller(
    gate: GateParts, caller: Caller, route: Route, what: Often | Rare
) -> tuple[int, int]:
    """(how many of its kind from the caller's prefix in this window, seconds left of it)."""
    if not gate.addresses_known():
        return 0, 0
    limits = gate.limits
    window_s = limits.accessible_window_s if what in RARE else limits.answers_window_s
    return await bump(gate, route, f"{what}/{caller.prefix}", window_s)


async def one_accessible(gate: GateParts, envelope: Envelope, route: Route) -> Refused | None:
    """Counts one more use of the accessible way; refused if the caller's prefix had enough."""
    granted, left_s = await count_caller(gate, envelope.caller, route, "accessible")
    return Refused("too_many", left_s) if granted > gate.limits.accessible else None


async def count_try(gate: GateParts, opened: Opened) -> tuple[int, int]:
    """Counted by the visit's id, so that showing an older token of the visit resets nothing."""
    return await bump(gate, opened.route, f"tries/{opened.visit.id}", gate.limits.tries_window_s)


async def spend_ticket(gate: GateParts, opened: Opened) -> bool:
    """True once for a ticket, whatever it is spent on."""
    ticket = opened.ticket
    assert ticket is not None
    ttl_s = ticket.expires_s - gate.clock() + SPENT_EXTRA_S
    return await spend(gate, opened.route, f"ticket/{ticket.id}", ttl_s)


async def renew_ticket(gate: GateParts, opened: Opened) -> bool:
    """True once for a ticket that ran out: who shows it again, after wrong answers or to have
    chance choose anew, exchanges it like any other.
    """
    ticket = opened.ticket
    assert ticket is not None
    ttl_s = opened.visit.expires_s - gate.clock() + SPENT_EXTRA_S
    return await spend(gate, opened.route, f"renewed/{ticket.id}", ttl_s)
