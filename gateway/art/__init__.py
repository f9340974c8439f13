"""The drawing room: what kinds share to draw a fresh picture each time. Pure, by numpy and Pillow.

Two forms of a picture go about here, both plain data:
  `Pixels`  float32 (height, width, 3), sRGB values 0 to 255: for sums, fields and measures
  `Image`   Pillow's, 8 bits: for drawing, warping, resizing and encoding, which it does in C
`pixels` and `image` turn one into the other. All chance comes from a `numpy.random.Generator`,
which `generator` derives from the kind's own `Random`; the same seed gives the same bytes.
"""

from gateway.art.colours import Palette, from_hsv, luminance, recolour
from gateway.art.fields import colour_cloud, noise, shading
from gateway.art.forms import Pixels, blurred, bounded, generator, image, pixels, pixels_of
from gateway.art.scenes import photo, scene
from gateway.art.send import data_uri, jpeg, webp, webp_lossless, within
from gateway.art.style import Style
from gateway.art.warps import affine, bent, warp

__all__ = [
    "Palette",
    "Pixels",
    "Style",
    "affine",
    "bent",
    "blurred",
    "bounded",
    "colour_cloud",
    "data_uri",
    "from_hsv",
    "generator",
    "image",
    "jpeg",
    "luminance",
    "noise",
    "photo",
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
