"""Features of a path as recorded: when its events came, and how its steps fit the gaps between.

A hand moves all the time and is looked at now and then: after a longer gap it has gone further. A
script sends point after point, and gaps change while steps don't. That, and whole-pixel steps,
tell the two apart whatever the path; how often events come tells the device and the browser, so
gaps alone are hardly measured.
"""

from __future__ import annotations

from math import log, log1p, sqrt

import numpy as np

from gateway.hand.paths import MOST_MS, Flat, Floats, Moving, Places, steps

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


_ROWS = 22  # of what is summed over a path's events, see `_sums`


def measure(paths: Moving) -> list[list[float]]:
    """Features in the order of `DOCS`, a row for each path."""
    events = paths.events
    gap = steps(events.t)
    gap[events.starts] = 0.0
    medians = _medians(gap, events)
    sums = np.add.reduceat(_table(events, gap, np.array(medians)), events.starts, axis=1)
    told = zip(
        paths.rest_ms, paths.last_ms, events.counts.tolist(), medians, sums.T.tolist(), strict=True
    )
    return [
        [
            *(log1p(rest), log1p(last), log(count), log(median), *_shares(count, own)),
            *_of_steps(own),
            *_of_mids(own[15:]),
        ]
        for rest, last, count, median, own in told
    ]


def _medians(gap: Floats, events: Flat) -> list[float]:
    """Of each path's gaps, from 1 ms to 12 s."""
    found = []
    for start, end in zip(events.starts.tolist(), events.ends.tolist(), strict=True):
        ordered = gap[start + 1 : end].copy()
        ordered.sort()
        middle = ordered.item((len(ordered) - 1) // 2) if len(ordered) else MOST_MS
        found.append(min(max(middle, 1.0), MOST_MS))
    return found


def _table(events: Flat, gap: Floats, medians: Floats) -> Floats:
    """What is summed over events: (22, events), nothing at a path's first one.

    Shares: gaps near the median, long ones, short ones. Steps: the sums that `_of_steps` names.
    Mids: those that `_of_mids` names.
    """
    found = np.zeros((_ROWS, len(gap)))
    table = found[:, 1:]  # the first event of all is a path's first: it has no step
    now = np.zeros((3, len(gap)))  # gaps, steps, paces
    now[0] = gap
    step_z = steps(events.z)
    step_z[events.starts] = 0.0
    np.abs(step_z, out=now[1])
    np.divide(now[1], np.maximum(gap, 1.0), out=now[2])
    usual, gap = medians[events.path[1:]], gap[1:]
    # A pause must not outweigh the movement.
    short = (events.place[1:] > 0) & (gap <= 4 * usual)
    table[0] = (events.place[1:] > 0) & (np.abs(gap - usual) <= 1.01)
    table[1] = gap > 3 * usual + 10
    table[2] = short
    np.multiply(now[1:, 1:], table[2], out=table[3:5])
    np.multiply(table[2, 1:], table[2, :-1], out=table[5, 1:])  # both are
    _fill_steps(table, now, step_z)
    _fill_mids(table[15:], now[0], step_z, table[5])
    return found


def _fill_steps(table: Floats, now: Floats, step_z: Places) -> None:
    change = now[:, 1:] - now[:, :-1]
    change *= table[5]
    np.abs(change[1:], out=table[6:8])
    np.multiply(change[:2], change[1], out=table[8:10])
    np.square(change[0], out=table[10])
    step = now[1, 1:]
    moved = step > 0
    table[11] = moved
    table[12] = step_z.real[1:] * step_z.imag[1:] != 0
    table[13] = moved & (step_z[1:] == step_z[:-1])
    table[13] *= table[5]
    table[14] = moved & (step < 1.5)


def _fill_mids(table: Floats, gap: Floats, step_z: Places, pair: Floats) -> None:
    """Each event against its two neighbours, in place and in time (signal-dependent noise)."""
    old_z, old_gap = step_z[:-1], gap[:-1]
    way_z = step_z[1:] + old_z
    way = np.abs(way_z) + 1e-9
    both, square, aside, along, length, by_time, by_half = table
    np.multiply(pair, way > 1.0, out=both)
    part = old_gap / np.maximum(gap[1:] + old_gap, 1.0)
    seen = old_z * np.conj(way_z) / way * both  # real: along the way of both, imaginary: aside
    np.abs(seen.imag, out=aside)
    np.square(aside, out=square)
    np.multiply(way, both, out=length)
    timed, even = seen.real - part * length, seen.real - 0.5 * length
    np.abs(timed, out=along)
    np.add(square, timed * timed, out=by_time)
    np.add(square, even * even, out=by_half)


def _shares(events: int, sums: list[float]) -> tuple[float, float, float]:
    count = max(events - 1, 1)
    return sums[0] / count, sums[1] / count, (events - 1 - sums[11]) / count


def _of_steps(sums: list[float]) -> list[float]:
    shorts, pairs, moves = (max(sums[row], 1.0) for row in (2, 5, 11))
    steps, paces, step_changes, pace_changes = sums[3], sums[4], sums[6], sums[7]
    together, of_steps, of_gaps, crooked, repeats, units = *sums[8:11], *sums[12:15]
    rough_pace = pace_changes / pairs / (paces / shorts + 1e-9)
    rough_step = step_changes / pairs / (steps / shorts + 1e-9)
    return [
        rough_pace,
        rough_step,
        log((rough_pace + 0.05) / (rough_step + 0.05)),
        together / (sqrt(of_gaps * of_steps) + 1.0),
        (sums[11] - crooked) / moves,
        repeats / pairs,
        units / moves,
    ]


def _of_mids(sums: list[float]) -> list[float]:
    both, squares, asides, along, length, by_time, by_half = sums
    count = max(both, 1.0)
    half = length / count / 2 + 0.3  # the rounding of a pixel
    return [
        log(sqrt(squares / count) + 0.1),
        asides / count / half,
        along / count / half,
        log((sqrt(by_time / count) + 0.25) / (sqrt(by_half / count) + 0.25)),
    ]
