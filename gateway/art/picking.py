"""Which drawings of characters are kept: of some by chance, those that mislead programs most.

How far a character is bent stays as chance has it; of some such drawings one is kept, as a
machine's eye sees them small: in the scene the least like the character's type, beside it the
drawing of another that is most like it, in the prompt the one most easily taken for another.
Whoever reads goes by strokes and how they meet, and takes little notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from gateway.art import eye
from gateway.art.assets import Font, glyph
from gateway.art.lettering import (
    Hand,
    Written,
    apart_from,
    asked_for,
    nearest,
    prompt_fonts,
    scene_fonts,
    shape,
    written,
)

SMALL_PX = 27  # as drawings are looked at
_DRAWN_PX = 96
TURNS_DEG = (-24, 0, 24)  # between these the eye sees little difference
OF_PROMPT, OF_SCENE = 3, 8  # drawings that one is kept of
BESIDE = 4  # characters that one is kept of
RIVALS = 5  # that a drawing in the prompt may be taken for


def in_prompt_of(chance: np.random.Generator, asked: Sequence[str]) -> list[Written]:
    """Of each the drawing that is least its own, beside those it may be taken for."""
    return [_misnamed(written(chance, [character] * OF_PROMPT)) for character in asked]


def _misnamed(tried: Sequence[Written]) -> Written:
    return tried[int(own(tried).argmin())]


def own(tried: Sequence[Written]) -> eye.Seen:
    """(tried,): how much more each drawing of one character is like its type than like others'."""
    character = tried[0].character
    looks = eye.seen([asked_for(one, size_px=SMALL_PX) for one in tried])
    theirs = eye.likeness(looks, _type(character, prompt_fonts(character))).max(1)
    rivals = np.concatenate([_type(c, prompt_fonts(c)) for c in _rivals(character)])
    off = theirs - eye.likeness(looks, rivals).max(1)
    return np.asarray(off, np.float32)


def _rivals(character: str) -> tuple[str, ...]:
    return nearest(character.isascii())[character][:RIVALS]


def in_scene_of(
    chance: np.random.Generator, shown: Sequence[str], count: int, hand: Hand
) -> list[Written]:
    """The first `count` are asked for; for each in turn one of the others is put beside it."""
    kept = [_known_least(written(chance, [c] * OF_SCENE), hand) for c in shown[:count]]
    for at in range(count, len(shown)):
        asked = shown[at % count]
        rest = [*(one.character for one in kept), *shown[at + 1 :]]
        beside = apart_from(nearest(asked.isascii())[asked], rest)
        candidates = list(dict.fromkeys([shown[at], *beside]))[:BESIDE]
        kept.append(_taken_most(written(chance, candidates), asked, hand))
    return kept


def _known_least(tried: Sequence[Written], hand: Hand) -> Written:
    return tried[int(like(tried, tried[0].character, hand).argmin())]


def _taken_most(tried: Sequence[Written], asked: str, hand: Hand) -> Written:
    return tried[int(like(tried, asked, hand).argmax())]


def like(tried: Sequence[Written], character: str, hand: Hand) -> eye.Seen:
    """(tried,): how like the character's type each is, at the best turn."""
    looks = eye.seen([shape(one, SMALL_PX, hand) for one in tried])
    found = eye.likeness(looks, _type(character, scene_fonts(character))).max(1)
    return np.asarray(found, np.float32)


@cache
def _type(character: str, fonts: tuple[Font, ...]) -> eye.Seen:
    """(drawings, d): the character as its fonts have it, at each turn."""
    drawn = [glyph(character, _DRAWN_PX, font) for font in fonts]
    inks = [np.asarray(ink / np.float32(255.0), np.float32) for ink in drawn]
    return eye.seen([each for ink in inks for each in eye.posed(ink, TURNS_DEG, mirrored=False)])
