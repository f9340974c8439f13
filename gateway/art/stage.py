"""A stage for solids: a camera, a light, and painting from far to near.

The ground is z = 0, a board of radius 1 around the origin. A camera at azimuth 0 stands at -y and
looks along +y; a positive azimuth walks to its right, counter-clockwise as seen from above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, sin

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from gateway.art.colours import Colour
from gateway.art.solids import Floats, Solid

PATTERNS = ("plain", "columns", "rows", "checks")


@dataclass(frozen=True, slots=True)
class Camera:
    azimuth_rad: float
    elevation_rad: float
    far: float  # from what it looks at, in board units
    zoom_px: float  # pixels per board unit at that distance
    middle_px: tuple[float, float]  # where in the picture that is
    aim_z: float = 0.2  # it looks at this height above the middle of the board

    def larger(self, times: int) -> Camera:
        """The same view in a picture of so many times the width and height."""
        left, top = self.middle_px
        return replace(self, zoom_px=self.zoom_px * times, middle_px=(left * times, top * times))

    def seen(self, points: Floats) -> Floats:
        """(..., 3) on the stage to (..., 3): x and y in pixels, and how far away."""
        turn, tilt = self.azimuth_rad, self.elevation_rad
        x, y, z = points[..., 0], points[..., 1], points[..., 2] - self.aim_z
        across = x * cos(turn) + y * sin(turn)
        along = y * cos(turn) - x * sin(turn)
        depth = self.far + along * cos(tilt) - z * sin(tilt)
        up = z * cos(tilt) + along * sin(tilt)
        scale = self.zoom_px * self.far / depth
        left, top = self.middle_px
        return np.stack([left + across * scale, top - up * scale, depth], -1)


@dataclass(frozen=True, slots=True)
class Thing:
    """A solid put on the stage, and how it is painted."""

    solid: Solid
    at: tuple[float, float]
    turn_rad: float
    width: float  # factors of the solid's own
    height: float
    colours: tuple[Colour, Colour, Colour]  # main, of the pattern, of what stands out
    pattern: str
    lift: float = 0.0

    def placed(self) -> Floats:
        """Its faces (n, 4, 3) on the stage."""
        faces = self.solid.faces
        c, s = cos(self.turn_rad) * self.width, sin(self.turn_rad) * self.width
        x = faces[..., 0] * c - faces[..., 1] * s + self.at[0]
        y = faces[..., 0] * s + faces[..., 1] * c + self.at[1]
        return np.stack([x, y, faces[..., 2] * self.height + self.lift], -1)

    def painted(self) -> NDArray[np.uint8]:
        """The colour of each face (n, 3), before the light."""
        row, column = self.solid.row, self.solid.column
        odd = {
            "plain": np.zeros_like(row),
            "columns": column // 2 % 2,
            "rows": row % 2,
            "checks": (row + column) % 2,
        }[self.pattern]
        chosen = np.where(self.solid.accent, 2, odd)
        return np.array(self.colours, np.uint8)[chosen]


@dataclass(frozen=True, slots=True)
class Light:
    """Where it comes from (a unit vector) and how much of it is everywhere."""

    towards: tuple[float, float, float]
    ambient: float


@dataclass(frozen=True, slots=True)
class Rim:
    """The line around a thing; half of its width is seen."""

    ink: Colour
    width_px: int


def paint(
    draw: ImageDraw.ImageDraw,
    camera: Camera,
    light: Light,
    things: tuple[Thing, ...],
    rim: Rim | None = None,
) -> None:
    """Draw the things over what is there, the farthest first, each with a line around it."""
    placed = [thing.placed() for thing in things]
    faces = np.concatenate(placed)
    owner = np.repeat(np.arange(len(things)), [len(part) for part in placed])
    seen = camera.seen(faces)
    shown = np.flatnonzero(_faces_us(seen))
    far = np.array([_far(camera, thing) for thing in things])[owner[shown]]
    shown = shown[np.lexsort((-seen[shown, :, 2].mean(1), -far))]
    colours = np.concatenate([thing.painted() for thing in things])[shown]
    inks = np.minimum(colours * _brightness(faces[shown], light)[:, None], 255).astype(int)
    corners: list[list[float]] = seen[shown, :, :2].reshape(-1, 8).tolist()
    ends = [0, *(np.flatnonzero(np.diff(owner[shown])) + 1).tolist(), len(shown)]
    for start, end in pairwise(ends):
        if rim is not None:
            for corner in corners[start:end]:
                draw.line(corner + corner[:2], fill=rim.ink, width=rim.width_px)
        for corner, ink in zip(corners[start:end], inks[start:end].tolist(), strict=True):
            draw.polygon(corner, fill=tuple(ink))


def lay(
    draw: ImageDraw.ImageDraw,
    camera: Camera,
    figure: NDArray[np.float64],
    ink: Colour,
    height: float = 0.0,
) -> None:
    """A flat figure (n, 2) on the ground, or over it: a shadow, an arrow."""
    flat = np.column_stack([figure, np.full(len(figure), height)]).astype(np.float32)
    draw.polygon(camera.seen(flat)[:, :2].ravel().tolist(), fill=ink)


def _far(camera: Camera, thing: Thing) -> float:
    return float(camera.seen(np.array([*thing.at, 0.0], np.float32))[2])


def _faces_us(seen: Floats) -> NDArray[np.bool_]:
    """Which faces turn their outer side to the camera: by the sign of their area on the picture."""
    across, down = seen[:, 2, :2] - seen[:, 0, :2], seen[:, 3, :2] - seen[:, 1, :2]
    facing: NDArray[np.bool_] = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] < 0
    return facing


def _brightness(faces: Floats, light: Light) -> Floats:
    """(n,): a factor on the colour of each face, up to about 1.15."""
    (ax, ay, az), (bx, by, bz) = (faces[:, 2] - faces[:, 0]).T, (faces[:, 3] - faces[:, 1]).T
    normals = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], -1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    lit = np.clip(normals @ np.array(light.towards, np.float32), -0.25, 1.0)
    bright: Floats = (light.ambient + (1.15 - light.ambient) * lit).astype(np.float32)
    return bright
