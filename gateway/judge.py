"""Was it right? One pure function from a ticket and its answer to Solved, Again or Refused.

The ticket carries all that judging needs, sealed: kind, level, tolerated risk, the work asked. The
route is only looked at to name the next rung. The caller spends the ticket's id before judging, so
a ticket is judged once, right or wrong; `not_now` says beforehand what needs no spending.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Literal, assert_never

from gateway.decide import first_rung, top_level
from gateway.handless import owes_work
from gateway.kinds import Kind
from gateway.model import (
    ACCESSIBLE,
    Again,
    Answer,
    Outcome,
    Refused,
    Route,
    Score,
    Solved,
    Ticket,
    Verdict,
    Visit,
)
from gateway.risk import combine
from gateway.signals import OF_MACHINES
from gateway.work import check_work

Why = Literal["wrong", "malformed", "more"]

MAX_TRIES = 10  # questions of one visit answered wrongly or exchanged
REST_S = 60  # … then the visitor is asked to come back after this


def judge(
    ticket: Ticket | None,
    visit: Visit | None,
    route: Route | None,
    answer: Answer,
    kinds: Mapping[str, Kind],
    score: Score,
    now_s: float,
) -> Outcome:
    """The outcome of one answer. `score` may only add to the risk the ticket was issued at."""
    early = not_now(ticket, visit, route, now_s)
    if early is not None:
        return early
    assert ticket is not None
    assert visit is not None
    assert route is not None
    kind = kinds.get(ticket.kind)
    if kind is None:
        return Refused("unavailable")
    if not _worked(ticket, answer):
        return _again("wrong", ticket.rung, visit)
    verdict = kind.check(ticket.secret, answer.value)
    if not verdict.ok:
        return _again(_fault(verdict), ticket.rung, visit)
    outcome = believe(ticket, visit, route, score)
    if isinstance(outcome, Solved) and owes_work(ticket, route, answer, _worse(ticket, score)):
        return Again("work", ticket.rung)
    return outcome


def believe(ticket: Ticket, visit: Visit, route: Route, score: Score) -> Outcome:
    """What a right answer is worth: enough, enough of this kind, or not enough at its risk."""
    outcome = _weigh(ticket, visit, route, score)
    if isinstance(outcome, Solved) and ticket.rounds_left > 0:
        return Again("next", ticket.rung)  # enough of this kind: whoever asks chooses the other
    return outcome


def not_now(
    ticket: Ticket | None, visit: Visit | None, route: Route | None, now_s: float
) -> Again | Refused | None:
    """What can be said before the ticket is spent: None when it may be judged now."""
    if ticket is None or visit is None or route is None or not belong(ticket, visit, route):
        return Refused("unreadable")
    if ticket.toll:  # whatever its kind would make of an answer
        return Refused("unreadable")
    if not now_s < visit.expires_s:
        return Refused("expired")
    if visit.tries >= MAX_TRIES:
        return Refused("too_many", REST_S)
    if not now_s < ticket.expires_s:
        return Again("expired", ticket.rung)
    if not now_s >= ticket.not_before_s:
        return Refused("too_early", max(1, ceil(ticket.not_before_s - now_s)))
    return None


def belong(ticket: Ticket, visit: Visit, route: Route) -> bool:
    """A ticket of one visit, route or site says nothing about another."""
    return (
        ticket.visit == visit.id
        and ticket.route == visit.route == route.name
        and ticket.site == visit.site == route.site
    )


def _worked(ticket: Ticket, answer: Answer) -> bool:
    """Every ticket asks for work, but one that asks for a wait instead (no JavaScript)."""
    if not ticket.work:
        return ticket.not_before_s > ticket.issued_s
    return check_work(ticket.work, answer.proof)


def _worse(ticket: Ticket, score: Score) -> float:
    """The higher risk; NaN and what is out of range are no innocence."""
    asked, answered = ticket.risk, score.risk
    return max(asked, answered) if asked <= 1.0 and answered <= 1.0 else 1.0


def _weigh(ticket: Ticket, visit: Visit, route: Route, score: Score) -> Outcome:
    """A right answer: is it enough at this risk?

    The accessible way is, for one use, unless one sign alone says that no person is there, or all
    that was seen of the browser does. Doubts about hands and addresses must not shut out who can do
    nothing else: tools that help people move and press as scripts do, but run in people's browsers.
    """
    if ticket.rung == ACCESSIBLE:
        if not max(strongest(score), of_browser(score)) <= ticket.refuse_above:
            return Refused("blocked")
        return Solved(ticket.kind, max(ticket.level, top_level(route)), 1)
    risk = _worse(ticket, score)
    if not risk <= ticket.refuse_above:
        return Refused("blocked")
    if not risk <= ticket.max_risk:
        return _again("more", first_rung(route, risk, after=ticket.rung), visit)
    return Solved(ticket.kind, ticket.level, route.pass_rule.uses)


def strongest(score: Score) -> float:
    """The risk of the most damning signal alone."""
    return max((signal.weight * signal.value for signal in score.signals), default=0.0)


def of_browser(score: Score) -> float:
    """The risk of what was seen of the browser and its requests, all together."""
    return combine(tuple(signal for signal in score.signals if signal.name in OF_MACHINES))


def _again(why: Why, rung: int, visit: Visit) -> Again | Refused:
    if visit.tries + 1 >= MAX_TRIES:
        return Refused("too_many", REST_S)
    return Again(why, rung)


def _fault(verdict: Verdict) -> Why:
    match verdict.reason:
        case "malformed":
            return "malformed"
        case "wrong" | "right":  # `right` but not ok is a kind's fault: never the visitor's pass
            return "wrong"
        case never:
            assert_never(never)


def result_of(outcome: Outcome) -> tuple[str, str]:
    """(solved | again | refused, why)."""
    match outcome:
        case Solved():
            return "solved", ""
        case Again(reason, _):
            return "again", reason
        case Refused(reason, _):
            return "refused", reason
        case never:
            assert_never(never)
