"""Where lines cross, and how steeply."""

from __future__ import annotations

import numpy as np

from gateway.art.relations.sheet import Points


def steepness(one: Points, other: Points, at: Points) -> float:
    """The angle between two lines where they meet, 0 to half pi: radians."""
    ways = []
    for path in (one, other):
        k = int(np.argmin(((path - at) ** 2).sum(1)))
        way = path[min(k + 2, len(path) - 1)] - path[max(k - 2, 0)]
        ways.append(way / np.hypot(*way))
    return float(np.arccos(min(1.0, abs(float(ways[0] @ ways[1])))))


def crossings(one: Points, other: Points) -> list[Points]:
    """Where two lines cross each other."""
    along, across = np.diff(one, axis=0)[:, None], np.diff(other, axis=0)[None]
    off = other[None, :-1] - one[:-1, None]
    area = _cross_product(along, across)
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    s, t = _cross_product(off, across) / area, _cross_product(off, along) / area
    met = np.nonzero((s >= 0) & (s < 1) & (t >= 0) & (t < 1))
    return [one[i] + s[i, j] * along[i, 0] for i, j in zip(*met, strict=True)]


def _cross_product(one: Points, other: Points) -> Points:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])
