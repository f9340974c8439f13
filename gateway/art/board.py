"""A board with a few solids on it, from any side, each time in other colours and another light.

Nothing but shape and place carries over from one picture to the next: hues, patterns, widths,
heights and the number of sides of a solid are drawn anew. A dark or a white line around each keeps
it apart from what is behind, for those as well who see no colours.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from gateway.art.colours import Colour
from gateway.art.fields import noise
from gateway.art.forms import blurred, image
from gateway.art.patterns import pattern
from gateway.art.solids import solid, turned
from gateway.art.stage import PATTERNS, Camera, Light, Rim, Thing, lay, paint
from gateway.art.style import PATTERNS as STYLE_PATTERNS
from gateway.art.style import Style

Chance = np.random.Generator
Place = tuple[float, float]

BOARD, THICK, CORNERS = 1.12, 0.1, 12
TOP = turned(((BOARD, -THICK), (BOARD, 0.0), (0.62, 0.0), (0, 0)), CORNERS)
BODY = turned(((0, 0), (0.17, 0), (0.15, 0.2), (0.07, 0.38), (0, 0.4)), 10)
HEAD = turned(((0, 0.34), (0.1, 0.38), (0.14, 0.47), (0.1, 0.57), (0, 0.6)), 10)
PERSON_FAR = 1.8  # from the middle of the board
ARROW = np.array(
    [(-0.1, 0.2), (0.1, 0.2), (0.1, 0.4), (0.24, 0.4), (0, 0.68), (-0.24, 0.4), (-0.1, 0.4)]
)
FACE: Colour = (255, 214, 170)
INK: Colour = (25, 25, 30)
SHADOW: Colour = (52, 52, 60)
RIM_PX = 5

CLOTHS, CLOTH_PX = 4, (640, 420)  # what backdrops are cut from


@dataclass(frozen=True, slots=True)
class Item:
    """One solid of a scene: what it is, where it stands and how it is turned."""

    name: str
    at: Place
    turn_rad: float


def draw_board(
    chance: Chance,
    size_px: tuple[int, int],
    camera: Camera,
    things: tuple[Thing, ...],
    style: Style,
    looked_from_rad: float | None = None,
) -> Image.Image:
    """The board with its solids; with the little person standing where `looked_from_rad` says."""
    picture = _backdrop(chance, size_px, style)
    draw = ImageDraw.Draw(picture)
    light, rim = _light(chance, camera), _rim(chance)
    top = _top(chance)
    for height in (-THICK, 0.0):
        lay(draw, camera, _corners(top.turn_rad), rim.ink, height)
    paint(draw, camera, Light((0, 0, 1), 0.7), (top,))
    for thing in things:
        lay(draw, camera, _shadow(thing, light), SHADOW)
    if looked_from_rad is not None:
        _arrow(draw, camera, looked_from_rad)
        coat = coloured(chance.random(), 0.8, float(chance.uniform(0.3, 0.6)))
        things = (*things, *_person(looked_from_rad, coat))
    paint(draw, camera, light, things, rim)
    return picture


def coloured(hue: float, saturation: float, luma: float) -> Colour:
    """A colour of this hue and about this luma (0 to 1)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, 1.0)
    own = 0.299 * red + 0.587 * green + 0.114 * blue
    if own >= luma:
        parts = [c * luma / own for c in (red, green, blue)]
    else:
        white = (luma - own) / (1.0 - own)
        parts = [c + (1.0 - c) * white for c in (red, green, blue)]
    return round(parts[0] * 255), round(parts[1] * 255), round(parts[2] * 255)


def _rim(chance: Chance) -> Rim:
    """Nearly black, or nearly white."""
    if chance.random() < 0.75:
        return Rim(coloured(chance.random(), 0.5, 0.08), RIM_PX)
    return Rim(coloured(chance.random(), 0.3, 0.97), RIM_PX)


def _backdrop(chance: Chance, size_px: tuple[int, int], style: Style) -> Image.Image:
    """A woven ground in two colours."""
    hue, luma = chance.random(), chance.uniform(0.3, 0.8)
    step = float(chance.uniform(0.02, 0.07))
    low = coloured(hue, 0.4, luma - step)
    high = coloured(hue + chance.uniform(-0.3, 0.3), 0.4, luma + step)
    half_px = size_px[0] // 2, size_px[1] // 2
    half = Image.new("RGB", half_px, low)
    half.paste(high, mask=_cut(chance, half_px, style))
    return half.resize(size_px, Image.Resampling.NEAREST)


def _cut(chance: Chance, size_px: tuple[int, int], style: Style) -> Image.Image:
    """A part of the install's cloth, flipped at random."""
    cloth = _cloth(style, int(chance.integers(CLOTHS)))
    width, height = size_px
    left = int(chance.integers(CLOTH_PX[0] - width + 1))
    top = int(chance.integers(CLOTH_PX[1] - height + 1))
    part = cloth.crop((left, top, left + width, top + height))
    return ImageOps.mirror(part) if chance.random() < 0.5 else part


@lru_cache(maxsize=8 * CLOTHS)
def _cloth(style: Style, number: int) -> Image.Image:
    """One of an install's cloths, 8 bits a pixel: patterns and clouds at every scale."""
    chance = style.own(f"cloth {number}")
    width, height = CLOTH_PX
    name = STYLE_PATTERNS[int(chance.choice(len(STYLE_PATTERNS), p=style.pattern_weights))]
    weave = blurred(255.0 * pattern(chance, name, height, width, 36.0 / style.detail), 1.5)
    clouds = noise(chance, height, width, 90) + 0.6 * noise(chance, height, width, 25)
    return image((0.4 * weave + 64.0 * clouds + 76.0).astype(np.float32))


def _corners(turn_rad: float, radius: float = BOARD + 0.03) -> NDArray[np.float64]:
    angles = turn_rad + np.linspace(0, 2 * pi, CORNERS, endpoint=False)
    return radius * np.stack([np.cos(angles), np.sin(angles)], -1)


def _top(chance: Chance) -> Thing:
    main, other = _pair(chance, 0.15, 0.35)
    turn_rad = float(chance.uniform(0, 2 * pi))
    return Thing(TOP, (0.0, 0.0), turn_rad, 1.0, 1.0, (main, other, other), _pattern(chance))


def dressed(chance: Chance, item: Item) -> Thing:
    """A solid in colours and measures of this picture alone."""
    main, other = _pair(chance, 0.15, 0.4)
    return Thing(
        solid(item.name, int(chance.integers(7, 10))),
        item.at,
        item.turn_rad,
        float(chance.uniform(0.92, 1.12)),
        float(chance.uniform(0.9, 1.12)),
        (main, other, coloured(chance.random(), 0.5, float(chance.uniform(0.2, 0.8)))),
        _pattern(chance),
    )


def _pair(chance: Chance, least: float, most: float) -> tuple[Colour, Colour]:
    """Two colours, so far apart in luma; either may be the lighter one."""
    step = float(chance.uniform(least, most))
    low = float(chance.uniform(0.25, 0.85 - step))
    lumas = (low, low + step) if chance.random() < 0.5 else (low + step, low)
    hue = chance.random()
    return (
        coloured(hue, float(chance.uniform(0.3, 0.8)), lumas[0]),
        coloured(hue + chance.uniform(0.1, 0.9), float(chance.uniform(0.3, 0.8)), lumas[1]),
    )


def _pattern(chance: Chance) -> str:
    return PATTERNS[int(chance.integers(len(PATTERNS)))]


def _light(chance: Chance, camera: Camera) -> Light:
    """From above, and from the camera's side, so that nothing is seen against the light."""
    from_rad = camera.azimuth_rad + float(chance.uniform(-1.1, 1.1))
    high = float(chance.uniform(0.7, 1.1))
    towards = np.array([sin(from_rad), -cos(from_rad), high])
    towards /= np.linalg.norm(towards)
    return Light((float(towards[0]), float(towards[1]), float(towards[2])), 0.55)


def _shadow(thing: Thing, light: Light) -> NDArray[np.float64]:
    """A round one, away from the light."""
    away = np.array(thing.at) - 0.22 * np.array(light.towards[:2])
    return _corners(0.0, 0.33 * thing.width) + away


def put_person(draw: ImageDraw.ImageDraw, camera: Camera, from_rad: float, coat: Colour) -> None:
    """The little person beside the board, drawn at once: for pictures with nothing before it."""
    _arrow(draw, camera, from_rad)
    paint(draw, camera, Light((0, 0, 1), 0.9), _person(from_rad, coat))


def _person(from_rad: float, coat: Colour) -> tuple[Thing, ...]:
    at = (PERSON_FAR * sin(from_rad), -PERSON_FAR * cos(from_rad))
    body = Thing(BODY, at, from_rad, 1.0, 1.0, (coat, coat, coat), "plain")
    return body, Thing(HEAD, at, from_rad, 1.0, 1.0, (FACE, FACE, FACE), "plain")


def _arrow(draw: ImageDraw.ImageDraw, camera: Camera, from_rad: float) -> None:
    """On the ground before the person, towards the middle of the board."""
    turn = np.array([[cos(from_rad), sin(from_rad)], [-sin(from_rad), cos(from_rad)]])
    for grow, ink in ((1.25, INK), (1.0, (255, 255, 255))):
        centre = np.array([0.0, 0.43])
        shape = (ARROW - centre) * grow + centre - np.array([0.0, PERSON_FAR])
        lay(draw, camera, shape @ turn, ink)
