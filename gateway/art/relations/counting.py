"""A creature with exactly three legs, or with two or four."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.tile import Points, Tile, smooth

LEG = 0.066  # wide
APART = 0.95  # radians between two legs, at least
OTHERS = (2, 4)


def three(tile: Tile, fits: bool) -> None:
    """Legs stand out all around, in any direction; they differ in length and bend."""
    chance = tile.chance
    count = 3 if fits else OTHERS[int(chance.integers(len(OTHERS)))]
    middle = np.array([0.5, 0.5]) + chance.uniform(-0.05, 0.05, 2)
    radius = chance.uniform(0.13, 0.18)
    for angle in directions(chance, count):
        leg = _leg(chance, angle, radius) + middle
        tile.strip(leg, LEG * tile.habits.stroke, light="top")  # never darker than its cloth
    tile.disc(middle, radius, "ball" if chance.random() < 0.5 else "plain")


def directions(chance: np.random.Generator, count: int) -> Points:
    """(count,) angles, drawn until none is close to another."""
    while True:
        angles = np.sort(chance.uniform(0, 2 * np.pi, count))
        gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
        if gaps.min() > APART:
            return angles


def _leg(chance: np.random.Generator, angle: float, radius: float) -> Points:
    """From within the body outwards, bent at the knee and at the foot."""
    far = radius + chance.uniform(0.15, 0.24)
    bends = chance.uniform(-0.22, 0.22, 2) + angle
    along = np.array([radius * 0.7, (radius + far) / 2, far])
    turns = np.array([angle, bends[0], bends[1]])
    return smooth(np.stack([np.cos(turns) * along, np.sin(turns) * along], axis=1), 7)
