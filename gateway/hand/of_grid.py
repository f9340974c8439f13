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

from gateway.hand.paths import GRID_MS, Bools, Floats, Places, Sampled

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

# Rows of what is summed over samples: first how many are so.
_ASIDE_FLIPS, _PACE_FLIPS, _TURN_FLIPS = range(3)
_FLIPS, _ANGLES = slice(0, 3), slice(3, 5)
_BIG, _NOT_SMALL, _GOING, _MOVED, _WIDE, _AXIS, _REPEAT = range(3, 10)
_COUNTS = 10
# Then squares, by threes: a size, along and aside. The second three are what the first change by,
# the third what those do; in the fourth and fifth is what steps over two samples do.
_SQUARES = slice(10, 25)
_SIZE, _ALONG, _ASIDE = range(10, 13)  # steps, px
_PACE, _ALONG_FORCE, _ASIDE_FORCE = range(13, 16)
_SECOND, _FASTER, _TURN = range(16, 25, 3)
_OF_ALONG, _OF_ASIDE = slice(_ALONG, 25, 3), slice(_ASIDE, 25, 3)
_PRODUCT, _BENT, _ANGLE, _BACK, _ROWS = range(25, 30)  # as they are

# How many samples of a path are too young to have changed, row by row from `_PACE`.
_NEEDS: Final = (2, 2, 2, 3, 3, 3, 0, 4, 4, 0, 6, 6)
_YOUNG: Final = np.array([(row, i) for row, n in enumerate(_NEEDS, _PACE) for i in range(n)]).T
# Arrays: numpy takes half as long again for plain numbers.
_NONE, _HALF, _LARGE, _SMALL = np.array(NONE), np.array(0.5), np.array(1.4), np.array(0.01)
_ZERO, _IN_NONES, _TINY, _TENTH = np.array(0.0), np.array(0.5 / NONE), np.array(TINY), np.array(0.1)
_ANGLE_BOUNDS: Final = np.array([[np.nextafter(0.8, 1)], [0.02]])


class Way(NamedTuple):
    """Paths on the grid, seen from their start."""

    samples: Sampled
    w: Places  # turned: along + i aside, px
    step_z: Places  # px, not turned; a path's first is 0
    step: Places  # turned
    size: Floats  # of steps, px
    gone: Floats  # px, of all paths one after the other, by sample
    begun: Floats  # px, what of it was gone where each path begins
    reach: Floats  # px, by path
    length: Floats  # px, by path
    toward: Places  # unit turn of each path: what `w` was turned by


def way(samples: Sampled) -> Way:
    """Turned so that the farthest point lies straight ahead."""
    z, starts, counts = samples.z, samples.starts, samples.counts
    away = z - samples.begins.repeat(counts)
    far = np.abs(away)
    reach = np.maximum.reduceat(far, starts)
    reach += _TINY
    farthest = (far >= (reach - _NONE).repeat(counts)).nonzero()[0]
    at = farthest[farthest.searchsorted(starts)]  # the first of each path
    toward: Places = np.conjugate(away[at] / reach)
    turn = toward.repeat(counts)
    away *= turn
    step_z = np.empty_like(z)
    np.subtract(z[1:], z[:-1], step_z[1:])
    step_z[starts] = 0.0
    step = step_z * turn
    size = np.abs(step)
    gone = np.add.accumulate(size)
    begun = gone[starts]
    length: Floats = gone[samples.lasts] - begun
    return Way(samples, away, step_z, step, size, gone, begun, reach, length, toward)


def measure(found: Way, spans_ms: list[float]) -> list[tuple[float, ...]]:
    """Features in the order of `DOCS`, a row for each path."""
    samples = found.samples
    begun = found.gone.searchsorted(found.begun + _TENTH * found.length) - samples.starts
    own = zip(
        samples.counts.tolist(),
        spans_ms,
        found.reach.tolist(),
        found.length.tolist(),
        np.abs(found.w[samples.lasts]).tolist(),
        found.size[samples.lasts].tolist(),
        begun.tolist(),
        np.add.reduceat(_table(found), samples.starts, axis=1).T.tolist(),
        strict=True,
    )
    return [
        (
            *_of_roughness(count, *row[_OF_ALONG]),
            *_of_roughness(count, *row[_OF_ASIDE]),
            row[_PRODUCT] / (sqrt(row[_ALONG] * row[_ASIDE]) + 1.0),
            *_of_way(count, span_ms, reach, length + TINY, end, row),
            begun / count,
            *_of_pace(count - 1, length + TINY, last_step, row),
            *_of_turns(count, row),
        )
        for count, span_ms, reach, length, end, last_step, begun, row in own
    ]


def _table(found: Way) -> Floats:
    """What is summed over samples: (rows, samples)."""
    size = len(found.size)
    table = np.zeros((_ROWS, size))
    is_so = np.zeros((_COUNTS, size), bool)
    _fill_changes(table, found)
    _fill_turns(table[_TURN], is_so[_WIDE], found)
    _fill_steps(table, is_so, found)
    _fill_flips(table, is_so[_FLIPS])
    squares = table[_SQUARES]
    np.square(squares, squares)
    table[:_COUNTS] = is_so
    return table


def _fill_changes(table: Floats, found: Way) -> None:
    """Rows lie end to end: what one's first sample seems to change by is too young to count."""
    size = len(found.size)
    table[_SIZE], table[_ALONG], table[_ASIDE] = found.size, found.step.real, found.step.imag
    flat = table.reshape(-1)
    steps, changes = flat[_SIZE * size : _PACE * size], flat[_PACE * size : _SECOND * size]
    np.subtract(steps[1:], steps[:-1], changes[1:])
    np.subtract(changes[1:], changes[:-1], flat[_SECOND * size + 1 : _FASTER * size])
    both = np.empty((2, size))
    both[0], both[1] = found.w.real, found.w.imag
    places = both.reshape(-1)
    wide = places[2:] - places[:-2]
    force = np.subtract(wide[2:], wide[:-2], flat[(_FASTER + 1) * size + 4 : _TURN * size])
    np.subtract(force[2:], force[:-2], flat[(_TURN + 1) * size + 6 : _PRODUCT * size])
    # Of a shorter path, those that follow: of the next path's young, or of the next row's.
    young = _YOUNG[0] * size + _YOUNG[1]
    flat[young + found.samples.starts[:, None]] = 0.0


def _fill_turns(turn: Floats, wide: Bools, found: Way) -> None:
    """Angles between steps, rad, where both are wide enough to have one; else 0."""
    step = found.step
    large = np.greater(found.size, _LARGE)
    np.logical_and(large[1:], large[:-1], wide[1:])
    turned = step[1:] * np.conj(step[:-1])
    np.arctan2(turned.imag, turned.real, turn[1:])
    turn *= wide


def _fill_steps(table: Floats, is_so: Bools, found: Way) -> None:
    np.maximum(table[_PACE], _ZERO, out=table[_FASTER])
    np.multiply(table[_ALONG], table[_ASIDE], table[_PRODUCT])
    table[_BENT], table[_ANGLE] = found.w.imag, table[_TURN]
    sizes = table[_PRODUCT:_BACK]
    np.abs(sizes, sizes)
    np.minimum(table[_ALONG], _ZERO, out=table[_BACK])
    np.greater(table[_ANGLE], _ANGLE_BOUNDS, is_so[_ANGLES])
    np.greater_equal(found.size, _HALF, is_so[_GOING])
    moved = np.greater(found.size, _NONE, is_so[_MOVED])
    np.less(np.hypot(table[_ALONG_FORCE], table[_ASIDE_FORCE]), _SMALL, is_so[_REPEAT])
    still = np.abs(found.step_z.view(np.float64)) < _SMALL  # x and y in turn
    np.logical_and(still.view(np.int16), moved, is_so[_AXIS])  # one of the two


def _fill_flips(table: Floats, is_so: Bools) -> None:
    """Where steps aside, changes of pace and turns change their sign."""
    flips = np.empty(is_so.shape)
    np.multiply(table[_ASIDE : _PACE + 1], _IN_NONES, flips[:2])
    np.multiply(table[_TURN], _IN_NONES, flips[2])
    np.rint(flips, flips)  # next to nothing becomes nothing
    flat = flips.reshape(-1)  # numpy takes twice as long for a few short rows
    np.less(flat[1:] * flat[:-1], _ZERO, is_so.reshape(-1)[1:])


def _of_roughness(
    samples: int, step: float, force: float, jerk: float, wide_force: float, wide_jerk: float
) -> tuple[float, ...]:
    """Of sums of squares; to their means is added what whole pixels add."""
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
    samples: int, span_ms: float, reach: float, length: float, end: float, sums: list[float]
) -> tuple[float, ...]:
    duration = min(span_ms, (samples - 1) * GRID_MS) or 1.0
    return (
        log(duration),
        log(reach + 0.1),
        log(length / duration + 1e-3),
        reach / length,
        (reach - end) / reach,
        sums[_BENT] / samples / reach,
        -sums[_BACK] / length,
    )


def _of_pace(steps_: int, length: float, last_step: float, sums: list[float]) -> tuple[float, ...]:
    first, mean, changes = sums[_PACE], length / steps_, steps_ - 1 or 1
    variance = (sums[_ALONG] + sums[_ASIDE]) / steps_ - mean * mean
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
    wide = sums[_WIDE]
    turns = wide or 1.0
    return (
        sums[_TURN_FLIPS] / (wide - 1.0 if wide > 2 else 1.0),
        sums[_ANGLE] / turns,
        sqrt(sums[_TURN] / turns),
        sums[_BIG] / turns,
        (wide - sums[_NOT_SMALL]) / turns,
        (sums[_REPEAT] - 2.0) / (samples - 2 or 1),  # the first two have no change
        sums[_AXIS] / (sums[_MOVED] or 1.0),
    )
