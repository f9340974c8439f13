"""Click the things of the prompt, in its order, where they lie in a picture.

The prompt shows four things in colours, turned a little; the picture shows eleven, each of one tone
and as another hand has drawn it: a cat's head for a cat that walks. People know a thing in any
drawing; who compares outlines has two that differ. What is in the picture is squeezed too, bent,
turned, mirrored, hollow in parts, before pieces of others. Beside each that is asked lies one that
programs take it for (`near`), none that people do (`alike`). Colour keeps a thing apart from what
is behind it and means nothing else.

Whoever has all our drawings names what is asked and looks for each drawing of it. At `hard` a thin
ribbon lies over each thing and over what lies between: people see a thing go on under it, programs
get edges that are none of it. Who could take the ribbons away without a trace would be where the
usual leaves them.

Tolerance: a circle about each thing's middle of half its size, 23 to 30 px of a picture shown 320
wide. Blind chance: one click lies in a given circle with at most 3.6 %, four in order with 2 in a
million; whoever knows where the eleven lie but not what they are has 1 in 7,920, of two 1 in 110.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Annotated

import numpy as np
from PIL import Image

from gateway import art
from gateway.art.assets import SHOWN_PX as DRAWN_PX
from gateway.art.assets import Alpha, Concept, concepts
from gateway.art.clickable import FILE_PX, PROMPT_PX, SHOWN_PX, aims, ground
from gateway.art.forms import Mask, image, pixels
from gateway.art.stamps import Canvas, Ink, bent, fitted, hollowed, piece, ribbon
from gateway.art.strewing import Spot, apart, between
from gateway.clicks import judged
from gateway.kinds import Between, Hardness, Look
from gateway.model import JSON, Made, Verdict

THINGS = 11
PIECES = 3  # where there is room …
BEHIND = 2  # … and behind each thing, as far off its middle as these shares of its size:
BEHIND_OFF = (0.3, 0.6)
WHOLES, TORN = 4, 8  # things that pieces are torn from, and pieces; each may lie here and there
PIECE, PIECE_BEND = 0.33, 0.15  # share of a thing that a piece is, and how far it is bent
PIECE_PX = (48, 66)  # of the file: what is torn
RIBBON, RIBBON_OFF = (0.06, 0.09), 0.25  # of a size: how wide; at most how far beside the middle
INK = Ink(contrast=72.0, tint=56.0, two_toned=0.0)
SIZE_PX = (70, 88)  # of the file
MOST_CHARS = 29_000  # of the scene as text
QUALITY = 70  # of the prompt
PAPER, PAPER_TEXTURE = 236.0, 0.12  # its luma; how much of the picture shows through
PROMPT_TURN_DEG, PROMPT_SIZE = 14.0, (0.95, 1.1)  # to either side; of a thing as it is shipped

CELL = 0.8  # of the size: bends are smooth over so much
TURN_DEG = 32.0
PIECE_SQUEEZE = 0.18
HOLLOW = 0.2  # chance that a thing is hollow in a part
DETAIL = 0.7  # of the scene's contrast: what is left, so that things stand out
LEAST_SEEN = 48.0  # mean difference of luminance to what is behind a thing; else drawn again


@dataclass(frozen=True, slots=True)
class Hiding:
    """What keeps programs from knowing a thing again, and people somewhat."""

    bend: float  # of the size: how far each part of a thing may be moved
    squeeze: float  # how much longer or shorter a thing may be along some axis
    ribbons: int  # over each thing


HIDING: Mapping[Hardness, Hiding] = {
    "usual": Hiding(bend=0.12, squeeze=0.28, ribbons=0),
    "hard": Hiding(bend=0.12, squeeze=0.28, ribbons=1),
}


@dataclass(frozen=True, slots=True)
class Params:
    """`hard`: dearer for programs that have our drawings, and for people."""

    count: Annotated[int, Between(2, 5)] = 4  # things to click
    hardness: Hardness = "usual"
    look: Look = Look()


class Icon:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        style, hiding = art.Style.of(params.look.salt), HIDING[params.hardness]
        things = _chosen(chance, params.count)
        sizes = chance.integers(SIZE_PX[0], SIZE_PX[1] + 1, THINGS).tolist()
        spots = apart(chance, sizes, *FILE_PX)
        scene = ground(chance, style, params.look.pictures, DETAIL)
        prompt = art.jpeg(_prompt(chance, scene, things[: params.count]), QUALITY)
        view = {
            "picture": art.within(_picture(chance, scene, hiding, things, spots), MOST_CHARS),
            "aspect": FILE_PX[0] / FILE_PX[1],
            "count": params.count,
            "prompt": prompt,
            "prompt_aspect": params.count,
        }
        return Made(view, aims(spots[: params.count], 0.5))

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], …]`: fractions of the picture, in the prompt's order."""
        return judged(answer, secret["middles"], secret["radii_px"], *SHOWN_PX)


# --- Which things ----------------------------------------------------------------------------


def _chosen(chance: np.random.Generator, count: int) -> list[Concept]:
    """The asked ones first, then for each in turn one that programs take it for."""
    chosen: list[Concept] = []
    while len(chosen) < count:
        chosen += _one(chance, [], chosen)
    asked = tuple(chosen)
    while len(chosen) < THINGS:
        chosen += _one(chance, [asked[len(chosen) % count]], chosen)
    return chosen


def _one(
    chance: np.random.Generator, beside: Sequence[Concept], chosen: Sequence[Concept]
) -> list[Concept]:
    """One of those nearest to a thing, or any; none where chance hits upon what doesn't fit."""
    near = _fitting([_by_name()[name] for thing in beside for name in thing.near], chosen)
    if near:
        return [near[int(chance.integers(len(near)))]]
    return _fitting(_drawn(chance, 1), chosen)


def _drawn(chance: np.random.Generator, count: int) -> list[Concept]:
    return [concepts()[int(at)] for at in chance.integers(len(concepts()), size=count)]


def _fitting(candidates: Sequence[Concept], chosen: Sequence[Concept]) -> list[Concept]:
    """Those that nobody takes for one of the chosen."""
    taken = {name for thing in chosen for name in (thing.name, *thing.alike)}
    return [c for c in candidates if c.name not in taken]


@cache
def _by_name() -> Mapping[str, Concept]:
    return {thing.name: thing for thing in concepts()}


# --- Pictures --------------------------------------------------------------------------------


def _picture(
    chance: np.random.Generator,
    scene: Image.Image,
    hiding: Hiding,
    things: Sequence[Concept],
    spots: Sequence[Spot],
) -> Image.Image:
    canvas = Canvas(scene)
    torn = _torn(chance, things)
    strewn = [Spot(*at, SIZE_PX[0]) for at in between(chance, spots, PIECES, *FILE_PX)]
    for spot in strewn:
        canvas.put(chance, next(torn), spot.x_px, spot.y_px, INK)
    _strew(chance, canvas, torn, spots)
    for thing, spot in zip(things, spots, strict=True):
        mask = hidden(chance, thing, spot.size_px, hiding)
        for ink in _stronger(INK):
            if canvas.put(chance, mask, spot.x_px, spot.y_px, ink) >= LEAST_SEEN:
                break
    for spot in (*strewn, *spots):
        for _ in range(hiding.ribbons):
            mask = ribbon(chance, spot.size_px, float(chance.uniform(*RIBBON)), RIBBON_OFF)
            canvas.put(chance, mask, spot.x_px, spot.y_px, INK)
    return canvas.picture()


def _torn(chance: np.random.Generator, things: Sequence[Concept]) -> Iterator[Mask]:
    """Pieces of other things, turned and mirrored, without end."""
    others = _fitting(_drawn(chance, 3 * WHOLES), things) or things  # none fit once in an age
    whole = [
        _shape(
            chance,
            other,
            int(chance.integers(PIECE_PX[0], PIECE_PX[1] + 1)),
            PIECE_BEND,
            PIECE_SQUEEZE,
        )
        for other in others[:WHOLES]
    ]
    torn = [piece(chance, whole[number % len(whole)], PIECE) for number in range(TORN)]
    while True:
        quarters, mirrored = int(chance.integers(4)), int(chance.integers(2))
        turned = np.rot90(torn[int(chance.integers(TORN))], quarters)
        yield turned[:, ::-1] if mirrored else turned


def _strew(
    chance: np.random.Generator,
    canvas: Canvas,
    torn: Iterator[Mask],
    spots: Sequence[Spot],
) -> None:
    """Pieces that the outline of each thing will cross somewhere."""
    for spot in spots:
        for _ in range(BEHIND):
            angle = float(chance.uniform(0, 2 * np.pi))
            far_px = float(chance.uniform(*BEHIND_OFF)) * spot.size_px
            x_px, y_px = spot.x_px + far_px * np.cos(angle), spot.y_px + far_px * np.sin(angle)
            canvas.put(chance, next(torn), float(x_px), float(y_px), INK)


def hidden(chance: np.random.Generator, thing: Concept, size_px: int, hiding: Hiding) -> Mask:
    """A thing as the picture has it."""
    return _shape(chance, thing, size_px, hiding.bend, hiding.squeeze)


def _shape(
    chance: np.random.Generator, thing: Concept, size_px: int, bend: float, squeeze: float
) -> Mask:
    """Some drawing of it, as large as it is to be however it was squeezed."""
    ink = thing.drawings[int(chance.integers(len(thing.drawings)))]
    turn_deg = float(chance.uniform(-TURN_DEG, TURN_DEG))
    side = ink[:, ::-1] if chance.random() < 0.5 else ink
    mask = fitted(bent(chance, side, size_px, turn_deg, bend, squeeze, CELL), size_px)
    if chance.random() < HOLLOW:
        return hollowed(chance, mask, 5.0, float(chance.uniform(0.25, 0.55)))
    return mask


def _stronger(ink: Ink) -> Iterator[Ink]:
    """The ink, then stronger ones."""
    yield ink
    yield replace(ink, contrast=80.0, texture=0.5)
    yield replace(ink, contrast=88.0, texture=0.3)


def _prompt(
    chance: np.random.Generator, scene: Image.Image, asked: Sequence[Concept]
) -> Image.Image:
    """Each in a row on pale paper."""
    wide = PROMPT_PX * len(asked)
    left = int(chance.integers(scene.width - wide + 1))
    top = int(chance.integers(scene.height - PROMPT_PX + 1))
    under = pixels(scene.crop((left, top, left + wide, top + PROMPT_PX)))
    page = image(np.float32(PAPER) + np.float32(PAPER_TEXTURE) * (under - under.mean((0, 1))))
    for number, thing in enumerate(asked):
        ink = thing.shown[:, ::-1] if chance.random() < 0.5 else thing.shown
        side_px = round(DRAWN_PX * float(chance.uniform(*PROMPT_SIZE)))
        cell = shown(ink, side_px, float(chance.uniform(-PROMPT_TURN_DEG, PROMPT_TURN_DEG)))
        page.paste(cell, (number * PROMPT_PX, 0), cell)
    return page


def shown(ink: Alpha, side_px: int, turn_deg: float) -> Image.Image:
    """(PROMPT_PX, PROMPT_PX) of mode RGBA: what is shipped as `ink`, so large in the middle."""
    drawn = Image.fromarray(np.ascontiguousarray(ink)).resize((side_px, side_px))
    cell = Image.new("RGBA", (PROMPT_PX, PROMPT_PX))
    cell.paste(drawn, ((PROMPT_PX - side_px) // 2,) * 2)
    return cell.rotate(turn_deg, Image.Resampling.BICUBIC)


KIND = Icon()
