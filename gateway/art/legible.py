"""Characters that are read at once though they are bent, and what each could be taken for.

Those so dense that bending would close them are not used, nor two in one scene that people could
take for one another; what only programs take for each other lies side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway.art.assets import Font, characters, glyph

DRAWN_PX = 96  # of the type, before it is bent
NEAREST = 12  # of which one lies beside a character
MOST_ALIKE = 0.5  # correlation of the ink of two characters, laid over each other
CROSSINGS = (1.25, 2.4)  # of ink by a line through: sparser ones look like strokes …
DENSEST = 3.1  # … denser ones take a second look when bent, and beyond this close up
_HAN: tuple[Font, Font] = ("noto-sans-sc-bold", "noto-sans-sc-regular")
_LATIN: tuple[Font, Font] = ("noto-sans-bold", "noto-sans-regular")
_THUMB_PX = 20


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
    ink = glyph(character, DRAWN_PX, plain_fonts(character)[0]) > 127
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
    ink = Image.fromarray(glyph(character, DRAWN_PX, plain_fonts(character)[0]))
    small = np.asarray(ink.resize((_THUMB_PX, _THUMB_PX), Image.Resampling.BOX), np.float32)
    off = small - small.mean()
    return np.asarray((off / np.linalg.norm(off)).ravel(), np.float32)


def plain_fonts(character: str) -> tuple[Font, Font]:
    """In two weights of one style."""
    return _LATIN if character.isascii() else _HAN


def scene_fonts(character: str) -> tuple[Font, ...]:
    """Styles of type that are read as well small and on texture: no thin strokes."""
    latin: tuple[Font, ...] = ("noto-sans-bold", "noto-serif-black")
    return latin if character.isascii() else ("noto-sans-sc-bold", "lxgw-wenkai-bold")


def prompt_fonts(character: str) -> tuple[Font, ...]:
    """Whoever reads takes no notice of the style."""
    fonts = scene_fonts(character)
    return fonts if character.isascii() else (*fonts, "noto-serif-sc-black")
