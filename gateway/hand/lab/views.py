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
    """Another hand's size, pace and stretch of the path, told by another recorder."""
    t, x, y = points
    if rng.random() < 0.4:
        t, x, y = _cut(rng, t, x, y)
    if rng.random() < 0.2:
        x, y = _slid(rng, x, y)
    x, y = _placed(rng, x, y)
    if rng.random() < 0.6:
        t = t * np.exp(rng.uniform(np.log(0.6), np.log(1.6)))
    return _whole(*_told(rng, t, x, y, gaps), rng)


def _told(rng: Rng, t: Floats, x: Floats, y: Floats, gaps: list[Floats]) -> Points:
    """When the recorder looked, what its clock said, which events it left out."""
    way = rng.choice(
        ["as is", "thinned", "even", "borrowed", "frames"], p=[0.2, 0.1, 0.35, 0.25, 0.1]
    )
    if way == "thinned":
        keep = rng.random(len(t)) > rng.uniform(0.05, 0.4)
        keep[[0, -1]] = True
        t, x, y = t[keep], x[keep], y[keep]
    elif way == "even":
        at = np.arange(t[0], t[-1], _rate_ms(rng))
        at = at + rng.choice([0.0, 0.3, 1.5, 4.0]) * rng.random(len(at))
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
    if rng.random() < 0.2:  # a clock that ticks seldom
        tick_ms = rng.choice([4.0, 8.0, 10.0, 15.625, 16.0])
        t = np.floor(t / tick_ms) * tick_ms
    return t, x, y


def _rate_ms(rng: Rng) -> float:
    """Of known recorders half of the time, of any between 6 and 110 ms else."""
    if rng.random() < 0.5:
        return float(rng.choice([8.0, 10.0, 12.0, 16.0, 16.667, 17.0, 20.0, 25.0, 33.333, 50.0]))
    return float(np.exp(rng.uniform(np.log(6.0), np.log(110.0))))


def _whole(t: Floats, x: Floats, y: Floats, rng: Rng) -> Points:
    """Whole pixels, seldom two by two; standing events kept or left out; a release later on."""
    pixel = 2.0 if rng.random() < 0.1 else 1.0
    x, y = np.rint(x / pixel) * pixel, np.rint(y / pixel) * pixel
    if rng.random() < 0.5 and len(t) > 2:
        moved = np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0))
        t, x, y = t[moved], x[moved], y[moved]
    if rng.random() < 0.35 and len(t):
        t = np.append(t, t[-1] + rng.exponential(80.0))
        x, y = np.append(x, x[-1]), np.append(y, y[-1])
    return t, x, y


def late(rng: Rng, t: Floats) -> Floats:
    """Told by a busy page: each event some milliseconds late, several at once after a stall."""
    lateness = rng.gamma(1.0, rng.uniform(0.3, 6), len(t))
    stalled = rng.random(len(t)) < rng.uniform(0, 0.05)
    told: Floats = np.maximum.accumulate(t + lateness + stalled * rng.exponential(40, len(t)))
    return told


def _cut(rng: Rng, t: Floats, x: Floats, y: Floats) -> Points:
    share = rng.uniform(0.3, 0.95)
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
    if rng.random() < 0.15:
        way = (x + 1j * y) * np.exp(1j * rng.uniform(0, 2 * np.pi))
        x, y = way.real, way.imag
    scale = np.exp(rng.uniform(np.log(0.25), np.log(2.2))) if rng.random() < 0.6 else 1.0
    if rng.random() < 0.2:
        y = y * np.exp(rng.uniform(np.log(0.6), np.log(1.6)))
    return x * scale, y * scale


def _slid(rng: Rng, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turned to the horizontal, pressed flat, and as long as a slider's track."""
    path = (x - x[0]) + 1j * (y - y[0])
    far = path[int(np.argmax(np.abs(path)))]
    path = path * (abs(far) / far if far else 1.0)
    size = rng.uniform(60, 320) / max(abs(far), 1.0)
    return path.real * size, path.imag * size * np.exp(rng.uniform(np.log(0.03), 0.0))
