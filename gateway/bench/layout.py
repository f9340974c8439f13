"""What an attacker on `view` works out of the pictures: who stands where, and their outlines.

Written with the generator at hand: the mean camera, the person's colours and the rule that solids
are far from the board in luma are taken as known. Places are in board units (see
`gateway.art.stage`), masks are (SIDE, SIDE) from 0 to 1, as wide or as high as they can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels

Mask = NDArray[np.bool_]  # (height, width)
Floats = NDArray[np.float32]
Spot = tuple[float, float]

SIDE = 24
ELEVATION_RAD, FAR, AIM_Z = 0.63, 6.0, 0.2
ZOOM, MIDDLE = 0.38, (0.5, 0.61)  # of the scene's height; of its width and height
PERSON_FAR = 1.8
SLOTS = (0.26, 0.5, 0.74)  # of a tile's width: where the solids stand, from left to right
APART = 22.0  # in Lab, 8 bits: less is board or ground


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One solid, cut out: its foot in pixels, its mask, and a square of the picture around it.

    Itself alone is equal to it, so that what is made of it can be remembered.
    """

    foot: Spot
    mask: Floats
    colour: Floats  # (3,) mean
    square: Pixels


def to_ground(foot: Spot, width: int, height: int) -> Spot:
    """Where on the ground a pixel of the scene is."""
    zoom = ZOOM * height
    across = (foot[0] - MIDDLE[0] * width) / zoom
    up = (MIDDLE[1] * height - foot[1]) / zoom
    s, c = sin(ELEVATION_RAD), cos(ELEVATION_RAD)
    along = (up * (FAR + AIM_Z * s) / FAR + AIM_Z * c) / (s - up * c / FAR)
    depth = FAR + along * c + AIM_Z * s
    return across * depth / FAR, along


def to_pixel(x: float, y: float, z: float, width: int, height: int) -> Spot:
    s, c = sin(ELEVATION_RAD), cos(ELEVATION_RAD)
    depth = FAR + y * c - (z - AIM_Z) * s
    scale = ZOOM * height * FAR / depth
    up = (z - AIM_Z) * c + y * s
    return MIDDLE[0] * width + x * scale, MIDDLE[1] * height - up * scale


def person_rad(scene: Pixels) -> float:
    """From where the person looks: where a face is, and a white arrow from it to the board."""
    height, width = scene.shape[:2]
    red, green, blue = (scene[..., k].astype(np.float32) for k in range(3))
    skin = ((red > 1.1 * green) & (green > 1.08 * blue) & (red > 120)).astype(np.float32)
    white = (scene.min(2) > 215).astype(np.float32)
    skin, white = (np.asarray(cv2.blur(f, (9, 9)), np.float32) for f in (skin, white))

    def score(angle: float) -> float:
        x, y = sin(angle), -cos(angle)
        head = to_pixel(PERSON_FAR * x, PERSON_FAR * y, 0.46, width, height)
        arrow = [to_pixel(r * x, r * y, 0, width, height) for r in (1.5, 1.4, 1.3)]
        return _at(skin, head) + sum(_at(white, spot) for spot in arrow) / 3

    return max((float(a) for a in np.linspace(0, 2 * pi, 144)), key=score)


def _at(field: Floats, spot: Spot) -> float:
    height, width = field.shape
    x, y = int(spot[0]), int(spot[1])
    return float(field[y, x]) if 0 <= x < width and 0 <= y < height else 0.0


def standing(picture: Pixels, ground: Mask, behind: Mask) -> Mask:
    """What is unlike the colours of the board (`ground`) and of what is behind it."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    known = np.concatenate([_colours(lab[ground], 4), _colours(lab[behind], 2)])
    squares = (lab**2).sum(-1, keepdims=True) + (known**2).sum(-1) - 2 * lab @ known.T
    mask = (squares.min(-1) > APART**2).astype(np.uint8)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)).astype(bool)


def _colours(values: Floats, count: int) -> Floats:
    """(count, 3): what colours there are, leaving out those of few pixels."""
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 15, 1.0)
    start = cv2.KMEANS_PP_CENTERS
    _, owner, centres = cv2.kmeans(values, count, np.empty(0), stop, 2, start)
    shares = np.bincount(owner.ravel(), minlength=count) / len(values)
    return np.asarray(centres[shares > 0.08], np.float32)


def cut(picture: Pixels, mask: Mask) -> Blob | None:
    """The blob of a mask, or None where there is next to nothing."""
    ys, xs = np.nonzero(mask)
    if len(xs) < 30:
        return None
    left, top, right, bottom = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    part = mask[top:bottom, left:right].astype(np.float32)
    foot = ((left + right) / 2, bottom - 0.15 * (right - left))
    box = (left, top, right - left, bottom - top)
    colour = picture[mask].mean(0).astype(np.float32)
    return Blob(foot, _framed(part), colour, _square(picture, box))


def _square(picture: Pixels, box: tuple[int, int, int, int]) -> Pixels:
    """The picture around the middle of the box; beyond its borders they are repeated."""
    left, top, width, height = box
    half = max(width, height) // 2 + 3
    wide = np.pad(picture, ((half, half), (half, half), (0, 0)), mode="edge")
    x, y = left + width // 2, top + height // 2
    return np.asarray(wide[y : y + 2 * half + 1, x : x + 2 * half + 1])


def _framed(part: Floats) -> Floats:
    """Put at the foot of a square, in the middle, as large as it fits."""
    height, width = part.shape
    side = max(height, width)
    square = np.zeros((side, side), np.float32)
    left = (side - width) // 2
    square[side - height :, left : left + width] = part
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def blobs_of_scene(scene: Pixels, from_rad: float) -> list[Blob]:
    """Up to three solids, from left to right as the person sees them."""
    height, width = scene.shape[:2]
    yy, xx = np.mgrid[0:height, 0:width]
    board_x, board_y = to_pixel(0, 0, 0, width, height)
    reach = ZOOM * height
    inside = ((xx - board_x) / (1.05 * reach)) ** 2 + (
        (yy - board_y) / (1.05 * reach * sin(ELEVATION_RAD))
    ) ** 2 < 1
    near = ((xx - board_x) / (1.15 * reach)) ** 2 + (
        (yy - board_y + 0.2 * reach) / (1.0 * reach)
    ) ** 2 < 1
    rim = inside & ~(
        ((xx - board_x) / (0.86 * reach)) ** 2
        + ((yy - board_y) / (0.86 * reach * sin(ELEVATION_RAD))) ** 2
        < 1
    )
    rim &= yy > board_y
    mask = standing(scene, rim, ~near & ~inside) & near & ~_around_person(scene, from_rad)
    blobs = [blob for part in parted(mask, 3) if (blob := cut(scene, part))]
    return sorted(blobs, key=lambda blob: seen_across(blob, from_rad, width, height))


def seen_across(blob: Blob, from_rad: float, width: int, height: int) -> float:
    """How far to the right the person sees it."""
    x, y = to_ground(blob.foot, width, height)
    return x * cos(from_rad) + y * sin(from_rad)


def _around_person(scene: Pixels, from_rad: float) -> Mask:
    height, width = scene.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for far, z, radius in ((1.8, 0.1, 0.2), (1.8, 0.5, 0.2), (1.5, 0.0, 0.2), (1.3, 0.0, 0.26)):
        x, y = to_pixel(far * sin(from_rad), -far * cos(from_rad), z, width, height)
        cv2.circle(mask, (int(x), int(y)), int(radius * ZOOM * height), 1, -1)
    return mask.astype(bool)


def parted(mask: Mask, count: int) -> list[Mask]:
    """The `count` largest parts; touching ones are cut apart by k-means of their pixels."""
    total, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    sizes = sorted(((int(stats[k, cv2.CC_STAT_AREA]), k) for k in range(1, total)), reverse=True)
    if not sizes:
        return []
    large = [k for size, k in sizes[:count] if size > 0.2 * sizes[0][0] and size > 60]
    if len(large) == count:
        return [labels == k for k in large]
    ys, xs = np.nonzero(np.isin(labels, large))
    if len(xs) < count:
        return []
    points = np.stack([xs, ys], -1).astype(np.float32)
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, owner, _ = cv2.kmeans(points, count, np.empty(0), stop, 3, cv2.KMEANS_PP_CENTERS)
    parts = []
    for k in range(count):
        part = np.zeros_like(mask)
        chosen = owner.ravel() == k
        part[ys[chosen], xs[chosen]] = True
        parts.append(part)
    return parts


def blobs_of_tile(tile: Pixels) -> list[Blob]:
    """Three solids from left to right: what stands nearest to each slot."""
    height, width = tile.shape[:2]
    ground = np.zeros((height, width), bool)
    ground[int(0.82 * height) : int(0.95 * height), int(0.2 * width) : int(0.8 * width)] = True
    behind = np.zeros((height, width), bool)
    behind[: int(0.25 * height)] = True
    mask = standing(tile, ground, behind)
    mask[: int(0.1 * height)] &= mask[int(0.1 * height)]
    mask[:, : int(0.05 * width)] = mask[:, int(0.95 * width) :] = False
    xs = np.arange(width)[None, :] / width
    ends = [0.08, *((a + b) / 2 for a, b in pairwise(SLOTS)), 0.92]
    found = []
    for low, high in pairwise(ends):
        part = largest(mask & (xs >= low) & (xs < high))
        blob = cut(tile, part)
        if blob:
            found.append(blob)
    return found


def largest(mask: Mask) -> Mask:
    total, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if total < 2:
        return mask
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def tiles(options: Pixels, rows: int, columns: int) -> list[Pixels]:
    height, width = options.shape[0] // rows, options.shape[1] // columns
    return [
        options[r * height : (r + 1) * height, c * width : (c + 1) * width]
        for r in range(rows)
        for c in range(columns)
    ]


ORDERS = tuple(permutations(range(3)))
