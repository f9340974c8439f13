"""Where one thing of a tile is drawn as a mask, before it is cut out of cloth.

Places and lengths are fractions of the tile's side, from its upper left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE_PX = 150  # of a tile
FINE = 2  # things are drawn so many times larger, then reduced: smooth edges
DASH = 0.12  # of a ring's outline, with the gap after it

Points = NDArray[np.float64]  # (n, 2): x and y


@dataclass(slots=True)
class Sheet:
    """Where one thing is drawn as a mask, `FINE` times the size: no larger than the thing."""

    at_px: tuple[int, int]  # its upper left, on the tile
    mask: Image.Image
    draw: ImageDraw.ImageDraw

    @classmethod
    def about(cls, points: Points, width: float) -> Sheet:
        """A sheet with room for these places and `width` around them, as far as the tile goes."""
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        x0, x1 = _extent(left, right, width / 2)
        y0, y1 = _extent(top, bottom, width / 2)
        mask = Image.new("L", (FINE * (x1 - x0), FINE * (y1 - y0)))
        return cls((x0, y0), mask, ImageDraw.Draw(mask))

    def fine(self, points: Points) -> list[float]:
        """x, y, x, y, … in px of the mask."""
        found: list[float] = ((points * SIDE_PX - self.at_px) * FINE).ravel().tolist()
        return found

    def strip(self, path: Points, width: float, fill: int = 255) -> None:
        """A thick line with round ends: a field for each part of it."""
        across = _across(path) * (width / 2)
        one, other = path - across, path + across
        fields = np.stack([one[:-1], other[:-1], other[1:], one[1:]], axis=1)
        fine = ((fields * SIDE_PX - self.at_px) * FINE).reshape(len(fields), 8).tolist()
        for corners in fine:
            self.draw.polygon(corners, fill=fill)
        half = width / 2 * SIDE_PX * FINE
        for x, y in ((path[[0, -1]] * SIDE_PX - self.at_px) * FINE).tolist():
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill)

    def cut(self, path: Points, width: float, gap: float) -> None:
        """Take narrow parts away across the sides of a thick line, and at both of its ends."""
        across = _across(path) * (width / 2)
        gone = []
        for side in (-across, across):
            run = np.hypot(*np.diff(path + side, axis=0).T).cumsum()
            at = np.searchsorted(run, np.arange(DASH / 2, run[-1] - DASH / 2, DASH))
            gone.append(np.hstack([path[at] + 0.5 * side[at], path[at] + side[at]]))
        for k, out in ((0, -1.0), (-1, 1.0)):
            for lean in (-0.7, 0.7):
                to = turned(out * across[[k]], lean - np.pi / 2)
                gone.append(np.hstack([path[[k]] + 0.5 * to, path[[k]] + to]))
        fine = ((np.vstack(gone).reshape(-1, 2) * SIDE_PX - self.at_px) * FINE).reshape(-1, 4)
        for ends in fine.tolist():
            self.draw.line(ends, fill=0, width=max(1, round(gap * SIDE_PX * FINE)))


def _across(path: Points) -> Points:
    """By place, of length 1: square to the line."""
    way = np.gradient(path, axis=0)
    long = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)[:, None]
    return np.stack([-way[:, 1], way[:, 0]], axis=1) / long


def turned(points: Points, angle: float, size: float = 1.0) -> Points:
    """About the origin, by radians."""
    cos, sin = np.cos(angle) * size, np.sin(angle) * size
    made: Points = points @ np.array([[cos, sin], [-sin, cos]])
    return made


def _extent(low: float, high: float, more: float) -> tuple[int, int]:
    """The px of the tile, along one axis, that hold what lies there."""
    start = min(max(int((low - more) * SIDE_PX) - 1, 0), SIDE_PX - 4)
    return start, min(max(int((high + more) * SIDE_PX) + 2, start + 4), SIDE_PX)
