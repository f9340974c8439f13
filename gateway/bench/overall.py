"""How alike is a scene to a picture of it as a whole? What libraries have for it.

Points that are described and matched (ORB: Rublee et al. 2011, SIFT: Lowe 2004, with Lowe's ratio
test), colours, a template at several sizes, structural similarity, a perceptual hash.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench import layout
from gateway.bench.pictures import Pixels

Likeness = Callable[[Pixels, Pixels], float]  # of the scene and one picture
Floats = NDArray[np.float32]

SIDE_PX = 96  # pictures compared as a whole are brought to this
POINTS = 300  # that are described


def _small(picture: Pixels) -> Floats:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SIDE_PX, SIDE_PX)), np.float32)


def board_part(scene: Pixels) -> Pixels:
    """The scene without what lies beside the board: what a careful user of a library would cut."""
    height, width = scene.shape[:2]
    half = int(1.15 * layout.ZOOM * height)
    middle = width // 2
    return scene[int(0.12 * height) :, max(0, middle - half) : middle + half]


def matches(detector: cv2.Feature2D, norm: int) -> Likeness:
    def likeness(scene: Pixels, tile: Pixels) -> float:
        _, ours = detector.detectAndCompute(cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY), None)
        _, theirs = detector.detectAndCompute(cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY), None)
        if ours is None or theirs is None or len(theirs) < 2:
            return 0.0
        pairs = cv2.BFMatcher(norm).knnMatch(ours, theirs, k=2)
        good = [a for a, b in (p for p in pairs if len(p) == 2) if a.distance < 0.8 * b.distance]
        return float(len(good))

    return likeness


def histograms(scene: Pixels, tile: Pixels) -> float:
    """Correlation of colour histograms, 8 bins a channel."""
    both = []
    for picture in (board_part(scene), tile):
        counts = cv2.calcHist([picture], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3)
        both.append(cv2.normalize(counts, counts).ravel())
    return float(cv2.compareHist(both[0], both[1], cv2.HISTCMP_CORREL))


def template(scene: Pixels, tile: Pixels) -> float:
    """The best place of the picture in the scene, over a few sizes, both at half of theirs."""
    best = -1.0
    inner, small = tile[8:-8, 10:-10], _shrunk(scene, 0.5)
    for scale in (0.3, 0.4, 0.5):
        found = cv2.matchTemplate(small, _shrunk(inner, scale), cv2.TM_CCOEFF_NORMED)
        best = max(best, float(found.max()))
    return best


def _shrunk(picture: Pixels, scale: float) -> Pixels:
    found = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.uint8)


def structure(scene: Pixels, tile: Pixels) -> float:
    """Mean structural similarity (Wang et al. 2004), of both brought to one size."""
    a, b = _small(board_part(scene)), _small(tile)
    blur = [cv2.GaussianBlur(v, (11, 11), 1.5) for v in (a, b, a * a, b * b, a * b)]
    mean_a, mean_b, aa, bb, ab = blur
    c1, c2 = 6.5025, 58.5225
    up = (2 * mean_a * mean_b + c1) * (2 * (ab - mean_a * mean_b) + c2)
    down = (mean_a**2 + mean_b**2 + c1) * (aa - mean_a**2 + bb - mean_b**2 + c2)
    return float((up / down).mean())


def perceptual_hash(scene: Pixels, tile: Pixels) -> float:
    """Bits in common of the signs of the lowest 63 cosine terms."""
    bits = []
    for picture in (board_part(scene), tile):
        low = cv2.dct(cv2.resize(_small(picture), (32, 32)))[:8, :8].ravel()[1:]
        bits.append(low > np.median(low))
    return float((bits[0] == bits[1]).mean())


ORB = matches(cv2.ORB.create(POINTS), cv2.NORM_HAMMING)
SIFT = matches(cv2.SIFT.create(POINTS), cv2.NORM_L2)
