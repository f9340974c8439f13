"""Cells compared by how their edges run, place by place, with every shipped icon in every turn.

Edges are strong in a drawn thing whatever its colour, style or ground; their directions (a turn by
half is the same) in small overlapping places, each normalised, are what is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.art.assets import Alpha, icons
from gateway.bench.pictures import Pixels

Floats = NDArray[np.float32]

SIDE = 40  # pixels that a cell is brought to
BLUR = 1.8  # wide enough that stripes go and outlines stay; the best of 0.7 to 3
BINS, PLACES = 9, 10
TURNS_DEG = range(-36, 37, 12)
SHARPNESS = 40.0  # how much a better fit makes an icon more likely


def by_shipped_icons(cells: Sequence[Pixels]) -> Floats:
    """(n, n): log of how likely two cells show the same icon of all that are shipped."""
    found = (_runs(cells) @ _atlas().T).reshape(len(cells), len(icons()), -1).max(2)
    likely = np.exp(SHARPNESS * (found - found.max(1, keepdims=True)))
    likely /= likely.sum(1, keepdims=True)
    return np.asarray(np.log(np.maximum(likely @ likely.T, 1e-6)), np.float32)


def over_turns(cells: Sequence[Pixels]) -> Floats:
    """(n, n): the best cosine of any two cells over turns of either, without knowing the icons."""
    scaled = [_scaled(cell) for cell in cells]
    still = _runs(cells)
    best = np.full((len(cells), len(cells)), -1.0, np.float32)
    for turn in range(-72, 73, 12):
        matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), turn, 1.0)
        turned = [
            cv2.warpAffine(cell, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
            for cell in scaled
        ]
        runs = np.stack([run(np.asarray(cell, np.uint8)) for cell in turned])
        best = np.maximum(best, runs @ still.T)
    return np.asarray(np.maximum(best, best.T), np.float32)


def _runs(cells: Sequence[Pixels]) -> Floats:
    return np.stack([of_cell(cell) for cell in cells])


def of_cell(cell: Pixels) -> Floats:
    """(d,) of length 1: how its edges run, as it stands. The product of two is their likeness."""
    return run(_scaled(cell))


def _scaled(cell: Pixels) -> Pixels:
    size = (SIDE, SIDE)
    small = cv2.resize(np.ascontiguousarray(cell), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def run(picture: Pixels | Floats) -> Floats:
    """(d,) of length 1: of each channel, whichever has more of it in a place."""
    found = _of_channels(np.atleast_3d(picture).astype(np.float32)).max(1).ravel()
    return np.asarray(found / (float(np.linalg.norm(found)) + 1e-6), np.float32)


def _of_channels(planes: Floats) -> Floats:
    """(BINS, channels, places): shares of directions in each place, each channel of length 1."""
    soft = np.atleast_3d(cv2.GaussianBlur(planes, (0, 0), BLUR))
    across = np.atleast_3d(cv2.Sobel(soft, cv2.CV_32F, 1, 0))
    down = np.atleast_3d(cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    strong = np.hypot(across, down)
    strong = np.minimum(strong, np.quantile(strong, 0.95, axis=(0, 1)).astype(np.float32) + 1e-6)
    direction = np.mod(np.arctan2(down, across), np.float32(np.pi)) * np.float32(BINS / np.pi)
    below = np.floor(direction)[:, :, None]
    above = (direction[:, :, None] - below) * strong[:, :, None]  # of each, what the bin above has
    bins = np.zeros((*planes.shape[:2], BINS, planes.shape[2]), np.float32)
    at = below.astype(np.intp) % BINS
    np.put_along_axis(bins, at, strong[:, :, None] - above, 2)
    np.put_along_axis(bins, (at + 1) % BINS, above, 2)
    bins = bins.reshape(*planes.shape[:2], -1)
    spread = cv2.GaussianBlur(bins, (0, 0), 2.2)
    small = cv2.resize(spread, (PLACES, PLACES), interpolation=cv2.INTER_AREA)
    maps = small.reshape(PLACES * PLACES, BINS, -1).transpose(1, 2, 0)
    most = strong.max((0, 1))[:, None]
    maps = maps / (np.linalg.norm(maps, axis=0) + np.float32(0.15) * most + np.float32(1e-6))
    length = np.sqrt((maps**2).sum((0, 2)))[:, None]
    return np.asarray(maps / (length + np.float32(1e-6)), np.float32)


@cache
def _atlas() -> Floats:
    """(icons × drawings, d): as a line, filled, and either as a hole in a disc, over turns."""
    grid = np.hypot(*np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2))
    disc = np.asarray(grid < 0.9, np.float32)
    rows = []
    for icon in icons():
        drawings = [small(ink, 0.78) for ink in (icon.outline, icon.filled)]
        drawings += [np.clip(disc - small(ink, 0.63), 0, 1) for ink in (icon.outline, icon.filled)]
        for one in drawings:
            for turn in TURNS_DEG:
                matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), turn, 1.0)
                turned = np.asarray(cv2.warpAffine(one, matrix, (SIDE, SIDE)), np.float32)
                rows.append(run(turned * np.float32(255)))
    return np.stack(rows)


def small(ink: Alpha, share: float) -> Floats:
    """An icon in the middle of a cell, its box that share of it."""
    side = round(SIDE * share)
    shrunk = cv2.resize(ink[4:-4, 4:-4], (side, side), interpolation=cv2.INTER_AREA)
    cell = np.zeros((SIDE, SIDE), np.float32)
    start = (SIDE - side) // 2
    cell[start : start + side, start : start + side] = shrunk / np.float32(255)
    return cell
