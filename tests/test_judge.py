"""One row per outcome of `judge`, and rows on both sides of each bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import kinds
from gateway.judge import MAX_TRIES, REST_S, judge, not_now
from gateway.kinds import Kind
from gateway.model import (
    ACCESSIBLE,
    JSON,
    Again,
    Answer,
    Made,
    Outcome,
    Refused,
    Rung,
    Score,
    Signal,
    Solved,
    Ticket,
    Verdict,
)
from tests.samples import ANSWER, HARD, ROUTE, TICKET, VISIT

NAN = float("nan")
INF = float("inf")
KINDS: Mapping[str, Kind] = kinds.load()
CLEAN = Score(0.0)
RIGHT = Solved("invisible", 1, None)
SLIDE = replace(
    TICKET, rung=1, kind="slider", level=2, max_risk=1.0, secret={"tolerance": 0.03}, risk=0.5
)
DRAGGED = [[0, 0.1, 0.5, "d"], [90, 0.6, 0.5, "m"], [190, 0.6, 0.5, "u"]]
SLID = replace(ANSWER, value={"reached": 1.0, "steps": 0}, trace=DRAGGED)
SLID_OK = Solved("slider", 2, None)
EASY_WAY = replace(TICKET, rung=ACCESSIBLE, kind="one_click", max_risk=0.0, level=1, risk=1.0)
TAPPED = replace(ANSWER, value=True)
WAIT = replace(TICKET, kind="wait", work={}, not_before_s=1015.0)
WAITED = Answer(None, None, None, None)
THREE = replace(ROUTE, ladder=(*ROUTE.ladder[:1], replace(HARD, max_risk=0.7), Rung("pow", None)))


SEEN: dict[str, Any] = {
    "ticket": TICKET,
    "visit": VISIT,
    "route": ROUTE,
    "answer": ANSWER,
    "risk": 0.0,
    "now_s": 1001.0,
}
SLIDES = {"ticket": SLIDE, "answer": SLID}
DOUBTED = replace(EASY_WAY, risk=0.0, refuse_above=0.8)
TAPS = {"ticket": EASY_WAY, "answer": TAPPED}
WAITS = {"ticket": WAIT, "answer": WAITED}
KEYED = {"ticket": SLIDE, "answer": replace(SLID, trace=[[5, 0, 0, "k"]])}
ONCE = replace(ROUTE, pass_rule=replace(ROUTE.pass_rule, uses=1))
LIMITED = replace(ROUTE, pass_rule=replace(ROUTE.pass_rule, uses=3))


def seen(changes: dict[str, Any]) -> Outcome:
    """The outcome of a right answer in time, but for what is changed."""
    facts = SEEN | changes
    score = Score(facts.pop("risk"))
    return judge(**facts, kinds=KINDS, score=score)


def asked(**changes: Any) -> Ticket:
    return replace(TICKET, **changes)


@pytest.mark.parametrize(
    "facts, expected",
    [
        ({}, RIGHT),
        (SLIDES, Solved("slider", 2, None)),
        # what nobody can read
        ({"ticket": None}, Refused("unreadable")),
        ({"visit": None}, Refused("unreadable")),
        ({"route": None}, Refused("unreadable")),
        # another's ticket
        ({"ticket": asked(visit="v2")}, Refused("unreadable")),
        ({"ticket": asked(route="vote")}, Refused("unreadable")),
        ({"ticket": asked(site="blog")}, Refused("unreadable")),
        ({"visit": replace(VISIT, route="vote")}, Refused("unreadable")),
        ({"visit": replace(VISIT, site="blog")}, Refused("unreadable")),
        ({"route": replace(ROUTE, name="vote")}, Refused("unreadable")),
        ({"route": replace(ROUTE, site="blog")}, Refused("unreadable")),
        # a toll: nothing was asked, so no answer is right, whatever its kind would say
        ({"ticket": asked(toll=True)}, Refused("unreadable")),
        (SLIDES | {"ticket": replace(SLIDE, toll=True)}, Refused("unreadable")),
        ({"ticket": asked(toll=True), "now_s": 1120.0}, Refused("unreadable")),
        # too late, to the second
        ({"now_s": 1119.9}, RIGHT),
        ({"now_s": 1120.0}, Again("expired", 0)),
        (SLIDES | {"now_s": 1120.0}, Again("expired", 1)),
        ({"now_s": 1899.9}, Again("expired", 0)),
        ({"now_s": 1900.0}, Refused("expired")),
        ({"now_s": NAN}, Refused("expired")),
        # too early, to the second
        (WAITS | {"now_s": 1000.0}, Refused("too_early", 15)),
        (WAITS | {"now_s": 1014.9}, Refused("too_early", 1)),
        (WAITS | {"now_s": 1015.0}, Solved("wait", 1, None)),
        # the work: every ticket asks for it, but one that made its visitor wait
        ({"answer": replace(ANSWER, proof={"number": 43})}, Again("wrong", 0)),
        ({"answer": replace(ANSWER, proof=None)}, Again("wrong", 0)),
        (SLIDES | {"answer": replace(SLID, proof={})}, Again("wrong", 1)),
        (TAPS | {"answer": replace(TAPPED, proof=0)}, Again("wrong", ACCESSIBLE)),
        ({"ticket": asked(work={})}, Again("wrong", 0)),
        ({"ticket": asked(work={}, not_before_s=1000.0)}, Again("wrong", 0)),
        (WAITS | {"ticket": replace(WAIT, work={"number": 1}), "now_s": 1020.0}, Again("wrong", 0)),
        # the answer
        (SLIDES | {"answer": replace(SLID, value={"reached": 0.5})}, Again("wrong", 1)),
        (SLIDES | {"answer": replace(SLID, value="end")}, Again("malformed", 1)),
        (TAPS | {"answer": ANSWER}, Again("malformed", ACCESSIBLE)),
        ({"ticket": asked(kind="no_more")}, Refused("unavailable")),
        # the risk: at issue or at the answer, whichever is more
        ({"risk": 0.3}, RIGHT),
        ({"risk": 0.31}, Again("more", 1)),
        ({"risk": NAN}, Again("more", 1)),
        ({"risk": INF}, Again("more", 1)),
        ({"risk": -5.0}, RIGHT),
        ({"ticket": asked(risk=0.3)}, RIGHT),
        ({"ticket": asked(risk=0.31)}, Again("more", 1)),
        ({"ticket": asked(risk=NAN)}, Again("more", 1)),
        ({"route": THREE, "risk": 0.7}, Again("more", 1)),
        ({"route": THREE, "risk": 0.71}, Again("more", 2)),
        (SLIDES | {"risk": 1.0}, Solved("slider", 2, None)),
        (SLIDES | {"ticket": replace(SLIDE, max_risk=0.7), "risk": 0.9}, Again("more", 1)),
        # an easy answer, sent for a hard question, opens nothing
        (SLIDES | {"answer": ANSWER}, Again("malformed", 1)),
        # the accessible way: never refused for risk, full level, one use
        (TAPS | {"risk": 1.0}, Solved("one_click", 2, 1)),
        (TAPS | {"risk": NAN}, Solved("one_click", 2, 1)),
        # … but where its risk would be refused elsewhere, it pays with work once more
        (TAPS | {"ticket": DOUBTED, "risk": 0.8}, Solved("one_click", 2, 1)),
        (TAPS | {"ticket": DOUBTED, "risk": 0.81}, Again("work", ACCESSIBLE)),
        (TAPS | {"ticket": DOUBTED, "risk": NAN}, Again("work", ACCESSIBLE)),
        (
            {"ticket": replace(DOUBTED, kind="pow"), "risk": 1.0},
            Solved("pow", 2, 1),
        ),
        # what is all but certainly a program is not believed, to the hundredth
        (SLIDES | {"ticket": replace(SLIDE, refuse_above=0.9), "risk": 0.9}, SLID_OK),
        (SLIDES | {"ticket": replace(SLIDE, refuse_above=0.9), "risk": 0.91}, Refused("blocked")),
        (SLIDES | {"ticket": replace(SLIDE, refuse_above=0.9), "risk": NAN}, Refused("blocked")),
        (SLIDES | {"ticket": replace(SLIDE, refuse_above=0.9, risk=0.91)}, Refused("blocked")),
        ({"ticket": asked(refuse_above=0.9), "risk": 0.91}, Refused("blocked")),
        # … but a wrong answer is wrong first
        ({"ticket": asked(refuse_above=0.9), "risk": 1.0, "answer": WAITED}, Again("wrong", 0)),
        # what no hand answered: nothing, where nothing is at stake; elsewhere work, once
        (KEYED | {"ticket": replace(SLIDE, risk=0.09)}, SLID_OK),
        (KEYED | {"ticket": replace(SLIDE, risk=0.1)}, Again("work", 1)),
        (KEYED | {"ticket": replace(SLIDE, risk=0.0), "risk": 0.1}, Again("work", 1)),
        (KEYED | {"ticket": replace(SLIDE, risk=NAN)}, Again("work", 1)),
        (KEYED | {"ticket": replace(SLIDE, risk=0.0), "route": ONCE}, Again("work", 1)),
        (SLIDES | {"ticket": replace(SLIDE, risk=0.0), "route": ONCE}, replace(SLID_OK, uses=1)),
        (KEYED | {"answer": replace(SLID, trace=None)}, Again("work", 1)),
        (KEYED | {"answer": replace(SLID, trace="hand")}, Again("work", 1)),
        (KEYED | {"answer": replace(SLID, trace=DRAGGED[:1])}, SLID_OK),  # a tap
        (KEYED | {"answer": replace(SLID, trace=DRAGGED[1:2])}, SLID_OK),
        (KEYED | {"answer": replace(SLID, trace=None, before={"trace": DRAGGED})}, SLID_OK),
        (KEYED | {"answer": replace(SLID, trace=None, before=[DRAGGED])}, Again("work", 1)),
        (KEYED | {"answer": replace(SLID, value="end", trace=None)}, Again("malformed", 1)),
        (KEYED | {"ticket": replace(SLIDE, refuse_above=0.4)}, Refused("blocked")),
        (KEYED | {"ticket": replace(SLIDE, max_risk=0.4)}, Again("more", 1)),
        (KEYED | {"ticket": replace(SLIDE, rounds_left=1)}, Again("next", 1)),
        ({"route": ONCE, "ticket": asked(kind="pow")}, Solved("pow", 1, 1)),
        ({"route": ONCE}, replace(RIGHT, uses=1)),
        (TAPS | {"route": ONCE}, Solved("one_click", 2, 1)),
        (WAITS | {"route": ONCE, "now_s": 1015.0}, Solved("wait", 1, 1)),
        # what a pass will be good for
        ({"route": LIMITED}, replace(RIGHT, uses=3)),
        # the route changed meanwhile: the ticket is judged as it was asked
        ({"route": replace(ROUTE, ladder=())}, RIGHT),
        ({"ticket": asked(rung=7), "risk": 0.9}, Again("more", 1)),
        ({"ticket": asked(max_risk=0.1), "risk": 0.2}, Again("more", 1)),  # never the same again
    ],
)
def test_judge(facts: dict[str, Any], expected: Outcome) -> None:
    assert seen(facts) == expected


@pytest.mark.parametrize(
    "proof",
    [
        {"number": 0, "difficulty": 0},
        {"number": 0, "maxnumber": 0},
        {"number": 0, "algorithm": "none"},
        {"number": 0, "salt": "", "challenge": sha256(b"0").hexdigest()},
        {"number": 0, "secret": {"number": 0}},
    ],
)
def test_the_client_sets_no_difficulty(proof: JSON) -> None:
    """Anubis CVE-2025-24369: difficulty 0 from the client; later any hash was taken."""
    assert seen({"answer": replace(ANSWER, proof=proof)}) == Again("wrong", 0)


@pytest.mark.parametrize("kind", ["invisible", "pow", "one_click", "wait"])
def test_the_client_chooses_no_kind_and_no_level(kind: str) -> None:
    """What an answer says of itself is not asked: the sealed ticket says what it is."""
    value = {"reached": 0.1, "kind": kind, "level": 9, "max_risk": 1, "tolerance": 1, "ok": True}
    assert seen(SLIDES | {"answer": replace(SLID, value=value)}) == Again("wrong", 1)


WRONG = replace(ANSWER, proof=None)
TOO_MANY = Refused("too_many", REST_S)


@pytest.mark.parametrize(
    "tries, answer, score, expected",
    [
        (MAX_TRIES - 2, WRONG, CLEAN, Again("wrong", 0)),
        (MAX_TRIES - 1, WRONG, CLEAN, TOO_MANY),
        (MAX_TRIES - 2, ANSWER, Score(1.0), Again("more", 1)),
        (MAX_TRIES - 1, ANSWER, Score(1.0), TOO_MANY),
        (MAX_TRIES - 1, ANSWER, CLEAN, RIGHT),
        (MAX_TRIES, ANSWER, CLEAN, TOO_MANY),
        (MAX_TRIES + 1, ANSWER, CLEAN, TOO_MANY),
    ],
)
def test_tries_are_bounded(tries: int, answer: Answer, score: Score, expected: Outcome) -> None:
    visit = replace(VISIT, tries=tries)
    assert judge(TICKET, visit, ROUTE, answer, KINDS, score, 1001.0) == expected


@pytest.mark.parametrize(
    "now_s, ticket, expected",
    [
        (1001.0, TICKET, None),
        (1000.0, WAIT, Refused("too_early", 15)),
        (1120.0, TICKET, Again("expired", 0)),
        (1900.0, TICKET, Refused("expired")),
        (1001.0, None, Refused("unreadable")),
    ],
)
def test_what_needs_no_spending(now_s: float, ticket: Ticket | None, expected: Outcome) -> None:
    assert not_now(ticket, VISIT, ROUTE, now_s) == expected


class Odd:
    """A kind that says `right` and means no."""

    params: type[Any] = object

    def make(self, rng: Random, params: Any) -> Made:
        return Made({}, {})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        return Verdict(False, "right")


def test_a_verdict_that_is_not_ok_never_solves() -> None:
    outcome = judge(TICKET, VISIT, ROUTE, ANSWER, {"invisible": Odd()}, CLEAN, 1001.0)
    assert outcome == Again("wrong", 0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["number", "reached", "steps", "x"]), inner)
    ),
    max_leaves=6,
)


@given(value=json_values, proof=json_values, trace=json_values, kind=st.sampled_from(sorted(KINDS)))
def test_no_answer_without_the_number_solves(value, proof, trace, kind) -> None:  # type: ignore[no-untyped-def]
    ticket = replace(SLIDE, kind=kind, work={"number": -1})
    answer = Answer(value, {"number": 0} if proof == {"number": -1} else proof, trace, None)
    outcome = judge(ticket, VISIT, ROUTE, answer, KINDS, CLEAN, 1001.0)
    assert outcome == Again("wrong", 1)


@cache
def secret_of(kind: str) -> Mapping[str, JSON]:
    """Of one question of the kind, made once."""
    return KINDS[kind].make(Random(1), KINDS[kind].params()).secret


@settings(deadline=None)  # the first of a kind is drawn
@given(value=json_values, kind=st.sampled_from(sorted(KINDS)))
def test_any_answer_gets_an_outcome(value, kind) -> None:  # type: ignore[no-untyped-def]
    ticket = replace(SLIDE, kind=kind, secret=secret_of(kind))
    outcome = judge(ticket, VISIT, ROUTE, replace(SLID, value=value), KINDS, CLEAN, 1001.0)
    assert isinstance(outcome, Solved | Again)


@pytest.mark.parametrize(
    "signals, expected",
    [
        ((), None),
        # many small doubts never shut out who can do nothing else …
        ((Signal("a", 1.0, 0.7), Signal("b", 1.0, 0.9), Signal("c", 1.0, 0.5)), None),
        # … nor do doubts about hands and neighbours …
        ((Signal("flat_press", 1.0, 0.7), Signal("prefix_busy", 1.0, 0.5)) * 3, None),
        # … but one sign that says it alone does
        ((Signal("webdriver", 1.0, 0.95),), Refused("blocked")),
        ((Signal("odd", NAN, 0.5),), Refused("blocked")),
        # … and so does all that was seen of the browser together
        ((Signal("native_patched", 1.0, 0.6), Signal("log_read", 1.0, 0.7)), None),
        ((Signal("native_patched", 1.0, 0.7), Signal("log_read", 1.0, 0.7)), Refused("blocked")),
        ((Signal("page_disagrees", 1.0, 0.8), Signal("no_language", 1.0, 0.6)), Refused("blocked")),
    ],
)
def test_the_accessible_way_heeds_what_hands_and_neighbours_do_not_cause(signals, expected):
    ticket = replace(EASY_WAY, refuse_above=0.9)
    outcome = judge(ticket, VISIT, ROUTE, TAPPED, KINDS, Score(1.0, signals), 1001.0)
    assert outcome == (expected or Again("work", ACCESSIBLE))
