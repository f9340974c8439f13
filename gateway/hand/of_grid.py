"""Features of a path sampled every 1/30 s: its pace, its turns, its roughness and its way.

Steps are what is gone from sample to sample. The path is turned so that its farthest point lies on
the real axis: real parts are along its way, imaginary ones aside. Roughness is measured at two
scales and given as ratios: whatever the size of the screen and the speed of the hand, muscles
smooth a path one way, and curves, noise and drawing libraries another.
"""

from __future__ import annotations

from math import log, sqrt
from typing import Final, NamedTuple

import numpy as np

from gateway.hand.paths import GRID_MS, Bools, Flat, Floats, Places, steps

TINY: Final = 1e-9
NONE: Final = 0.05  # px or rad: less is arithmetic, not movement

_ENERGY = "ln of the energy of"
DOCS = {
    "along_force": f"{_ENERGY} changes of steps along the way over that of these steps",
    "along_jerk": f"{_ENERGY} second changes of steps along the way over that of first",
    "along_scale": f"{_ENERGY} changes of steps along over two samples against those over one",
    "along_scale_jerk": f"{_ENERGY} second changes over two samples against those over one",
    "aside_force": "… aside",
    "aside_jerk": "… aside",
    "aside_scale": "… aside",
    "aside_scale_jerk": "… aside",
    "aside_along": "cosine of the sizes of steps aside and along",
    "duration": "ln ms from the first movement to the last",
    "reach": "ln px from the start to the farthest point",
    "mean_speed": "ln of px per ms",
    "straight": "reach over the length of the way",
    "overshoot": "share of the reach that the end lies back from the farthest point",
    "bend_mean": "mean distance aside over the reach",
    "back": "share of the way that goes back along the line",
    "by_10": "share of the duration until a tenth of the way is gone",
    "pace_cv": "deviation of step lengths over their mean",
    "pace_rough": "ln of the energy of second changes of pace over that of first ones",
    "last_step": "last step over the mean",
    "braking": "share of the energy of changes of pace that speeds up",
    "still": "share of steps under half a pixel",
    "aside_flips": "share of steps aside against the one before",
    "pace_flips": "share of changes of pace against the one before",
    "turn_flips": "share of turns against the one before",
    "turn": "mean turn between steps, rad, where both exceed 1.4 px",
    "turn_spread": "root mean square of turns, rad",
    "turn_big": "share of turns above 0.8 rad",
    "turn_small": "share of turns below 0.02 rad: straight lines",
    "repeat": "share of steps equal to the one before",
    "axis": "share of moving steps exactly along x or y",
}

# Samples that a difference looks back on: steps, changes and second changes, over 1 and 2 samples.
_NEEDS: Final = np.array([[1], [2], [3], [2], [4], [6]])
_STEP, _FORCE, _JERK, _WIDE, _WIDE_FORCE, _WIDE_JERK = range(6)
_OLD: Final = np.array([[1], [2]])  # the last place in its path without a change, a second one

# Rows of what is summed over samples: first how many are so.
_FLIPS: Final = slice(0, 3)
_ASIDE_FLIPS, _PACE_FLIPS, _TURN_FLIPS = range(3)
_GOING, _MOVED, _AXIS, _REPEAT, _WIDE_TURN, _BIG, _SMALL = range(3, 10)
_BENT, _BACK, _PRODUCT, _FIRST, _SECOND, _FASTER, _TURN, _TURN_SQUARE = range(10, 18)
_COUNTS, _ROWS = 10, 18


class Way(NamedTuple):
    """Paths on the grid, seen from their start."""

    samples: Flat
    w: Places  # turned: along + i aside, px
    step_z: Places  # px, not turned; a path's first is 0
    step: Places  # turned
    size: Floats  # of steps, px
    gone: Floats  # px, of all paths one after the other, by sample
    reach: Floats  # px, by path
    length: Floats  # px, by path
    toward: Places  # unit turn of each path: what `w` was turned by


def way(samples: Flat) -> Way:
    """Turned so that the farthest point lies straight ahead."""
    own, starts = samples.path, samples.starts
    away = samples.z - samples.z[starts][own]
    far = np.abs(away)
    reach = np.maximum.reduceat(far, starts) + TINY
    farthest = (far >= (reach - NONE)[own]).nonzero()[0]
    at = farthest[farthest.searchsorted(starts)]  # the first of each path
    toward: Places = np.conjugate(away[at] / reach)
    turn = toward[own]
    step_z = steps(samples.z)
    step_z[starts] = 0.0
    step = step_z * turn
    size = np.abs(step)
    gone = size.cumsum()
    length: Floats = gone[samples.ends - 1] - gone[starts]
    return Way(samples, away * turn, step_z, step, size, gone, reach, length, toward)


def measure(found: Way, spans_ms: list[float]) -> list[tuple[float, ...]]:
    """Features in the order of `DOCS`, a row for each path."""
    samples, starts, last = found.samples, found.samples.starts, found.samples.ends - 1
    changes = _changes(found)
    squares = np.square(changes.view(np.float64)).reshape(6, -1, 2)
    energy = np.add.reduceat(squares, starts, axis=1).transpose(1, 2, 0)
    sums = np.add.reduceat(_table(found, changes), starts, axis=1)
    begun = found.gone.searchsorted(found.gone[starts] + 0.1 * found.length) - starts
    own = zip(
        samples.counts.tolist(),
        spans_ms,
        found.reach.tolist(),
        found.length.tolist(),
        np.abs(found.w[last]).tolist(),
        found.size[last].tolist(),
        begun.tolist(),
        energy.tolist(),
        sums.T.tolist(),
        strict=True,
    )
    return [
        (
            *_of_roughness(count, along),
            *_of_roughness(count, aside),
            row[_PRODUCT] / (sqrt(along[0] * aside[0]) + 1.0),
            *_of_way(
                count, min(span_ms, (count - 1) * GRID_MS) or 1.0, reach, length + TINY, end, row
            ),
            begun / count,
            *_of_pace(count - 1, length + TINY, last_step, along[0] + aside[0], row),
            *_of_turns(count, row),
        )
        for count, span_ms, reach, length, end, last_step, begun, (along, aside), row in own
    ]


def _changes(found: Way) -> Places:
    """(6, samples): see `_NEEDS`. Nothing where a path is too young for one."""
    w = found.w
    table = np.zeros((6, len(w)), np.complex128)
    table[_STEP] = found.step
    np.subtract(w[2:], w[:-2], out=table[_WIDE, 2:])
    for row, lag in ((_STEP, 1), (_FORCE, 1), (_WIDE, 2), (_WIDE_FORCE, 2)):
        np.subtract(table[row, lag:], table[row, :-lag], out=table[row + 1, lag:])
    np.putmask(table, found.samples.place < _NEEDS, 0.0)
    return table


def _table(found: Way, changes: Places) -> Floats:
    """What is summed over samples: (rows, samples)."""
    size = found.size
    table = np.zeros((_ROWS, len(size)))
    is_so = np.zeros((_COUNTS, len(size)), bool)
    flips = np.zeros((3, len(size)))
    np.abs(found.w.imag, out=table[_BENT])
    _fill_steps(table, is_so, found, flips[0])
    _fill_pace(table, flips[1], size, found.samples.place > _OLD)
    _fill_turns(table, is_so, found, flips[2])
    np.less(np.abs(changes[_FORCE]), 0.01, out=is_so[_REPEAT])
    flips *= 0.5 / NONE
    np.rint(flips, out=flips)  # next to nothing becomes nothing
    flat = flips.reshape(-1)  # numpy takes twice as long for a few short rows
    np.less(flat[1:] * flat[:-1], 0, out=is_so[_FLIPS].reshape(-1)[1:])
    table[:_COUNTS] = is_so
    return table


def _fill_steps(table: Floats, is_so: Bools, found: Way, aside: Floats) -> None:
    step, size = found.step, found.size
    along = step.real
    aside[:] = step.imag
    np.minimum(along, 0.0, out=table[_BACK])
    np.abs(along * aside, out=table[_PRODUCT])
    np.greater_equal(size, 0.5, out=is_so[_GOING])
    moved = np.greater(size, NONE, out=is_so[_MOVED])
    on_page = np.abs(found.step_z.view(np.float64))
    np.less(np.minimum(on_page[::2], on_page[1::2]), 0.01, out=is_so[_AXIS])
    is_so[_AXIS] &= moved


def _fill_pace(table: Floats, change: Floats, size: Floats, old: Bools) -> None:
    np.subtract(size[1:], size[:-1], out=change[1:])
    change *= old[0]
    np.square(change, out=table[_FIRST])
    np.square(np.maximum(change, 0.0), out=table[_FASTER])
    second = np.subtract(change[1:], change[:-1], out=table[_SECOND, 1:])
    second *= old[1, 1:]
    np.square(second, out=second)


def _fill_turns(table: Floats, is_so: Bools, found: Way, turn: Floats) -> None:
    """Angles between steps, rad, where both are wide enough to have one; else 0."""
    large = found.size > 1.4
    wide = np.logical_and(large[1:], large[:-1], out=is_so[_WIDE_TURN, 1:])
    turned = found.step[1:] * np.conj(found.step[:-1])
    np.arctan2(turned.imag, turned.real, out=turn[1:])
    turn[1:] *= wide
    angle = np.abs(turn, out=table[_TURN])
    np.square(turn, out=table[_TURN_SQUARE])
    np.greater(angle, 0.8, out=is_so[_BIG])
    np.less(angle, 0.02, out=is_so[_SMALL])
    is_so[_SMALL] &= is_so[_WIDE_TURN]


def _of_roughness(samples: int, energy: list[float]) -> tuple[float, ...]:
    """Of six sums of squares; to their means is added what whole pixels add."""
    step, force, jerk, _, wide_force, wide_jerk = energy
    second = samples - 3 if samples > 3 else 1
    force = force / (samples - 2 or 1) + 0.3
    jerk = jerk / second + 0.8
    wide_force = wide_force / (samples - 4 if samples > 4 else 1) + 0.3
    wide_jerk = wide_jerk / (samples - 6 if samples > 6 else 1) + 0.8
    return (
        log(force / (step / (samples - 1) + 0.1)),
        log(jerk / force),
        log(wide_force / force),
        log(wide_jerk / jerk),
    )


def _of_way(
    samples: int, duration: float, reach: float, length: float, end: float, sums: list[float]
) -> tuple[float, ...]:
    return (
        log(duration or 1.0),
        log(reach + 0.1),
        log(length / (duration or 1.0) + 1e-3),
        reach / length,
        (reach - end) / reach,
        sums[_BENT] / samples / reach,
        -sums[_BACK] / length,
    )


def _of_pace(
    steps_: int, length: float, last_step: float, squares: float, sums: list[float]
) -> tuple[float, ...]:
    first, mean, changes = sums[_FIRST], length / steps_, steps_ - 1 or 1
    variance = squares / steps_ - mean * mean
    return (
        sqrt(variance) / mean if variance > 0 else 0.0,
        log(sums[_SECOND] / (first + 0.5) + 0.05),
        last_step / mean,
        sums[_FASTER] / (first + TINY),
        1.0 - sums[_GOING] / steps_,
        sums[_ASIDE_FLIPS] / changes,
        sums[_PACE_FLIPS] / (changes - 1 or 1),
    )


def _of_turns(samples: int, sums: list[float]) -> tuple[float, ...]:
    wide = sums[_WIDE_TURN]
    turns = wide or 1.0
    return (
        sums[_TURN_FLIPS] / (wide - 1.0 if wide > 2 else 1.0),
        sums[_TURN] / turns,
        sqrt(sums[_TURN_SQUARE] / turns),
        sums[_BIG] / turns,
        sums[_SMALL] / turns,
        (sums[_REPEAT] - 2.0) / (samples - 2 or 1),  # the first two have no change
        sums[_AXIS] / (sums[_MOVED] or 1.0),
    )
