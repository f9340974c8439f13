"""Attacks on `nine`: what tiles look like as a whole, and measures made for each relation.

Off the shelf: the tiles most like the example, or the three most like each other, by the usual
descriptors. Made for us: one rule for each relation on segmented tiles. The learner takes all these
measures, what the rule says, the relation's name and a grid of gradients, tile by tile.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gateway import art
from gateway.art.relations.sheet import SIDE_PX
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.pictures import Pixels, decode
from gateway.bench.rules import RELATIONS, Rule
from gateway.bench.tiles import grabbed, gradients, measured, off_the_rim
from gateway.kinds.nine import ACROSS, FIT, GUTTER_PX, TILES
from gateway.model import JSON, Made

Vector = NDArray[np.float32]


def tiles_of(view: View) -> list[Pixels]:
    """The nine tiles, cut where the gutters are."""
    whole = decode(view["picture"])[..., :3]
    step = SIDE_PX + GUTTER_PX
    corners = [divmod(index, ACROSS) for index in range(TILES)]
    return [whole[r * step : r * step + SIDE_PX, c * step : c * step + SIDE_PX] for r, c in corners]


def _best(scores: list[float]) -> list[int]:
    """The three highest."""
    return sorted(int(i) for i in np.argsort(scores)[-FIT:])


def like_example(describe: Callable[[Pixels], Vector]) -> Callable[[View, Random], JSON]:
    """The three tiles nearest to the example."""

    def solve(view: View, rng: Random) -> JSON:
        example = describe(decode(view["prompt"])[..., :3])
        return _best([-float(np.linalg.norm(describe(t) - example)) for t in tiles_of(view)])

    return solve


def odd_three(view: View, rng: Random) -> JSON:
    """The three tiles most like each other and least like the rest."""
    rows = [gradients(tile) for tile in tiles_of(view)]
    far = np.array([[np.linalg.norm(a - b) for a in rows] for b in rows])

    def apart(three: tuple[int, ...]) -> float:
        rest = [i for i in range(TILES) if i not in three]
        return float(far[np.ix_(three, rest)].mean() - far[np.ix_(three, three)].mean())

    threes = list(combinations(range(TILES), FIT))
    return list(threes[int(np.argmax([apart(three) for three in threes]))])


def by_rule(view: View, rng: Random) -> JSON:
    """The rule of the relation on each tile."""
    rule = RELATIONS[view["relation"]]
    return _best([rule(measured(tile, grabbed)) for tile in tiles_of(view)])


def _colours(tile: Pixels) -> Vector:
    found = [cv2.calcHist([tile], [c], None, [16], [0, 256]).ravel() for c in range(3)]
    return np.asarray(np.concatenate(found) / tile[..., 0].size, np.float32)


def _small(tile: Pixels) -> Vector:
    grey = cv2.resize(
        cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY), (24, 24), interpolation=cv2.INTER_AREA
    )
    flat = grey.astype(np.float32).ravel()
    return np.asarray((flat - flat.mean()) / (flat.std() + 1e-3), np.float32)


# --- As others draw it ---------------------------------------------------------------------------


def naive(rng: Random) -> Made:
    """Tiles of a class, flat on plain grounds: three of the example's class among others."""
    chance = art.generator(rng)
    right = sorted(rng.sample(range(TILES), FIT))
    classes = [int(i) for i in chance.permutation(len(_CLASSES))]
    step = SIDE_PX + GUTTER_PX
    whole = Image.new("RGB", (ACROSS * step - GUTTER_PX,) * 2, "white")
    for index in range(TILES):
        name = classes[0] if index in right else classes[1 + int(chance.integers(3))]
        row, column = divmod(index, ACROSS)
        whole.paste(_flat(chance, name), (column * step, row * step))
    example = art.webp(_flat(chance, classes[0]), 80)
    view = {"picture": art.webp(whole, 80), "prompt": example, "relation": "same"}
    return Made(view, {"right": right})


_CLASSES = ("disc", "frame", "bars", "wedge", "dots")


def _flat(chance: np.random.Generator, index: int) -> Image.Image:
    tile = Image.new("RGB", (SIDE_PX, SIDE_PX), tuple(int(c) for c in chance.integers(190, 256, 3)))
    draw, ink = ImageDraw.Draw(tile), tuple(int(c) for c in chance.integers(0, 120, 3))
    x, y = (int(v) for v in chance.integers(33, 38, 2))
    far = SIDE_PX - 2 * 35
    match _CLASSES[index]:
        case "disc":
            draw.ellipse((x, y, x + far, y + far), ink)
        case "frame":
            draw.rectangle((x, y, x + far, y + far), outline=ink, width=14)
        case "bars":
            for at in range(0, far, 26):
                draw.rectangle((x, y + at, x + far, y + at + 12), ink)
        case "wedge":
            draw.polygon([(x, y + far), (x + far // 2, y), (x + far, y + far)], ink)
        case _:
            for at in range(0, far, 26):
                for down in range(0, far, 26):
                    draw.ellipse((x + at, y + down, x + at + 12, y + down + 12), ink)
    return tile


# --- White box -----------------------------------------------------------------------------------


class Tiles:
    """A row for each tile: all measures, a grid of gradients, and which relation is asked."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        labels = np.array([index in made.secret["right"] for index in range(TILES)], np.int64)
        return self._rows(made.view), labels

    def answer(self, view: View, predict: Predict) -> JSON:
        return _best([float(p) for p in predict(self._rows(view))])

    def _rows(self, view: View) -> Rows:
        asked = [float(view["relation"] == name) for name in RELATIONS]
        rule = RELATIONS[view["relation"]]
        return np.stack([self._row(tile, rule, asked) for tile in tiles_of(view)])

    def _row(self, tile: Pixels, rule: Rule, asked: list[float]) -> Vector:
        seen = [measured(tile, apart) for apart in (off_the_rim, grabbed)]
        found = [of.row([rule(of)]) for of in seen]
        return np.concatenate([*found, gradients(tile), np.array(asked, np.float32)])


def blind(view: View, rng: Random) -> JSON:
    return sorted(rng.sample(range(TILES), FIT))


SUITE = Suite(
    attacks=(
        Attack("gradients like the example", False, like_example(gradients)),
        Attack("pixels like the example", False, like_example(_small)),
        Attack("colours like the example", False, like_example(_colours)),
        Attack("odd three out", False, odd_three),
        Attack("a rule per relation", True, by_rule, most=0.4),
    ),
    naive=naive,
    controls=(Control("gradients like the example", 0.8),),
    learner=Tiles(),
    blind=blind,
    chance=1 / 84,
)
