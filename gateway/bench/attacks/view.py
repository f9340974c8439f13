"""Attacks on `view`: the pictures compared as a whole, and the places of the solids worked out.

Off the shelf the right picture would be the one most like the scene. Written for this generator:
find the person and the solids, put them in the person's order, and compare colours or outlines
place by place. The twin keeps colours, patterns and camera, as a first draft would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gateway.art import generator, webp
from gateway.art.board import TOP, put_person
from gateway.art.solids import solid
from gateway.art.stage import Camera, Light, Thing, paint
from gateway.bench import gradients, layout, outlines, overall
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.layout import ORDERS, Blob
from gateway.bench.overall import Likeness
from gateway.bench.pictures import Pixels, decode
from gateway.kinds import view as kind
from gateway.model import JSON, Made

Floats = NDArray[np.float32]

WRITTEN_FOR_US = 0.25
BY_EDGES = 0.5  # the strongest found solves more than a third: stated, not hidden
EMPTY = np.zeros((3, 3), np.float32)


def by_likeness(likeness: Likeness) -> Callable[[View, Random], JSON]:
    """Choose, in each round, the picture most like the scene."""

    def solve(view: View, rng: Random) -> JSON:
        return [
            int(np.argmax([likeness(scene, tile) for tile in tiles]))
            for scene, tiles in rounds(view)
        ]

    return solve


def rounds(view: View) -> list[tuple[Pixels, list[Pixels]]]:
    return [
        (decode(one["scene"]), layout.tiles(decode(one["options"]), view["rows"], view["columns"]))
        for one in view["rounds"]
    ]


# --- Written for this generator ------------------------------------------------------------------


def in_places(
    compare: Callable[[list[Blob], list[Blob]], Floats],
) -> Callable[[View, Random], JSON]:
    """Find the solids, order them as the person sees them, compare place by place."""

    def solve(view: View, rng: Random) -> JSON:
        chosen = []
        for scene, tiles in rounds(view):
            ours = seen_by_person(scene)
            scores = [margin(compare(ours, layout.blobs_of_tile(tile))) for tile in tiles]
            chosen.append(int(np.argmax(scores)))
        return chosen

    return solve


def seen_by_person(scene: Pixels) -> list[Blob]:
    return layout.blobs_of_scene(scene, layout.person_rad(scene))


def margin(likeness: Floats) -> float:
    """How much better these places fit than any other order of the same solids."""
    if likeness.shape != (3, 3):
        return -9.0
    sums = [float(sum(likeness[k, o] for k, o in enumerate(order))) for order in ORDERS]
    return sums[0] - max(sums[1:])


def colours(ours: list[Blob], theirs: list[Blob]) -> Floats:
    """(3, 3): how alike in colour each of ours is to each of theirs."""
    return -_pairwise(ours, theirs, lambda a, b: float(np.linalg.norm(a.colour - b.colour)))


def masks(ours: list[Blob], theirs: list[Blob]) -> Floats:
    """(3, 3): how much of the outlines is in common, and how alike their edges run."""
    return _pairwise(ours, theirs, lambda a, b: outlines.overlap(a, b) + outlines.edges(a, b))


def names(ours: list[Blob], theirs: list[Blob]) -> Floats:
    """(3, 3): how likely each pair is the same solid, by outlines rendered with the generator."""
    return _pairwise(ours, theirs, outlines.same_name)


def runs(ours: list[Blob], theirs: list[Blob]) -> Floats:
    """(3, 3): how alike the edges of each pair run, inside as well as around."""
    if not ours or not theirs:
        return EMPTY[:0]
    return np.asarray(np.stack([_runs(a) for a in ours]) @ np.stack([_runs(b) for b in theirs]).T)


@lru_cache(maxsize=outlines.REMEMBERED)
def _runs(blob: Blob) -> Floats:
    return np.asarray(gradients.of_cells([blob.square])[0])


def _pairwise(ours: list[Blob], theirs: list[Blob], of: Callable[[Blob, Blob], float]) -> Floats:
    return np.array([[of(a, b) for b in theirs] for a in ours], np.float32)


# --- The white box -------------------------------------------------------------------------------


class PlaceByPlace:
    """Rows of each picture: how well its three places fit, by colour, outline and name."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        rows, labels = [], []
        shown = rounds(made.view)
        for (scene, tiles), right in zip(shown, made.secret["chosen"], strict=True):
            rows.append(self._rows(scene, tiles))
            labels.append(np.arange(len(tiles)) == right)
        return np.concatenate(rows), np.concatenate(labels).astype(np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        return [int(np.argmax(predict(self._rows(*one)))) for one in rounds(view)]

    def _rows(self, scene: Pixels, tiles: list[Pixels]) -> Rows:
        ours = seen_by_person(scene)
        rows = []
        for tile in tiles:
            theirs = layout.blobs_of_tile(tile)
            row: list[float] = []
            for measure in (colours, masks, names, runs):
                likeness = measure(ours, theirs)
                full = likeness if likeness.shape == (3, 3) else EMPTY
                row += [margin(likeness), *full.ravel().tolist()]
            rows.append(row)
        return _with_ranks(np.array(rows, np.float32))


def _with_ranks(rows: Rows) -> Rows:
    """Each value, and how far it is from the mean of the six pictures."""
    return np.concatenate([rows, rows - rows.mean(0)], 1)


# --- The twin, and the suite ---------------------------------------------------------------------


LIGHT = Light((0.3, -0.5, 0.81), 0.6)
WHITE_BOARD = Thing(TOP, (0, 0), 0.0, 1.0, 1.0, ((170, 172, 176),) * 3, "plain")
PLAIN = (
    *(("ball", (205, 60, 50)), ("cone", (60, 140, 70)), ("cube", (60, 90, 190))),
    *(("house", (230, 150, 40)), ("table", (130, 70, 160)), ("tree", (40, 150, 160))),
)


def naive(rng: Random) -> Made:
    """The same question with one look for all pictures, seen from the person's side at once."""
    rounds = [_naive_round(rng) for _ in range(kind.ROUNDS)]
    shown = [{"scene": scene, "options": options} for scene, options, _ in rounds]
    view = {"rounds": shown, "rows": kind.ROWS, "columns": kind.COLUMNS}
    return Made(view, {"chosen": [right for _, _, right in rounds]})


def _naive_round(rng: Random) -> tuple[str, str, int]:
    chance = generator(rng)
    places = kind.places(chance, 0.0)
    picked = chance.choice(len(PLAIN), 3, replace=False)
    things = [
        Thing(solid(name, 9), (0, 0), 0.4, 1.0, 1.0, (ink, ink, ink), "plain")
        for name, ink in (PLAIN[int(k)] for k in picked)
    ]

    def drawn(size_px: tuple[int, int], order: tuple[int, ...], person: bool) -> Image.Image:
        width, height = size_px
        middle_px = layout.MIDDLE[0] * width, layout.MIDDLE[1] * height
        zoom_px = layout.ZOOM * kind.SCENE_PX[1]
        camera = Camera(0.0, layout.ELEVATION_RAD, layout.FAR, zoom_px, middle_px)
        placed = tuple(replace(things[o], at=p) for o, p in zip(order, places, strict=True))
        picture = Image.new("RGB", size_px, (225, 228, 232))
        draw = ImageDraw.Draw(picture)
        paint(draw, camera, LIGHT, (WHITE_BOARD,))
        if person:
            put_person(draw, camera, 0.0, (40, 70, 160))
        paint(draw, camera, LIGHT, placed)
        return picture

    orders = [ORDERS[int(k)] for k in chance.permutation(len(ORDERS))]
    width, height = kind.TILE_PX
    tiles = Image.new("RGB", (width * kind.COLUMNS, height * kind.ROWS))
    for k, order in enumerate(orders):
        at = k % kind.COLUMNS * width, k // kind.COLUMNS * height
        tiles.paste(drawn(kind.TILE_PX, order, False), at)
    scene = drawn(kind.SCENE_PX, ORDERS[0], True)
    return webp(scene), webp(tiles), orders.index(ORDERS[0])


def blind(view: View, rng: Random) -> JSON:
    return [rng.randrange(view["rows"] * view["columns"]) for _ in view["rounds"]]


SUITE = Suite(
    attacks=(
        Attack("ORB matches", False, by_likeness(overall.ORB)),
        Attack("SIFT matches", False, by_likeness(overall.SIFT), slow=True),
        Attack("colour histogram", False, by_likeness(overall.histograms)),
        Attack("template", False, by_likeness(overall.template)),
        Attack("SSIM", False, by_likeness(overall.structure)),
        Attack("perceptual hash", False, by_likeness(overall.perceptual_hash)),
        Attack("colours in places", True, in_places(colours), WRITTEN_FOR_US),
        Attack("outlines in places", True, in_places(masks), WRITTEN_FOR_US),
        Attack("rendered outlines in places", True, in_places(names), WRITTEN_FOR_US, slow=True),
        Attack("edges in places", True, in_places(runs), BY_EDGES),
    ),
    naive=naive,
    controls=(Control("template", 0.8), Control("colours in places", 0.6)),
    learner=PlaceByPlace(),
    blind=blind,
    chance=1 / 36,
)
