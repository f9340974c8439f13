"""Bending pictures: a grid of corners, each moved a little, and what lies between them.

Masks are fetched by numpy, whole scenes by Pillow's mesh transform: that has some 15 µs for each
cell to overcome, which is most of the cost where pictures are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway.art.fields import noise
from gateway.art.forms import Pixels

Number = TypeVar("Number", bound=np.generic)

_MESH_PX = 24  # of one mesh cell; finer costs more and bends no further


def warp(
    chance: np.random.Generator, picture: Image.Image, strength_px: float, cell_px: float = 60.0
) -> Image.Image:
    """Every part moved by up to `strength_px`, smoothly over `cell_px`. Edges take what is inside.

    All modes; the size stays.
    """
    if not strength_px > 0:
        return picture
    width, height = picture.size
    columns, rows = max(2, width // _MESH_PX), max(2, height // _MESH_PX)
    right = np.linspace(0, width, columns + 1)
    down = np.linspace(0, height, rows + 1)
    scale = columns / width
    off_x = noise(chance, rows + 1, columns + 1, cell_px * scale) * strength_px
    off_y = noise(chance, rows + 1, columns + 1, cell_px * scale) * strength_px
    x = np.clip(right[None, :] + off_x, 0, width - 1)
    y = np.clip(down[:, None] + off_y, 0, height - 1)
    return picture.transform(
        picture.size, Image.Transform.MESH, _mesh(right, down, x, y), Image.Resampling.BICUBIC
    )


def bent(
    chance: np.random.Generator,
    source: NDArray[np.uint8],
    back: tuple[float, ...],
    size: tuple[int, int],
    strength_px: float,
    cell_px: float,
) -> Pixels:
    """An affine transform and a warp in one go: each place of `size` is taken from where `back`
    (Pillow's six coefficients) says, moved by up to `strength_px` before. For masks: bilinear, and
    nothing where `source`, (h, w) or (h, w, layers), has ended."""
    width, height = size
    columns, rows = max(2, width // _MESH_PX), max(2, height // _MESH_PX)
    right, down = np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1)
    cell = cell_px * columns / width
    x = right[None, :] + noise(chance, rows + 1, columns + 1, cell) * strength_px
    y = down[:, None] + noise(chance, rows + 1, columns + 1, cell) * strength_px
    a, b, c, d, e, f = back
    return fetched(padded(source), size, a * x + b * y + c + 1, d * x + e * y + f + 1)


def padded(source: NDArray[Number]) -> NDArray[Number]:
    """With a rim of one empty pixel: what is fetched from outside is then empty."""
    height, width, *layers = source.shape
    wide = np.zeros((height + 2, width + 2, *layers), source.dtype)
    wide[1:-1, 1:-1] = source
    return wide


def fetched(
    source: NDArray[np.uint8], size: tuple[int, int], from_x: NDArray[Any], from_y: NDArray[Any]
) -> Pixels:
    """`size` (width, height) filled from `source`: `from_x` and `from_y` say for each corner of an
    even mesh over it whence it comes, in pixels from the upper left corner. Bilinear, both between
    corners and between pixels; beyond the source its edges go on."""
    width, height = size
    high, wide = source.shape[:2]
    down, across = _shares(height, from_x.shape[0]), _shares(width, from_x.shape[1]).T
    x = np.clip(down @ from_x.astype(np.float32) @ across - np.float32(0.5), 0, wide - 1.0001)
    y = np.clip(down @ from_y.astype(np.float32) @ across - np.float32(0.5), 0, high - 1.0001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    x, y = x - left, y - top
    flat = source.reshape(high * wide, *source.shape[2:]).astype(np.float32)
    at = top * wide + left
    if flat.ndim > 1:
        x, y = x[..., None], y[..., None]
    return _between(flat, at, at + wide, x, y)


def fetched_each(
    sources: Sequence[NDArray[Any]],
    of: Sequence[int],
    size: tuple[int, int],
    from_x: NDArray[Any],
    from_y: NDArray[Any],
) -> Pixels:
    """(n, h, w): what `fetched` makes of the source of each number in `of`, all of one layer, at a
    fraction of the cost where they are small. `from_x` and `from_y` are (n, rows, columns)."""
    width, height = size
    down, across = _shares(height, from_x.shape[1]), _shares(width, from_x.shape[2]).T
    begins = np.cumsum([0, *(one.size for one in sources)])
    facts = [(*sources[n].shape, begins[n]) for n in of]
    high, wide, first = np.array(facts, np.intp).T[..., None, None]
    x = down @ from_x.astype(np.float32) @ across - np.float32(0.5)
    y = down @ from_y.astype(np.float32) @ across - np.float32(0.5)
    np.clip(x, np.float32(0), (wide - 1.0001).astype(np.float32), out=x)
    np.clip(y, np.float32(0), (high - 1.0001).astype(np.float32), out=y)
    left, top = x.astype(np.intp), y.astype(np.intp)
    x -= left
    y -= top
    flat = np.concatenate([one.ravel() for one in sources]).astype(np.float32)
    at = top * wide
    at += left
    at += first
    return _between(flat, at, at + wide, x, y)


def _between(
    flat: Pixels, at: NDArray[np.intp], under: NDArray[np.intp], x: Pixels, y: Pixels
) -> Pixels:
    """Between the four pixels at each place, `x` of the way across and `y` down."""
    upper, lower = _along(flat, at, x), _along(flat, under, x)
    lower -= upper
    lower *= y
    upper += lower
    return upper


def _along(flat: Pixels, at: NDArray[np.intp], share: Pixels) -> Pixels:
    """Between each pixel and the next; `at` is known to be inside ("clip" asks nothing)."""
    here = flat.take(at, axis=0, mode="clip")
    beside = flat.take(at + 1, axis=0, mode="clip")
    beside -= here
    beside *= share
    here += beside
    return here


@lru_cache(maxsize=512)
def _shares(side_px: int, corners: int) -> NDArray[np.float32]:
    """(side, corners): what each corner has in each pixel's middle."""
    at = (np.arange(side_px) + 0.5) / side_px * (corners - 1)
    off = np.abs(at[:, None] - np.arange(corners)[None, :])
    return np.asarray(np.maximum(0.0, 1.0 - off), np.float32)


def affine(
    picture: Image.Image,
    turn_deg: float,
    scale: float = 1.0,
    size: tuple[int, int] | None = None,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> Image.Image:
    """Turned counter-clockwise and scaled about its middle, put in the middle of `size`.

    What comes from outside is black, and clear where the mode has alpha.
    """
    width, height = picture.size
    out_width, out_height = size or picture.size
    angle = np.deg2rad(turn_deg)
    cos, sin = float(np.cos(angle)) / scale, float(np.sin(angle)) / scale
    left, up = out_width / 2, out_height / 2
    matrix = (
        *(cos, -sin, width / 2 - cos * left + sin * up),
        *(sin, cos, height / 2 - sin * left - cos * up),
    )
    return picture.transform((out_width, out_height), Image.Transform.AFFINE, matrix, resampling)


def _mesh(
    right: np.ndarray, down: np.ndarray, x: np.ndarray, y: np.ndarray
) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """Pillow's form: each target box with the four corners it is taken from, from the upper left
    counter-clockwise."""
    edges_x, edges_y = np.rint(right).astype(int), np.rint(down).astype(int)
    cells = []
    for row in range(len(down) - 1):
        for column in range(len(right) - 1):
            box = (
                *(int(edges_x[column]), int(edges_y[row])),
                *(int(edges_x[column + 1]), int(edges_y[row + 1])),
            )
            corners = ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1))
            quad = tuple(v for at in corners for v in (float(x[at]), float(y[at])))
            cells.append((box, quad))
    return cells
