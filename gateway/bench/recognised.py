"""Which shipped icon does a piece show? By its form, whatever its pose, size and colours."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.art.assets import Icon, icons
from gateway.art.things import KNOWN, layers
from gateway.bench.besides import Search
from gateway.bench.pictures import Pixels, Plane, alpha, rgb

Floats = NDArray[np.float32]

THUMB_PX = 20


def icons_of(piece: Pixels, count: int) -> list[tuple[int, float]]:
    """The icons whose form it may be, and how likely beside the best."""
    thumb = _thumb(ink_of(piece))
    likeness = (_known_forms() @ thumb).reshape(len(_icons()), -1).max(axis=1)
    best = np.argsort(-likeness)[:count]
    return [(int(n), float((likeness[n] / likeness[best[0]]) ** 2)) for n in best]


def ink_of(piece: Pixels) -> Plane:
    """What is not of the ground's colour, which is that of the rim."""
    inner = alpha(piece) > 0.9
    lab = cv2.cvtColor(np.ascontiguousarray(rgb(piece)), cv2.COLOR_RGB2Lab).astype(np.float32)
    rim = inner & (cv2.erode(inner.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0)
    off = np.linalg.norm(lab - np.median(lab[rim], axis=0), axis=2)
    return np.asarray((off > 22) & inner, np.float32)


def _thumb(mask: Plane) -> Floats:
    """Brought to one place and size by its moments; soft, mean 0, length 1."""
    rows, columns = np.nonzero(mask > 0.5)
    if len(rows) < 20:
        return np.zeros(THUMB_PX * THUMB_PX, np.float32)
    y, x = rows.mean(), columns.mean()
    spread = float(np.sqrt(((rows - y) ** 2 + (columns - x) ** 2).mean()))
    scale = 0.27 * THUMB_PX / spread
    matrix = np.array([[scale, 0, THUMB_PX / 2 - scale * x], [0, scale, THUMB_PX / 2 - scale * y]])
    put = cv2.warpAffine(mask, matrix, (THUMB_PX, THUMB_PX), flags=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(put, (0, 0), 0.7)
    off = (soft - soft.mean()).ravel()
    return np.asarray(off / (np.linalg.norm(off) + 1e-6), np.float32)


@cache
def _known_forms() -> Floats:
    """(icons x poses, pixels): every icon's body in every pose of a piece."""
    search = Search((-24.0, -12.0, 0.0, 12.0, 24.0), (1.0,), (0.75, 1.0, 1.33))
    return np.stack(
        [
            _thumb(_turned(np.asarray(layers(icon)[..., 0] / 255.0, np.float32), matrix))
            for icon in _icons()
            for matrix in search.matrices()
        ]
    )


def _icons() -> list[Icon]:
    return [icon for icon in icons() if icon.name in KNOWN]


def _turned(mask: Plane, matrix: Floats) -> Plane:
    middle = np.array([mask.shape[1] / 2, mask.shape[0] / 2])
    whole = np.hstack([matrix, (middle - matrix @ middle)[:, None]])
    return np.asarray(cv2.warpAffine(mask, whole.astype(np.float64), mask.shape[::-1]), np.float32)


@cache
def drawings() -> tuple[Pixels, ...]:
    """Every icon as the scene shows it: a light body with dark lines on a middling ground."""
    found = []
    for icon in _icons():
        body, lines = (layers(icon)[..., n, None] / 255.0 for n in (0, 1))
        grey = (128 + 110 * body) * (1 - lines) + 30 * lines
        found.append(np.repeat(grey, 3, axis=2).astype(np.uint8))
    return tuple(found)
