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
from numpy.typing import NDArray

from gateway.hand.paths import Bools, Flat, Floats, Places, steps

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
_ROUNDING: Final = np.array([0.1, 0.1, 0.3, 0.3, 0.8, 0.8]).reshape(
    6, 1, 1
)  # px², what whole pixels add
_FLIP_ROWS: Final = [3, 12, 20]
_ROWS: Final = 28  # of what is summed over a path's samples: 5 of its way, 12 of pace, 11 of turns


class Way(NamedTuple):
    """Paths on the grid, seen from their start."""

    samples: Flat
    step_z: Places  # px, not turned
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
    least = (reach - NONE).tolist()
    bounds = zip(starts.tolist(), samples.ends.tolist(), least, strict=True)
    at = [start + int((far[start:end] >= most).argmax()) for start, end, most in bounds]
    toward: Places = np.conjugate(away[at] / reach)
    step_z = steps(samples.z)
    step_z[starts] = 0.0
    gone = np.abs(step_z).cumsum()
    gone -= gone[starts][own]
    gone /= (gone[samples.ends - 1] + TINY)[own]
    turned: Places = away * toward[own]
    return Way(samples, step_z, turned, reach, toward, gone)


def measure(found: Way) -> list[list[float]]:
    """Features in the order of `DOCS`, a row for each path."""
    samples = found.samples
    last = samples.ends - 1
    changes = _changes(found)
    squares = np.square(changes.view(np.float64)).reshape(6, -1, 2)
    energy = np.add.reduceat(squares, samples.starts, axis=1)
    energy /= np.maximum(samples.counts - _NEEDS, 1)[:, :, None]
    sizes = np.abs(changes[:2])
    pace = _pace(samples, sizes)
    sums = np.add.reduceat(_table(found, changes, sizes[0], pace), samples.starts, axis=1)
    own = zip(
        samples.counts.tolist(),
        np.maximum(samples.t[last] - samples.t[samples.starts], 1.0).tolist(),
        found.reach.tolist(),
        np.abs(found.w[last]).tolist(),
        sizes[0][last].tolist(),
        pace.mean.tolist(),
        energy.transpose(1, 2, 0).tolist(),
        np.log(energy + _ROUNDING).transpose(1, 2, 0).tolist(),
        sums.T.tolist(),
        strict=True,
    )
    return [
        [
            *_of_way(count, duration, reach, end, (along[_STEP], aside[_STEP]), row[:5]),
            *_of_roughness(along, aside, *logs),
            *_of_pace(count, mean, last_step, row[5:17]),
            *_of_turns(count, row[17:]),
        ]
        for count, duration, reach, end, last_step, mean, (along, aside), logs, row in own
    ]


def _changes(found: Way) -> Places:
    """(6, samples): see `_NEEDS`. Nothing where a path is too young for one."""
    w = found.w
    table = np.zeros((6, len(w)), np.complex128)
    for row, lag in ((0, 1), (1, 2)):
        np.subtract(w[lag:], w[:-lag], out=table[row, lag:])
        np.subtract(table[row, lag:], table[row, :-lag], out=table[row + 2, lag:])
        np.subtract(table[row + 2, lag:], table[row + 2, :-lag], out=table[row + 4, lag:])
    np.putmask(table, found.samples.place < _NEEDS, 0.0)
    return table


class _Pace(NamedTuple):
    """Of step lengths: their mean by path; by sample what they are off it, and how they change."""

    mean: Floats
    most: Floats
    off: Floats  # (2, samples): of lengths, and of their logarithms, from the means of those
    changes: Floats  # (3, samples): first, second, and second over two samples


_OLD: Final = np.array([[0], [1], [2], [3], [5]])  # the last place in its path without such a one


def _pace(samples: Flat, sizes: Floats) -> _Pace:
    old = (samples.place > _OLD).astype(np.float64)
    step, wide = sizes
    both = np.zeros((2, len(step)))
    both[0] = step
    np.log(step + 0.5, out=both[1])
    both *= old[0]
    means = (np.add.reduceat(both, samples.starts, axis=1) + TINY) / np.maximum(
        samples.counts - 1, 1
    )
    both -= means[:, samples.path]
    both *= old[0]
    changes = np.zeros((3, len(step)))
    np.subtract(step[1:], step[:-1], out=changes[0, 1:])
    changes[0] *= old[1]
    np.subtract(changes[0, 1:], changes[0, :-1], out=changes[1, 1:])
    changes[1] *= old[2]
    wide = steps(wide, 2) * old[3]
    np.subtract(wide[2:], wide[:-2], out=changes[2, 2:])
    changes[2] *= old[4]
    return _Pace(means[0], np.maximum.reduceat(step, samples.starts), both, changes)


def _table(found: Way, changes: Places, size: Floats, pace: _Pace) -> Floats:
    """What is summed over samples: (28, samples), as `_of_way`, `_of_pace`, `_of_turns` name it."""
    samples, step = found.samples, changes[_STEP]
    table = np.zeros((_ROWS, len(size)))
    turn, wide = _turn(samples, step, size)
    flips = _flips((step.imag, pace.changes[0], turn), samples.place)
    _fill_way(table[:5], found, step, size)
    _fill_pace(table[5:17], found, size, pace)
    _fill_turns(table[17:], found, changes[_FORCE], size, (turn, wide))
    table[_FLIP_ROWS, 1:] = flips
    return table


def _flips(of: tuple[Floats, ...], place: NDArray[np.int64]) -> Bools:
    """Steps aside, changes of pace, turns: each against the one before, neither next to nothing."""
    rows = np.concatenate(of).reshape(len(of), -1)
    np.putmask(rows, (np.abs(rows) <= NONE) | (place < _FLIPS_NEED), 0.0)
    found: Bools = np.less(rows[:, 1:] * rows[:, :-1], 0)
    return found


_FLIPS_NEED: Final = np.array([[1], [2], [2]])  # places below have none


def _fill_way(table: Floats, found: Way, step: Places, size: Floats) -> None:
    """Length, distance aside, way back, (flips), sizes aside times along."""
    table[0] = size
    np.abs(found.w.imag, out=table[1])
    np.maximum(-step.real, 0.0, out=table[2])
    np.abs(step.real * step.imag, out=table[4])


def _of_way(
    samples: int,
    duration: float,
    reach: float,
    end: float,
    energy: tuple[float, float],
    sums: list[float],
) -> list[float]:
    length, aside, back, against, product = sums
    count = max(samples - 1, 1)
    return [
        log(duration),
        log(reach + 0.1),
        reach / (length + TINY),
        log(length / duration + 1e-3),
        (reach - end) / reach,
        aside / samples / reach,
        back / (length + TINY),
        against / max(count - 1, 1),
        product / (sqrt(energy[0] * energy[1]) * count + 1.0),
    ]


def _of_roughness(
    along: list[float], aside: list[float], on: list[float], off: list[float]
) -> list[float]:
    """Of six mean squares along and aside, and of their logarithms."""
    shake, wide_shake = (log(along[row] + aside[row] + 1.6) for row in (_JERK, _WIDE_JERK))
    return [
        on[_FORCE] - on[_STEP],
        off[_FORCE] - off[_STEP],
        on[_JERK] - on[_FORCE],
        off[_JERK] - off[_FORCE],
        on[_WIDE_FORCE] - on[_FORCE],
        off[_WIDE_FORCE] - off[_FORCE],
        on[_WIDE_JERK] - on[_JERK],
        off[_WIDE_JERK] - off[_JERK],
        wide_shake - shake,
        shake,
    ]


def _fill_pace(table: Floats, found: Way, step: Floats, pace: _Pace) -> None:
    """Moments, energies of changes, speeding up, (flips), peaks and smooth ones, stills, by_10."""
    samples = found.samples
    np.square(pace.off, out=table[0:3:2])
    np.multiply(table[0], pace.off[0], out=table[1])
    np.square(pace.changes, out=table[3:6])
    np.square(np.maximum(pace.changes[0], 0.0), out=table[6])
    table[8:10] = _peaks(samples, step, 0.1 * pace.most[samples.path])
    table[10] = (step < 0.5) & (samples.place > 0)
    table[11] = found.gone < 0.1


def _of_pace(samples: int, mean: float, last: float, sums: list[float]) -> list[float]:
    square, cube, logs, first, second, wide, faster, flips, peaks, smooth, stills, begun = sums
    count, thirds, sixths = (max(samples - lost, 1) for lost in (1, 3, 6))
    deviation = sqrt(square / count)
    return [
        deviation / mean,
        cube / count / (deviation + 1e-3) ** 3,
        sqrt(logs / count),
        flips / thirds,
        log(second / (first + 0.5) + 0.05),
        log((sqrt(wide / sixths) + 0.3) / (sqrt(second / thirds) + 0.3)),
        peaks,
        smooth,
        stills / count,
        last / mean,
        faster / (first + TINY),
        begun / samples,
    ]


def _peaks(samples: Flat, step: Floats, floor: Floats) -> Bools:
    """Local maxima above `floor`: (2, samples), of the steps and of their smoothed row.

    A path's first step is none: nothing comes before a path, and nothing after it.
    """
    rows = np.zeros((2, len(step) + 2))
    rows[0, 1:-1] = step
    rows[1, 1:-1] = (rows[0, :-2] + 2 * step + rows[0, 2:]) / 4
    rows[1, samples.starts + 1] = 0.0
    own = rows[:, 1:-1]
    found: Bools = (own > rows[:, :-2] + NONE) & (own >= rows[:, 2:] - NONE) & (own > floor)
    return found


def _turn(samples: Flat, step: Places, size: Floats) -> tuple[Floats, Floats]:
    """Angles between steps, rad, and where both are wide enough to have one (1); else 0."""
    found, wide = np.zeros((2, len(size)))
    large = size > 1.4
    np.logical_and(large[1:], large[:-1], out=wide[1:])
    wide *= samples.place > 1
    turned = step[1:] * np.conj(step[:-1])
    np.arctan2(turned.imag, turned.real, out=found[1:])
    found *= wide
    return found, wide


def _fill_turns(
    table: Floats, found: Way, force: Places, step: Floats, turns: tuple[Floats, Floats]
) -> None:
    """Turns, sizes, squares, (flips), paces, large and small; repeats, on axis, moving, steps."""
    turn, wide = turns
    place = found.samples.place
    table[0] = wide
    size = np.abs(turn, out=table[1])
    np.square(size, out=table[2])
    np.multiply(size, step, out=table[4])
    table[5] = size > 0.8
    np.multiply(wide, size < 0.02, out=table[6])
    table[7] = (place > 1) & (np.abs(force) < 0.01)
    raw = np.abs(found.step_z.view(np.float64))
    moving = (place > 0) & (step > 0)
    table[8] = moving & (np.minimum(raw[::2], raw[1::2]) < 0.01)
    table[9] = moving
    table[10] = step


def _of_turns(samples: int, sums: list[float]) -> list[float]:
    wide, size, square, flips, paced, big, small, same, on_axis, moving, length = sums
    wides, count = max(wide, 1.0), max(samples - 1, 1)
    return [
        size / wides,
        sqrt(square / wides),
        flips / max(wides - 1, 1),
        paced / (size + 0.01) / ((length + TINY) / count),
        big / wides,
        small / wides,
        same / max(count - 1, 1),
        on_axis / max(moving, 1.0),
    ]
