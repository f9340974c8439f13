"""Features of a path sampled every 1/30 s: its pace, its turns, its roughness and its way.

Steps are what is gone from sample to sample. The path is turned so that its farthest point lies on
the real axis: real parts are along its way, imaginary ones aside. Roughness is measured at two
scales and given as ratios: whatever the size of the screen and the speed of the hand, muscles
smooth a path one way, and curves, noise and drawing libraries another.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import Bools, Flat, Floats, Places, before, steps

TINY: Final = 1e-9
NONE: Final = 0.05  # px or rad: less is arithmetic, not movement

_WHAT = {"along": "along the way", "aside": "aside"}
DOCS = {
    "duration": "ln ms from the first movement to the last",
    "reach": "ln px from the start to the farthest point",
    "straight": "reach over the length of the way",
    "mean_speed": "ln of px per ms",
    "overshoot": "share of the reach that the end lies back from the farthest point",
    "bend_mean": "mean distance aside over the reach",
    "back": "share of the way that goes back along the line",
    "aside_flips": "share of steps aside against the one before",
    "aside_along": "cosine of the sizes of steps aside and along",
    "along_force": "ln of the energy of changes of steps along the way over that of these steps",
    "aside_force": "… aside",
    "along_jerk": "ln of the energy of second changes of steps along the way over that of first",
    "aside_jerk": "… aside",
    **{
        f"{axis}_{name}": f"ln of the energy of {change} changes of steps {what} over two samples "
        "against those over one"
        for name, change in (("scale", "first"), ("scale_jerk", "second"))
        for axis, what in _WHAT.items()
    },
    "shake_scale": "ln of second changes of both over two samples against those over one",
    "shake_px": "ln px²: second changes of both",
    "pace_cv": "deviation of step lengths over their mean",
    "pace_skew": "skewness of step lengths",
    "log_spread": "deviation of ln steps (lognormality, Plamondon 1995)",
    "pace_flips": "share of changes of pace against the one before",
    "pace_rough": "ln of the energy of second changes of pace over that of first ones",
    "pace_scale": "ln of second changes of pace over two samples against those over one",
    "peaks": "number of local maxima of pace above a tenth of the largest (submovements)",
    "peaks_smooth": "number of them after smoothing over three steps",
    "still": "share of steps under half a pixel",
    "last_step": "last step over the mean",
    "braking": "share of the energy of changes of pace that speeds up",
    "by_10": "share of the duration until a tenth of the way is gone",
    "turn": "mean turn between steps, rad, where both exceed 1.4 px",
    "turn_spread": "root mean square of turns, rad",
    "turn_flips": "share of turns against the one before",
    "turn_pace": "mean pace of turns, weighted by their size, over the mean pace",
    "turn_big": "share of turns above 0.8 rad",
    "turn_small": "share of turns below 0.02 rad: straight lines",
    "repeat": "share of steps equal to the one before",
    "axis": "share of moving steps exactly along x or y",
}

# Samples that a difference looks back on: steps, changes and second changes, over 1 and 2 samples.
_NEEDS: Final = np.array([[1], [2], [2], [4], [3], [6]])
_STEP, _WIDE, _FORCE, _WIDE_FORCE, _JERK, _WIDE_JERK = range(6)
_ROUNDING: Final = np.array([0.1, 0.1, 0.3, 0.3, 0.8, 0.8])  # px², what whole pixels add


class Way(NamedTuple):
    """Paths on the grid, seen from their start."""

    samples: Flat
    w: Places  # turned: along + i aside, px
    reach: Floats  # px, by path
    toward: Places  # unit turn of each path: what `w` was turned by
    gone: Floats  # share of the way, by sample


def way(samples: Flat) -> Way:
    """Turned so that the farthest point lies straight ahead."""
    own, starts = samples.path, samples.starts
    away = samples.z - samples.z[starts][own]
    far = np.abs(away)
    reach = np.maximum.reduceat(far, starts) + TINY
    index = np.arange(len(far))
    at = np.minimum.reduceat(np.where(far >= reach[own] - NONE, index, len(far)), starts)
    toward: Places = np.conjugate(away[np.minimum(at, len(far) - 1)] / reach)
    step = np.abs(steps(samples.z))
    step[starts] = 0.0
    gone = step.cumsum()
    gone -= gone[starts][own]
    gone /= (gone[samples.ends - 1] + TINY)[own]
    turned: Places = away * toward[own]
    return Way(samples, turned, reach, toward, gone)


def measure(found: Way) -> list[Floats]:
    """Features in the order of `DOCS`, an array over the paths each."""
    samples = found.samples
    changes = _changes(found)
    squares = np.square(changes.view(np.float64)).reshape(6, -1, 2)
    energy = np.add.reduceat(squares, samples.starts, axis=1)
    energy /= np.maximum(samples.counts - _NEEDS, 1)[:, :, None]
    sizes = np.abs(changes[:2])
    pace = _pace(found, sizes)
    turn, wide = _turn(samples, changes[_STEP], sizes[0])
    flips = _flips((changes[_STEP].imag, pace.change, turn), samples.place)
    return [
        *_of_way(found, changes[_STEP], sizes[0], energy[_STEP], flips[0]),
        *_of_roughness(energy),
        *_of_pace(found, pace, sizes[0], flips[1]),
        *_of_turns(samples, changes, sizes[0], (turn, wide, flips[2])),
    ]


def _changes(found: Way) -> Places:
    """(6, samples): see `_NEEDS`. Nothing where a path is too young for one."""
    w = found.w
    table = np.zeros((6, len(w)), np.complex128)
    for row, lag in ((0, 1), (1, 2)):
        np.subtract(w[lag:], w[:-lag], out=table[row, lag:])
        np.subtract(table[row, lag:], table[row, :-lag], out=table[row + 2, lag:])
        np.subtract(table[row + 2, lag:], table[row + 2, :-lag], out=table[row + 4, lag:])
    table *= found.samples.place >= _NEEDS
    return table


def _flips(of: tuple[Floats, ...], place: NDArray[np.int64]) -> Bools:
    """Steps aside, changes of pace, turns: each against the one before, neither next to nothing."""
    rows = np.concatenate(of).reshape(len(of), -1)
    clear = rows * (np.abs(rows) > NONE)
    found = np.zeros(rows.shape, bool)
    np.less(clear[:, 1:] * clear[:, :-1], 0, out=found[:, 1:])
    found &= place > _FLIPS_NEED
    return found


_FLIPS_NEED: Final = np.array([[1], [2], [2]])


def _of_way(found: Way, step: Places, size: Floats, energy: Floats, flips: Bools) -> list[Floats]:
    samples, reach = found.samples, found.reach
    ends = samples.ends - 1
    count = np.maximum(samples.counts - 1, 1)
    duration = np.maximum(samples.t[ends] - samples.t[samples.starts], 1.0)
    length, aside, back, against, product = samples.sums(
        [
            *(size, np.abs(found.w.imag), np.maximum(-step.real, 0.0), flips),
            np.abs(step.real * step.imag),
        ]
    )
    return [
        np.log(duration),
        np.log(reach + 0.1),
        reach / (length + TINY),
        np.log(length / duration + 1e-3),
        (reach - np.abs(found.w[ends])) / reach,
        aside / samples.counts / reach,
        back / (length + TINY),
        against / np.maximum(count - 1, 1),
        product / (np.sqrt(energy[:, 0] * energy[:, 1]) * count + 1.0),
    ]


def _of_roughness(energy: Floats) -> list[Floats]:
    """Of mean squares (6, paths, along and aside)."""
    each = np.log(energy + _ROUNDING[:, None, None])
    both = np.log(energy[_JERK:].sum(axis=2) + 2 * _ROUNDING[_JERK:, None])
    along, aside = each[:, :, 0], each[:, :, 1]
    return [
        along[_FORCE] - along[_STEP],
        aside[_FORCE] - aside[_STEP],
        along[_JERK] - along[_FORCE],
        aside[_JERK] - aside[_FORCE],
        along[_WIDE_FORCE] - along[_FORCE],
        aside[_WIDE_FORCE] - aside[_FORCE],
        along[_WIDE_JERK] - along[_JERK],
        aside[_WIDE_JERK] - aside[_JERK],
        both[1] - both[0],
        both[0],
    ]


class _Pace(NamedTuple):
    """Of step lengths: by path, and by sample."""

    mean: Floats
    most: Floats
    off: Floats  # from the mean
    off_log: Floats  # of logarithms, from theirs
    change: Floats
    second: Floats
    wide_second: Floats


def _pace(found: Way, sizes: Floats) -> _Pace:
    samples, place, own = found.samples, found.samples.place, found.samples.path
    step = sizes[0]
    moving = place > 0
    log_step = np.log(step + 0.5) * moving
    count = np.maximum(samples.counts - 1, 1)
    means = (samples.sums([step, log_step]) + TINY) / count
    off = (np.concatenate((step, log_step)).reshape(2, -1) - means[:, own]) * moving
    change = steps(step) * (place > 1)
    second = steps(change) * (place > 2)
    wide_second = steps(steps(sizes[1], 2) * (place > 3), 2) * (place > 5)
    most = np.maximum.reduceat(step, samples.starts)
    return _Pace(means[0], most, off[0], off[1], change, second, wide_second)


def _of_pace(found: Way, pace: _Pace, step: Floats, flips: Bools) -> list[Floats]:
    samples = found.samples
    count = np.maximum(samples.counts - 1, 1)
    peaks = _peaks(samples, step, 0.1 * pace.most[samples.path])
    square, faster = np.square(pace.off), np.maximum(pace.change, 0.0)
    sums = samples.sums(
        [
            *(square, square * pace.off, np.square(pace.off_log)),
            *(np.square(pace.change), np.square(pace.second), np.square(pace.wide_second)),
            *(np.square(faster), flips, peaks[0], peaks[1]),
            *((step < 0.5) & (samples.place > 0), found.gone < 0.1),
        ]
    )
    thirds = np.maximum(count - 2, 1)
    sixths = np.maximum(count - 5, 1)
    over = np.concatenate((count, count, thirds, sixths)).reshape(4, -1)
    deviation, logs, seconds, wide_seconds = np.sqrt(sums[[0, 2, 4, 5]] / over)
    return [
        deviation / pace.mean,
        sums[1] / count / (deviation + 1e-3) ** 3,
        logs,
        sums[7] / thirds,
        np.log(sums[4] / (sums[3] + 0.5) + 0.05),
        np.log((wide_seconds + 0.3) / (seconds + 0.3)),
        sums[8],
        sums[9],
        sums[10] / count,
        step[samples.ends - 1] / pace.mean,
        sums[6] / (sums[3] + TINY),
        sums[11] / samples.counts,
    ]


def _peaks(samples: Flat, step: Floats, floor: Floats) -> Bools:
    """Local maxima above `floor`: (2, samples), of the steps and of their smoothed row."""
    rows = np.zeros((2, len(step) + 2))  # with nothing before the first and after the last
    rows[0, 1:-1] = step
    starts, ends = samples.starts, samples.ends  # a path's first step is none
    rows[1, 1:-1] = (rows[0, :-2] + 2 * step + rows[0, 2:]) / 4
    rows[1, starts + 1] = 0.0
    own, old = rows[:, 1:-1], rows[:, :-2]
    after = rows[:, 2:].copy()
    after[:, ends - 1] = 0.0
    found: Bools = (own > old + NONE) & (own >= after - NONE) & (own > floor)
    return found


def _turn(samples: Flat, step: Places, size: Floats) -> tuple[Floats, Bools]:
    """Angles between steps, rad, and where both are wide enough to have one; else 0."""
    wide = size > 1.4
    wide = wide & before(wide) & (samples.place > 1)
    turned = step * np.conj(before(step))
    found: Floats = np.arctan2(turned.imag, turned.real) * wide
    return found, wide


def _of_turns(
    samples: Flat, changes: Places, step: Floats, turns: tuple[Floats, Bools, Bools]
) -> list[Floats]:
    turn, wide, flips = turns
    size = np.abs(turn)
    moving = (samples.place > 0) & (step > 0)
    raw = np.minimum.reduce(np.abs(steps(samples.z).view(np.float64)).reshape(-1, 2), axis=1)
    same = (samples.place > 1) & (np.abs(changes[_FORCE]) < 0.01)
    sums = samples.sums(
        [
            *(wide, size, size * size, flips, size * step, size > 0.8, wide & (size < 0.02)),
            *(same, moving & (raw < 0.01), moving, step),
        ]
    )
    wides, count = np.maximum(sums[0], 1), np.maximum(samples.counts - 1, 1)
    return [
        sums[1] / wides,
        np.sqrt(sums[2] / wides),
        sums[3] / np.maximum(wides - 1, 1),
        sums[4] / (sums[1] + 0.01) / ((sums[10] + TINY) / count),
        sums[5] / wides,
        sums[6] / wides,
        sums[7] / np.maximum(count - 1, 1),
        sums[8] / np.maximum(sums[9], 1),
    ]
