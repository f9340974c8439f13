from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hand.paths import Points
from gateway.hand.sketch import LEAST_SAMPLES, MARKS, STEPS, marks
from tests.hand.drawn import drawn, ruled


def placed(path: Points, turn: float, scale: float, slower: float = 1.0) -> Points:
    t, x, y = path
    place = (x - x[0] + 1j * (y - y[0])) * scale * np.exp(1j * turn)
    return np.rint(t * slower), np.rint(700 + place.real), np.rint(400 + place.imag)


def retimed(path: Points) -> Points:
    return np.arange(len(path[0])) * 16.7, path[1], path[2]


def cut(path: Points) -> Points:
    return tuple(axis[len(axis) // 5 :] for axis in path)  # type: ignore[return-value]


def lingering(path: Points) -> Points:
    """Told twice of every third place."""
    again = np.sort(np.append(np.arange(len(path[0])), np.arange(0, len(path[0]), 3)))
    return path[0][again], path[1][again], path[2][again]


def between_pixels(path: Points) -> Points:
    aside = 0.3 * (-1.0) ** np.arange(len(path[0]))
    return path[0], np.rint(path[1]) + aside, np.rint(path[2]) - aside


def shaken(path: Points, size_px: float) -> Points:
    rng = np.random.default_rng(4)
    t, x, y = path
    return (
        t,
        np.rint(x + rng.normal(0, size_px, len(t))),
        np.rint(y + rng.normal(0, size_px, len(t))),
    )


def swung(path: Points) -> Points:
    t, x, y = path
    return t, x, np.rint(y + 40 * np.sin(t / 80))


def mirrored(path: Points) -> Points:
    return path[0], path[1], -path[2]


def shared(one: Points, other: Points) -> tuple[int, int]:
    """Marks of steps and of shape that both have."""
    steps, shape = (
        sum(a == b for a, b in zip(ours, theirs, strict=True) if ours and theirs)
        for ours, theirs in zip(marks(one), marks(other), strict=True)
    )
    return steps, shape


@pytest.mark.parametrize(
    "again, steps, shape",
    [
        (drawn(), range(4, 5), range(4, 5)),
        (placed(drawn(), 0, 1), range(4, 5), range(4, 5)),
        (retimed(drawn()), range(4, 5), range(5)),
        (cut(drawn()), range(2, 5), range(5)),
        (lingering(drawn()), range(4, 5), range(5)),
        (between_pixels(drawn()), range(4, 5), range(4, 5)),
        (placed(drawn(), 0, 1, slower=1.5), range(4, 5), range(2, 5)),
        (placed(drawn(), 0.7, 2), range(1), range(2, 5)),
        (placed(drawn(), math.pi, 1.5), range(1), range(2, 5)),
        (shaken(drawn(), 6), range(1), range(2)),
        (mirrored(drawn()), range(2), range(1)),
        (swung(drawn()), range(1), range(1)),
    ],
)
def test_what_a_replay_shares(again: Points, steps: range, shape: range) -> None:
    found = shared(again, drawn())
    assert found[0] in steps and found[1] in shape


def test_marks_are_few_and_short() -> None:
    steps, shape = marks(drawn())
    assert len(steps) == len(shape) == MARKS
    assert {len(mark) for mark in steps} == {8}
    assert len(set(steps)) == len(set(shape)) == MARKS


def test_a_ruler_has_no_marks_of_steps() -> None:
    """Every even straight path would share them."""
    steps, shape = marks(ruled(200))
    assert steps == [] and len(shape) == MARKS


@pytest.mark.parametrize("count, expected", [(STEPS, 0), (STEPS + 1, MARKS)])
def test_the_shortest_with_marks_of_steps(count: int, expected: int) -> None:
    x = np.cumsum(np.arange(count, dtype=float) % 7 + 1)
    assert len(marks((np.arange(count) * 10.0, x, x * 0))[0]) == expected


@pytest.mark.parametrize("samples, expected", [(LEAST_SAMPLES - 1, 0), (LEAST_SAMPLES, MARKS)])
def test_flicks_have_no_marks_of_shape(samples: int, expected: int) -> None:
    t = np.array([0.0, 300.0, (samples - 0.5) * 1000 / 30])
    assert len(marks((t, np.array([0.0, 80.0, 200.0]), np.array([0.0, 9.0, 0.0])))[1]) == expected


def test_a_path_that_never_moves_has_none() -> None:
    assert marks((np.arange(900.0), np.full(900, 3.0), np.full(900, 4.0))) == ([], [])


points = st.lists(
    st.tuples(st.integers(0, 300), st.integers(-9000, 9000), st.floats(-9e8, 9e8)),
    min_size=1,
    max_size=30,
)


@given(points)
def test_anything_can_be_marked(rows: list[tuple[int, int, float]]) -> None:
    gaps, x, y = np.array(rows, float).T
    assert all(len(sort) in (0, MARKS) for sort in marks((np.cumsum(gaps), x, y)))
