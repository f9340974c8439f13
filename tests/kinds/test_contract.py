"""What every kind promises, asked of every kind that is found."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass, replace
from functools import cache
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import kinds
from gateway.files import data_dir
from gateway.kinds import Between, Kind, Look, settable
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


@cache
def secret_of(name: str) -> Any:
    """Of one question, made once: drawing is not what is tried here."""
    return ask(KINDS[name]).secret


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
@settings(deadline=None)  # the first of them draws
@given(answer=json_values)
def test_any_json_gets_a_verdict(name: str, answer: Any) -> None:
    verdict = KINDS[name].check(secret_of(name), answer)
    assert isinstance(verdict, Verdict)
    assert verdict.ok is (verdict.reason == "right")


@every_kind
@pytest.mark.parametrize(
    "answer", [[], {}, "", 0, 1, -1, 0.5, float("nan"), False, "right", [None]]
)
def test_nonsense_is_not_right(name: str, answer: Any) -> None:
    assert not KINDS[name].check(secret_of(name), answer).ok


def choices(name: str, key: str, hint: Any) -> Iterator[Any]:
    """What is tried of a parameter: both bounds of a number, every choice of others."""
    usual = getattr(KINDS[name].params(), key)
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif hint is bool:
        yield from (False, True)
    else:
        (bounds,) = (m for m in hint.__metadata__ if isinstance(m, Between))
        assert bounds.low <= usual <= bounds.high
        yield from (type(usual)(bounds.low), type(usual)(bounds.high))


@every_kind
def test_parameters_have_defaults_and_every_bound_and_choice_works(name: str) -> None:
    kind = KINDS[name]
    assert is_dataclass(kind.params)
    assert kind.params.__dataclass_params__.frozen  # type: ignore[attr-defined]
    for key, hint in settable(kind.params).items():
        assert get_origin(hint) is not Literal or getattr(kind.params(), key) in get_args(hint)
        for choice in choices(name, key, hint):
            made = kind.make(Random(1), replace(kind.params(), **{key: choice}))
            assert kind.check(made.secret, solver(name)(made.secret)).ok


@every_kind
def test_who_draws_has_the_look_of_the_install(name: str) -> None:
    kind = KINDS[name]
    hints = get_type_hints(kind.params)
    assert [key for key, hint in hints.items() if hint is Look] == ["look"] * kind.drawn
    assert not kind.drawn or kind.params().look == Look()


@every_kind
def test_parameters_say_what_they_are(name: str) -> None:
    assert KINDS[name].params.__doc__
