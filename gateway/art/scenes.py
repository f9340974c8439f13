"""Backgrounds: textured at every scale, for smooth ones help those who look for seams.

A few regions with soft, irregular borders; each with its own pattern in its own colours; things of
all sizes strewn over them; light over all of it; grain. Or a picture of the operator's, cropped,
flipped, turned, bent and recoloured, so that no two are alike pixel by pixel.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from gateway.art.colours import Palette, recolour
from gateway.art.fields import colour_cloud, noise, shading
from gateway.art.forms import Mask, Pixels, bounded, image, pixels
from gateway.art.patterns import pattern
from gateway.art.style import PATTERNS, Style
from gateway.art.warps import warp

REGIONS = 3
COARSER = 1.6  # times, are regions drawn: things, light and grain over them are as fine as can be
THINGS = 26  # strewn over the regions
CLOUD = 0.2  # of a cloud of colour in each region
PERIOD_SHARE = 0.07  # of the height: the typical size of a pattern


def scene(
    chance: np.random.Generator,
    width: int,
    height: int,
    style: Style,
    pictures: tuple[bytes, ...] = (),
) -> Pixels:
    """(height, width, 3): a background nobody has seen before."""
    if pictures:
        chosen = pictures[int(chance.integers(len(pictures)))]
        return photo(chance, width, height, chosen, style)
    palette = style.palettes[int(chance.integers(len(style.palettes)))]
    few = round(width / COARSER), round(height / COARSER)
    regions = _region(chance, *few, style, palette)
    for _ in range(REGIONS - 1):
        over = _region(chance, *few, style, palette)
        regions.paste(over, mask=image(255.0 * _blob(chance, *few)))
    drawn = regions.resize((width, height), Image.Resampling.BICUBIC)
    _strew(chance, drawn, style, palette)
    return _lit(chance, pixels(drawn), style)


def photo(
    chance: np.random.Generator, width: int, height: int, encoded: bytes, style: Style
) -> Pixels:
    """(height, width, 3) from a picture of the operator's. Raises OSError if it can't be read."""
    with Image.open(BytesIO(encoded)) as opened:
        opened.draft("RGB", (2 * width, 2 * height))  # JPEG: decode no more than is needed
        source = opened.convert("RGB")
    if chance.random() < 0.5:
        source = source.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    cut = _crop(chance, source, width / height).resize((width, height), Image.Resampling.BICUBIC)
    bent = warp(chance, cut, 0.02 * width * style.bend, cell_px=width / 5)
    return _lit(chance, recolour(chance, _hue_turned(chance, pixels(bent)), 0.15), style)


def _region(
    chance: np.random.Generator, width: int, height: int, style: Style, palette: Palette
) -> Image.Image:
    """One pattern in two colours, under a cloud of colour."""
    name = PATTERNS[int(chance.choice(len(PATTERNS), p=style.pattern_weights))]
    period_px = height * PERIOD_SHARE / style.detail * float(chance.uniform(0.7, 2.2))
    weave = image(255.0 * pattern(chance, name, height, width, period_px))
    region = Image.new("RGB", (width, height), palette.pick(chance))
    region.paste(palette.pick(chance), mask=weave)
    return Image.blend(region, colour_cloud(chance, height, width, height / 6), CLOUD)


def _blob(chance: np.random.Generator, width: int, height: int) -> Mask:
    """A soft region of irregular outline, about half of the picture."""
    shape = noise(chance, height, width, height / 1.7) + 0.25 * noise(
        chance, height, width, height / 8
    )
    return bounded((shape - float(np.median(shape))) * 9.0 + 0.5, 0, 1)


def _strew(chance: np.random.Generator, onto: Image.Image, style: Style, palette: Palette) -> None:
    """Ellipses, polygons and strokes of all sizes, drawn into `onto`."""
    width, height = onto.size
    draw = ImageDraw.Draw(onto, "RGBA")
    for _ in range(THINGS):
        size_px = height * float(np.exp(chance.uniform(np.log(0.03), np.log(0.35))))
        x, y = float(chance.uniform(0, width)), float(chance.uniform(0, height))
        colour = (*palette.pick(chance), int(chance.integers(70, 190)))
        corners = int(chance.integers(0, 7))
        if corners == 0:
            draw.ellipse((x - size_px, y - size_px * 0.6, x + size_px, y + size_px * 0.6), colour)
        elif corners < 3:
            bent = [(x, y), *_around(chance, x, y, 2.5 * size_px, 3)]
            draw.line(bent, colour, max(1, round(height * 0.012 * style.stroke)), "curve")
        else:
            draw.polygon(_around(chance, x, y, size_px, corners), colour)


def _around(
    chance: np.random.Generator, x: float, y: float, size_px: float, count: int
) -> list[tuple[float, float]]:
    angles = np.sort(chance.uniform(0, 2 * np.pi, count))
    far = size_px * chance.uniform(0.4, 1.0, count)
    return [
        (x + float(r * np.cos(a)), y + float(r * np.sin(a)))
        for a, r in zip(angles, far, strict=True)
    ]


def _lit(chance: np.random.Generator, values: Pixels, style: Style) -> Pixels:
    """Light over all of it, and grain."""
    height, width = values.shape[:2]
    lit = values * shading(chance, height, width, 0.22)[..., None]
    most = max(1, round(9 * style.grain))
    lit += chance.integers(-most, most + 1, (height, width, 1), dtype=np.int8)
    return np.clip(lit, 0.0, 255.0, out=lit)


def _crop(chance: np.random.Generator, source: Image.Image, aspect: float) -> Image.Image:
    """A part of the aspect, between 55 % and all of what fits."""
    width, height = source.size
    full = min(width, height * aspect)
    part = full * float(chance.uniform(0.55, 1.0))
    left = float(chance.uniform(0, width - part))
    top = float(chance.uniform(0, height - part / aspect))
    return source.crop((round(left), round(top), round(left + part), round(top + part / aspect)))


def _hue_turned(chance: np.random.Generator, values: Pixels) -> Pixels:
    """All hues turned by up to 30 degrees about the grey axis (a rotation of the colour cube)."""
    angle = float(chance.uniform(-np.pi / 6, np.pi / 6))
    third, cos, sin = 1.0 / 3.0, np.cos(angle), np.sin(angle)
    same = cos + (1 - cos) * third
    plus, minus = third * (1 - cos) + sin / np.sqrt(3), third * (1 - cos) - sin / np.sqrt(3)
    turn = np.array([[same, minus, plus], [plus, same, minus], [minus, plus, same]], np.float32)
    return bounded(values @ turn.T)
