"""The two forms of a picture, and chance for numpy."""

from __future__ import annotations

from random import Random
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels: TypeAlias = NDArray[np.float32]  # (height, width, 3) or (height, width); 0 to 255
Mask: TypeAlias = NDArray[np.float32]  # (height, width); 0 to 1


def generator(rng: Random) -> np.random.Generator:
    """Numpy's chance, drawn from `rng`: the same state of it gives the same pictures."""
    return np.random.Generator(np.random.PCG64(rng.getrandbits(128)))


def image(values: Pixels) -> Image.Image:
    """An image of mode RGB, or L for two dimensions; values outside 0 to 255 are cut."""
    return Image.fromarray(eight_bits(values))


def eight_bits(values: Pixels) -> NDArray[np.uint8]:
    """Rounded and cut to 0 to 255."""
    whole = np.clip(values, 0.0, 255.0)
    whole += 0.5
    return whole.astype(np.uint8)


def pixels(picture: Image.Image) -> Pixels:
    """(height, width, 3) of any image; its alpha, if any, is left out."""
    return np.asarray(picture.convert("RGB"), dtype=np.float32)


def pixels_of(channel: Image.Image) -> Pixels:
    """(height, width) of a one-channel image."""
    return np.asarray(channel, dtype=np.float32)


def bounded(values: NDArray[Any], low: float = 0.0, high: float = 255.0) -> Pixels:
    """Cut to the bounds, as float32."""
    return np.asarray(np.clip(values, low, high), dtype=np.float32)


def blurred(values: Pixels, radius_px: float) -> Pixels:
    """Gaussian blur, of one channel or three; rounds to whole values on the way."""
    if not radius_px > 0:
        return values
    soft = image(values).filter(ImageFilter.GaussianBlur(radius_px))
    return np.asarray(soft, dtype=np.float32)
