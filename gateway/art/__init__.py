"""The drawing room: what kinds share to draw a fresh picture each time. Pure, by numpy and Pillow.

Two forms of a picture go about here, both plain data:
  `Pixels`  float32 (height, width, 3), sRGB values 0 to 255: for sums, fields and measures
  `Image`   Pillow's, 8 bits: for drawing, warping, resizing and encoding, which it does in C
`pixels` and `image` turn one into the other. All chance comes from a `numpy.random.Generator`,
which `generator` derives from the kind's own `Random`; the same seed gives the same bytes.
"""

from gateway.art.colours import from_hsv, luminance, recolour
from gateway.art.fields import shading
from gateway.art.forms import Pixels, blurred, bounded, generator, image, pixels, pixels_of
from gateway.art.scenes import scene
from gateway.art.send import jpeg, webp, webp_lossless, within
from gateway.art.style import Style
from gateway.art.warps import affine, warp

__all__ = [
    "Pixels",
    "Style",
    "affine",
    "blurred",
    "bounded",
    "from_hsv",
    "generator",
    "image",
    "jpeg",
    "luminance",
    "pixels",
    "pixels_of",
    "recolour",
    "scene",
    "shading",
    "warp",
    "webp",
    "webp_lossless",
    "within",
]
