"""Attacks on `phrase`: a reader with a dictionary; every shipped phrase tried on every place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise, permutations
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway import art
from gateway.art.assets import glyph
from gateway.art.clickable import FILE_PX
from gateway.art.lettering import SIZE_PX
from gateway.art.strewing import apart
from gateway.bench import blobs, clicking, ocr, twins
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.clicking import WIDTH, Point, anywhere, around, places, scene_of, seen
from gateway.bench.pictures import Pixels, grey
from gateway.kinds import phrase
from gateway.model import JSON, Made

Floats = NDArray[np.float32]
BY_SHIPPED = 0.05
CROP_PX = 64  # of the scene as it is searched, around a place
SMALL_PX = 22
MOST_KEPT = 10  # places tried for a phrase


def _reading(view: View, chance: Random) -> JSON:
    """ddddocr's boxes and readings; the phrase of the shipped list that most of them fit."""
    scene = scene_of(view)
    boxes = ocr.detect(scene)[:MOST_KEPT]
    read = [ocr.read(ocr.crop(scene, box, 4)) for box in boxes]
    middles = [((a + c) / 2, (b + d) / 2) for a, b, c, d in boxes]
    letters = sorted({character for known in phrase.readable() for character in known})
    column = {character: at for at, character in enumerate(letters)}
    scores = np.zeros((len(middles), len(letters)), np.float32)
    for row, text in enumerate(read):
        for character in text:
            if character in column:
                scores[row, column[character]] = 1.0
    return _likeliest(middles, scores, column, scene.shape)


def _known(view: View, chance: Random) -> JSON:
    """Every character of every shipped phrase against every place, at all turns and sizes."""
    scene = scene_of(view)
    found = places(scene)
    if not found:
        return anywhere(view, chance)
    there = np.stack([_steep(grey(around(scene, place, CROP_PX))) for place in found])
    column, templates, starts = _book()
    scores = np.maximum.reduceat(there @ templates.T, starts, axis=1)
    height = WIDTH * scene.shape[0] / scene.shape[1]
    return _likeliest(found, scores, column, (height, WIDTH))


def _likeliest(
    middles: Sequence[Point], scores: Floats, column: dict[str, int], shape: Sequence[float]
) -> JSON:
    """The phrase, and places for its characters, with the greatest sum of scores."""
    if len(middles) < 4:
        return [[0.5, 0.5]] * 4
    best, answer = -np.inf, [0, 1, 2, 3]
    for known in phrase.readable():
        table = scores[:, [column[character] for character in known]]
        order = blobs.paired(table.T)
        total = float(sum(table[place, at] for at, place in enumerate(order)))
        if total > best:
            best, answer = total, order
    return [[middles[n][0] / shape[1], middles[n][1] / shape[0]] for n in answer]


@cache
def _book() -> tuple[dict[str, int], Floats, NDArray[np.int64]]:
    """(character to number, unit rows, where each character's rows begin)."""
    letters = sorted({character for known in phrase.readable() for character in known})
    sizes_px = (np.array(SIZE_PX) * WIDTH / FILE_PX[0] * (1.05, 0.95)).tolist()
    drawn = [(turn_deg, size_px) for turn_deg in range(-40, 41, 16) for size_px in sizes_px]
    rows = [_steep(_page(character, *how)) for character in letters for how in drawn]
    starts = range(0, len(rows), len(drawn))
    column = {character: at for at, character in enumerate(letters)}
    return column, np.stack(rows), np.array(starts)


def _page(character: str, turn_deg: float, size_px: float) -> Floats:
    """The character alone, as large as it is in a crop."""
    ink = Image.fromarray(glyph(character, 96))
    scale = size_px / max(ink.size)
    return art.pixels_of(art.affine(ink, turn_deg, scale, (CROP_PX, CROP_PX)))


def _steep(light: Floats) -> Floats:
    """How steep, small and soft, of mean 0 and length 1."""
    down, across = np.gradient(cv2.GaussianBlur(light, (0, 0), 1.2))
    edges = np.minimum(np.hypot(down, across), 25.0).astype(np.float32)
    small = cv2.resize(edges, (SMALL_PX, SMALL_PX), interpolation=cv2.INTER_AREA)
    off = small - small.mean()
    return np.asarray((off / (np.linalg.norm(off) + 1e-6)).ravel(), np.float32)


def naive(rng: Random) -> Made:
    """Flat pastel characters with a shadow, turned up to 30 degrees."""
    chance = art.generator(rng)
    shown = phrase.chosen(chance)
    spots = apart(chance, [SIZE_PX[0]] * 4, *FILE_PX)
    middles = [(spot.x_px, spot.y_px) for spot in spots]
    inks = [glyph(character, 96) for character in shown]
    drawn = twins.stamped(chance, twins.backdrop(chance, *FILE_PX), inks, middles, SIZE_PX[0])
    aims = [[x / FILE_PX[0], y / FILE_PX[1]] for x, y in middles]
    view = {"picture": twins.sent(drawn), "aspect": FILE_PX[0] / FILE_PX[1], "count": 4}
    return Made(view, {"middles": aims, "radii_px": [30.0] * 4})


class _Chains:
    """Learns from two places whether one's character follows the other's in the phrase."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        scene = scene_of(made.view)
        found = places(scene)
        height = WIDTH * scene.shape[0] / scene.shape[1]
        at = {}
        for rank, (x, y) in enumerate(made.secret["middles"]):
            far = [np.hypot(x * WIDTH - px, y * height - py) for px, py in found]
            if far and min(far) <= made.secret["radii_px"][rank]:
                at[int(np.argmin(far))] = rank
        rows, pairs = _linked(scene, found)
        labels = [a in at and b in at and at[b] == at[a] + 1 for a, b in pairs]
        return rows, np.array(labels, np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        scene = scene_of(view)
        found = places(scene)[:MOST_KEPT]
        if len(found) < 4:
            return [[0.5, 0.5]] * 4
        rows, pairs = _linked(scene, found)
        likely = dict(zip(pairs, np.asarray(predict(rows)).tolist(), strict=True))
        best = max(
            permutations(range(len(found)), 4),
            key=lambda four: sum(likely[pair] for pair in pairwise(four)),
        )
        height = WIDTH * scene.shape[0] / scene.shape[1]
        return [[found[n][0] / WIDTH, found[n][1] / height] for n in best]


def _linked(scene: Pixels, found: Sequence[Point]) -> tuple[Rows, list[tuple[int, int]]]:
    there = [seen(around(scene, place)) for place in found]
    pairs = [(a, b) for a in range(len(found)) for b in range(len(found)) if a != b]
    rows = [np.concatenate((there[a], there[b])) for a, b in pairs]
    size = 4 * clicking.SIDE_PX**2
    return (np.stack(rows) if rows else np.zeros((0, size), np.float32)), pairs


SUITE = Suite(
    attacks=(
        Attack("ddddocr reading, phrases", False, _reading, needs=ocr.NEEDS),
        Attack("shipped phrases", True, _known, most=BY_SHIPPED),
    ),
    naive=naive,
    controls=(Control("ddddocr reading, phrases", 0.5), Control("shipped phrases", 0.3)),
    learner=_Chains(),
    blind=anywhere,
    chance=0.00001,
)
