"""A small thing inside a closed, winding outline, or outside of it, in one of its bays."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.tile import Points, Tile, turned

LINE = 0.042
WIDTH = 0.26  # of the room within the outline
SMALL = 0.056  # radius of the thing
CLEAR = 0.035  # between it and the outline


def inside(tile: Tile, fits: bool) -> None:
    """Both places are about as far from the outline."""
    chance, line = tile.chance, LINE * tile.habits.stroke
    path = _bent(chance)
    width = WIDTH * chance.uniform(0.95, 1.1)
    tile.ring(path, width, line)
    place = _within(chance, path) if fits else _beside(chance, path, width / 2 + line / 2)
    tile.disc(place, SMALL, "ball")


def _bent(chance: np.random.Generator) -> Points:
    """The middle of a horseshoe or of a snake."""
    if chance.random() < 0.6:
        span = chance.uniform(1.05, 1.5) * np.pi
        angles = np.linspace(0, span, 40) + chance.uniform(0, 2 * np.pi)
        far = 0.29 + 0.03 * np.sin(angles * chance.integers(2, 4) + chance.uniform(0, 6))
        made = np.stack([np.cos(angles) * far, np.sin(angles) * far], axis=1)
    else:
        t = np.linspace(-1, 1, 40)
        swing = np.stack([0.3 * t, 0.24 * np.sin(t * chance.uniform(2.4, 3.2))], axis=1)
        made = turned(swing, chance.uniform(0, 2 * np.pi))
    middle = (made.min(0) + made.max(0)) / 2
    room = 0.5 - WIDTH * 0.55 - LINE - 0.02
    made = (made - middle) * min(1.0, room / np.abs(made - middle).max())
    return np.asarray(made + 0.5)


def _within(chance: np.random.Generator, path: Points) -> Points:
    """Somewhere along the middle."""
    at = path[int(chance.integers(2, len(path) - 2))]
    return np.asarray(at + chance.uniform(-0.02, 0.02, 2))


def _beside(chance: np.random.Generator, path: Points, half: float) -> Points:
    """Outside, and as close to the middle of the tile as others are: the best of many places."""
    places = chance.uniform(SMALL + 0.02, 1 - SMALL - 0.02, (60, 2))
    off = np.sqrt(((places[:, None] - path[None]) ** 2).sum(2)).min(1) - half - SMALL
    free = places[off > CLEAR]
    if not len(free):
        return np.asarray(places[off.argmax()])
    far = np.hypot(*(free - 0.5).T)
    return np.asarray(free[int(np.argsort(far)[int(chance.integers(0, min(4, len(free))))])])
