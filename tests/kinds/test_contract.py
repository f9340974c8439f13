"""What every kind promises, asked of every kind that is found."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import kinds
from gateway.files import data_dir
from gateway.kinds import Between, Kind
from gateway.model import Verdict

KINDS = kinds.load()
MAX_VIEW_BYTES = 2_000_000
MAX_SECRET_BYTES = 4_000

every_kind = pytest.mark.parametrize("name", KINDS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["reached", "steps"]) | st.text(max_size=5), inner)
    ),
    max_leaves=10,
)


def solver(name: str) -> Callable[[Any], Any]:
    """The right answer, as a browser would send it: each kind's own test tells."""
    solve: Callable[[Any], Any] = importlib.import_module(f"tests.kinds.test_{name}").solve
    return solve


def ask(kind: Kind, seed: int = 1) -> Any:
    return kind.make(Random(seed), kind.params())


def test_the_kinds_of_now_are_found() -> None:
    assert {"pow", "invisible", "one_click", "slider", "wait"} <= set(KINDS)


@every_kind
def test_it_has_its_page_module(name: str) -> None:
    module = (data_dir("templates") / "kinds" / f"{name}.js").read_text("utf-8")
    assert "export function mount(" in module


@every_kind
def test_the_right_answer_is_right(name: str) -> None:
    for seed in range(20):
        made = ask(KINDS[name], seed)
        verdict = KINDS[name].check(made.secret, solver(name)(made.secret))
        assert (verdict.ok, verdict.reason) == (True, "right")
        assert 0.0 <= verdict.miss <= 1.0


@every_kind
def test_the_same_seed_asks_the_same(name: str) -> None:
    assert ask(KINDS[name]) == ask(KINDS[name])


@every_kind
def test_seeds_differ_where_chance_is_used(name: str) -> None:
    rng = Random(1)
    before = rng.getstate()
    KINDS[name].make(rng, KINDS[name].params())
    asked = {json.dumps(dict(ask(KINDS[name], seed).view)) for seed in range(20)}
    assert (len(asked) > 15) is (rng.getstate() != before)


@every_kind
def test_the_view_tells_nothing_of_the_secret(name: str) -> None:
    made = ask(KINDS[name])
    assert not set(made.view) & set(made.secret)


@every_kind
def test_both_are_json_of_bounded_size(name: str) -> None:
    made = ask(KINDS[name])
    for part, limit_bytes in ((made.view, MAX_VIEW_BYTES), (made.secret, MAX_SECRET_BYTES)):
        text = json.dumps(dict(part), allow_nan=False)
        assert len(text) <= limit_bytes
        assert json.loads(text) == part


@every_kind
@given(answer=json_values)
def test_any_json_gets_a_verdict(name: str, answer: Any) -> None:
    verdict = KINDS[name].check(ask(KINDS[name]).secret, answer)
    assert isinstance(verdict, Verdict)
    assert verdict.ok is (verdict.reason == "right")


@every_kind
@pytest.mark.parametrize(
    "answer", [[], {}, "", 0, 1, -1, 0.5, float("nan"), False, "right", [None]]
)
def test_nonsense_is_not_right(name: str, answer: Any) -> None:
    assert not KINDS[name].check(ask(KINDS[name]).secret, answer).ok


@every_kind
def test_parameters_have_defaults_within_bounds_and_both_bounds_work(name: str) -> None:
    kind = KINDS[name]
    assert is_dataclass(kind.params)
    assert kind.params.__dataclass_params__.frozen  # type: ignore[attr-defined]
    hints = get_type_hints(kind.params, include_extras=True)
    for field in fields(kind.params):
        (bounds,) = (m for m in hints[field.name].__metadata__ if isinstance(m, Between))
        default = getattr(kind.params(), field.name)
        assert bounds.low <= default <= bounds.high
        for bound in (bounds.low, bounds.high):
            params = replace(kind.params(), **{field.name: type(default)(bound)})
            made = kind.make(Random(1), params)
            assert kind.check(made.secret, solver(name)(made.secret)).ok


@every_kind
def test_parameters_say_what_they_are(name: str) -> None:
    assert KINDS[name].params.__doc__
