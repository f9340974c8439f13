from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hand.paths import Points
from gateway.hand.sketch import MOMENTS, SIZE, Memory, distance, sketch
from tests.hand.drawn import drawn, ruled


def placed(path: Points, turn: float, scale: float, slower: float = 1.0) -> Points:
    t, x, y = path
    place = (x - x[0] + 1j * (y - y[0])) * scale * np.exp(1j * turn)
    return np.rint(t * slower), np.rint(700 + place.real), np.rint(400 + place.imag)


def sampled(path: Points, gap_ms: float) -> Points:
    t, x, y = path
    at = np.append(np.arange(t[0], t[-1], gap_ms), t[-1])
    return at, np.interp(at, t, x), np.interp(at, t, y)


def with_noise(path: Points, size_px: float) -> Points:
    rng = np.random.default_rng(4)
    t, x, y = path
    return t, x + rng.normal(0, size_px, len(t)), y + rng.normal(0, size_px, len(t))


@pytest.mark.parametrize("turn", [0, 0.7, math.pi])
@pytest.mark.parametrize("scale", [0.7, 1, 2])
def test_a_path_elsewhere_keeps_its_sketch(turn: float, scale: float) -> None:
    again = placed(drawn(), turn, scale)
    assert distance(sketch(again), sketch(drawn())) < 0.01


@pytest.mark.parametrize(
    "again, most",
    [
        (drawn(), 0.0),
        (placed(drawn(), 0, 1, slower=1.25), 0.01),
        (sampled(drawn(), 16.7), 0.03),
        (sampled(drawn(), 33.3), 0.03),
        (with_noise(drawn(), 1.5), 0.03),
    ],
)
def test_a_replay_stays_near(again: Points, most: float) -> None:
    assert distance(sketch(again), sketch(drawn())) <= most


def test_mirrored_is_another_path() -> None:
    t, x, y = drawn()
    assert distance(sketch((t, x, -y)), sketch((t, x, y))) > 0.04


def test_a_straight_path_by_the_figure() -> None:
    found = np.frombuffer(sketch(ruled()), np.int8)
    assert len(found) == SIZE
    assert found[MOMENTS:].tolist() == [0] * MOMENTS
    assert found[MOMENTS // 2 - 1] == 50
    assert found[MOMENTS - 1] == 100


def test_distance_by_the_figure() -> None:
    one, other = bytes(SIZE), bytes([3] * MOMENTS + [4] * MOMENTS)
    assert distance(one, other) == pytest.approx(0.05)
    assert distance(other, one) == pytest.approx(0.05)


def filled(most: int = 100) -> Memory:
    memory = Memory(most)
    for seed in range(40):
        t, x, y = drawn(seed)
        memory.add(sketch((t, x, y + 40 * np.sin(t / (60 + 5 * seed)))))
    return memory


def test_what_was_there_before_stands_out() -> None:
    memory = filled()
    fresh, tenth = memory.nearest(sketch(drawn(99)))
    assert fresh > 0.3 * tenth
    memory.add(sketch(drawn(99)))
    replayed, tenth = memory.nearest(sketch(with_noise(placed(drawn(99), 0.4, 1.3), 1.0)))
    assert replayed < 0.02 < 0.3 * tenth + 0.02


def test_the_oldest_is_forgotten() -> None:
    memory = Memory(3)
    for number in range(4):
        memory.add(bytes([number]) * SIZE)
    assert memory.nearest(bytes([3]) * SIZE)[0] == 0
    assert memory.nearest(bytes([1]) * SIZE)[0] == 0
    assert memory.nearest(bytes([0]) * SIZE)[0] > 0
    memory.add(bytes([4]) * SIZE)
    assert [memory.nearest(bytes([n]) * SIZE)[0] > 0 for n in range(5)] == [1, 1, 0, 0, 0]


def test_an_empty_memory_knows_nothing() -> None:
    assert Memory(5).nearest(bytes(SIZE)) == (math.inf, math.inf)


def test_few_have_no_tenth() -> None:
    memory = Memory(20)
    for number in range(9):
        memory.add(bytes([number]) * SIZE)
    assert memory.nearest(bytes(SIZE)) == (0, math.inf)
    memory.add(bytes([9]) * SIZE)
    assert memory.nearest(bytes(SIZE))[1] == pytest.approx(0.09 * 2**0.5)


def test_a_path_that_never_moves() -> None:
    still = (np.arange(9.0), np.full(9, 3.0), np.full(9, 4.0))
    assert sketch(still) == bytes(SIZE)


points = st.lists(
    st.tuples(st.integers(0, 300), st.integers(-9000, 9000), st.floats(-9e8, 9e8)),
    min_size=1,
    max_size=30,
)


@given(points)
def test_anything_has_a_sketch(rows: list[tuple[int, int, float]]) -> None:
    gaps, x, y = np.array(rows, float).T
    assert len(sketch((np.cumsum(gaps), x, y))) == SIZE
