"""Where `puzzle` has its gaps, and how the rim of one goes on in the rim of a piece."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, rgb
from gateway.bench.places import peaks
from gateway.kinds.puzzle import FRAME_PX, GAP_PX, GAP_RGB

Floats = NDArray[np.float32]


def gap_middles(scene: Pixels) -> list[tuple[float, float]]:
    """The middles of all gaps, px: where a disc of their colour, with a rim of another, fits."""
    side = GAP_PX + 2 * FRAME_PX
    off = np.arange(side) - (side - 1) / 2
    far = np.hypot(off[:, None], off[None, :])
    disc = np.where(far < GAP_PX / 2, 1.0, np.where(far < GAP_PX / 2 + FRAME_PX, -4.0, 0.0))
    away = np.abs(rgb(scene).astype(np.float32) - GAP_RGB).max(axis=2)
    dark = np.asarray(away < 40, np.float32)
    heat = cv2.matchTemplate(dark, disc.astype(np.float32), cv2.TM_CCORR)
    return [(p.x, p.y) for p in peaks(heat, disc, 6, apart_px=0.7 * GAP_PX)]


def rim_fit(scene: Pixels, middle: tuple[float, float], piece: Pixels) -> float:
    """How much alike the steps around both rims are, at the best of small turns."""
    outer = GAP_PX / 2 + FRAME_PX
    there = _around(scene, middle, outer + 2, outer + 8)
    side = piece.shape[0] / 2
    here = _around(rgb(piece), (side, side), GAP_PX / 2 - 10, GAP_PX / 2 - 4)
    return max(float((there * np.roll(here, shift)).sum()) for shift in range(-5, 6))


def _around(picture: Pixels, middle: tuple[float, float], near: float, far: float) -> Floats:
    """(120,) how steep colours are along a ring; mean 0, length 1."""
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False, dtype=np.float32)[None]
    radius = np.linspace(near, far, 6, dtype=np.float32)[:, None]
    x, y = middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)
    lab = cv2.cvtColor(np.ascontiguousarray(rgb(picture)), cv2.COLOR_RGB2Lab).astype(np.float32)
    ring = cv2.remap(lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).mean(axis=0)
    steep = np.abs(np.roll(ring, -2, 0) - np.roll(ring, 2, 0)).sum(axis=1)
    tamed = np.minimum(steep / (steep.mean() + 5), 3)
    soft = cv2.GaussianBlur(np.tile(tamed, 3)[None], (0, 0), 1.5)[0, 120:240]
    off = soft - soft.mean()
    return np.asarray(off / (np.linalg.norm(off) + 1e-3), np.float32)
