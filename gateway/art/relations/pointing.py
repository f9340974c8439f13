"""An arrow points at the ball, or at the thing with corners."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.shapes import box_faces
from gateway.art.relations.tile import Points, Tile, turned

ROUND = 0.11
LONG = 0.36  # of the arrow
BETWEEN = (1.2, 2.6)  # radians from one target to the other, as seen from the arrow


def points(tile: Tile, fits: bool) -> None:
    """Targets lie in any two directions; the arrow is aimed at the middle of one."""
    chance = tile.chance
    start, ball, corner = _places(chance)
    tile.disc(ball, ROUND * chance.uniform(0.95, 1.1))
    _, faces = box_faces(tile, 0.125 * chance.uniform(0.95, 1.1), chance.uniform(-0.4, 0.4))
    cloth = None
    for face, light in faces:
        cloth = tile.polygon(face + corner, light, cloth)
    way = (ball if fits else corner) - start
    aim = np.arctan2(way[1], way[0]) + chance.uniform(-0.08, 0.08)
    tile.polygon(turned(_arrow(tile), float(aim)) + start)


def _places(chance: np.random.Generator) -> tuple[Points, Points, Points]:
    """Where the arrow's middle, the ball and the other are."""
    while True:
        start = np.array([0.5, 0.5]) + chance.uniform(-0.14, 0.14, 2)
        first = chance.uniform(0, 2 * np.pi)
        other = first + chance.uniform(*BETWEEN) * (1 if chance.random() < 0.5 else -1)
        far = chance.uniform(0.36, 0.45, 2)
        ball = start + far[0] * np.array([np.cos(first), np.sin(first)])
        corner = start + far[1] * np.array([np.cos(other), np.sin(other)])
        both = np.array([ball, corner])
        if both.min() > 0.14 and both.max() < 0.86:
            return start, ball, corner


def _arrow(tile: Tile) -> Points:
    """Pointing to the right, its middle at the origin."""
    long, wide = tile.habits.arrow
    head, half = 0.16 * long, 0.115 * wide
    thin = 0.036 * tile.habits.stroke
    tip = LONG / 2
    return np.array(
        [
            *((-tip, -thin), (tip - head, -thin), (tip - head, -half), (tip, 0.0)),
            *((tip - head, half), (tip - head, thin), (-tip, thin)),
        ]
    )
