"""Bending pictures, by Pillow's mesh transform: a grid of corners, each moved a little."""

from __future__ import annotations

import numpy as np
from PIL import Image

from gateway.art.fields import noise

_MESH_PX = 24  # of one mesh cell; finer costs more and bends no further


def warp(
    chance: np.random.Generator,
    picture: Image.Image,
    strength_px: float,
    cell_px: float = 60.0,
    mesh_px: int = _MESH_PX,
) -> Image.Image:
    """Every part moved by up to `strength_px`, smoothly over `cell_px`. Edges take what is inside.

    All modes; the size stays.
    """
    if not strength_px > 0:
        return picture
    width, height = picture.size
    columns, rows = max(2, width // mesh_px), max(2, height // mesh_px)
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
    picture: Image.Image,
    back: tuple[float, ...],
    size: tuple[int, int],
    strength_px: float,
    cell_px: float,
) -> Image.Image:
    """An affine transform and a warp in one go: each place of `size` is taken from where `back`
    (Pillow's six coefficients) says, moved by up to `strength_px` before. For masks: bilinear."""
    width, height = size
    columns, rows = max(2, width // _MESH_PX), max(2, height // _MESH_PX)
    right, down = np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1)
    cell = cell_px * columns / width
    x = right[None, :] + noise(chance, rows + 1, columns + 1, cell) * strength_px
    y = down[:, None] + noise(chance, rows + 1, columns + 1, cell) * strength_px
    a, b, c, d, e, f = back
    mesh = _mesh(right, down, a * x + b * y + c, d * x + e * y + f)
    return picture.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def affine(
    picture: Image.Image, turn_deg: float, scale: float = 1.0, size: tuple[int, int] | None = None
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
    return picture.transform(
        (out_width, out_height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    )


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
