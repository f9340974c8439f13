"""Click the icons of the prompt, in its order, where they lie in a picture.

The prompt shows outlines. The scene shows seven things, filled: bent, turned, mirrored, hollow in
parts, half of them lighter here and darker there; some are chosen for having much the shape of one
that is asked, none for having all but the same; pieces of others lie between. Colour means nothing.

Tolerance: a circle about each icon's middle of half its size, 24 to 30 px of a picture shown 320
wide. Blind chance: one click lies in a given circle with at most 3.7 %, three in order with 5 in
100,000; whoever knows where the seven lie but not what they are has 1 in 210, of two 1 in 42.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Annotated, Literal

import numpy as np
from PIL import Image

from gateway import art
from gateway.art.assets import Icon as Thing
from gateway.art.assets import icons
from gateway.art.clickable import FILE_PX, SHOWN_PX, Paper, aims, ground, printed
from gateway.art.forms import Mask
from gateway.art.stamps import Canvas, Ink, bent, hollowed, piece
from gateway.art.strewing import Spot, apart, between
from gateway.clicks import judged
from gateway.kinds import Between, Look
from gateway.model import JSON, Made, Verdict

THINGS = 7
PIECES = 12
PIECES_OF_ONE = 3
PIECE, PIECE_BEND = 0.35, 0.15  # share of a thing that a piece is, and how far it is bent
INK = Ink(contrast=64.0, two_toned=0.5)
SIZE_PX = (72, 90)  # of the file
PAPER = Paper((24.0, 190.0), (235.0, 62.0), 0.4)
MOST_CHARS = 29_000  # of the scene as text
QUALITY = 60  # of the prompt

CELL = 0.8  # of the size: bends are smooth over so much
TURN_DEG, SQUEEZE = 45.0, 0.15  # in the scene
BEND = {"usual": 0.16, "hard": 0.26}  # of the size: how far each part of a thing may be moved
PROMPT_TURN_DEG, PROMPT_BEND, PROMPT_SQUEEZE = 15.0, 0.1, 0.08
HOLLOW = 0.4  # chance that a thing is hollow in a part
DETAIL = 0.7  # of the scene's contrast: what is left, so that things stand out
LEAST_SEEN = 42.0  # mean difference of luminance to what is behind a thing; else drawn again


@dataclass(frozen=True, slots=True)
class Params:
    """`hard` bends things more: for programs that have our icons, and for people too."""

    count: Annotated[int, Between(2, 4)] = 3  # icons to click
    hardness: Literal["usual", "hard"] = "usual"
    look: Look = Look()


class Icon:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        style = art.Style.of(params.look.salt)
        things = _chosen(chance, params.count)
        sizes = chance.integers(SIZE_PX[0], SIZE_PX[1] + 1, THINGS).tolist()
        spots = apart(chance, sizes, *FILE_PX)
        scene = ground(chance, style, params.look.pictures, DETAIL)
        view = {
            "picture": art.within(_picture(chance, scene, params, things, spots), MOST_CHARS),
            "aspect": FILE_PX[0] / FILE_PX[1],
            "count": params.count,
            "prompt": art.jpeg(_prompt(chance, scene, things[: params.count]), QUALITY),
            "prompt_aspect": params.count,
        }
        return Made(view, aims(spots[: params.count], 0.5))

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], …]`: fractions of the picture, in the prompt's order."""
        return judged(answer, secret["middles"], secret["radii_px"], *SHOWN_PX)


# --- Which things ----------------------------------------------------------------------------


def _chosen(chance: np.random.Generator, count: int) -> list[Thing]:
    """The asked ones first, then for each one of much its shape, then any."""
    chosen: list[Thing] = []
    while len(chosen) < count:
        chosen += _fitting(_drawn(chance, 1), chosen)
    for asked in tuple(chosen[: THINGS - count]):
        near = _fitting([_by_name()[name] for name in asked.near], chosen)
        if near:
            chosen.append(near[int(chance.integers(len(near)))])
    while len(chosen) < THINGS:
        chosen += _fitting(_drawn(chance, 1), chosen)
    return chosen


def _drawn(chance: np.random.Generator, count: int) -> list[Thing]:
    return [icons()[int(at)] for at in chance.integers(len(icons()), size=count)]


def _fitting(candidates: Sequence[Thing], chosen: Sequence[Thing]) -> list[Thing]:
    """Those that nobody takes for one of the chosen, nor for a mere blot."""
    taken = {name for thing in chosen for name in (thing.name, *thing.alike)}
    return [c for c in candidates if c.name not in taken and not c.plain]


def _by_name() -> Mapping[str, Thing]:
    return {thing.name: thing for thing in icons()}


# --- Pictures --------------------------------------------------------------------------------


def _picture(
    chance: np.random.Generator,
    scene: Image.Image,
    params: Params,
    things: Sequence[Thing],
    spots: Sequence[Spot],
) -> Image.Image:
    canvas = Canvas(scene)
    _strew(chance, canvas, things, spots)
    for thing, spot in zip(things, spots, strict=True):
        mask = _shape(chance, thing, spot.size_px, BEND[params.hardness])
        for ink in _stronger(INK):
            if canvas.put(chance, mask, spot.x_px, spot.y_px, ink) >= LEAST_SEEN:
                break
    return canvas.picture()


def _strew(
    chance: np.random.Generator, canvas: Canvas, things: Sequence[Thing], spots: Sequence[Spot]
) -> None:
    """Pieces of other things where there is room, a few of each."""
    whole = [
        _shape(chance, other, int(chance.integers(SIZE_PX[0], SIZE_PX[1] + 1)), PIECE_BEND)
        for other in _fitting(_drawn(chance, PIECES // PIECES_OF_ONE), things)
    ]
    for number, (x_px, y_px) in enumerate(between(chance, spots, PIECES, *FILE_PX)):
        if whole:
            canvas.put(chance, piece(chance, whole[number % len(whole)], PIECE), x_px, y_px, INK)


def _shape(chance: np.random.Generator, thing: Thing, size_px: int, bend: float) -> Mask:
    ink = thing.filled[:, ::-1] if chance.random() < 0.5 else thing.filled
    turn_deg = float(chance.uniform(-TURN_DEG, TURN_DEG))
    mask = bent(chance, ink, size_px, turn_deg, bend, SQUEEZE, CELL)
    if chance.random() < HOLLOW:
        return hollowed(chance, mask, 5.0, float(chance.uniform(0.25, 0.55)))
    return mask


def _stronger(ink: Ink) -> Iterator[Ink]:
    """The ink, then stronger ones of one tone."""
    yield ink
    yield replace(ink, contrast=75.0, two_toned=0.0)
    yield replace(ink, contrast=90.0, two_toned=0.0, texture=0.3)


def _prompt(chance: np.random.Generator, scene: Image.Image, asked: Sequence[Thing]) -> Image.Image:
    return printed(chance, scene, len(asked), (_outline(chance, thing) for thing in asked), PAPER)


def _outline(chance: np.random.Generator, thing: Thing) -> Mask:
    turn = float(chance.uniform(-PROMPT_TURN_DEG, PROMPT_TURN_DEG))
    return bent(chance, thing.outline, 60, turn, PROMPT_BEND, PROMPT_SQUEEZE, CELL)


KIND = Icon()
