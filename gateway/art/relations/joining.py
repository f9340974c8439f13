"""A string runs from one knob to the other, or is cut; another string lies across it."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.tile import Points, Tile, smooth, turned

STRING = 0.048
KNOB = 0.075
GAP = (0.24, 0.32)  # of a cut string, between its ends
_REST = 6  # places of the path that are left of its second part, at least
CLEAR = 0.14  # between the string that lies across and all ends


def joined(tile: Tile, fits: bool) -> None:
    """Where it is cut, the loose ends are plain to see. Another string lies across it."""
    chance = tile.chance
    width = STRING * tile.habits.stroke
    path = _winding(chance)
    parts = [path] if fits else _cut(chance, path)
    across = crossing(chance, parts)
    over = chance.random() < 0.5
    if across is not None and not over:
        tile.strip(across, width)
    cloth = None
    for part in parts:
        cloth = tile.strip(part, width, cloth)
    if across is not None and over:
        tile.strip(across, width)
    for end in (path[0], path[-1]):
        tile.disc(end, KNOB)


def _winding(chance: np.random.Generator) -> Points:
    """From one knob to the other, in bends, any way round."""
    count = int(chance.integers(3, 5))
    x = np.linspace(-0.4, 0.4, count) + chance.uniform(-0.04, 0.04, count)
    side = np.where(np.arange(count) % 2 == 0, 1, -1) * (1 if chance.random() < 0.5 else -1)
    bends = np.stack([x, side * chance.uniform(0.14, 0.3, count)], axis=1)
    made = turned(smooth(bends, 12), chance.uniform(0, 2 * np.pi))
    low, high = made.min(0), made.max(0)
    made = (made - (low + high) / 2) * min(1.0, 0.8 / float((high - low).max()))
    return np.asarray(made + 0.5)


def _cut(chance: np.random.Generator, path: Points) -> list[Points]:
    """Two parts, with a gap between them that cannot be overlooked."""
    gap = chance.uniform(*GAP)
    for start in chance.permutation(np.arange(len(path) // 5, len(path) * 3 // 5)).tolist():
        off = np.hypot(*(path[start + 1 : -_REST] - path[start]).T)
        if (wide := np.nonzero(off >= gap)[0]).size:
            return [path[: start + 1], path[start + 1 + int(wide[0]) :]]
    third = len(path) // 3
    return [path[:third], path[-third:]]


def crossing(chance: np.random.Generator, parts: list[Points]) -> Points | None:
    """A short string across one of the parts, well off all ends and everything else."""
    whole = np.vstack(parts)
    ends = np.array([end for part in parts for end in (part[0], part[-1])])
    for _ in range(30):
        part = parts[int(chance.integers(len(parts)))]
        at = int(chance.integers(2, len(part) - 2))
        along = part[at + 1] - part[at - 1]
        way = turned(along[None], np.pi / 2 + chance.uniform(-0.35, 0.35))[0] / np.hypot(*along)
        reach = chance.uniform(0.1, 0.15, 2)
        bend = along / np.hypot(*along) * chance.uniform(-0.03, 0.03)
        made = smooth(
            np.array([part[at] - way * reach[0], part[at] + bend, part[at] + way * reach[1]]), 8
        )
        elsewhere = whole[np.hypot(*(whole - part[at]).T) > CLEAR]
        free = _off(made, ends) > CLEAR and _off(made, elsewhere) > STRING * 1.6
        if free and made.min() > 0.05 and made.max() < 0.95:
            return made
    return None


def _off(one: Points, other: Points) -> float:
    """The least distance between two sets of places."""
    return float(np.sqrt(((one[:, None] - other[None]) ** 2).sum(2)).min())
