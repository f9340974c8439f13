"""Where does this shape lie, whatever its colours? By the directions of edges, not their sign.

A direction is kept as the cosine and sine of its doubled angle, so that an edge from dark to light
and one from light to dark are the same. A shape is slid over these as a whole, or cut into parts
which may each shift a little (pictorial structures: Fischler and Elschlager, 1973), which finds
what was bent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, Plane

Heat = NDArray[np.float32]  # (height, width) of a scene: how well something fits there

LEAST = -1.0  # of a heat: where nothing was tried
AXES = 4  # along which a shape may be longer
LIGHT_PART = 0.02  # of a shape's edges: parts with less are left out


@dataclass(frozen=True, slots=True)
class Flow:
    """Directions of edges: cosine and sine of the doubled angle, times how strong they are."""

    cos: Plane
    sin: Plane

    def cut(self, rows: slice, columns: slice) -> Flow:
        return Flow(self.cos[rows, columns].copy(), self.sin[rows, columns].copy())

    @property
    def power(self) -> Plane:
        return np.asarray(self.cos**2 + self.sin**2, np.float32)


def flow_of(picture: Pixels | Plane, knee: float = 30.0) -> Flow:
    """Of all channels together; edges stronger than `knee` (0..255 a pixel) count no more."""
    values = picture.astype(np.float32)
    channels = np.atleast_3d(cv2.GaussianBlur(values, (0, 0), 0.8))
    cos = np.zeros(channels.shape[:2], np.float32)
    sin = np.zeros_like(cos)
    for channel in np.moveaxis(channels, 2, 0):
        plane = np.ascontiguousarray(channel)
        across = cv2.Scharr(plane, cv2.CV_32F, 1, 0) / 16
        down = cv2.Scharr(plane, cv2.CV_32F, 0, 1) / 16
        strength = np.sqrt(across**2 + down**2) + 1e-3
        weight = np.minimum(1.0, knee / strength) / strength
        cos += weight * (across**2 - down**2)
        sin += weight * 2 * across * down
    return Flow(cos, sin)


def variants(
    ink: NDArray[np.uint8],
    sizes_px: Sequence[float],
    turns_deg: Iterable[float],
    mirrored: bool = True,
) -> Iterator[Plane]:
    """The shape at each size of its longer side and each turn, and its mirror image; 0..255."""
    rows, columns = np.nonzero(ink > 80)
    cut = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    height, width = cut.shape
    for turn_deg in turns_deg:
        for size_px in sizes_px:
            side = round(1.36 * size_px)
            scale = size_px / max(height, width)
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(turn_deg), scale)
            matrix[:, 2] += (side - width) / 2, (side - height) / 2
            turned = cv2.warpAffine(cut, matrix, (side, side), flags=cv2.INTER_AREA)
            yield np.asarray(turned, np.float32)
            if mirrored:
                yield np.ascontiguousarray(turned[:, ::-1], np.float32)


def squeezed(ink: NDArray[np.uint8], by: float) -> Iterator[NDArray[np.uint8]]:
    """The shape, and longer by this share along each of AXES; `variants` brings all to one size."""
    yield ink
    side = round((1.1 + by) * max(ink.shape))
    high, wide = ink.shape
    up, before = (side - high) // 2, (side - wide) // 2
    room = np.pad(ink, ((up, side - high - up), (before, side - wide - before)))
    for axis in np.arange(AXES) * np.pi / AXES:
        along = np.array([np.cos(axis), np.sin(axis)])
        matrix = np.eye(2) + by * np.outer(along, along)
        middle = np.full(2, side / 2)
        turn = np.column_stack((matrix, middle - matrix @ middle))
        yield np.asarray(cv2.warpAffine(room, turn, (side, side)), np.uint8)


def hottest(
    scene: Flow, shapes: Iterable[Plane], parts: int = 1, slack_px: int = 2
) -> NDArray[np.float32]:
    """(height, width) of the scene: the best fit of any of the shapes with its middle there.

    `parts`: into how many rows and columns a shape is cut; each may shift by `slack_px`.
    """
    height, width = scene.cos.shape
    best = np.full((height, width), LEAST, np.float32)
    for shape in shapes:
        side = shape.shape[0]
        heat = _fit(scene, flow_of(shape), parts, slack_px)
        middle = side // 2
        there = best[middle : middle + heat.shape[0], middle : middle + heat.shape[1]]
        np.maximum(there, heat, out=there)
    return best


def _fit(scene: Flow, shape: Flow, parts: int, slack_px: int) -> NDArray[np.float32]:
    """For each place of the shape's upper left corner: the mean fit of its parts, -1..1."""
    side = shape.cos.shape[0]
    rows, columns = scene.cos.shape[0] - side + 1, scene.cos.shape[1] - side + 1
    cuts = np.linspace(0, side, parts + 1).astype(int)
    power = scene.power
    whole = float(shape.power.sum())
    total = np.zeros((rows, columns), np.float32)
    weights = 1e-6
    for top, bottom in pairwise(cuts):
        for left, right in pairwise(cuts):
            part = shape.cut(slice(top, bottom), slice(left, right))
            share = float(part.power.sum())
            if share < LIGHT_PART * whole:
                continue
            fit = _correlation(scene, part, power)
            if parts > 1:
                fit = _dilated(fit, slack_px)
            total += np.float32(np.sqrt(share)) * fit[top : top + rows, left : left + columns]
            weights += float(np.sqrt(share))
    return np.asarray(total / weights, np.float32)


def _dilated(fit: NDArray[np.float32], reach_px: int) -> NDArray[np.float32]:
    """The best within reach."""
    square = np.ones((2 * reach_px + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(fit, square), np.float32)


def _correlation(scene: Flow, part: Flow, power: Plane) -> NDArray[np.float32]:
    found = np.asarray(cv2.matchTemplate(scene.cos, part.cos, cv2.TM_CCORR), np.float32)
    found = found + np.asarray(cv2.matchTemplate(scene.sin, part.sin, cv2.TM_CCORR), np.float32)
    high, wide = part.cos.shape
    under = cv2.boxFilter(
        power, -1, (wide, high), anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT
    )[: found.shape[0], : found.shape[1]]
    under = np.maximum(under, 0.3 * float(under.mean()))  # even places would fit anything
    return np.asarray(found / np.sqrt(under * float(part.power.sum()) + 1e-6), np.float32)


def peaks(heat: NDArray[np.float32], count: int, apart_px: int) -> list[tuple[int, int]]:
    """The hottest places, (x, y), none within `apart_px` of another."""
    left = heat.copy()
    found = []
    for _ in range(count):
        y, x = np.unravel_index(int(left.argmax()), left.shape)
        found.append((int(x), int(y)))
        cv2.circle(left, (int(x), int(y)), apart_px, LEAST - 1.0, -1)
    return found


def around(heat: NDArray[np.float32], place: tuple[int, int], reach_px: int = 4) -> float:
    """The hottest near a place."""
    x, y = place
    rows = slice(max(0, y - reach_px), y + reach_px + 1)
    return float(heat[rows, max(0, x - reach_px) : x + reach_px + 1].max())


def placed(heats: Sequence[Heat], candidates: int, apart_px: int) -> list[list[float]]:
    """For each heat a place, as fractions: the hottest first, and no place twice.

    `candidates`: how many peaks of each are thought of.
    """
    places = [place for heat in heats for place in peaks(heat, candidates, apart_px)]
    scores = np.array([[around(heat, place) for place in places] for heat in heats], np.float32)
    taken: list[tuple[int, int]] = []
    answer: dict[int, tuple[int, int]] = {}
    for flat in np.argsort(-scores, axis=None):
        row, column = (int(n) for n in np.unravel_index(flat, scores.shape))
        place = places[column]
        if row not in answer and all(np.hypot(*np.subtract(place, t)) > apart_px for t in taken):
            answer[row] = place
            taken.append(place)
    return [list(fraction(answer[row], heats[0].shape)) for row in range(len(heats))]


def fraction(place: tuple[int, int], shape: tuple[int, ...]) -> tuple[float, float]:
    """The middle of a pixel (x, y), of the width and of the height."""
    return (place[0] + 0.5) / shape[1], (place[1] + 0.5) / shape[0]
