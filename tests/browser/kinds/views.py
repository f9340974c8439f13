"""Made-up views for each control: coloured fields, so that a look shows what lies where."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw

from gateway.kinds import view

JSON = Any
WIDE, HIGH = 640, 480  # px, at twice the size of the page


def uri(image: Image.Image) -> str:
    sink = io.BytesIO()
    image.save(sink, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(sink.getvalue()).decode()


def fields(columns: int, rows: int, width: int = WIDE, height: int = HIGH) -> Image.Image:
    """A checkered picture with a letter in each field."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for i in range(columns * rows):
        column, row = i % columns, i // columns
        left, top = width * column // columns, height * row // rows
        shade = (60 + 37 * i % 150, 90 + 53 * i % 140, 110 + 29 * i % 130)
        draw.rectangle((left, top, left + width // columns, top + height // rows), shade)
        size = min(width // columns, height // rows) // 2
        draw.text((left + size // 2, top + size // 2), chr(65 + i % 26), "white", font_size=size)
    return image


def piece(width: int, height: int, letter: str) -> Image.Image:
    image = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), 20, (200, 120, 40, 255))
    draw.text((width // 3, height // 4), letter, "white", font_size=height // 2)
    return image


PICTURE = {"picture": uri(fields(8, 6)), "aspect": WIDE / HIGH}
PROMPT = {"prompt": uri(fields(3, 1, 288, 96)), "prompt_aspect": 3}
PIECES = [
    {"picture": uri(piece(112, 96, "1")), "width": 0.175, "height": 0.2, "x": 0.25, "y": 1.15},
    {"picture": uri(piece(128, 96, "2")), "width": 0.2, "height": 0.2, "x": 0.75, "y": 1.15},
]
OPTIONS_PX = view.TILE_PX[0] * view.COLUMNS, view.TILE_PX[1] * view.ROWS
SCENES = {
    "rounds": [
        {
            "scene": uri(fields(4, 2, *view.SCENE_PX)),
            "options": uri(fields(view.COLUMNS, view.ROWS, *OPTIONS_PX)),
        }
        for _ in range(view.ROUNDS)
    ],
    "rows": view.ROWS,
    "columns": view.COLUMNS,
    "aspect": OPTIONS_PX[0] / OPTIONS_PX[1],
    "scene_aspect": view.SCENE_PX[0] / view.SCENE_PX[1],
}
DIALS = [uri(fields(2, 2, 280, 280)) for _ in range(2)]
NINE = uri(fields(3, 3, 540, 540))
BOARD = {"picture": uri(fields(6, 6, 600, 600)), "aspect": 1, "rows": 6, "columns": 6}

VIEWS: Mapping[str, JSON] = {
    "word": PICTURE | PROMPT | {"count": 3},
    "phrase": PICTURE | {"count": 4},
    "icon": PICTURE | PROMPT | {"count": 3},
    "puzzle": PICTURE | {"pieces": PIECES},
    "view": SCENES,
    "nine": {"picture": NINE, "prompt": DIALS[0], "relation": "joined"},
    "restore": PICTURE | {"rows": 2, "columns": 3, "mode": "order"},
    "gobang": BOARD | {"mode": "move"},
    "match": BOARD | {"mode": "swap"},
    "rotate": {"pictures": DIALS, "steps": 72},
}
