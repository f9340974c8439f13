"""Things put into a scene: icons and characters, bent, hollowed in parts, filled with texture.

What a person sees is the local contrast along an outline; it is kept above a floor everywhere. What
a program would like is one colour, one sign of contrast or one scale of texture to look for: the
fill follows the light of what is behind it, is lighter here and darker there, and carries the
scene's own texture from elsewhere. Pieces of other things, drawn alike, lie between.

Bends are smooth over most of a thing: people read a caricature at once, while a template, and one
cut into parts that may each shift a little, lose it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from gateway.art.assets import Alpha
from gateway.art.bends import ROOM, bends, drawn
from gateway.art.colours import luminance
from gateway.art.fields import noise
from gateway.art.forms import Mask, Pixels, bounded, eight_bits, image, pixels_of

MOST_CONTRAST = 90.0
_RIBBON, _WAVE, _WAVES = 1.25, 0.035, 1.2  # of a size: how long, how far it swings; how often
_FAINT = 0.1  # of ink: less is no part of a thing
_TEXTURE_PX = 8  # # what is finer counts as texture, what is coarser as light
_EVERY = 5  # pixel is enough to know what share of them lies above a height
_OVER_TEXTURE = 1.7  # the contrast is at least so many times the spread of the texture behind


@dataclass(frozen=True, slots=True)
class Ink:
    """How stamps are drawn into a scene."""

    contrast: float = 60.0  # of luminance, along the outline; 0 to 255, at most MOST_CONTRAST
    texture: float = 0.8  # of the scene's own, inside
    tint: float = 26.0  # how far the channels may differ
    two_toned: float = 0.6  # chance that a stamp is lighter in one part and darker in the other


def bent(
    chance: np.random.Generator,
    ink: Alpha,
    size_px: int,
    turn_deg: float,
    bend: float = 0.13,
    squeeze: float = 0.12,
    cell: float = 0.42,
) -> Mask:
    """(s, s) with s = 1.5 size_px: the ink with its longer side at `size_px`, turned, squeezed by
    up to `squeeze` along a slanted axis, every part moved by up to `bend` of its size, smoothly
    over `cell` of it."""
    mask: Mask = drawn([ink], bends(chance, [turn_deg], bend, squeeze, cell), size_px)[0]
    return mask


def fitted(mask: Mask, size_px: int) -> Mask:
    """(s, s) with s = 1.5 size_px: the ink with its longer side at `size_px`, in the middle."""
    side = round(ROOM * size_px)
    rows, columns = np.flatnonzero((mask > _FAINT).any(1)), np.flatnonzero((mask > _FAINT).any(0))
    if not rows.size:
        return np.zeros((side, side), np.float32)
    top, left, high, wide = rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1
    scale = size_px / max(high, wide)
    drawn = image(mask[top : top + high, left : left + wide] * np.float32(255.0)).resize(
        (max(1, round(wide * scale)), max(1, round(high * scale))), Image.Resampling.BICUBIC
    )
    out = np.zeros((side, side), np.float32)
    up, before = (side - drawn.height) // 2, (side - drawn.width) // 2
    out[up : up + drawn.height, before : before + drawn.width] = pixels_of(drawn) / np.float32(255)
    return out


def hollowed(chance: np.random.Generator, mask: Mask, wall_px: float, share: float = 0.5) -> Mask:
    """Without about `share` of its inside; a wall of about `wall_px` stays."""
    side = mask.shape[0]
    inner = bounded((_soft(mask, wall_px) - 0.86) * 9.0, 0, 1)
    field = noise(chance, side, side, side / 2.2)
    within = field[inner > 0.5][::_EVERY]
    edge = float(np.quantile(within, 1.0 - share)) if within.size else 0.0
    return mask * (1.0 - inner * bounded((field - edge) * 9.0, 0, 1))


def piece(chance: np.random.Generator, mask: Mask, share: float = 0.4) -> Mask:
    """A part of it, cut along an irregular line: about `share` of its ink stays."""
    field = _slope(chance, *mask.shape)
    inked = field[mask > 0.5][::_EVERY]
    edge = float(np.quantile(inked, 1.0 - share)) if inked.size else 0.0
    return mask * bounded((field - edge) * 14.0, 0, 1)


def ribbon(chance: np.random.Generator, size_px: int, width: float, off: float) -> Mask:
    """(s, s) with s = 1.5 size_px: a wavy band across what is `size_px` long and in the middle,
    `width` of that wide, up to `off` of it beside the middle."""
    side = round(ROOM * size_px)
    angle, phase, slip = (float(value) for value in chance.uniform((0, 0, -off), (np.pi, 6.3, off)))
    at = (np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)) / np.float32(size_px)
    along = np.float32(np.cos(angle)) * at[None, :] - np.float32(np.sin(angle)) * at[:, None]
    across = np.float32(np.sin(angle)) * at[None, :] + np.float32(np.cos(angle)) * at[:, None]
    wave = np.float32(_WAVE) * np.sin(np.float32(_WAVES * 2 * np.pi) * along + np.float32(phase))
    beside = np.abs(across - np.float32(slip) - wave)
    within = np.minimum(np.float32(width / 2) - beside, np.float32(_RIBBON / 2) - np.abs(along))
    return bounded(within * np.float32(size_px) + np.float32(0.5), 0, 1)


class Canvas:
    """A scene that stamps are put into. `values` is the picture as it stands, (h, w, 3)."""

    def __init__(self, scene: Image.Image) -> None:
        self.values = np.array(scene)
        self._scene = np.asarray(scene)
        self._light = _soft_scene(scene)
        self._spread = float(luminance(self._grain(slice(0, None, 4), slice(0, None, 4))).std())

    def picture(self) -> Image.Image:
        return Image.fromarray(self.values)

    def _grain(self, rows: slice, columns: slice) -> Pixels:
        """What is finer than light."""
        grain: Pixels = self._scene[rows, columns].astype(np.float32)
        grain -= self._light[rows, columns]
        return grain

    def put(
        self, chance: np.random.Generator, mask: Mask, x_px: float, y_px: float, ink: Ink
    ) -> float:
        """With the middle of `mask` at (x, y); what lies outside is cut.

        How well it can be seen: the mean difference of luminance, 0 to 255, to what was behind.
        """
        box = _box(mask, x_px, y_px, self.values.shape)
        if box is None:
            return 0.0
        rows, columns, cover = box
        light = self._light[rows, columns].astype(np.float32)
        fill = light + self._off(chance, light, ink) + self._elsewhere(chance, light, ink)
        before = self.values[rows, columns].astype(np.float32)
        fill -= before
        fill *= cover[..., None]
        fill += before
        after = eight_bits(fill)
        self.values[rows, columns] = after
        weight = max(float(cover.sum()), 1e-6)
        return float((cover * np.abs(luminance(after - light))).sum() / weight)

    def _elsewhere(self, chance: np.random.Generator, like: Pixels, ink: Ink) -> Pixels:
        """Texture of another place of the scene."""
        height, width = like.shape[:2]
        top = int(chance.integers(self._scene.shape[0] - height + 1))
        left = int(chance.integers(self._scene.shape[1] - width + 1))
        grain = self._grain(slice(top, top + height), slice(left, left + width))
        grain *= np.float32(ink.texture)
        return grain

    def _off(self, chance: np.random.Generator, light: Pixels, ink: Ink) -> Pixels:
        """(h, w, 3): what is added to the light behind: lighter or darker, never in between. The
        whole in one tone, but for where that would leave less than half of the contrast."""
        height, width = light.shape[:2]
        contrast = min(max(ink.contrast, _OVER_TEXTURE * self._spread), MOST_CONTRAST)
        sign = np.full((height, width), 1.0 if chance.random() < 0.5 else -1.0, np.float32)
        if chance.random() < ink.two_toned:
            field = _slope(chance, height, width)
            sign = np.where(field > np.median(field), sign, -sign)
        level = luminance(light)
        for here, least in ((level.mean(), contrast), (level, contrast / 2)):
            sign = np.where(here < least, 1.0, sign)
            sign = np.where(here > 255.0 - least, -1.0, sign)
        tint = chance.uniform(-ink.tint, ink.tint, 3).astype(np.float32)
        tint -= luminance(tint)
        return np.asarray(sign[..., None] * np.float32(contrast) + tint, dtype=np.float32)


def _box(
    mask: Mask, x_px: float, y_px: float, shape: tuple[int, ...]
) -> tuple[slice, slice, Mask] | None:
    """Where in the scene the mask has ink, and that part of the mask; None if nowhere."""
    inked_rows, inked_columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not inked_rows.size:
        return None
    up, left = round(y_px - mask.shape[0] / 2), round(x_px - mask.shape[1] / 2)
    top, bottom = max(0, up + inked_rows[0]), min(shape[0], up + inked_rows[-1] + 1)
    first, last = max(0, left + inked_columns[0]), min(shape[1], left + inked_columns[-1] + 1)
    if top >= bottom or first >= last:
        return None
    part = mask[top - up : bottom - up, first - left : last - left]
    return slice(top, bottom), slice(first, last), part


def _slope(chance: np.random.Generator, height: int, width: int) -> Pixels:
    """(height, width): rising one way, unevenly."""
    angle = float(chance.uniform(0, 2 * np.pi))
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.float32(np.cos(angle))
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    slope: Pixels = across + down + np.float32(0.25) * noise(chance, height, width, height / 3)
    return slope


def _soft(mask: Mask, radius_px: float) -> Mask:
    soft = image(mask * 255.0).filter(ImageFilter.GaussianBlur(radius_px))
    return pixels_of(soft) / np.float32(255.0)


def _soft_scene(scene: Image.Image) -> NDArray[np.uint8]:
    """Its light: the mean of small squares, and smooth between their middles."""
    soft = scene.reduce(_TEXTURE_PX).filter(ImageFilter.GaussianBlur(1.0))
    return np.asarray(soft.resize(scene.size, Image.Resampling.BILINEAR))
