"""Paths of a pointer, laid end to end in flat arrays.

Many paths are measured at once: their points lie in one flat array, cut by offsets, and a sum over
each path is one call for all of them. So a visit of three paths costs little more than one, and a
training set of thousands a few seconds. Places are complex numbers, x + iy: half the calls.

Places are pixels and times milliseconds, both rounded to whole ones: what a recorder writes beyond
that tells the recorder, not the hand.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.complex128]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Points = tuple[Floats, Floats, Floats]  # t_ms, x_px, y_px

GRID_MS = 1000 / 30
APART_MS = 1e6  # between the clocks of two paths in one flat array
MOST_MS = 12_000.0  # of a path; what comes later is taken for that moment
MOST_SAMPLES: Final = int(MOST_MS / GRID_MS) + 2
_CLOCK: Final = np.arange(MOST_SAMPLES) * GRID_MS
_NO_SHARES: Final = np.empty(0)


class Joined(NamedTuple):
    """Events of all paths end to end. Path i ends before `ends[i]`, where the next one begins."""

    t: Floats  # of all paths on one line: path i begins at i * `APART_MS`
    z: Places
    ends: list[int]


def join(paths: list[Points]) -> Joined:
    """Paths of one point or more, in the order of time; of one moment the last event."""
    times, *places = zip(*paths, strict=True)
    rows = np.concatenate((*times, *places[0], *places[1]))
    np.rint(rows, rows)
    size = len(rows) // 3
    t, z = rows[:size], np.empty(size, np.complex128)
    z.real, z.imag = rows[size : 2 * size], rows[2 * size :]
    ends = list(accumulate(map(len, times)))
    begin, clock_ms = 0, 0.0
    for end in ends:
        own = t[begin:end]
        own -= own.item(0) - clock_ms
        if own.item(-1) > clock_ms + MOST_MS:
            np.minimum(own, clock_ms + MOST_MS, out=own)
        begin, clock_ms = end, clock_ms + APART_MS
    later = t[1:] > t[:-1]
    if np.count_nonzero(later) == size - 1:
        return Joined(t, z, ends)
    keep = np.append(later, True)
    counts = np.add.reduceat(keep, [0, *ends[:-1]], dtype=np.int64)
    return Joined(t[keep], z[keep], counts.cumsum().tolist())


class Moving(NamedTuple):
    """Where in `events` paths begin to move, the event before, and have ended, the event after."""

    events: Joined
    begins: list[int]
    ends: list[int]
    begins_ms: list[float]  # by the clock of all
    spans_ms: list[float]  # from the first of these events to the last
    rest_ms: list[float]  # from the last movement to the end
    last_ms: list[float]  # between the last two events

    def sums(self, table: Floats) -> list[list[float]]:
        """Of a table (rows, events) over each path's movement: (paths, rows)."""
        cuts = [cut for each in zip(self.begins, self.ends, strict=True) for cut in each]
        if cuts[-1] == table.shape[1]:
            cuts.pop()
        found: list[list[float]] = np.add.reduceat(table, cuts, axis=1).T[::2].tolist()
        return found


def moving(events: Joined) -> Moving:
    """Without the rests at both ends. Of a path that never moves, its last point is left."""
    t, z = events.t.item, events.z.tolist()
    found = Moving(events, [], [], [], [], [], [])
    start = 0
    for end in events.ends:
        begin, final = start, end - 1
        while begin < final and z[begin] == z[begin + 1]:
            begin += 1
        while begin < final and z[final] == z[final - 1]:
            final -= 1
        begin_ms, final_ms, end_ms = t(begin), t(final), t(end - 1)
        found.begins.append(begin)
        found.ends.append(final + 1)
        found.begins_ms.append(begin_ms)
        found.spans_ms.append(final_ms - begin_ms)
        found.rest_ms.append(end_ms - final_ms)
        found.last_ms.append(end_ms - t(max(end - 2, start)))
        start = end
    return found


class Sampled(NamedTuple):
    """Paths on the grid, end to end."""

    t: Floats
    z: Places
    starts: Ints
    lasts: Ints
    counts: Ints
    begins: Places  # where each path begins
    at: Places  # (paths, shares)


def grid(found: Moving, shares: Floats = _NO_SHARES) -> Sampled:
    """Each path every 1/30 s from its first event, by straight lines; its last point at its end.

    And where it is after these `shares` of its duration. Mice report 60 to 125 times a second,
    touch screens 30 to 60, remote desktops ten: on the grid they differ little.
    """
    events, spans_ms = found.events, found.spans_ms
    samples = [max(int(span_ms / GRID_MS + 1e-6) + 1, 2) for span_ms in spans_ms]
    when = np.array(spans_ms)[:, None] * shares
    t = np.concatenate([*[_CLOCK[:count] for count in samples], when.reshape(-1)])
    counts = np.array(samples)
    ends = counts.cumsum()
    for end, count, span_ms in zip(ends.tolist(), samples, spans_ms, strict=True):
        if (count - 1) * GRID_MS > span_ms:
            t[end - 1] = span_ms
    t += np.array(found.begins_ms * 2).repeat(samples + [len(shares)] * len(samples))
    z: Places = np.interp(t, events.t, events.z)
    size = len(t) - when.size
    begins, at = events.z[found.begins], z[size:].reshape(when.shape)
    return Sampled(t[:size], z[:size], ends - counts, ends - 1, counts, begins, at)
