"""Attackers of "click these": where on the scene is each thing that the prompt shows?

Each takes the scene and the prompt's pictures, in the order asked, and gives points in that order
as fractions of the scene, as `points` answers are written.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench import blobs, gaps, ocr
from gateway.bench.pictures import Pixels, Plane
from gateway.bench.places import distinct

Point = tuple[float, float]
Points = list[list[float]]
Scores = NDArray[np.float32]  # (asked, candidates)

THUMB_PX = 24
WIDTH = 300  # of the scene while it is searched
SIZES = (0.09, 0.26)  # of things, in shares of the scene's width


def by_outline(scene: Pixels, asked: Sequence[Pixels], most_deg: int = 70) -> Points:
    """Salient parts of the scene, compared with what is asked by their filled outlines."""
    small = gaps.shrunk(scene, WIDTH)
    least_px, most_px = (round(share * WIDTH) for share in SIZES)
    found = blobs.find(small, least_px, most_px, 120, overlap=0.8)
    return _matched(
        [(b.x, b.y) for b in found], [b.mask for b in found], asked, small.shape, most_deg
    )


def by_detector(scene: Pixels, asked: Sequence[Pixels], most_deg: int = 70) -> Points:
    """ddddocr's boxes, then outlines of what is in them."""
    boxes = ocr.detect(scene)
    middles = [((a + c) / 2, (b + d) / 2) for a, b, c, d in boxes]
    masks = [blobs.ink(ocr.crop(scene, box)) for box in boxes]
    return _matched(middles, masks, asked, scene.shape, most_deg)


def by_reading(scene: Pixels, asked: Sequence[Pixels]) -> Points:
    """ddddocr's boxes, and what it reads in them and in the prompt."""
    boxes = ocr.detect(scene)
    there = [ocr.read(ocr.crop(scene, box, 4)) for box in boxes]
    wanted = [ocr.read(_on_white(picture)) for picture in asked]
    scores = np.array([[_same(w, t) for t in there] for w in wanted], np.float32)
    middles = [((a + c) / 2, (b + d) / 2) for a, b, c, d in boxes]
    return _points(middles, scores.reshape(len(asked), len(boxes)), scene.shape)


def _same(one: str, other: str) -> float:
    """1 for the same reading, less where only a part of it is: some are read as two."""
    shared = len(set(one) & set(other))
    return shared / max(len(one), len(other), 1)


def by_search(
    scene: Pixels,
    asked: Sequence[Pixels],
    size_px: float,
    turns_deg: Sequence[float] = tuple(range(-60, 61, 15)),
    scales: Sequence[float] = (0.85, 1.0, 1.15),
    filled: bool = True,
    slack_px: float = 0.0,
) -> Points:
    """The outline of each, slid over the scene's gradients at every turn and scale.

    `size_px`: the longer side of things on the scene, when that is 300 px wide.
    """
    small = gaps.shrunk(scene, WIDTH)
    found = [
        gaps.by_oriented_contour(
            small, _template(p, size_px, filled), 8, turns_deg, scales, slack_px
        )
        for p in asked
    ]
    places = distinct([place for each in found for place in each], 40, 8.0)
    scores = np.full((len(asked), len(places)), -1.0, np.float32)
    for row, each in enumerate(found):
        for place in each:
            near = [np.hypot(place.x - p.x, place.y - p.y) for p in places]
            column = int(np.argmin(near))
            scores[row, column] = max(scores[row, column], place.score)
    return _points([(p.x, p.y) for p in places], scores, small.shape)


def nearest(asked: Sequence[Pixels], *books: Sequence[Pixels]) -> list[int]:
    """For each picture the number of the likest in any of the books, which are numbered alike."""
    pages = [np.stack([_thumb(blobs.ink(p)) for p in book]) for book in books]
    wanted = np.stack([_thumb(blobs.ink(p)) for p in asked])
    best = np.max([wanted @ page.T for page in pages], axis=0)
    return [int(n) for n in best.argmax(axis=1)]


def _thumb(mask: Plane) -> Plane:
    """The ink's box as a soft square, of mean 0 and length 1."""
    rows, columns = np.nonzero(mask > 0.5)
    if not len(rows):
        return np.zeros(THUMB_PX * THUMB_PX, np.float32)
    cut = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    soft = cv2.GaussianBlur(
        cv2.resize(cut, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA), (0, 0), 1
    )
    off = soft - soft.mean()
    return np.asarray((off / (np.linalg.norm(off) + 1e-6)).ravel(), np.float32)


def _matched(
    middles: Sequence[Point],
    masks: Sequence[Plane],
    asked: Sequence[Pixels],
    shape: tuple[int, ...],
    most_deg: int,
) -> Points:
    there = [blobs.silhouette(mask) for mask in masks]
    wanted = [blobs.silhouette(blobs.ink(picture)) for picture in asked]
    return _points(middles, blobs.likenesses(wanted, there, 10, most_deg), shape)


def _points(middles: Sequence[Point], scores: Scores, shape: tuple[int, ...]) -> Points:
    """The best pairing as fractions; the middle of the scene where there are too few places."""
    height, width = shape[:2]
    if not middles:
        return [[0.5, 0.5] for _ in scores]
    chosen = blobs.paired(scores)
    return [[float(middles[c][0] / width), float(middles[c][1] / height)] for c in chosen]


def _template(picture: Pixels, size_px: float, filled: bool) -> Pixels:
    """What is asked as a piece whose alpha is its ink, brought to the size it has on the scene."""
    mask = blobs.ink(picture)
    if filled:
        mask = blobs.filled(mask)
    piece = gaps.cut_to_mask(np.dstack((np.zeros((*mask.shape, 3)), 255 * mask)).astype(np.uint8))
    return gaps.resized(piece, size_px / max(piece.shape[:2]))


def _on_white(picture: Pixels) -> Pixels:
    """Dark ink on white, as a reader of print expects; with a margin."""
    page = np.repeat(255 * (1 - blobs.ink(picture))[..., None], 3, axis=2).astype(np.uint8)
    return np.pad(page, ((8, 8), (8, 8), (0, 0)), constant_values=255)
