"""Paths of a pointer, laid end to end in flat arrays.

Many paths are measured at once: their points lie in one flat array, cut by offsets, and a sum over
each path is one call for all of them. So a visit of three paths costs little more than one, and a
training set of thousands a few seconds. Places are complex numbers, x + iy: half the calls.

Places are pixels and times milliseconds, both rounded to whole ones: what a recorder writes beyond
that tells the recorder, not the hand.
"""

from __future__ import annotations

from itertools import chain
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

    t: Floats  # of all paths on one line: a path begins `APART_MS` after the one before it
    z: Places
    starts: Ints
    ends: Ints
    path: Ints  # which path each point belongs to
    place: Ints  # the point's number within its path

    @property
    def counts(self) -> Ints:
        return self.ends - self.starts


def steps(values: NDArray[Any], lag: int = 1) -> NDArray[Any]:
    """What each is more than the one `lag` before. Where a path begins that's nonsense: mask it."""
    found = np.empty_like(values)
    np.subtract(values[lag:], values[:-lag], out=found[lag:])
    return found


class Joined(NamedTuple):
    """Events of all paths end to end."""

    t: Floats
    z: Places
    starts: Ints
    ends: Ints

    @property
    def counts(self) -> Ints:
        return self.ends - self.starts


def flat(t: Floats, z: Places, counts: Ints) -> Flat:
    """Arrays end to end, with their offsets; clocks of paths laid on one line."""
    ends = counts.cumsum()
    starts = ends - counts
    path = np.arange(len(counts)).repeat(counts)
    return Flat(t + APART_MS * path, z, starts, ends, path, np.arange(len(t)) - starts[path])


def join(paths: list[Points]) -> Joined:
    """Paths of one point or more, in the order of time: clocks from 0; of one moment the last."""
    counts = np.array([len(path[0]) for path in paths])
    rows = np.concatenate(list(chain.from_iterable(zip(*paths, strict=True))))
    t, x, y = np.rint(rows, out=rows).reshape(3, -1)
    z = np.empty(len(t), np.complex128)
    z.real, z.imag = x, y
    ends = counts.cumsum()
    starts = ends - counts
    t = np.minimum(t - t[starts].repeat(counts), MOST_MS)
    keep = np.empty(len(t), bool)
    np.greater(t[1:], t[:-1], out=keep[:-1])
    keep[ends - 1] = True
    if keep.all():
        return Joined(t, z, starts, ends)
    counts = np.add.reduceat(keep, starts, dtype=np.int64)
    ends = counts.cumsum()
    return Joined(t[keep], z[keep], ends - counts, ends)


class Moving(NamedTuple):
    """Paths from the event before their first movement to their last one, and what followed."""

    events: Flat
    spans_ms: list[float]  # from the first of these events to the last
    rest_ms: list[float]  # from the last movement to the end
    last_ms: list[float]  # between the last two events


def moving(events: Joined) -> Moving:
    """Without the rests at both ends. Of a path that never moves, its last point is left."""
    hits = (events.z[1:] != events.z[:-1]).nonzero()[0]  # what a step goes from
    firsts, afters = hits.searchsorted(events.starts), hits.searchsorted(events.ends - 1)
    t, hit, pieces, spans, rest, gap = events.t.item, hits.item, [], [], [], []
    bounds = (events.starts, events.ends, firsts, afters)
    for start, end, first, after in zip(*(of.tolist() for of in bounds), strict=True):
        begin, final = (hit(first), hit(after - 1) + 1) if after > first else (end - 1, end - 1)
        pieces.append((begin, final + 1))
        final_ms, end_ms = t(final), t(end - 1)
        spans.append(final_ms - t(begin))
        rest.append(end_ms - final_ms)
        gap.append(end_ms - t(max(end - 2, start)))
    counts = [end - begin for begin, end in pieces]
    t_ms, z = events.t, events.z
    if sum(counts) < len(z):
        t_ms, z = (np.concatenate([of[begin:end] for begin, end in pieces]) for of in (t_ms, z))
    return Moving(flat(t_ms, z, np.array(counts)), spans, rest, gap)


def grid(found: Moving) -> Flat:
    """Each path every 1/30 s from its first event, by straight lines; its last point at its end.

    Mice report 60 to 125 times a second, touch screens 30 to 60, remote desktops ten: on the grid
    they differ little.
    """
    events = found.events
    samples = [max(int(span_ms / GRID_MS + 1e-6) + 1, 2) for span_ms in found.spans_ms]
    counts = np.array(samples)
    path = np.arange(len(samples)).repeat(counts)
    ends = counts.cumsum()
    starts = ends - counts
    place = np.arange(len(path)) - starts[path]
    t = np.minimum(place * GRID_MS, np.array(found.spans_ms)[path])
    t += events.t[events.starts][path]
    z: Places = np.interp(t, events.t, events.z)
    return Flat(t, z, starts, ends, path, place)
