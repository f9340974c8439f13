"""One row per rule of `decide`, and rows on both sides of each bound."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide import (
    asked_rung,
    decide,
    first_rung,
    next_step,
    required_level,
    step_of,
    top_level,
)
from gateway.model import (
    Challenge,
    Decision,
    Deny,
    Facts,
    Forward,
    LimitRule,
    Listing,
    Named,
    Pass,
    PassRule,
    Preflight,
    Probe,
    Reached,
    Reason,
    Resume,
    Route,
    Rung,
    Then,
)
from tests.samples import CALLER, EASY, HARD, ROUTE, RULE, SOLVED, VISIT

NAN = float("nan")
PASS = Pass("p", "site", 2, 900.0, 1500.0, None, "p1", "slider", browser="firefox", address="")
LOW = replace(PASS, level=1)
LIMITED = replace(PASS, uses=3)
NOW = Facts(now_s=1000.0, caller=CALLER, method="POST")
HAS = replace(NOW, passes=(PASS,))
HAS_LIMITED = replace(NOW, passes=(LIMITED,))
DOWN = replace(NOW, store_up=False)
BROKEN = replace(NOW, broken=True)
CALM = Reached("calls", "delay", 1, 5, 60, 30)
SOLVED_VISIT = replace(VISIT, solved=SOLVED)
FINISH = replace(NOW, finishing=True, visit=SOLVED_VISIT, visit_matches=True, same_origin=True)
UNSOLVED = replace(FINISH, visit=VISIT)

USES = replace(ROUTE, pass_rule=replace(RULE, uses=3))
USES_ALL = replace(ROUTE, pass_rule=replace(RULE, uses=3, spend="all"))
SINGLE = replace(ROUTE, pass_rule=replace(RULE, uses=1))
ALLOW = replace(ROUTE, action="allow")
DENY = replace(ROUTE, action="deny")
OFF = replace(ROUTE, mode="off")
SHADOW = replace(ROUTE, mode="shadow")
POW = replace(ROUTE, on_error="pow")
OPEN = replace(ROUTE, on_error="open")


OFTEN = replace(ROUTE, limits=(LimitRule("calls", "address", 5, 60, "challenge"),))


def unsolved(shown: Pass, **changes: object) -> Facts:
    """A finish of a visit that was asked so, by a pass."""
    return replace(UNSOLVED, visit=replace(VISIT, **changes), passes=(shown,))  # type: ignore[arg-type]


def earned(issued_s: float) -> Pass:
    return replace(PASS, issued_s=issued_s, expires_s=5000.0)


def rule(route: Route, **changes: object) -> Route:
    return replace(route, pass_rule=replace(route.pass_rule, **changes))  # type: ignore[arg-type]


def challenge(reason: Reason, route: Route = ROUTE, risk: float = 0.0) -> Challenge:
    return Challenge(reason, route, risk)


@pytest.mark.parametrize(
    "route, facts, expected",
    [
        # nothing to protect
        (None, NOW, Forward(Reason.NO_ROUTE)),
        (ALLOW, NOW, Forward(Reason.ALLOWED, ALLOW)),
        (OFF, NOW, Forward(Reason.MODE_OFF, OFF)),
        (replace(DENY, mode="off"), NOW, Forward(Reason.MODE_OFF, replace(DENY, mode="off"))),
        (ROUTE, replace(NOW, preflight=True), Preflight(ROUTE)),
        (
            replace(ROUTE, mode="shadow"),
            replace(NOW, preflight=True),
            Forward(Reason.PREFLIGHT, replace(ROUTE, mode="shadow")),
        ),
        (
            replace(ROUTE, mode="off"),
            replace(NOW, preflight=True),
            Forward(Reason.PREFLIGHT, replace(ROUTE, mode="off")),
        ),
        (None, replace(NOW, preflight=True), Forward(Reason.PREFLIGHT)),
        (
            replace(ROUTE, flow="probe"),
            replace(NOW, preflight=True),
            Forward(Reason.PREFLIGHT, replace(ROUTE, flow="probe")),
        ),
        (DENY, replace(NOW, preflight=True), Deny(Reason.DENIED, 403, DENY)),
        (DENY, HAS, Deny(Reason.DENIED, 403, DENY)),
        # no pass, or none that fits
        (ROUTE, NOW, challenge(Reason.NO_PASS)),
        (ROUTE, replace(NOW, risk=0.7), challenge(Reason.NO_PASS, risk=0.7)),
        (ROUTE, replace(NOW, passes=(replace(PASS, scope="vote"),)), challenge(Reason.NO_PASS)),
        (ROUTE, replace(NOW, passes=(replace(PASS, policy="p0"),)), challenge(Reason.NO_PASS)),
        # expiry, both sides
        (ROUTE, replace(HAS, now_s=1499.9), Forward(Reason.PASS, ROUTE, PASS)),
        (ROUTE, replace(HAS, now_s=1500.0), challenge(Reason.NO_PASS)),
        (ROUTE, replace(HAS, now_s=NAN), challenge(Reason.NO_PASS)),
        # level against risk, both sides
        (ROUTE, replace(NOW, passes=(LOW,), risk=0.3), Forward(Reason.PASS, ROUTE, LOW)),
        (
            ROUTE,
            replace(NOW, passes=(LOW,), risk=0.31),
            challenge(Reason.PASS_TOO_LOW, risk=0.31),
        ),
        (ROUTE, replace(HAS, risk=1.0), Forward(Reason.PASS, ROUTE, PASS)),
        (ROUTE, replace(HAS, risk=0.0), Forward(Reason.PASS, ROUTE, PASS)),
        # binding: asked again, never refused
        (
            ROUTE,
            replace(NOW, passes=(replace(PASS, browser="elsewhere"),)),
            challenge(Reason.PASS_ELSEWHERE),
        ),
        (
            ROUTE,
            replace(NOW, passes=(replace(PASS, browser=""),)),
            challenge(Reason.PASS_ELSEWHERE),
        ),
        (
            rule(ROUTE, bind=frozenset({"address"})),
            replace(NOW, passes=(replace(PASS, browser=""),)),
            challenge(Reason.PASS_ELSEWHERE, rule(ROUTE, bind=frozenset({"address"}))),
        ),
        (
            rule(ROUTE, bind=frozenset({"address", "browser"})),
            replace(NOW, passes=(replace(PASS, address="192.0.2.0/24"),)),
            Forward(
                Reason.PASS,
                rule(ROUTE, bind=frozenset({"address", "browser"})),
                replace(PASS, address="192.0.2.0/24"),
            ),
        ),
        (
            rule(ROUTE, bind=frozenset()),
            replace(NOW, passes=(replace(PASS, browser="elsewhere", address="elsewhere"),)),
            Forward(
                Reason.PASS,
                rule(ROUTE, bind=frozenset()),
                replace(PASS, browser="elsewhere", address="elsewhere"),
            ),
        ),
        # several passes: any that fits, else what the nearest lacks
        (
            ROUTE,
            replace(NOW, passes=(replace(PASS, browser="x"), LOW, PASS), risk=0.5),
            Forward(Reason.PASS, ROUTE, PASS),
        ),
        (
            ROUTE,
            replace(NOW, passes=(LOW, replace(PASS, browser="x")), risk=0.5),
            challenge(Reason.PASS_ELSEWHERE, risk=0.5),
        ),
        (
            ROUTE,
            replace(NOW, passes=(replace(PASS, browser="x"), LOW), risk=0.5),
            challenge(Reason.PASS_ELSEWHERE, risk=0.5),
        ),
        # uses
        (USES, HAS_LIMITED, Forward(Reason.PASS, USES, LIMITED, spend=True)),
        (USES, HAS, challenge(Reason.NO_PASS, USES)),
        (
            ROUTE,
            replace(NOW, passes=(replace(PASS, uses=1),)),
            Forward(Reason.PASS, ROUTE, replace(PASS, uses=1), spend=True),
        ),
        # single use: no bearer pass serves
        (SINGLE, NOW, challenge(Reason.SINGLE_USE, SINGLE)),
        (SINGLE, HAS, challenge(Reason.SINGLE_USE, SINGLE)),
        (
            SINGLE,
            replace(NOW, passes=(replace(PASS, uses=1),)),
            challenge(Reason.SINGLE_USE, SINGLE),
        ),
    ],
)
def test_decide(route: Route | None, facts: Facts, expected: Decision) -> None:
    assert decide(route, facts) == expected


@pytest.mark.parametrize(
    "method, unsafe, all_",
    [
        ("GET", False, True),
        ("HEAD", False, True),
        ("OPTIONS", False, True),
        ("POST", True, True),
        ("PUT", True, True),
        ("DELETE", True, True),
        ("TRACE", True, True),
        ("BREW", True, True),
        ("get", True, True),
    ],
)
def test_which_methods_spend_a_use(method: str, unsafe: bool, all_: bool) -> None:
    for route, spends in ((USES, unsafe), (USES_ALL, all_)):
        expected = Forward(Reason.PASS, route, LIMITED, spend=spends)
        assert decide(route, replace(HAS_LIMITED, method=method)) == expected


@pytest.mark.parametrize(
    "route, facts, expected",
    [
        (ROUTE, NOW, challenge(Reason.NO_PASS)),
        (ROUTE, HAS, Forward(Reason.PASS, ROUTE, PASS)),
        (USES_ALL, HAS_LIMITED, Forward(Reason.PASS, USES_ALL, LIMITED)),
        (SINGLE, NOW, Forward(Reason.ALLOWED, SINGLE)),
        (DENY, NOW, Deny(Reason.DENIED, 403, DENY)),
    ],
)
def test_an_opening_page_needs_a_pass_and_spends_nothing(
    route: Route, facts: Facts, expected: Decision
) -> None:
    assert decide(route, facts, opening=True) == expected


@pytest.mark.parametrize(
    "route, facts, expected",
    [
        (ROUTE, FINISH, Resume(ROUTE, SOLVED_VISIT)),
        (SINGLE, FINISH, Resume(SINGLE, SOLVED_VISIT)),
        # whose visit, and from where
        (ROUTE, replace(FINISH, visit=None), Deny(Reason.VISIT_UNREADABLE, 400, ROUTE)),
        (None, replace(FINISH, visit=None), Deny(Reason.VISIT_UNREADABLE, 400)),
        (None, FINISH, Deny(Reason.VISIT_UNREADABLE, 400)),
        (ROUTE, replace(FINISH, same_origin=False), Deny(Reason.CROSS_SITE, 403, ROUTE)),
        (OFF, replace(FINISH, same_origin=False), Deny(Reason.CROSS_SITE, 403, OFF)),
        (ROUTE, replace(FINISH, visit_matches=False), Deny(Reason.VISIT_UNREADABLE, 400, ROUTE)),
        (
            replace(ROUTE, name="vote"),
            FINISH,
            Deny(Reason.VISIT_UNREADABLE, 400, replace(ROUTE, name="vote")),
        ),
        (
            replace(ROUTE, site="blog"),
            FINISH,
            Deny(Reason.VISIT_UNREADABLE, 400, replace(ROUTE, site="blog")),
        ),
        # until when
        (ROUTE, replace(FINISH, now_s=1899.9), Resume(ROUTE, SOLVED_VISIT)),
        (ROUTE, replace(FINISH, now_s=1900.0), Deny(Reason.VISIT_EXPIRED, 410, ROUTE)),
        (ROUTE, replace(FINISH, now_s=NAN), Deny(Reason.VISIT_EXPIRED, 410, ROUTE)),
        # solved highly enough
        (
            ROUTE,
            replace(FINISH, risk=0.3, visit=replace(VISIT, solved=replace(SOLVED, level=1))),
            Resume(ROUTE, replace(VISIT, solved=replace(SOLVED, level=1))),
        ),
        (
            ROUTE,
            replace(FINISH, risk=0.31, visit=replace(VISIT, solved=replace(SOLVED, level=1))),
            challenge(Reason.VISIT_UNSOLVED, risk=0.31),
        ),
        (ROUTE, UNSOLVED, challenge(Reason.VISIT_UNSOLVED)),
        # finished by a pass solved elsewhere
        (ROUTE, replace(UNSOLVED, passes=(PASS,)), Resume(ROUTE, VISIT, PASS)),
        (
            ROUTE,
            replace(UNSOLVED, passes=(replace(PASS, browser="x"),)),
            challenge(Reason.VISIT_UNSOLVED),
        ),
        (SINGLE, replace(UNSOLVED, passes=(PASS,)), challenge(Reason.VISIT_UNSOLVED, SINGLE)),
        (SINGLE, replace(UNSOLVED, passes=(LIMITED,)), challenge(Reason.VISIT_UNSOLVED, SINGLE)),
        (USES, replace(UNSOLVED, passes=(LIMITED,)), Resume(USES, VISIT, LIMITED)),
        (USES, replace(UNSOLVED, passes=(PASS,)), challenge(Reason.VISIT_UNSOLVED, USES)),
        # … and by none that would not have served when it was asked
        (ROUTE, unsolved(LOW), Resume(ROUTE, VISIT, LOW)),
        (ROUTE, unsolved(LOW, risk=0.3), Resume(ROUTE, replace(VISIT, risk=0.3), LOW)),
        (ROUTE, unsolved(LOW, risk=0.31), challenge(Reason.VISIT_UNSOLVED)),
        (ROUTE, unsolved(LOW, risk=NAN), challenge(Reason.VISIT_UNSOLVED)),
        (ROUTE, unsolved(PASS, risk=0.9), Resume(ROUTE, replace(VISIT, risk=0.9), PASS)),
        (ROUTE, unsolved(LOW, harder=1), challenge(Reason.VISIT_UNSOLVED)),
        (ROUTE, unsolved(PASS, harder=1), Resume(ROUTE, replace(VISIT, harder=1), PASS)),
        (OFTEN, unsolved(earned(939.9)), challenge(Reason.VISIT_UNSOLVED, OFTEN)),
        (OFTEN, unsolved(earned(940.0)), Resume(OFTEN, VISIT, earned(940.0))),
        (OFTEN, replace(HAS, passes=(earned(1.0),)), Forward(Reason.PASS, OFTEN, earned(1.0))),
        # the route changed meanwhile: what is held is not lost, but a closed door is closed
        (ALLOW, UNSOLVED, Resume(ALLOW, VISIT)),
        (OFF, UNSOLVED, Resume(OFF, VISIT)),
        (SHADOW, UNSOLVED, Resume(SHADOW, VISIT)),
        (DENY, FINISH, Deny(Reason.DENIED, 403, DENY)),
        # without the store the claim will fail by itself; asking again would not help
        (ROUTE, replace(FINISH, store_up=False), Resume(ROUTE, SOLVED_VISIT)),
        (ROUTE, replace(UNSOLVED, store_up=False), Deny(Reason.STORE_DOWN, 503, ROUTE)),
        (POW, replace(UNSOLVED, store_up=False), challenge(Reason.STORE_DOWN, POW)),
        (OPEN, replace(UNSOLVED, store_up=False), Resume(OPEN, VISIT)),
    ],
)
def test_finishing(route: Route | None, facts: Facts, expected: Decision) -> None:
    assert decide(route, facts) == expected


@pytest.mark.parametrize("route", [None, ROUTE, ALLOW, DENY, OFF, SHADOW, SINGLE, USES, OPEN])
@pytest.mark.parametrize("store_up", [True, False])
def test_a_finishing_submission_never_reaches_the_app(route: Route | None, store_up: bool) -> None:
    """The app would store a token; and what is held would be lost behind it."""
    for solved, mine, matches in product((None, SOLVED), (True, False), (True, False)):
        for visit in (None, replace(VISIT, solved=solved)):
            facts = replace(
                NOW,
                finishing=True,
                visit=visit,
                visit_matches=matches,
                same_origin=mine,
                store_up=store_up,
            )
            assert not isinstance(decide(route, facts), Forward)


@pytest.mark.parametrize(
    "route, facts, expected",
    [
        (ROUTE, BROKEN, Deny(Reason.GATE_BROKE, 500, ROUTE)),
        (ROUTE, replace(BROKEN, passes=(PASS,)), Deny(Reason.GATE_BROKE, 500, ROUTE)),
        (OPEN, replace(BROKEN, store_up=False), Deny(Reason.GATE_BROKE, 500, OPEN)),
        (ROUTE, replace(BROKEN, reached=(CALM,)), Deny(Reason.GATE_BROKE, 500, ROUTE)),
        (DENY, BROKEN, Deny(Reason.DENIED, 403, DENY)),
        (ALLOW, BROKEN, Forward(Reason.ALLOWED, ALLOW)),
        (OFF, BROKEN, Forward(Reason.MODE_OFF, OFF)),
        (
            SHADOW,
            BROKEN,
            Forward(Reason.SHADOW, SHADOW, would="deny", why=Reason.GATE_BROKE),
        ),
    ],
)
def test_with_facts_missing_enforced_routes_are_closed(
    route: Route, facts: Facts, expected: Decision
) -> None:
    assert decide(route, facts) == expected


@pytest.mark.parametrize(
    "route, facts, would, why",
    [
        (SHADOW, NOW, "challenge", Reason.NO_PASS),
        (replace(SINGLE, mode="shadow"), HAS, "challenge", Reason.SINGLE_USE),
        (replace(DENY, mode="shadow"), HAS, "deny", Reason.DENIED),
        (SHADOW, DOWN, "deny", Reason.STORE_DOWN),
        (SHADOW, BROKEN, "deny", Reason.GATE_BROKE),
    ],
)
def test_shadow_forwards_and_says_what_it_would_have_done(
    route: Route, facts: Facts, would: str, why: Reason
) -> None:
    assert decide(route, facts) == Forward(Reason.SHADOW, route, would=would, why=why)


def test_shadow_spends_nothing() -> None:
    shadow = replace(USES, mode="shadow")
    assert decide(shadow, HAS_LIMITED) == Forward(Reason.PASS, shadow, LIMITED, spend=False)


@pytest.mark.parametrize(
    "route, facts, expected",
    [
        # a fitting pass without uses needs no store
        (ROUTE, replace(DOWN, passes=(PASS,)), Forward(Reason.PASS, ROUTE, PASS)),
        (USES, replace(DOWN, passes=(LIMITED,), method="GET"), Forward(Reason.PASS, USES, LIMITED)),
        # asking and spending do
        (ROUTE, DOWN, Deny(Reason.STORE_DOWN, 503, ROUTE)),
        (POW, DOWN, challenge(Reason.STORE_DOWN, POW)),
        (OPEN, DOWN, Forward(Reason.STORE_OPEN, OPEN)),
        (USES, replace(DOWN, passes=(LIMITED,)), Deny(Reason.STORE_DOWN, 503, USES)),
        (SINGLE, DOWN, Deny(Reason.STORE_DOWN, 503, SINGLE)),
        # `open` never opens what is counted
        *(
            (
                replace(route, on_error="open"),
                facts,
                Deny(Reason.STORE_DOWN, 503, replace(route, on_error="open")),
            )
            for route in (USES, SINGLE)
            for facts in (DOWN, replace(DOWN, passes=(LIMITED,)))
        ),
        (DENY, DOWN, Deny(Reason.DENIED, 403, DENY)),
    ],
)
def test_without_the_store(route: Route, facts: Facts, expected: Decision) -> None:
    assert decide(route, facts) == expected


rules = st.builds(
    PassRule,
    scope=st.sampled_from(["site", "vote"]),
    uses=st.sampled_from([None, 1, 3]),
    spend=st.sampled_from(["unsafe", "all"]),
    bind=st.frozensets(st.sampled_from(["browser", "address"])),
)
routes = st.builds(
    replace,
    st.just(ROUTE),
    action=st.sampled_from(["challenge", "allow", "deny"]),
    mode=st.sampled_from(["enforce", "shadow", "off"]),
    on_error=st.sampled_from(["closed", "pow", "open"]),
    pass_rule=rules,
)
passes = st.builds(
    replace,
    st.just(PASS),
    scope=st.sampled_from(["site", "vote"]),
    level=st.integers(0, 3),
    uses=st.sampled_from([None, 1, 3]),
    policy=st.sampled_from(["p1", "p0"]),
    expires_s=st.sampled_from([999.0, 1500.0]),
    browser=st.sampled_from(["", "firefox", "elsewhere"]),
    address=st.sampled_from(["", "192.0.2.0/24", "elsewhere"]),
)
facts_of = st.builds(
    replace,
    st.just(NOW),
    method=st.sampled_from(["GET", "POST"]),
    passes=st.lists(passes, max_size=3).map(tuple),
    risk=st.floats(0, 1) | st.just(NAN),
    preflight=st.booleans(),
    finishing=st.booleans(),
    visit=st.sampled_from([None, VISIT, SOLVED_VISIT]),
    visit_matches=st.booleans(),
    same_origin=st.booleans(),
    store_up=st.booleans(),
    broken=st.booleans(),
)


@settings(max_examples=300)
@given(route=st.none() | routes, facts=facts_of, opening=st.booleans())
def test_what_is_always_true(route: Route | None, facts: Facts, opening: bool) -> None:
    decision = decide(route, facts, opening=opening)
    guarded = route is not None and route.action != "allow" and route.mode == "enforce"
    match decision:
        case Forward(Reason.PREFLIGHT):
            assert facts.preflight
            assert route is None or route.action != "deny"
            assert not guarded
        case Preflight():
            assert facts.preflight and guarded and route.action == "challenge"
        case Forward(reason, used=used, spend=spend) if guarded:
            assert route is not None
            assert not facts.finishing
            assert route.action != "deny"
            assert not route.single_use or opening
            assert reason in (Reason.PASS, Reason.STORE_OPEN) or (route.single_use and opening)
            assert reason is not Reason.STORE_OPEN or (
                route.on_error == "open" and route.pass_rule.uses is None and not facts.store_up
            )
            assert (used is None) is (reason is not Reason.PASS)
            assert not spend or (used is not None and used.uses is not None and facts.store_up)
        case Forward(spend=spend):
            assert not spend
            assert facts.preflight or not facts.finishing
        case Resume(used=used):
            assert facts.finishing
            assert facts.same_origin
            assert facts.visit_matches
            assert used in (None, *facts.passes)
        case Challenge():
            assert guarded
            assert facts.store_up or (route is not None and route.on_error == "pow")
        case Deny(status=status):
            assert status in (400, 403, 410, 503) or (status == 500 and facts.broken)


LADDER = (Rung("a", None, 0.2, 1), Rung("b", None, 0.6, 5), Rung("c", None, 0.9, 3))


@pytest.mark.parametrize(
    "risk, rung, level",
    [
        (0.0, 0, 1),
        (0.2, 0, 1),
        (0.2001, 1, 5),
        (0.6, 1, 5),
        (0.6001, 2, 3),
        (0.9, 2, 3),
        (0.9001, 2, 3),
        (1.0, 2, 3),
        (NAN, 2, 3),
    ],
)
def test_ladders(risk: float, rung: int, level: int) -> None:
    route = replace(ROUTE, ladder=LADDER)
    assert (first_rung(route, risk), required_level(route, risk)) == (rung, level)


@pytest.mark.parametrize("after, risk, rung", [(0, 0.1, 1), (0, 0.7, 2), (1, 0.0, 2), (2, 0.0, 2)])
def test_the_rung_after(after: int, risk: float, rung: int) -> None:
    assert first_rung(replace(ROUTE, ladder=LADDER), risk, after) == rung


def test_an_empty_ladder_is_no_way_in() -> None:
    bare = replace(ROUTE, ladder=(), pass_rule=PassRule("site"))
    assert (first_rung(bare, 0.5), required_level(bare, 0.5), top_level(bare)) == (0, 1, 1)
    assert decide(bare, NOW) == challenge(Reason.NO_PASS, bare)


def test_the_top_level_is_the_highest() -> None:
    assert top_level(replace(ROUTE, ladder=LADDER)) == 5


# --- Lists, good bots, probes, limits ---------------------------------------------------------

ALLOWED = Listing("allow", "allow[0]")
DENIED = Listing("deny", "deny[0]")
PROBE = replace(ROUTE, flow="probe")
BOTS = replace(ROUTE, good_bots="forward")


def reached(then: Then, count: int = 6, most: int = 5, reset_s: int = 30) -> Reached:
    return Reached("calls", then, count, most, 60, reset_s, delay_s=2.0)


BUDGET = replace(reached("deny", reset_s=0), budget=True)


def at(*limits: Reached, **changes: object) -> Facts:
    return replace(HAS, reached=limits, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "route, facts, expected",
    [
        # what a list denies goes nowhere, whatever else holds
        (ROUTE, replace(HAS, listed=DENIED), Deny(Reason.LISTED, 403, ROUTE)),
        (None, replace(NOW, listed=DENIED), Deny(Reason.LISTED, 403)),
        (ALLOW, replace(NOW, listed=DENIED), Deny(Reason.LISTED, 403, ALLOW)),
        (ROUTE, replace(FINISH, listed=DENIED), Deny(Reason.LISTED, 403, ROUTE)),
        (ROUTE, replace(NOW, preflight=True, listed=DENIED), Deny(Reason.LISTED, 403, ROUTE)),
        # what it allows is asked nothing, but a finish is still a finish
        (ROUTE, replace(NOW, listed=ALLOWED), Forward(Reason.LISTED, ROUTE)),
        (SINGLE, replace(DOWN, listed=ALLOWED), Forward(Reason.LISTED, SINGLE)),
        (ROUTE, replace(FINISH, listed=ALLOWED), Resume(ROUTE, SOLVED_VISIT)),
        (
            ROUTE,
            replace(FINISH, visit=None, listed=ALLOWED),
            Deny(Reason.VISIT_UNREADABLE, 400, ROUTE),
        ),
        # good bots only where the route says so, and never past `deny`
        (BOTS, replace(NOW, bot="google"), Forward(Reason.GOOD_BOT, BOTS)),
        (BOTS, NOW, challenge(Reason.NO_PASS, BOTS)),
        (ROUTE, replace(NOW, bot="google"), challenge(Reason.NO_PASS)),
        (
            replace(DENY, good_bots="forward"),
            replace(NOW, bot="google"),
            Deny(Reason.DENIED, 403, replace(DENY, good_bots="forward")),
        ),
        # a probe never asks and never refuses
        (PROBE, NOW, Forward(Reason.PROBED, PROBE, probe=Probe())),
        (PROBE, DOWN, Forward(Reason.PROBED, PROBE, probe=Probe())),
        (
            PROBE,
            replace(NOW, reached=(reached("deny"),)),
            Forward(Reason.PROBED, PROBE, probe=Probe()),
        ),
        (PROBE, replace(UNSOLVED, visit=VISIT), Resume(PROBE, VISIT)),
        # limits, on both sides
        (ROUTE, at(reached("deny")), Deny(Reason.LIMITED, 429, ROUTE, 30, (reached("deny"),))),
        (ROUTE, at(reached("deny", 5)), Forward(Reason.PASS, ROUTE, PASS)),
        (
            ROUTE,
            at(reached("deny"), reached("deny", 9, 5, 90)),
            Deny(Reason.LIMITED, 429, ROUTE, 90, (reached("deny"), reached("deny", 9, 5, 90))),
        ),
        (
            ROUTE,
            at(reached("deny", 5), BUDGET, reached("harder")),
            Deny(Reason.BUDGET_SPENT, 503, ROUTE, 1, (BUDGET,)),
        ),
        (ROUTE, at(replace(BUDGET, count=5)), Forward(Reason.PASS, ROUTE, PASS)),
        # a number of another country, with whatever pass
        (ROUTE, replace(at(), country_refused=True), Deny(Reason.COUNTRY_REFUSED, 403, ROUTE)),
        (PROBE, replace(NOW, country_refused=True), Forward(Reason.PROBED, PROBE, probe=Probe())),
        (ROUTE, at(reached("delay")), Forward(Reason.PASS, ROUTE, PASS, delay_s=2.0)),
        (ROUTE, at(reached("delay", 5)), Forward(Reason.PASS, ROUTE, PASS)),
        (
            USES,
            replace(HAS_LIMITED, reached=(reached("delay"),)),
            Forward(Reason.PASS, USES, LIMITED, spend=True, delay_s=2.0),
        ),
        # `challenge`: a pass earned just now will do, an older one will not
        (ROUTE, at(reached("challenge")), challenge(Reason.LIMITED)),
        (ROUTE, at(reached("challenge", 5)), Forward(Reason.PASS, ROUTE, PASS)),
        (ROUTE, at(reached("challenge"), now_s=960.0), Forward(Reason.PASS, ROUTE, PASS)),
        (ROUTE, at(reached("challenge"), now_s=960.1), challenge(Reason.LIMITED)),
        # `harder`: the next rung's level
        (
            ROUTE,
            replace(NOW, passes=(LOW,), reached=(reached("harder"),)),
            Challenge(Reason.PASS_TOO_LOW, ROUTE, 0.0, 1),
        ),
        (ROUTE, at(reached("harder")), Forward(Reason.PASS, ROUTE, PASS)),
        (
            ROUTE,
            replace(NOW, reached=(reached("harder"),)),
            Challenge(Reason.NO_PASS, ROUTE, 0.0, 1),
        ),
        (
            ROUTE,
            replace(NOW, reached=(reached("harder"), reached("harder", 5), reached("harder", 7))),
            Challenge(Reason.NO_PASS, ROUTE, 0.0, 2),
        ),
        (
            POW,
            replace(DOWN, reached=(reached("harder"),)),
            Challenge(Reason.STORE_DOWN, POW, 0.0, 1),
        ),
    ],
)
def test_lists_bots_probes_and_limits(
    route: Route | None, facts: Facts, expected: Decision
) -> None:
    assert decide(route, facts) == expected


@pytest.mark.parametrize("then, would", [("deny", "deny"), ("challenge", "challenge")])
def test_shadow_says_what_limits_would_do(then: Then, would: str) -> None:
    decision = decide(SHADOW, at(reached(then)))
    assert decision == Forward(Reason.SHADOW, SHADOW, would=would, why=Reason.LIMITED)


def test_shadow_delays_nobody() -> None:
    assert decide(SHADOW, at(reached("delay"))) == Forward(Reason.PASS, SHADOW, PASS)


@pytest.mark.parametrize("harder, rung", [(0, 0), (1, 1), (2, 1), (9, 1)])
def test_harder_is_the_next_rung_up_to_the_last(harder: int, rung: int) -> None:
    assert asked_rung(ROUTE, 0.0, harder) == rung
    assert asked_rung(replace(ROUTE, ladder=()), 0.0, harder) == 0


STEPS = replace(
    ROUTE,
    ladder=(
        *(EASY, replace(EASY, beside=True)),
        *(replace(HARD, max_risk=0.7), replace(HARD, max_risk=0.7, beside=True)),
        *(replace(HARD, level=3), replace(HARD, level=3, beside=True)),
    ),
)


@pytest.mark.parametrize(
    "index, first, above", [(0, 0, 2), (1, 0, 2), (2, 2, 4), (3, 2, 4), (4, 4, 4), (5, 4, 4)]
)
def test_a_step_is_all_that_stands_beside(index: int, first: int, above: int) -> None:
    assert (step_of(STEPS, index), next_step(STEPS, index)) == (first, above)


@pytest.mark.parametrize(
    "risk, harder, rung",
    [(0.0, 0, 0), (0.0, 1, 2), (0.0, 2, 4), (0.0, 9, 4), (0.5, 0, 2), (0.5, 1, 4), (0.8, 3, 4)],
)
def test_harder_goes_up_by_steps(risk: float, harder: int, rung: int) -> None:
    assert asked_rung(STEPS, risk, harder) == rung


# --- Kinds that the app names ----------------------------------------------------------------

FUSION = replace(ROUTE, flow="fusion", ladder=tuple(replace(r, max_risk=1.0) for r in ROUTE.ladder))
EASY, HARD = replace(NOW, named=Named("invisible")), replace(NOW, named=Named("slider"))
MANY = Reached("many", "deny", 6, 5, 60, 30)
STALE = replace(NOW, named=Named(fault=Reason.RISK_TYPE_STALE))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (NOW, Deny(Reason.RISK_TYPE_MISSING, 403, FUSION)),
        (STALE, Deny(Reason.RISK_TYPE_STALE, 403, FUSION)),
        (replace(STALE, passes=(PASS,)), Deny(Reason.RISK_TYPE_STALE, 403, FUSION)),
        (replace(STALE, store_up=False), Deny(Reason.RISK_TYPE_STALE, 403, FUSION)),
        (EASY, Challenge(Reason.NO_PASS, FUSION, kind="invisible")),
        (HARD, Challenge(Reason.NO_PASS, FUSION, kind="slider")),
        (replace(EASY, risk=0.9), Challenge(Reason.NO_PASS, FUSION, 0.9, kind="invisible")),
        (replace(EASY, passes=(LOW,)), Forward(Reason.PASS, FUSION, LOW)),
        (replace(HARD, passes=(LOW,)), Challenge(Reason.PASS_TOO_LOW, FUSION, kind="slider")),
        (replace(HARD, passes=(PASS,)), Forward(Reason.PASS, FUSION, PASS)),
        (replace(NOW, named=Named("gone"), passes=(LOW,)),
         Challenge(Reason.PASS_TOO_LOW, FUSION, kind="gone")),
        (replace(HARD, store_up=False, passes=(PASS,)), Deny(Reason.STORE_DOWN, 503, FUSION)),
        (replace(NOW, reached=(MANY,)), Deny(Reason.LIMITED, 429, FUSION, 30, (MANY,))),
        (replace(STALE, listed=Listing("allow", "office")), Forward(Reason.LISTED, FUSION)),
    ],
)  # fmt: skip
def test_the_app_names_the_kind(facts: Facts, expected: Decision) -> None:
    assert decide(FUSION, facts) == expected


def test_without_the_store_work_is_asked_for_what_was_named() -> None:
    route = replace(FUSION, on_error="pow")
    asked = Challenge(Reason.STORE_DOWN, route, kind="slider")
    assert decide(route, replace(HARD, store_up=False, passes=(PASS,))) == asked


@pytest.mark.parametrize(
    ("named", "level", "resumed"),
    [("invisible", 1, True), ("slider", 1, False), ("slider", 2, True), ("gone", 1, False)],
)
def test_a_visit_is_finished_by_what_was_named(named: str, level: int, resumed: bool) -> None:
    """The request's own parameter is not looked at again: it was spent when it came."""
    visit = replace(VISIT, kind=named, solved=replace(SOLVED, level=level))
    decision = decide(FUSION, replace(FINISH, visit=visit))
    asked = Challenge(Reason.VISIT_UNSOLVED, FUSION, kind=named)
    assert decision == (Resume(FUSION, visit) if resumed else asked)


# --- Every flow in every mode ----------------------------------------------------------------

FLOWS = {
    "intelligent": (ROUTE, NOW, Challenge(Reason.NO_PASS, ROUTE)),
    "single": (SINGLE_KIND := replace(ROUTE, flow="single"), NOW,
               Challenge(Reason.NO_PASS, SINGLE_KIND)),
    "multiple": (CHANCE := replace(ROUTE, flow="multiple"), NOW,
                 Challenge(Reason.NO_PASS, CHANCE)),
    "fusion": (FUSION, HARD, Challenge(Reason.NO_PASS, FUSION, kind="slider")),
    "fusion, stale": (FUSION, STALE, Deny(Reason.RISK_TYPE_STALE, 403, FUSION)),
    "probe": (PROBE_ONLY := replace(ROUTE, flow="probe"), NOW,
              Forward(Reason.PROBED, PROBE_ONLY, probe=Probe())),
}  # fmt: skip


@pytest.mark.parametrize("flow", FLOWS)
def test_shadow_takes_the_same_first_decision_and_forwards(flow: str) -> None:
    route, facts, enforced = FLOWS[flow]
    assert decide(route, facts) == enforced
    shadow = replace(route, mode="shadow")
    decision = decide(shadow, facts)
    assert isinstance(decision, Forward)
    said = {Challenge: "challenge", Deny: "deny", Forward: ""}[type(enforced)]
    forwards = isinstance(enforced, Forward)
    reason, why = (enforced.reason, None) if forwards else (Reason.SHADOW, enforced.reason)
    told = (decision.reason, decision.would, decision.why, decision.route)
    assert told == (reason, said, why, shadow)
    assert decide(replace(route, mode="off"), facts).reason is Reason.MODE_OFF
