"""Which rung is asked: by risk, by chance, as named, and what a second round may be."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gateway import kinds
from gateway.choosing import (
    another_choice,
    are_alike,
    first_choice,
    has_two_rounds,
    independent_choice,
    others_of,
    second_choice,
    wished_choice,
)
from gateway.model import ACCESSIBLE, Round, Route, Rung, Ticket
from tests.samples import ROUTE, TICKET


def ladder(*names: str) -> tuple[Rung, ...]:
    return tuple(Rung(name, None, 1.0, 1) for name in names)


THREE = replace(ROUTE, flow="multiple", ladder=ladder("puzzle", "word", "icon"))
NAMED = replace(ROUTE, flow="fusion", ladder=ladder("one_click", "puzzle", "icon"))
SINGLE = replace(ROUTE, flow="single", ladder=ladder("puzzle"))
TWICE = replace(ROUTE, rounds=2, ladder=ladder("slider", "word", "phrase", "icon"))


BESIDE = replace(  # one_click, then slider or rotate, then icon or word or puzzle
    ROUTE,
    ladder=tuple(
        Rung(kind, None, most, level, beside)
        for kind, most, level, beside in (
            ("one_click", 0.3, 1, False),
            ("slider", 0.6, 2, False),
            ("rotate", 0.6, 2, True),
            ("icon", 1.0, 3, False),
            ("word", 1.0, 3, True),
            ("puzzle", 1.0, 3, True),
        )
    ),
)


def of_many(choose: object, route: Route, *args: object, **named: object) -> set[int]:
    """Everything that chance may choose."""
    return {choose(route, *args, rng=Random(seed), **named) for seed in range(60)}  # type: ignore[operator]


@pytest.mark.parametrize(
    ("route", "risk", "harder", "kind", "choices"),
    [
        (ROUTE, 0.3, 0, "", {0}),
        (ROUTE, 0.31, 0, "", {1}),
        (ROUTE, 0.0, 1, "", {1}),
        (ROUTE, 0.0, 9, "", {1}),
        (SINGLE, 1.0, 9, "", {0}),
        (THREE, 0.0, 0, "", {0, 1, 2}),
        (THREE, 1.0, 3, "", {0, 1, 2}),
        (NAMED, 1.0, 0, "one_click", {0}),
        (NAMED, 0.0, 0, "puzzle", {1}),
        (NAMED, 0.0, 5, "icon", {2}),
        (NAMED, 0.0, 0, "word", {2}),  # no longer the route's: its hardest
        (BESIDE, 0.3, 0, "", {0}),
        (BESIDE, 0.31, 0, "", {1, 2}),
        (BESIDE, 0.6, 0, "", {1, 2}),
        (BESIDE, 0.61, 0, "", {3, 4, 5}),
        (BESIDE, 0.0, 1, "", {1, 2}),  # a limit's step is over all kinds of one
        (BESIDE, 0.0, 2, "", {3, 4, 5}),
        (BESIDE, 0.5, 9, "", {3, 4, 5}),
    ],
)
def test_the_first(route: Route, risk: float, harder: int, kind: str, choices: set[int]) -> None:
    assert of_many(first_choice, route, risk, harder=harder, kind=kind) == choices


@pytest.mark.parametrize(
    ("route", "index", "choices"),
    [
        (ROUTE, 0, {1}),
        (ROUTE, 1, {1}),
        (SINGLE, 0, {0}),
        (NAMED, 0, {0}),
        (THREE, 0, {1, 2}),
        (THREE, 1, {0, 2}),
        (THREE, 2, {0, 1}),
        (replace(THREE, ladder=ladder("puzzle")), 0, {0}),
        (BESIDE, 0, {1}),
        (BESIDE, 1, {2}),
        (BESIDE, 2, {1}),
        (BESIDE, 4, {3, 5}),
        (replace(ROUTE, ladder=()), 0, {0}),
    ],
)
def test_another(route: Route, index: int, choices: set[int]) -> None:
    assert of_many(another_choice, route, index) == choices


def wished(route: Route, ticket: Ticket | None, want: str, **named: object) -> set[int]:
    return of_many(wished_choice, route, ticket, want, 0.0, **named)


def test_wishes_of_chance_and_of_the_app() -> None:
    shown = replace(TICKET, rung=1, kind="word")
    assert wished(THREE, None, "new") == {0, 1, 2}
    assert wished(THREE, shown, "new") == {0, 1, 2}
    assert wished(THREE, shown, "another") == {0, 2}
    assert wished(THREE, shown, "picture") == {1}
    assert wished(THREE, shown, "accessible") == {ACCESSIBLE}
    named = replace(TICKET, rung=2, kind="icon")
    assert wished(NAMED, named, "another", kind="icon") == {2}
    assert wished(NAMED, None, "new", kind="puzzle") == {1}
    assert wished(ROUTE, None, "new", harder=1) == {1}
    stern = replace(THREE, accessible="never")
    assert wished(stern, shown, "accessible") == {1}  # a new question of the same rung
    assert wished(stern, None, "accessible") == {0, 1, 2}
    assert wished(ROUTE, replace(TICKET, rung=ACCESSIBLE), "another", harder=1) == {1}


@pytest.mark.parametrize(
    ("rung", "want", "risk", "choices"),
    [
        (2, "new", 0.5, {1, 2}),
        (2, "picture", 0.5, {2}),  # what a toll was paid for
        (2, "another", 0.5, {1}),
        (4, "another", 0.0, {3, 5}),
        (4, "new", 0.5, {4}),  # never an easier step
        (1, "new", 0.9, {3, 4, 5}),
        (0, "another", 0.0, {1}),
    ],
)
def test_wishes_among_kinds_of_one_step(
    rung: int, want: str, risk: float, choices: set[int]
) -> None:
    shown = replace(TICKET, rung=rung, kind=BESIDE.ladder[rung].kind)
    assert of_many(wished_choice, BESIDE, shown, want, risk) == choices


@pytest.mark.parametrize(
    ("index", "others"),
    [(0, [1, 2, 3, 4, 5]), (2, [1, 3, 4, 5]), (3, [4, 5]), (5, [3, 4])],
)
def test_what_a_wish_may_bring(index: int, others: list[int]) -> None:
    assert others_of(BESIDE, index) == [BESIDE.ladder[at] for at in others]


# --- A second round --------------------------------------------------------------------------

FIRST_WORD = Round("word", 1, 1.0)


@pytest.mark.parametrize(
    ("kind", "index", "choices"),
    [
        ("slider", 0, {1, 2, 3}),
        ("word", 1, {3}),
        ("phrase", 2, {3}),
        ("icon", 3, {0, 1, 2}),
        ("slider", ACCESSIBLE, {ACCESSIBLE}),
    ],
)
def test_a_second_round_takes_other_skills(kind: str, index: int, choices: set[int]) -> None:
    assert of_many(second_choice, TWICE, kind, index) == choices


def test_no_wish_leads_back_to_the_skill_of_the_first() -> None:
    second = replace(TICKET, rung=3, kind="icon", first=FIRST_WORD)
    for want in ("new", "another", "picture"):
        assert wished(TWICE, second, want) == {3}
    assert wished(TWICE, second, "accessible") == {ACCESSIBLE}
    away = replace(second, rung=ACCESSIBLE, kind="one_click")
    assert wished(TWICE, away, "another") == {0}
    assert of_many(independent_choice, TWICE, away, 2) == {3}
    assert of_many(independent_choice, TWICE, second, 2) == {3}
    assert of_many(independent_choice, TWICE, replace(second, first=None), 2) == {2}


def test_a_second_round_by_chance() -> None:
    three = replace(THREE, rounds=2)
    second = replace(TICKET, rung=0, kind="puzzle", first=FIRST_WORD)
    assert wished(three, second, "another") == {0, 2}
    assert wished(three, second, "new") == {0, 2}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("icon", "icon", True),
        ("word", "phrase", True),
        ("gobang", "match", True),
        ("slider", "one_click", True),
        ("puzzle", "icon", False),
        ("slider", "puzzle", False),
    ],
)
def test_kinds_that_the_same_program_answers(one: str, other: str, alike: bool) -> None:
    assert are_alike(one, other) == are_alike(other, one) == alike
    assert {one, other} <= kinds.load().keys()


@pytest.mark.parametrize(
    ("names", "enough"),
    [
        ((), False),
        (("icon",), False),
        (("word", "phrase"), False),
        (("invisible", "slider"), False),
        (("slider", "icon"), True),
        (("word", "phrase", "icon"), True),
    ],
)
def test_what_two_rounds_need(names: tuple[str, ...], enough: bool) -> None:
    assert has_two_rounds(ladder(*names)) == enough
