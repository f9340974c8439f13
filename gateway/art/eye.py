"""A machine's eye for drawings: how alike two are by the directions of their edges, place by place.

Kinds look through it at what they draw, to keep of some drawings the one that programs know least,
or take for another most. Nothing is bent more for it than chance would have bent it: what people
know a thing by hardly changes. The measure is what most who compare drawings start from: directed
edges counted over small places, normalised there (Dalal and Triggs, 2005).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gateway.art.forms import Mask
from gateway.art.warps import fetched, padded

Seen = NDArray[np.float32]  # (drawings, d), each of length 1

SIDE_PX = 32  # of what is looked at
BOX_PX = 26  # of its longer side in that
_PLACES = 9  # each way; each reaches over its neighbours
_FAINT = 0.2  # of the mean place, added to each: even ones count little
_INKED = 0.3


def seen(drawings: Iterable[Mask]) -> Seen:
    """(drawings, d): what there is to see of each, (h, w) of any size, 0 to 1, wherever it lies."""
    ink = _soft(np.stack([_boxed(mask) for mask in drawings]))
    across, down = np.zeros_like(ink), np.zeros_like(ink)
    across[:, :, 1:-1] = ink[:, :, 2:] - ink[:, :, :-2]
    down[:, 1:-1] = ink[:, 2:] - ink[:, :-2]
    strength = np.hypot(across, down) + np.float32(1e-4)
    upright, slanted = (across**2 - down**2) / strength, 2 * across * down / strength
    ways = np.stack((upright, -upright, slanted, -slanted), axis=1)
    np.maximum(ways, 0, out=ways)
    share = _shares()
    places = share @ ways @ share.T  # (drawings, 4, places, places)
    length = np.sqrt((places**2).sum(1, keepdims=True))
    places /= np.sqrt(length + np.float32(_FAINT) * length.mean((2, 3), keepdims=True) + 1e-6)
    flat = places.reshape(len(ink), -1)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + np.float32(1e-6)
    return np.asarray(flat, np.float32)


def likeness(ours: Seen, theirs: Seen) -> NDArray[np.float32]:
    """(ours, theirs): 0 to 1."""
    return np.asarray(ours @ theirs.T, np.float32)


def posed(mask: Mask, turns_deg: Sequence[float], mirrored: bool = True) -> list[Mask]:
    """(SIDE_PX, SIDE_PX) each: at each turn, and the mirror image of that: what programs search."""
    small = _boxed(mask)
    source = padded(np.asarray(small * np.float32(255.0), np.uint8))
    out = []
    for turn_deg in turns_deg:
        cos, sin = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
        y, x = np.meshgrid(*[np.array((-0.5, 0.5)) * SIDE_PX] * 2, indexing="ij")
        half = SIDE_PX / 2 + 1
        turned = fetched(source, small.shape, cos * x - sin * y + half, sin * x + cos * y + half)
        out.append(turned / np.float32(255.0))
    return out + [each[:, ::-1] for each in out] if mirrored else out


def _boxed(mask: Mask) -> Mask:
    """(SIDE_PX, SIDE_PX): its ink in the middle, the longer side of its box `BOX_PX`."""
    rows, columns = np.flatnonzero((mask > _INKED).any(1)), np.flatnonzero((mask > _INKED).any(0))
    if not rows.size:
        return np.zeros((SIDE_PX, SIDE_PX), np.float32)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    longer = max(bottom - top, right - left)
    if longer >= 2 * BOX_PX:
        return _boxed(_reduced(mask, int(longer // BOX_PX)))
    half = 0.5 * longer * SIDE_PX / BOX_PX
    x, y = 0.5 * (left + right), 0.5 * (top + bottom)
    across, down = np.array((x - half, x + half)), np.array((y - half, y + half))
    source = padded(np.asarray(mask * np.float32(255.0), np.uint8))
    from_y, from_x = np.meshgrid(down + 1, across + 1, indexing="ij")
    return fetched(source, (SIDE_PX, SIDE_PX), from_x, from_y) / np.float32(255.0)


def _reduced(mask: Mask, times: int) -> Mask:
    """The means of squares of so many pixels; what is left over at the right and below is cut."""
    high, wide = mask.shape[0] // times, mask.shape[1] // times
    squares = mask[: high * times, : wide * times].reshape(high, times, wide, times)
    return np.asarray(squares.mean((1, 3)), np.float32)


def _soft(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each pixel and its neighbours."""
    wide = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    rows = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    soft = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    return np.asarray(soft / np.float32(16), np.float32)


@lru_cache(maxsize=1)
def _shares() -> NDArray[np.float32]:
    """(places, SIDE_PX): how much of each row, or column, counts in each place."""
    middles = (np.arange(_PLACES) + 0.5) * SIDE_PX / _PLACES
    off = np.abs(np.arange(SIDE_PX) + 0.5 - middles[:, None]) * _PLACES / SIDE_PX
    return np.asarray(np.maximum(0.0, 1.0 - off / 1.2), np.float32)
