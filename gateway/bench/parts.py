"""Which part of which subject does a block of `restore` show? Told by drawings of our own."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway import art
from gateway.art.painting import Paints, paint
from gateway.art.sketch import TONES, Shape
from gateway.art.subjects import SUBJECTS
from gateway.kinds import restore
from gateway.kinds.restore import BLOCK_PX

Floats = NDArray[np.float32]

CELLS, WAYS = 6, 4  # a block's rows and columns of parts, and directions told apart in each
EXAMPLES = 60  # drawn of each subject


@cache
def known() -> Floats:
    """(n, 6 places, features): whole pictures, subject by subject."""
    chance, usual = np.random.default_rng(7), restore.HIDING["usual"]
    told = (restore.telling(chance, name, usual) for name in SUBJECTS for _ in range(EXAMPLES))
    return np.stack([directions(np.stack([_lines(part) for part in parts])) for parts in told])


def _lines(shapes: list[Shape]) -> Floats:
    paints = Paints((0, 0, 0), ((255, 255, 255),) * TONES, 3.0)
    drawn = paint(shapes, (BLOCK_PX, BLOCK_PX), paints)
    page = Image.new("RGBA", drawn.size, (255, 255, 255, 255))
    return art.luminance(art.pixels(Image.alpha_composite(page, drawn)))


def directions(lights: Floats) -> Floats:
    """(n, features): how much of which direction in which part, of unit length."""
    rows = []
    for light in lights:
        down, across = np.gradient(art.blurred(light, 1.5))
        strength = np.hypot(down, across)
        strength = np.sqrt(np.maximum(strength - np.median(strength), 0))
        way = (np.arctan2(down, across) % np.pi / np.pi * WAYS).astype(int) % WAYS
        parts = [_cells_of(np.where(way == n, strength, 0)) for n in range(WAYS)]
        row = np.concatenate(parts)
        row = row - row.mean()
        rows.append(row / (np.linalg.norm(row) + 1e-6))
    return np.asarray(np.stack(rows), np.float32)


def _cells_of(plane: Floats) -> Floats:
    soft = Image.fromarray(np.asarray(plane, np.float32)).resize(
        (CELLS, CELLS), Image.Resampling.BILINEAR
    )
    return np.asarray(soft, np.float32).ravel()
