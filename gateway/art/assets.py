"""What kinds draw with besides fields: icons, things by several hands, characters, phrases.

Reads only what is shipped in `config/art/`, the same bytes at every call, each file once: a kind
that draws with it stays a function of its seed. How the folder is made: `config/art/README.md`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from itertools import accumulate
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gateway.files import data_dir

Alpha: TypeAlias = NDArray[np.uint8]  # (height, width): how much ink, 0 to 255; read-only
Font = Literal[
    "noto-sans-sc-regular",
    "noto-sans-sc-bold",
    "noto-serif-sc-black",
    "lxgw-wenkai-bold",
    "noto-sans-regular",
    "noto-sans-bold",
    "noto-serif-black",
]

ICON_PX = 96
SHOWN_PX, DRAWING_PX = 64, 80  # of a thing in colours; of one in one tone
_MOST_GLYPH_PX = 512


@dataclass(frozen=True, slots=True, eq=False)
class Icon:
    """One thing, drawn in two styles, each (96, 96) with an empty rim of 4."""

    name: str
    group: str  # animal, plant, food, …
    outline: Alpha
    filled: Alpha
    alike: frozenset[str]  # names of icons of much its shape or meaning: never both in one picture
    plain: bool  # many have much its shape: hard to tell once it is bent


@cache
def icons() -> tuple[Icon, ...]:
    """Every icon, always in the same order. No two are alike as they stand."""
    rows = json.loads(_read("icons.json"))
    atlas = _atlas("icons.png", "L")
    return tuple(
        Icon(
            name=row["name"],
            group=row["group"],
            outline=_square(atlas, 2 * number, ICON_PX),
            filled=_square(atlas, 2 * number + 1, ICON_PX),
            alike=frozenset(row["alike"]),
            plain=row["plain"],
        )
        for number, row in enumerate(rows)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """One thing as several hands have drawn it: people know it in each, their outlines differ."""

    name: str
    shown: Alpha  # (64, 64, 4): in colours, with alpha
    drawings: tuple[Alpha, ...]  # each (80, 80), in one tone
    alike: frozenset[str]  # names of things that people may take it for: never both in one picture
    near: tuple[str, ...]  # programs take it for these, most often the first


@cache
def concepts() -> tuple[Concept, ...]:
    """Every thing that is drawn by several hands, always in the same order."""
    rows = json.loads(_read("concepts.json"))
    inks = _atlas("concepts.png", "L")
    shown = _atlas("concepts.webp", "RGBA")
    starts = accumulate((len(row["drawings"]) for row in rows), initial=0)
    return tuple(
        Concept(
            name=row["name"],
            shown=_square(shown, number, SHOWN_PX),
            drawings=tuple(
                _square(inks, start + n, DRAWING_PX) for n in range(len(row["drawings"]))
            ),
            alike=frozenset(row["alike"]),
            near=tuple(row["near"]),
        )
        for number, (row, start) in enumerate(zip(rows, starts, strict=False))
    )


def _atlas(name: str, mode: str) -> Alpha:
    with Image.open(BytesIO(_read(name))) as opened:
        atlas = np.asarray(opened.convert(mode))
    atlas.setflags(write=False)
    return atlas


def _square(atlas: Alpha, number: int, side_px: int) -> Alpha:
    """The cell of that number, row by row."""
    row, column = divmod(number, atlas.shape[1] // side_px)
    top, left = row * side_px, column * side_px
    return atlas[top : top + side_px, left : left + side_px]


@lru_cache(maxsize=2048)
def glyph(character: str, size_px: int, font: Font = "noto-sans-sc-bold") -> Alpha:
    """The ink of one character at `size_px` to the em, cut to its bounding box.

    Raises ValueError for what the font can't draw: more or less than one character, one that the
    subset lacks, a blank, or a size that is not 1 to 512.
    """
    if not 1 <= size_px <= _MOST_GLYPH_PX:
        raise ValueError(f"no size for a character: {size_px} px")
    if len(character) != 1 or character not in characters(font):
        raise ValueError(f"{font} has no {character!r}")
    drawn = _font(font, size_px)
    left, top, right, bottom = drawn.getbbox(character)
    picture = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), character, fill=255, font=drawn)
    ink = np.asarray(picture)
    ink.setflags(write=False)
    return ink


@lru_cache(maxsize=128)
def _font(font: Font, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(_read(f"{font}.ttf")), size_px)


@cache
def characters(font: Font = "noto-sans-sc-bold") -> frozenset[str]:
    """What `glyph` can draw: of the Chinese fonts what the lists here hold, of the others ASCII."""
    if font in ("noto-sans-regular", "noto-sans-bold", "noto-serif-black"):
        return frozenset(map(chr, range(0x21, 0x7F)))
    of_plain = font in ("noto-serif-sc-black", "lxgw-wenkai-bold")
    lists = ("plain.txt",) if of_plain else ("phrases.txt", "characters.txt")
    return frozenset("".join(word for name in lists for word in _words(name)))


@cache
def phrases() -> tuple[str, ...]:
    """Well-known phrases of four characters that all differ."""
    return _words("phrases.txt")


def _words(name: str) -> tuple[str, ...]:
    lines = _read(name).decode("utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _read(name: str) -> bytes:
    return (data_dir("config") / "art" / name).read_bytes()
