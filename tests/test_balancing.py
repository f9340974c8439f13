"""Which address is asked, and which is left out: tables, and what holds for any."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.balancing import (
    HEALTHY,
    MAX_OUT_S,
    Health,
    after_failure,
    due_now,
    least_busy,
    on_trial,
    ranked,
    sticking,
    usable,
)

NAMES = ("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
OUT = Health(3, 1, 110.0)  # since 100, for 10 s


@pytest.mark.parametrize(
    "health, now_s, expected",
    [
        (HEALTHY, 100, Health(1)),
        (Health(1), 100, Health(2)),
        (Health(2), 100, OUT),
        (OUT, 100, OUT),  # what was under way says nothing new
        (OUT, 109.9, OUT),
        (OUT, 110, Health(4, 2, 130.0)),  # tried again, in vain: twice as long
        (Health(3, 1), 115, Health(4, 2, 135.0)),  # the same, on trial
        (Health(9, 5), 0, Health(10, 6, MAX_OUT_S)),
        (Health(10**6, 10**6), 0, Health(10**6 + 1, 10**6 + 1, MAX_OUT_S)),
    ],
)
def test_after_failure(health: Health, now_s: float, expected: Health) -> None:
    assert after_failure(health, now_s, 3, 10) == expected


def test_one_failure_may_be_enough() -> None:
    assert after_failure(HEALTHY, 5, 1, 2) == Health(1, 1, 7)


@pytest.mark.parametrize(
    "health, now_s, out, due",
    [
        (HEALTHY, 100, False, False),
        (Health(2), 100, False, False),
        (OUT, 109.9, True, False),
        (OUT, 110, True, True),
        (on_trial(OUT), 110, False, False),
        (due_now(OUT, 101), 101, True, True),
        (due_now(HEALTHY, 101), 101, False, False),
    ],
)
def test_out_and_due(health: Health, now_s: float, out: bool, due: bool) -> None:
    assert (health.is_out, health.is_due(now_s)) == (out, due)


def test_on_trial_remembers() -> None:
    assert on_trial(OUT) == Health(3, 1)


@pytest.mark.parametrize(
    "healths, expected",
    [
        ([HEALTHY], (0,)),
        ([HEALTHY, OUT, Health(2)], (0, 2)),
        ([OUT, OUT], (0, 1)),  # never all
        ([OUT], (0,)),
    ],
)
def test_usable(healths: list[Health], expected: tuple[int, ...]) -> None:
    assert usable(healths) == expected


@pytest.mark.parametrize(
    "busy, among, turn, expected",
    [
        ([0, 0, 0], (0, 1, 2), 0, 0),
        ([0, 0, 0], (0, 1, 2), 1, 1),
        ([0, 0, 0], (0, 1, 2), 3, 0),  # one past the last
        ([0, 0, 0], (0, 2), 1, 2),
        ([2, 1, 1], (0, 1, 2), 0, 1),
        ([2, 1, 1], (0, 1, 2), 2, 2),
        ([0, 5, 5], (1, 2), 0, 1),
    ],
)
def test_least_busy(busy: list[int], among: tuple[int, ...], turn: int, expected: int) -> None:
    assert least_busy(busy, among, turn) == expected


@pytest.mark.parametrize(
    "named, among, expected",
    [(-1, (0, 1, 2), 2), (1, (0, 1, 2), 1), (1, (0, 2), 2), (2, (0, 1), 0), (7, (1,), 1)],
)
def test_sticking(named: int, among: tuple[int, ...], expected: int) -> None:
    assert sticking(named, (2, 0, 1), among) == expected


def test_every_address_has_its_share() -> None:
    first = Counter(ranked(b"198.51.%d.0/24" % i, NAMES)[0] for i in range(3000))
    assert all(850 < first[index] < 1150 for index in range(3))


@given(st.binary(max_size=40), st.permutations(range(5)))
def test_ranks_depend_on_names_alone(key: bytes, order: list[int]) -> None:
    names = tuple(f"app{i}" for i in range(5))
    shuffled = tuple(names[i] for i in order)
    by_name = [names[i] for i in ranked(key, names)]
    assert [shuffled[i] for i in ranked(key, shuffled)] == by_name
    without = tuple(name for name in names if name != "app3")
    assert [without[i] for i in ranked(key, without)] == [n for n in by_name if n != "app3"]
