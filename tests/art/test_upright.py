from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gateway.art.sketch import Points, Shape, Sketch
from gateway.art.style import Style
from gateway.art.upright import FAMILIES, figure, loose, turned

STYLE = Style.of(b"")


def chance(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def points_of(shapes: list[Shape]) -> Points:
    return np.concatenate([shape.points for shape in shapes])


@pytest.mark.parametrize("seed", range(40))
def test_a_figure_fills_a_circle_of_radius_1(seed: int) -> None:
    """Bent and stretched by at most a third, so a little more or less."""
    shapes = figure(chance(seed), STYLE, 0.09)
    far = np.hypot(*points_of(shapes).T)
    assert 0.6 < far.max() < 1.7
    assert len(shapes) >= 4


def test_the_same_chance_draws_the_same_and_another_does_not() -> None:
    one, again, other = (points_of(figure(chance(seed), STYLE, 0.1)) for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or not np.allclose(one, other)


def test_installs_bend_figures_their_own_way() -> None:
    one, other = (points_of(figure(chance(3), Style.of(salt), 0.1)) for salt in (b"a", b"b"))
    assert one.shape == other.shape
    assert not np.allclose(one, other, atol=0.01)


@pytest.mark.parametrize("family", sorted(set(FAMILIES), key=lambda f: f.__name__))
def test_families_draw_what_is_other_each_time(family: Callable[[Sketch], None]) -> None:
    widths = set()
    for seed in range(12):
        sketch = Sketch(chance(seed))
        family(sketch)
        points = points_of(sketch.shapes)
        assert np.isfinite(points).all()
        widths.add(round(float(np.ptp(points[:, 0]) / np.ptp(points[:, 1])), 2))
    assert len(widths) > 8


@pytest.mark.parametrize(
    "turn_deg, x, y", [(0, 50, 40), (90, 40, 50), (180, 50, 60), (270, 60, 50)]
)
def test_turns_are_counter_clockwise_to_the_eye(turn_deg: float, x: float, y: float) -> None:
    """The topmost point of a figure goes left first; rows go down."""
    top = Shape(np.array([[0.0, -1.0]]), 0)
    (put,) = turned([top], turn_deg, 10.0, (50.0, 50.0))
    assert put.points[0] == pytest.approx([x, y])


@pytest.mark.parametrize("count", [0, 1, 5])
def test_loose_parts_are_few_and_about_the_middle(count: int) -> None:
    parts = loose(chance(5), STYLE, 0.09, count)
    assert len(parts) == count
    for part in parts:
        points = points_of(part)
        assert 1 <= len(part) <= 3
        assert (points.min(0) + points.max(0)) / 2 == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_slants_and_bends_turn_nothing_as_a_whole(seed: int) -> None:
    """Bent more or less, a figure stands as it stood."""
    little, much = (points_of(figure(chance(seed), STYLE, bend)) for bend in (0.001, 0.12))
    one, other = (points - points.mean(0) for points in (little, much))
    cross = (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).sum()
    assert abs(np.degrees(np.arctan2(cross, (one * other).sum()))) < 7
