"""Places where something fits best, of all that it was slid over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Plane

APART_PX = 6.0  # between two places of one search

Heat = NDArray[Any]  # how well it fits for each place of a template's upper left corner


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a piece's middle, in pixels of the scene, and how well it fits (more: better)."""

    x: float
    y: float
    score: float


def peaks(
    heat: Heat, template: NDArray[Any], count: int, apart_px: float = APART_PX
) -> list[Place]:
    """The greatest of `heat` (as matchTemplate gives it), no two within `apart_px`."""
    left = np.asarray(heat, np.float32).copy()
    half_x, half_y = (template.shape[1] - 1) / 2, (template.shape[0] - 1) / 2
    found = []
    for _ in range(count):
        _, most, _, (x, y) = cv2.minMaxLoc(left)
        found.append(Place(x + half_x, y + half_y, float(most)))
        cv2.circle(left, (x, y), round(apart_px), float(left.min()), -1)
    return found


def distinct(places: Iterable[Place], count: int, apart_px: float) -> list[Place]:
    """The best `count` of them, no two within `apart_px`."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda p: -p.score):
        if all(np.hypot(place.x - k.x, place.y - k.y) > apart_px for k in kept):
            kept.append(place)
        if len(kept) == count:
            break
    return kept


def changed(mask: Plane, turns_deg: Sequence[float], scales: Sequence[float]) -> Iterable[Plane]:
    """The mask turned and scaled about its middle, in a frame of its own size."""
    height, width = mask.shape
    for scale in scales:
        size = (max(3, round(width * scale * 1.15)), max(3, round(height * scale * 1.15)))
        for turn_deg in turns_deg:
            matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), turn_deg, scale)
            matrix[0, 2] += (size[0] - width) / 2
            matrix[1, 2] += (size[1] - height) / 2
            yield np.asarray(cv2.warpAffine(mask, matrix, size), np.float32)


def correlated(plane: Plane, kernel: Plane) -> Heat:
    return cv2.matchTemplate(plane, np.asarray(kernel, np.float32), cv2.TM_CCORR)
