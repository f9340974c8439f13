"""Small solids made of four-cornered faces: what a scene on a board is built from.

Lengths are in board units: a board has radius 1, a solid stands on z = 0 around its own axis and
is about 0.6 wide. Every solid is convex or nearly so, so that its faces can be painted from far
to near. Those that turn out of a lathe look the same from all sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int16]
Outline = tuple[tuple[float, float], ...]  # (radius, height), from the foot upwards

BALL: Outline = tuple((0.3 * sin(pi * k / 6), 0.3 - 0.3 * cos(pi * k / 6)) for k in range(7))


@dataclass(frozen=True, slots=True)
class Solid:
    """Faces `(n, 4, 3)`, each with its row (height) and column (side) for patterns."""

    faces: Floats
    row: Ints
    column: Ints
    accent: NDArray[np.bool_]  # doors, stems: what keeps a colour of its own


def turned(outline: Outline, sides: int) -> Solid:
    """What a lathe makes of an outline: one row of `sides` faces between two of its points."""
    angles = np.linspace(0, 2 * pi, sides + 1)
    ring = np.stack([np.cos(angles), np.sin(angles)], -1)  # (sides + 1, 2)
    faces = []
    for (low_r, low_z), (high_r, high_z) in pairwise(outline):
        low = np.column_stack([ring * low_r, np.full(sides + 1, low_z)])
        high = np.column_stack([ring * high_r, np.full(sides + 1, high_z)])
        faces.append(np.stack([low[:-1], low[1:], high[1:], high[:-1]], 1))
    rows = np.repeat(np.arange(len(faces)), sides)
    columns = np.tile(np.arange(sides), len(faces))
    return _solid(np.concatenate(faces), rows, columns)


def box(centre: tuple[float, float, float], size: tuple[float, float, float]) -> Solid:
    """A box around `centre`; row and column count up so that neighbours differ."""
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    corners = corners * np.array(size) / 2 + np.array(centre)
    walls = [(0, 4, 5, 1), (4, 6, 7, 5), (6, 2, 3, 7), (2, 0, 1, 3), (1, 5, 7, 3), (2, 6, 4, 0)]
    return _solid(corners[np.array(walls)], np.array([0, 0, 0, 0, 1, 1]), np.arange(6))


def joined(*parts: Solid, accents: tuple[int, ...] = ()) -> Solid:
    """Several parts as one solid; rows go on counting. `accents`: which parts stand out."""
    rows, base = [], 0
    for part in parts:
        rows.append(part.row + base)
        base += int(part.row.max()) + 1
    return Solid(
        np.concatenate([part.faces for part in parts]),
        np.concatenate(rows).astype(np.int16),
        np.concatenate([part.column for part in parts]),
        np.concatenate(
            [np.full(len(p.row), index in accents) | p.accent for index, p in enumerate(parts)]
        ),
    )


def lifted(solid: Solid, height: float, scale: float = 1.0) -> Solid:
    faces = (solid.faces * scale + np.array([0, 0, height])).astype(np.float32)
    return Solid(faces, solid.row, solid.column, solid.accent)


def _solid(faces: NDArray[np.float64], row: NDArray[np.int_], column: NDArray[np.int_]) -> Solid:
    count = len(faces)
    return Solid(
        faces.astype(np.float32),
        row.astype(np.int16),
        column.astype(np.int16),
        np.zeros(count, np.bool_),
    )


# --- The solids by name ------------------------------------------------------------------------

OUTLINES: dict[str, Outline] = {
    "ball": BALL,
    "cone": ((0, 0), (0.34, 0), (0.23, 0.25), (0.11, 0.51), (0, 0.76)),
    "drum": ((0, 0), (0.3, 0), (0.3, 0.2), (0.3, 0.4), (0, 0.4)),
    "bottle": ((0, 0), (0.2, 0), (0.2, 0.4), (0.08, 0.54), (0.08, 0.74), (0, 0.74)),
    "hourglass": ((0, 0), (0.29, 0), (0.05, 0.34), (0.05, 0.4), (0.29, 0.74), (0, 0.74)),
    "snowman": (
        *((0, 0), (0.2, 0.03), (0.29, 0.18), (0.27, 0.3), (0.15, 0.42), (0.2, 0.48)),
        *((0.22, 0.57), (0.16, 0.69), (0, 0.77)),
    ),
    "rings": (*((0.12, 0.1), (0.26, 0.0), (0.36, 0.1), (0.26, 0.2), (0.12, 0.1)),),
}


@cache
def solid(name: str, sides: int) -> Solid:
    """The solid of this name, its round parts with so many sides."""
    if name in OUTLINES:
        return turned(OUTLINES[name], sides)
    return BUILT[name](sides)


def _cube(sides: int) -> Solid:
    return box((0, 0, 0.24), (0.48, 0.48, 0.48))


def _house(sides: int) -> Solid:
    eave, top, x, y = 0.36, 0.68, 0.32, 0.27
    roof = np.array(
        [
            [(-x, -y, eave), (x, -y, eave), (x, 0, top), (-x, 0, top)],
            [(x, y, eave), (-x, y, eave), (-x, 0, top), (x, 0, top)],
            [(x, -y, eave), (x, y, eave), (x, 0, top), (x, 0, top)],
            [(-x, y, eave), (-x, -y, eave), (-x, 0, top), (-x, 0, top)],
        ]
    )
    cap = _solid(roof, np.zeros(4, np.int_), np.array([2, 2, 0, 0]))
    panes = _panes(0.214, 0.07, 0.0, 0.25), _panes(0.264, 0.08, 0.12, 0.27)
    walls = box((0, 0, 0.18), (0.52, 0.42, 0.36))
    return joined(walls, cap, panes[0], _quarter(panes[1]), accents=(1, 2, 3))


def _panes(out: float, half: float, low: float, high: float) -> Solid:
    """Two standing rectangles, `out` before and behind the axis, each facing away from it."""
    front = [(-half, -out, low), (half, -out, low), (half, -out, high), (-half, -out, high)]
    back = [(-x, -y, z) for x, y, z in front]
    return _solid(np.array([front, back]), np.zeros(2, np.int_), np.zeros(2, np.int_))


def _quarter(solid: Solid) -> Solid:
    """Turned by a quarter."""
    x, y, z = np.moveaxis(solid.faces, -1, 0)
    return Solid(np.stack([-y, x, z], -1), solid.row, solid.column, solid.accent)


def _pine(sides: int) -> Solid:
    tiers = [
        turned(((0, z), (r, z), (0, z + 0.34)), sides)
        for r, z in ((0.32, 0.14), (0.25, 0.33), (0.18, 0.52))
    ]
    return joined(_stem(0.07, 0.16), *tiers, accents=(0,))


def _tree(sides: int) -> Solid:
    return joined(_stem(0.06, 0.4), lifted(turned(BALL, sides), 0.34, 0.8), accents=(0,))


def _mushroom(sides: int) -> Solid:
    cap = turned(((0, 0.54), (0.32, 0.5), (0.28, 0.6), (0.16, 0.7), (0, 0.74)), sides)
    return joined(_stem(0.09, 0.54), cap, accents=(0,))


def _stem(radius: float, height: float) -> Solid:
    return turned(((radius, 0), (radius, height)), 7)


def _table(sides: int) -> Solid:
    legs = [box((x, y, 0.19), (0.07, 0.07, 0.38)) for x in (-0.22, 0.22) for y in (-0.22, 0.22)]
    return joined(*legs, box((0, 0, 0.42), (0.62, 0.62, 0.09)))


BUILT = {
    "cube": _cube,
    "house": _house,
    "pine": _pine,
    "tree": _tree,
    "mushroom": _mushroom,
    "table": _table,
}
