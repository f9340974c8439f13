"""Turn two pictures until what is drawn on each of them stands upright.

Each shows one figure with an up that nobody doubts: a bird, a person or a face, put together for
this picture alone, mirrored or not, larger or smaller, stretched, slanted and bent. Loose parts of
another lie about it, turned at random; the ground is turned by itself, with strokes strewn about.
There is no ring to align, and no figure is drawn twice: who wants to know what is up has to know
what legs are. Who draws thousands of such figures with our generator and takes the likest is right
with four of five pictures; `hardness: hard` bends them more and lays more about them.

At the start neither stands within `AWAY_DEG` of upright. A turn may be off by `tolerance_deg`; of
those who turn blindly, knowing that, 3 % are right with both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, TypeGuard

import numpy as np
from PIL import Image, ImageFilter

from gateway import art
from gateway.art.painting import Paints, paint, tones_of
from gateway.art.patterns import pattern
from gateway.art.sketch import TONES, Shape
from gateway.art.style import PATTERNS
from gateway.art.things import Inks, scribble
from gateway.art.upright import figure, loose, turned
from gateway.kinds import Between, Hardness, Look
from gateway.model import JSON, Made, Verdict

PICTURES = 2
SIDE_PX = 216  # of a picture as drawn; shown round, 150 px across
GROUND_PX = 150  # of the ground as drawn, before it is turned and grown
RADIUS_PX = (58.0, 92.0)  # of the circle around a figure
ASIDE_PX = 14  # how far its middle may be from the picture's, each way
LINE_PX = 3.4
AWAY_DEG = 40  # how far from upright each is at the start, at least
STEPS = 36  # keys for a full turn
SCRIBBLES = 10
_LOOSE_PX = (78.0, 112.0)  # from the middle: loose parts hide little of the figure
BEND = {"usual": 0.06, "hard": 0.1}  # in radii
_LOOSE = {"usual": 6, "hard": 9}
_PATTERNED = 3  # of the tones
_WEAVE = 170.0  # of 255: how much of a pattern is seen
_PERIOD_PX = (9.0, 16.0)
_COVERED = {"usual": 2, "hard": 5}  # strokes over the figure, in colours of the ground


@dataclass(frozen=True, slots=True)
class Params:
    """How upright is upright, and how far figures are bent and covered."""

    tolerance_deg: Annotated[float, Between(6, 25)] = 25.0
    hardness: Hardness = "usual"
    look: Look = Look()


class Rotate:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        style = art.Style.of(params.look.salt)
        turns_deg = [float(chance.uniform(AWAY_DEG, 360 - AWAY_DEG)) for _ in range(PICTURES)]
        pictures = [
            art.webp(picture(chance, turn_deg, params, style), 62) for turn_deg in turns_deg
        ]
        secret = {
            "turns": [round(turn_deg / 360, 4) for turn_deg in turns_deg],
            "tolerance_deg": params.tolerance_deg,
        }
        return Made({"pictures": list(pictures), "steps": STEPS}, secret)

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[turn, turn]`: clockwise from the start, as shares of a full turn, 0 to 1."""
        if not isinstance(answer, list) or len(answer) != PICTURES:
            return Verdict(False, "malformed")
        if not all(_is_share(turn) for turn in answer):
            return Verdict(False, "malformed")
        off_deg = [_off_deg(*pair) for pair in zip(answer, secret["turns"], strict=True)]
        miss = max(off_deg) / float(secret["tolerance_deg"])
        if not miss <= 1.0:
            return Verdict(False, "wrong", miss=miss)
        return Verdict(True, "right", miss=miss)


def picture(
    chance: np.random.Generator, turn_deg: float, params: Params, style: art.Style
) -> Image.Image:
    """A figure turned counter-clockwise by `turn_deg` from upright, on a ground."""
    shown = _ground(chance, style, params.look.pictures)
    scribble(chance, shown, SCRIBBLES)
    bend = BEND[params.hardness]
    parts = loose(chance, style, bend, _LOOSE[params.hardness])
    shapes = [shape for part in parts for shape in _aside(chance, part)]
    x, y = (SIDE_PX / 2 + float(off) for off in chance.uniform(-ASIDE_PX, ASIDE_PX, 2))
    standing = figure(chance, style, bend)
    shapes += turned(standing, turn_deg, float(chance.uniform(*RADIUS_PX)), (x, y))
    _put(shown, shapes, paints(chance))
    _patterned(chance, shown, shapes, style)
    scribble(chance, shown, _COVERED[params.hardness])
    return shown


def _put(shown: Image.Image, shapes: list[Shape], inks: Paints) -> None:
    """The shapes, and a rim of a colour that is not their ink's: so they are seen on any ground."""
    over = paint(shapes, shown.size, inks)
    cover = over.getchannel("A")
    shown.paste(inks.tones[0], mask=cover.filter(ImageFilter.MaxFilter(5)))
    shown.paste(over, mask=cover)


def _aside(chance: np.random.Generator, part: list[Shape]) -> list[Shape]:
    """Loose parts, as large as those of a figure, at any turn somewhere around the figure."""
    around, far_px = float(chance.uniform(0, 2 * np.pi)), float(chance.uniform(*_LOOSE_PX))
    at = (SIDE_PX / 2 + far_px * np.cos(around), SIDE_PX / 2 + far_px * np.sin(around))
    return turned(part, float(chance.uniform(0, 360)), float(chance.uniform(*RADIUS_PX)), at)


def _patterned(
    chance: np.random.Generator, shown: Image.Image, shapes: list[Shape], style: art.Style
) -> None:
    """Stripes, spots and the like over what has some of the tones: not every edge is a part's."""
    tones = tones_of(shapes, shown.size)
    for tone in chance.choice(TONES, _PATTERNED, replace=False).tolist():
        name = PATTERNS[int(chance.choice(len(PATTERNS), p=style.pattern_weights))]
        weave = pattern(chance, name, SIDE_PX, SIDE_PX, float(chance.uniform(*_PERIOD_PX)))
        colour = art.from_hsv(*chance.uniform((0, 0.1, 0.1), (1, 0.6, 1.0)))
        shown.paste(colour, mask=art.image(_WEAVE * weave * (tones == tone + 1)))


def paints(chance: np.random.Generator) -> Paints:
    """One ink, and tones that are all lighter than it, or all darker."""
    inks, hue = Inks.draw(chance), float(chance.uniform(0, 1))
    values = (0.6, 1.0) if sum(inks.ink) < sum(inks.paper) else (0.15, 0.45)
    tones = (
        art.from_hsv(
            hue + chance.uniform(-0.2, 0.2), chance.uniform(0.1, 0.5), chance.uniform(*values)
        )
        for _ in range(TONES)
    )
    return Paints(inks.ink, tuple(tones), LINE_PX)


def _ground(
    chance: np.random.Generator, style: art.Style, pictures: tuple[bytes, ...]
) -> Image.Image:
    """A scene that is turned by itself: its own up, if it has one, tells nothing."""
    scene = art.image(art.scene(chance, GROUND_PX, GROUND_PX, style, pictures))
    grown = SIDE_PX / GROUND_PX * 1.42  # so that no corner of it shows
    size = (SIDE_PX, SIDE_PX)
    return art.affine(scene, float(chance.uniform(0, 360)), grown, size, Image.Resampling.BILINEAR)


def _off_deg(answer: float, turn: float) -> float:
    """The shorter way around."""
    return abs((answer - turn + 0.5) % 1.0 - 0.5) * 360


def _is_share(value: JSON) -> TypeGuard[float]:
    """NaN is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


KIND = Rotate()
