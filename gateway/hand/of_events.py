"""Features of a path as recorded: when its events came, and how its steps fit the gaps between.

A hand moves all the time and is looked at now and then: after a longer gap it has gone further. A
script sends point after point, and gaps change while steps don't. That, and whole-pixel steps,
tell the two apart whatever the path; how often events come tells the device and the browser, so
gaps alone are hardly measured.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import log, log1p, sqrt
from typing import Final

import numpy as np

from gateway.hand.paths import APART_MS, MOST_MS, Bools, Floats, Moving

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
_SHORT, _PAIR, _MOVED, _CROOKED, _LONGER, _REPEAT, _COUNTS = range(7)
_MEANS = slice(6, 8)  # of steps and of paces
_CHANGES, _SQUARES = slice(8, 11), slice(8, 10)  # of gaps, steps and paces; the first two squared
_SIZES, _TOGETHER, _ROWS = slice(11, 13), 13, 14  # of changes of steps and of paces; of the squared
_ZERO, _LONG_PX = np.array(0.0), np.array(1.5)  # arrays: numpy is quicker than with plain numbers


def measure(paths: Moving) -> list[tuple[float, ...]]:
    """Features in the order of `DOCS`, a row for each path."""
    t = paths.events.t
    now = np.empty((3, len(t)))  # gaps, steps, paces
    is_so = np.zeros((_COUNTS, len(t)), bool)
    gap, short, gaps = now[0], is_so[_SHORT], []
    gap[0] = _NO_GAP
    np.subtract(t[1:], t[:-1], gap[1:])
    for begin, end in zip(paths.begins, paths.ends, strict=True):
        gap[begin] = _NO_GAP
        own = gap[begin:end]
        usual, of_gaps = _of_gaps(own)
        np.less_equal(own, 4 * usual, short[begin:end])
        gaps.append(of_gaps)
    sums = paths.sums(_table(paths, now, is_so))
    return [
        (log1p(rest), log1p(last), *of_gaps, *_of_sums(end - begin - 1 or 1, row))
        for rest, last, of_gaps, begin, end, row in zip(
            paths.rest_ms, paths.last_ms, gaps, paths.begins, paths.ends, sums, strict=True
        )
    ]


def _of_gaps(found: Floats) -> tuple[float, tuple[float, ...]]:
    """The usual gap, and features of all gaps of a path: the first is none."""
    ordered = found.copy()
    ordered.sort()
    gaps = ordered.tolist()
    count = len(gaps) - 1
    usual = min(gaps[count // 2], MOST_MS)  # the higher of two in the middle
    mode = bisect_right(gaps, usual + 1.01) - bisect_left(gaps, usual - 1.01)
    long = count - bisect_right(gaps, 3 * usual + 10)
    return usual, (log(count + 1), log(usual), mode / (count or 1), long / (count or 1))


def _table(paths: Moving, now: Floats, is_so: Bools) -> Floats:
    """What is summed over events: (rows, events). Steps that begin or follow a pause have no means
    and no changes: it must not outweigh the movement."""
    z = paths.events.z
    table = np.empty((_ROWS, len(z)))
    step_z = np.empty_like(z)
    step_z[0] = 0.0
    np.subtract(z[1:], z[:-1], step_z[1:])
    for begin in paths.begins:
        step_z[begin] = 0.0
    step = np.abs(step_z, now[1])
    np.divide(step, now[0], now[2])
    short, pair = is_so[_SHORT], is_so[_PAIR, 1:]
    np.logical_and(short[1:], short[:-1], pair)
    moved = np.greater(step, _ZERO, is_so[_MOVED])
    np.logical_and(step_z.real, step_z.imag, is_so[_CROOKED])
    np.greater(step, _LONG_PX, is_so[_LONGER])
    again = np.equal(step_z[1:], step_z[:-1], is_so[_REPEAT, 1:])
    again &= pair
    again &= moved[1:]
    table[:_COUNTS] = is_so
    np.multiply(now[1:], table[_SHORT], table[_MEANS])
    _fill_changes(table, now)
    return table


def _fill_changes(table: Floats, now: Floats) -> None:
    """Rows lie end to end: what one's first event seems to change by is no pair."""
    change, values = table[_CHANGES], now.reshape(-1)
    flat = change.reshape(-1)
    flat[0] = 0.0
    np.subtract(values[1:], values[:-1], flat[1:])
    change *= table[_PAIR]
    np.abs(change[1:], table[_SIZES])
    np.multiply(change[0], change[1], table[_TOGETHER])
    squares = change[:2]
    np.square(squares, squares)


def _of_sums(count: int, sums: list[float]) -> tuple[float, ...]:
    short, pair, moved, crooked, longer, repeat = sums[:_COUNTS]
    steps_px, paces, of_gaps, of_steps, _, step_changes, pace_changes, together = sums[_COUNTS:]
    moves, pairs, shorts = moved or 1.0, pair or 1.0, short or 1.0
    rough_step = step_changes / pairs / (steps_px / shorts + 1e-9)
    rough_pace = pace_changes / pairs / (paces / shorts + 1e-9)
    return (
        1.0 - moved / count,
        1.0 - crooked / moves,
        (moved - longer) / moves,
        repeat / pairs,
        rough_step,
        rough_pace,
        log((rough_pace + 0.05) / (rough_step + 0.05)),
        together / (sqrt(of_gaps * of_steps) + 1.0),
    )
