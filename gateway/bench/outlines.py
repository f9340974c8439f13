"""How alike two cut-out solids of `view` are, by outline, by edges, or by rendering all solids."""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw

from gateway.art.solids import BUILT, OUTLINES, solid
from gateway.art.stage import Camera, Light, Thing, paint
from gateway.bench.layout import SIDE, Blob, Floats, cut

TURNS = 8
ELEVATIONS_RAD = (0.3, 0.63)
SHARPNESS = 18.0  # how much a better overlap makes a name more likely
REMEMBERED = 64  # solids: each of a scene's is compared with those of all pictures


def overlap(a: Blob, b: Blob) -> float:
    """Common part of both outlines, as a share of their union."""
    return float(np.minimum(a.mask, b.mask).sum() / max(np.maximum(a.mask, b.mask).sum(), 1e-6))


def edges(a: Blob, b: Blob) -> float:
    """Cosine of their histograms of edge directions, over 3×3 parts."""
    return float(_directions(a) @ _directions(b))


@lru_cache(maxsize=REMEMBERED)
def _directions(blob: Blob) -> Floats:
    mask = np.pad(blob.mask, 1)  # else an outline along the frame has no edge
    across, down = cv2.Sobel(mask, cv2.CV_32F, 1, 0), cv2.Sobel(mask, cv2.CV_32F, 0, 1)
    size, angle = cv2.cartToPolar(across, down)
    bins = np.minimum((angle / (2 * np.pi) * 8).astype(int), 7)
    third = np.arange(SIDE + 2) * 3 // (SIDE + 2)
    cells = (third[:, None] * 3 + third[None, :]) * 8 + bins
    counts = np.bincount(cells.ravel(), weights=size.ravel(), minlength=72).astype(np.float32)
    return np.asarray(counts / max(float(np.linalg.norm(counts)), 1e-6), np.float32)


def same_name(a: Blob, b: Blob) -> float:
    """Log of the probability that both are the same solid."""
    return float(np.log(max(float(names_of(a) @ names_of(b)), 1e-6)))


@lru_cache(maxsize=REMEMBERED)
def names_of(blob: Blob) -> Floats:
    """(names,): how likely it is each solid, by the best overlap with any rendering of it."""
    drawn = _rendered()  # (names, renderings, SIDE * SIDE)
    mine = blob.mask.ravel()
    both = np.minimum(drawn, mine).sum(-1)
    common = both / np.maximum(_inked() + float(mine.sum()) - both, 1e-6)
    likely = np.exp(SHARPNESS * (common.max(1) - common.max()))
    return np.asarray(likely / likely.sum(), np.float32)


@cache
def _rendered() -> Floats:
    return np.array([_renderings(name) for name in (*OUTLINES, *BUILT)], np.float32)


@cache
def _inked() -> Floats:
    """(names, renderings): how much of each is solid."""
    return np.asarray(_rendered().sum(-1), np.float32)


def _renderings(name: str) -> list[Floats]:
    white = (255, 255, 255)
    found = []
    for elevation in ELEVATIONS_RAD:
        for turn in range(TURNS):
            thing = Thing(
                solid(name, 9), (0, 0), turn * np.pi / TURNS, 1.0, 1.0, (white,) * 3, "plain"
            )
            picture = Image.new("RGB", (120, 120))
            camera = Camera(0.0, elevation, 6.0, 90.0, (60, 60))
            paint(ImageDraw.Draw(picture), camera, Light((0, 0, 1), 1.0), (thing,))
            blob = cut(np.zeros((120, 120, 3), np.uint8), np.asarray(picture)[..., 0] > 0)
            assert blob is not None
            found.append(blob.mask.ravel())
    return found
