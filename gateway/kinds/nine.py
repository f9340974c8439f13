"""Pick the three of nine tiles that fit a relation: two balls on one string, on one side, …

Blind chance: 1 of 84, the ways to pick three of nine. There is no tolerance: a set is right or
wrong. The relation's name reaches the page, which says it in words; that is no secret. Nothing
else does. To tell takes following a line, or looking at two places of a tile at once: any part of
a tile is as likely to be of one that fits. One picture holds all nine, another a tenth that fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageChops

from gateway import art
from gateway.art.patterns import pattern
from gateway.art.relations import RELATIONS, Habits, Tile
from gateway.art.relations.shapes import SHAPES
from gateway.art.relations.sheet import SIDE_PX
from gateway.art.style import PATTERNS, Style
from gateway.kinds import Look
from gateway.model import JSON, Made, Verdict

ACROSS = 3
TILES = ACROSS * ACROSS
FIT = 3  # always: a count that varies would tell something
GUTTER_PX = 4
WIDTH_PX = ACROSS * SIDE_PX + (ACROSS - 1) * GUTTER_PX
SCENE_PX = 120
GROWN = 4  # times, for the ground: what is finer comes from the veil
WEAVES = 5
VEIL = 40  # of 255: how strong a pattern lies over the ground
QUALITIES = (46, 38, 30, 22)  # JPEG: a tenth of WebP's time for as many bytes
MOST_CHARS = 33_500  # of the grid as text: with the example no view is above 40 kB


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set."""

    look: Look = Look()


class Nine:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        """Nine tiles in one picture, an example in another, and the relation's name."""
        chance = art.generator(rng)
        style = Style.of(params.look.salt)
        name = sorted(RELATIONS)[int(chance.integers(len(RELATIONS)))]
        right = sorted(int(i) for i in chance.permutation(TILES)[:FIT])
        tiles = _tiles(chance, style, params.look.pictures)
        for index, tile in enumerate(tiles):
            RELATIONS[name](tile, index in right or index == TILES)
        view = {
            "picture": art.within(_grid(tiles[:TILES], style), MOST_CHARS, QUALITIES),
            "prompt": art.jpeg(tiles[TILES].picture, QUALITIES[0]),
            "relation": name,
        }
        return Made(view, {"right": right})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[index, …]`: the tiles picked, in any order, counted by rows from 0."""
        if not _is_pick(answer):
            return Verdict(False, "malformed")
        if sorted(answer) != secret["right"]:
            return Verdict(False, "wrong")
        return Verdict(True, "right")


def _tiles(chance: np.random.Generator, style: Style, pictures: tuple[bytes, ...]) -> list[Tile]:
    """Ten pieces of one scene, each turned and recoloured in its own way, with cloth to draw by."""
    scene = art.scene(chance, SCENE_PX, SCENE_PX, style, pictures)
    whole = GROWN * SCENE_PX
    ground = art.image(scene).resize((whole, whole), Image.Resampling.BICUBIC)
    weaves = [_weave(chance, style) for _ in range(WEAVES)]
    habits = Habits.of(style, sorted(SHAPES))
    places = chance.integers(0, whole - SIDE_PX + 1, (TILES + 1, 2))
    return [
        Tile(chance, _piece(chance, ground, int(x), int(y), weaves), weaves, habits)
        for x, y in places
    ]


def _piece(
    chance: np.random.Generator, ground: Image.Image, x: int, y: int, weaves: list[Image.Image]
) -> Image.Image:
    """A tile's ground: a part of the scene, under a veil of the patterns that things have too."""
    cut = ground.crop((x, y, x + SIDE_PX, y + SIDE_PX))
    if turn := int(chance.integers(5)):
        cut = cut.transpose(Image.Transpose(turn))
    tint = tuple(int(c) for c in chance.integers(20, 236, 3))
    cut = Image.blend(cut, Image.new("RGB", cut.size, tint), float(chance.uniform(0.1, 0.35)))
    weave = weaves[int(chance.integers(len(weaves)))]
    veil = ImageChops.multiply(
        weave.transpose(Image.Transpose(int(chance.integers(5)))),
        Image.new("L", cut.size, VEIL),
    )
    shade = int(chance.integers(2)) * 255
    cut.paste((shade, shade, shade), (0, 0), veil)
    return cut


def _weave(chance: np.random.Generator, style: Style) -> Image.Image:
    name = PATTERNS[int(chance.choice(len(PATTERNS), p=style.pattern_weights))]
    period_px = SIDE_PX * float(chance.uniform(0.05, 0.12)) / style.detail
    return art.image(255.0 * pattern(chance, name, SIDE_PX, SIDE_PX, period_px))


def _grid(tiles: list[Tile], style: Style) -> Image.Image:
    shade = int(style.own("gutter").integers(200, 256))
    whole = Image.new("RGB", (WIDTH_PX, WIDTH_PX), (shade, shade, shade))
    for index, tile in enumerate(tiles):
        row, column = divmod(index, ACROSS)
        step = SIDE_PX + GUTTER_PX
        whole.paste(tile.picture, (column * step, row * step))
    return whole


def _is_pick(answer: JSON) -> bool:
    """Three different tiles."""
    return (
        isinstance(answer, list)
        and len(answer) == FIT
        and all(type(index) is int and 0 <= index < TILES for index in answer)
        and len(set(answer)) == FIT
    )


KIND = Nine()
