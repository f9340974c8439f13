"""Paths of a pointer: read from recordings, cleaned, and laid end to end in flat arrays.

Many paths are measured at once: their points lie in one flat array, cut by offsets, and a sum over
each path is one call for all of them. So a visit of three paths costs little more than one, and a
training set of thousands a few seconds.

Places are pixels and times milliseconds, both rounded to whole ones: what a recorder writes beyond
that tells the recorder, not the hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Points = tuple[Floats, Floats, Floats]  # t_ms, x_px, y_px

GRID_MS = 1000 / 30
APART_MS = 1e6  # between the clocks of two paths in one flat array
MOST_MS = 12_000.0  # of a path; what comes later is taken for that moment


@dataclass(frozen=True, slots=True)
class Flat:
    """Arrays of all paths end to end. Path i is `counts[i]` points from `starts[i]`."""

    t: Floats
    x: Floats
    y: Floats
    starts: Ints
    counts: Ints
    path: Ints  # which path each point belongs to
    place: Ints  # the point's number within its path
    early: tuple[Bools, Bools, Bools]  # whether it is among its path's first one, two, three

    def sums(self, rows: Sequence[NDArray[Any]]) -> Floats:
        """Each row (of points) summed by path: (rows, points) to (rows, paths)."""
        table = np.concatenate(rows, dtype=np.float64).reshape(len(rows), -1)
        found: Floats = np.add.reduceat(table, self.starts, axis=1)
        return found

    def step(self, values: Floats, order: int = 1) -> Floats:
        """What each value is more than the one before; 0 for a path's first `order` points."""
        steps = np.empty_like(values)
        steps[0] = 0.0
        np.subtract(values[1:], values[:-1], out=steps[1:])
        steps[self.early[order - 1]] = 0.0
        return steps


def before(values: Floats) -> Floats:
    """Each point's predecessor. Where a path begins, that is another's: mask it."""
    moved = np.empty_like(values)
    moved[0] = 0.0
    moved[1:] = values[:-1]
    return moved


def flat(t: Floats, x: Floats, y: Floats, counts: Ints) -> Flat:
    """Arrays end to end, with their offsets."""
    starts = np.cumsum(counts) - counts
    path = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(t)) - starts[path]
    return Flat(t, x, y, starts, counts, path, place, (place < 1, place < 2, place < 3))


def join(paths: list[Points]) -> Flat:
    """Paths of one point or more, in the order of time: clocks from 0; of one moment the last."""
    counts = np.array([len(path[0]) for path in paths])
    t, x, y = (np.rint(np.concatenate([path[axis] for path in paths])) for axis in range(3))
    ends = np.cumsum(counts)
    t = np.minimum(t - np.repeat(t[ends - counts], counts), MOST_MS)
    keep = np.empty(len(t), bool)
    np.greater(t[1:], t[:-1], out=keep[:-1])
    keep[ends - 1] = True
    last = np.cumsum(keep)[ends - 1]
    return flat(t[keep], x[keep], y[keep], np.diff(last, prepend=0))


def spans(events: Flat) -> tuple[Ints, Ints]:
    """The first and the last event by which each path moved; its ends if it never did."""
    moved = (events.step(events.x) != 0) | (events.step(events.y) != 0)
    index = np.arange(len(moved))
    ends = events.starts + events.counts - 1
    first = np.minimum.reduceat(np.where(moved, index, len(moved)), events.starts)
    last = np.maximum.reduceat(np.where(moved, index, -1), events.starts)
    still = last < 0
    return np.where(still, ends, first), np.where(still, ends, last)


def grid(events: Flat, begin_ms: Floats, end_ms: Floats) -> Flat:
    """Each path every 1/30 s from its `begin_ms`, by straight lines; its last point at `end_ms`.

    Mice report 60 to 125 times a second, touch screens 30 to 60, remote desktops ten: on the grid
    they differ little.
    """
    spans_ms = np.maximum(end_ms - begin_ms, 1.0)
    counts = np.maximum((spans_ms / GRID_MS + 1e-6).astype(np.int64) + 1, 2)
    starts = np.cumsum(counts) - counts
    path = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(path)) - starts[path]
    t = begin_ms[path] + np.minimum(place * GRID_MS, spans_ms[path])
    clock, own = t + APART_MS * path, events.t + APART_MS * events.path
    x, y = np.interp(clock, own, events.x), np.interp(clock, own, events.y)
    return Flat(t, x, y, starts, counts, path, place, (place < 1, place < 2, place < 3))
