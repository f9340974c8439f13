"""Paths to test with: a ruler's, and something of a hand's."""

from __future__ import annotations

import numpy as np

from gateway.hand.paths import Points


def ruled(count: int = 40, gap_ms: float = 10.0) -> Points:
    """Straight, even and punctual."""
    index = np.arange(count, dtype=float)
    return index * gap_ms, 100 + 6 * index, np.full(count, 200.0)


def drawn(seed: int = 1, gap_ms: float = 8.0) -> Points:
    """Two strokes with an arc, a correction and a pause: smooth, but no ease of a library's."""
    rng = np.random.default_rng(seed)
    t = np.arange(0, 900, gap_ms) + rng.integers(0, 2, len(np.arange(0, 900, gap_ms)))
    u, v = np.clip(t / 520, 0, 1), np.clip((t - 560) / 300, 0, 1)
    stroke = 10 * u**3 - 15 * u**4 + 6 * u**5
    more = 10 * v**3 - 15 * v**4 + 6 * v**5
    x = 100 + 410 * stroke**1.2 - 23 * more
    y = 300 + 60 * np.sin(2.6 * stroke) * stroke + 9 * more
    return np.rint(t), np.rint(x), np.rint(y)
