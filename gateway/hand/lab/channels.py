"""How a script's points reach the page: what the browser and the machine do to their times.

A page records when an event came, not when it was meant. Drivers that await every point let the
path's own times go; sleeping ones come late; screens join what falls within one frame. Gaps may be
`borrowed`: those between the events of recordings, people's or scripts'.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.pieces import Floats, Points, Rng

FRAME_MS = 1000 / 60


def play(rng: Rng, points: Points, borrowed: list[Floats]) -> Points:
    """The events that a page would record of these points."""
    t, x, y = points
    way = rng.choice(["awaited", "late", "sampled", "exact"], p=[0.3, 0.3, 0.25, 0.15])
    if way == "awaited":
        t = _rising(_gaps(rng, len(t) - 1, borrowed))
    elif way == "late":
        lateness = rng.gamma(1.5, rng.uniform(0.3, 8), len(t)) + _stalls(rng, len(t))
        t = np.maximum.accumulate(t + lateness)
    elif way == "sampled":
        at = _rising(_gaps(rng, 400, borrowed))
        at = np.append(at[at < t[-1]], t[-1])
        t, x, y = at, np.interp(at, t, x), np.interp(at, t, y)
    if rng.random() < 0.4:
        t, x, y = framed(rng, t, x, y)
    return t - t[0], x, y


def framed(rng: Rng, t: Floats, x: Floats, y: Floats) -> Points:
    """One event per frame, the last, told at the frame's time, give or take a millisecond."""
    frame = np.ceil(t / FRAME_MS + rng.random())
    last = np.append(np.diff(frame) > 0, True)
    late = rng.normal(0, rng.choice([0.05, 0.6, 1.5]), int(last.sum()))
    return np.maximum.accumulate(frame[last] * FRAME_MS + late), x[last], y[last]


def _gaps(rng: Rng, count: int, borrowed: list[Floats]) -> Floats:
    law = rng.choice(
        ["borrowed", "even", "normal", "uniform", "frames"], p=[0.5, 0.1, 0.15, 0.1, 0.15]
    )
    base_ms = rng.choice([8.0, 10.0, 12.0, 16.67, 16.67, 20.0, 25.0, 33.3, 45.0])
    if law == "borrowed" and borrowed:
        return _borrow(rng, count, borrowed)
    if law == "frames":
        return np.asarray(FRAME_MS * (1.0 + (rng.random(count) < rng.uniform(0, 0.3))))
    spread = {"even": 0.0, "normal": rng.uniform(0.02, 0.35), "uniform": 0.0}.get(str(law), 0.0)
    gaps = base_ms * (1 + spread * rng.normal(0, 1, count))
    if law == "uniform":
        gaps = base_ms * rng.uniform(1 - rng.uniform(0, 0.8), 1 + rng.uniform(0, 0.8), count)
    return np.asarray(np.maximum(gaps + _stalls(rng, count) * (rng.random() < 0.4), 0.5))


def _borrow(rng: Rng, count: int, borrowed: list[Floats]) -> Floats:
    gaps = borrowed[int(rng.integers(len(borrowed)))]
    begin = int(rng.integers(len(gaps)))
    found: Floats = np.resize(np.roll(gaps, -begin), count)
    return found


def _stalls(rng: Rng, count: int) -> Floats:
    stalled = rng.random(count) < rng.uniform(0, 0.04)
    return np.asarray(stalled * rng.exponential(60, count))


def _rising(gaps: NDArray[np.float64]) -> Floats:
    return np.concatenate(([0.0], np.cumsum(gaps)))
