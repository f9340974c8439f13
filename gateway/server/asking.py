"""Making questions: a ticket sealed with all that judging it needs, and what the page is shown.

The client chooses nothing here: rung, kind, work and level come from the route, the risk and what
was counted; the target from the sealed visit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.decide import top_level
from gateway.model import ACCESSIBLE, JSON, Caller, Made, Route, Rung, Ticket, Visit
from gateway.server.parts import GateParts
from gateway.tokens import seal_ticket
from gateway.work import hashes_for, make_work

ACCESSIBLE_KIND = "one_click"
ACCESSIBLE_WAIT_S = 3.0  # the way without recognition is a tap, more work and a short wait
WAIT_KIND = "wait"
WAIT_TICKET_S = 600.0  # people without JavaScript may read first
MOST_DOUBLINGS = 4  # wrong answers make work dearer up to 16 times


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, about what."""

    visit: Visit
    route: Route
    caller: Caller
    risk: float
    failures: int = 0


def ask(gate: GateParts, asking: Asking, index: int) -> dict[str, JSON]:
    """A question of the rung `index` (or ACCESSIBLE) as the page gets it."""
    rung = rung_at(gate, asking.route, index)
    accessible = index == ACCESSIBLE
    made = gate.kinds[rung.kind].make(gate.rng, rung.params)
    wait_s = ACCESSIBLE_WAIT_S if accessible else float(made.view.get("wait_s", 0))
    base = asking.route.work * 2 ** min(max(asking.failures, 0), MOST_DOUBLINGS)
    view, secret = make_work(gate.rng, hashes_for(base, asking.risk, accessible=accessible))
    times = Times(wait_s, gate.limits.ticket_ttl_s + wait_s)
    ticket = _ticket(gate, asking, index, rung, made, secret, times)
    return {
        "ticket": seal_ticket(gate.ring, ticket, gate.nonce()),
        "kind": rung.kind,
        "view": dict(made.view),
        "work": view,
        "expires_in_s": max(0, int(ticket.expires_s - ticket.issued_s)),
        "ways": ways(asking.route, index),
        "rung": index,
    }


def ask_wait(gate: GateParts, asking: Asking) -> dict[str, JSON]:
    """A served wait for visitors without JavaScript: time in place of work.

    Where the ladder has a `wait` of its own it earns that rung; else one use, as the accessible
    way does.
    """
    ladder = asking.route.ladder
    index = next((at for at, r in enumerate(ladder) if r.kind == WAIT_KIND), ACCESSIBLE)
    kind = gate.kinds[WAIT_KIND]
    params = kind.params() if index == ACCESSIBLE else ladder[index].params
    made = kind.make(gate.rng, params)
    wait_s = int(made.view["wait_s"])
    rung = replace(rung_at(gate, asking.route, index), kind=WAIT_KIND)
    ticket = _ticket(gate, asking, index, rung, made, {}, Times(wait_s, WAIT_TICKET_S))
    return {"ticket": seal_ticket(gate.ring, ticket, gate.nonce()), "seconds": wait_s}


@dataclass(frozen=True, slots=True)
class Times:
    """When a ticket may be answered first, and until when, both from its issue."""

    not_before_s: float
    expires_s: float


def _ticket(
    gate: GateParts,
    asking: Asking,
    index: int,
    rung: Rung,
    made: Made,
    work: Mapping[str, JSON],
    times: Times,
) -> Ticket:
    now_s = gate.clock()
    gate.metrics.issued(asking.visit.site, asking.route.name, rung.kind)
    return Ticket(
        id=gate.token(),
        visit=asking.visit.id,
        site=asking.visit.site,
        route=asking.route.name,
        rung=index,
        kind=rung.kind,
        level=rung.level,
        max_risk=rung.max_risk,
        secret=made.secret,
        work=work,
        risk=asking.risk,
        caller=asking.caller.prefix,
        issued_s=now_s,
        expires_s=min(now_s + times.expires_s, asking.visit.expires_s),
        not_before_s=now_s + times.not_before_s if times.not_before_s else 0.0,
        refuse_above=asking.route.refuse_above,
    )


def rung_at(gate: GateParts, route: Route, index: int) -> Rung:
    """The rung of an index; of ACCESSIBLE one that suffices at any risk and earns every level."""
    if index == ACCESSIBLE:
        params = gate.kinds[ACCESSIBLE_KIND].params()
        return Rung(ACCESSIBLE_KIND, params, 1.0, top_level(route))
    if not route.ladder:
        return Rung("pow", gate.kinds["pow"].params())
    return route.ladder[min(max(index, 0), len(route.ladder) - 1)]


def ways(route: Route, index: int) -> list[str]:
    """What else the visitor may ask for beside this question."""
    found = []
    if index != ACCESSIBLE and index + 1 < len(route.ladder):
        found.append("another")
    if index != ACCESSIBLE and route.accessible == "always":
        found.append("accessible")
    return found
