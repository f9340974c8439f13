"""To know a path again: marks that a replay shares, and that say nothing of who drew it.

A replayed path moves like a hand, since it was one; what betrays it is that it was there before. So
each path leaves a few marks, and one that shares enough of them with another is the same again:

- **steps**: what lies between its events in whole pixels, eight at a time; the lowest of several
  hashes (Broder 1997). Moved, told at other times or cut, a path keeps most of them.
- **shape**: where it was over its own duration, seen from its start with its farthest point as the
  unit, as cosine waves in cells of a hundredth. Moved, turned, scaled or slowed, a path keeps it.

Paths that were bent, shaken or sampled anew keep next to none: short movements resemble one another
by nature, and wider cells would take people for each other. Mirrored paths are other paths.
"""

from __future__ import annotations

from hashlib import blake2b
from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import Floats, Points, grid, join, moving

MARKS: Final = 4  # of each sort
STEPS: Final = 8
LEAST_KINDS: Final = 4  # of steps among those: fewer are a straight even stretch
LEAST_SAMPLES: Final = 20  # every 1/30 s: shorter flicks of fingers have one shape
MOMENTS: Final = 48
CELL: Final = 0.012  # of the reach
ALONG, ASIDE = 12, 10  # waves
_TIMES: Final = (np.arange(MOMENTS)[:, None] + 0.5) / MOMENTS
_WAVES: Final = np.cos(pi * _TIMES * np.arange(1, ALONG + 1)) * 2**0.5 / MOMENTS
_EVEN: Final = (np.arange(MOMENTS) + 1) / MOMENTS
_SHIFTS: Final = np.random.default_rng(7).random((MARKS, ALONG + ASIDE))
_MIX: Final = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64
)


def marks(path: Points) -> tuple[list[bytes], list[bytes]]:
    """Of its steps (none of one too even) and of its shape (none of one too short, or at rest)."""
    return _of_steps(path), _of_shape(path)


def _of_steps(path: Points) -> list[bytes]:
    """The least of `MARKS` hashes over all stretches of `STEPS` steps."""
    steps = np.diff(np.rint(path[1]) + 1j * np.rint(path[2]))
    steps = steps[steps != 0]
    if len(steps) < STEPS:
        return []
    rows = np.lib.stride_tricks.sliding_window_view(steps, STEPS)
    kinds = 1 + np.count_nonzero(np.diff(np.sort(rows, axis=1), axis=1), axis=1)
    rows = np.ascontiguousarray(rows[kinds >= LEAST_KINDS])
    if not len(rows):
        return []
    found = np.array([_number(row.tobytes()) for row in rows], np.uint64)
    least = (found[:, None] ^ _MIX) * (_MIX | np.uint64(1))
    return [value.tobytes() for value in least.min(axis=0)]


def _number(stretch: bytes) -> int:
    return int.from_bytes(blake2b(stretch, digest_size=8).digest(), "little")


def _of_shape(path: Points) -> list[bytes]:
    """The cell that its waves lie in, on `MARKS` lattices each shifted by chance."""
    waves = _waves(path)
    if waves is None:
        return []
    cells = np.floor(waves / CELL + _SHIFTS).astype(np.int16)
    return [row.tobytes() for row in cells]


def _waves(path: Points) -> Floats | None:
    """Of the way along beyond an even pace, and of the way aside; in shares of the reach."""
    samples = grid(moving(join([path])))
    place = samples.z - samples.z[0]
    far = place[int(np.argmax(np.abs(place)))]
    if far == 0 or len(place) < LEAST_SAMPLES:
        return None
    when = np.linspace(samples.t[0], samples.t[-1], MOMENTS + 1)[1:]
    at: NDArray[np.complex128] = np.interp(when, samples.t, place) / far
    return np.concatenate(((at.real - _EVEN) @ _WAVES, (at.imag @ _WAVES)[:ASIDE]))
