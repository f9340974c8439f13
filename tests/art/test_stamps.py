"""Things in a scene: seen everywhere along their outline, within bounds, by the seed alone."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from PIL import Image

from gateway import art
from gateway.art.assets import glyph, icons
from gateway.art.forms import Mask
from gateway.art.stamps import Canvas, Ink, bent, fitted, hollowed, piece, ribbon

SQUARE = np.pad(np.full((60, 60), 255, np.uint8), 18)


def chance(seed: int = 1) -> np.random.Generator:
    return art.generator(Random(seed))


def flat(level: float, size_px: int = 160) -> art.Pixels:
    return np.full((size_px, size_px, 3), level, np.float32)


@pytest.mark.parametrize("ink", [icons()[0].filled, glyph("水", 50), glyph("一", 50)])
def test_a_bent_thing_has_its_size_and_stays_in_its_picture(ink: np.ndarray):
    for seed in range(20):
        mask = bent(chance(seed), ink, 60, turn_deg=float(12 * seed))
        assert mask.shape == (90, 90)
        assert mask.min() >= 0 and mask.max() <= 1
        rows, columns = np.nonzero(mask > 0.5)
        assert 40 < max(np.ptp(rows), np.ptp(columns)) < 84
        rim = np.concatenate((mask[0], mask[-1], mask[:, 0], mask[:, -1]))
        assert rim.max() < 0.5


def test_no_bend_and_no_turn_keeps_the_thing():
    mask = bent(chance(), SQUARE, 60, 0.0, bend=0.0, squeeze=0.0)
    assert mask[45, 45] == pytest.approx(1.0, abs=0.02)
    assert mask.sum() == pytest.approx(3600, rel=0.05)


@pytest.mark.parametrize("high, wide", [(10, 40), (50, 20), (30, 30)])
def test_what_is_fitted_fills_its_size_in_the_middle(high: int, wide: int):
    mask = np.zeros((90, 90), np.float32)
    mask[5 : 5 + high, 7 : 7 + wide] = 1.0
    found = fitted(mask, 60)
    assert found.shape == (90, 90)
    rows, columns = np.nonzero(found > 0.5)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(60, abs=2)
    assert (np.ptp(rows) + 1) / (np.ptp(columns) + 1) == pytest.approx(high / wide, rel=0.12)
    assert (rows.mean(), columns.mean()) == pytest.approx((44.5, 44.5), abs=1.5)


def test_nothing_fitted_is_nothing():
    assert not fitted(np.zeros((30, 30), np.float32), 20).any()


@pytest.mark.parametrize("width", [0.07, 0.2])
def test_a_ribbon_lies_across_and_is_as_wide_as_it_is_to_be(width: float):
    for seed in range(20):
        mask = ribbon(chance(seed), 80, width, 0.25)
        assert mask.shape == (120, 120)
        assert mask.min() == 0 and mask.max() == 1
        rows, columns = np.nonzero(mask > 0.5)
        length_px = np.hypot(np.ptp(rows), np.ptp(columns))
        assert 85 < length_px < 125
        assert mask.sum() == pytest.approx(100 * 80 * width, rel=0.15)
        assert np.hypot(rows - 59.5, columns - 59.5).min() < 0.3 * 80


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_hollows_leave_a_wall(share: float):
    for seed in range(10):
        solid = bent(chance(), SQUARE, 60, 0.0, bend=0.0, squeeze=0.0)
        left = hollowed(chance(seed), solid, wall_px=5.0, share=share)
        assert 0.35 < left.sum() / solid.sum() < 0.95
        assert (left <= solid + 1e-6).all()
        outer = solid.copy()
        outer[18:72, 18:72] = 0  # 3 px of wall
        assert (left * outer).sum() > 0.9 * outer.sum()


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_piece_is_a_part(share: float):
    solid: Mask = bent(chance(), SQUARE, 60, 0.0)
    for seed in range(10):
        part = piece(chance(seed), solid, share)
        assert 0.6 * share < part.sum() / solid.sum() < 1.4 * share


@pytest.mark.parametrize("level", [0, 30, 70, 128, 190, 230, 255])
def test_whatever_is_behind_the_contrast_is_there(level: int):
    """Lighter or darker, in one part or all of it, but never in between."""
    ink = Ink(contrast=50.0, two_toned=1.0)
    for seed in range(8):
        canvas = Canvas(art.image(flat(level)))
        canvas.put(chance(seed), np.ones((60, 60), np.float32), 80, 80, ink)
        inside = art.luminance(art.pixels(canvas.picture()))[52:108, 52:108]
        assert np.abs(inside - level).min() > 40
        assert np.abs(art.luminance(art.pixels(canvas.picture()))[:40] - level).max() < 0.5


@pytest.mark.parametrize(
    "lumas, tones",
    [
        ((40, 120), {"lighter"}),  # what is too dark to be darkened by all of it decides for all
        ((50, 90), {"lighter"}),
        ((215, 135), {"darker"}),
        ((5, 220), {"lighter", "darker"}),  # one of the halves would hardly be seen
    ],
)
def test_a_thing_has_one_tone_where_that_is_seen(lumas: tuple[int, int], tones: set[str]):
    """Its left half lies on one luma, its right on another."""
    scene = np.full((160, 160, 3), lumas[0], np.uint8)
    scene[:, 80:] = lumas[1]
    for seed in range(8):
        canvas = Canvas(Image.fromarray(scene))
        canvas.put(chance(seed), np.ones((60, 60), np.float32), 80, 80, Ink(90.0, 0.0, 0.0, 0.0))
        off = canvas.values[60:100, 55:105].astype(int) - scene[60:100, 55:105]
        off = np.delete(off, slice(15, 35), axis=1)  # in between light is soft
        assert {"lighter" if value > 0 else "darker" for value in off.ravel()} == tones


def test_two_tones_are_two():
    signs = set()
    for seed in range(8):
        canvas = Canvas(art.image(flat(128)))
        canvas.put(chance(seed), np.ones((60, 60), np.float32), 80, 80, Ink(two_toned=1.0))
        inside = art.luminance(art.pixels(canvas.picture()))[52:108, 52:108] - 128
        signs |= set(np.sign(inside).ravel())
        assert 0.2 < (inside > 0).mean() < 0.8
    assert signs == {-1.0, 1.0}


@pytest.mark.parametrize("x, y", [(0, 0), (159, 80), (80, 160), (-200, 80), (400, 400)])
def test_what_lies_outside_is_cut(x: int, y: int):
    canvas = Canvas(art.image(flat(128)))
    canvas.put(chance(), np.ones((60, 60), np.float32), x, y, Ink())
    assert canvas.values.shape == (160, 160, 3)
    changed = (canvas.values != 128).any()
    assert changed is np.bool_(-30 < x < 190 and -30 < y < 190)


def test_the_scene_itself_is_left_alone():
    scene = art.image(flat(128))
    Canvas(scene).put(chance(), np.ones((60, 60), np.float32), 80, 80, Ink())
    assert (art.pixels(scene) == 128).all()
