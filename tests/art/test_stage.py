"""Solids, the camera that sees them, and painting them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.art import Style
from gateway.art.board import Item, coloured, draw_board, dressed
from gateway.art.solids import BUILT, OUTLINES, box, solid
from gateway.art.stage import PATTERNS, Camera, Light, Rim, Thing, paint

NAMES = (*OUTLINES, *BUILT)
EVEN = Light((0.0, 0.0, 0.0), 1.0)


def camera(azimuth_rad: float = 0.0, elevation_rad: float = 0.0) -> Camera:
    return Camera(azimuth_rad, elevation_rad, 5.0, 50.0, (100.0, 100.0), aim_z=0.0)


@pytest.mark.parametrize(
    ("azimuth_rad", "point", "across_px"),
    [
        (0.0, (1.0, 0.0, 0.0), 50.0),
        (0.0, (0.0, 1.0, 0.0), 0.0),
        (np.pi / 2, (0.0, 1.0, 0.0), 50.0),
        (np.pi, (1.0, 0.0, 0.0), -50.0),
        (3 * np.pi / 2, (0.0, 1.0, 0.0), -50.0),
    ],
)
def test_what_is_right_of_the_camera(azimuth_rad, point, across_px):
    seen = camera(azimuth_rad).seen(np.array(point, np.float32))
    assert seen[0] - 100 == pytest.approx(across_px, abs=0.01)


def test_near_is_large_and_high_is_up():
    near, far = camera().seen(np.array([(1, -2, 0), (1, 2, 0)], np.float32))
    assert near[0] > far[0] > 100 and near[2] < far[2]
    assert camera().seen(np.array((0, 0, 1), np.float32))[1] < 100
    above = camera(elevation_rad=0.6).seen(np.array([(0, 1, 0), (0, -1, 0)], np.float32))
    assert above[0][1] < 100 < above[1][1]  # what is behind lies higher in the picture


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sides", [7, 12])
def test_solids_stand_on_the_ground_and_look_outwards(name, sides):
    made = solid(name, sides)
    assert -0.02 < made.faces[..., 2].min() < 0.02
    assert 0.15 < made.faces[..., 2].max() < 0.9
    assert np.hypot(made.faces[..., 0], made.faces[..., 1]).max() < 0.5
    normals = np.cross(made.faces[:, 2] - made.faces[:, 0], made.faces[:, 3] - made.faces[:, 1])
    assert (np.linalg.norm(normals, axis=1) > 1e-6).all()


def test_a_box_is_closed_and_looks_outwards():
    made = box((0, 0, 0.5), (1, 1, 1))
    normals = np.cross(made.faces[:, 2] - made.faces[:, 0], made.faces[:, 3] - made.faces[:, 1])
    outwards = made.faces.mean(1) - np.array([0, 0, 0.5])
    assert ((normals * outwards).sum(1) > 0).all()
    assert normals.sum(0) == pytest.approx(np.zeros(3), abs=1e-6)


def painted(things, rim=None):
    picture = Image.new("RGB", (200, 200))
    paint(ImageDraw.Draw(picture), camera(elevation_rad=0.4), EVEN, things, rim)
    return np.asarray(picture)


def thing(at, ink, pattern="plain"):
    return Thing(solid("cube", 8), at, 0.0, 1.0, 1.0, (ink, (9, 9, 9), (7, 7, 7)), pattern)


def test_the_nearer_one_is_in_front_whatever_their_order():
    near, far = thing((0, -0.4), (255, 0, 0)), thing((0, 0.4), (0, 255, 0))
    assert np.array_equal(painted((near, far)), painted((far, near)))
    alone = (painted((near,))[..., 0] == 255).sum()
    assert (painted((near, far))[..., 0] == 255).sum() == alone


def test_a_rim_is_around_and_not_over():
    plain, rimmed = (
        painted((thing((0, 0), (255, 0, 0)),)),
        painted((thing((0, 0), (255, 0, 0)),), Rim((0, 0, 255), 5)),
    )
    assert ((plain[..., 0] == 255) == (rimmed[..., 0] == 255)).all()
    assert (rimmed[..., 2] == 255).sum() > 200


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_use_two_colours(pattern):
    made = Thing(
        solid("ball", 8), (0, 0), 0.0, 1.0, 1.0, ((1, 1, 1), (2, 2, 2), (3, 3, 3)), pattern
    )
    assert set(made.painted()[:, 0]) == ({1} if pattern == "plain" else {1, 2})


@pytest.mark.parametrize("luma", [0.1, 0.5, 0.9])
def test_a_colour_is_as_light_as_asked(luma):
    red, green, blue = coloured(0.6, 0.7, luma)
    assert (0.299 * red + 0.587 * green + 0.114 * blue) / 255 == pytest.approx(luma, abs=0.01)


def test_solids_are_lighter_than_a_dark_rim_and_darker_than_a_white_one():
    chance = np.random.default_rng(3)
    for _ in range(300):
        inks = np.array(dressed(chance, Item("cube", (0, 0), 0.0)).colours)
        assert (inks @ (0.299, 0.587, 0.114) / 255 > 0.17).all()
        assert (inks @ (0.299, 0.587, 0.114) / 255 < 0.87).all()


def test_the_same_chance_draws_the_same_board():
    def drawn(seed):
        chance = np.random.default_rng(seed)
        things = (dressed(chance, Item("house", (0.2, 0.1), 0.4)),)
        return draw_board(chance, (200, 120), camera(0.0, 0.6), things, Style.of(b""), 2.0)

    assert drawn(1).tobytes() == drawn(1).tobytes() != drawn(2).tobytes()


def test_the_person_stands_where_the_angle_says():
    """Right of the board at 90°, left of it at 270°, behind it at 180°."""
    things = (dressed(np.random.default_rng(0), Item("cube", (0, 0), 0.0)),)

    def centre(from_rad):
        same = [
            np.asarray(
                draw_board(
                    np.random.default_rng(5), (300, 300), seen_from, things, Style.of(b""), angle
                ),
                np.int16,
            )
            for angle in (None, from_rad)
        ]
        ys, xs = np.nonzero(np.abs(same[1] - same[0]).sum(-1) > 60)
        return xs.mean() - 150, ys.mean() - 150

    seen_from = Camera(0.0, 0.63, 6.0, 60.0, (150.0, 150.0))
    assert centre(np.pi / 2)[0] > 50
    assert centre(3 * np.pi / 2)[0] < -50
    assert centre(np.pi)[1] < -30
