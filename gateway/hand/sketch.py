"""To know a path again: a short sketch of it, and a bounded memory of sketches.

A replayed path moves like a hand, since it was one; what betrays it is that it was there before.
The sketch holds where the path was at even moments of its own duration, seen from its start, with
its farthest point as the unit: moved, turned, scaled, slowed or recorded at another rate, a path
keeps its sketch but for rounding. Mirrored paths are other paths.

Short straight drags resemble one another by nature. So near is not enough: `Memory` tells how much
nearer the nearest is than others usually are, and only what stands out counts as a replay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import Points, grid, join, moving

MOMENTS: Final = 48
UNIT: Final = 1 / 100  # of the reach: one step of a sketch's numbers
SIZE: Final = 2 * MOMENTS  # bytes
Sketch = bytes


def sketch(path: Points) -> Sketch:
    """`SIZE` bytes: along and aside at `MOMENTS` moments, in hundredths of the reach."""
    samples = grid(moving(join([path])).events)
    place = samples.z - samples.z[0]
    far = place[int(np.argmax(np.abs(place)))]
    if far == 0:
        return bytes(SIZE)
    when = np.linspace(samples.t[0], samples.t[-1], MOMENTS + 1)[1:]
    at = np.interp(when, samples.t, place)
    seen = at / far / UNIT
    both = np.concatenate((seen.real, seen.imag))
    found: NDArray[np.int8] = np.clip(np.rint(both), -127, 127).astype(np.int8)
    return found.tobytes()


def distance(one: Sketch, other: Sketch) -> float:
    """Root mean square distance of two paths, in shares of the reach."""
    apart = np.frombuffer(one, np.int8).astype(np.int16) - np.frombuffer(other, np.int8)
    return float(np.sqrt(np.square(apart, dtype=np.int64).sum() / MOMENTS)) * UNIT


@dataclass(slots=True)
class Memory:
    """The newest `most` sketches. Give it what came before; ask; then add."""

    most: int = 4096
    _rows: NDArray[np.int8] = field(init=False)
    _count: int = 0
    _next: int = 0

    def __post_init__(self) -> None:
        self._rows = np.zeros((self.most, SIZE), np.int8)

    def add(self, found: Sketch) -> None:
        """Remember it in place of the oldest."""
        self._rows[self._next] = np.frombuffer(found, np.int8)
        self._next = (self._next + 1) % self.most
        self._count = min(self._count + 1, self.most)

    def nearest(self, found: Sketch) -> tuple[float, float]:
        """Distances of the nearest one and of the tenth nearest; infinite where there is none."""
        rows = self._rows[: self._count].astype(np.int16)
        apart = rows - np.frombuffer(found, np.int8)
        squares = np.einsum("ij,ij->i", apart, apart, dtype=np.int64)
        near = np.full(10, np.inf)
        few = min(10, self._count)
        if few:
            near[:few] = np.sort(np.partition(squares, few - 1)[:few])
        known = np.sqrt(near / MOMENTS) * UNIT
        return float(known[0]), float(known[9])
