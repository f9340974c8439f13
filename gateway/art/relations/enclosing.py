"""Two small balls on the same side of a closed, winding line, or one within and one outside.

Each by itself is inside as often as outside, and they are as far from each other both ways: it
takes both to tell.
"""

from __future__ import annotations

import numpy as np

from gateway.art.relations.sheet import Points, turned
from gateway.art.relations.tile import Tile

LINE = 0.042
GAP = 0.034  # between the dashes of the line
WIDTH = (0.27, 0.3)  # of the room within the line
SMALL = 0.058  # radius of a ball
CLEAR = 0.035  # between a ball and the line
APART = (0.22, 0.62)  # of the balls
PLACES = 90  # to choose from
NEAR = 0.43  # how far from the tile's middle a ball may be


def together(tile: Tile, fits: bool) -> None:
    """Of the pairs that would do, the one whose distance is nearest to what was drawn for it."""
    chance, line = tile.chance, LINE * tile.habits.stroke
    while True:
        path, width = _bent(chance), chance.uniform(*WIDTH)
        pair = _pair(chance, *_places(chance, path, width, line), fits)
        if pair is not None:
            break
    tile.ring(path, width, line, GAP)
    tile.balls(pair, SMALL)


def _bent(chance: np.random.Generator) -> Points:
    """The middle of a horseshoe or of a snake."""
    if chance.random() < 0.6:
        span = chance.uniform(1.0, 1.3) * np.pi
        angles = np.linspace(0, span, 40) + chance.uniform(0, 2 * np.pi)
        far = 0.29 + 0.03 * np.sin(angles * chance.integers(2, 4) + chance.uniform(0, 6))
        made = np.stack([np.cos(angles) * far, np.sin(angles) * far], axis=1)
    else:
        t = np.linspace(-1, 1, 40)
        swing = np.stack([0.3 * t, 0.24 * np.sin(t * chance.uniform(2.4, 3.2))], axis=1)
        made = turned(swing, chance.uniform(0, 2 * np.pi))
    middle = (made.min(0) + made.max(0)) / 2
    room = 0.5 - WIDTH[1] * 0.55 - LINE - 0.02
    made = (made - middle) * min(1.0, room / np.abs(made - middle).max())
    return np.asarray(made + 0.5)


def _places(
    chance: np.random.Generator, path: Points, width: float, line: float
) -> tuple[Points, Points]:
    """Free places (within the line, outside it), all well off it."""
    angles, far = chance.uniform(0, 2 * np.pi, PLACES), NEAR * np.sqrt(chance.random(PLACES))
    places = 0.5 + np.stack([np.cos(angles) * far, np.sin(angles) * far], axis=1)
    off = np.sqrt(((places[:, None] - path[None]) ** 2).sum(2)).min(1) - width / 2
    room = line / 2 + SMALL + CLEAR
    return places[off < -room * 0.85], places[off > room]


def _pair(
    chance: np.random.Generator, within: Points, outside: Points, fits: bool
) -> tuple[Points, Points] | None:
    """Both of one side, either one, or of different sides; None if there are none so far apart."""
    sides = [within, outside]
    first = int(chance.integers(2))
    ones, others = sides[first], sides[first if fits else 1 - first]
    if not len(ones) or not len(others):
        return None
    wanted = chance.uniform(*APART)
    off = np.abs(np.sqrt(((ones[:, None] - others[None]) ** 2).sum(2)) - wanted)
    one, other = np.unravel_index(int(off.argmin()), off.shape)
    return (ones[one], others[other]) if off[one, other] < 0.03 else None
