"""What an attacker works out of the scenes and pictures of `view`."""

from __future__ import annotations

from math import pi
from random import Random

import numpy as np
import pytest

from gateway.bench import layout, outlines
from gateway.bench.attacks import view as attacks
from gateway.bench.pictures import decode
from gateway.kinds import view as kind


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, -0.7), (-0.6, 0.4)])
def test_ground_and_pixels_are_each_others_inverse(place):
    pixel = layout.to_pixel(*place, 0.0, 376, 216)
    assert layout.to_ground(pixel, 376, 216) == pytest.approx(place, abs=1e-6)


def test_the_person_is_found_in_nearly_every_scene():
    off = []
    for seed in range(12):
        chance = np.random.default_rng(seed)
        setting = kind.arranged(chance, kind.Style.of(b""))
        scene = kind._drawn(
            chance,
            kind.SCENE_PX,
            kind.scene_camera(chance),
            setting.from_above(),
            kind.Style.of(b""),
            setting.from_rad,
        )
        off.append(abs(layout.person_rad(np.asarray(scene)) - setting.from_rad))
    assert sum(o < pi / 12 for o in off) >= 10


def square(left: int, top: int, size: int) -> np.ndarray:
    mask = np.zeros((60, 120), bool)
    mask[top : top + size, left : left + size] = True
    return mask


def test_parts_are_told_apart_and_touching_ones_cut():
    three = square(5, 10, 20) | square(50, 10, 20) | square(90, 10, 20)
    assert [int(part.sum()) for part in layout.parted(three, 3)] == [400] * 3
    touching = square(5, 10, 20) | square(25, 10, 20) | square(90, 10, 20)
    parts = layout.parted(touching, 3)
    assert len(parts) == 3 and all(part.sum() > 250 for part in parts)
    assert layout.parted(np.zeros((9, 9), bool), 3) == []


def test_a_rendered_outline_is_named():
    names = [*outlines.OUTLINES, *outlines.BUILT]
    for index, name in enumerate(names):
        picture = np.array(outlines._renderings(name)[1]).reshape(layout.SIDE, layout.SIDE)
        even = np.zeros((9, 9, 3), np.uint8)
        blob = layout.Blob((0, 0), picture, np.zeros(3, np.float32), even)
        assert int(np.argmax(outlines.names_of(blob))) == index


def test_likeness_of_an_outline_with_itself_is_whole():
    picture = np.zeros((60, 120, 3), np.uint8)
    blob = layout.cut(picture, square(5, 10, 20))
    assert blob is not None
    assert outlines.overlap(blob, blob) == pytest.approx(1.0)
    assert outlines.edges(blob, blob) == pytest.approx(1.0)
    assert layout.cut(picture, square(5, 10, 4)) is None
    assert blob.square.shape == (27, 27, 3)
    assert attacks.runs([], [blob]).shape == (0, 3)


def test_the_margin_is_of_the_order_as_it_stands():
    assert attacks.margin(np.eye(3, dtype=np.float32)) == 2.0
    assert attacks.margin(np.eye(3, dtype=np.float32)[::-1]) < 0
    assert attacks.margin(np.ones((3, 2), np.float32)) == -9.0


def test_the_twin_is_solved_by_a_template():
    template = next(a for a in attacks.SUITE.attacks if a.name == "template")
    for seed in range(5):
        made = attacks.naive(Random(seed))
        assert decode(made.view["rounds"][0]["scene"]).shape == (216, 376, 3)
        assert kind.KIND.check(made.secret, template.solve(made.view, Random(1))).ok


def test_rows_have_one_right_picture_in_each_round():
    made = kind.KIND.make(Random(3), kind.Params())
    rows, labels = attacks.SUITE.learner.examples(made)
    assert rows.shape[0] == 12 and np.isfinite(rows).all()
    assert [int(k) for k in np.flatnonzero(labels)] == [
        k + 6 * n for n, k in enumerate(made.secret["chosen"])
    ]
    found = attacks.SUITE.learner.answer(made.view, lambda r: np.arange(len(r), dtype=np.float32))
    assert found == [5, 5]
