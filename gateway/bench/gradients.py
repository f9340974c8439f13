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
AT_ONCE = 16  # pictures that are looked at in one go
TINY = np.float32(1e-6)
SHARPNESS = 40.0  # how much a better fit makes an icon more likely


def by_shipped_icons(cells: Sequence[Pixels]) -> Floats:
    """(n, n): log of how likely two cells show the same icon of all that are shipped."""
    found = (of_cells(cells) @ _atlas().T).reshape(len(cells), len(icons()), -1).max(2)
    likely = np.exp(SHARPNESS * (found - found.max(1, keepdims=True)))
    likely /= likely.sum(1, keepdims=True)
    return np.asarray(np.log(np.maximum(likely @ likely.T, 1e-6)), np.float32)


def over_turns(cells: Sequence[Pixels]) -> Floats:
    """(n, n): the best cosine of any two cells over turns of either, without knowing the icons."""
    scaled = [_scaled(cell) for cell in cells]
    still = runs(scaled)
    best = np.full((len(cells), len(cells)), -1.0, np.float32)
    for turn in range(-72, 73, 12):
        turned = [_turned(cell, turn, cv2.BORDER_REFLECT) for cell in scaled]
        best = np.maximum(best, runs(turned) @ still.T)
    return np.asarray(np.maximum(best, best.T), np.float32)


def of_cells(cells: Sequence[Pixels]) -> Floats:
    """(n, d), rows of length 1: how edges run, as each stands. The product of two rows is their
    likeness."""
    return runs([_scaled(cell) for cell in cells])


def _scaled(cell: Pixels) -> Pixels:
    size = (SIDE, SIDE)
    small = cv2.resize(np.ascontiguousarray(cell), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _turned(picture: Pixels | Floats, turn_deg: int, border: int) -> Floats:
    matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), turn_deg, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (SIDE, SIDE), borderMode=border), np.float32)


def runs(pictures: Sequence[Pixels | Floats]) -> Floats:
    """(n, d), rows of length 1, of squares of SIDE: in each place the channel with the most."""
    parts = [_of_some(pictures[at : at + AT_ONCE]) for at in range(0, len(pictures), AT_ONCE)]
    return np.concatenate(parts)


def _of_some(pictures: Sequence[Pixels | Floats]) -> Floats:
    planes = np.stack([np.atleast_3d(picture) for picture in pictures], 2).astype(np.float32)
    strong, direction = _edges(planes.reshape(SIDE, SIDE, -1))
    maps = _averaged(_binned(strong, direction))
    most = strong.max((0, 1))[:, None, None]
    maps /= np.linalg.norm(maps, axis=1, keepdims=True) + np.float32(0.15) * most + TINY
    maps /= np.sqrt((maps**2).sum((1, 2), keepdims=True)) + TINY
    found = maps.reshape(len(pictures), -1, BINS * PLACES**2).max(1)
    return np.asarray(found / (np.linalg.norm(found, axis=1, keepdims=True) + TINY), np.float32)


def _edges(planes: Floats) -> tuple[Floats, Floats]:
    """Of each channel: how strong edges are, at most as the 95th of a hundred, and how they run,
    from 0 to BINS for half a turn."""
    soft = np.atleast_3d(cv2.GaussianBlur(planes, (0, 0), BLUR))
    across = np.atleast_3d(cv2.Sobel(soft, cv2.CV_32F, 1, 0))
    down = np.atleast_3d(cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    strong = np.hypot(across, down)
    by_channel = np.ascontiguousarray(strong.reshape(-1, strong.shape[2]).T)
    most = np.quantile(by_channel, 0.95, axis=1).astype(np.float32)
    turns = np.arctan2(down, across) * np.float32(BINS / np.pi)
    return np.minimum(strong, most + TINY), np.where(turns < 0, turns + np.float32(BINS), turns)


def _binned(strong: Floats, direction: Floats) -> Floats:
    """(channels, BINS, SIDE, SIDE): each edge shared out between the two bins it lies between."""
    lies = np.moveaxis(direction, 2, 0)[:, None]
    apart = np.abs(lies - np.arange(BINS, dtype=np.float32)[:, None, None])
    apart = np.minimum(apart, np.float32(BINS) - apart, out=apart)
    share = np.maximum(np.float32(1) - apart, np.float32(0), out=apart)
    return np.asarray(np.multiply(share, np.moveaxis(strong, 2, 0)[:, None], out=share))


def _averaged(bins: Floats) -> Floats:
    """(channels, BINS, PLACES²): blurred, and one value a place."""
    once = _averaging()
    found = np.asarray(once @ bins @ once.T, np.float32)
    return found.reshape(*bins.shape[:2], -1)


@cache
def _averaging() -> Floats:
    """(PLACES, SIDE): the blur and the shrinking of one axis as one product."""
    spread = cv2.GaussianBlur(np.eye(SIDE, dtype=np.float32), (1, 0), sigmaX=0.1, sigmaY=2.2)
    return np.asarray(cv2.resize(spread, (SIDE, PLACES), interpolation=cv2.INTER_AREA), np.float32)


@cache
def _atlas() -> Floats:
    """(icons × drawings, d): as a line, filled, and either as a hole in a disc, over turns."""
    grid = np.hypot(*np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2))
    disc = np.asarray(grid < 0.9, np.float32)
    turned = []
    for icon in icons():
        drawings = [small(ink, 0.78) for ink in (icon.outline, icon.filled)]
        drawings += [np.clip(disc - small(ink, 0.63), 0, 1) for ink in (icon.outline, icon.filled)]
        for one in drawings:
            drawn = one * np.float32(255)
            turned += [_turned(drawn, turn, cv2.BORDER_CONSTANT) for turn in TURNS_DEG]
    return runs(turned)


def small(ink: Alpha, share: float) -> Floats:
    """An icon in the middle of a cell, its box that share of it."""
    side = round(SIDE * share)
    shrunk = cv2.resize(ink[4:-4, 4:-4], (side, side), interpolation=cv2.INTER_AREA)
    cell = np.zeros((SIDE, SIDE), np.float32)
    start = (SIDE - side) // 2
    cell[start : start + side, start : start + side] = shrunk / np.float32(255)
    return cell
