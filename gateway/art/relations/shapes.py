"""Flat shapes that nobody takes for one another.

Outlines lie about the origin; their radius is about 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from gateway.art.relations.sheet import Points


def _spiky(count: int, inner: float) -> Points:
    angles = np.arange(2 * count) * np.pi / count
    far = np.where(np.arange(2 * count) % 2 == 0, 1.0, inner)
    return np.stack([np.sin(angles) * far, -np.cos(angles) * far], axis=1)


def _regular(count: int) -> Points:
    angles = (np.arange(count) + 0.5) * 2 * np.pi / count
    return np.stack([np.sin(angles), -np.cos(angles)], axis=1)


def _cross() -> Points:
    a = 0.33
    quarter = [(a, -1), (a, -a), (1, -a), (1, a), (a, a), (a, 1)]
    return np.array([*quarter, *((-x, -y) for x, y in quarter)], float)


def _moon() -> Points:
    outer = np.linspace(np.pi * 0.28, np.pi * 1.72, 24)
    inner = outer[::-1]
    out = np.stack([np.cos(outer), np.sin(outer)], axis=1)
    dent = np.stack([0.55 + 0.72 * np.cos(inner), 0.72 * np.sin(inner)], axis=1)
    return np.vstack([out, dent[np.hypot(dent[:, 0], dent[:, 1]) < 1]])


def _heart() -> Points:
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y], axis=1) / 17


def _drop() -> Points:
    t = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    return np.stack([0.75 * np.sin(t) * np.sin(t / 2) ** 1.2, -np.cos(t)], axis=1)


def _arrow() -> Points:
    return np.array(
        [(0, -1), (0.75, -0.1), (0.28, -0.1), (0.28, 1), (-0.28, 1), (-0.28, -0.1), (-0.75, -0.1)]
    )


def _bar() -> Points:
    return np.array([(-1, -0.27), (1, -0.27), (1, 0.27), (-1, 0.27)])


def _angle() -> Points:
    return np.array([(-0.8, -0.9), (-0.2, -0.9), (-0.2, 0.3), (0.9, 0.3), (0.9, 0.9), (-0.8, 0.9)])


def _clover() -> Points:
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    far = 0.62 + 0.38 * np.cos(3 * t)
    return np.stack([np.sin(t) * far, -np.cos(t) * far], axis=1)


SHAPES: Mapping[str, Callable[[], Points]] = MappingProxyType(
    {
        "star": lambda: _spiky(5, 0.42),
        "wheel": lambda: _spiky(11, 0.76),
        "triangle": lambda: _regular(3),
        "square": lambda: _regular(4) * 0.95,
        "cross": _cross,
        "moon": _moon,
        "heart": _heart,
        "drop": _drop,
        "arrow": _arrow,
        "bar": _bar,
        "angle": _angle,
        "clover": _clover,
    }
)
