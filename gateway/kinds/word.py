"""Click the characters of the prompt, in its order, where they lie in a picture.

The prompt is a picture too, of outlined characters nearly upright; in the scene they are bold or
thin, bent, turned, hollow in parts, full of texture, among strokes of others. Colour means nothing.
`script: latin` asks for letters and digits, for readers who know no Chinese characters; those that
are taken for one another (O and 0, l and 1) are left out.

Tolerance: a circle about each character's middle of 0.55 of its size, 28 to 36 px of a picture
shown 320 wide. Blind chance: one click lies in a given circle with at most 5.3 %, four in order
with 1 in 100,000; whoever knows where the seven lie but can't read has 1 in 840, of two 1 in 42.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal

import numpy as np

from gateway import art
from gateway.art.clickable import FILE_PX, SHOWN_PX, aims
from gateway.art.lettering import Hand, apart_from, legible, lettered, prompt
from gateway.clicks import judged
from gateway.kinds import Between, Look
from gateway.model import JSON, Made, Verdict

CHARACTERS = 7
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
        shown = chosen(chance, params.script == "latin")
        style = art.Style.of(params.look.salt)
        drawn, spots = lettered(chance, style, params.look.pictures, shown, Hand())
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


def chosen(chance: np.random.Generator, latin: bool) -> list[str]:
    """Characters that nobody takes for one another."""
    known = legible(latin)
    while True:  # once is enough, but for a first letter that is like most of the few
        found: list[str] = []
        for at in chance.permutation(len(known)):
            found += apart_from([known[at]], found)
            if len(found) == CHARACTERS:
                return found


KIND = Word()
