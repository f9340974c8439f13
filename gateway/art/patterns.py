"""Patterns as fields: (height, width) float32 from 0 to 1, one function each, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.art.fields import noise
from gateway.art.forms import Pixels, bounded

Pattern = Callable[
    [np.random.Generator, Pixels, Pixels], NDArray[Any]
]  # of the two coordinates, px


def pattern(
    chance: np.random.Generator, name: str, height: int, width: int, period_px: float
) -> Pixels:
    """One pattern, turned and bent; `period_px` is its typical size."""
    angle = float(chance.uniform(0, np.pi))
    cos, sin = np.float32(np.cos(angle) / period_px), np.float32(np.sin(angle) / period_px)
    across = np.arange(width, dtype=np.float32)[None, :]
    down = np.arange(height, dtype=np.float32)[:, None]
    bend = noise(chance, height, width, 4 * period_px) * np.float32(0.45)
    u = across * cos + down * sin + bend
    v = down * cos - across * sin + bend[::-1]
    return np.asarray(_PATTERNS[name](chance, u, v), dtype=np.float32)


def _rest(values: NDArray[Any]) -> Pixels:
    """What is left of each above the next whole number below; a third of the cost of `%`."""
    return np.asarray(values - np.floor(values), dtype=np.float32)


def _wave(values: NDArray[Any]) -> Pixels:
    """A triangle wave of period 1, from 0 to 1: quicker than a sine, and looks no worse."""
    wave: Pixels = np.abs(_rest(values) * np.float32(2.0) - np.float32(1.0))
    return wave


def _stripes(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    return bounded(_wave(u) * 3.0 - chance.uniform(0.4, 1.6), 0, 1)


def _rings(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    middle_u = float(chance.uniform(u.min(), u.max()))
    middle_v = float(chance.uniform(v.min(), v.max()))
    return _wave(np.sqrt((u - middle_u) ** 2 + (v - middle_v) ** 2))


def _bricks(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    row = np.floor(v)
    shifted = u * 0.5 + _rest(row * 0.5)
    joint = np.maximum(_wave(shifted), _wave(v))
    tint = _rest(np.floor(shifted) * 0.37 + row * 0.61) * 0.6
    return np.where(joint > 0.86, np.float32(0.0), 0.4 + tint).astype(np.float32)


def _checks(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    odd = _rest((np.floor(u) + np.floor(v)) * 0.5)
    return (odd * 1.4 + 0.3 * _wave(u)).astype(np.float32)


def _dots(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    far = np.sqrt((_rest(u) - 0.5) ** 2 + (_rest(v) - 0.5) ** 2)
    return bounded((chance.uniform(0.25, 0.4) - far) * 8.0, 0, 1)


def _cells(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    """Like cracked ground: how near a jittered lattice's edges are."""
    bumps = _wave(u + 0.35 * _wave(v * 1.7)) * _wave(v + 0.35 * _wave(u * 1.3))
    return bounded(bumps * 2.2, 0, 1)


def _strokes(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    """Hatching: short lines that come and go."""
    return bounded((_wave(u * 1.6) - 0.45) * 3.0 * _wave(v * 0.31 + u * 0.05), 0, 1)


def _clouds(chance: np.random.Generator, u: Pixels, v: Pixels) -> NDArray[Any]:
    height, width = u.shape
    period_px = width / max(float(np.ptp(u)), 1.0)
    soft = noise(chance, height, width, period_px) + 0.5 * noise(
        chance, height, width, period_px / 2
    )
    return bounded(0.5 + 0.5 * soft, 0, 1)


_PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        "stripes": _stripes,
        "rings": _rings,
        "bricks": _bricks,
        "checks": _checks,
        "dots": _dots,
        "cells": _cells,
        "strokes": _strokes,
        "clouds": _clouds,
    }
)
