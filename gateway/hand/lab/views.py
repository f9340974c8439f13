"""One path as other recorders would have told it: so that the model learns hands, not recorders.

People's paths and scripts' go through the same views.
"""

from __future__ import annotations

import numpy as np

from gateway.hand.lab.channels import framed
from gateway.hand.lab.pieces import Floats, Points, Rng

LEAST_EVENTS, LEAST_MS, LEAST_PX = 8, 200.0, 30.0


def usable(points: Points) -> bool:
    """What a trajectory of the data format must be."""
    t, x, y = points
    if len(t) < LEAST_EVENTS or not LEAST_MS <= t[-1] - t[0] <= 10_000.0:
        return False
    return bool(np.hypot(np.ptp(x), np.ptp(y)) >= LEAST_PX)


def norm(points: Points, hertz: float = 30.0) -> Points:
    """Sampled evenly, in whole pixels."""
    t, x, y = points
    at = np.arange(t[0], t[-1] + 1e-6, 1000 / hertz)
    return at - t[0], np.rint(np.interp(at, t, x)), np.rint(np.interp(at, t, y))


def varied(rng: Rng, points: Points, gaps: list[Floats]) -> Points:
    """Some of: cut, laid as a slider's drag, mirrored, scaled, thinned, sampled anew, framed."""
    t, x, y = points
    if rng.random() < 0.35:
        t, x, y = _cut(rng, t, x, y)
    if rng.random() < 0.25:
        x, y = _slid(rng, x, y)
    x, y = _placed(rng, x, y)
    if rng.random() < 0.5:
        t = t * rng.uniform(0.8, 1.3)
    way = rng.choice(
        ["as is", "thinned", "even", "borrowed", "frames"], p=[0.2, 0.15, 0.3, 0.2, 0.15]
    )
    if way == "thinned":
        keep = rng.random(len(t)) > rng.uniform(0.05, 0.4)
        keep[[0, -1]] = True
        t, x, y = t[keep], x[keep], y[keep]
    elif way == "even":
        at = np.arange(t[0], t[-1], np.exp(rng.uniform(np.log(8.0), np.log(120.0))))
        at = at + rng.uniform(0, 1.5) * rng.random(len(at))
        t, x, y = at, np.interp(at, t, x), np.interp(at, t, y)
    elif way == "borrowed":
        pattern = gaps[int(rng.integers(len(gaps)))]
        at = t[0] + np.cumsum(np.maximum(np.resize(pattern, 500), 1.0))
        at = at[at < t[-1]]
        t, x, y = at, np.interp(at, t, x), np.interp(at, t, y)
    elif way == "frames":
        t, x, y = framed(rng, t, x, y)
    if rng.random() < 0.25:
        t = late(rng, t)
    return t, np.rint(x), np.rint(y)


def late(rng: Rng, t: Floats) -> Floats:
    """Told by a busy page: each event some milliseconds late, several at once after a stall."""
    lateness = rng.gamma(1.0, rng.uniform(0.3, 6), len(t))
    stalled = rng.random(len(t)) < rng.uniform(0, 0.05)
    told: Floats = np.maximum.accumulate(t + lateness + stalled * rng.exponential(40, len(t)))
    return told


def _cut(rng: Rng, t: Floats, x: Floats, y: Floats) -> Points:
    share = rng.uniform(0.5, 0.95)
    begin = rng.choice([0.0, 1 - share, rng.uniform(0, 1 - share)]) * t[-1]
    keep = (t >= begin) & (t <= begin + share * t[-1])
    if keep.sum() < LEAST_EVENTS:
        return t, x, y
    return t[keep], x[keep], y[keep]


def _placed(rng: Rng, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if rng.random() < 0.5:
        x = -x
    if rng.random() < 0.5:
        y = -y
    if rng.random() < 0.2:
        x, y = y, x
    scale = np.exp(rng.uniform(np.log(0.25), np.log(1.6))) if rng.random() < 0.5 else 1.0
    return x * scale, y * scale


def _slid(rng: Rng, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turned to the horizontal, pressed flat, and as long as a slider's track."""
    path = (x - x[0]) + 1j * (y - y[0])
    far = path[int(np.argmax(np.abs(path)))]
    path = path * (abs(far) / far if far else 1.0)
    size = rng.uniform(60, 320) / max(abs(far), 1.0)
    return path.real * size, path.imag * size * np.exp(rng.uniform(np.log(0.03), 0.0))
