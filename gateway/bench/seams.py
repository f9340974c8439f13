"""Putting blocks back by their edges: which belongs beside which, and the best arrangement of all.

Blocks are (h, w, 3) of one size. What two edges cost is how badly each goes on into the other:
across the gap between them, what is on one side is foretold from the other's last pixels (the
Mahalanobis gradient cost of Gallagher, CVPR 2012, and plain differences). The arrangement is then
found exactly: every permutation of up to nine blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import permutations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, Plane

Costs = NDArray[np.float32]  # (n, n): [a, b] what it costs that b is right of (or below) a
DEPTH_PX, SHIFT_PX = 6, 3  # of an edge profile; and how far two may be moved along each other
MOST_BLOCKS = 9  # 9! arrangements are weighed in about a second


def blocks_of(picture: Pixels, rows: int, columns: int) -> list[Pixels]:
    """The parts of a picture in reading order, all of one size."""
    height, width = picture.shape[0] // rows, picture.shape[1] // columns
    return [
        picture[r * height : (r + 1) * height, c * width : (c + 1) * width]
        for r in range(rows)
        for c in range(columns)
    ]


def costs(
    blocks: Sequence[Pixels], trim_px: int = 0, normalised: bool = False
) -> tuple[Costs, Costs]:
    """(right of, below), each scaled by its median. `trim_px`: left off each side before.

    `normalised`: each edge's colours are brought to mean 0 and deviation 1 first, so that light
    and tint of a block don't matter.
    """
    cut = [_trimmed(b, trim_px).astype(np.float32) for b in blocks]
    across = _pair_costs(cut, normalised)
    below = _pair_costs([np.swapaxes(b, 0, 1) for b in cut], normalised)
    return across, below


def _pair_costs(blocks: Sequence[NDArray[np.float32]], normalised: bool) -> Costs:
    count = len(blocks)
    found = np.zeros((count, count), np.float32)
    lefts = [_edge(b[:, :3], normalised) for b in blocks]
    rights = [_edge(b[:, -3:][:, ::-1], normalised) for b in blocks]
    for a in range(count):
        for b in range(count):
            found[a, b] = np.inf if a == b else _cost(rights[a], lefts[b])
    finite = found[np.isfinite(found)]
    found /= max(float(np.median(finite)), 1e-6)
    return found


def _edge(strip: NDArray[np.float32], normalised: bool) -> NDArray[np.float32]:
    """(length, 3 from the edge inwards, channels)."""
    if not normalised:
        return strip
    mean = strip.mean(axis=(0, 1))
    deviation = strip.std(axis=(0, 1)) + 1.0
    return np.asarray((strip - mean) / deviation, np.float32)


def _cost(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """How far the jump between two edges is from what both sides' slopes foretell."""
    jump = right[:, 0] - left[:, 0]
    expected = 0.5 * ((left[:, 0] - left[:, 1]) + (right[:, 1] - right[:, 0]))
    return float(np.mean(np.abs(jump - expected)) + 0.5 * np.mean(np.abs(jump)))


def _trimmed(block: Pixels, by_px: int) -> Pixels:
    return block[by_px : block.shape[0] - by_px, by_px : block.shape[1] - by_px]


# --- arrangements ----------------------------------------------------------------------------


def best_order(across: Costs, below: Costs, rows: int, columns: int) -> list[int]:
    """Which block goes into each slot (reading order), of all permutations. Up to nine blocks."""
    if rows * columns > MOST_BLOCKS:
        raise ValueError(f"{rows} by {columns} blocks are too many to try all orders")
    orders = _orders(rows * columns)
    total = np.zeros(len(orders), np.float32)
    for first, second, is_across in _neighbours(rows, columns):
        total += (across if is_across else below)[orders[:, first], orders[:, second]]
    return [int(block) for block in orders[np.argmin(total)]]


@cache
def _orders(count: int) -> NDArray[np.int8]:
    return np.array(list(permutations(range(count))), np.int8)


@cache
def _neighbours(rows: int, columns: int) -> tuple[tuple[int, int, bool], ...]:
    """Pairs of slots that touch: (left or upper, right or lower, whether they are side by side)."""
    slots = [(r, c) for r in range(rows) for c in range(columns)]
    beside = [(r * columns + c, r * columns + c + 1, True) for r, c in slots if c + 1 < columns]
    under = [(r * columns + c, (r + 1) * columns + c, False) for r, c in slots if r + 1 < rows]
    return (*beside, *under)


# --- looking past a gap ----------------------------------------------------------------------


def flattened(block: Pixels) -> Pixels:
    """Without the light over the block: each channel less a plane fitted to it, mid grey added."""
    height, width = block.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    base = np.stack((np.ones_like(down), down / height, across / width), axis=-1).reshape(-1, 3)
    flat = block[..., :3].reshape(-1, 3).astype(np.float32)
    fitted, *_ = np.linalg.lstsq(base, flat, rcond=None)
    bounded = np.clip(flat - base @ fitted + 127, 0, 255)
    return np.asarray(bounded, np.uint8).reshape(height, width, 3)


def profile_costs(blocks: Sequence[Pixels]) -> tuple[Costs, Costs]:
    """Costs that bear a gap: edge profiles, smoothed along, matched with a few pixels of slack."""
    cut = [b.astype(np.float32) for b in blocks]
    return _profile(cut), _profile([np.swapaxes(b, 0, 1) for b in cut])


def _profile(blocks: Sequence[NDArray[np.float32]]) -> Costs:
    lefts = [_standard(b[:, :DEPTH_PX].mean(axis=1)) for b in blocks]
    rights = [_standard(b[:, -DEPTH_PX:].mean(axis=1)) for b in blocks]
    count = len(blocks)
    found = np.full((count, count), np.inf, np.float32)
    for a in range(count):
        for b in range(count):
            if a != b:
                found[a, b] = 1 - _best_shift(rights[a], lefts[b])
    return found


def _standard(profile: NDArray[np.float32]) -> Plane:
    soft = cv2.GaussianBlur(np.ascontiguousarray(profile)[None], (0, 0), 1.5)[0]
    off = soft - soft.mean(axis=0)
    return np.asarray(off / (np.sqrt((off**2).mean(axis=0)) + 2.0), np.float32)


def _best_shift(one: Plane, other: Plane) -> float:
    length = len(one)
    return max(
        float(
            np.mean(one[max(0, s) : length + min(0, s)] * other[max(0, -s) : length + min(0, -s)])
        )
        for s in range(-SHIFT_PX, SHIFT_PX + 1)
    )
