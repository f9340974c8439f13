"""A machine's eye for drawings: how alike two are by the directions of their edges, place by place.

Kinds look through it at what they draw, to keep of some drawings the one that programs know least,
or take for another most. Nothing is bent more for it than chance would have bent it: what people
know a thing by hardly changes. The measure is what most who compare drawings start from: directed
edges counted over small places, normalised there (Dalal and Triggs, 2005).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gateway.art.forms import Mask
from gateway.art.warps import fetched_each, padded

Seen = NDArray[np.float32]  # (drawings, d), each of length 1
Box: TypeAlias = tuple[int, int, int, int]  # left, top, right and bottom

SIDE_PX = 32  # of what is looked at
BOX = 26 / 32  # of that, its longer side
_PLACES = 9  # each way; each reaches over its neighbours
_FAINT = 0.2  # of the mean place, added to each: even ones count little
_INKED = 0.3


def seen(drawings: Iterable[Mask], side_px: int = SIDE_PX) -> Seen:
    """(drawings, d): what there is to see of each, (h, w) of any size, 0 to 1, wherever it lies, if
    it is brought to `side_px`."""
    ink = _soft(_boxed(drawings, side_px))
    across, down = np.zeros_like(ink), np.zeros_like(ink)
    np.subtract(ink[:, :, 2:], ink[:, :, :-2], out=across[:, :, 1:-1])
    np.subtract(ink[:, 2:], ink[:, :-2], out=down[:, 1:-1])
    strength = np.hypot(across, down) + np.float32(1e-4)
    upright, slanted = (across - down) * (across + down), 2 * across * down
    upright /= strength
    slanted /= strength
    ways = np.stack((upright, -upright, slanted, -slanted), axis=1)
    np.maximum(ways, 0, out=ways)
    share = _shares(side_px).T
    in_columns = (ways.reshape(-1, side_px) @ share).reshape(-1, side_px, _PLACES)
    flipped = np.ascontiguousarray(in_columns.swapaxes(1, 2)).reshape(-1, side_px)
    places = (flipped @ share).reshape(len(ink), 4, _PLACES, _PLACES)
    length = np.sqrt((places**2).sum(1, keepdims=True))
    places /= np.sqrt(length + np.float32(_FAINT) * length.mean((2, 3), keepdims=True) + 1e-6)
    flat = places.reshape(len(ink), -1)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + np.float32(1e-6)
    return np.asarray(flat, np.float32)


def likeness(ours: Seen, theirs: Seen) -> NDArray[np.float32]:
    """(ours, theirs): 0 to 1."""
    return np.asarray(ours @ theirs.T, np.float32)


def posed(mask: Mask, turns_deg: Sequence[float], mirrored: bool = True) -> Mask:
    """(poses, SIDE_PX, SIDE_PX): at each turn, and the mirror images of these."""
    turns = np.deg2rad(np.asarray(turns_deg, float))[:, None, None]
    cos, sin, half = np.cos(turns), np.sin(turns), SIDE_PX / 2 + 1
    y, x = np.meshgrid(*[np.array((-0.5, 0.5)) * SIDE_PX] * 2, indexing="ij")
    whence = cos * x - sin * y + half, sin * x + cos * y + half
    small = padded(_boxed([mask])[0])
    turned = fetched_each([small], [0] * len(turns), (SIDE_PX, SIDE_PX), *whence)
    return np.concatenate((turned, turned[:, :, ::-1])) if mirrored else turned


def _boxed(drawings: Iterable[Mask], side_px: int = SIDE_PX) -> NDArray[np.float32]:
    """(n, side, side): of each its ink in the middle, the longer side of its box `BOX` of that."""
    reduced = [_reduced(mask, side_px) for mask in drawings]
    looked_at, boxes = [mask for mask, _ in reduced], np.array([box for _, box in reduced])
    longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    half = (0.5 / BOX * longer)[:, None] * np.array((-1.0, 1.0))
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 + 1
    corners = (len(boxes), 2, 2)
    from_x = np.broadcast_to((middles[:, :1] + half)[:, None, :], corners)
    from_y = np.broadcast_to((middles[:, 1:] + half)[:, :, None], corners)
    sources = [padded(mask) for mask in looked_at]
    found = fetched_each(sources, range(len(sources)), (side_px, side_px), from_x, from_y)
    found *= (longer > 0).astype(np.float32)[:, None, None]
    return found


def _box(mask: Mask) -> Box:
    """Left, top, right and bottom of its ink; all 0 where there is none."""
    inked = np.asarray(mask > _INKED)
    rows, columns = np.asarray(inked.any(1)), np.asarray(inked.any(0))
    if not rows.any():
        return 0, 0, 0, 0
    right, bottom = len(columns) - columns[::-1].argmax(), len(rows) - rows[::-1].argmax()
    return int(columns.argmax()), int(rows.argmax()), int(right), int(bottom)


def _reduced(mask: Mask, side_px: int) -> tuple[Mask, Box]:
    """As it is, or where its ink is twice too large the means of squares of so many pixels that it
    is not; what is left over at the right and below is cut. With the box of its ink."""
    left, top, right, bottom = box = _box(mask)
    times = int(max(right - left, bottom - top) // (BOX * side_px))
    if times < 2:
        return mask, box
    high, wide = mask.shape[0] // times, mask.shape[1] // times
    squares = mask[: high * times, : wide * times].reshape(high, times, wide, times)
    smaller = np.asarray(squares.mean((1, 3)), np.float32)
    return smaller, _box(smaller)


def _soft(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each pixel and its neighbours; the rim, where there is no ink, stays."""
    rows = ink.copy()
    rows[:, :, 1:-1] = (ink[:, :, :-2] + 2 * ink[:, :, 1:-1] + ink[:, :, 2:]) / np.float32(4)
    soft = rows.copy()
    soft[:, 1:-1] = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(4)
    return soft


@lru_cache(maxsize=8)
def _shares(side_px: int) -> NDArray[np.float32]:
    """(places, side): how much of each row, or column, counts in each place."""
    middles = (np.arange(_PLACES) + 0.5) * side_px / _PLACES
    off = np.abs(np.arange(side_px) + 0.5 - middles[:, None]) * _PLACES / side_px
    return np.asarray(np.maximum(0.0, 1.0 - off / 1.2), np.float32)
