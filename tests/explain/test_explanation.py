"""Rules that match and nearly match, shares, and what would change the outcome."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gateway.cli.routes import what
from gateway.decide import decide
from gateway.explain.explanation import as_json, explain, matched_and_near, pass_faults
from gateway.explain.outcomes import changes_of, shares_of, words
from gateway.explain.sketch import Sketch
from gateway.model import (
    Facts,
    Listing,
    Match,
    Named,
    Pass,
    Reached,
    Reason,
    Route,
    Signal,
    Site,
    Upstream,
)
from gateway.risk import combine
from gateway.routing import Matched, Router
from gateway.routing.tracing import trace
from tests.samples import CALLER, ROUTE

NO_LANGUAGE = Signal("no_language", 1.0, 0.35)
NO_METADATA = Signal("no_fetch_metadata", 1.0, 0.5)
FAINT = Signal("faint", 0.5, 0.24)
FACTS = Facts(now_s=1000.0, caller=CALLER, method="POST")


def on(*signals: Signal, **changes: object) -> Facts:
    facts = replace(FACTS, signals=signals, risk=combine(signals))
    return replace(facts, **changes)  # type: ignore[arg-type]


def route(name: str, **match: object) -> Route:
    return replace(ROUTE, name=name, match=Match(**match))  # type: ignore[arg-type]


REGISTER = route(
    "register",
    methods=frozenset({"POST"}),
    paths=("/register",),
    query={"step": "2"},
    form={"do": "register"},
)
SITE = Site(
    "shop",
    ("shop.example",),
    Upstream("app"),
    (
        route("health", paths=("/health",)),
        REGISTER,
        route("account", paths=("/account/**",)),
        replace(route("page", paths=("/a", "/b/*/c")), challenge_on=Match(paths=("/form",))),
        route("digits", paths=(r"~/user/\d+",)),
    ),
)


def sketch(method: str, target: bytes, body: bytes | None = b"") -> Sketch:
    kind = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
    return Sketch(method, "https", "shop.example", target, kind if body else (), body)


def told(method: str, target: bytes, body: bytes | None = b"") -> dict[str, dict[str, str]]:
    """By rule: each condition's answer."""
    known = sketch(method, target, body)
    return {
        each.route.name + ("!" if each.opening else ""): {c.what: c.holds for c in each.checked}
        for each in trace(SITE, known.head, known.seen)
    }


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        ("POST", b"/register?step=2", b"do=register", ["yes", "yes", "yes", "yes"]),
        ("GET", b"/register?step=2", b"", ["yes", "no", "yes", "no"]),
        ("POST", b"/register?step=3", b"do=login", ["yes", "yes", "no", "no"]),
        ("POST", b"/Register/?step=2", b"do=register", ["maybe", "yes", "yes", "yes"]),
        ("POST", b"/x/../register?step=2", b"do=register", ["yes", "yes", "yes", "yes"]),
        ("POST", b"/x/../Register?step=2", b"do=register", ["maybe", "yes", "yes", "yes"]),
        ("POST", b"/other?step=2", b"do=register", ["no", "yes", "yes", "yes"]),
        ("POST", b"/register?step=2", b"do=Register", ["yes", "yes", "yes", "maybe"]),
        ("POST", b"/register%3fa=1", b"do=register", ["yes", "yes", "maybe", "yes"]),
        ("POST", b"/register?step=2", None, ["yes", "yes", "yes", "maybe"]),
    ],
)
def test_each_condition_is_asked_by_itself(
    method: str, target: bytes, body: bytes | None, expected: list[str]
) -> None:
    found = told(method, target, body)["register"]
    assert [found[what] for what in ("path", "method", "query", "form")] == expected


@pytest.mark.parametrize(
    "target",
    [b"/health", b"/account", b"/account/x", b"/a", b"/b/x/c", b"/form", b"/user/12", b"/nothing"],
)
def test_the_router_decides_alike(target: bytes) -> None:
    known = sketch("GET", target)
    matched = Router([SITE], "/_gateway/").match(SITE, known.head, known.seen)
    assert isinstance(matched, Matched)
    fits = [t.route for t in trace(SITE, known.head, known.seen) if t.holds != "no"]
    assert ([matched.route] if matched.route else []) == fits


def test_the_reading_that_fits_is_told() -> None:
    known = sketch("POST", b"/x/..//register?step=2", b"do=register")
    (found,) = [t for t in trace(SITE, known.head, known.seen) if t.route.name == "register"]
    assert (found.reading, found.holds) == ("/register", "yes")


@pytest.mark.parametrize(
    ("method", "target", "body", "near"),
    [
        ("POST", b"/register?step=2", b"do=login", ["register"]),
        ("GET", b"/registre?step=2", b"", []),  # three conditions of four fail
        ("POST", b"/registre?step=2", b"do=register", ["register"]),
        ("GET", b"/acount/x", b"", ["account"]),
        ("GET", b"/nothing-like-it", b"", []),
        ("GET", b"/healthz", b"", ["health"]),
    ],
)
def test_near_misses_are_what_an_operator_meant(
    method: str, target: bytes, body: bytes, near: list[str]
) -> None:
    known = sketch(method, target, body)
    _, found = matched_and_near(trace(SITE, known.head, known.seen), None)
    assert [each.route.name for each in found] == near


def test_a_share_is_what_the_risk_loses_without_it() -> None:
    light, heavy = shares_of((FAINT, NO_METADATA))[::-1]
    assert (heavy.name, heavy.alone, heavy.without) == ("no_fetch_metadata", 0.5, 0.12)
    assert (light.alone, light.without) == (0.12, 0.5)
    assert "Sec-Fetch-Site" in heavy.doc


def changes(route: Route | None, facts: Facts) -> dict[str, str]:
    return {each.when: each.then for each in changes_of(route, facts)}


A_PASS = "with a fresh pass of scope site, level {}"
OVER = Reached("often", "deny", 6, 5, 60, 30)
FUSED = replace(ROUTE, flow="fusion")
STALE = "forwarded (would be: deny, risk_type_stale)"


@pytest.mark.parametrize(
    ("route", "facts", "expected"),
    [
        (
            ROUTE,
            on(NO_LANGUAGE, FAINT),
            {
                "with an Accept-Language": "invisible instead of slider",
                "without any signal": "invisible instead of slider",
                A_PASS.format(2): "forwarded (pass) instead of slider",
            },
        ),
        (ROUTE, on(FAINT), {A_PASS.format(1): "forwarded (pass) instead of invisible"}),
        (
            ROUTE,
            on(reached=(OVER,)),
            {"at 5 of 5 of the limit often": "invisible instead of denied (limited)"},
        ),
        (
            ROUTE,
            on(reached=(replace(OVER, count=3),)),
            {
                "at 6 of 5 of the limit often": "denied (limited) instead of invisible",
                A_PASS.format(1): "forwarded (pass) instead of invisible",
            },
        ),
        (
            ROUTE,
            on(listed=Listing("deny", "tor")),
            {"without the list entry tor": "invisible instead of denied (listed)"},
        ),
        (None, FACTS, {}),
        (
            replace(ROUTE, mode="shadow"),
            FACTS,
            {
                A_PASS.format(
                    1
                ): "forwarded (pass) instead of forwarded (would be asked: invisible)",
                "in mode enforce": "invisible instead of forwarded (would be asked: invisible)",
            },
        ),
        (
            replace(ROUTE, good_bots="forward"),
            on(store_up=False),
            {
                "with the store up": "invisible instead of denied (store_down)",
                A_PASS.format(1): "forwarded (pass) instead of denied (store_down)",
                "as a proven good bot": "forwarded (good_bot) instead of denied (store_down)",
            },
        ),
        (
            ROUTE,
            on(broken=True),
            {
                "with a gate that does not break": "invisible instead of denied (gate_broke)",
            },
        ),
        (replace(ROUTE, action="deny"), FACTS, {}),
        (
            ROUTE,
            on(country_refused=True),
            {
                "with a phone number that is allowed": (
                    "invisible instead of denied (country_refused)"
                )
            },
        ),
        (
            replace(FUSED, mode="shadow"),
            on(named=Named(fault=Reason.RISK_TYPE_STALE)),
            {
                f"if the app named {kind}": f"forwarded (would be asked: {kind}) instead of {STALE}"
                for kind in ("invisible", "slider")
            }
            | {"in mode enforce": f"denied (risk_type_stale) instead of {STALE}"},
        ),
        (
            FUSED,
            on(named=Named("slider")),
            {
                "if the app named invisible": "invisible instead of slider",
                A_PASS.format(2): "forwarded (pass) instead of slider",
            },
        ),
    ],
)
def test_what_would_change_it(route: Route | None, facts: Facts, expected: dict[str, str]) -> None:
    assert changes(route, facts) == expected


def test_a_change_names_the_risk_it_would_be() -> None:
    first = changes_of(ROUTE, on(NO_LANGUAGE, FAINT))[0]
    assert (first.when, first.risk) == ("with an Accept-Language", 0.12)


def test_one_of_several_has_no_step_of_its_own() -> None:
    route = replace(ROUTE, flow="multiple")
    assert words(route, decide(route, FACTS), FACTS) == "one of invisible, slider"
    assert not any(step.asked for step in explain("GET", "/", "shop", route, FACTS).ladder)


def test_kinds_of_one_step_are_told_together() -> None:
    beside = replace(ROUTE.ladder[1], kind="rotate", beside=True)
    route = replace(ROUTE, ladder=(*ROUTE.ladder, beside))
    facts = on(NO_LANGUAGE)
    assert words(route, decide(route, facts), facts) == "slider or rotate"
    assert words(route, decide(route, FACTS), FACTS) == "invisible"
    told = explain("GET", "/", "shop", route, facts)
    assert [(each.kind, each.asked, each.beside) for each in told.ladder] == [
        ("invisible", False, False),
        ("slider", True, False),
        ("rotate", True, True),
    ]
    assert what(route) == "challenge: invisible up to 0.3, else slider or rotate"


STEEP, FRESH = replace(OVER, then="harder"), replace(OVER, then="challenge")
USES = replace(ROUTE.pass_rule, uses=3)
HERE = replace(ROUTE.pass_rule, bind=frozenset({"address"}))
PASS = Pass("p", "site", 1, 900.0, 1500.0, None, "p1", "slider", browser="firefox")


@pytest.mark.parametrize(
    ("change", "facts", "fault"),
    [
        ({}, FACTS, ""),
        ({"scope": "other"}, FACTS, "is of scope other"),
        ({"policy": "p0"}, FACTS, "was earned under other rules of the route"),
        ({"expires_s": 1000.0}, FACTS, "has expired"),
        ({"browser": "other"}, FACTS, "of another browser"),
        ({}, on(NO_LANGUAGE), "is of level 1, and 2 is wanted"),
        ({}, on(reached=(STEEP,)), "is of level 1, and 2 is wanted"),
        ({"level": 2}, on(reached=(STEEP,)), ""),
        ({}, on(reached=(FRESH,)), "was earned before, and a limit asks for a fresh one"),
        ({"issued_s": 940.0}, on(reached=(FRESH,)), ""),
        ({"uses": 3}, FACTS, ""),
        ({"rule": USES}, FACTS, "has no limit of uses"),
        ({"rule": USES, "uses": 3}, FACTS, ""),
        ({"rule": HERE}, FACTS, "of another address"),
        ({"rule": HERE, "address": CALLER.prefix}, FACTS, ""),
    ],
)
def test_what_a_pass_lacks_is_what_decide_finds(
    change: dict[str, object], facts: Facts, fault: str
) -> None:
    route = replace(ROUTE, pass_rule=change.get("rule", ROUTE.pass_rule))  # type: ignore[arg-type]
    of_pass = {name: value for name, value in change.items() if name != "rule"}
    known = replace(PASS, **of_pass)  # type: ignore[arg-type]
    assert pass_faults(known, route, facts) == fault
    forwards = decide(route, replace(facts, passes=(known,)))
    assert (type(forwards).__name__ == "Forward") is (fault == "")


def test_an_explanation_is_plain_json() -> None:
    known = sketch("POST", b"/register?step=2", b"do=register")
    facts = on(NO_LANGUAGE, FAINT, reached=(replace(OVER, count=1),))
    traced = trace(SITE, known.head, known.seen)
    found = explain("POST", "shop.example/register", "shop", REGISTER, facts, traced=traced)
    plain = json.loads(json.dumps(as_json(found)))
    assert plain["decision"]["action"] == "challenge"
    assert [step["kind"] for step in plain["ladder"] if step["asked"]] == ["slider"]
    assert plain["matched"][0]["route"] == "register"
    assert {share["name"] for share in plain["shares"]} == {"no_language", "faint"}
    assert plain["work_hashes"] > 50_000
