"""Things are found on plain pictures, and compared by their outlines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gateway.bench import blobs, ocr


def star(size, filled=True, turn=0.0, points=5):
    angles = np.arange(2 * points) * np.pi / points + turn
    far = np.where(np.arange(2 * points) % 2, 0.45, 1.0) * size * 0.45
    corners = np.stack((np.cos(angles) * far, np.sin(angles) * far), 1) + size / 2
    mask = np.zeros((size, size), np.float32)
    if filled:
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1.0)
    else:
        cv2.polylines(mask, [corners.astype(np.int32)], True, 1.0, 3)
    return mask


def bar(size):
    mask = np.zeros((size, size), np.float32)
    mask[size // 3 : size // 2, size // 8 : -size // 8] = 1
    return mask


def test_things_are_found_where_they_are():
    picture = np.full((200, 300, 3), (180, 190, 170), np.uint8)
    places = [(40, 50), (150, 120), (230, 60)]
    for number, (x, y) in enumerate(places):
        mask = star(44)[..., None]
        part = picture[y - 22 : y + 22, x - 22 : x + 22]
        colour = np.array([(30, 40, 60), (200, 60, 40), (40, 90, 200)][number])
        part[:] = part * (1 - mask) + colour * mask
    found = blobs.find(picture, 20, 60)[:3]
    near = {
        min(range(3), key=lambda n: np.hypot(b.x - places[n][0], b.y - places[n][1])) for b in found
    }
    assert near == {0, 1, 2}
    assert all(min(np.hypot(b.x - x, b.y - y) for x, y in places) < 5 for b in found)


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.2])
@pytest.mark.parametrize("filled", [True, False])
def test_outlines_are_compared_whatever_turn_size_and_style(turn, filled):
    asked = blobs.silhouette(star(60))
    same = blobs.silhouette(star(41, filled, turn))
    ((like, unlike),) = blobs.likenesses([asked], [same, blobs.silhouette(bar(41))])
    assert like > 0.75
    assert unlike < 0.5


@pytest.mark.parametrize("ground, line", [(240, 20), (20, 240)])
def test_ink_is_what_is_not_the_ground(ground, line):
    picture = np.full((60, 60, 3), ground, np.uint8)
    picture[star(60) > 0] = line
    np.testing.assert_array_equal(blobs.ink(picture), star(60))


def test_ink_of_a_clear_ground_is_what_is_opaque():
    picture = np.dstack((np.full((60, 60, 3), 90), 255 * star(60))).astype(np.uint8)
    np.testing.assert_array_equal(blobs.ink(picture), star(60))


def test_pairs_use_each_once():
    scores = np.array([[0.9, 0.8, 0.1], [0.85, 0.2, 0.1]], np.float32)
    assert blobs.paired(scores) == [1, 0]


def test_crops_stay_within_the_picture():
    picture = np.zeros((20, 30, 3), np.uint8)
    assert ocr.crop(picture, (25, 15, 40, 40), 4).shape == (9, 9, 3)
    assert ocr.crop(picture, (-5, -5, 3, 3)).shape == (3, 3, 3)
    assert ocr.crop(picture, (50, 50, 60, 60)).size
