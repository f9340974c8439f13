"""Features of a path as recorded: when its events came, and how its steps fit the gaps between.

A hand moves all the time and is looked at now and then: after a longer gap it has gone further. A
script sends point after point, and gaps change while steps don't. That, and whole-pixel steps,
tell the two apart whatever the path; how often events come tells the device and the browser.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import APART_MS, Flat, Floats, Ints, before

FRAME_MS = 50 / 3  # of most screens

DOCS = {
    "rest_before": "ln(1 + ms) from the first event to the last one before the path moves",
    "rest_after": "ln(1 + ms) from the last movement to the end (a press or a release)",
    "last_gap": "ln(1 + ms) between the last two events",
    "gap_50": "ln ms: median gap between events while moving",
    "gap_iqr": "spread of the middle half of gaps, over their median",
    "gap_90": "9th decile of gaps over their median",
    "gap_10": "1st decile of gaps over their median",
    "gap_mode": "share of gaps within a millisecond of the median",
    "gap_same": "share of gaps that are the median to the millisecond",
    "gap_long": "share of gaps above three medians and 10 ms: pauses, or lost events",
    "gap_tiny": "share of gaps of 3 ms or less",
    "gap_frame": "mean distance of gaps from a multiple of a 60 Hz frame, in frames",
    "gap_change": "mean change from gap to gap over the mean gap",
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
    "mid_straight": "share of such distances aside under half a pixel, steps above 3 px",
    "events": "ln of the number of events",
}


def measure(events: Flat, first: Ints, last: Ints) -> list[Floats]:
    """Features in the order of `DOCS`, an array over the paths each."""
    gap, dx, dy = (events.step(values) for values in (events.t, events.x, events.y))
    step = np.hypot(dx, dy)
    index = np.arange(len(gap))
    inside = (index >= first[events.path]) & (index <= last[events.path]) & (events.place > 0)
    inside_count = np.maximum(events.sums([inside])[0], 1)
    deciles = _quantiles(events, gap, inside, inside_count)
    near, far = events.starts, events.starts + events.counts - 1
    rests = (
        events.t[np.maximum(first - 1, near)] - events.t[near],
        events.t[far] - events.t[last],
        events.t[far] - events.t[np.maximum(far - 1, near)],
    )
    return [
        *np.log1p(rests),
        *_of_gaps(events, gap, inside, inside_count, deciles),
        events.sums([inside & (step == 0)])[0] / inside_count,
        *_of_steps(events, (gap, dx, dy, step), inside, deciles[2]),
        *_of_mids(events, (gap, dx, dy, step), inside, deciles[2]),
        np.log(events.counts),
    ]


def _quantiles(events: Flat, gap: Floats, inside: NDArray[np.bool_], count: Floats) -> Floats:
    """Gaps at 10, 25, 50, 75 and 90 %: (5, paths). Sorted together, each path in its own range."""
    base = APART_MS * np.arange(len(count))
    ordered = np.sort(np.where(inside, gap, APART_MS / 2) + base[events.path])
    shares = np.array([[0.1], [0.25], [0.5], [0.75], [0.9]])
    places = events.starts + ((count - 1) * shares).astype(np.int64)
    found: Floats = np.minimum(ordered[places] - base, 12_000.0)
    return found


def _of_gaps(
    events: Flat, gap: Floats, inside: NDArray[np.bool_], count: Floats, deciles: Floats
) -> list[Floats]:
    median = np.maximum(deciles[2], 1.0)
    own = deciles[2][events.path]
    frames = gap / FRAME_MS
    moving = inside * gap
    sums = events.sums(
        [
            *(inside & (np.abs(gap - own) <= 1), inside & (gap == own)),
            *(inside & (gap > 3 * own + 10), inside & (gap <= 3)),
            inside * np.abs(frames - np.rint(frames)),
            *(np.abs(events.step(moving)), moving),
        ]
    )
    return [
        np.log(median),
        (deciles[3] - deciles[1]) / median,
        deciles[4] / median,
        deciles[0] / median,
        *(sums[:5] / count),
        sums[5] / np.maximum(sums[6], 1.0),
    ]


def _of_steps(
    events: Flat,
    steps: tuple[Floats, Floats, Floats, Floats],
    inside: NDArray[np.bool_],
    median: Floats,
) -> list[Floats]:
    """Over gaps of up to four medians, so that a pause doesn't outweigh the movement."""
    gap, dx, dy, step = steps
    short = inside & (gap <= 4 * median[events.path])
    pair = short.copy()
    pair[1:] &= short[:-1]
    pair[events.place == 0] = False
    moved = inside & (step > 0)
    pace = step / np.maximum(gap, 1.0)
    on_gap, on_step, on_pace = (events.step(values) for values in (gap, step, pace))
    same = pair & (step > 0) & (events.step(dx) == 0) & (events.step(dy) == 0)
    rows = [
        *(short, short * pace, short * step, pair),
        *(pair * np.abs(on_pace), pair * np.abs(on_step)),
        *(pair * on_gap * on_step, pair * on_gap**2, pair * on_step**2),
        *(moved, moved & ((dx == 0) | (dy == 0)), moved & (step < 1.5), same),
    ]
    sums = events.sums(rows)
    shorts, pairs, moves = (np.maximum(sums[row], 1.0) for row in (0, 3, 9))
    rough_pace = sums[4] / pairs / (sums[1] / shorts + 1e-9)
    rough_step = sums[5] / pairs / (sums[2] / shorts + 1e-9)
    return [
        rough_pace,
        rough_step,
        np.log((rough_pace + 0.02) / (rough_step + 0.02)),
        sums[6] / (np.sqrt(sums[7] * sums[8]) + 1.0),
        sums[10] / moves,
        sums[12] / pairs,
        sums[11] / moves,
    ]


def _of_mids(
    events: Flat,
    steps: tuple[Floats, Floats, Floats, Floats],
    inside: NDArray[np.bool_],
    median: Floats,
) -> list[Floats]:
    """Each event against its two neighbours, in place and in time (signal-dependent noise)."""
    gap, dx, dy, step = steps
    usual = inside & (gap <= 4 * median[events.path])
    both = np.zeros(len(gap), bool)
    both[1:] = usual[1:] & usual[:-1] & (events.place[1:] > 1)
    old_x, old_y, old_gap, old = (before(values) for values in (dx, dy, gap, step))
    way_x, way_y = dx + old_x, dy + old_y
    way = np.hypot(way_x, way_y) + 1e-9
    both &= way > 1.0
    aside = np.abs(old_x * way_y - old_y * way_x) / way * both
    part = old_gap / np.maximum(gap + old_gap, 1.0)
    along = np.abs((old_x * way_x + old_y * way_y) / way - part * way) * both
    quick = both & (step > 3) & (old > 3)
    rows = (both, aside * aside, aside, along, both * way, quick, quick & (aside < 0.5))
    count, square, mean_aside, mean_along, length, quicks, lines = events.sums(rows)
    return [
        np.log(np.sqrt(square / np.maximum(count, 1)) + 0.1),
        mean_aside / (length / 2 + 1e-9),
        mean_along / (length / 2 + 1e-9),
        (lines + 0.5) / (quicks + 1.0),
    ]
