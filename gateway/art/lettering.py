"""Characters put into a scene to be clicked, and a prompt that shows some of them.

What people read at once and programs do badly: characters bent, squeezed, turned, of two weights,
hollow in parts, filled with the scene's own texture, here lighter and there darker than what is
behind, among strokes torn from other characters. Characters so dense that bending would close them
are not used, nor two in one scene that could be taken for one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway.art.assets import Alpha, Font, characters, glyph
from gateway.art.clickable import FILE_PX, Paper, ground, printed
from gateway.art.forms import Mask
from gateway.art.stamps import Canvas, Ink, bent, fitted, hollowed, piece
from gateway.art.strewing import Spot, apart, between
from gateway.art.style import Style

SIZE_PX = (76, 98)  # of the file
PAPER = Paper((22.0, 196.0), (238.0, 58.0), 0.35)
STROKES = 12
STROKES_OF_ONE = 4

SQUEEZE = 0.3  # in the scene
PROMPT_TURN_DEG, PROMPT_BEND, PROMPT_SQUEEZE, PROMPT_CELL = 20.0, 0.11, 0.14, 0.5
PROMPT_SIZE_PX, PROMPT_ROOM_PX = 62, 72  # as it is bent; as it is printed
CUTS, CUT, CUT_OFF_PX = 1, 0.25, 26  # strokes of others in a cell, share of each, how far off
BEHIND_OFF = (0.3, 0.6)  # of a character's size: how far off its middle pieces lie behind it
PIECE = 0.3  # share of a character that a torn stroke is
HOLLOW = 0.35  # chance that a character is hollow in a part …
LEAST_HOLLOWED_PX = 48  # … where it is large enough
DETAIL = 0.65  # of the scene's contrast: what is left
LEAST_SEEN = 44.0  # mean difference of luminance to what is behind; else drawn again
NEAREST = 12  # of which one lies beside a character
MOST_ALIKE = 0.5  # correlation of the ink of two characters, laid over each other
CROSSINGS = (1.25, 2.4)  # of ink by a line through: sparser ones look like strokes …
DENSEST = 3.1  # … denser ones take a second look when bent, and beyond this close up

_HAN: tuple[Font, Font] = ("noto-sans-sc-bold", "noto-sans-sc-regular")
_LATIN: tuple[Font, Font] = ("noto-sans-bold", "noto-sans-regular")
_THIN = 0.25  # chance that a character is of the regular weight
_DRAWN_PX = 96
_THUMB_PX = 20


@dataclass(frozen=True, slots=True)
class Hand:
    """How freely characters are written; by default in two weights of one style of type."""

    bend: float = 0.17  # how far a part of one may move, of its size
    turn_deg: float = 28.0
    cell: float = 0.42  # of its size: bends are smooth over so much
    behind: int = 0  # strokes of others behind each
    styles: bool = False  # of the styles of type that `scene_fonts` names


@dataclass(frozen=True, slots=True)
class Written:
    """A character, and the seed of how it is bent, turned and styled: so it can be looked at small
    before it is drawn."""

    character: str
    seed: int


def written(chance: np.random.Generator, shown: Sequence[str]) -> list[Written]:
    """Each as chance will have it."""
    return [Written(character, int(chance.integers(2**62))) for character in shown]


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
        mask = shape(one, spot.size_px, hand)
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
    others = [fitted(asked_for(one, 180.0), PROMPT_ROOM_PX) for one in written(chance, some)]
    for one in asked:
        mask = fitted(asked_for(one), PROMPT_ROOM_PX)
        for at in chance.integers(len(others), size=CUTS):
            angle = float(chance.uniform(0, 2 * np.pi))
            off = round(CUT_OFF_PX * np.sin(angle)), round(CUT_OFF_PX * np.cos(angle))
            mask = np.maximum(mask, np.roll(piece(chance, others[int(at)], CUT), off, (0, 1)))
        yield mask


def asked_for(
    one: Written, most_deg: float = PROMPT_TURN_DEG, size_px: int = PROMPT_SIZE_PX
) -> Mask:
    """As a prompt shows it, before it is enlarged to be read at once."""
    chance = _by(one.seed)
    fonts = prompt_fonts(one.character)
    ink = glyph(one.character, _DRAWN_PX, fonts[int(chance.integers(len(fonts)))])
    turn = float(chance.uniform(-most_deg, most_deg))
    return bent(chance, ink, size_px, turn, PROMPT_BEND, PROMPT_SQUEEZE, PROMPT_CELL)


def _by(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def apart_from(candidates: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Those that nobody takes for one of the chosen."""
    if not chosen:
        return list(candidates)
    most = (_thumbs(tuple(candidates)) @ np.stack([_thumb(c) for c in chosen]).T).max(1)
    both = zip(candidates, most.tolist(), strict=True)
    return [one for one, likeness in both if one not in chosen and likeness < MOST_ALIKE]


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
def nearest(latin: bool) -> Mapping[str, tuple[str, ...]]:
    """Of each legible character the NEAREST that programs take for it and people don't."""
    known = legible(latin)
    thumbs = _thumbs(known)
    likeness = thumbs @ thumbs.T
    likeness[likeness >= MOST_ALIKE] = -1.0
    order = np.argsort(-likeness, axis=1)[:, :NEAREST]
    return {c: tuple(known[int(at)] for at in row) for c, row in zip(known, order, strict=True)}


@lru_cache(maxsize=64)
def _thumbs(some: tuple[str, ...]) -> NDArray[np.float32]:
    return np.stack([_thumb(character) for character in some])


@cache
def _thumb(character: str) -> NDArray[np.float32]:
    """The soft ink, small, of mean 0 and length 1: the product of two is their correlation."""
    ink = Image.fromarray(glyph(character, _DRAWN_PX, _fonts(character)[0]))
    small = np.asarray(ink.resize((_THUMB_PX, _THUMB_PX), Image.Resampling.BOX), np.float32)
    off = small - small.mean()
    return np.asarray((off / np.linalg.norm(off)).ravel(), np.float32)


def _fonts(character: str) -> tuple[Font, Font]:
    return _LATIN if character.isascii() else _HAN


def scene_fonts(character: str) -> tuple[Font, ...]:
    """Styles of type that are read as well small and on texture: no thin strokes."""
    latin: tuple[Font, ...] = ("noto-sans-bold", "noto-serif-black")
    return latin if character.isascii() else ("noto-sans-sc-bold", "lxgw-wenkai-bold")


def prompt_fonts(character: str) -> tuple[Font, ...]:
    """Whoever reads takes no notice of the style."""
    fonts = scene_fonts(character)
    return fonts if character.isascii() else (*fonts, "noto-serif-sc-black")


def _strew(
    chance: np.random.Generator,
    canvas: Canvas,
    shown: Sequence[Written],
    spots: Sequence[Spot],
    hand: Hand,
) -> None:
    """Strokes torn from other characters where there is room, a few of each."""
    others = legible(shown[0].character.isascii())
    any_way = replace(hand, turn_deg=90.0)
    sizes = chance.integers(*SIZE_PX, STROKES // STROKES_OF_ONE).tolist()
    chosen = [others[int(at)] for at in chance.integers(len(others), size=len(sizes))]
    pairs = zip(written(chance, chosen), sizes, strict=True)
    wholes = [shape(one, size, any_way) for one, size in pairs]
    torn = [piece(chance, wholes[n % len(wholes)], PIECE) for n in range(STROKES)]
    for part, (x_px, y_px) in zip(torn, between(chance, spots, STROKES, *FILE_PX), strict=False):
        canvas.put(chance, part, x_px, y_px, Ink())
    for spot in spots:
        for at in chance.integers(STROKES, size=hand.behind).tolist():
            angle = float(chance.uniform(0, 2 * np.pi))
            far_px = float(chance.uniform(*BEHIND_OFF)) * spot.size_px
            x_px, y_px = spot.x_px + far_px * np.cos(angle), spot.y_px + far_px * np.sin(angle)
            canvas.put(chance, torn[at], float(x_px), float(y_px), Ink())


def shape(one: Written, size_px: int, hand: Hand) -> Mask:
    """As it is drawn in a scene, at any size."""
    chance = _by(one.seed)
    ink: Alpha = glyph(one.character, _DRAWN_PX, _style(chance, one.character, hand))
    turn = float(chance.uniform(-hand.turn_deg, hand.turn_deg))
    mask = bent(chance, ink, size_px, turn, hand.bend, SQUEEZE, hand.cell)
    if size_px >= LEAST_HOLLOWED_PX and chance.random() < HOLLOW:
        return hollowed(chance, mask, 2.5, float(chance.uniform(0.25, 0.5)))
    return mask


def _style(chance: np.random.Generator, character: str, hand: Hand) -> Font:
    if hand.styles:
        fonts = scene_fonts(character)
        return fonts[int(chance.integers(len(fonts)))]
    return _fonts(character)[int(chance.random() < _THIN)]


def _inks() -> Iterator[Ink]:
    """How a character is drawn: mostly of one tone, and stronger where that is too faint."""
    yield Ink(contrast=70.0, two_toned=0.1, texture=0.5)
    yield Ink(contrast=90.0, two_toned=0.0, texture=0.3)
