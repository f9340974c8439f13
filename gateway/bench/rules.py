"""One rule for each relation of `nine`: the higher, the likelier a tile fits.

Each does what somebody who has read how tiles are drawn would write in an afternoon: strings are
followed from what hangs at their ends, and what is around a ball is open to the rim or shut in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.tiles import Mask, Measured, Vector

Spot = NDArray[np.float64]  # x, y in px
Rule = Callable[[Measured], float]

STEP_PX = 2.0
LOOK_PX = 10.0  # how far ahead of a place on a string is looked
SWING = np.deg2rad(np.arange(-48, 49, 8))  # how far a string may bend in one step
MOST_STEPS = 160
KNOB_PX = (8, 14)  # radii
THICK_PX = 2.2  # less than half a string's width
GAP_PX = 9  # more than a gap between dashes


# --- A string from knob to knob -------------------------------------------------------------------


def joined(of: Measured) -> float:
    """Follow the string from each of two knobs, straight on where strings cross."""
    mask = of.mask
    depth = np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 3), np.float32)
    knobs = _knobs(depth)
    if len(knobs) < 2:
        return 0.0
    ends = [_followed(depth, knobs[k], knobs[1 - k]) for k in (0, 1)]
    near = [float(np.hypot(*(ends[k] - knobs[1 - k]))) for k in (0, 1)]
    return -min(near) / 150


def paired(of: Measured) -> float:
    """Follow the string from each of four things: is that where one gets of the same shape?"""
    depth = np.asarray(cv2.distanceTransform(of.mask, cv2.DIST_L2, 3), np.float32)
    things = _knobs(depth, 4)
    if len(things) < 4:
        return 0.0
    shapes = [_shape(of.mask, spot) for spot in things]
    off = 0.0
    for k, spot in enumerate(things):
        others = [n for n in range(4) if n != k]
        end = _followed(depth, spot, things[others[0]])
        gone = min(others, key=lambda n: float(np.hypot(*(things[n] - end))))
        rest = [n for n in others if n != gone]
        unlike = [float(np.linalg.norm(shapes[k] - shapes[n])) for n in (gone, *rest)]
        off += unlike[0] - sum(unlike[1:]) / 2
    return -off


def _shape(mask: Mask, spot: Spot) -> Vector:
    """How much of each ring around a thing's middle is of it, (5,), in steps of 3 px."""
    rows, columns = np.indices(mask.shape)
    ring = (np.hypot(columns - spot[0], rows - spot[1]) / 3).astype(int).ravel()
    sums = np.bincount(ring, (mask > 0).ravel(), 60)[:5] / np.bincount(ring, minlength=60)[:5]
    return np.asarray(sums, np.float32)


def _knobs(depth: Vector, count: int = 2) -> list[Spot]:
    """The thickest places."""
    left, found = depth.copy(), []
    for _ in range(count):
        y, x = np.unravel_index(int(left.argmax()), left.shape)
        if left[y, x] < THICK_PX:
            break
        found.append(np.array([x, y], float))
        cv2.circle(left, (int(x), int(y)), 2 * KNOB_PX[1], 0.0, -1)
    return found


def _followed(depth: Vector, start: Spot, other: Spot) -> Spot:
    """Where one gets from a thick place along the ridge of the mask."""
    turns = np.linspace(-np.pi, np.pi, 48, endpoint=False)
    way = float(turns[int(np.argmax(_ahead(depth, start, turns, 26.0)))])
    at = start + (KNOB_PX[1] - 2) * _direction(way)
    for _ in range(MOST_STEPS):
        tries = way + SWING
        way = float(tries[int(np.argmax(_ahead(depth, at, tries, LOOK_PX) - 0.15 * abs(SWING)))])
        at = at + STEP_PX * _direction(way)
        if _depths(depth, at) < 1.0 or np.hypot(*(at - other)) < KNOB_PX[0]:
            break
    return at


def _ahead(depth: Vector, at: Spot, ways: Spot, far: float) -> Spot:
    """By direction, the mean depth of what lies ahead, none above a string's half width."""
    steps = np.arange(STEP_PX, far, STEP_PX)[:, None, None]
    spots = at + steps * _direction(ways)
    return np.asarray(np.minimum(_depths(depth, spots), 2 * THICK_PX).mean(0))


def _direction(way: float | Spot) -> Spot:
    return np.stack([np.cos(way), np.sin(way)], axis=-1)


def _depths(depth: Vector, at: Spot) -> Spot:
    """At places (…, 2), none off the tile."""
    x, y = np.rint(np.clip(at, 0, depth.shape[0] - 1)).astype(int).T
    return np.asarray(depth[y, x].T, float)


# --- On the same side of a line -------------------------------------------------------------------


def together(of: Measured) -> float:
    """The balls are the two thickest places; what is free around them is open to the rim or not."""
    depth = np.asarray(cv2.distanceTransform(of.mask, cv2.DIST_L2, 3), np.float32)
    balls = _knobs(depth)
    if len(balls) < 2:
        return 0.0
    wall = _closed_up(of.mask)
    free = cv2.copyMakeBorder(255 - wall, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
    _, parts = cv2.connectedComponents(free, connectivity=4)
    inner = np.asarray(parts[1:-1, 1:-1], np.int32)
    one, other = (_openness(inner, wall, ball, float(_depths(depth, ball))) for ball in balls)
    return one * other


def _closed_up(mask: Mask) -> Mask:
    """With gaps filled that are no wider than those between dashes."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP_PX, GAP_PX))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc), np.uint8)


def _openness(parts: NDArray[np.int32], wall: Mask, ball: Spot, radius: float) -> float:
    """Of the free places around a ball, the share open to the rim less that shut in: -1 to 1."""
    rows, columns = np.indices(wall.shape)
    off = np.hypot(columns - ball[0], rows - ball[1])
    near = (off > radius) & (off < radius + 10) & (wall == 0)
    open_part = parts[0, 0] if wall[0, 0] == 0 else -1
    is_open = parts[near] == open_part
    return float(2 * is_open.mean() - 1) if near.any() else 0.0


RELATIONS: Mapping[str, Rule] = MappingProxyType(
    {"joined": joined, "paired": paired, "together": together}
)
