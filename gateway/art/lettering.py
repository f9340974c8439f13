"""Characters put into a scene to be clicked, and a prompt that shows some of them.

What people read at once and programs do badly: characters bent, squeezed, turned, of two weights,
hollow in parts, filled with the scene's own texture, here lighter and there darker than what is
behind, among strokes torn from other characters. Characters so dense that bending would close them
are not used, nor two in one scene that could be taken for one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway.art.assets import Alpha, Font, characters, glyph
from gateway.art.clickable import FILE_PX, Paper, ground, printed
from gateway.art.forms import Mask, blurred, bounded
from gateway.art.stamps import Canvas, Ink, bent, hollowed, piece
from gateway.art.strewing import Spot, apart, between
from gateway.art.style import Style

SIZE_PX = (76, 98)  # of the file
PAPER = Paper((22.0, 196.0), (238.0, 58.0), 0.35)
STROKES = 12
STROKES_OF_ONE = 4

SQUEEZE = 0.3  # in the scene
PROMPT_TURN_DEG, PROMPT_BEND, PROMPT_SQUEEZE = 10.0, 0.17, 0.2
HOLLOW = 0.35  # chance that a character is hollow in a part
DETAIL = 0.65  # of the scene's contrast: what is left
LEAST_SEEN = 44.0  # mean difference of luminance to what is behind; else drawn again
MOST_ALIKE = 0.5  # correlation of the ink of two characters, laid over each other
CROSSINGS = (1.25, 2.2)  # of ink by a line through: sparser ones look like strokes …
DENSEST = 3.1  # … denser ones take a second look when bent, and beyond this close up

_HAN: tuple[Font, Font] = ("noto-sans-sc-bold", "noto-sans-sc-regular")
_LATIN: tuple[Font, Font] = ("noto-sans-bold", "noto-sans-regular")
_DRAWN_PX = 96
_THUMB_PX = 20


@dataclass(frozen=True, slots=True)
class Hand:
    """How freely characters are written."""

    bend: float = 0.17  # how far a part of one may move, of its size
    turn_deg: float = 28.0


def lettered(
    chance: np.random.Generator,
    style: Style,
    pictures: tuple[bytes, ...],
    shown: Sequence[str],
    hand: Hand,
) -> tuple[Image.Image, list[Spot]]:
    """The picture, of FILE_PX, and where each of the `shown` lies, in their order."""
    sizes = chance.integers(SIZE_PX[0], SIZE_PX[1] + 1, len(shown)).tolist()
    spots = apart(chance, sizes, *FILE_PX)
    canvas = Canvas(ground(chance, style, pictures, DETAIL))
    _strew(chance, canvas, shown, spots, hand)
    for character, spot in zip(shown, spots, strict=True):
        mask = _shape(chance, character, spot.size_px, hand)
        for ink in _inks():
            if canvas.put(chance, mask, spot.x_px, spot.y_px, ink) >= LEAST_SEEN:
                break
    return canvas.picture(), spots


def prompt(chance: np.random.Generator, drawn: Image.Image, asked: Sequence[str]) -> Image.Image:
    """Outlined characters side by side."""
    return printed(chance, drawn, len(asked), (_outline(chance, c) for c in asked), PAPER)


def _outline(chance: np.random.Generator, character: str) -> Mask:
    turn = float(chance.uniform(-PROMPT_TURN_DEG, PROMPT_TURN_DEG))
    bold = glyph(character, _DRAWN_PX, _fonts(character)[0])
    return outlined(bent(chance, bold, 62, turn, PROMPT_BEND, PROMPT_SQUEEZE))


def outlined(mask: Mask) -> Mask:
    """The outline of what is inked, about 2 px wide."""
    soft = blurred(mask * np.float32(255.0), 1.1) / np.float32(255.0)
    return bounded((1.0 - np.abs(soft - 0.42) * 3.4) * 1.7, 0, 1)


def apart_from(candidates: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Those that nobody takes for one of the chosen."""
    if not chosen:
        return list(candidates)
    taken = np.stack([_thumb(character) for character in chosen])
    return [
        character
        for character in candidates
        if character not in chosen and float((taken @ _thumb(character)).max()) < MOST_ALIKE
    ]


@cache
def legible(latin: bool = False) -> tuple[str, ...]:
    """Characters that are read at once though they are bent, in a fixed order."""
    if latin:
        return tuple("ABDEFGHJKLMNPQRTUYabdefghkmnqrt23456789")
    known = sorted(characters("noto-sans-sc-bold"))
    return tuple(c for c in known if CROSSINGS[0] <= crossings(c) <= CROSSINGS[1])


def is_clear(character: str) -> bool:
    """Whether it can be read in its company, as a phrase is, though it is bent."""
    return crossings(character) <= DENSEST


@cache
def crossings(character: str) -> float:
    """How often a line through the character meets ink, on the mean of lines both ways."""
    ink = glyph(character, _DRAWN_PX, _fonts(character)[0]) > 127
    both = []
    for lines in (ink, ink.T):
        starts = (np.diff(lines.astype(np.int8), axis=1, prepend=0) == 1).sum(1)
        both.append(float(starts[starts > 0].mean()) if starts.any() else 0.0)
    return sum(both) / 2


@cache
def _thumb(character: str) -> NDArray[np.float32]:
    """The soft ink, small, of mean 0 and length 1: the product of two is their correlation."""
    ink = Image.fromarray(glyph(character, _DRAWN_PX, _fonts(character)[0]))
    small = np.asarray(ink.resize((_THUMB_PX, _THUMB_PX), Image.Resampling.BOX), np.float32)
    off = small - small.mean()
    return np.asarray((off / np.linalg.norm(off)).ravel(), np.float32)


def _fonts(character: str) -> tuple[Font, Font]:
    return _LATIN if character.isascii() else _HAN


def _strew(
    chance: np.random.Generator,
    canvas: Canvas,
    shown: Sequence[str],
    spots: Sequence[Spot],
    hand: Hand,
) -> None:
    """Strokes torn from other characters where there is room, a few of each."""
    others = legible(shown[0].isascii())
    any_way = replace(hand, turn_deg=90.0)
    sizes = chance.integers(*SIZE_PX, STROKES // STROKES_OF_ONE).tolist()
    chosen = [others[int(at)] for at in chance.integers(len(others), size=len(sizes))]
    wholes = [_shape(chance, c, size, any_way) for c, size in zip(chosen, sizes, strict=True)]
    for number, (x_px, y_px) in enumerate(between(chance, spots, STROKES, *FILE_PX)):
        part = piece(chance, wholes[number % len(wholes)], 0.3)
        canvas.put(chance, part, x_px, y_px, Ink())


def _shape(chance: np.random.Generator, character: str, size_px: int, hand: Hand) -> Mask:
    weight = 0 if chance.random() < 0.75 else 1
    ink: Alpha = glyph(character, _DRAWN_PX, _fonts(character)[weight])
    turn = float(chance.uniform(-hand.turn_deg, hand.turn_deg))
    mask = bent(chance, ink, size_px, turn, hand.bend, SQUEEZE)
    if chance.random() < HOLLOW:
        return hollowed(chance, mask, 2.5, float(chance.uniform(0.25, 0.5)))
    return mask


def _inks() -> Iterator[Ink]:
    """How a character is drawn: mostly of one tone, and stronger where that is too faint."""
    yield Ink(contrast=70.0, two_toned=0.1, texture=0.5)
    yield Ink(contrast=90.0, two_toned=0.0, texture=0.3)
