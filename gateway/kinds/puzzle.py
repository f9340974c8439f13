"""Carry pieces into gaps: each piece shows a thing; its gap is cut out of the same thing.

Six things are drawn on the scene, each with a round gap that hides about half of it. Two pieces
show two of the things whole, but in another pose, other colours and another style: what is drawn
in lines on the scene is a dark or light form on the piece. People know a cactus by its arms.

All gaps and all pieces are the same disc, so no outline tells which belongs where, and nothing of
a piece goes on beyond its gap: edges, masks and rims find gaps, which are plain to see anyway.
Who has found all gaps and guesses is right once in 30 times (3.3 %). Blind points are
right once in 50,000 times: a piece may be off by `tolerance_px` of a picture 320 px wide.

`hardness: hard` bends things further, so that they fit less well to what is known of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot
from random import Random
from typing import Annotated, TypeAlias, TypeGuard

import numpy as np
from PIL import Image, ImageDraw

from gateway import art
from gateway.art.assets import Icon
from gateway.art.things import Drawn, Inks, Pose, as_form, drawn, in_lines, scribble, things
from gateway.kinds import Between, Hardness, Look
from gateway.model import JSON, Made, Verdict

COLUMNS, ROWS = 3, 2
PIECES = 2
WIDTH_PX, HEIGHT_PX = 320, 220  # as shown; all other sizes are of the picture as drawn
SCALE = 1.4
DRAWN_PX = (round(WIDTH_PX * SCALE), round(HEIGHT_PX * SCALE))
THING_PX = 128  # an icon's square
SQUARE_PX = 152  # with room for a thing that is turned and bent
GAP_PX = 80  # across
GAP_RGB = (56, 57, 64)
FRAME_PX = 4  # a light ring around each gap
PIECE_PX = 84
HIDDEN = (0.34, 0.52)  # of a thing's body, by its gap
LEAST_LINES_SEEN = 0.42  # of a thing's lines, beside its gap
ALIKE = 0.7  # the most that two bodies of one picture may overlap
SCRIBBLES = 12
_BEND_PX = {"usual": (10.0, 5.0), "hard": (16.0, 7.0)}  # of things on the scene, and on pieces
MOST_CHARS = 33_000  # of the scene as text
COARSE = 4  # masks are measured at every fourth pixel

_Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Params:
    """How exactly a piece must lie, and how far things are bent."""

    tolerance_px: Annotated[float, Between(4, 16)] = 10.0  # of a picture 320 px wide
    hardness: Hardness = "usual"
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing on the scene, and its gap: both by their middle, px of the scene as drawn."""

    icon: Icon
    thing: Drawn
    corner: tuple[int, int]  # upper left of its square
    gap: _Point


class Puzzle:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        style = art.Style.of(params.look.salt)
        ground = art.image(art.scene(chance, WIDTH_PX, HEIGHT_PX, style, params.look.pictures))
        scene = art.pixels(ground.resize(DRAWN_PX, Image.Resampling.BILINEAR))
        on_scene_px, on_piece_px = _BEND_PX[params.hardness]
        placed = laid(chance, scene, style, on_scene_px)
        pieces = [_piece(chance, one.icon, on_piece_px) for one in placed[:PIECES]]
        view = {
            "picture": art.within(_with_gaps(scene, [one.gap for one in placed]), MOST_CHARS),
            "aspect": round(WIDTH_PX / HEIGHT_PX, 4),
            "pieces": [_waiting(chance, number, piece) for number, piece in enumerate(pieces)],
        }
        places = [_share(one.gap) for one in placed[:PIECES]]
        return Made(view, {"places": places, "tolerance_px": params.tolerance_px})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], [x, y]]`: the middle of each piece, as shares of the picture's sides."""
        if not isinstance(answer, list) or len(answer) != PIECES:
            return Verdict(False, "malformed")
        if not all(_is_point(point) for point in answer):
            return Verdict(False, "malformed")
        worst_px = max(map(_off_px, answer, secret["places"]))
        miss = worst_px / float(secret["tolerance_px"])
        if not miss <= 1.0:
            return Verdict(False, "wrong", miss=miss)
        return Verdict(True, "right", miss=miss)


def laid(
    chance: np.random.Generator, scene: art.Pixels, style: art.Style, bend_px: float
) -> list[Placed]:
    """Six things drawn into `scene`, one in each cell, in random order."""
    cells = chance.permutation(COLUMNS * ROWS)
    picture = art.image(scene)
    scribble(chance, picture, SCRIBBLES)
    scene[:] = art.pixels(picture)
    found = []
    for icon, cell in zip(things(chance, len(cells), style, ALIKE), cells, strict=True):
        found.append(_put(chance, scene, icon, divmod(int(cell), COLUMNS), bend_px))
    return found


def _put(
    chance: np.random.Generator,
    scene: art.Pixels,
    icon: Icon,
    cell: tuple[int, int],
    bend_px: float,
) -> Placed:
    """Drawn in its cell, with a gap that hides about half of it."""
    row, column = cell
    corner = _corner(chance, row, column)
    thing = drawn(chance, icon, _pose(chance, bend_px), SQUARE_PX)
    gaps = list(_gaps(thing, corner, row, column)) or list(_tried(row, column))
    rows, columns = (slice(at, at + SQUARE_PX) for at in corner[::-1])
    scene[rows, columns] = in_lines(chance, scene[rows, columns], thing, Inks.draw(chance))
    return Placed(icon, thing, corner, gaps[int(chance.integers(len(gaps)))])


def _pose(chance: np.random.Generator, bend_px: float) -> Pose:
    return Pose(
        size_px=THING_PX * float(np.exp(chance.uniform(-0.04, 0.04))),
        mirrored=bool(chance.random() < 0.5),
        stretch=float(np.exp(chance.uniform(-0.32, 0.32))),
        shear=float(chance.uniform(-0.22, 0.22)),
        turn_deg=float(chance.uniform(-22, 22)),
        bend_px=bend_px,
    )


def _corner(chance: np.random.Generator, row: int, column: int) -> tuple[int, int]:
    """Of a thing's square: in the middle of its cell, or a little beside, inside the picture."""
    found = []
    for at, count, whole_px in ((column, COLUMNS, DRAWN_PX[0]), (row, ROWS, DRAWN_PX[1])):
        middle_px = (at + 0.5) * whole_px / count + float(chance.uniform(-4, 4))
        found.append(int(np.clip(middle_px - SQUARE_PX / 2, 0, whole_px - SQUARE_PX)))
    return found[0], found[1]


def _gaps(thing: Drawn, corner: tuple[int, int], row: int, column: int) -> Iterator[_Point]:
    """Middles of gaps that hide neither too little nor too much, all inside the thing's cell."""
    body, lines = (mask[::COARSE, ::COARSE] for mask in (thing.body, thing.lines))
    body_sum, lines_sum = float(body.sum()), float(lines.sum())
    for x, y in _tried(row, column):
        hole = _hole(round((x - corner[0]) / COARSE), round((y - corner[1]) / COARSE))
        hidden = float((body * hole).sum()) / body_sum
        seen = 1.0 - float((lines * hole).sum()) / lines_sum
        if HIDDEN[0] <= hidden <= HIDDEN[1] and seen >= LEAST_LINES_SEEN:
            yield x, y


def _tried(row: int, column: int) -> Iterator[_Point]:
    """A grid of places around the middle of a cell, for a gap with its frame to lie inside it."""
    room_px = GAP_PX / 2 + FRAME_PX + 2
    wide, high = DRAWN_PX[0] / COLUMNS, DRAWN_PX[1] / ROWS
    for x in np.linspace(column * wide + room_px, (column + 1) * wide - room_px, 6):
        for y in np.linspace(row * high + room_px, (row + 1) * high - room_px, 6):
            yield float(x), float(y)


@lru_cache(maxsize=8192)
def _hole(x: int, y: int) -> art.Pixels:
    """What a gap covers of a thing's square, both made `COARSE` times smaller."""
    at = np.arange(0, SQUARE_PX, COARSE, dtype=np.float32) / COARSE
    far = np.hypot(at[:, None] - y, at[None, :] - x)
    return np.asarray(far <= GAP_PX / 2 / COARSE, np.float32)


def _with_gaps(scene: art.Pixels, gaps: Sequence[_Point]) -> Image.Image:
    picture = art.image(scene)
    over = _gap_picture()
    for x, y in gaps:
        picture.paste(over, (round(x - over.width / 2), round(y - over.height / 2)), over)
    return picture


@lru_cache(maxsize=1)
def _gap_picture() -> Image.Image:
    """A dark disc in a light ring: to be seen on any ground."""
    side, finer = GAP_PX + 2 * FRAME_PX + 2, 4
    big = Image.new("RGBA", (finer * side, finer * side), (248, 248, 248, 0))
    draw = ImageDraw.Draw(big)
    for across_px, ink in ((GAP_PX + 2 * FRAME_PX, (248, 248, 248)), (GAP_PX, GAP_RGB)):
        near, far = finer * (side - across_px) / 2, finer * (side + across_px) / 2
        draw.ellipse((near, near, far, far), (*ink, 255))
    return big.resize((side, side), Image.Resampling.BOX)


# --- Pieces --------------------------------------------------------------------------------


def _piece(chance: np.random.Generator, icon: Icon, bend_px: float) -> Image.Image:
    """The thing as a form on a ground of one colour, in a disc with a soft rim."""
    thing = _shown(chance, icon, bend_px)
    inks = Inks.draw(chance, dark_share=0.5)
    ground = np.empty((PIECE_PX, PIECE_PX, 3), np.float32)
    ground[:] = art.from_hsv(chance.uniform(0, 1), chance.uniform(0.2, 0.45), 0.58)
    shown = as_form(chance, ground, thing, inks)
    return Image.merge("RGBA", (*art.image(shown).split(), _soft_disc()))


def _shown(chance: np.random.Generator, icon: Icon, bend_px: float) -> Drawn:
    """The thing in another pose than on the scene."""
    pose = Pose(
        size_px=0.72 * GAP_PX,
        mirrored=bool(chance.random() < 0.5),
        stretch=float(np.exp(chance.uniform(-0.3, 0.3))),
        shear=float(chance.uniform(-0.25, 0.25)),
        turn_deg=float(chance.uniform(-26, 26)),
        bend_px=bend_px,
    )
    return drawn(chance, icon, pose, PIECE_PX)


@lru_cache(maxsize=1)
def _soft_disc() -> Image.Image:
    off = np.arange(PIECE_PX, dtype=np.float32) - (PIECE_PX - 1) / 2
    far = np.hypot(off[:, None], off[None, :])
    return art.image(art.bounded((GAP_PX / 2 - 1 - far) / 3.0, 0, 1) * 255)


def _waiting(chance: np.random.Generator, number: int, piece: Image.Image) -> dict[str, JSON]:
    """A piece below the picture, never over its gap; recorded drags do not fit unchanged."""
    return {
        "picture": art.webp(piece, 80),
        "width": round(PIECE_PX / DRAWN_PX[0], 4),
        "height": round(PIECE_PX / DRAWN_PX[1], 4),
        "x": round((number + 0.5) / PIECES + float(chance.uniform(-0.06, 0.06)), 4),
        "y": round(1.0 + 0.55 * PIECE_PX / DRAWN_PX[1] + float(chance.uniform(0.02, 0.05)), 4),
    }


# --- Answers -------------------------------------------------------------------------------


def _share(point: _Point) -> list[float]:
    return [round(point[0] / DRAWN_PX[0], 4), round(point[1] / DRAWN_PX[1], 4)]


def _off_px(answer: Sequence[float], place: Sequence[float]) -> float:
    return hypot((answer[0] - place[0]) * WIDTH_PX, (answer[1] - place[1]) * HEIGHT_PX)


def _is_point(value: JSON) -> TypeGuard[list[float]]:
    return isinstance(value, list) and len(value) == 2 and all(_is_share(part) for part in value)


def _is_share(value: JSON) -> bool:
    """NaN is none; a piece may be left below the picture."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 2


KIND = Puzzle()
