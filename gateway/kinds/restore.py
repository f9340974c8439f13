"""Put the six blocks of a cut picture back: all of them, by swapping two at a time.

What joins two blocks is a thing that lies across their border, half on each: half a shirt, half a
planet. Nothing else does. Each block has a ground of its own, taken from anywhere in one scene,
turned over and recoloured; of a thing one half is drawn filled and the other as an outline, all in
one colour; a strip along every cut is lost. So edges that fit in colour or gradient, which is how
programs put blocks together, tell nothing. All things are cut to the same width in the middle of
the border, and each half is turned, sized, bent and moved a little on its own, so that where the
lines meet the border tells next to nothing; and nine of ten sides at the rim have the half of a
thing too, so that a side with ink tells little. People look at what the thing is.

Three or four swaps mend it: 499 orders, of which one is right. Blind guessing gives 0.2 %. Blocks
may be in their places: whoever knew that none is would have 145 orders left to weigh, and solves
twice as many by halves that are recognised. There is no tolerance: an order is right or wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from gateway import art
from gateway.art.assets import ICON_PX, Alpha, Icon, icons
from gateway.art.warps import bent_within
from gateway.kinds import Look
from gateway.model import JSON, Made, Verdict

ROWS, COLUMNS = 2, 3
BLOCKS = ROWS * COLUMNS
BLOCK_PX = 150  # drawn at one and a half times its size on the page
LOST_PX = 9  # along each side of a block
CUT_SHARE = 0.48  # of the side: how wide a thing is where it is cut
MOST_SHARE = 1.0  # of the side: how large a thing may be
MOST_TURN_DEG = 12.0
OWN_TURN_DEG = 8.0  # of each half
OWN_SIZE = 0.10
OWN_MOVE = 0.06  # of the side
LEAST_CUT_PX = 28  # of an icon
BEND = 0.08  # of the side
COARSER = 1.5  # the scene is drawn as large as it is shown
GROUND_CONTRAST = 0.45
FILLING_CONTRAST = 0.25
INK = 80.0  # how far things are from their ground, of 255
LEAST_CONTRAST = 42.0  # … and must be, all told, or their ink is made stronger
RIM_SHARE = 0.9  # of the sides at the rim that have a thing cut off
MOST_CHARS = 38_000  # of the picture as text
SWAPS = (3, 4)  # that mend a picture


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set."""

    look: Look = Look()


@dataclass(frozen=True, slots=True)
class _Border:
    """Between the block at `place` and its right (`across`) or lower neighbour."""

    place: int
    across: bool

    @property
    def other(self) -> int:
        return self.place + (1 if self.across else COLUMNS)


BORDERS = (
    *(_Border(r * COLUMNS + c, True) for r in range(ROWS) for c in range(COLUMNS - 1)),
    *(_Border(c, False) for c in range(COLUMNS)),
)


# The sides of blocks at the picture's rim: block, across, and whether it is the thing's first half.
OUTER = (
    *((r * COLUMNS, True, False) for r in range(ROWS)),
    *((r * COLUMNS + COLUMNS - 1, True, True) for r in range(ROWS)),
    *((c, False, False) for c in range(COLUMNS)),
    *(((ROWS - 1) * COLUMNS + c, False, True) for c in range(COLUMNS)),
)


class Restore:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        """`picture`: the blocks in the wrong order; `rows` and `columns` of them."""
        chance = art.generator(rng)
        blocks = _blocks(chance, params.look)
        shown = _muddled(rng)
        picture = Image.new("RGB", (COLUMNS * BLOCK_PX, ROWS * BLOCK_PX))
        for place, block in enumerate(shown):
            row, column = divmod(place, COLUMNS)
            picture.paste(_cut(blocks[block]), (column * BLOCK_PX, row * BLOCK_PX))
        view = {
            "picture": art.within(picture, MOST_CHARS),
            "aspect": COLUMNS / ROWS,
            "rows": ROWS,
            "columns": COLUMNS,
            "mode": "order",
        }
        return Made(view, {"order": [shown.index(place) for place in range(BLOCKS)]})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[…]`: for each place, row by row, which of the shown blocks belongs there."""
        if not isinstance(answer, list) or len(answer) != BLOCKS:
            return Verdict(False, "malformed")
        if not all(isinstance(n, int) and not isinstance(n, bool) for n in answer):
            return Verdict(False, "malformed")
        if sorted(answer) != list(range(BLOCKS)):
            return Verdict(False, "malformed")
        right = answer == secret["order"]
        return Verdict(right, "right" if right else "wrong", miss=0.0 if right else 1.0)


def _muddled(rng: Random) -> list[int]:
    """An order that as many swaps mend as `SWAPS` allow."""
    order = list(range(BLOCKS))
    while swaps_needed(order) not in SWAPS:
        rng.shuffle(order)
    return order


def swaps_needed(order: list[int]) -> int:
    """The least number of swaps that sort it: its length less the number of its cycles."""
    seen: set[int] = set()
    cycles = 0
    for start in range(len(order)):
        cycles += start not in seen
        while start not in seen:
            seen.add(start)
            start = order[start]
    return len(order) - cycles


# --- Drawing -------------------------------------------------------------------------------


def _blocks(chance: np.random.Generator, look: Look) -> list[Image.Image]:
    """The blocks in their right order."""
    style = art.Style.of(look.salt)
    size = (COLUMNS * BLOCK_PX, ROWS * BLOCK_PX)
    small = art.scene(
        chance, round(size[0] / COARSER), round(size[1] / COARSER), style, look.pictures
    )
    scene = art.pixels(art.image(small).resize(size, Image.Resampling.BILINEAR))
    mean = scene.mean((0, 1))
    tint = chance.normal(0, 14, 3).astype(np.float32)
    return [
        _block(chance, (mean, tint), (_piece(chance, scene), _piece(chance, scene)), ink)
        for ink in _laid(chance, style)
    ]


def _piece(chance: np.random.Generator, scene: art.Pixels) -> art.Pixels:
    """As large as a block, from anywhere, turned or turned over."""
    height, width = scene.shape[:2]
    left = int(chance.integers(width - BLOCK_PX + 1))
    top = int(chance.integers(height - BLOCK_PX + 1))
    piece = scene[top : top + BLOCK_PX, left : left + BLOCK_PX]
    return np.rot90(piece[:, ::-1] if chance.random() < 0.5 else piece, int(chance.integers(4)))


def _block(
    chance: np.random.Generator,
    colours: tuple[art.Pixels, art.Pixels],
    pieces: tuple[art.Pixels, art.Pixels],
    ink: art.Pixels,
) -> Image.Image:
    """The ground, with less contrast than the scene's, and the halves of things on it, plainly to
    be seen. `colours`: of the scene, and how the ink is tinted, which is the same in all blocks;
    `pieces` of the scene: texture of the ground and of ink."""
    mean, tint = colours
    texture, filling = (piece - mean for piece in pieces)
    ground = art.recolour(chance, mean + GROUND_CONTRAST * texture, 0.15)
    mask = ink / np.float32(255.0)
    around = np.float32(1.0) - mask
    off = INK if float(art.luminance(mean)) < 127 else -INK
    strength = FILLING_CONTRAST
    while True:
        colour = art.bounded(mean + off + tint, 6, 249)
        drawn = art.bounded(ground + mask[..., None] * (colour + strength * filling - ground))
        if art.contrast(drawn, mask, around) >= LEAST_CONTRAST:
            return art.image(drawn)
        off, strength = (-off if abs(off) > 200 else 1.25 * off), 0.8 * strength


def _cut(block: Image.Image) -> Image.Image:
    """Without what is lost along its sides, in its old size."""
    box = (LOST_PX, LOST_PX, BLOCK_PX - LOST_PX, BLOCK_PX - LOST_PX)
    return block.resize((BLOCK_PX, BLOCK_PX), Image.Resampling.BICUBIC, box)


# --- Things across borders -----------------------------------------------------------------


def _laid(chance: np.random.Generator, style: art.Style) -> list[art.Pixels]:
    """How much ink lies where, for each block: a thing across each border, and one cut off at
    most sides that lie at the rim, or the sides with ink would tell a block's place."""
    inks = [Image.new("L", (BLOCK_PX, BLOCK_PX)) for _ in range(BLOCKS)]
    used: set[str] = set()
    for border in BORDERS:
        icon, turn_deg, mirrored = _thing(chance, border.across, used)
        drawings = [icon.filled, icon.outline]
        chance.shuffle(drawings)
        for place, ink in zip((border.place, border.other), drawings, strict=True):
            half = _Half(icon, ink, turn_deg, mirrored, border.across, place == border.place)
            _lay(chance, inks[place], half)
    for place, across, first in OUTER:
        if chance.random() > RIM_SHARE:
            continue
        icon, turn_deg, mirrored = _thing(chance, across, used)
        ink = icon.filled if chance.random() < 0.5 else icon.outline
        _lay(chance, inks[place], _Half(icon, ink, turn_deg, mirrored, across, first))
    bend_px = BEND * style.bend * BLOCK_PX
    return [bent_within(chance, np.asarray(ink), bend_px, BLOCK_PX / 4) for ink in inks]


@dataclass(frozen=True, slots=True)
class _Half:
    """One of the two drawings of a thing, and which half of it is to be seen."""

    icon: Icon
    ink: Alpha
    turn_deg: float
    mirrored: bool
    across: bool
    first: bool  # of the border's two blocks: the left or the upper one


def _lay(chance: np.random.Generator, onto: Image.Image, half: _Half) -> None:
    """Draw a half at its border. Each half is turned, sized and moved a little on its own: where
    its lines meet the border says nothing of the other's."""
    start, end = _able(half.across)[half.icon]
    share = CUT_SHARE * (1 + float(chance.uniform(-OWN_SIZE, OWN_SIZE)))
    scale = min(share * BLOCK_PX / (end - start), MOST_SHARE * BLOCK_PX / ICON_PX)
    size_px = round(ICON_PX * scale)
    ink = Image.fromarray(half.ink)
    if half.mirrored:
        ink = ink.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turn_deg = half.turn_deg + float(chance.uniform(-OWN_TURN_DEG, OWN_TURN_DEG))
    drawn = art.affine(ink, turn_deg, scale, (size_px, size_px), Image.Resampling.BILINEAR)
    middle_px = (start + end) / 2 * scale
    if half.mirrored and not half.across:
        middle_px = size_px - middle_px
    moved_px = float(chance.uniform(-OWN_MOVE, OWN_MOVE)) * BLOCK_PX
    along = round(BLOCK_PX / 2 - middle_px + moved_px)
    deep = BLOCK_PX - size_px // 2 if half.first else -(size_px // 2)
    onto.paste(255, (deep, along) if half.across else (along, deep), drawn)


def _thing(chance: np.random.Generator, across: bool, used: set[str]) -> tuple[Icon, float, bool]:
    """An icon to be cut through its middle, its turn, and whether it is mirrored. It and those like
    it are put among the `used`."""
    able = tuple(_able(across))
    while True:
        icon = able[int(chance.integers(len(able)))]
        if icon.name not in used:
            used |= {icon.name} | icon.alike
            turn_deg = float(chance.uniform(-MOST_TURN_DEG, MOST_TURN_DEG))
            return icon, turn_deg, bool(chance.random() < 0.5)


@cache
def _able(across: bool) -> Mapping[Icon, tuple[int, int]]:
    """Icons that have a broad, whole middle to be cut through, with from where to where it is."""
    runs = {icon: _cut_run(icon.filled, across) for icon in icons()}
    return {icon: run for icon, run in runs.items() if run is not None}


def _cut_run(ink: Alpha, across: bool) -> tuple[int, int] | None:
    """From where to where a cut through the middle meets ink: one whole run, with much on both
    sides; None where it is not so."""
    solid: Any = ink > 127
    if across:
        solid = solid.T  # `across` a border means cut from top to bottom
    middle = solid.shape[0] // 2
    line = np.flatnonzero(solid[middle - 2 : middle + 3].all(0))
    if len(line) < LEAST_CUT_PX or line[-1] - line[0] + 1 > 1.15 * len(line):
        return None
    share = solid[:middle].sum() / solid.sum()
    return (int(line[0]), int(line[-1]) + 1) if 0.33 < share < 0.67 else None


KIND = Restore()
