"""Pictures as text for the page. Metadata is never written."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

from PIL import Image


def webp(picture: Image.Image, quality: int = 72) -> str:
    """A scene. Method 2 costs half of Pillow's default for 5 % more bytes."""
    return data_uri(_saved(picture, "WEBP", quality=quality, method=2), "webp")


def webp_lossless(picture: Image.Image) -> str:
    """A piece with alpha, exact."""
    return data_uri(_saved(picture, "WEBP", lossless=True, quality=20, method=1), "webp")


def jpeg(picture: Image.Image, quality: int = 80) -> str:
    """Cheaper to make than WebP, and a quarter larger."""
    return data_uri(_saved(picture, "JPEG", quality=quality), "jpeg")


def data_uri(encoded: bytes, form: str) -> str:
    """`data:image/<form>;base64,…`."""
    return f"data:image/{form};base64,{b64encode(encoded).decode('ascii')}"


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()
