"""Features of a path as recorded: when its events came, and how its steps fit the gaps between.

A hand moves all the time and is looked at now and then: after a longer gap it has gone further. A
script sends point after point, and gaps change while steps don't. That, and whole-pixel steps,
tell the two apart whatever the path; how often events come tells the device and the browser, so
gaps alone are hardly measured.
"""

from __future__ import annotations

from math import log, log1p, sqrt
from typing import Final

import numpy as np

from gateway.hand.paths import APART_MS, MOST_MS, Flat, Floats, Moving, steps

DOCS = {
    "rest_after": "ln(1 + ms) from the last movement to the end (a press or a release)",
    "last_gap": "ln(1 + ms) between the last two events",
    "events": "ln of the number of events",
    "gap_50": "ln ms: median gap between events while moving",
    "gap_mode": "share of gaps within a millisecond of the median",
    "gap_long": "share of gaps above three medians and 10 ms: pauses, or lost events",
    "stills": "share of events that go nowhere",
    "event_axis": "share of moving events exactly along x or y (pixel lattice)",
    "event_unit": "share of moving events of a single pixel",
    "event_repeat": "share of steps equal to the one before, in whole pixels",
    "rough_step": "mean change of step length over the mean step length",
    "rough_pace": "mean change of speed from event to event over the mean speed",
    "coupling": "ln of rough_pace over rough_step: above 0 where steps don't follow the gaps",
    "coupled": "correlation of the changes of steps with those of gaps",
}

_NO_GAP: Final = APART_MS / 2  # before a path's first event: longer than any gap
# Rows of what is summed over events: first how many are so.
_MODE, _LONG, _MOVED, _CROOKED, _UNIT, _REPEAT, _SHORT, _PAIR = range(8)
_MEANS, _CHANGES = slice(8, 10), slice(10, 12)  # of steps and of paces
_SQUARES, _TOGETHER = slice(12, 14), 14  # of changes of gaps and of steps
_COUNTS, _ROWS = 8, 15


def measure(paths: Moving) -> list[tuple[float, ...]]:
    """Features in the order of `DOCS`, a row for each path."""
    events = paths.events
    gap = steps(events.t)
    gap[events.starts] = _NO_GAP
    median = _medians(gap, events)
    sums = np.add.reduceat(_table(events, gap, median[events.path]), events.starts, axis=1)
    told = zip(
        paths.rest_ms,
        paths.last_ms,
        median.tolist(),
        events.counts.tolist(),
        sums.T.tolist(),
        strict=True,
    )
    return [
        (log1p(rest), log1p(last), log(count), log(usual), *_of_sums(count - 1, row))
        for rest, last, usual, count, row in told
    ]


def _medians(gap: Floats, events: Flat) -> Floats:
    """Of each path's gaps (the higher of two in the middle), at most 12 s; sorted all at once."""
    own = APART_MS * events.path
    ordered = gap + own
    ordered.sort()
    middle = (events.starts + events.ends - 1) // 2
    found: Floats = np.minimum(ordered[middle] - own[events.starts], MOST_MS)
    return found


def _table(events: Flat, gap: Floats, usual: Floats) -> Floats:
    """What is summed over events: (rows, events). Steps that begin or follow a pause have no means
    and no changes: it must not outweigh the movement."""
    table = np.zeros((_ROWS, len(gap)))
    now = np.empty((3, len(gap)))  # gaps, steps, paces
    now[0] = gap
    step_z = steps(events.z)
    step_z[events.starts] = 0.0
    step = np.abs(step_z, out=now[1])
    np.divide(step, gap, out=now[2])
    is_so = np.zeros((_COUNTS, len(gap)), bool)
    np.less_equal(np.abs(gap - usual), 1.01, out=is_so[_MODE])
    np.greater(gap, 3 * usual + 10, out=is_so[_LONG])
    short = np.less_equal(gap, 4 * usual, out=is_so[_SHORT])
    pair = np.logical_and(short[1:], short[:-1], out=is_so[_PAIR, 1:])
    moved = np.greater(step, 0, out=is_so[_MOVED])
    np.not_equal(step_z.real * step_z.imag, 0, out=is_so[_CROOKED])
    np.logical_and(moved, step < 1.5, out=is_so[_UNIT])
    np.logical_and(step_z[1:] == step_z[:-1], moved[1:] & pair, out=is_so[_REPEAT, 1:])
    table[:_COUNTS] = is_so
    np.multiply(now[1:], table[_SHORT], out=table[_MEANS])
    change = now[:, 1:] - now[:, :-1]
    change *= table[_PAIR, 1:]
    np.abs(change[1:], out=table[_CHANGES, 1:])
    np.square(change[:2], out=table[_SQUARES, 1:])
    np.multiply(change[0], change[1], out=table[_TOGETHER, 1:])
    return table


def _of_sums(gaps: int, sums: list[float]) -> tuple[float, ...]:
    mode, long, moved, crooked, unit, repeat, short, pair = sums[:_COUNTS]
    steps_px, paces, step_changes, pace_changes, of_gaps, of_steps, together = sums[_COUNTS:]
    count, moves, pairs, shorts = gaps or 1, moved or 1.0, pair or 1.0, short or 1.0
    rough_step = step_changes / pairs / (steps_px / shorts + 1e-9)
    rough_pace = pace_changes / pairs / (paces / shorts + 1e-9)
    return (
        mode / count,
        (long - 1.0) / count,  # the first of all events isn't
        1.0 - moved / count,
        1.0 - crooked / moves,
        unit / moves,
        repeat / pairs,
        rough_step,
        rough_pace,
        log((rough_pace + 0.05) / (rough_step + 0.05)),
        together / (sqrt(of_gaps * of_steps) + 1.0),
    )
