"""Sketches painted: what fills their forms, what their lines are drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gateway.art.colours import Colour
from gateway.art.sketch import INK, TONES, Points, Shape

SMOOTH = 2  # drawn so much larger, then reduced: smooth edges
_THIN = 3.0  # px as drawn: thicker lines get round ends and corners


@dataclass(frozen=True, slots=True)
class Paints:
    """`tones`: of a shape's fill, by its number."""

    ink: Colour
    tones: tuple[Colour, ...]
    line_px: float


def paint(shapes: Sequence[Shape], size_px: tuple[int, int], paints: Paints) -> Image.Image:
    """RGBA: the shapes, their points in pixels, one over the other; clear where there is none."""
    width, height = size_px[0] * SMOOTH, size_px[1] * SMOOTH
    picture = Image.new("RGBA", (width, height), (*paints.tones[0], 0))
    draw = ImageDraw.Draw(picture)
    for shape in shapes:
        _shape(draw, shape, paints)
    return picture.reduce(SMOOTH)


def _shape(draw: ImageDraw.ImageDraw, shape: Shape, paints: Paints) -> None:
    points = shape.points * SMOOTH
    flat: list[float] = points.ravel().tolist()
    ink = (*paints.ink, 255)
    if shape.tone == INK:
        draw.polygon(flat, ink)
        return
    wide = max(1, round(paints.line_px * shape.wide * SMOOTH))
    if shape.tone is not None:
        draw.polygon(flat, (*paints.tones[shape.tone], 255))
        flat += flat[:2]
    draw.line(flat, ink, wide)
    if wide > _THIN:
        _rounded(draw, points, shape, wide / 2, ink)


def _rounded(
    draw: ImageDraw.ImageDraw,
    points: Points,
    shape: Shape,
    radius: float,
    ink: tuple[int, int, int, int],
) -> None:
    ends = shape.corners if shape.tone is not None else (0, len(points) - 1)
    for x, y in points[list(ends)].tolist():
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), ink)


def tones_of(
    shapes: Sequence[Shape], size_px: tuple[int, int], scale: float = 1.0
) -> NDArray[np.int16]:
    """(height, width): which tone lies where, from 1; 0 where none does. Lines are left out.
    `scale`: of a picture as it is looked at to one as it is painted."""
    picture = Image.new("L", size_px)
    draw = ImageDraw.Draw(picture)
    for shape in shapes:
        if shape.tone is not None:
            flat = (shape.points * scale).ravel().tolist()
            draw.polygon(flat, shape.tone + 1 if shape.tone != INK else TONES + 1)
    return np.asarray(picture, np.int16)
