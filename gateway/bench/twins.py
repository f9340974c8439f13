"""What peers draw today, for the naive twins: gaps with rims, plain pictures, flat colours.

Written anew from what their challenges look like; nothing of theirs is copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from PIL import Image

from gateway.art import Pixels, Style, blurred, scene, webp_lossless
from gateway.art.assets import Alpha
from gateway.bench.pictures import Plane
from gateway.model import JSON

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


# --- things to click -------------------------------------------------------------------------

PASTELS = ((255, 214, 165), (202, 255, 191), (155, 246, 255), (255, 198, 255), (253, 255, 182))


def stamped(
    chance: np.random.Generator,
    picture: Pixels,
    inks: Sequence[Alpha],
    middles: Sequence[tuple[float, float]],
    size_px: float,
    most_deg: float = 30.0,
) -> Pixels:
    """Flat shapes in pastel colours with a dark shadow, turned a little, on the picture."""
    drawn = picture.copy()
    for ink, (x, y) in zip(inks, middles, strict=True):
        cover = _turned(ink, size_px, float(chance.uniform(-most_deg, most_deg)))
        colour = np.array(PASTELS[int(chance.integers(len(PASTELS)))], np.float32)
        _put(drawn, cover, x + 2, y + 2, np.zeros(3, np.float32))
        _put(drawn, cover, x, y, colour)
    return drawn


def asked_picture(ink: Alpha) -> Pixels:
    """A thing as a prompt shows it: dark on white."""
    size_px = 64
    cover = _turned(ink, 0.8 * size_px, 0.0)
    page = np.full((size_px, size_px, 3), 255, np.float32)
    _put(page, cover, size_px / 2, size_px / 2, np.zeros(3, np.float32))
    return page


def _turned(ink: Alpha, size_px: float, turn_deg: float) -> Plane:
    """The ink with its longer side at `size_px`, turned, in a square with room for it."""
    rows, columns = np.nonzero(ink > 32)
    cut = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = round(1.5 * size_px)
    scale = size_px / max(cut.shape)
    matrix = cv2.getRotationMatrix2D((cut.shape[1] / 2, cut.shape[0] / 2), turn_deg, scale)
    matrix[:, 2] += (side - cut.shape[1]) / 2, (side - cut.shape[0]) / 2
    turned = cv2.warpAffine(cut, matrix, (side, side), flags=cv2.INTER_AREA)
    return np.asarray(turned / 255.0, np.float32)


def _put(onto: Pixels, cover: Plane, x: float, y: float, colour: Pixels) -> None:
    """Blend a colour in, the middle of the cover at (x, y); all of it must be inside."""
    side = cover.shape[0]
    top, left = round(y - side / 2), round(x - side / 2)
    top, left = max(0, top), max(0, left)
    there = onto[top : top + side, left : left + side]
    soft = cover[: there.shape[0], : there.shape[1], None]
    there += soft * (colour - there)


# --- boards ----------------------------------------------------------------------------------

STONES = ((200, 45, 45), (40, 70, 200), (40, 150, 70), (230, 170, 40), (140, 60, 170))


def flat_board(
    chance: np.random.Generator, classes: Sequence[int], rows: int, columns: int, cell_px: int
) -> Pixels:
    """An even board with thin lines; class 0 is empty, the others are discs of one colour each."""
    board = np.full((rows * cell_px, columns * cell_px, 3), (235, 222, 190), np.uint8)
    board[::cell_px] = board[:, ::cell_px] = (190, 175, 140)
    for number, stone in enumerate(classes):
        if stone:
            row, column = divmod(number, columns)
            middle = (column * cell_px + cell_px // 2, row * cell_px + cell_px // 2)
            colour = STONES[(stone - 1) % len(STONES)]
            cv2.circle(board, middle, cell_px * 2 // 5, colour, -1, cv2.LINE_AA)
    grain = chance.normal(0, 3, board.shape)
    return np.asarray(board + grain, np.float32)


# --- encoded ---------------------------------------------------------------------------------


def flat_view(chance: np.random.Generator, classes: Sequence[int], side: int) -> Mapping[str, JSON]:
    """What a page would be given of such a board, `side` cells each way."""
    picture = sent(flat_board(chance, classes, side, side, 60))
    return {"picture": picture, "aspect": 1.0, "rows": side, "columns": side}


def sent(picture: Pixels) -> str:
    """As a view carries it: lossless, with alpha where it has one."""
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return webp_lossless(Image.fromarray(pixels))
