"""The pictures of a view, as an attacker gets them: decoded to pixels.

Colours are what the file holds (sRGB, 0..255); sizes are pixels of the file, not of the screen.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway.model import JSON

Pixels = NDArray[np.uint8]  # (height, width, 3 RGB or 4 RGBA)
Plane = NDArray[np.float32]  # (height, width)

LUMA = np.array((0.299, 0.587, 0.114), np.float32)  # ITU-R BT.601


def decode(uri: str) -> Pixels:
    """A `data:image/…;base64,…` string as (h, w, 3) RGB, or (h, w, 4) where it has an alpha."""
    with _opened(uri) as picture:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        return np.asarray(picture.convert(mode))


def size_px(uri: str) -> tuple[int, int]:
    """Width and height, by the head of the file alone."""
    with _opened(uri) as picture:
        return picture.size


def _opened(uri: str) -> Image.Image:
    head, _, body = uri.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise ValueError(f"not a picture: {uri[:40]}")
    return Image.open(io.BytesIO(base64.b64decode(body, validate=True)))


def is_picture(value: JSON) -> bool:
    """Whether this is a picture in the form that views use."""
    return isinstance(value, str) and value.startswith("data:image/")


def uris(value: JSON) -> Iterator[str]:
    """Every picture in a view, in the order it is written."""
    if is_picture(value):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from uris(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from uris(inner)


def rgb(picture: Pixels) -> Pixels:
    """Without alpha (what is transparent keeps the colour that the file gives it)."""
    return picture[..., :3]


def alpha(picture: Pixels) -> Plane:
    """How opaque, 0..1; all 1 where the file has no alpha."""
    if picture.shape[2] == 3:
        return np.ones(picture.shape[:2], np.float32)
    return picture[..., 3].astype(np.float32) / 255.0


def grey(picture: Pixels) -> Plane:
    """Luma, 0..255."""
    return np.asarray(rgb(picture).astype(np.float32) @ LUMA, np.float32)
