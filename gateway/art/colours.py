"""Colours: palettes, how light a thing is, and pictures in other colours."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from gateway.art.forms import Pixels, bounded

Colour = tuple[int, int, int]  # sRGB, 0 to 255

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True, slots=True)
class Palette:
    """A few colours that go together, from dark to light."""

    colours: tuple[Colour, ...]

    def pick(self, chance: np.random.Generator) -> Colour:
        """One of them, a little changed."""
        base = self.colours[int(chance.integers(len(self.colours)))]
        red, green, blue = (int(np.clip(c + chance.normal(0, 9), 0, 255)) for c in base)
        return red, green, blue


def from_hsv(hue: float, saturation: float, value: float) -> Colour:
    """All three from 0 to 1; the hue wraps around."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def luminance(values: Pixels) -> Pixels:
    """(height, width): how light each pixel is, 0 to 255 (luma of ITU-R BT.601)."""
    return values @ _LUMA


def recolour(chance: np.random.Generator, values: Pixels, strength: float) -> Pixels:
    """Gain and offset per channel, drawn up to `strength` (0.2: a fifth), around mid grey."""
    gain = 1.0 + chance.uniform(-strength, strength, 3).astype(np.float32)
    offset = 127.0 * chance.uniform(-strength, strength, 3).astype(np.float32)
    return bounded((values - 127.0) * gain + 127.0 + offset)
