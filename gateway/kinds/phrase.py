"""Click the characters of a picture in the order that makes a phrase: 成语, four characters.

Nothing tells which phrase: whoever reads knows it. Three more characters are there that do not
belong. Drawn as in `word`, among twice as many torn strokes: who reads half of a phrase knows all
of it, programs too. For sites whose visitors read Chinese.

Tolerance: a circle about each character's middle of 0.55 of its size, 28 to 36 px of a picture
shown 320 wide. Blind chance: four clicks in order with 1 in 100,000; whoever knows where the
characters lie but can't read has 1 in 840.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Annotated

import numpy as np

from gateway import art
from gateway.art.assets import phrases
from gateway.art.clickable import FILE_PX, SHOWN_PX, aims
from gateway.art.legible import apart_from, is_clear, legible
from gateway.art.lettering import Hand, lettered, written
from gateway.clicks import judged
from gateway.kinds import Between, Look
from gateway.model import JSON, Made, Verdict

PLAINLY = Hand(bend=0.13, turn_deg=28.0, strokes=24)  # no prompt says what to look for
RADIUS = 0.55  # of a character's size
MOST_CHARS = 38_000  # of the scene as text


@dataclass(frozen=True, slots=True)
class Params:
    """How many characters are there that don't belong."""

    extra: Annotated[int, Between(0, 3)] = 3
    look: Look = Look()


class Phrase:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = art.generator(rng)
        phrase = chosen(chance)
        shown = [*phrase, *strangers(chance, phrase, params.extra)]
        style = art.Style.of(params.look.salt)
        drawn, spots = lettered(
            chance, style, params.look.pictures, written(chance, shown, PLAINLY), PLAINLY
        )
        view = {
            "picture": art.within(drawn, MOST_CHARS),
            "aspect": FILE_PX[0] / FILE_PX[1],
            "count": len(phrase),
        }
        return Made(view, aims(spots[: len(phrase)], RADIUS))

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[[x, y], …]`: fractions of the picture, in the order of the phrase."""
        return judged(answer, secret["middles"], secret["radii_px"], *SHOWN_PX)


def chosen(chance: np.random.Generator) -> str:
    """A phrase whose characters nobody takes for one another."""
    known = readable()
    return known[int(chance.integers(len(known)))]


@cache
def readable() -> tuple[str, ...]:
    """Phrases that stay readable when bent: the others have characters too dense or alike.

    Those whose characters make another phrase too are left out: people could not know which.
    """
    plain = tuple(
        phrase
        for phrase in phrases()
        if all(map(is_clear, phrase))
        and all(apart_from([c], phrase[:at]) for at, c in enumerate(phrase) if at)
    )
    return tuple(phrase for phrase in plain if not _completed(set(phrase), phrase, plain))


def strangers(chance: np.random.Generator, phrase: str, count: int) -> list[str]:
    """Characters that make no phrase with the others, of those known here.

    Raises RuntimeError where there are not enough of them, rather than look for ever.
    """
    found: list[str] = []
    known = legible()
    for at in chance.permutation(len(known)):
        if len(found) == count:
            return found
        if not _completed({*phrase, *found, known[at]}, phrase, readable()):
            found += apart_from([known[at]], [*phrase, *found])
    if len(found) < count:
        raise RuntimeError(f"no {count} characters go with {phrase}")
    return found


def _completed(there: set[str], phrase: str, known: Sequence[str]) -> bool:
    """Whether these characters hold another phrase than the one asked for."""
    return any(there.issuperset(other) for other in known if other != phrase)


KIND = Phrase()
