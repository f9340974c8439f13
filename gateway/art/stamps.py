"""Things put into a scene: icons and characters, bent, hollowed in parts, filled with texture.

What a person sees is the local contrast along an outline; it is kept above a floor everywhere. What
a program would like is one colour, one sign of contrast or one scale of texture to look for: the
fill follows the light of what is behind it, is lighter here and darker there, and carries the
scene's own texture from elsewhere. Pieces of other things, drawn alike, lie between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from gateway.art.assets import Alpha
from gateway.art.colours import luminance
from gateway.art.fields import noise
from gateway.art.forms import Mask, Pixels, bounded, image, pixels_of
from gateway.art.warps import affine, warp

ROOM = 1.5  # of a stamp's picture, to its size: for turns and bends
_TEXTURE_PX = 7.0  # what is finer counts as texture, what is coarser as light


@dataclass(frozen=True, slots=True)
class Ink:
    """How stamps are drawn into a scene."""

    contrast: float = 58.0  # of luminance, along the outline; 0 to 255
    texture: float = 0.8  # of the scene's own, inside
    tint: float = 26.0  # how far the channels may differ
    two_toned: float = 0.5  # chance that a stamp is lighter in one part and darker in the other


def bent(
    chance: np.random.Generator,
    ink: Alpha,
    size_px: int,
    turn_deg: float,
    bend: float = 0.13,
    squeeze: float = 0.12,
    parts: int = 10,
) -> Mask:
    """(s, s) with s = 1.5 size_px: the ink with its longer side at `size_px`, turned, squeezed by
    up to `squeeze` along a slanted axis, every part moved by up to `bend` of its size. `parts` by
    `parts` of it are moved, smoothly: fewer are quicker to draw."""
    picture = Image.fromarray(ink)
    cut = picture.crop(picture.getbbox())
    side = round(ROOM * size_px)
    axis_deg = float(chance.uniform(0, 180))
    longer = 1.0 + squeeze * float(chance.uniform(-1, 1))
    ratio = size_px / max(cut.size)
    turned = affine(cut, axis_deg, ratio, (side, side))
    width = round(side * longer)
    stretched = affine(turned.resize((width, side)), turn_deg - axis_deg, 1.0, (side, side))
    return pixels_of(
        warp(
            chance, stretched, bend * size_px, cell_px=0.42 * size_px, mesh_px=max(6, side // parts)
        )
    ) / np.float32(255.0)


def hollowed(chance: np.random.Generator, mask: Mask, wall_px: float, share: float = 0.5) -> Mask:
    """Without about `share` of its inside; a wall of about `wall_px` stays."""
    side = mask.shape[0]
    inner = bounded((_soft(mask, wall_px) - 0.86) * 9.0, 0, 1)
    field = noise(chance, side, side, side / 2.2)
    within = field[inner > 0.5]
    edge = float(np.quantile(within, 1.0 - share)) if within.size else 0.0
    return mask * (1.0 - inner * bounded((field - edge) * 9.0, 0, 1))


def piece(chance: np.random.Generator, mask: Mask, share: float = 0.4) -> Mask:
    """A part of it, cut along an irregular line: about `share` of its ink stays."""
    side = mask.shape[0]
    angle = float(chance.uniform(0, 2 * np.pi))
    along = np.linspace(-1, 1, side, dtype=np.float32)
    field = along[None, :] * np.float32(np.cos(angle)) + along[:, None] * np.float32(np.sin(angle))
    field = field + 0.35 * noise(chance, side, side, side / 4)
    inked = field[mask > 0.5]
    edge = float(np.quantile(inked, 1.0 - share)) if inked.size else 0.0
    return mask * bounded((field - edge) * 14.0, 0, 1)


class Canvas:
    """A scene that stamps are put into. `values` is the picture as it stands."""

    def __init__(self, scene: Pixels) -> None:
        self.values = scene.copy()
        self._light = _soft_scene(scene)
        self._grain = scene - self._light

    def put(
        self, chance: np.random.Generator, mask: Mask, x_px: float, y_px: float, ink: Ink
    ) -> None:
        """With the middle of `mask` at (x, y). What lies outside is cut."""
        box = _box(mask.shape[0], x_px, y_px, self.values.shape)
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        if not (rows.start < rows.stop and columns.start < columns.stop):
            return
        cover = mask[box.mask_rows, box.mask_columns, None]
        light = self._light[rows, columns]
        off = self._off(chance, light, mask.shape[0], ink)
        fill = light + off + self._elsewhere(chance, light, ink)
        here = self.values[rows, columns]
        self.values[rows, columns] = bounded(here + cover * (fill - here))

    def _elsewhere(self, chance: np.random.Generator, like: Pixels, ink: Ink) -> Pixels:
        """Texture of another place of the scene."""
        height, width = like.shape[:2]
        top = int(chance.integers(self._grain.shape[0] - height + 1))
        left = int(chance.integers(self._grain.shape[1] - width + 1))
        return np.float32(ink.texture) * self._grain[top : top + height, left : left + width]

    def _off(self, chance: np.random.Generator, light: Pixels, side: int, ink: Ink) -> Pixels:
        """(h, w, 3): what is added to the light behind: lighter or darker, never in between."""
        height, width = light.shape[:2]
        start = 1.0 if chance.random() < 0.5 else -1.0
        sign = np.full((height, width), start, np.float32)
        if chance.random() < ink.two_toned:
            field = noise(chance, height, width, side / 1.3)
            sign = np.where(field > np.median(field), sign, -sign)
        level = luminance(light)
        sign = np.where(level < ink.contrast, 1.0, sign)
        sign = np.where(level > 255.0 - ink.contrast, -1.0, sign)
        tint = chance.uniform(-ink.tint, ink.tint, 3).astype(np.float32)
        tint -= np.float32(tint @ np.array([0.299, 0.587, 0.114], np.float32))
        return np.asarray(sign[..., None] * np.float32(ink.contrast) + tint, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a mask falls: of the scene, and the part of the mask that is inside."""

    top: int
    bottom: int
    left: int
    right: int
    mask_rows: slice
    mask_columns: slice


def _box(side: int, x_px: float, y_px: float, shape: tuple[int, ...]) -> _Box:
    up, left = round(y_px - side / 2), round(x_px - side / 2)
    top, bottom = max(0, up), min(shape[0], up + side)
    first, last = max(0, left), min(shape[1], left + side)
    rows, columns = slice(top - up, bottom - up), slice(first - left, last - left)
    return _Box(top, bottom, first, last, rows, columns)


def _soft(mask: Mask, radius_px: float) -> Mask:
    soft = image(mask * 255.0).filter(ImageFilter.GaussianBlur(radius_px))
    return pixels_of(soft) / np.float32(255.0)


def _soft_scene(scene: Pixels) -> Pixels:
    soft = image(scene).filter(ImageFilter.GaussianBlur(_TEXTURE_PX))
    return np.asarray(soft, dtype=np.float32)
