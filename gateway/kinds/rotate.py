"""Turn two pictures until the thing on each of them stands upright.

Each shows one thing with an up that nobody doubts, drawn in lines at some turn: mirrored or not,
stretched, sheared and bent, beside the middle, over a ground that is turned by itself, with strokes
strewn about. There is no ring to align and nothing to compare with: who wants to know what is up
has to know the thing. Who has the shipped icons can; `hardness: hard` bends and covers more.

At the start neither stands within `AWAY_DEG` of upright. A turn may be off by `tolerance_deg`; of
those who turn blindly, knowing that, 2 % are right with both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal, TypeGuard

import numpy as np
from PIL import Image

from gateway import art
from gateway.art.assets import Icon
from gateway.art.things import UPRIGHT, Inks, Pose, drawn, in_lines, scribble, things
from gateway.kinds import Between, Look
from gateway.model import JSON, Made, Verdict

PICTURES = 2
SIDE_PX = 216  # of a picture as drawn; shown round, 150 px across
GROUND_PX = 150  # of the ground as drawn, before it is turned and grown
THING_PX = 140  # an icon's square
SQUARE_PX = 168  # with room for a thing that is turned and bent
ASIDE_PX = 20  # how far a thing may be from the middle, each way
AWAY_DEG = 40  # how far from upright each is at the start, at least
STEPS = 36  # keys for a full turn
ALIKE = 0.75  # the most that the bodies of the two may overlap
SCRIBBLES = 10
_BEND_PX = {"usual": 7.0, "hard": 11.0}
_COVERED = {"usual": 2, "hard": 5}  # strokes over the thing, in colours of the ground


@dataclass(frozen=True, slots=True)
class Params:
    """How upright is upright, and how far things are bent and covered."""

    tolerance_deg: Annotated[float, Between(6, 25)] = 20.0
    hardness: Literal["usual", "hard"] = "usual"
    look: Look = Look()


class Rotate:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        style = art.Style.of(params.look.salt)
        turns_deg = [float(chance.uniform(AWAY_DEG, 360 - AWAY_DEG)) for _ in range(PICTURES)]
        picked = things(chance, PICTURES, style, ALIKE, UPRIGHT)
        pictures = [
            art.webp(picture(chance, icon, turn_deg, params, style), 62)
            for icon, turn_deg in zip(picked, turns_deg, strict=True)
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
    chance: np.random.Generator, icon: Icon, turn_deg: float, params: Params, style: art.Style
) -> Image.Image:
    """The thing turned counter-clockwise by `turn_deg` from upright, on a ground."""
    ground = _ground(chance, style, params.look.pictures)
    scribble(chance, ground, SCRIBBLES)
    values = art.pixels(ground)
    pose = Pose(
        size_px=THING_PX * float(np.exp(chance.uniform(-0.08, 0.08))),
        mirrored=bool(chance.random() < 0.5),
        stretch=float(np.exp(chance.uniform(-0.25, 0.25))),
        shear=float(chance.uniform(-0.12, 0.12)),
        turn_deg=turn_deg,
        bend_px=_BEND_PX[params.hardness],
    )
    thing = drawn(chance, icon, pose, SQUARE_PX)
    room_px = (SIDE_PX - SQUARE_PX) // 2
    left, top = (room_px + int(v) for v in chance.integers(-ASIDE_PX, ASIDE_PX + 1, 2))
    rows, columns = slice(top, top + SQUARE_PX), slice(left, left + SQUARE_PX)
    values[rows, columns] = in_lines(chance, values[rows, columns], thing, Inks.draw(chance))
    shown = art.image(values)
    scribble(chance, shown, _COVERED[params.hardness])
    return shown


def _ground(
    chance: np.random.Generator, style: art.Style, pictures: tuple[bytes, ...]
) -> Image.Image:
    """A scene that is turned by itself: its own up, if it has one, tells nothing."""
    scene = art.image(art.scene(chance, GROUND_PX, GROUND_PX, style, pictures))
    grown = SIDE_PX / GROUND_PX * 1.42  # so that no corner of it shows
    size = (SIDE_PX, SIDE_PX)
    return art.affine(scene, float(chance.uniform(0, 360)), grown, size)


def _off_deg(answer: float, turn: float) -> float:
    """The shorter way around."""
    return abs((answer - turn + 0.5) % 1.0 - 0.5) * 360


def _is_share(value: JSON) -> TypeGuard[float]:
    """NaN is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


KIND = Rotate()
