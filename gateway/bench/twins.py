"""What peers draw today, for the naive twins: gaps with rims, plain pictures, flat colours.

Written anew from what their challenges look like; nothing of theirs is copied.
"""

from __future__ import annotations

import cv2
import numpy as np

from gateway.art import Pixels, Style, blurred, scene
from gateway.bench.pictures import Plane

STOCK = Style.of(b"")


def backdrop(chance: np.random.Generator, width: int, height: int) -> Pixels:
    """(height, width, 3) sRGB 0..255: in place of the photographs that peers ship."""
    return blurred(scene(chance, width, height, STOCK), 1.0)


def jigsaw(size: int) -> Plane:
    """(size, size), 0..1: a square with a knob on its right and a bay on its left side."""
    big = 4 * size
    mask = np.zeros((big, big), np.uint8)
    cv2.rectangle(mask, (big // 8, big // 5), (big * 4 // 5, big * 9 // 10), 255, -1)
    cv2.circle(mask, (big * 4 // 5, big * 11 // 20), big // 9, 255, -1)
    cv2.circle(mask, (big * 9 // 20, big // 5), big // 9, 255, -1)
    cv2.circle(mask, (big // 8, big * 11 // 20), big // 9, 0, -1)
    small = cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small / 255.0, np.float32)


def cut_out(picture: Pixels, mask: Plane, left: int, top: int) -> tuple[Pixels, Pixels]:
    """The scene with a dark gap and a light rim, and the piece (h, w, 4), its alpha the gap."""
    height, width = mask.shape
    there = picture[top : top + height, left : left + width]
    soft = mask[..., None]
    piece = np.dstack((there * (soft > 0), 255 * mask)).astype(np.float32)
    gap = there * (1 - 0.55 * soft)
    hard = np.asarray(mask > 0.5, np.uint8)
    rim = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))[..., None]
    gap = gap * (1 - 0.6 * rim) + 255 * 0.6 * rim
    holed = picture.copy()
    holed[top : top + height, left : left + width] = gap
    return holed, piece
