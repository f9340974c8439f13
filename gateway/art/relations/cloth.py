"""What things on a tile are made of: two colours in a pattern, with light and a rim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageChops

from gateway.art.colours import Colour, from_hsv

FLOOR = 70.0  # root mean square over the channels, from what lies below to a cloth's colour
SLACK = 25.0  # by which its second colour may be nearer
COLOUR_TRIES = 12
STEP = (45.0, 85.0)  # from one colour of a cloth to the other, in all channels
DARK = 330  # of 765: colours whose cloth has lighter ones
_STRENGTH = {"ball": 0.72, "plain": 0.3, "top": 0.0, "front": 0.25, "side": 0.6}


@dataclass(frozen=True, slots=True)
class Cloth:
    """A pattern, by its place among the tile's, in one colour on another."""

    weave: int
    plain: Colour
    drawn: Colour


def standing_out(chance: np.random.Generator, below: Colour, weave: int) -> Cloth:
    """A colour that stands out from what lies below, and a darker or lighter one in it."""
    best, best_off = Cloth(weave, (0, 0, 0), (0, 0, 0)), -1.0
    for plain, drawn in _colours(chance):
        off = min(_off(plain, below), _off(drawn, below) + SLACK)
        if off > best_off:
            best, best_off = Cloth(weave, plain, drawn), off
        if off >= FLOOR:
            break
    return best


def _off(one: Colour, other: Colour) -> float:
    return float(np.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / 3))


def _colours(chance: np.random.Generator) -> Iterator[tuple[Colour, Colour]]:
    """Pairs to choose from: any colour, and one that is darker or lighter, a little off in hue."""
    plain = chance.random((COLOUR_TRIES, 3)) * (1.0, 0.6, 0.85) + (0.0, 0.1, 0.15)
    steps = chance.uniform(*STEP, (COLOUR_TRIES, 1)) * (1, -1)
    off = chance.normal(0.0, 14.0, (COLOUR_TRIES, 3))
    for hsv, step, by in zip(plain.tolist(), steps.tolist(), off.tolist(), strict=True):
        colour = from_hsv(*hsv)
        way = step[0] if sum(colour) < DARK else step[1]
        red, green, blue = (
            min(255, max(0, int(c + way + o))) for c, o in zip(colour, by, strict=True)
        )
        yield colour, (red, green, blue)


def weaker(mask: Image.Image, most: int) -> Image.Image:
    """A mask scaled so that 255 becomes `most`."""
    return ImageChops.multiply(mask, Image.new("L", mask.size, most))


@cache
def _dark(light: str, turn: int) -> Image.Image:
    """How much darker a thing gets, of mode L, by its form and where the light is."""
    if light == "ball":
        grown = Image.radial_gradient("L").crop((30, 30, 256, 256)).resize((64, 64))
    elif light in ("plain", "top"):
        grown = Image.linear_gradient("L").resize((90, 90)).rotate(45 * turn).crop((13, 13, 77, 77))
    else:
        grown = Image.new("L", (64, 64), 255)
    return grown.point([int(v * _STRENGTH[light]) for v in range(256)])


def shade(chance: np.random.Generator, stuff: Image.Image, light: str) -> None:
    """Darken by form: a ball from its lit spot outwards, flat things along a line."""
    turn = int(chance.integers(8)) if light == "plain" else 0
    stuff.paste((0, 0, 0), (0, 0), _dark(light, turn).resize(stuff.size, Image.Resampling.BILINEAR))


def bevel(stuff: Image.Image, own: Image.Image, rim: int) -> None:
    """Edges towards the light are lighter."""
    moved = Image.new("L", own.size)
    moved.paste(own, (2, 2))
    stuff.paste((255, 255, 255), (0, 0), weaker(ImageChops.subtract(own, moved), rim))
