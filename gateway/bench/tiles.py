"""Measures of a tile for those who attack `nine`: what stands out, how many, where, which form.

Things are told from the ground by colour (distance from what lies along the tile's rim, threshold
by Otsu) or by GrabCut; circles by Hough's transform, forms by contours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels

Vector = NDArray[np.float32]
Mask = NDArray[np.uint8]

MOST_THINGS = 4
LEAST_PX = 60  # smaller specks are ground
AROUND = 24  # directions in which a circle's rim is looked at
CELLS, BINS = 8, 9


def gradients(tile: Pixels) -> Vector:
    """Histograms of oriented gradients, (576,): 8 x 8 cells, each by the strength around it."""
    grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32)
    down, across = np.gradient(small)
    bins = ((np.arctan2(down, across) % np.pi) / np.pi * BINS).astype(int) % BINS
    strength = np.hypot(across, down)
    cells = np.zeros((BINS, CELLS, CELLS), np.float32)
    step = 96 // CELLS
    for number in range(BINS):
        part = np.where(bins == number, strength, 0.0)
        cells[number] = part.reshape(CELLS, step, CELLS, step).sum((1, 3))
    around = cv2.blur(cells.sum(0), (3, 3)) + 1.0
    return np.asarray(cells / around, np.float32).ravel()


@dataclass(frozen=True, slots=True)
class Thing:
    """One connected part that stands out. Lengths are fractions of the tile's side."""

    area: float
    x: float
    y: float
    wide: float
    high: float
    solidity: float  # area by that of the hull
    round: float  # 1 for a circle
    long: float  # long axis by short
    holes: int
    hu: Vector  # (7,)
    contour: NDArray[np.int32]

    def row(self) -> list[float]:
        plain = [self.area, self.x, self.y, self.wide, self.high, self.solidity, self.round]
        return [*plain, self.long, float(self.holes), *map(float, self.hu)]


@dataclass(frozen=True, slots=True)
class Measured:
    """All of a tile."""

    things: tuple[Thing, ...]  # the largest first
    labels: NDArray[np.int32]  # holes filled
    mask: Mask
    lab: Vector
    circle: tuple[float, float, float]  # x, y, radius in px

    def row(self, rules: Sequence[float]) -> Vector:
        """All of it as one row, and what rules say of it."""
        rows = [thing.row() for thing in self.things[:MOST_THINGS]]
        rows += [[0.0] * 16] * (MOST_THINGS - len(rows))
        runs = legs(self)
        rim = whole_rim(self)
        flat = [*(v for row in rows for v in row), *rules, *runs, *rim, float(len(self.things))]
        return np.nan_to_num(np.array(flat, np.float32), posinf=9.0, neginf=-9.0)


def measured(tile: Pixels, apart: Callable[[Pixels], Mask]) -> Measured:
    """`apart` tells things from the ground: `off_the_rim` or `grabbed`."""
    lab = np.asarray(cv2.cvtColor(tile, cv2.COLOR_RGB2LAB), np.float32)
    grey: Pixels = np.asarray(cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY), np.uint8)
    mask = apart(tile)
    labels, things = _things(mask)
    return Measured(things, labels, mask, lab, _circle(grey))


def grabbed(tile: Pixels) -> Mask:
    """GrabCut, at half the size, from all but the tile's edge."""
    half = tile.shape[0] // 2
    small = np.ascontiguousarray(cv2.resize(tile, (half, half), interpolation=cv2.INTER_AREA))
    found, edge = np.zeros((half, half), np.uint8), half // 15
    rect = (edge, edge, half - 2 * edge, half - 2 * edge)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(small, found, rect, *models, 2, cv2.GC_INIT_WITH_RECT)
    except cv2.error:  # a tile of one colour
        return np.zeros(tile.shape[:2], np.uint8)
    mask = np.where(found % 2 == 1, 255, 0).astype(np.uint8)  # surely or probably a thing
    grown = cv2.resize(mask, tile.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(grown > 127, 255, 0).astype(np.uint8)


def off_the_rim(tile: Pixels) -> Mask:
    """What differs from the colours along the tile's rim."""
    lab = np.asarray(cv2.cvtColor(tile, cv2.COLOR_RGB2LAB), np.float32)
    soft = np.asarray(cv2.medianBlur(cv2.GaussianBlur(lab, (5, 5), 1.2), 5), np.float32)
    edge = np.concatenate(
        [
            soft[:7].reshape(-1, 3),
            soft[-7:].reshape(-1, 3),
            soft[:, :7].reshape(-1, 3),
            soft[:, -7:].reshape(-1, 3),
        ]
    )
    centre = np.median(edge, 0)
    spread = np.cov(edge.T) + np.eye(3) * 30
    off = soft - centre
    far = np.sqrt(((off @ np.linalg.inv(spread).astype(np.float32)) * off).sum(2))
    scaled = np.clip(far * 30, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def _things(mask: Mask) -> tuple[NDArray[np.int32], tuple[Thing, ...]]:
    outlines, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    contours = [np.asarray(outline, np.int32) for outline in outlines]
    labels = np.zeros(mask.shape, np.int32)
    found = []
    for index, contour in enumerate(contours):
        if tree[0][index][3] < 0 and cv2.contourArea(contour) >= LEAST_PX:
            inner = [c for c in range(len(contours)) if tree[0][c][3] == index]
            found.append(
                _thing(contour, sum(cv2.contourArea(contours[c]) > 40 for c in inner), mask)
            )
    found.sort(key=lambda thing: -thing.area)
    for number, thing in enumerate(found, 1):
        cv2.drawContours(labels, [thing.contour], -1, number, -1)
    return labels, tuple(found)


def _thing(contour: NDArray[np.int32], holes: int, mask: Mask) -> Thing:
    side = mask.shape[0]
    area = cv2.contourArea(contour)
    hull = max(cv2.contourArea(cv2.convexHull(contour)), 1.0)
    (x, y), (a, b), _ = cv2.minAreaRect(contour)
    around = max(cv2.arcLength(contour, True), 1.0)
    hu = cv2.HuMoments(cv2.moments(contour)).ravel()
    return Thing(
        *(area / side**2, x / side, y / side, max(a, b) / side, min(a, b) / side),
        *(area / hull, 4 * np.pi * area / around**2, max(a, b) / max(min(a, b), 1.0), holes),
        np.asarray(-np.sign(hu) * np.log10(np.abs(hu) + 1e-12), np.float32),
        contour,
    )


def _circle(grey: Pixels) -> tuple[float, float, float]:
    soft = cv2.GaussianBlur(grey, (5, 5), 1.5)
    found = cv2.HoughCircles(
        soft, cv2.HOUGH_GRADIENT, 1, 40, param1=120, param2=22, minRadius=12, maxRadius=42
    )
    if found is None:
        return (75.0, 75.0, 0.0)
    x, y, radius = found.reshape(-1, 3)[0]
    return float(x), float(y), float(radius)


_RADII_PX = np.arange(24, 58, 3, dtype=np.float64)
_TURNS = np.linspace(0, 2 * np.pi, 120, endpoint=False)
_COS, _SIN = np.cos(_TURNS), np.sin(_TURNS)


# --- By direction -------------------------------------------------------------------------------


def whole_rim(of: Measured) -> list[float]:
    """How strong the best circle's rim is, direction by direction from the other mass outwards."""
    x, y, radius = of.circle
    if not radius:
        return [0.0] * AROUND
    away = _other_mass(of)
    angles = away + np.arange(AROUND) * 2 * np.pi / AROUND
    strengths = []
    for angle in angles:
        way = np.array([np.cos(angle), np.sin(angle)])
        inner, outer = (_sample(of.lab, np.array([x, y]) + way * (radius + s)) for s in (-4, 4))
        strengths.append(float(np.linalg.norm(inner - outer)))
    return [s / (max(strengths) + 1e-3) for s in strengths]


def _other_mass(of: Measured) -> float:
    """The direction from the circle to what else stands out."""
    x, y, radius = of.circle
    rows, columns = np.nonzero(of.labels)
    outside = np.hypot(columns - x, rows - y) > radius + 2
    if not outside.any():
        return 0.0
    return float(np.arctan2(rows[outside].mean() - y, columns[outside].mean() - x))


def _sample(lab: Vector, at: NDArray[np.float64]) -> Vector:
    column, row = np.clip(np.rint(at), 1, lab.shape[0] - 2).astype(int)
    return np.asarray(lab[row - 1 : row + 2, column - 1 : column + 2].mean((0, 1)))


def legs(of: Measured) -> list[float]:
    """How often circles about the middle of what stands out meet it, by radius."""
    rows, columns = np.nonzero(of.labels)
    if not len(rows):
        return [0.0] * len(_RADII_PX)
    x, y = columns.mean(), rows.mean()
    across = np.clip(np.rint(x + _RADII_PX[:, None] * _COS), 0, 149).astype(int)
    down = np.clip(np.rint(y + _RADII_PX[:, None] * _SIN), 0, 149).astype(int)
    met = (of.labels[down, across] > 0).astype(np.int8)
    return [float(n) for n in (np.diff(met, axis=1, append=met[:, :1]) == 1).sum(1)]
