"""Click the icons of the prompt, in its order, where they lie in a picture.

The scene shows nine things, filled, each of one tone: bent a little, turned, mirrored, hollow in
parts, before pieces of others in other tones. The prompt shows four of them as outlines, bent too,
turned and mirrored another way, among strokes of others: people know a thing again, while whoever
compares drawings has two that differ from what is shipped and from each other. Beside each that is
asked lies one that programs take it for when it is bent (`near`), none that people do (`alike`).
Colour keeps a thing apart from what is behind it and means nothing else.

At `hard` a thin ribbon lies over each thing and over what lies between: people see a thing go on
under it, programs get edges that are none of it. Of some bends of each thing the scene then has the
one that a program knows least (`art.eye`), or takes most for what is asked. What people lose by
that they get back in the prompt: it is bent little, and no strokes lie over it.

Tolerance: a circle about each icon's middle of half its size, 23 to 30 px of a picture shown 320
wide. Blind chance: one click lies in a given circle with at most 3.7 %, four in order with 2 in a
million; whoever knows where the nine lie but not what they are has 1 in 3,024, of two 1 in 72.
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
from gateway.art import eye
from gateway.art.assets import Icon as Thing
from gateway.art.assets import icons
from gateway.art.clickable import FILE_PX, SHOWN_PX, Paper, aims, ground, printed
from gateway.art.forms import Mask
from gateway.art.stamps import Canvas, Ink, bent, fitted, hollowed, piece, ribbon
from gateway.art.strewing import Spot, apart, between
from gateway.clicks import judged
from gateway.kinds import Between, Hardness, Look
from gateway.model import JSON, Made, Verdict

THINGS = 9
NEAREST = 12  # of which one lies beside a thing
PIECES = 3  # where there is room …
BEHIND = 2  # … and behind each thing, as far off its middle as these shares of its size:
BEHIND_OFF = (0.3, 0.6)
WHOLES, TORN = 4, 8  # things that pieces are torn from, and pieces; each may lie here and there
PIECE, PIECE_BEND = 0.33, 0.15  # share of a thing that a piece is, and how far it is bent
PIECE_PX = (60, 84)  # of the file: what is torn
RIBBON, RIBBON_OFF = (0.06, 0.09), 0.25  # of a size: how wide; at most how far beside the middle
INK = Ink(contrast=58.0, tint=56.0, two_toned=0.0)
SIZE_PX = (70, 90)  # of the file
PAPER = Paper((24.0, 190.0), (235.0, 62.0), 0.33)
MOST_CHARS = 29_000  # of the scene as text
QUALITY = 60  # of the prompt

CELL = 0.8  # of the size: bends are smooth over so much
TURN_DEG, SQUEEZE = 32.0, 0.18  # in the scene
PROMPT_TURN_DEG = 25.0
PROMPT_SIZE_PX, PROMPT_ROOM_PX = 64, 76  # as it is bent; as it is printed
STROKED, STROKE, STROKE_OFF_PX = 2, 0.25, 26  # of how many others, what share, how far off
HOLLOW = 0.4  # chance that a thing is hollow in a part
DETAIL = 0.8  # of the scene's contrast: what is left, so that things stand out
LOOK_PX = 27  # of what is tried
LOOK_TURNS_DEG = (-45, -30, -15, 0, 15, 30, 45)  # and mirrored: in which things are looked for
LEAST_SEEN = 40.0  # mean difference of luminance to what is behind a thing; else drawn again


@dataclass(frozen=True, slots=True)
class Hiding:
    """What keeps programs from knowing a thing again, and people somewhat."""

    tries: int  # bends of each thing in the scene, of which the best against programs is kept
    ribbons: int  # over each thing
    bend: float  # in the scene, of the size: how far each part of a thing may be moved
    prompt_bend: float  # the same of the prompt
    prompt_squeeze: float
    strokes: int  # of others, over each icon of the prompt


HIDING: Mapping[Hardness, Hiding] = {
    "usual": Hiding(
        tries=1, ribbons=0, bend=0.12, prompt_bend=0.12, prompt_squeeze=0.12, strokes=1
    ),
    "hard": Hiding(tries=3, ribbons=1, bend=0.1, prompt_bend=0.05, prompt_squeeze=0.05, strokes=0),
}


@dataclass(frozen=True, slots=True)
class Params:
    """`hard`: dearer for programs that have our icons, and for people."""

    count: Annotated[int, Between(2, 4)] = 4  # icons to click
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
        view = {
            "picture": art.within(
                _picture(chance, scene, hiding, things, spots, params.count), MOST_CHARS
            ),
            "aspect": FILE_PX[0] / FILE_PX[1],
            "count": params.count,
            "prompt": art.jpeg(_prompt(chance, scene, things[: params.count], hiding), QUALITY),
            "prompt_aspect": params.count,
        }
        return Made(view, aims(spots[: params.count], 0.5))

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], …]`: fractions of the picture, in the prompt's order."""
        return judged(answer, secret["middles"], secret["radii_px"], *SHOWN_PX)


# --- Which things ----------------------------------------------------------------------------


def _chosen(chance: np.random.Generator, count: int) -> list[Thing]:
    """The asked ones first, then for each in turn one that programs take it for."""
    chosen: list[Thing] = []
    while len(chosen) < count:
        chosen += _one(chance, [], chosen)
    asked = tuple(chosen)
    while len(chosen) < THINGS:
        chosen += _one(chance, [asked[len(chosen) % count]], chosen)
    return chosen


def _one(
    chance: np.random.Generator, beside: Sequence[Thing], chosen: Sequence[Thing]
) -> list[Thing]:
    """One of those nearest to a thing, or any; none where chance hits upon what doesn't fit."""
    near = _fitting([_by_name()[name] for thing in beside for name in thing.near], chosen)
    if near:
        return [near[int(chance.integers(min(len(near), NEAREST)))]]
    return _fitting(_drawn(chance, 1), chosen)


def _drawn(chance: np.random.Generator, count: int) -> list[Thing]:
    return [icons()[int(at)] for at in chance.integers(len(icons()), size=count)]


def _fitting(candidates: Sequence[Thing], chosen: Sequence[Thing]) -> list[Thing]:
    """Those that nobody takes for one of the chosen, nor for a mere blot."""
    taken = {name for thing in chosen for name in (thing.name, *thing.alike)}
    return [c for c in candidates if c.name not in taken and not c.plain]


@cache
def _by_name() -> Mapping[str, Thing]:
    return {thing.name: thing for thing in icons()}


# --- Pictures --------------------------------------------------------------------------------


def _picture(
    chance: np.random.Generator,
    scene: Image.Image,
    hiding: Hiding,
    things: Sequence[Thing],
    spots: Sequence[Spot],
    count: int,
) -> Image.Image:
    canvas = Canvas(scene)
    torn = _torn(chance, things)
    strewn = [Spot(*at, SIZE_PX[0]) for at in between(chance, spots, PIECES, *FILE_PX)]
    for spot in strewn:
        canvas.put(chance, next(torn), spot.x_px, spot.y_px, INK)
    _strew(chance, canvas, torn, spots)
    seeds = _seeds(chance, things, count, hiding)
    for thing, seed, spot in zip(things, seeds, spots, strict=True):
        mask = _shape(_from(seed), thing, spot.size_px, hiding.bend)
        for ink in _stronger(INK):
            if canvas.put(chance, mask, spot.x_px, spot.y_px, ink) >= LEAST_SEEN:
                break
    for spot in (*strewn, *spots):
        for _ in range(hiding.ribbons):
            mask = ribbon(chance, spot.size_px, float(chance.uniform(*RIBBON)), RIBBON_OFF)
            canvas.put(chance, mask, spot.x_px, spot.y_px, INK)
    return canvas.picture()


def _torn(chance: np.random.Generator, things: Sequence[Thing]) -> Iterator[Mask]:
    """Pieces of other things, turned and mirrored, without end."""
    others = _fitting(_drawn(chance, 3 * WHOLES), things) or things  # none fit once in an age
    whole = [
        _shape(chance, other, int(chance.integers(PIECE_PX[0], PIECE_PX[1] + 1)), PIECE_BEND)
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


def _seeds(
    chance: np.random.Generator, things: Sequence[Thing], count: int, hiding: Hiding
) -> list[int]:
    """Of each thing: of what chance it is to be drawn by `_shape`. Of those tried it is the one
    least like the shipped drawing of what is asked, for a neighbour the one most like it."""
    if hiding.tries == 1:
        return [int(seed) for seed in chance.integers(2**62, size=len(things))]
    chosen = []
    for number, thing in enumerate(things):
        tried = [int(seed) for seed in chance.integers(2**62, size=hiding.tries)]
        drawn = [_bent(_from(seed), thing, LOOK_PX, hiding.bend) for seed in tried]
        known = _known(things[number % count])
        found = eye.likeness(eye.seen(drawn), known).max(1)
        chosen.append(tried[int(found.argmin() if number < count else found.argmax())])
    return chosen


@cache
def _known(thing: Thing) -> eye.Seen:
    """What a program that has the icons looks for."""
    return eye.seen(
        eye.posed(np.asarray(thing.filled, np.float32) / np.float32(255), LOOK_TURNS_DEG)
    )


def _from(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _shape(chance: np.random.Generator, thing: Thing, size_px: int, bend: float) -> Mask:
    mask = _bent(chance, thing, size_px, bend)
    if chance.random() < HOLLOW:
        return hollowed(chance, mask, 5.0, float(chance.uniform(0.25, 0.55)))
    return mask


def _bent(chance: np.random.Generator, thing: Thing, size_px: int, bend: float) -> Mask:
    """The same of any size, where chance is."""
    ink = thing.filled[:, ::-1] if chance.random() < 0.5 else thing.filled
    turn_deg = float(chance.uniform(-TURN_DEG, TURN_DEG))
    return bent(chance, ink, size_px, turn_deg, bend, SQUEEZE, CELL)


def _stronger(ink: Ink) -> Iterator[Ink]:
    """The ink, then stronger ones."""
    yield ink
    yield replace(ink, contrast=68.0, texture=0.5)
    yield replace(ink, contrast=84.0, texture=0.3)


def _prompt(
    chance: np.random.Generator, scene: Image.Image, asked: Sequence[Thing], hiding: Hiding
) -> Image.Image:
    return printed(chance, scene, len(asked), prompted(chance, asked, hiding), PAPER)


def prompted(chance: np.random.Generator, asked: Sequence[Thing], hiding: Hiding) -> Iterator[Mask]:
    """The outline of each, and strokes of others: they are no part of it to whoever knows it."""
    others = [_outline(chance, other, 180.0, hiding) for other in _drawn(chance, STROKED)]
    for thing in asked:
        mask = _outline(chance, thing, PROMPT_TURN_DEG, hiding)
        for at in chance.integers(len(others), size=hiding.strokes):
            angle = float(chance.uniform(0, 2 * np.pi))
            off = round(STROKE_OFF_PX * np.sin(angle)), round(STROKE_OFF_PX * np.cos(angle))
            mask = np.maximum(mask, np.roll(piece(chance, others[int(at)], STROKE), off, (0, 1)))
        yield mask


def _outline(chance: np.random.Generator, thing: Thing, most_deg: float, hiding: Hiding) -> Mask:
    """What bending made small is enlarged: it is to be read at once."""
    ink = thing.outline[:, ::-1] if chance.random() < 0.5 else thing.outline
    turn_deg = float(chance.uniform(-most_deg, most_deg))
    mask = bent(
        chance, ink, PROMPT_SIZE_PX, turn_deg, hiding.prompt_bend, hiding.prompt_squeeze, CELL
    )
    return fitted(mask, PROMPT_ROOM_PX)


KIND = Icon()
