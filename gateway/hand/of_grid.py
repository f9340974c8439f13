"""Features of a path sampled every 1/30 s: its pace, its turns and its way.

Steps are what is gone from sample to sample, in pixels. `along` and `aside` are the parts of the
way on the line from its start to its farthest point and across it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import Flat, Floats, before

TINY: Final = 1e-9
NONE: Final = 0.05  # px or rad: less is arithmetic, not movement

DOCS = {
    "duration": "ln ms from the first movement to the last",
    "reach": "ln px from the start to the farthest point",
    "straight": "reach over the length of the way",
    "overshoot": "share of the reach that the end lies back from the farthest point",
    "mean_speed": "ln of px per ms",
    "bend_most": "largest distance aside over the reach",
    "bend_mean": "mean distance aside over the reach",
    "bend_side": "1 where all of it is on one side, 0 where both sides balance",
    "bend_px": "ln px: root mean square of the distance aside",
    "bend_at": "when the largest distance aside is reached, as a share of the samples",
    "back": "share of the way that goes back along the line",
    "back_count": "share of steps that go back more than half a pixel",
    "aside_share": "root mean square of steps aside over that of steps along",
    "aside_rough": "energy of changes of steps aside over that of the steps",
    "along_rough": "energy of changes of steps along over that of the steps",
    "aside_flips": "share of steps aside against the one before",
    "aside_along": "cosine of the sizes of steps aside and along",
    "pace_cv": "deviation of steps over their mean",
    "pace_skew": "skewness of steps",
    "pace_tail": "ln(1 + kurtosis) of steps",
    "peak": "ln of the largest step over the mean step",
    "peak_at": "when the largest step comes, as a share of the samples",
    "centre": "when half of the way is gone: mean time, weighted by steps, share of the duration",
    "centre_spread": "deviation of that time",
    "slow": "share of steps under a tenth of the largest",
    "still": "share of steps under half a pixel",
    "slow_px": "share of steps under 3 px",
    "pace_change": "mean change of steps over the mean step",
    "pace_rough": "ln of the energy of second changes of steps over that of first ones",
    "pace_memory": "correlation of a step with the one before",
    "pace_flips": "share of changes of pace against the one before",
    "peaks": "number of local maxima of pace above a tenth of the largest (submovements)",
    "peaks_rate": "… over the number of steps",
    "peaks_smooth": "number of them after smoothing over three steps",
    "first_step": "first step over the mean",
    "last_step": "last step over the mean",
    "last_but_one": "the step before it over the mean",
    "braking": "share of the energy of changes of pace that speeds up",
    "log_spread": "deviation of ln steps (lognormality, Plamondon 1995)",
    "log_skew": "skewness of ln steps",
    "by_10": "share of the duration until a tenth of the way is gone",
    "by_50": "… half",
    "by_90": "… nine tenths",
    "force": "root mean square of the changes of velocity over the mean step",
    "jerk": "ln of the energy of second changes of velocity over that of first ones",
    "jerk_whole": "ln of dimensionless squared jerk (Hogan and Sternad 2009)",
    "shake_slow": "ln px: second changes of velocity, rms, where slower than the mean step",
    "shake_fast": "… where faster",
    "shake_gain": "the one less the other: people's noise grows with speed (Harris, Wolpert 1998)",
    "shake_scale": "ln of second changes over four steps against those over two",
    "axis": "share of moving steps exactly along x or y",
    "repeat": "share of steps equal to the one before",
    "repeat_px": "share of steps above 2 px within a pixel of the one before",
    "turn": "mean turn between steps, rad, where both exceed 1.4 px",
    "turn_spread": "root mean square of turns, rad",
    "turn_net": "1 where all turns are to one side, 0 where they balance",
    "turn_big": "share of turns above 0.8 rad",
    "turn_flips": "share of turns against the one before",
    "turn_small": "share of turns below 0.02 rad: straight lines",
    "power_fit": "correlation of ln speed with ln curvature (Lacquaniti et al. 1983)",
    "power": "slope of it; about -1/3 in people",
    "turning": "share of the steps that turn more than 0.03 rad",
    "turn_pace": "mean pace of turns, weighted by their size, over the mean pace",
}


def _against(values: Floats) -> NDArray[np.bool_]:
    """Whether each is against the one before it, and neither next to nothing."""
    clear = np.where(np.abs(values) > NONE, values, 0.0)
    return clear * before(clear) < 0


def measure(samples: Flat) -> tuple[list[Floats], Floats, Floats, Floats, Floats]:
    """Features in the order of `DOCS`; then per sample: along, aside, share gone; and the reach."""
    dx, dy = samples.step(samples.x), samples.step(samples.y)
    step = np.hypot(dx, dy)
    length = samples.sums([step])[0] + TINY
    way, along, aside, reach = _of_way(samples, length)
    gone = np.cumsum(step)
    gone = (gone - gone[samples.starts][samples.path]) / length[samples.path]
    found = [*way, *_of_pace(samples, step, gone, length), *_of_changes(samples, dx, dy, step)]
    turns = _of_turns(samples, dx, dy, step)
    order = [*found, *turns]
    return order, along, aside, gone, reach


def _of_way(samples: Flat, length: Floats) -> tuple[list[Floats], Floats, Floats, Floats]:
    own, starts = samples.path, samples.starts
    far_x, far_y = samples.x - samples.x[starts][own], samples.y - samples.y[starts][own]
    far = np.hypot(far_x, far_y)
    reach = np.maximum.reduceat(far, starts) + TINY
    index = np.arange(len(far))
    at = np.minimum.reduceat(np.where(far >= reach[own] - NONE, index, len(far)), starts)
    at = np.minimum(at, len(far) - 1)
    to_x, to_y = (far_x[at] / reach)[own], (far_y[at] / reach)[own]
    along, aside = far_x * to_x + far_y * to_y, far_y * to_x - far_x * to_y
    steps = np.maximum(samples.counts - 1, 1)
    ends = starts + samples.counts - 1
    on_along, on_aside = samples.step(along), samples.step(aside)
    off = np.abs(aside)
    most = np.maximum.reduceat(off, starts)
    later = samples.place > 1
    sums = samples.sums(
        [
            *(off, aside, aside * aside, np.maximum(-on_along, 0), on_along < -0.5),
            *(on_along**2, on_aside**2, samples.step(on_aside, 2) ** 2),
            samples.step(on_along, 2) ** 2,
            later & _against(on_aside),
            np.abs(on_along * on_aside),
        ]
    )
    mean = sums[0] / samples.counts
    peak = np.minimum.reduceat(np.where(off >= most[own] - NONE, samples.place, 10**6), starts)
    duration = np.maximum(samples.t[ends] - samples.t[starts], 1.0)
    found = [
        np.log(duration),
        np.log(reach + 0.1),
        reach / length,
        (reach - far[ends]) / reach,
        np.log(length / duration + 1e-3),
        most / reach,
        mean / reach,
        np.abs(sums[1]) / samples.counts / (mean + TINY),
        np.log(np.sqrt(sums[2] / samples.counts) + 0.1),
        peak / steps,
        sums[3] / length,
        sums[4] / steps,
        np.sqrt(sums[6] / (sums[5] + TINY)),
        sums[7] / (sums[6] + 0.5),
        sums[8] / (sums[5] + 0.5),
        sums[9] / np.maximum(steps - 1, 1),
        sums[10] / (np.sqrt(sums[5] * sums[6]) + 1),
    ]
    return found, along, aside, reach


def _of_pace(samples: Flat, step: Floats, gone: Floats, length: Floats) -> list[Floats]:
    own, starts, place = samples.path, samples.starts, samples.place
    steps = np.maximum(samples.counts - 1, 1)
    moving, later = place > 0, place > 1
    mean = length / steps
    most = np.maximum.reduceat(step, starts)
    off = (step - mean[own]) * moving
    when = (place - 0.5) / steps[own]
    on_step = samples.step(step, 2)
    logs = np.log(step + 0.5) * moving
    square = off * off
    sums = samples.sums(
        [
            *(square, square * off, square * square, step * when, step * when * when),
            *(moving & (step < 0.1 * most[own]), moving & (step < 0.5), moving & (step < 3)),
            *(np.abs(on_step), on_step**2, samples.step(on_step, 3) ** 2),
            *(off * before(off) * later, (place > 2) & _against(on_step)),
            *(np.maximum(on_step, 0) ** 2, logs, gone < 0.1, gone < 0.5, gone < 0.9),
        ]
    )
    spread = np.sqrt(sums[0] / steps) + TINY
    centre = sums[3] / length
    off_logs = (logs - (sums[14] / steps)[own]) * moving
    log_square, log_cube = samples.sums([off_logs**2, off_logs**3])
    log_spread = np.sqrt(log_square / steps) + TINY
    top = np.minimum.reduceat(np.where(step >= most[own] - NONE, place, 10**6), starts)
    ends = starts + samples.counts - 1
    peaks, smooth = _peaks(samples, step, most)
    return [
        spread / mean,
        sums[1] / steps / (spread**3 + TINY),
        np.log(sums[2] / steps / (spread**4 + TINY) + 1),
        np.log((most + TINY) / mean),
        top / steps,
        centre,
        np.sqrt(np.maximum(sums[4] / length - centre**2, 0)),
        *(sums[5:8] / steps),
        sums[8] / length,
        np.log(sums[10] / (sums[9] + 0.5) + 0.01),
        sums[11] / (sums[0] + 0.1),
        sums[12] / np.maximum(steps - 2, 1),
        peaks,
        peaks / steps,
        smooth,
        step[starts + 1] / mean,
        step[ends] / mean,
        step[np.maximum(ends - 1, starts)] / mean,
        sums[13] / (sums[9] + TINY),
        log_spread,
        log_cube / steps / log_spread**3,
        *(sums[15:18] / samples.counts),
    ]


def _peaks(samples: Flat, step: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Local maxima above a tenth of the largest step: of the steps, and of their smoothed row."""
    floor = 0.1 * most[samples.path]
    edge = samples.place <= 1
    ends = samples.starts + samples.counts - 1
    counts = []
    for _ in range(2):
        old, after = before(step), np.empty_like(step)
        old[edge] = 0.0
        after[:-1] = step[1:]
        after[ends] = 0.0
        counts.append(
            (samples.place > 0) & (step > old + NONE) & (step >= after - NONE) & (step > floor)
        )
        step = (old + 2 * step + after) / 4
        step[samples.starts] = 0.0
    peaks, smooth = samples.sums(counts)
    return peaks, smooth


def _of_changes(samples: Flat, dx: Floats, dy: Floats, step: Floats) -> list[Floats]:
    """Of velocity: force and jerk; and steps that repeat, as whole pixels make them."""
    ax, ay = samples.step(dx, 2), samples.step(dy, 2)
    change = ax * ax + ay * ay
    jerk = samples.step(ax, 3) ** 2 + samples.step(ay, 3) ** 2
    moving = (samples.place > 0) & (step > 0)
    later = samples.place > 1
    third = samples.place > 2
    usual = samples.sums([step])[0] / np.maximum(samples.counts - 1, 1)
    fast = third & (before(step) > usual[samples.path])
    wide = _wide_jerk(samples)
    sums = samples.sums(
        [
            *(change, jerk, step, moving),
            moving & ((np.abs(dx) < 0.01) | (np.abs(dy) < 0.01)),
            later & (change < 1e-4),
            later & (change < 1.02) & (step > 2),
            *(fast * jerk, fast, wide),
        ]
    )
    steps = np.maximum(samples.counts - 1, 1)
    pairs, triples = np.maximum(steps - 1, 1), np.maximum(steps - 2, 1)
    mean = (sums[2] + TINY) / steps
    slow_count = np.maximum(triples - sums[8], 1)
    slow = np.log(np.sqrt(np.maximum(sums[1] - sums[7], 0) / slow_count) + 0.2)
    quick = np.log(np.sqrt(sums[7] / np.maximum(sums[8], 1)) + 0.2)
    return [
        np.sqrt(sums[0] / pairs) / mean,
        np.log(sums[1] / (sums[0] + 1) + 0.01),
        np.log(sums[1] / triples * (steps / mean) ** 2 + 1e-3),
        *(slow, quick, quick - slow),
        np.log((np.sqrt(sums[9] / triples) + 0.2) / (np.sqrt(sums[1] / triples) + 0.2)),
        sums[4] / np.maximum(sums[3], 1),
        sums[5] / pairs,
        sums[6] / pairs,
    ]


def _wide_jerk(samples: Flat) -> Floats:
    """Squared third differences over steps of two samples; 0 for a path's first six points."""
    found = np.zeros(len(samples.t))
    for values in (samples.x, samples.y):
        found[6:] += (values[6:] - 3 * values[4:-2] + 3 * values[2:-4] - values[:-6]) ** 2
    found[samples.place < 6] = 0.0
    return found


def _of_turns(samples: Flat, dx: Floats, dy: Floats, step: Floats) -> list[Floats]:
    own = samples.path
    old_x, old_y, old = before(dx), before(dy), before(step)
    wide = (samples.place > 1) & (step > 1.4) & (old > 1.4)
    turn = np.where(wide, np.arctan2(old_x * dy - old_y * dx, old_x * dx + old_y * dy), 0.0)
    size = np.abs(turn)
    bent = wide & (size > 0.03)
    speed = np.maximum((step + old) / 2, 0.5)
    log_speed = np.log(speed) * bent
    log_curve = np.log(np.maximum(size, 0.01) / speed) * bent
    sums = samples.sums(
        [
            *(wide, size, turn * turn, turn, wide & (size > 0.8), wide & (size < 0.02)),
            (samples.place > 2) & _against(turn),
            *(bent, log_speed, log_curve, size * step * wide, step),
        ]
    )
    wides, bents = np.maximum(sums[0], 1), np.maximum(sums[7], 1)
    off_speed = (log_speed - (sums[8] / bents)[own]) * bent
    off_curve = (log_curve - (sums[9] / bents)[own]) * bent
    both, speeds, curves = samples.sums([off_speed * off_curve, off_speed**2, off_curve**2])
    steps = np.maximum(samples.counts - 1, 1)
    return [
        sums[1] / wides,
        np.sqrt(sums[2] / wides),
        np.abs(sums[3]) / (sums[1] + 0.05),
        sums[4] / wides,
        sums[6] / np.maximum(wides - 1, 1),
        sums[5] / wides,
        both / (np.sqrt(speeds * curves) + 0.1),
        np.clip(both / (curves + 0.1), -2, 2),
        sums[7] / steps,
        sums[10] / (sums[1] + 0.01) / ((sums[11] + TINY) / steps),
    ]
