"""Making questions: a ticket sealed with all that judging it needs, and what the page is shown.

The client chooses nothing here: rung, kind, work and level come from the route, the risk and what
was counted; the target from the sealed visit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway import layout
from gateway.choosing import are_alike, others_of
from gateway.decide import top_level
from gateway.model import ACCESSIBLE, JSON, Caller, Made, Round, Route, Rung, Ticket, Visit
from gateway.server.opened import count_caller
from gateway.server.parts import GateParts
from gateway.tokens import seal_ticket
from gateway.work import hashes_for, make_work

ACCESSIBLE_KIND = "one_click"
ACCESSIBLE_WAIT_S = 3.0  # the way without recognition is a tap, more work and a short wait
WAIT_KIND = "wait"
WAIT_TICKET_S = 600.0  # people without JavaScript may read first
WORK_KIND = "pow"
MOST_DOUBLINGS = 4  # wrong answers make work dearer up to 16 times
# In place of a picture: of one that nobody could have, and of one that others come before.
DEARER = {"empty": 8, "share": 32}
MOST_DEARER = 20  # doublings of that: by then it is the most that anybody is asked


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, about what."""

    visit: Visit
    route: Route
    caller: Caller
    risk: float
    failures: int = 0
    first: Round | None = None  # the round before this


def ask(gate: GateParts, asking: Asking, index: int) -> dict[str, JSON]:
    """A question of the rung `index` (or ACCESSIBLE) as the page gets it.

    Of a kind that is drawn the page gets a toll: work alone, and the picture against its proof.
    """
    rung = rung_at(gate, asking.route, index)
    kind = gate.kinds[rung.kind]
    if kind.drawn:
        return _sealed(gate, asking, Asked(index, rung, Made({}, {}), toll=True))
    return _sealed(gate, asking, Asked(index, rung, kind.make(gate.rng, rung.params)))


async def ask_whole(gate: GateParts, asking: Asking, index: int) -> dict[str, JSON]:
    """The same for who has proved work: what is drawn comes at once, from the stock.

    Where the stock has nothing to give, dearer work takes the picture's place.
    """
    rung = rung_at(gate, asking.route, index)
    if not gate.kinds[rung.kind].drawn:
        return ask(gate, asking, index)
    prefix = asking.caller.prefix if gate.addresses_known() else ""
    made = await gate.stock.take(rung.kind, rung.params, prefix)
    if isinstance(made, Made):
        return _sealed(gate, asking, Asked(index, rung, made))
    return ask_work(gate, asking, index, DEARER[made.why] * 2 ** await _beyond(gate, asking))


async def _beyond(gate: GateParts, asking: Asking) -> int:
    """How often the caller's prefix has had work in place of a picture, beyond what the accessible
    way is granted: else who empties the stock, or a share, would need no picture ever after."""
    had, _ = await count_caller(gate, asking.caller, asking.route, "unpictured")
    return min(max(0, had - gate.limits.accessible), MOST_DEARER)


def ask_work(gate: GateParts, asking: Asking, index: int, times: int) -> dict[str, JSON]:
    """Work in place of what the rung asks, that many times as much as the route's."""
    rung = rung_at(gate, asking.route, index)
    work = replace(rung, kind=WORK_KIND, params=gate.kinds[WORK_KIND].params())
    instead = Asked(index, work, Made({}, {}), times=times, instead_of=rung.kind)
    return _sealed(gate, asking, instead)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ticket asks."""

    index: int
    rung: Rung
    made: Made
    toll: bool = False
    times: int = 1  # as much work as usual
    instead_of: str = ""


def _sealed(gate: GateParts, asking: Asking, asked: Asked) -> dict[str, JSON]:
    index, view = asked.index, asked.made.view
    accessible = index == ACCESSIBLE
    wait_s = ACCESSIBLE_WAIT_S if accessible else float(view.get("wait_s", 0))
    base = asked.times * asking.route.work * 2 ** min(max(asking.failures, 0), MOST_DOUBLINGS)
    work, secret = make_work(gate.rng, hashes_for(base, asking.risk, accessible=accessible))
    drawn = gate.kinds[asked.rung.kind].drawn
    limits = gate.limits
    ttl_s = limits.picture_ttl_s if drawn and not asked.toll else limits.ticket_ttl_s
    times = Times(wait_s, ttl_s + wait_s)
    trees, boxes = ([], []) if asked.toll else layout.make(gate.rng)
    ticket = replace(_ticket(gate, asking, asked, secret, times), layout=boxes)
    return {
        "ticket": seal_ticket(gate.ring, ticket, gate.nonce()),
        "kind": asked.rung.kind,
        "view": None if asked.toll else dict(view),
        "drawn": drawn,
        "work": work,
        "layout": trees,
        "expires_in_s": max(0, int(ticket.expires_s - ticket.issued_s)),
        "ways": ways(asking.route, index, asking.first),
        "rung": index,
    }


def ask_wait(gate: GateParts, asking: Asking) -> dict[str, JSON]:
    """A served wait for visitors without JavaScript: time in place of work.

    Where the ladder has a `wait` of its own it earns that rung; else one use, as the accessible
    way does.
    """
    ladder = asking.route.ladder
    waits = (at for at, r in enumerate(ladder) if r.kind == WAIT_KIND)
    index = ACCESSIBLE if asking.first else next(waits, ACCESSIBLE)  # no rung twice
    kind = gate.kinds[WAIT_KIND]
    params = kind.params() if index == ACCESSIBLE else ladder[index].params
    made = kind.make(gate.rng, params)
    wait_s = int(made.view["wait_s"])
    rung = replace(rung_at(gate, asking.route, index), kind=WAIT_KIND)
    ticket = _ticket(gate, asking, Asked(index, rung, made), {}, Times(wait_s, WAIT_TICKET_S))
    return {"ticket": seal_ticket(gate.ring, ticket, gate.nonce()), "seconds": wait_s}


@dataclass(frozen=True, slots=True)
class Times:
    """When a ticket may be answered first, and until when, both from its issue."""

    not_before_s: float
    expires_s: float


def _ticket(
    gate: GateParts, asking: Asking, asked: Asked, work: Mapping[str, JSON], times: Times
) -> Ticket:
    now_s, rung, first = gate.clock(), asked.rung, asking.first
    if not asked.toll:
        gate.metrics.issued(asking.visit.site, asking.route.name, rung.kind)
    return Ticket(
        id=gate.token(),
        visit=asking.visit.id,
        site=asking.visit.site,
        route=asking.route.name,
        rung=asked.index,
        kind=rung.kind,
        level=max(rung.level, first.level) if first else rung.level,
        max_risk=max(rung.max_risk, first.max_risk) if first else rung.max_risk,
        secret=asked.made.secret,
        work=work,
        risk=asking.risk,
        caller=asking.caller.prefix,
        issued_s=now_s,
        expires_s=min(now_s + times.expires_s, asking.visit.expires_s),
        not_before_s=now_s + times.not_before_s if times.not_before_s else 0.0,
        refuse_above=asking.route.refuse_above,
        toll=asked.toll,
        instead_of=asked.instead_of,
        failures=asking.failures,
        rounds_left=0 if first else asking.route.rounds - 1,
        first=first,
    )


def rung_at(gate: GateParts, route: Route, index: int) -> Rung:
    """The rung of an index; of ACCESSIBLE one that suffices at any risk and earns every level."""
    if index == ACCESSIBLE:
        params = gate.kinds[ACCESSIBLE_KIND].params()
        return Rung(ACCESSIBLE_KIND, params, 1.0, top_level(route))
    if not route.ladder:
        return Rung(WORK_KIND, gate.kinds[WORK_KIND].params())
    return route.ladder[min(max(index, 0), len(route.ladder) - 1)]


def ways(route: Route, index: int, first: Round | None = None) -> list[str]:
    """What else the visitor may ask for beside this question."""
    found = []
    if index != ACCESSIBLE and _has_another(route, index, first):
        found.append("another")
    if index != ACCESSIBLE and route.accessible == "always":
        found.append("accessible")
    return found


def _has_another(route: Route, index: int, first: Round | None) -> bool:
    """Whether a wish for another kind would bring one."""
    others = others_of(route, index)
    return any(first is None or not are_alike(first.kind, rung.kind) for rung in others)
