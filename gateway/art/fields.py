"""Smooth random fields: the stuff of texture, light and warps."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from gateway.art.forms import Mask, Pixels, bounded


def noise(chance: np.random.Generator, height: int, width: int, cell_px: float) -> Pixels:
    """(height, width), about -1 to 1, smooth over `cell_px` pixels (value noise, bicubic)."""
    return noises(chance, (), height, width, cell_px)


def noises(
    chance: np.random.Generator, many: tuple[int, ...], height: int, width: int, cell_px: float
) -> Pixels:
    """(*many, height, width): as many fields, each its own."""
    rows, columns = _cells(height, cell_px), _cells(width, cell_px)
    coarse = chance.uniform(-1.0, 1.0, (*many, rows, columns)).astype(np.float32)
    grown = _shares(height, rows) @ coarse @ _shares(width, columns).T
    return np.asarray(grown, np.float32)


@lru_cache(maxsize=1024)
def _shares(size_px: int, cells: int) -> Pixels:
    """(size, cells): what each cell has in each pixel, by Pillow's own bicubic resizing, which two
    small products do ten times as fast as Pillow."""
    each = Image.fromarray(np.eye(cells, dtype=np.float32))
    return np.asarray(each.resize((cells, size_px), Image.Resampling.BICUBIC))


def colour_cloud(
    chance: np.random.Generator, height: int, width: int, cell_px: float
) -> Image.Image:
    """Soft colours, each channel on its own."""
    shape = (_cells(height, cell_px), _cells(width, cell_px), 3)
    coarse = Image.fromarray(chance.integers(0, 256, shape, dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def shading(chance: np.random.Generator, height: int, width: int, depth: float) -> Mask:
    """A factor of light around 1, at most `depth` off it: a tilted plane and a large soft spot."""
    angle = chance.uniform(0.0, 2 * np.pi)
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :] * np.float32(np.cos(angle))
    down = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    soft = noise(chance, height, width, max(height, width) / 2)
    off = 0.5 * (across + down) / 1.4142 + 0.5 * soft
    return bounded(1.0 + depth * off, 1.0 - depth, 1.0 + depth)


def _cells(size_px: int, cell_px: float) -> int:
    return max(2, round(size_px / cell_px) + 1)
