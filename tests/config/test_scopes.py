"""Levels and policies: what a pass is worth on another route of its scope."""

from __future__ import annotations

import pytest

from gateway.config import ConfigError, load

HEAD = "upstreams: {app: http://127.0.0.1:8000}\nsites:\n  - name: s\n    routes:\n"


@pytest.fixture
def routes(tmp_path):
    def routes(*texts):
        path = tmp_path / "gateway.yaml"
        lines = (
            f"      - {{name: r{i}, match: {{path: /{i}}}, {t}}}\n" for i, t in enumerate(texts)
        )
        path.write_text(HEAD + "".join(lines))
        return load(path, {}).sites[0].routes

    return routes


def levels(route):
    return {rung.kind: rung.level for rung in route.ladder}


def test_levels_rise_along_a_ladder(routes):
    (route,) = routes(
        "ladder: [{kind: invisible, max_risk: 0.2}, {kind: one_click, max_risk: 0.5}, slider]"
    )
    assert levels(route) == {"invisible": 1, "one_click": 2, "slider": 3}


def test_an_easy_rung_does_not_open_a_hard_one(routes):
    """`slider` alone asks for the level it has in the ladder where something stands below it."""
    hard, both = routes(
        "ladder: [slider], pass: {scope: x}",
        "ladder: [{kind: invisible, max_risk: 0.3}, slider], pass: {scope: x}",
    )
    assert levels(hard) == {"slider": 2}
    assert levels(both) == {"invisible": 1, "slider": 2}
    assert hard.policy == both.policy


def test_orders_chain_through_a_scope(routes):
    found = routes(
        "ladder: [{kind: pow, max_risk: 0.3}, one_click], pass: {scope: x}",
        "ladder: [{kind: one_click, max_risk: 0.3}, slider], pass: {scope: x}",
    )
    assert levels(found[1]) == {"one_click": 2, "slider": 3}


def test_scopes_are_apart(routes):
    one, other = routes("ladder: [slider]", "ladder: [{kind: invisible, max_risk: 0.3}, slider]")
    assert levels(one) == {"slider": 1}
    assert one.pass_rule.scope != other.pass_rule.scope
    assert one.policy != other.policy


def test_given_levels_stay(routes):
    easy, hard = routes(
        "ladder: [{kind: pow, level: 1}], pass: {scope: x}",
        "ladder: [{kind: slider, level: 2}], pass: {scope: x}",
    )
    assert levels(easy) == {"pow": 1}
    assert levels(hard) == {"slider": 2}


def test_given_levels_may_be_equal(routes):
    (route,) = routes(
        "ladder: [{kind: one_click, max_risk: 0.3, level: 2}, {kind: slider, level: 2}]"
    )
    assert levels(route) == {"one_click": 2, "slider": 2}


def test_ladders_that_contradict_each_other_are_refused(routes):
    with pytest.raises(ConfigError, match="order the ladders of the scope alike"):
        routes(
            "ladder: [{kind: one_click, max_risk: 0.3}, slider], pass: {scope: x}",
            "ladder: [{kind: slider, max_risk: 0.3}, one_click], pass: {scope: x}",
        )


BASE = "ladder: [{kind: invisible, max_risk: 0.3}, slider], pass: {scope: x}"


@pytest.mark.parametrize(
    "changed, stale",
    [
        (BASE, False),
        (BASE.replace("0.3", "0.4"), False),  # who is asked what; not what was solved
        (BASE + ", mode: shadow", False),
        (BASE + ", hold: {max: 1MiB}", False),
        (BASE.replace("scope: x", "scope: x, ttl: 5m"), False),
        (BASE.replace("scope: x", "scope: y"), True),
        (BASE.replace("invisible", "one_click"), True),
        (BASE.replace("slider]", "{kind: slider, params: {steps: 9}}]"), True),
        (BASE.replace("slider]", "{kind: slider, level: 5}]"), True),
        (BASE + ", work: 99999", True),
        (BASE + ", accessible: never", True),
        (BASE + ", no_javascript: wait", True),
    ],
)
def test_a_pass_goes_stale_when_what_was_asked_changes(routes, changed, stale):
    (before,), (after,) = routes(BASE), routes(changed)
    assert (before.policy != after.policy) is stale
    assert len(before.policy) == 12


def test_routes_that_ask_nothing_have_no_policy(routes):
    assert [route.policy for route in routes("action: allow", "action: deny")] == ["", ""]
