"""A creature with exactly three legs, or with two or four."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.tile import Points, Tile, smooth, turned

LEG = 0.055


def three(tile: Tile, fits: bool) -> None:
    """Legs differ in length, bend and place; bodies in form and lean."""
    chance = tile.chance
    count = 3 if fits else (2, 4)[int(chance.integers(2))]
    lean = tile.habits.lean + chance.uniform(-0.3, 0.3)
    middle = np.array([0.5, 0.52]) + chance.uniform(-0.03, 0.03, 2)
    wide, high = chance.uniform(0.25, 0.33), chance.uniform(0.1, 0.15)
    for leg in _legs(chance, count, wide):
        tile.strip(turned(leg, lean) + middle, LEG * tile.habits.stroke)
    tile.polygon(turned(_body(chance, wide, high), lean) + middle, "plain")


def _legs(chance: np.random.Generator, count: int, wide: float) -> list[Points]:
    """Each from the body down to its foot, about the middle of the creature."""
    slots = np.linspace(-0.82, 0.82, count) * wide + chance.uniform(-0.02, 0.02, count)
    legs = []
    for x in slots:
        foot = x * chance.uniform(1.0, 1.2) + chance.uniform(-0.015, 0.015)
        low = chance.uniform(0.24, 0.32)
        knee = (x + foot) / 2 + chance.uniform(-0.03, 0.03)
        toe = foot + (0.05 if chance.random() < 0.5 else -0.05)
        bones = np.array([(x, -0.12), (knee, 0.1), (foot, low), (toe, low + 0.01)])
        legs.append(smooth(bones, 6))
    return legs


def _body(chance: np.random.Generator, wide: float, high: float) -> Points:
    angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    square = chance.uniform(0.55, 1.0)  # 1: an ellipse; less: nearer to a box
    x = np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** square * wide
    y = np.sign(np.sin(angles)) * np.abs(np.sin(angles)) ** square * high - 0.16
    return np.stack([x, y], axis=1)
