"""Pictures come out of a view as they went in."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from gateway.bench.pictures import alpha, decode, grey, rgb, size_px, uris


def uri(pixels: np.ndarray, kind: str) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, lossless=True)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"


@pytest.mark.parametrize("kind", ["png", "webp"])
@pytest.mark.parametrize("channels", [3, 4])
def test_decode(kind, channels):
    pixels = np.random.default_rng(1).integers(0, 256, (7, 9, channels), np.uint8)
    if channels == 4:
        pixels[..., 3] |= 1  # a WebP forgets the colour of what is all transparent
    np.testing.assert_array_equal(decode(uri(pixels, kind)), pixels)
    assert size_px(uri(pixels, kind)) == (9, 7)


def test_alpha_and_grey():
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0] = (255, 255, 255, 51)
    assert alpha(pixels)[0].tolist() == pytest.approx([0.2, 0.0])
    assert grey(pixels)[0].tolist() == pytest.approx([255.0, 0.0])
    assert alpha(rgb(pixels)).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("bad", ["", "x", "data:text/html;base64,AA==", "data:image/png,AA"])
def test_what_is_no_picture(bad):
    with pytest.raises(ValueError, match="not a picture"):
        decode(bad)


def test_every_picture_of_a_view_is_found():
    view = {"a": "data:image/webp;base64,AA==", "b": [{"c": "data:image/png;base64,BB=="}, 3]}
    assert [*uris(view)] == ["data:image/webp;base64,AA==", "data:image/png;base64,BB=="]
