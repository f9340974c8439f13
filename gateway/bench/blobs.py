"""Things on a picture: where they are and what outline they have, without knowing what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, Plane, alpha, rgb

SILHOUETTE_PX = 48


@dataclass(frozen=True, slots=True)
class Blob:
    """One thing: its box in pixels, and its mask within the box."""

    left: int
    top: int
    mask: Plane  # (height, width), 0 or 1

    @property
    def x(self) -> float:
        return float(self.left + (self.mask.shape[1] - 1) / 2)

    @property
    def y(self) -> float:
        return float(self.top + (self.mask.shape[0] - 1) / 2)

    @property
    def area_px(self) -> float:
        return float(self.mask.sum())


def find(
    picture: Pixels,
    least_px: int,
    most_px: int,
    most: int = 40,
    levels: int = 8,
    overlap: float = 0.4,
) -> list[Blob]:
    """Things between two sizes (the longer side of the box), the most salient first.

    Thresholds at many levels of what differs from the soft surroundings, in each channel of Lab
    and in both directions; connected parts of a fitting size. Of parts whose boxes overlap more
    than `overlap` (intersection over union) the most salient one.
    """
    lab = cv2.cvtColor(np.ascontiguousarray(rgb(picture)), cv2.COLOR_RGB2Lab).astype(np.float32)
    around = cv2.blur(lab, (2 * most_px + 1, 2 * most_px + 1))
    found: list[tuple[float, Blob]] = []
    for channel in range(3):
        off = cv2.GaussianBlur(lab[..., channel] - around[..., channel], (0, 0), 0.8)
        spread = float(off.std()) + 1e-3
        for sign in (-1, 1):
            for level in np.linspace(0.6, 2.6, levels):
                hot = np.asarray(sign * off > level * spread, np.uint8)
                found += [(level * _compactness(b), b) for b in _parts(hot, least_px, most_px)]
    return _once(found, most, overlap)


def _parts(hot: NDArray[np.uint8], least_px: int, most_px: int) -> list[Blob]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(hot, connectivity=8)
    found = []
    for n in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[n])
        if least_px <= max(width, height) <= most_px and area > 0.08 * width * height:
            mask = labels[top : top + height, left : left + width] == n
            found.append(Blob(left, top, np.asarray(mask, np.float32)))
    return found


def _compactness(blob: Blob) -> float:
    """Large and not stringy: more."""
    height, width = blob.mask.shape
    return float(np.sqrt(blob.area_px) * min(width, height) / max(width, height))


def _once(found: Sequence[tuple[float, Blob]], most: int, overlap: float) -> list[Blob]:
    kept: list[Blob] = []
    for _, blob in sorted(found, key=lambda pair: -pair[0]):
        if all(_overlap(blob, other) <= overlap for other in kept):
            kept.append(blob)
        if len(kept) == most:
            break
    return kept


def _overlap(one: Blob, other: Blob) -> float:
    """Intersection over union of the boxes."""
    width: int = min(one.left + one.mask.shape[1], other.left + other.mask.shape[1]) - max(
        one.left, other.left
    )
    height: int = min(one.top + one.mask.shape[0], other.top + other.mask.shape[0]) - max(
        one.top, other.top
    )
    both = max(0, width) * max(0, height)
    return both / (one.mask.size + other.mask.size - both)


# --- outlines --------------------------------------------------------------------------------


def ink(picture: Pixels) -> Plane:
    """(h, w) 0 or 1: what is drawn on an even ground, or what is opaque."""
    opaque = alpha(picture)
    if float(opaque.min()) < 0.5:
        return np.asarray(opaque > 0.5, np.float32)
    grey = cv2.cvtColor(np.ascontiguousarray(rgb(picture)), cv2.COLOR_RGB2GRAY)
    _, hard = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    rim = np.concatenate((hard[0], hard[-1], hard[:, 0], hard[:, -1]))
    return np.asarray(hard if rim.mean() < 0.5 else 1 - hard, np.float32)


def filled(mask: Plane) -> Plane:
    """What its outer outlines enclose."""
    hard = np.asarray(mask > 0.5, np.uint8)
    outlines, _ = cv2.findContours(hard, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(hard, outlines, -1, 1, -1)
    return hard.astype(np.float32)


def silhouette(mask: Plane) -> Plane:
    """The mask brought to a square: its middle in the middle, its farthest point at the rim.

    Closed outlines become areas, so that a line drawing compares with a filled shape.
    """
    hard, size = filled(mask), SILHOUETTE_PX
    rows, columns = np.nonzero(hard)
    if not len(rows):
        return np.zeros((size, size), np.float32)
    down, across = float(rows.mean()), float(columns.mean())
    far = float(np.hypot(rows - down, columns - across).max()) + 1.0
    scale = (size / 2 - 1) / far
    matrix = np.array(
        [[scale, 0, size / 2 - scale * across], [0, scale, size / 2 - scale * down]], np.float64
    )
    square = cv2.warpAffine(hard, matrix, (size, size), flags=cv2.INTER_LINEAR)
    return np.asarray(square, np.float32)


def likenesses(
    asked: Sequence[Plane], there: Sequence[Plane], step_deg: int = 10, most_deg: int = 180
) -> NDArray[np.float32]:
    """(asked, there): the greatest intersection over union of two silhouettes over turns, 0..1."""
    if not asked or not there:
        return np.zeros((len(asked), len(there)), np.float32)
    flat = np.stack([t.ravel() for t in there])
    return np.stack([_likeness(_turns(a, step_deg, most_deg), flat) for a in asked])


def _likeness(turns: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float32]:
    """(there,): silhouettes are all but 0 or 1, so a product is an intersection."""
    both = turns @ there.T
    either = turns.sum(axis=1)[:, None] + there.sum(axis=1)[None, :] - both
    return np.asarray((both / np.maximum(either, 1e-6)).max(axis=0), np.float32)


def _turns(one: Plane, step_deg: int, most_deg: int) -> NDArray[np.float32]:
    """(turns, pixels)."""
    middle = ((one.shape[1] - 1) / 2, (one.shape[0] - 1) / 2)
    angles = range(-most_deg, most_deg + 1, step_deg)
    matrices = (cv2.getRotationMatrix2D(middle, float(angle), 1.0) for angle in angles)
    return np.stack([cv2.warpAffine(one, m, one.shape[::-1]).ravel() for m in matrices])


def paired(scores: NDArray[np.float32]) -> list[int]:
    """For each row (what is asked) the column (what is there), each used once, at the best sum."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-scores)
    chosen = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    return [chosen.get(row, 0) for row in range(len(scores))]
