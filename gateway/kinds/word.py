"""Click the characters of the prompt, in its order, where they lie in a picture.

The prompt is a picture too, each character in one of three styles of type, bent and turned, a
stroke of another across it; in the scene they are in two of these styles, bent another way, hollow
in parts, full of texture. Whoever reads knows them again: no part is pressed together. Of many
drawings by chance those are kept that a machine's eye knows least, and beside each lies one that it
takes for it. Colour means nothing; `hard` bends the scene more.
`script: latin` asks for letters and digits, for readers who know no Chinese characters; those that
are taken for one another (O and 0, l and 1) are left out.

Tolerance: a circle about each character's middle of 0.55 of its size, 23 to 32 px of a picture
shown 320 wide. Blind chance: one click lies in a given circle with at most 4.1 %, four in order
with 1 in 350,000; whoever knows where the eleven lie but can't read has 1 in 7,920, of two 1 in
110.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal

import numpy as np

from gateway import art
from gateway.art.clickable import FILE_PX, SHOWN_PX, aims
from gateway.art.legible import apart_from, legible
from gateway.art.lettering import Hand, in_prompt, lettered, prompt
from gateway.art.picking import in_prompt_of, in_scene_of
from gateway.clicks import judged
from gateway.kinds import Between, Hardness, Look
from gateway.model import JSON, Made, Verdict

CHARACTERS = 11
SIZE_PX = (64, 86)  # of the file
HANDS: Mapping[Hardness, Hand] = {
    "usual": Hand(bend=0.17, turn_deg=28.0, cell=0.6, styles=True),
    "hard": Hand(bend=0.2, turn_deg=30.0, cell=0.55, styles=True),
}
RADIUS = 0.55  # of a character's size
MOST_CHARS = 29_000  # of the scene as text
QUALITY = 60  # of the prompt


@dataclass(frozen=True, slots=True)
class Params:
    """How many characters are to be clicked, of which script, and how far they are bent."""

    count: Annotated[int, Between(2, 5)] = 4
    script: Literal["han", "latin"] = "han"
    hardness: Hardness = "usual"
    look: Look = Look()


class Word:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        asked = in_prompt_of(chance, chosen(chance, params.script == "latin", params.count))
        style, hand = art.Style.of(params.look.salt), HANDS[params.hardness]
        put = in_scene_of(chance, asked, CHARACTERS, hand)
        drawn, spots = lettered(chance, style, params.look.pictures, put, hand, SIZE_PX)
        view = {
            "picture": art.within(drawn, MOST_CHARS),
            "aspect": FILE_PX[0] / FILE_PX[1],
            "count": params.count,
            "prompt": art.jpeg(prompt(chance, drawn, list(in_prompt(chance, asked))), QUALITY),
            "prompt_aspect": params.count,
        }
        return Made(view, aims(spots[: params.count], RADIUS))

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], …]`: fractions of the picture, in the prompt's order."""
        return judged(answer, secret["middles"], secret["radii_px"], *SHOWN_PX)


def chosen(chance: np.random.Generator, latin: bool, count: int) -> list[str]:
    """What is asked for: none that anybody takes for another."""
    asked: list[str] = []
    while len(asked) < count:
        fitting = apart_from(legible(latin), asked)
        asked.append(fitting[int(chance.integers(len(fitting)))])
    return asked


KIND = Word()
