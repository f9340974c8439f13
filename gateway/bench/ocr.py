"""ddddocr as an attacker would use it: an extra, with its models in the wheel.

https://github.com/sml2h3/ddddocr (MIT). Nothing here runs unless it is installed; an `Attack`
that leans on it says `needs="ddddocr"`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image

from gateway.bench.pictures import Pixels

NEEDS = "ddddocr"
Box = tuple[int, int, int, int]  # left, top, right, bottom


def png(picture: Pixels) -> bytes:
    """As a file, for it reads nothing else."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()


def detect(picture: Pixels) -> list[Box]:
    """Boxes of what it takes for characters or icons."""
    found: Sequence[Sequence[int]] = _detector().detection(png(picture[..., :3]))
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in found]


def read(picture: Pixels) -> str:
    """The characters that it reads."""
    return str(_reader().classification(png(picture[..., :3])))


def crop(picture: Pixels, box: Box, margin_px: int = 0) -> Pixels:
    """What is in the box, with a margin; at least one pixel."""
    left, top, right, bottom = box
    height, width = picture.shape[:2]
    left, top = max(0, min(left - margin_px, width - 1)), max(0, min(top - margin_px, height - 1))
    return picture[top : max(top + 1, bottom + margin_px), left : max(left + 1, right + margin_px)]


@cache
def _detector() -> Any:
    return _made(det=True, ocr=False)


@cache
def _reader() -> Any:
    return _made(det=False, ocr=True)


def _made(**which: bool) -> Any:
    import ddddocr

    return ddddocr.DdddOcr(show_ad=False, **which)
