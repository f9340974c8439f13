"""Click the characters of the prompt, in its order, where they lie in a picture.

The prompt is a picture too, of solid characters bent and turned, a stroke of another across each;
in the scene they are bold or thin, bent another way, hollow in parts, full of texture, among
strokes of others. Whoever reads knows them again; beside each lies one that programs take for it.
Colour means nothing.
`script: latin` asks for letters and digits, for readers who know no Chinese characters; those that
are taken for one another (O and 0, l and 1) are left out.

Tolerance: a circle about each character's middle of 0.55 of its size, 28 to 36 px of a picture
shown 320 wide. Blind chance: one click lies in a given circle with at most 5.3 %, four in order
with 1 in 100,000; whoever knows where the nine lie but can't read has 1 in 3,024, of two 1 in 72.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal

import numpy as np

from gateway import art
from gateway.art.clickable import FILE_PX, SHOWN_PX, aims
from gateway.art.lettering import Hand, apart_from, legible, lettered, nearest, prompt
from gateway.clicks import judged
from gateway.kinds import Between, Look
from gateway.model import JSON, Made, Verdict

CHARACTERS = 9
FREELY = Hand(bend=0.17, turn_deg=28.0, cell=0.6, behind=1)
RADIUS = 0.55  # of a character's size
MOST_CHARS = 29_000  # of the scene as text
QUALITY = 60  # of the prompt


@dataclass(frozen=True, slots=True)
class Params:
    """How many characters are to be clicked, and of which script."""

    count: Annotated[int, Between(2, 5)] = 4
    script: Literal["han", "latin"] = "han"
    look: Look = Look()


class Word:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        shown = chosen(chance, params.script == "latin", params.count)
        style = art.Style.of(params.look.salt)
        drawn, spots = lettered(chance, style, params.look.pictures, shown, FREELY)
        view = {
            "picture": art.within(drawn, MOST_CHARS),
            "aspect": FILE_PX[0] / FILE_PX[1],
            "count": params.count,
            "prompt": art.jpeg(prompt(chance, drawn, shown[: params.count]), QUALITY),
            "prompt_aspect": params.count,
        }
        return Made(view, aims(spots[: params.count], RADIUS))

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], …]`: fractions of the picture, in the prompt's order."""
        return judged(answer, secret["middles"], secret["radii_px"], *SHOWN_PX)


def chosen(chance: np.random.Generator, latin: bool, count: int) -> list[str]:
    """The asked ones first, then for each in turn one that programs take for it."""
    shown: list[str] = []
    while len(shown) < count:
        shown += _one(chance, legible(latin), shown)
    while len(shown) < CHARACTERS:
        beside = nearest(latin)[shown[len(shown) % count]]
        shown += _one(chance, beside, shown) or _one(chance, legible(latin), shown)
    return shown


def _one(chance: np.random.Generator, known: Sequence[str], shown: Sequence[str]) -> list[str]:
    """Any of those that nobody takes for one of the others; none where chance hits upon no such."""
    fitting = apart_from(known, shown)
    return [fitting[int(chance.integers(len(fitting)))]] if fitting else []


KIND = Word()
