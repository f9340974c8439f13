"""Which thing goes on beside a gap? Drawings compared by the directions of their edges.

A drawing is turned, stretched, scaled and mirrored in many ways and slid over the scene; what lies
in a gap is not looked at. Edges count by their direction, whichever side is lighter, so colours
and fills do not matter (as doubled angles: see Bigün and Granlund, ICCV 1987).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, Plane, rgb

Floats = NDArray[np.float32]
Point = tuple[float, float]

_SOFT = 8.0  # Lab units per 2 px: a slope that counts for half of the steepest


@dataclass(frozen=True, slots=True)
class Search:
    """What is tried of a drawing's pose."""

    turns_deg: Sequence[float] = (-36.0, -24.0, -12.0, 0.0, 12.0, 24.0, 36.0)
    scales: Sequence[float] = (1.0,)
    stretches: Sequence[float] = (0.8, 1.0, 1.25)
    mirrored: Sequence[bool] = (False, True)

    def matrices(self) -> Iterator[Floats]:
        """(2, 2) each."""
        for turn, scale, stretch, mirrored in product(
            self.turns_deg, self.scales, self.stretches, self.mirrored
        ):
            a = np.deg2rad(turn)
            spin = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
            wide = np.sqrt(stretch)
            form = np.diag([-wide if mirrored else wide, 1 / wide])
            yield np.asarray(scale * spin @ form, np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene made ready: (h, w, 2) edges by doubled angle, and what of it is no gap."""

    edges: Floats
    open: Plane
    gaps: tuple[Point, ...]


def seen(scene: Pixels, gaps: Sequence[Point], radius_px: float, soft_px: float = 1.0) -> Seen:
    """The scene without its gaps, all in pixels of it."""
    open_ = np.ones(scene.shape[:2], np.float32)
    for x, y in gaps:
        cv2.circle(open_, (round(x), round(y)), round(radius_px + 2), 0.0, -1)
    return Seen(edges(rgb(scene), soft_px) * open_[..., None], open_, tuple(gaps))


def edges(picture: Pixels, soft_px: float = 1.0) -> Floats:
    """(h, w, 2): cosine and sine of the doubled angle, the longer the steeper, at most 1."""
    lab = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2Lab).astype(np.float32)
    soft = cv2.GaussianBlur(lab, (0, 0), soft_px)
    gx, gy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    along, slanted = (gx * gx - gy * gy).sum(2), (2 * gx * gy).sum(2)
    size = (gx * gx + gy * gy).sum(2)
    steep = np.sqrt(size)
    weight = steep / (steep + cv2.GaussianBlur(steep, (0, 0), 10) + _SOFT) / (size + 1e-3)
    return np.asarray(np.dstack([along * weight, slanted * weight]), np.float32)


def fits(
    scene: Seen, drawing: Pixels, within_px: float, search: Search, inside: Plane | None = None
) -> Floats:
    """(gaps,): how well the drawing goes on around each gap, at its best pose and place.

    `within_px`: how far its middle may be from the gap's. `inside`: what of the drawing counts.
    """
    best = np.full(len(scene.gaps), -1.0, np.float32)
    counted = np.ones(drawing.shape[:2], np.float32) if inside is None else inside
    for matrix in search.matrices():
        kernel = _posed(drawing, counted, matrix)
        heat = _heat(scene, kernel)
        if heat is not None:
            found = [_near(heat, x, y, len(kernel) / 2, within_px) for x, y in scene.gaps]
            best = np.maximum(best, found)
    return best


def _posed(drawing: Pixels, inside: Plane, matrix: Floats) -> Floats:
    """The edges of the drawing in a pose, (side, side, 2), the weak ones left out."""
    height, width = drawing.shape[:2]
    reach = np.abs(matrix) @ np.array([width, height])
    side = int(np.ceil(max(reach) * 0.9))
    off = side / 2 - matrix @ np.array([width / 2, height / 2])
    whole = np.hstack([matrix, off[:, None]]).astype(np.float64)
    put = cv2.warpAffine(
        drawing, whole, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    mask = cv2.warpAffine(inside, whole, (side, side))
    found = edges(np.asarray(put, np.uint8)) * np.asarray(mask > 0.5, np.float32)[..., None]
    strong = np.hypot(found[..., 0], found[..., 1]) > 0.35
    return np.asarray(found * strong[..., None], np.float32)


def _heat(scene: Seen, kernel: Floats) -> Plane | None:
    """Correlation, by the length of what of the kernel is beside the gaps."""
    if any(k > s for k, s in zip(kernel.shape[:2], scene.open.shape, strict=True)):
        return None
    parts = (
        cv2.matchTemplate(
            np.ascontiguousarray(scene.edges[..., n]),
            np.ascontiguousarray(kernel[..., n]),
            cv2.TM_CCORR,
        )
        for n in (0, 1)
    )
    power = np.ascontiguousarray((kernel**2).sum(2))
    shown = cv2.matchTemplate(scene.open, power, cv2.TM_CCORR)
    least = 0.25 * float(power.sum())
    return np.asarray(sum(parts) / np.sqrt(np.maximum(shown, least + 1e-6)), np.float32)


def _near(heat: Plane, x: float, y: float, half_px: float, within_px: float) -> float:
    left, top = x - half_px - within_px, y - half_px - within_px
    rows = slice(max(0, round(top)), max(0, round(top + 2 * within_px) + 1))
    columns = slice(max(0, round(left)), max(0, round(left + 2 * within_px) + 1))
    part = heat[rows, columns]
    return float(part.max()) if part.size else -1.0
