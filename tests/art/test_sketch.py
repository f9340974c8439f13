"""Drawings as numbers: formed, put, bent, cut and painted; and the subjects drawn that way."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.art.painting import SMOOTH, Paints, paint, tones_of
from gateway.art.sketch import (
    HEIGHT,
    INK,
    TONES,
    WIDTH,
    Bend,
    Play,
    Pose,
    Shape,
    Sketch,
    moved,
    outlines,
    seen_in,
)
from gateway.art.subjects import SUBJECTS

PAINTS = Paints((0, 0, 0), tuple((50 * n, 200, 255 - 50 * n) for n in range(TONES)), 3.0)


def sketch(seed: int = 1) -> Sketch:
    return Sketch(np.random.default_rng(seed))


def square(left: float, top: float, side: float, tone: int | None = 0) -> Shape:
    right, low = left + side, top + side
    corners = [(left, top), (right, top), (right, low), (left, low)]
    return Shape(np.array(corners, np.float64), tone)


# --- Forms ---------------------------------------------------------------------------------


def test_forms_go_through_the_points_they_are_given() -> None:
    s = sketch()
    given = [(0.2, 0.3), (1.4, 0.2), (1.1, 1.5)]
    s.poly(0, *given)
    s.blob(0, *given)
    s.line(*given)
    s.straight(*given)
    for shape in s.shapes:
        for point in given:
            assert np.abs(shape.points - point).sum(1).min() < 1e-9
    corners = s.shapes[0].points[list(s.shapes[0].corners)]
    assert corners.tolist() == [list(point) for point in given]


def test_an_oval_is_as_wide_and_high_as_said_and_turns_clockwise() -> None:
    s = sketch()
    s.oval(0, 1.0, 0.5, 0.4, 0.2)
    s.oval(0, 1.0, 0.5, 0.4, 0.2, deg=90)
    lying, standing = (np.ptp(shape.points, axis=0) for shape in s.shapes)
    assert lying == pytest.approx((0.8, 0.4))
    assert standing == pytest.approx((0.4, 0.8))
    s.oval(0, 0.0, 0.0, 1.0, 0.1, deg=30)
    tip = s.shapes[2].points[0]  # what was at the right has gone down
    assert tip == pytest.approx((np.cos(np.pi / 6), np.sin(np.pi / 6)))


def test_a_tube_is_as_thick_as_said_at_both_ends() -> None:
    s = sketch()
    s.tube(0, [(0, 1), (1, 1), (2, 1)], 0.4, 0.2)
    points = s.shapes[0].points
    assert np.ptp(points[np.abs(points[:, 0]) < 1e-9, 1]) == pytest.approx(0.4)
    assert np.ptp(points[np.abs(points[:, 0] - 2) < 1e-9, 1]) == pytest.approx(0.2)


# --- As a whole ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pose, point, put",
    [
        (Pose((1, 1), (1, 1)), (2, 1), (2, 1)),
        (Pose((1, 1), (5, 6)), (2, 1), (6, 6)),
        (Pose((1, 1), (1, 1), size=2), (2, 1), (3, 1)),
        (Pose((1, 1), (1, 1), turn_deg=90), (2, 1), (1, 2)),  # clockwise: y goes down
        (Pose((1, 1), (1, 1), mirrored=True), (2, 1.5), (0, 1.5)),
        (Pose((1, 1), (1, 1), turn_deg=90, mirrored=True), (1, 2), (2, 1)),
        (Pose((1, 1), (1, 1), stretch=4), (2, 2), (3, 1.5)),
        (Pose((1, 1), (1, 1), shear=0.5), (1, 2), (1.5, 2)),
    ],
)
def test_poses(pose: Pose, point: tuple[float, float], put: tuple[float, float]) -> None:
    assert pose(np.array([point], np.float64))[0] == pytest.approx(put)


def test_a_bend_moves_little_and_neighbours_alike() -> None:
    points = np.stack(np.meshgrid(np.linspace(0, 3, 60), np.linspace(0, 2, 40)), -1).reshape(-1, 2)
    for seed in range(20):
        off = Bend.draw(np.random.default_rng(seed), 0.05)(points) - points
        assert 0.005 < np.abs(off).mean() < 0.2
        beside = off.reshape(40, 60, 2)
        assert np.abs(np.diff(beside, axis=1)).max() < 0.1


def test_play_stays_within_its_bounds() -> None:
    play = Play(off=0.1, size=0.2, turn_deg=10.0, stretch=0.3, shear=0.1, bend=0.0)
    for seed in range(200):
        _, pose = play.steps(np.random.default_rng(seed), (1.0, 2.0), (7.0, 8.0), scale=3.0)
        assert np.abs(np.array(pose.middle) - (1.0, 2.0)).max() <= 0.1
        assert 3.0 / 1.2 <= pose.size <= 3.0 * 1.2
        assert 1 / 1.3 <= pose.stretch <= 1.3
        assert abs(pose.turn_deg) <= 10.0
        assert abs(pose.shear) <= 0.1
        assert pose.to == (7.0, 8.0)


def test_moving_keeps_each_shape_apart_and_the_rest_of_it() -> None:
    s = sketch()
    s.poly(3, (0, 0), (1, 0), (0, 1))
    s.line((0, 0), (1, 1), wide=2.0)
    put = moved(s.shapes, lambda at: at + 1, lambda at: at * 2)
    for before, after in zip(s.shapes, put, strict=True):
        assert after.points == pytest.approx((before.points + 1) * 2)
        assert (after.tone, after.wide, after.corners) == (
            *(before.tone, before.wide),
            before.corners,
        )


def test_only_what_reaches_into_the_square_is_kept() -> None:
    places = {"in": (3, 3), "left": (-9, 3), "below": (3, 14), "near": (12, 3), "around": (-5, -5)}
    shapes = [square(x, y, 30 if name == "around" else 1) for name, (x, y) in places.items()]
    kept = seen_in(10, shapes, lambda at: at, room=3)
    names = list(places)
    assert [names[shapes_at(shapes, one)] for one in kept] == ["in", "near", "around"]


def shapes_at(shapes: list[Shape], one: Shape) -> int:
    return next(n for n, other in enumerate(shapes) if (other.points == one.points).all())


def test_outlines_close_forms_and_fill_none() -> None:
    lines = outlines([square(0, 0, 1), Shape(np.zeros((2, 2)), None, wide=5.0)], most_wide=1.5)
    assert [line.tone for line in lines] == [None, None]
    assert (lines[0].points[0] == lines[0].points[-1]).all()
    assert [line.wide for line in lines] == [1.0, 1.5]


# --- Painted -------------------------------------------------------------------------------


def test_forms_hide_what_lies_behind_and_nothing_else_is_covered() -> None:
    behind = Shape(np.array([[0.0, 20.0], [40.0, 20.0]]), None)
    drawn = np.asarray(paint([behind, square(10, 10, 20, tone=2)], (40, 40), PAINTS))
    assert drawn[20, 20].tolist() == [*PAINTS.tones[2], 255]
    assert drawn[20, 3].tolist() == [0, 0, 0, 255]
    assert drawn[5, 5, 3] == 0


def test_ink_fills_what_is_of_ink_and_lines_are_as_wide_as_said() -> None:
    drawn = np.asarray(paint([square(10, 10, 20, tone=INK)], (40, 40), PAINTS))
    assert drawn[20, 20].tolist() == [0, 0, 0, 255]
    line = Shape(np.array([[0.0, 20.0], [40.0, 20.0]]), None, wide=2.0)
    column = np.asarray(paint([line], (40, 40), PAINTS))[:, 20, 3] / 255
    assert column.sum() == pytest.approx(2.0 * PAINTS.line_px, abs=1.0 / SMOOTH)


def test_tones_count_from_one_and_the_last_lies_uppermost() -> None:
    shapes = [square(0, 0, 9, tone=0), square(5, 0, 9, tone=3), square(0, 0, 20, tone=None)]
    tones = tones_of(shapes, (20, 12))
    assert [int(tones[2, x]) for x in (2, 7, 18)] == [1, 4, 0]


# --- Subjects ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_fills_its_frame_with_tones_there_are(name: str) -> None:
    s = sketch()
    SUBJECTS[name](s)
    assert {shape.tone for shape in s.shapes} <= {None, INK, *range(TONES)}
    points = np.concatenate([shape.points for shape in s.shapes])
    assert np.isfinite(points).all()
    left, top = points.min(0)
    right, low = points.max(0)
    assert left < 0.3 and top < 0.4 and right > WIDTH - 0.3 and low > HEIGHT - 0.4
    assert left > -0.6 and top > -0.6 and right < WIDTH + 0.6 and low < HEIGHT + 0.6


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_is_drawn_a_little_other_each_time(name: str) -> None:
    drawings = []
    for seed in (1, 2, 1):
        s = sketch(seed)
        SUBJECTS[name](s)
        drawings.append(np.concatenate([shape.points for shape in s.shapes]))
    one, other, again = drawings
    assert (one == again).all()
    assert one.shape != other.shape or (one != other).any()
