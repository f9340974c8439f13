"""Two shapes of one form, of any size and turn, or of two forms."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.shapes import SHAPES
from gateway.art.relations.tile import Tile, turned

SQUEEZE = (0.74, 1.0)  # each is seen at a slant of its own


def same(tile: Tile, fits: bool) -> None:
    """The forms are those of the install's vocabulary, none like another."""
    chance = tile.chance
    names = tile.habits.shapes
    first = int(chance.integers(len(names)))
    other = first if fits else (first + int(chance.integers(1, len(names)))) % len(names)
    away = chance.uniform(0, 2 * np.pi)
    half = 0.25 * np.array([np.cos(away), np.sin(away)])
    for index, side in ((first, -1), (other, 1)):
        squeezed = turned(SHAPES[names[index]](), chance.uniform(0, 2 * np.pi))
        squeezed = squeezed * (1.0, chance.uniform(*SQUEEZE))
        shape = turned(squeezed, chance.uniform(0, 2 * np.pi), chance.uniform(0.18, 0.23))
        tile.polygon(shape + 0.5 + side * half + chance.uniform(-0.02, 0.02, 2))
