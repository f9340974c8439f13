"""`answer`: judge an answer, and ask on where it did not suffice.

Everything that matters comes from the two sealed tokens; of the client's own words only the answer
to the question is believed, and that is what `judge` is for. In order: open the tokens, count the
caller, look whether the answer may be judged now, spend the ticket, count the try, judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway import handless
from gateway.choosing import (
    another_choice,
    first_choice,
    independent_choice,
    one_of_step,
    second_choice,
)
from gateway.envelope import Envelope
from gateway.judge import MAX_TRIES, judge, not_now, result_of
from gateway.memory import SOLVED, WRONG
from gateway.model import (
    ACCESSIBLE,
    JSON,
    Again,
    Answer,
    Outcome,
    Refused,
    Round,
    Score,
    Solved,
    Ticket,
)
from gateway.records import signals_of
from gateway.risk import score_answer
from gateway.server.asking import WAIT_KIND, Asking, ask, ask_whole, ask_work
from gateway.server.counting import CountingDown
from gateway.server.hands import hear
from gateway.server.keeping import keep_paths
from gateway.server.opened import (
    Opened,
    count_caller,
    count_try,
    one_accessible,
    open_tokens,
    spend_ticket,
)
from gateway.server.parts import GateParts
from gateway.server.reading import text
from gateway.server.remembering import remember
from gateway.server.replays import replayed
from gateway.work import check_work

SWITCH_AFTER = 2  # wrong answers and exchanges of a visit, before another kind is tried
ANSWERED = ("answer", "proof", "trace", "signals", "before")
UNSCORED = Score(0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an answer. `opened` None: it was unreadable."""

    outcome: Outcome
    opened: Opened | None = None
    score: Score = UNSCORED
    tries: int = 0
    worked: bool = False  # the ticket was spent with a proof of its work
    cookies: bool = True  # False: the page says that its browser keeps none


async def judge_answer(gate: GateParts, envelope: Envelope, body: Mapping[str, JSON]) -> Judged:
    """Judge what the page sent."""
    opened = open_tokens(gate, envelope, text(body.get("visit")), text(body.get("ticket")))
    if opened is None or opened.ticket is None:
        return Judged(Refused("unreadable"))
    answer = Answer(*(body.get(part) for part in ANSWERED))
    try:
        judged = await _judge(gate, envelope, opened, opened.ticket, answer)
    except CountingDown as fault:
        judged = Judged(fault.refused, opened)
    _note(gate, envelope, judged)
    if points := _points(judged.outcome):
        await remember(gate, opened.route, envelope.caller, points)
    return replace(judged, cookies=_keeps_cookies(answer.signals))


def _points(outcome: Outcome) -> int:
    """What an answer adds to what is remembered of its caller."""
    match outcome:
        case Solved():
            return SOLVED
        case Again("wrong" | "malformed"):
            return WRONG
        case _:
            return 0


def _keeps_cookies(signals: JSON) -> bool:
    return not (isinstance(signals, dict) and signals.get("cookies") is False)


async def _judge(
    gate: GateParts, envelope: Envelope, opened: Opened, ticket: Ticket, answer: Answer
) -> Judged:
    recent, left_s = await count_caller(gate, envelope.caller, opened.route, "answers")
    if recent > gate.limits.answers:
        return Judged(Refused("too_many", left_s), opened)
    now_s = gate.clock()
    early = not_now(ticket, opened.visit, opened.route, now_s)
    if early is not None:
        return Judged(early, opened)
    if ticket.rung == ACCESSIBLE and ticket.kind == WAIT_KIND:  # it came with the page, uncounted
        refused = await one_accessible(gate, envelope, opened.route)
        if refused is not None:
            return Judged(refused, opened)
    if not await spend_ticket(gate, opened):
        return Judged(Refused("spent"), opened)
    tries, left_s = await count_try(gate, opened)
    # Shifted, so that `judge` refuses at the number the operator gave.
    visit = replace(opened.visit, tries=tries - 1 + MAX_TRIES - gate.limits.tries)
    heard = await hear(answer)
    await keep_paths(gate, opened.visit, envelope.caller, heard.drawn)
    score = score_answer(
        ticket,
        answer,
        envelope.headers,
        envelope.caller,
        now_s,
        gate.register.background(envelope.caller, envelope.headers),
        recent=recent,
        scripted=heard.scripted,
        replayed=await replayed(gate, opened.visit.site, opened.visit.id, heard.marks),
    )
    outcome = judge(ticket, visit, opened.route, answer, gate.kinds, score, now_s)
    if isinstance(outcome, Refused) and outcome.reason == "too_many":
        outcome = Refused("too_many", left_s)
    if isinstance(outcome, Again) and outcome.reason == "work":
        outcome = await one_accessible(gate, envelope, opened.route) or outcome
    return Judged(outcome, opened, score, tries, check_work(ticket.work, answer.proof))


async def next_question(gate: GateParts, envelope: Envelope, judged: Judged) -> dict[str, JSON]:
    """The question that follows an answer that did not suffice; whole, if its work was proved."""
    asking, outcome = asking_next(envelope, judged), judged.outcome
    if isinstance(outcome, Again) and outcome.reason == "work":
        return ask_work(gate, asking, outcome.rung, handless.TIMES)
    index = _next_rung(gate, judged)
    if judged.worked:
        return await ask_whole(gate, asking, index)
    return ask(gate, asking, index)


def _next_rung(gate: GateParts, judged: Judged) -> int:
    """After some wrong answers to pictures of one kind, another: it may be the kind."""
    opened, outcome = judged.opened, judged.outcome
    assert opened is not None and opened.ticket is not None and isinstance(outcome, Again)
    route, ticket, index = opened.route, opened.ticket, outcome.rung
    if outcome.reason == "next":
        return second_choice(route, ticket.kind, index, gate.rng)
    if outcome.reason == "more":
        index = one_of_step(route, index, gate.rng)
    if outcome.reason in ("wrong", "malformed") and index != ACCESSIBLE:
        if route.flow == "multiple":
            index = first_choice(route, ticket.risk, gate.rng)
        elif (
            outcome.reason == "wrong"
            and judged.tries >= SWITCH_AFTER
            and gate.kinds[ticket.kind].drawn
        ):
            index = another_choice(route, index, gate.rng)
    return independent_choice(route, ticket, index, gate.rng)


def asking_next(envelope: Envelope, judged: Judged) -> Asking:
    """Who is asked again, at what risk."""
    opened, outcome = judged.opened, judged.outcome
    assert opened is not None and opened.ticket is not None and isinstance(outcome, Again)
    ticket, visit, wrong = opened.ticket, opened.visit, judged.tries
    risk, first = ticket.risk, ticket.first
    if outcome.reason in ("more", "next", "work"):
        # What was found stays found; to be wrong alone is no risk.
        risk = max(risk, judged.score.risk)
    if outcome.reason == "next":
        first = _answered(ticket)
    if outcome.reason in ("next", "work"):
        wrong -= 1
    if outcome.reason == "expired":  # nothing was counted, and nothing is forgiven
        wrong = ticket.failures - visit.harder
    return Asking(visit, opened.route, envelope.caller, risk, wrong + visit.harder, first)


def _answered(ticket: Ticket) -> Round:
    """The accessible way earns one use whatever its level: nothing of it is carried on."""
    if ticket.rung == ACCESSIBLE:
        return Round(ticket.kind, 0, 0.0)
    return Round(ticket.kind, ticket.level, ticket.max_risk)


def _note(gate: GateParts, envelope: Envelope, judged: Judged) -> None:
    """One record and the counts of one answer; no word of what was answered."""
    opened = judged.opened
    assert opened is not None and opened.ticket is not None
    visit, ticket = opened.visit, opened.ticket
    result, reason = result_of(judged.outcome)
    seconds = gate.clock() - ticket.issued_s
    gate.metrics.attempts(ticket.kind, reason or result)
    if isinstance(judged.outcome, Solved):
        gate.metrics.solved(visit.site, visit.route, ticket.kind)
        gate.metrics.solve_seconds(max(0.0, seconds), ticket.kind)
    gate.log.record_of(
        envelope.caller,
        "answer",
        reference=envelope.decision_id,
        challenged=visit.decision_id,
        site=visit.site,
        route=visit.route,
        mode=opened.route.mode,
        flow=opened.route.flow,
        kind=ticket.kind,
        instead_of=ticket.instead_of or None,
        rung=ticket.rung,
        after=ticket.first.kind if ticket.first else None,
        pass_level=ticket.level,
        outcome=result,
        reason=reason,
        risk=round(max(judged.score.risk, ticket.risk), 4),
        asked_risk=round(ticket.risk, 4),
        signals=signals_of(judged.score.signals) or None,
        tries=judged.tries or None,
        caller=gate.log.caller(envelope.caller.address),
        seconds=round(seconds, 3),
    )
