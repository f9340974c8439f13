"""Draw numbered questions on sheets: each with its pictures, and rulers to name places by.

Everything is in px of the sheet. A question's pictures keep their sizes relative to each other; the
biggest is `SCENE_PX` wide or high, or `OPTION_PX` where there are many of the same size.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

from gateway.model import JSON
from gateway.preview.finding import Found, pictures, rounds, words

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SHEET_PX = 1540  # wide, and about as high: what a viewer shows without making it smaller
SCENE_PX = 440
OPTION_PX = 150
CONTACT_PX = 230
RULER_PX = 26
GAP_PX = 10
TEXT_PX = 13
WORDS_IN_LINE = 4
NUMBER_PX = 26
BIG = 0.6  # share of the biggest picture's area, from which a picture is a scene with rulers
MOST_SCENES = 2  # more big pictures than that are options
MOST_SCALE = 3.0

INK = (20, 20, 20)
SOFT = (110, 110, 110)
PAPER = (255, 255, 255)
CHECKS = ((225, 225, 225), (250, 250, 250))  # behind what is see-through
CHECK_PX = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One question: its number on the sheets, and what the page would get."""

    number: int
    view: JSON


def sheets(items: Sequence[Item], per_sheet: int = 6) -> Iterator[bytes]:
    """PNG sheets of up to `per_sheet` questions each; of fewer, where they would get too high."""
    sheet: list[Image] = []
    for block in map(_block, items):
        if sheet and (len(sheet) == per_sheet or _flowed([*sheet, block]).height > SHEET_PX):
            yield _png(_flowed(sheet))
            sheet = []
        sheet.append(block)
    if sheet:
        yield _png(_flowed(sheet))


def contact(items: Sequence[Item]) -> bytes:
    """The first big picture of every question side by side: do they vary?"""
    tiles = [_contact_tile(item) for item in items]
    return _png(_flowed(tiles))


# --- One question ------------------------------------------------------------------------------


def _block(item: Item) -> Image:
    """Number, rounds side by side, and the words of the view below."""
    groups = rounds(list(pictures(item.view)))
    head = _text(f"{item.number}", NUMBER_PX)
    drawn = [_round(group) for group in groups]
    body = [_beside(drawn)] if drawn else []
    lines = [_text("   ".join(few), TEXT_PX, SOFT) for few in _by(WORDS_IN_LINE, words(item.view))]
    return _padded(_below([head, *body, *lines]))


def _by(count: int, said: Iterable[str]) -> Iterator[tuple[str, ...]]:
    left = iter(said)
    while few := tuple(islice(left, count)):
        yield few


def _round(group: list[Found]) -> Image:
    """Scenes with rulers; then the rest, those of one list in a row."""
    opened = [(one, _opened(one.data)) for one in group]
    biggest_px = max(picture.width * picture.height for _, picture in opened)
    big = [one for one in opened if one[1].width * one[1].height >= BIG * biggest_px]
    scenes = big if len(big) <= MOST_SCENES else []
    longest_px = max(max(picture.size) for _, picture in opened)
    scale = min(MOST_SCALE, (SCENE_PX if scenes else OPTION_PX) / longest_px)
    parts = [_below([_text(o.name, TEXT_PX, SOFT), ruled(_scaled(p, scale))]) for o, p in scenes]
    rest = [one for one in opened if one not in scenes]
    for _, row in groupby(rest, key=lambda one: one[0].family):
        parts.append(_row([(one.name, _scaled(picture, scale)) for one, picture in row]))
    return _below(parts)


def _row(named: list[tuple[str, Image]]) -> Image:
    """Small pictures side by side, each under its name; broken where the row is full."""
    cells = [_below([_text(name, TEXT_PX, SOFT), picture]) for name, picture in named]
    return _flowed(cells, SCENE_PX + 2 * RULER_PX)


def _contact_tile(item: Item) -> Image:
    found = list(pictures(item.view))
    if not found:
        return _padded(_text(f"{item.number}", TEXT_PX))
    biggest = max((_opened(one.data) for one in found), key=lambda p: p.width * p.height)
    shown = _scaled(biggest, CONTACT_PX / max(biggest.size))
    return _below([_text(f"{item.number}", TEXT_PX), shown])


# --- Pictures ----------------------------------------------------------------------------------


def ruled(scene: Image) -> Image:
    """The scene with rulers outside its edges: ticks for every 0.05, figures for every 0.1."""
    from PIL import Image as Images
    from PIL import ImageDraw as Drawing

    width, height = scene.size
    made = Images.new("RGB", (width + 2 * RULER_PX, height + 2 * RULER_PX), PAPER)
    made.paste(scene, (RULER_PX, RULER_PX))
    draw = Drawing.Draw(made)
    for step in range(21):
        long = step % 2 == 0
        x, y = RULER_PX + round(width * step / 20), RULER_PX + round(height * step / 20)
        tick_px = 7 if long else 4
        for start, way in ((RULER_PX - 1, -1), (RULER_PX + height, 1)):
            draw.line((x, start, x, start + way * tick_px), fill=INK)
        for start, way in ((RULER_PX - 1, -1), (RULER_PX + width, 1)):
            draw.line((start, y, start + way * tick_px, y), fill=INK)
        if long:
            _figures(draw, step / 20, (x, y), (width, height))
    return made


def _figures(draw: ImageDraw, share: float, at: tuple[int, int], size: tuple[int, int]) -> None:
    figure = f"{share:.1f}".removeprefix("0") if share < 1 else "1"
    font = _font(10)
    x, y = at
    for middle in (
        (x, 9),
        (x, size[1] + 2 * RULER_PX - 9),
        (8, y),
        (size[0] + 2 * RULER_PX - 8, y),
    ):
        draw.text(middle, figure, fill=INK, font=font, anchor="mm")


def _opened(data: bytes) -> Image:
    """The picture as RGB; what is see-through shows a chequered ground."""
    from PIL import Image as Images

    picture = Images.open(io.BytesIO(data)).convert("RGBA")
    ground = _chequered(picture.size)
    ground.paste(picture, (0, 0), picture)
    return ground


def _chequered(size: tuple[int, int]) -> Image:
    from PIL import Image as Images

    small = (size[0] // CHECK_PX + 1, size[1] // CHECK_PX + 1)
    made = Images.new("RGB", small)
    made.putdata([CHECKS[(x + y) % 2] for y in range(small[1]) for x in range(small[0])])
    whole = (small[0] * CHECK_PX, small[1] * CHECK_PX)
    return made.resize(whole, Images.Resampling.NEAREST).crop((0, 0, *size))


def _scaled(picture: Image, scale: float) -> Image:
    from PIL import Image as Images

    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Images.Resampling.LANCZOS)


# --- Laying out --------------------------------------------------------------------------------


def _text(text: str, size_px: int, ink: tuple[int, int, int] = INK) -> Image:
    from PIL import Image as Images
    from PIL import ImageDraw as Drawing

    font = _font(size_px)
    width = round(font.getlength(text)) + 2
    made = Images.new("RGB", (width, round(size_px * 1.35)), PAPER)
    Drawing.Draw(made).text((0, 0), text, fill=ink, font=font)
    return made


def _font(size_px: int):  # type: ignore[no-untyped-def]  # Pillow has two types of font
    from PIL import ImageFont

    return ImageFont.load_default(size_px)


def _below(parts: Sequence[Image]) -> Image:
    """Parts under each other, flush left."""
    width = max(part.width for part in parts)
    made = _paper(width, sum(part.height for part in parts))
    y = 0
    for part in parts:
        made.paste(part, (0, y))
        y += part.height
    return made


def _beside(parts: Sequence[Image]) -> Image:
    """Parts next to each other, flush with the top."""
    made = _paper(sum(part.width for part in parts), max(part.height for part in parts))
    x = 0
    for part in parts:
        made.paste(part, (x, 0))
        x += part.width
    return made


def _flowed(parts: Sequence[Image], width_px: int = SHEET_PX) -> Image:
    """Parts in rows, as words in a paragraph."""
    rows: list[list[Image]] = [[]]
    for part in map(_padded, parts):
        if rows[-1] and sum(one.width for one in rows[-1]) + part.width > width_px:
            rows.append([])
        rows[-1].append(part)
    return _below([_beside(row) for row in rows])


def _padded(part: Image) -> Image:
    made = _paper(part.width + GAP_PX, part.height + GAP_PX)
    made.paste(part, (GAP_PX // 2, GAP_PX // 2))
    return made


def _paper(width: int, height: int) -> Image:
    from PIL import Image as Images

    return Images.new("RGB", (width, height), PAPER)


def _png(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
