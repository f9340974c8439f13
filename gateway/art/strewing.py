"""Where things lie in a scene: apart from one another, nowhere in rows, and what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

APART = 0.56  # of two sizes together: the least distance of their middles
_DARTS = 40
_BEGINNINGS = 60


@dataclass(frozen=True, slots=True)
class Spot:
    """The middle of a thing, and its longer side, in pixels of the file."""

    x_px: float
    y_px: float
    size_px: int


def apart(
    chance: np.random.Generator, sizes_px: Sequence[int], width: int, height: int
) -> list[Spot]:
    """A spot for each size, wholly inside, none too near another.

    Raises ValueError where so many so large things have no room.
    """
    for _ in range(_BEGINNINGS):
        spots: list[Spot] = []
        for size_px in sizes_px:
            spot = _dart(chance, size_px, width, height, spots)
            if spot is None:
                break
            spots.append(spot)
        else:
            return spots
    raise ValueError(f"no room for {len(sizes_px)} things in {width} x {height} px")


def _dart(
    chance: np.random.Generator, size_px: int, width: int, height: int, others: list[Spot]
) -> Spot | None:
    """The first of some places that is free."""
    half = 0.5 * size_px + 4
    for _ in range(_DARTS):
        x = float(chance.uniform(half, width - half))
        y = float(chance.uniform(half, height - half))
        if all(_far(x, y, o) > APART * (size_px + o.size_px) for o in others):
            return Spot(x, y, size_px)
    return None


def between(
    chance: np.random.Generator, spots: Sequence[Spot], count: int, width: int, height: int
) -> list[tuple[float, float]]:
    """Up to `count` places for what is small, none on a thing."""
    found = []
    for x, y in chance.uniform((0, 0), (width, height), (6 * count, 2)):
        if all(_far(float(x), float(y), s) > 0.5 * s.size_px + 26 for s in spots):
            found.append((float(x), float(y)))
        if len(found) == count:
            break
    return found


def _far(x: float, y: float, spot: Spot) -> float:
    return float(np.hypot(x - spot.x_px, y - spot.y_px))
