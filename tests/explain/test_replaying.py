"""Records taken again: what the recorded rule stands in for, counts, and answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.decide import decide
from gateway.explain.replaying import Replayer, recorded
from gateway.model import Facts, LimitRule, Match, Pass, Reached, Route, Site, Upstream
from gateway.records import Judged, told_of
from tests.samples import CALLER, ROUTE

WALL = replace(ROUTE, name="wall", match=Match(paths=("/wall/**",)))
GET = replace(ROUTE, name="get", match=Match(methods=frozenset({"GET"}), paths=("/both",)))
FORM = replace(ROUTE, name="form", match=Match(paths=("/form",), form={"do": "register"}))
LIMIT = LimitRule("often", "route", 5, 60, "deny")
FEW = replace(ROUTE, name="few", match=Match(paths=("/few",)), limits=(LIMIT,))
ROUTES = (WALL, GET, FORM, FEW)


def replayer(*routes: Route) -> Replayer:
    return Replayer((Site("shop", ("*",), Upstream("app"), routes),), "/_gateway/")


def record(route: Route, method: str, path: str, facts: Facts | None = None) -> dict[str, Any]:
    facts = replace(facts or Facts(1000.0, CALLER, method), method=method)
    told = told_of(Judged(decide(route, facts), facts))
    known = {"event": "decision", "site": "shop", "method": method, "path": path}
    plain: dict[str, Any] = json.loads(json.dumps(known | told))
    return {name: value for name, value in plain.items() if value not in (None, "")}


@pytest.mark.parametrize(
    ("route", "method", "path", "stands_in"),
    [
        (WALL, "GET", "/wall/1", False),
        (WALL, "GET", "/wall/%2e%2e/wall/1", False),
        (WALL, "GET", "/wall/%FF", True),  # sent so, or as the byte
        (WALL, "GET", "/wall/" + "x" * 194, True),  # cut
        (GET, "GET", "/both", False),
        (GET, "POST", "/both", True),  # the form named the method
        (FORM, "POST", "/form", True),
        (FEW, "GET", "/few", False),
    ],
)
def test_what_no_record_tells_is_taken_from_the_recorded_rule(
    route: Route, method: str, path: str, stands_in: bool
) -> None:
    known = record(route, method, path)
    again = replayer(*ROUTES).again(known)
    assert again is not None
    assert (again.came, again.stands_in) == (recorded(known), stands_in)


def test_a_form_is_not_suspected_where_the_rule_is_another() -> None:
    again = replayer(replace(GET, name="other", match=Match(paths=("/both",)))).again(
        record(GET, "POST", "/both")
    )
    assert again is not None
    assert (again.came.route, again.stands_in) == ("other", False)


PASS = Pass("p", "site", 2, 900.0, 1500.0, None, "p1", "slider", browser=CALLER.browser)
REACHED = Reached("often", "deny", 4, 5, 60, 30)
COUNTED = Facts(1000.0, CALLER, "GET", reached=(REACHED,))


@pytest.mark.parametrize(
    ("rule", "words", "unknown"),
    [
        (LIMIT, "challenge invisible (no_pass)", ()),
        (replace(LIMIT, most=4), "challenge invisible (no_pass)", ()),
        (replace(LIMIT, most=3), "deny (limited)", ()),
        (replace(LIMIT, most=3, then="harder"), "challenge slider (no_pass) 1 harder", ()),
        (replace(LIMIT, most=3, budget=True), "deny (budget_spent)", ()),
        (replace(LIMIT, window_s=600), "challenge invisible (no_pass)", ("often",)),
        (replace(LIMIT, name="new", most=1), "challenge invisible (no_pass)", ("new",)),
        (None, "challenge invisible (no_pass)", ()),
    ],
)
def test_limits_are_as_they_are_now_at_the_counts_of_then(
    rule: LimitRule | None, words: str, unknown: tuple[str, ...]
) -> None:
    route = replace(FEW, limits=(rule,) if rule else ())
    again = replayer(route).again(record(FEW, "GET", "/few", COUNTED))
    assert again is not None
    assert (again.came.words, again.unknown) == (words, unknown)


def test_a_shadow_says_why_and_logs_that_did_not_are_no_change() -> None:
    shadow = replace(WALL, mode="shadow")
    known = record(shadow, "GET", "/wall/1")
    assert recorded(known).words == "forward would challenge invisible (shadow: no_pass)"
    for each in (known, {k: v for k, v in known.items() if k != "would_reason"}):
        again = replayer(shadow).again(each)
        assert again is not None
        assert again.came == recorded(each)


def test_a_delay_is_as_long_as_it_is_now() -> None:
    slow = replace(LIMIT, most=3, then="delay", delay_s=2.0)
    facts = replace(COUNTED, passes=(PASS,))
    again = replayer(replace(FEW, limits=(slow,))).again(record(FEW, "GET", "/few", facts))
    assert again is not None
    assert again.came.words == "forward slider (pass) after 2 s"


def test_a_method_that_was_overridden_stands_in_for_its_rule() -> None:
    """A form or a header named it: the path of the record does not tell which."""
    known = record(WALL, "DELETE", "/wall/1") | {"method": "POST"}
    again = replayer(*ROUTES).again(known)
    assert again is not None
    assert (again.came.route, again.stands_in) == ("wall", True)


ANSWER = {
    "event": "answer",
    "site": "shop",
    "route": "register",
    "kind": "invisible",
    "rung": 0,
    "pass_level": 1,
    "outcome": "solved",
    "risk": 0.3,
    "asked_risk": 0.1,
}
TWO = replace(ROUTE, rounds=2)
DOUBT = {"signals": {"webdriver": {"value": 1.0, "weight": 0.7}}}


@pytest.mark.parametrize(
    ("route", "change", "words"),
    [
        (ROUTE, {}, "invisible: solved"),
        (ROUTE, {"risk": 0.3001}, "invisible: again (more)"),
        (replace(ROUTE, refuse_above=0.3), {}, "invisible: solved"),
        (replace(ROUTE, refuse_above=0.2), {}, "invisible: refused (blocked)"),
        (replace(ROUTE, ladder=ROUTE.ladder[::-1]), {}, "invisible: solved"),
        (replace(ROUTE, ladder=ROUTE.ladder[1:]), {}, "invisible: not asked any more"),
        (TWO, {}, "invisible: again (next)"),
        (TWO, {"after": "slider", "risk": 0.9}, "invisible: solved"),
        (TWO, {"kind": "slider", "rung": 1, "after": "invisible"}, "slider: solved"),
        (ROUTE, {"kind": "pow", "instead_of": "invisible"}, "pow: solved"),
        (ROUTE, {"kind": "one_click", "rung": -1, "risk": 1.0}, "one_click: solved"),
        (
            replace(ROUTE, refuse_above=0.6),
            {"kind": "one_click", "rung": -1, "risk": 0.7} | DOUBT,
            "one_click: refused (blocked)",
        ),
        (
            replace(ROUTE, accessible="never"),
            {"kind": "one_click", "rung": -1},
            "one_click: not asked any more",
        ),
        (ROUTE, {"outcome": "again", "reason": "next"}, "invisible: solved"),
        (ROUTE, {"outcome": "again", "reason": "more"}, "invisible: solved"),
        (ROUTE, {"outcome": "refused", "reason": "blocked"}, "invisible: solved"),
        (ROUTE, {"outcome": "again", "reason": "wrong"}, "invisible: again (wrong)"),
        (ROUTE, {"outcome": "refused", "reason": "too_many"}, "invisible: refused (too_many)"),
    ],
)
def test_a_right_answer_is_weighed_again(route: Route, change: dict[str, Any], words: str) -> None:
    again = replayer(route).again(ANSWER | change)
    assert again is not None
    assert again.came.words == f"answer {words}"


@pytest.mark.parametrize(
    "known",
    [
        {"event": "decision", "facts": 1},
        {"event": "decision", "site": "shop", "facts": {"now_s": 1, "method": "GET"}},
        {"event": "answer", "site": "shop", "route": "register"},
        ANSWER | {"risk": "high"},
    ],
)
def test_what_is_no_record_is_refused(known: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replayer(ROUTE).again(known)


def test_a_site_or_rule_that_is_gone_is_said() -> None:
    known = record(WALL, "GET", "/wall/1")
    gone = replayer(FEW).again(known | {"site": "blog"})
    assert gone is not None
    assert gone.came.words == "no such site"
    lost = replayer(FEW).again(record(FORM, "POST", "/%FF"))
    assert lost is not None
    assert lost.came.words == "no rule form any more"
