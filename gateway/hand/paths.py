"""Paths of a pointer, laid end to end in flat arrays.

Many paths are measured at once: their points lie in one flat array, cut by offsets, and a sum over
each path is one call for all of them. So a visit of three paths costs little more than one, and a
training set of thousands a few seconds. Places are complex numbers, x + iy: half the calls.

Places are pixels and times milliseconds, both rounded to whole ones: what a recorder writes beyond
that tells the recorder, not the hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

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


class Flat(NamedTuple):
    """Arrays of all paths end to end. Path i is points `starts[i]` to `ends[i]`, the last out."""

    t: Floats
    z: Places
    starts: Ints
    ends: Ints
    path: Ints  # which path each point belongs to
    place: Ints  # the point's number within its path

    @property
    def counts(self) -> Ints:
        return self.ends - self.starts

    def sums(self, rows: Sequence[NDArray[Any]]) -> Floats:
        """Each row (of points) summed by path: (rows, points) to (rows, paths)."""
        table = np.concatenate(rows, dtype=np.float64).reshape(len(rows), -1)
        found: Floats = np.add.reduceat(table, self.starts, axis=1)
        return found


def steps(values: NDArray[Any], lag: int = 1) -> NDArray[Any]:
    """What each is more than the one `lag` before. Where a path begins that's nonsense: mask it."""
    found = np.empty_like(values)
    found[:lag] = 0
    np.subtract(values[lag:], values[:-lag], out=found[lag:])
    return found


def before(values: NDArray[Any]) -> NDArray[Any]:
    """Each point's predecessor. Where a path begins, that is another's: mask it."""
    found = np.empty_like(values)
    found[:1] = 0
    found[1:] = values[:-1]
    return found


def flat(t: Floats, z: Places, counts: Ints) -> Flat:
    """Arrays end to end, with their offsets."""
    ends = counts.cumsum()
    starts = ends - counts
    path = np.arange(len(counts)).repeat(counts)
    return Flat(t, z, starts, ends, path, np.arange(len(t)) - starts[path])


def join(paths: list[Points]) -> Flat:
    """Paths of one point or more, in the order of time: clocks from 0; of one moment the last."""
    counts = np.array([len(path[0]) for path in paths])
    rows = [np.concatenate([path[axis] for path in paths]) for axis in range(3)]
    t = np.rint(rows[0])
    z = np.empty(len(t), np.complex128)
    np.rint(rows[1], out=z.real)
    np.rint(rows[2], out=z.imag)
    ends = counts.cumsum()
    t = np.minimum(t - t[ends - counts].repeat(counts), MOST_MS)
    keep = np.empty(len(t), bool)
    np.greater(t[1:], t[:-1], out=keep[:-1])
    keep[ends - 1] = True
    return flat(t[keep], z[keep], np.diff(np.cumsum(keep)[ends - 1], prepend=0))


class Moving(NamedTuple):
    """Paths from the event before their first movement to their last one, and what followed."""

    events: Flat
    rest_ms: Floats  # from the last movement to the end
    last_ms: Floats  # between the last two events


def moving(events: Flat) -> Moving:
    """Without the rests at both ends. Of a path that never moves, its last point is left."""
    moved = steps(events.z) != 0
    moved[events.starts] = False
    index, last = np.arange(len(moved)), events.ends - 1
    first = np.minimum.reduceat(np.where(moved, index, len(moved)), events.starts)
    final = np.maximum.reduceat(np.where(moved, index, -1), events.starts)
    final = np.where(final < 0, last, final)
    begin = np.maximum(np.minimum(first, last + 1) - 1, events.starts)
    rest = events.t[last] - events.t[final]
    gap = events.t[last] - events.t[np.maximum(last - 1, events.starts)]
    counts = final - begin + 1
    if counts.sum() == len(index):
        return Moving(events, rest, gap)
    keep = (index >= begin[events.path]) & (index <= final[events.path])
    return Moving(flat(events.t[keep], events.z[keep], counts), rest, gap)


def clock(points: Flat) -> Floats:
    """Times of all paths on one line that never turns back."""
    found: Floats = points.t + APART_MS * points.path
    return found


def grid(events: Flat) -> Flat:
    """Each path every 1/30 s from its first event, by straight lines; its last point at its end.

    Mice report 60 to 125 times a second, touch screens 30 to 60, remote desktops ten: on the grid
    they differ little.
    """
    begin = events.t[events.starts]
    spans_ms = np.maximum(events.t[events.ends - 1] - begin, 1.0)
    counts = np.maximum((spans_ms / GRID_MS + 1e-6).astype(np.int64) + 1, 2)
    path = np.arange(len(counts)).repeat(counts)
    ends = counts.cumsum()
    starts = ends - counts
    place = np.arange(len(path)) - starts[path]
    t = begin[path] + np.minimum(place * GRID_MS, spans_ms[path])
    z: Places = np.interp(t + APART_MS * path, clock(events), events.z)
    return Flat(t, z, starts, ends, path, place)
