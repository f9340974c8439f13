"""Features of a path as recorded: when its events came, and how its steps fit the gaps between.

A hand moves all the time and is looked at now and then: after a longer gap it has gone further. A
script sends point after point, and gaps change while steps don't. That, and whole-pixel steps,
tell the two apart whatever the path; how often events come tells the device and the browser, so
gaps alone are hardly measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import APART_MS, Flat, Floats, Moving, before, steps

DOCS = {
    "rest_after": "ln(1 + ms) from the last movement to the end (a press or a release)",
    "last_gap": "ln(1 + ms) between the last two events",
    "events": "ln of the number of events",
    "gap_50": "ln ms: median gap between events while moving",
    "gap_mode": "share of gaps within a millisecond of the median",
    "gap_long": "share of gaps above three medians and 10 ms: pauses, or lost events",
    "stills": "share of events that go nowhere",
    "rough_pace": "mean change of speed from event to event over the mean speed",
    "rough_step": "mean change of step length over the mean step length",
    "coupling": "ln of rough_pace over rough_step: above 0 where steps don't follow the gaps",
    "coupled": "correlation of the changes of steps with those of gaps",
    "event_axis": "share of moving events exactly along x or y (pixel lattice)",
    "event_repeat": "share of steps equal to the one before, in whole pixels",
    "event_unit": "share of moving events of a single pixel",
    "mid_aside": "ln px: distance of events from the line between their neighbours, rms",
    "mid_aside_share": "mean of that distance over the mean step",
    "mid_along_share": "mean distance along it from where an even pace would put them, over steps",
    "mid_timed": "ln of how far events are from there over how far from the middle of the two",
}


def measure(paths: Moving) -> list[Floats]:
    """Features in the order of `DOCS`, an array over the paths each."""
    events = paths.events
    gap, step_z = steps(events.t), steps(events.z)
    gap[events.starts] = 0.0
    step_z[events.starts] = 0.0
    step = np.abs(step_z)
    later = events.place > 0
    count = np.maximum(events.counts - 1, 1)
    median = _median(events, gap, later, count)
    usual = median[events.path]
    short = later & (gap <= 4 * usual)  # so that a pause doesn't outweigh the movement
    pair = short & before(short) & (events.place > 1)
    same, long, still = (
        events.sums(
            [later & (np.abs(gap - usual) <= 1.01), gap > 3 * usual + 10, later & (step == 0)]
        )
        / count
    )
    return [
        np.log1p(paths.rest_ms),
        np.log1p(paths.last_ms),
        np.log(events.counts),
        np.log(median),
        same,
        long,
        still,
        *_of_steps(events, (gap, step_z, step), short, pair),
        *_of_mids(events, (gap, step_z, step), pair),
    ]


def _median(events: Flat, gap: Floats, later: NDArray[np.bool_], count: Floats) -> Floats:
    """Of gaps, at least 1 ms. Sorted together, each path in its own range."""
    base = APART_MS * np.arange(len(count))
    ordered = np.where(later, gap, APART_MS / 2) + base[events.path]
    ordered.sort()
    middle = ordered[events.starts + (count - 1) // 2] - base
    found: Floats = np.minimum(np.maximum(middle, 1.0), 12_000.0)
    return found


def _of_steps(
    events: Flat,
    steps_of: tuple[Floats, NDArray[np.complex128], Floats],
    short: NDArray[np.bool_],
    pair: NDArray[np.bool_],
) -> list[Floats]:
    gap, step_z, step = steps_of
    pace = step / np.maximum(gap, 1.0)
    on_gap, on_step, on_pace = (steps(values) * pair for values in (gap, step, pace))
    moved = step > 0
    sums = events.sums(
        [
            *(short, short * pace, short * step, pair, np.abs(on_pace), np.abs(on_step)),
            *(on_gap * on_step, on_gap * on_gap, on_step * on_step),
            *(
                moved,
                moved & ((step_z.real == 0) | (step_z.imag == 0)),
                pair & moved & (step_z == before(step_z)),
            ),
            moved & (step < 1.5),
        ]
    )
    shorts, pairs, moves = (np.maximum(sums[row], 1.0) for row in (0, 3, 9))
    rough_pace = sums[4] / pairs / (sums[1] / shorts + 1e-9)
    rough_step = sums[5] / pairs / (sums[2] / shorts + 1e-9)
    return [
        rough_pace,
        rough_step,
        np.log((rough_pace + 0.05) / (rough_step + 0.05)),
        sums[6] / (np.sqrt(sums[7] * sums[8]) + 1.0),
        sums[10] / moves,
        sums[11] / pairs,
        sums[12] / moves,
    ]


def _of_mids(
    events: Flat,
    steps_of: tuple[Floats, NDArray[np.complex128], Floats],
    pair: NDArray[np.bool_],
) -> list[Floats]:
    """Each event against its two neighbours, in place and in time (signal-dependent noise)."""
    gap, step_z, _ = steps_of
    old_z, old_gap = before(step_z), before(gap)
    way_z = step_z + old_z
    way = np.abs(way_z) + 1e-9
    both = pair & (way > 1.0)
    part = old_gap / np.maximum(gap + old_gap, 1.0)
    seen = old_z * np.conj(way_z) / way * both  # real: along the way of both, imaginary: aside
    aside = np.abs(seen.imag)
    square, way = aside * aside, way * both
    timed, even = seen.real - part * way, seen.real - 0.5 * way
    count, squares, asides, along, length, by_time, by_half = events.sums(
        [both, square, aside, np.abs(timed), way, square + timed * timed, square + even * even]
    )
    count = np.maximum(count, 1.0)
    half = length / count / 2 + 0.3  # the rounding of a pixel
    return [
        np.log(np.sqrt(squares / count) + 0.1),
        asides / count / half,
        along / count / half,
        np.log((np.sqrt(by_time / count) + 0.25) / (np.sqrt(by_half / count) + 0.25)),
    ]
