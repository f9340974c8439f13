"""Characters put into a scene to be clicked, and a prompt that shows some of them.

What people read at once and programs do badly: characters bent, squeezed, turned, of two weights,
hollow in parts, filled with the scene's own texture, here lighter and there darker than what is
behind, among strokes torn from other characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image

from gateway.art.assets import Alpha, Font, glyph
from gateway.art.bends import Bend, bends, drawn, varied
from gateway.art.clickable import FILE_PX, Paper, ground, printed
from gateway.art.forms import Mask
from gateway.art.legible import DRAWN_PX, legible, plain_fonts, prompt_fonts, scene_fonts
from gateway.art.stamps import Canvas, Ink, fitted, hollowed, piece
from gateway.art.strewing import Spot, apart, between
from gateway.art.style import Style

SIZE_PX = (76, 98)  # of the file
PAPER = Paper((22.0, 196.0), (238.0, 58.0), 0.35)
TORN, OF_ONE = 12, 4  # strokes that are torn, some of each character; more are these, turned

SQUEEZE = 0.3  # in the scene
PROMPT_SQUEEZE = 0.14
PROMPT_SIZE_PX, PROMPT_ROOM_PX = 62, 72  # as it is bent; as it is printed
CUTS, CUT, CUT_OFF_PX = 1, 0.2, 30  # strokes of others in a cell, share of each, how far off
PIECE = 0.3  # share of a character that a torn stroke is
HOLLOW = 0.35  # chance that a character is hollow in a part
DETAIL = 0.65  # of the scene's contrast: what is left
LEAST_SEEN = 44.0  # mean difference of luminance to what is behind; else drawn again

_THIN = 0.25  # chance that a character is of the regular weight
_SOFT = 3  # of its pixels are one where it is looked at small


@dataclass(frozen=True, slots=True)
class Hand:
    """How freely characters are written; by default in two weights of one style of type."""

    bend: float = 0.17  # how far a part of one may move, of its size
    turn_deg: float = 28.0
    cell: float = 0.42  # of its size: bends are smooth over so much
    styles: bool = False  # of the styles of type that `scene_fonts` names
    strokes: int = TORN  # of others, in between


PROMPT = Hand(bend=0.11, turn_deg=20.0, cell=0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A character in a style of type, bent and turned, at no size yet: so it can be looked at small
    before it is drawn."""

    character: str
    font: Font
    bend: Bend


def written(chance: np.random.Generator, shown: Sequence[str], hand: Hand) -> list[Written]:
    """Each as chance will have it in a scene."""
    if hand.styles:
        fonts = _of_each(chance, map(scene_fonts, shown))
    else:
        thin = (chance.random(len(shown)) < _THIN).tolist()
        fonts = [plain_fonts(character)[one] for character, one in zip(shown, thin, strict=True)]
    turns_deg = chance.uniform(-hand.turn_deg, hand.turn_deg, len(shown)).tolist()
    put = bends(chance, turns_deg, hand.bend, SQUEEZE, hand.cell)
    return [Written(*one) for one in zip(shown, fonts, put, strict=True)]


def asked_for(
    chance: np.random.Generator, shown: Sequence[str], hand: Hand = PROMPT
) -> list[Written]:
    """Each as a prompt shows it."""
    turns_deg = chance.uniform(-hand.turn_deg, hand.turn_deg, len(shown)).tolist()
    fonts = _of_each(chance, map(prompt_fonts, shown))
    put = bends(chance, turns_deg, hand.bend, PROMPT_SQUEEZE, hand.cell)
    return [Written(*one) for one in zip(shown, fonts, put, strict=True)]


def near_to(
    chance: np.random.Generator, one: Written, many: int, hand: Hand, share: float
) -> list[Written]:
    """As in a scene, in the same style and turn, bent nearly alike: so much of it is new."""
    put = varied(chance, one.bend, many, hand.bend, hand.cell, share)
    return [Written(one.character, one.font, bend) for bend in put]


def _of_each(chance: np.random.Generator, fonts: Iterable[tuple[Font, ...]]) -> list[Font]:
    known = list(fonts)
    at = chance.random(len(known)).tolist()
    return [some[int(one * len(some))] for some, one in zip(known, at, strict=True)]


def shapes(some: Sequence[Written], size_px: int) -> Mask:
    """(n, s, s) with s = 1.5 size_px: each as it is drawn at any size."""
    inks = [glyph(one.character, DRAWN_PX, one.font) for one in some]
    return drawn(inks, [one.bend for one in some], size_px)


def looks(some: Sequence[Written], size_px: int) -> Mask:
    """The same, soft, for sizes that are small beside the type."""
    inks = [_soft(one.character, one.font) for one in some]
    return drawn(inks, [one.bend for one in some], size_px)


@lru_cache(maxsize=4096)
def _soft(character: str, font: Font) -> Alpha:
    """A third as large."""
    ink = Image.fromarray(glyph(character, DRAWN_PX, font))
    return np.asarray(ink.reduce(_SOFT))


def lettered(
    chance: np.random.Generator,
    style: Style,
    pictures: tuple[bytes, ...],
    shown: Sequence[Written],
    hand: Hand,
    size_px: tuple[int, int] = SIZE_PX,
) -> tuple[Image.Image, list[Spot]]:
    """The picture, of FILE_PX, and where each of the `shown` lies, in their order."""
    sizes = chance.integers(size_px[0], size_px[1] + 1, len(shown)).tolist()
    spots = apart(chance, sizes, *FILE_PX)
    canvas = Canvas(ground(chance, style, pictures, DETAIL))
    _strew(chance, canvas, shown, spots, hand)
    for one, spot in zip(shown, spots, strict=True):
        mask = shapes([one], spot.size_px)[0]
        if chance.random() < HOLLOW:
            mask = hollowed(chance, mask, 2.5, float(chance.uniform(0.25, 0.5)))
        for ink in _inks():
            if canvas.put(chance, mask, spot.x_px, spot.y_px, ink) >= LEAST_SEEN:
                break
    return canvas.picture(), spots


def prompt(chance: np.random.Generator, drawn: Image.Image, asked: Sequence[Mask]) -> Image.Image:
    """What `in_prompt` draws, side by side."""
    return printed(chance, drawn, len(asked), asked, PAPER)


def in_prompt(chance: np.random.Generator, asked: Sequence[Written]) -> Iterator[Mask]:
    """Each, bent, and a stroke of another: no part of it to whoever reads."""
    known = legible(asked[0].character.isascii())
    some = [known[int(at)] for at in chance.integers(len(known), size=CUTS)]
    any_way = replace(PROMPT, turn_deg=180.0)
    wholes = shapes(asked_for(chance, some, any_way), PROMPT_SIZE_PX)
    others = [fitted(one, PROMPT_ROOM_PX) for one in wholes]
    for drawn_one in shapes(asked, PROMPT_SIZE_PX):
        mask = fitted(drawn_one, PROMPT_ROOM_PX)
        for at in chance.integers(len(others), size=CUTS):
            angle = float(chance.uniform(0, 2 * np.pi))
            off = round(CUT_OFF_PX * np.sin(angle)), round(CUT_OFF_PX * np.cos(angle))
            mask = np.maximum(mask, np.roll(piece(chance, others[int(at)], CUT), off, (0, 1)))
        yield mask


def _strew(
    chance: np.random.Generator,
    canvas: Canvas,
    shown: Sequence[Written],
    spots: Sequence[Spot],
    hand: Hand,
) -> None:
    """Strokes torn from other characters where there is room."""
    others = legible(shown[0].character.isascii())
    any_way = replace(hand, turn_deg=90.0)
    sizes = chance.integers(*SIZE_PX, TORN // OF_ONE).tolist()
    chosen = [others[int(at)] for at in chance.integers(len(others), size=len(sizes))]
    pairs = zip(written(chance, chosen, any_way), sizes, strict=True)
    wholes = [shapes([one], size)[0] for one, size in pairs]
    torn = [piece(chance, wholes[n % len(wholes)], PIECE) for n in range(TORN)]
    room = between(chance, spots, hand.strokes, *FILE_PX)
    for n, (x_px, y_px) in enumerate(room):
        canvas.put(chance, np.rot90(torn[n % TORN], n // TORN), x_px, y_px, Ink())


def _inks() -> Iterator[Ink]:
    """How a character is drawn: mostly of one tone, and stronger where that is too faint."""
    yield Ink(contrast=70.0, two_toned=0.1, texture=0.5)
    yield Ink(contrast=90.0, two_toned=0.0, texture=0.3)
