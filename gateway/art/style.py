"""What an install draws like: drawn once from its salt, the same for all its pictures.

A network trained on the pictures of one install, or on those of the stock style (no salt), meets
other palettes, patterns, shapes and strokes at the next. The salt is a secret of the install.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from gateway.art.colours import Palette, from_hsv

PATTERNS = ("stripes", "rings", "bricks", "checks", "dots", "cells", "strokes", "clouds")
_PALETTES = 6
_SHADES = 5


@dataclass(frozen=True, slots=True)
class Style:
    """`pattern_weights` sum to 1, in the order of `PATTERNS`; the others are factors around 1."""

    palettes: tuple[Palette, ...]
    pattern_weights: tuple[float, ...]
    detail: float  # of patterns: above 1 finer
    bend: float  # of warps
    stroke: float  # width of lines
    grain: float
    seed: int  # for what a kind draws of its own: fonts, families of shapes, sets of things

    @classmethod
    def of(cls, salt: bytes) -> Style:
        """The style of a salt; of b"" the stock style."""
        return _style(salt)

    def own(self, purpose: str) -> np.random.Generator:
        """Chance that is the same for all pictures of this install, by purpose."""
        digest = blake2b(purpose.encode(), key=self.seed.to_bytes(16, "big"), digest_size=16)
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest.digest(), "big")))


@lru_cache(maxsize=64)
def _style(salt: bytes) -> Style:
    seed = int.from_bytes(
        blake2b(salt[:64], person=b"gateway style", digest_size=16).digest(), "big"
    )
    chance = np.random.Generator(np.random.PCG64(seed))
    weights = chance.dirichlet(np.full(len(PATTERNS), 1.2))
    weights = 0.6 * weights + 0.4 / len(PATTERNS)  # none is ever missing: variety protects too
    return Style(
        palettes=tuple(_palette(chance) for _ in range(_PALETTES)),
        pattern_weights=tuple(float(weight) for weight in weights / weights.sum()),
        detail=float(chance.uniform(0.8, 1.3)),
        bend=float(chance.uniform(0.8, 1.25)),
        stroke=float(chance.uniform(0.8, 1.3)),
        grain=float(chance.uniform(0.8, 1.3)),
        seed=seed,
    )


def _palette(chance: np.random.Generator) -> Palette:
    """Two or three hues from dark to light."""
    hues = chance.uniform(0, 1) + np.cumsum(chance.uniform(0.08, 0.45, 3))
    shades = []
    for step in range(_SHADES):
        hue = float(hues[int(chance.integers(3))])
        value = 0.25 + 0.68 * (step + float(chance.uniform(0, 0.6))) / _SHADES
        shades.append(from_hsv(hue, float(chance.uniform(0.1, 0.55)), min(value, 0.97)))
    return Palette(tuple(shades))
