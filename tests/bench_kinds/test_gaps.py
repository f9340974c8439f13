"""Each way to find a gap finds those that peers draw."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.bench import gaps, twins
from gateway.bench.pictures import Pixels

WIDTH, HEIGHT, PIECE = 600, 300, 120  # twice 300 x 150, as screens of today show it
OFF_PX = 5.0  # at a width of 300
TRIALS = 15

FINDERS = {
    "edges": gaps.by_edges,
    "content": gaps.by_content,
    "contour": gaps.by_contour,
    "oriented contour": gaps.by_oriented_contour,
    "darkness": gaps.by_darkness,
    "continuity": gaps.by_continuity,
    "normalised continuity": lambda s, p, n=1: gaps.by_continuity(s, p, n, normalised=True),
}


def cut(seed: int) -> tuple[Pixels, Pixels, float, float]:
    """Scene and piece at a width of 300, and the middle of the gap there."""
    chance = np.random.default_rng(seed)
    mask = twins.jigsaw(PIECE)
    left, top = int(chance.integers(130, 460)), int(chance.integers(10, 170))
    picture = twins.backdrop(chance, WIDTH, HEIGHT)
    scene, piece = (
        np.clip(p, 0, 255).astype(np.uint8) for p in twins.cut_out(picture, mask, left, top)
    )
    rows, columns = np.nonzero(mask > 0.1)
    x, y = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    return *gaps.together(scene, piece, WIDTH // 2), (left + x) / 2, (top + y) / 2


@pytest.mark.parametrize("name", FINDERS)
def test_it_finds_what_peers_draw(name):
    found = 0
    for seed in range(TRIALS):
        scene, piece, x, y = cut(seed)
        (place,) = FINDERS[name](scene, piece)
        found += bool(np.hypot(place.x - x, place.y - y) <= OFF_PX)
    assert found >= 0.8 * TRIALS


@pytest.mark.parametrize("turn_deg, scale", [(8.0, 1.0), (-8.0, 1.12), (0.0, 0.88)])
@pytest.mark.parametrize("name", ["contour", "oriented contour"])
def test_it_finds_a_piece_that_was_turned_and_scaled(name, turn_deg, scale):
    import cv2

    scene, piece, x, y = cut(1)
    middle = ((piece.shape[1] - 1) / 2, (piece.shape[0] - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, -turn_deg, 1 / scale)
    changed = np.asarray(cv2.warpAffine(piece, matrix, piece.shape[1::-1]), np.uint8)
    (place,) = FINDERS[name](scene, changed)
    assert np.hypot(place.x - x, place.y - y) <= OFF_PX


def test_several_places_keep_apart():
    scene, piece, *_ = cut(2)
    places = gaps.by_contour(scene, piece, 5)
    assert len(places) == 5
    assert [p.score for p in places] == sorted((p.score for p in places), reverse=True)
    for i, one in enumerate(places):
        for other in places[:i]:
            assert np.hypot(one.x - other.x, one.y - other.y) > 5.9


def test_shrinking_keeps_the_aspect_and_never_grows():
    picture = np.zeros((100, 200, 4), np.uint8)
    assert gaps.shrunk(picture, 50).shape == (25, 50, 4)
    assert gaps.shrunk(picture, 400).shape == (100, 200, 4)
