"""A string runs from one knob to the other, or is cut; another string lies about."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.tile import Points, Tile, smooth

STRING = 0.04
KNOB = 0.07
GAP = (0.2, 0.28)  # of a cut string, between its ends
CLEAR = 0.1  # between two parts of strings


def joined(tile: Tile, fits: bool) -> None:
    """Where it is cut, the loose ends are plain to see."""
    chance = tile.chance
    width = STRING * tile.habits.stroke
    path = _winding(chance)
    parts = [path] if fits else _cut(chance, path)
    cloth = None
    for part in parts:
        cloth = tile.strip(part, width, cloth)
    if fits or chance.random() < 0.5:
        loose = _loose(chance, path)
        if loose is not None:
            tile.strip(loose, width)
    for end in (path[0], path[-1]):
        tile.disc(end, KNOB)


def _winding(chance: np.random.Generator) -> Points:
    """From one side to the other, in bends."""
    count = int(chance.integers(4, 6))
    x = np.linspace(0.13, 0.87, count)
    side = np.where(np.arange(count) % 2 == 0, 1, -1) * (1 if chance.random() < 0.5 else -1)
    y = 0.5 + side * chance.uniform(0.1, 0.3, count)
    bends = np.stack([x + chance.uniform(-0.04, 0.04, count), y], axis=1)
    if chance.random() < 0.5:
        bends = bends[:, ::-1]
    return np.clip(smooth(bends, 12), 0.1, 0.9)


def _cut(chance: np.random.Generator, path: Points) -> list[Points]:
    """Two parts, with a gap between them that cannot be overlooked."""
    gap = chance.uniform(*GAP)
    start = int(chance.integers(len(path) // 4, len(path) // 2))
    end = start
    while end < len(path) - 6 and np.hypot(*(path[end] - path[start])) < gap:
        end += 1
    return [path[: start + 1], path[end:]]


def _loose(chance: np.random.Generator, path: Points) -> Points | None:
    """A short string that touches nothing."""
    for _ in range(30):
        way = chance.uniform(0, 2 * np.pi)
        step = np.array([np.cos(way), np.sin(way)]) * chance.uniform(0.1, 0.17)
        bend = np.array([-step[1], step[0]]) * chance.uniform(-0.8, 0.8)
        start = chance.uniform(0.1, 0.9, 2)
        made = smooth(np.array([start, start + step + bend, start + 2 * step]), 8)
        off = np.sqrt(((made[:, None] - path[None]) ** 2).sum(2)).min()
        if off > CLEAR and made.min() > 0.05 and made.max() < 0.95:
            return made
    return None
