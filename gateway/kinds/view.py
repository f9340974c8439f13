"""Pick what the little person sees: three solids on a board, drawn from another side.

Each round shows the board from above, with a little person beside it, and six pictures of the
board as seen from the person's eyes. The six have the three solids in each of their orders from
left to right, all drawn by one routine from the same distributions, so that nothing in them
tells the right one but the board itself. Any two of them have at least two solids exchanged.
Colours, patterns, light, lens and measures are drawn anew for each picture: only shape and place
carry over, and neither is told by colour.

Two rounds, both to be right: 1 in 36 (2.8 %) by blind guessing. There is no tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from math import cos, pi, sin
from random import Random

import numpy as np
from PIL import Image

from gateway.art import Style, generator, webp, within
from gateway.art.board import Item, Place, draw_board, dressed
from gateway.art.stage import Camera
from gateway.kinds import Look
from gateway.model import JSON, Made, Verdict

ROUNDS = 2
ROWS, COLUMNS = 3, 2
Order = tuple[int, ...]
ORDERS: tuple[Order, ...] = tuple(permutations(range(3)))

SCENE_PX, TILE_PX = (376, 216), (188, 98)  # 1.25 of the CSS pixels they are shown in
QUALITIES = (30, 22, 16)
MOST_SCENE, MOST_TILES = 7_500, 12_200  # characters: two of each are 40 kB at most
SMOOTH = 2  # drawn so much larger, then reduced: smooth edges

FAMILIES = (  # solids of one family look alike from afar: a scene has one of each at most
    ("ball", "snowman"),
    ("cone", "pine"),
    ("cube", "drum", "house"),
    ("table",),
    ("tree", "mushroom"),
    ("bottle", "hourglass"),
    ("rings",),
)
FAMILIES_OF_AN_INSTALL = 6

ACROSS = (-0.58, 0.0, 0.58)  # where solids stand, as the person sees them; in board units
NEAREST_ACROSS, NEAREST_ALONG = 0.5, 0.95  # in the scene: one of them holds for any two


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set for a route."""

    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a round is about. Places are in the person's frame, who looks along +y."""

    names: tuple[str, ...]
    places: tuple[Place, ...]  # from left to right
    turns_rad: tuple[float, ...]
    from_rad: float  # where the person stands around the board

    def from_above(self) -> tuple[Item, ...]:
        """The board as it is, in its own frame."""
        spots = [turned(place, self.from_rad) for place in self.places]
        turns = [turn + self.from_rad for turn in self.turns_rad]
        return tuple(map(Item, self.names, spots, turns))

    def in_order(self, order: Order) -> tuple[Item, ...]:
        """In the person's frame, with the solids in this order; `ORDERS[0]` is the truth."""
        return tuple(map(Item, (self.names[o] for o in order), self.places, self.turns_rad))


class View:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = generator(rng)
        style = Style.of(params.look.salt)
        rounds = [_round(chance, style) for _ in range(ROUNDS)]
        view = {
            "rounds": [{"scene": scene, "options": options} for scene, options, _ in rounds],
            "rows": ROWS,
            "columns": COLUMNS,
            "aspect": round(TILE_PX[0] * COLUMNS / (TILE_PX[1] * ROWS), 4),
            "scene_aspect": round(SCENE_PX[0] / SCENE_PX[1], 4),
        }
        return Made(view, {"chosen": [right for _, _, right in rounds]})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[index of the picture, …]`, one for each round, row by row from 0."""
        if not isinstance(answer, list) or len(answer) != ROUNDS:
            return Verdict(False, "malformed")
        if not all(type(i) is int and 0 <= i < ROWS * COLUMNS for i in answer):
            return Verdict(False, "malformed")
        wrong = sum(a != b for a, b in zip(answer, secret["chosen"], strict=True))
        return Verdict(False, "wrong", 1.0 + wrong) if wrong else Verdict(True, "right")


def _round(chance: np.random.Generator, style: Style) -> tuple[str, str, int]:
    """The board, the six pictures, and which of them is right."""
    setting = arranged(chance, style)
    scene = _drawn(
        chance, SCENE_PX, scene_camera(chance), setting.from_above(), style, setting.from_rad
    )
    orders = [ORDERS[int(k)] for k in chance.permutation(len(ORDERS))]
    width, height = TILE_PX
    tiles = Image.new("RGB", (width * COLUMNS, height * ROWS))
    for k, order in enumerate(orders):
        tile = _drawn(chance, TILE_PX, tile_camera(chance), setting.in_order(order), style)
        tiles.paste(tile, (k % COLUMNS * width, k // COLUMNS * height))
    return (
        within(scene, MOST_SCENE, QUALITIES, webp),
        within(tiles, MOST_TILES, QUALITIES, webp),
        orders.index(ORDERS[0]),
    )


def arranged(chance: np.random.Generator, style: Style) -> Setting:
    """Three solids of three families that this install has, and the person not in front."""
    own = style.own("view").permutation(len(FAMILIES))[:FAMILIES_OF_AN_INSTALL]
    picked = chance.choice(own, 3, replace=False)
    names = tuple(str(chance.choice(FAMILIES[int(k)])) for k in picked)
    from_rad = float(chance.uniform(pi / 3, 5 * pi / 3))
    turns_rad = tuple(float(t) for t in chance.uniform(0, 2 * pi, 3))
    return Setting(names, places(chance, from_rad), turns_rad, from_rad)


def places(chance: np.random.Generator, from_rad: float) -> tuple[Place, ...]:
    """Three places from left to right as the person sees them, none hidden in the scene."""
    while True:
        xs = np.array(ACROSS) + chance.uniform(-0.06, 0.06, 3)
        ys = chance.uniform(-0.52, 0.52, 3)
        spots = tuple((float(x), float(y)) for x, y in zip(xs, ys, strict=True))
        if _are_apart(turned(spot, from_rad) for spot in spots):
            return spots


def _are_apart(spots: Iterable[Place]) -> bool:
    return all(
        abs(a[0] - b[0]) > NEAREST_ACROSS or abs(a[1] - b[1]) > NEAREST_ALONG
        for a, b in combinations(spots, 2)
    )


def turned(place: Place, from_rad: float) -> Place:
    """From the person's frame to the board's."""
    (x, y), c, s = place, cos(from_rad), sin(from_rad)
    return x * c - y * s, x * s + y * c


def scene_camera(chance: np.random.Generator) -> Camera:
    width, height = SCENE_PX
    return Camera(
        azimuth_rad=float(chance.uniform(-0.06, 0.06)),
        elevation_rad=float(chance.uniform(0.58, 0.68)),
        far=float(chance.uniform(5.0, 7.0)),
        zoom_px=height * 0.38,
        middle_px=(width * float(chance.uniform(0.47, 0.53)), height * 0.61),
    )


def tile_camera(chance: np.random.Generator) -> Camera:
    """At the height of the person's eyes, more or less, and with any lens."""
    width, height = TILE_PX
    across, down = chance.uniform(0.48, 0.52), chance.uniform(0.6, 0.65)
    return Camera(
        azimuth_rad=float(chance.uniform(-0.09, 0.09)),
        elevation_rad=float(chance.uniform(0.24, 0.38)),
        far=float(chance.uniform(4.0, 6.0)),
        zoom_px=width * 0.4 * float(chance.uniform(0.92, 1.05)),
        middle_px=(width * float(across), height * float(down)),
    )


def _drawn(
    chance: np.random.Generator,
    size_px: tuple[int, int],
    camera: Camera,
    items: tuple[Item, ...],
    style: Style,
    looked_from_rad: float | None = None,
) -> Image.Image:
    things = tuple(dressed(chance, item) for item in items)
    large_px = size_px[0] * SMOOTH, size_px[1] * SMOOTH
    large = draw_board(chance, large_px, camera.larger(SMOOTH), things, style, looked_from_rad)
    return large.reduce(SMOOTH)


KIND = View()
