"""What is written of a decision suffices to take it again."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide import decide
from gateway.model import (
    Challenge,
    Deny,
    Facts,
    Forward,
    Listing,
    Named,
    Pass,
    Probe,
    Reached,
    Reason,
    Resume,
    Route,
    Signal,
)
from gateway.records import Judged, action_of, facts_of, signals_of, told_of
from tests.samples import CALLER, ROUTE, RULE, SOLVED, VISIT

PASS = Pass("p", "site", 2, 950.0, 1500.0, None, "p1", "slider", "firefox", CALLER.prefix)
OVER = Reached("often", "deny", 6, 5, 60, 30)
BUDGET = replace(OVER, limit="budget-day", budget=True)
FACTS = Facts(now_s=1000.25, caller=CALLER, method="POST")
FULL = Facts(
    now_s=1000.123456,
    caller=CALLER,
    method="POST",
    passes=(PASS,),
    risk=0.6,
    signals=(Signal("no_language", 1.0, 0.2), Signal("no_fetch_metadata", 1.0, 0.5)),
    listed=Listing("deny", "tor"),
    bot="googlebot",
    reached=(OVER, replace(OVER, limit="slow", then="delay", delay_s=0.5), BUDGET),
    country_refused=True,
    probe=Probe(0.25, 1, 0, None),
    named=Named("icon", Reason.RISK_TYPE_STALE),
    preflight=True,
    finishing=True,
    visit=replace(VISIT, solved=SOLVED),
    visit_matches=True,
    same_origin=True,
    store_up=False,
    broken=True,
)
SECRETS = ("hunter", "referer", "192.0.2", "firefox", VISIT.target.decode("latin-1"))

passes = st.builds(
    replace,
    st.just(PASS),
    level=st.integers(1, 2),
    issued_s=st.sampled_from((900.0, 940.25, 940.3, 999.0)),
    expires_s=st.sampled_from((1000.25, 1000.26, 1500.0)),
    uses=st.sampled_from((None, 2)),
    policy=st.sampled_from(("p1", "p2")),
    browser=st.sampled_from(("firefox", "other")),
    address=st.sampled_from((CALLER.prefix, "198.51.100.0/24")),
)
reached = st.builds(
    replace,
    st.just(OVER),
    count=st.integers(4, 7),
    then=st.sampled_from(("challenge", "harder", "delay", "deny")),
    delay_s=st.sampled_from((0.0, 0.5)),
)
visits = st.builds(
    replace,
    st.just(VISIT),
    route=st.sampled_from(("register", "other")),
    site=st.sampled_from(("shop", "other")),
    expires_s=st.sampled_from((1000.25, 1000.26)),
    kind=st.sampled_from(("", "invisible", "slider")),
    solved=st.sampled_from((None, SOLVED, replace(SOLVED, level=1))),
)
facts = st.builds(
    replace,
    st.just(FACTS),
    method=st.sampled_from(("GET", "POST")),
    passes=st.lists(passes, max_size=2).map(tuple),
    risk=st.sampled_from((0.0, 0.3, 0.3001, 1.0)),
    listed=st.sampled_from((None, None, Listing("allow", "office"), Listing("deny", "tor"))),
    bot=st.sampled_from(("", "googlebot")),
    reached=st.lists(reached, max_size=2).map(tuple),
    probe=st.sampled_from((None, Probe(0.7, None, 1), Probe(0.0, 0, 0))),
    named=st.sampled_from((None, Named("slider"), Named(fault=Reason.RISK_TYPE_FORGED))),
    preflight=st.sampled_from((False, False, True)),
    finishing=st.booleans(),
    visit=st.none() | visits,
    visit_matches=st.booleans(),
    same_origin=st.booleans(),
    store_up=st.booleans(),
)
routes = st.builds(
    replace,
    st.just(ROUTE),
    action=st.sampled_from(("challenge", "challenge", "deny", "allow")),
    mode=st.sampled_from(("enforce", "enforce", "shadow", "off")),
    on_error=st.sampled_from(("closed", "pow", "open")),
    flow=st.sampled_from(("intelligent", "probe", "fusion")),
    good_bots=st.sampled_from(("challenge", "forward")),
    pass_rule=st.sampled_from(
        (
            RULE,
            replace(RULE, uses=1),
            replace(RULE, uses=3),
            replace(RULE, bind=frozenset({"address", "browser"})),
        )
    ),
)


def written(judged: Judged) -> dict[str, object]:
    """As a log has it, and a reader of it gets it."""
    known: dict[str, object] = json.loads(json.dumps(told_of(judged)))
    return {name: value for name, value in known.items() if value not in (None, "")}


@given(routes, facts, st.booleans())
@settings(max_examples=600, deadline=None, derandomize=True)
def test_what_was_decided_is_decided_again(route: Route, facts: Facts, opening: bool) -> None:
    decision = decide(route, facts, opening=opening)
    record = written(Judged(decision, facts, opening))
    again = facts_of(record)
    assert again is not None
    once = action_of(decide(route, again, opening=opening), again)
    if route.action != "challenge" or facts.finishing:  # where no risk is looked at
        once.pop("risk", None)
    told = {name: value for name, value in once.items() if value is not None}
    assert told == {name: record[name] for name in told}
    assert not [s for s in SECRETS if s in json.dumps(record).lower()]


def test_every_field_is_written() -> None:
    """A fact that `decide` learns to look at and records don't tell would make replays wrong."""
    record = written(Judged(Forward(Reason.PASS, ROUTE), replace(FULL, finishing=False), True))
    again = facts_of(record)
    assert again is not None
    assert record["facts"]["opening"] is True  # type: ignore[index]
    same = {f.name for f in fields(Facts)} - {"caller", "passes", "visit", "finishing"}
    assert {name: getattr(again, name) for name in same} == {n: getattr(FULL, n) for n in same}
    assert all(getattr(FULL, name) != getattr(FACTS, name) for name in same - {"method"})
    assert replace(again.passes[0], browser="", address="") == replace(PASS, browser="", address="")
    assert again.visit is not None
    assert again.visit.solved == SOLVED


@pytest.mark.parametrize(
    ("browser", "address"), [("firefox", "elsewhere"), ("other", CALLER.prefix)]
)
def test_a_pass_says_where_it_is_shown(browser: str, address: str) -> None:
    """Bound to both, and shown with one of them: it serves neither then nor in the replay."""
    route = replace(ROUTE, pass_rule=replace(RULE, bind=frozenset({"browser", "address"})))
    facts = replace(FACTS, passes=(replace(PASS, browser=browser, address=address),))
    again = facts_of(written(Judged(decide(route, facts), facts)))
    assert again is not None
    found = decide(route, again)
    assert isinstance(found, Challenge)
    assert found.reason == "pass_elsewhere"


def test_facts_as_usual_take_no_room() -> None:
    record = written(Judged(Deny(Reason.DENIED, 403, replace(ROUTE, action="deny")), FACTS))
    assert record["facts"] == {"now_s": 1000.25, "method": "POST"}
    assert not {"signals", "limits", "listed", "bot", "waited_s", "first"} & {*record}


def test_what_became_of_it_stands_beside_what_was_decided() -> None:
    facts = replace(FACTS, passes=(PASS,))
    first = decide(ROUTE, facts)
    record = written(Judged(Deny(Reason.APP_UNREACHABLE, 502, ROUTE), facts, False, first, 0.0125))
    assert (record["action"], record["reason"]) == ("deny", "app_unreachable")
    assert record["first"] == {
        "action": "forward",
        "reason": "pass",
        "kind": "slider",
        "pass_id": "p",
    }
    assert record["waited_s"] == 0.0125


@pytest.mark.parametrize("decision", [None, Deny(Reason.UNKNOWN_SITE, 421)])
def test_without_facts_there_is_nothing_to_decide_on(decision: Deny | None) -> None:
    assert facts_of(written(Judged(decision))) is None


def test_a_shadowed_challenge_says_which() -> None:
    route, facts = replace(ROUTE, mode="shadow"), replace(FACTS, risk=0.5)
    record = written(Judged(decide(route, facts), facts))
    names = ("mode", "would", "would_reason", "rung", "kind", "risk")
    told = {name: record[name] for name in names}
    assert told == {
        "mode": "shadow",
        "would": "challenge",
        "would_reason": "no_pass",
        "rung": 1,
        "kind": "slider",
        "risk": 0.5,
    }


def test_what_chance_chooses_of_a_step_is_not_told_before() -> None:
    beside = replace(ROUTE.ladder[1], kind="rotate", beside=True)
    route = replace(ROUTE, ladder=(*ROUTE.ladder, beside))
    for risk, rung, kind in ((0.1, 0, "invisible"), (0.5, 1, None)):
        told = action_of(Challenge(Reason.NO_PASS, route, risk), FACTS)
        assert (told["rung"], told["kind"]) == (rung, kind)


def test_a_resumed_request_says_by_what() -> None:
    told = action_of(Resume(ROUTE, VISIT, PASS), FACTS)
    assert told == {"action": "resume", "visit": "v1", "pass_id": "p"}


@pytest.mark.parametrize(
    "record",
    [
        {"facts": {}},
        {"facts": []},
        {"facts": {"now_s": "x", "method": "GET"}},
        {"facts": {"now_s": 1, "method": "GET", "passes": [{}]}},
        {"facts": {"now_s": 1, "method": "GET"}, "limits": [1]},
        {"facts": {"now_s": 1, "method": "GET"}, "signals": {"a": 1}},
    ],
)
def test_what_is_no_record_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        facts_of(record)


def test_signals_are_written_by_name() -> None:
    assert signals_of((Signal("webdriver", 1.0, 0.9), Signal("fast", 0.12345, 0.2))) == {
        "webdriver": {"value": 1.0, "weight": 0.9},
        "fast": {"value": 0.1235, "weight": 0.2},
    }
