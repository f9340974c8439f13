"""A board of stones: things drawn on a scene, cell by cell, none like another of its kind.

Two stones of one kind show the same thing. One may be a line drawing, one filled, one cut out of a
badge; each is turned, bent, squeezed and coloured by chance, on ground that has the same contrasts.
Each is striped, which drowns the directions of its edges for those who compare these. So neither
colour nor pixels nor outer outlines pair them, and people still see what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from gateway.art.assets import Icon, icons
from gateway.art.forms import Mask, bounded, eight_bits, image, pixels_of
from gateway.art.scenes import scene
from gateway.art.stamps import Canvas, Ink, bent
from gateway.art.style import Style

STYLES = ("outline", "filled", "badge")  # equally many of each kind, as far as it goes
SIZE, SIZE_IN_BADGE = (0.7, 0.8), (0.58, 0.64)  # of a cell: the longer side of what it shows
BADGE = (0.86, 0.94)  # of a cell
TURN_DEG = 35.0
BEND, SQUEEZE = 0.09, 0.16  # of their size
JITTER = 0.07  # of a cell: how far a stone lies from its middle
INK = Ink(contrast=100.0, texture=0.5, tint=45.0, two_toned=0.08)
HATCH, HATCH_PERIOD = 0.45, (0.09, 0.13)  # of the ink; of a cell
COARSE = 1.5  # the scene is drawn smaller by this, and grown
LEAST_INK, MOST_SLIM = 0.16, 1.9  # of a filled icon in its box; of its sides
GRID = 26.0  # how far the lines between cells stand out, 0 to 255
POOL = 120  # icons of an install
ROUND, SQUARE = 0.06, 0.84  # how far from a disc, and the share of its box that a square covers


def kinds_of_stones(chance: np.random.Generator, style: Style, count: int) -> tuple[Icon, ...]:
    """So many things that nobody takes for one another, of those this install has."""
    chosen: list[Icon] = []
    own = _own(style)
    for index in chance.permutation(len(own)):
        if not any(_is_like(own[int(index)], other) for other in chosen):
            chosen.append(own[int(index)])
        if len(chosen) == count:
            break
    return tuple(chosen)


@lru_cache(maxsize=16)
def _own(style: Style) -> tuple[Icon, ...]:
    """What stones of an install may show."""
    known = [icon for icon in icons() if _is_plain(icon) and _form(icon) != "square"]
    return tuple(known[int(k)] for k in style.own("stones").permutation(len(known))[:POOL])


def _is_like(icon: Icon, other: Icon) -> bool:
    """Of one group, listed as alike, or both round."""
    are_round = _form(icon) == _form(other) == "round"
    return icon.group == other.group or icon.name in other.alike or are_round


@lru_cache(maxsize=512)
def _form(icon: Icon) -> str:
    """What is left of it from afar: "round", "square", or "" if it has a form of its own."""
    inked = np.maximum(icon.filled, icon.outline) > 100
    from_left, from_above = (np.logical_or.accumulate(inked, axis=k) for k in (1, 0))
    from_right = np.logical_or.accumulate(inked[:, ::-1], axis=1)[:, ::-1]
    from_below = np.logical_or.accumulate(inked[::-1], axis=0)[::-1]
    whole = from_left & from_right & from_above & from_below
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    box = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = box.shape
    if box.mean() > SQUARE:
        return "square"
    y = (np.arange(height)[:, None] + 0.5) / height * 2 - 1
    x = (np.arange(width)[None, :] + 0.5) / width * 2 - 1
    off_disc = float((box != (x**2 + y**2 < 1)).mean())
    return "round" if off_disc < ROUND and max(box.shape) < 1.2 * min(box.shape) else ""


def _is_plain(icon: Icon) -> bool:
    """Solid and compact enough to be known at a glance when it is small."""
    rows, columns = (np.flatnonzero((icon.filled > 0).any(axis)) for axis in (1, 0))
    width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    part = float(icon.filled.sum()) / 255.0 / (width * height)
    return part > LEAST_INK and max(width, height) < MOST_SLIM * min(width, height)


def draw_stones(
    chance: np.random.Generator,
    style: Style,
    cells: Sequence[Icon | None],
    columns: int,
    cell_px: int,
    pictures: tuple[bytes, ...] = (),
    bend: tuple[float, float] = (BEND, SQUEEZE),
) -> Image.Image:
    """The board, row by row; None is an empty cell. Cells fill the picture exactly. `bend`: how far
    parts of a stone are moved, and how far all of it is squeezed."""
    rows = len(cells) // columns
    canvas = Canvas(_ground(chance, style, rows, columns, cell_px, pictures))
    styles = _styles(chance, cells)
    for number in chance.permutation(len(cells)):
        icon = cells[int(number)]
        if icon is None:
            continue
        row, column = divmod(int(number), columns)
        off = chance.uniform(-JITTER, JITTER, 2)
        x_px, y_px = (column + 0.5 + off[0]) * cell_px, (row + 0.5 + off[1]) * cell_px
        drawn = stone(chance, icon, styles[int(number)], cell_px, bend)
        canvas.put(chance, drawn, float(x_px), float(y_px), INK)
    return canvas.picture()


def _styles(chance: np.random.Generator, cells: Sequence[Icon | None]) -> list[str]:
    """By cell. Two stones of a kind share a style no more often than they must."""
    styles = [""] * len(cells)
    for icon in {icon.name: icon for icon in cells if icon}.values():
        first = int(chance.integers(len(STYLES)))
        mine = [cell for cell, other in enumerate(cells) if other is icon]
        for number, cell in enumerate(chance.permutation(mine)):
            styles[int(cell)] = STYLES[(first + number) % len(STYLES)]
    return styles


def stone(
    chance: np.random.Generator,
    icon: Icon,
    style: str,
    cell_px: int,
    bend: tuple[float, float] = (BEND, SQUEEZE),
) -> Mask:
    """One drawing of it."""
    size = float(chance.uniform(*(SIZE_IN_BADGE if style == "badge" else SIZE)))
    turn_deg = float(chance.uniform(-TURN_DEG, TURN_DEG))
    is_filled = style == "filled" or (style == "badge" and chance.random() < 0.6)
    ink = icon.filled if is_filled else icon.outline
    mask = bent(chance, ink, round(cell_px * size), turn_deg, *bend)
    whole = _cut_out(chance, mask, cell_px) if style == "badge" else mask
    return whole * _hatch(chance, whole.shape[0], cell_px)


def _hatch(chance: np.random.Generator, side: int, cell_px: int) -> Mask:
    """Stripes of less and more ink."""
    angle = float(chance.uniform(0, np.pi))
    period = cell_px * float(chance.uniform(*HATCH_PERIOD))
    along = np.arange(side, dtype=np.float32)
    where = along[None, :] * np.float32(np.cos(angle)) + along[:, None] * np.float32(np.sin(angle))
    wave = np.abs((where / np.float32(period)) % 1.0 * 2 - 1)
    return np.asarray(1.0 - HATCH * bounded((wave - 0.35) * 4.0, 0, 1), np.float32)


def _cut_out(chance: np.random.Generator, mask: Mask, cell_px: int) -> Mask:
    """A badge of any form with the mask as a hole in it."""
    side_px = round(cell_px * float(chance.uniform(*BADGE)))
    room_px = max(side_px + 4, mask.shape[0])
    corners = int(chance.choice((4, 5, 6, 8, 24)))
    angles = float(chance.uniform(0, 2 * np.pi)) + np.arange(corners) * 2 * np.pi / corners
    far = side_px * (0.5 if corners > 5 else 0.56) * chance.uniform(0.94, 1.06, corners)
    points = zip(far * np.cos(angles) + room_px, far * np.sin(angles) + room_px, strict=True)
    badge = Image.new("L", (2 * room_px, 2 * room_px))
    ImageDraw.Draw(badge).polygon([(float(x), float(y)) for x, y in points], fill=255)
    badge = badge.crop((room_px // 2, room_px // 2, room_px // 2 + room_px, room_px // 2 + room_px))
    whole = pixels_of(badge.filter(ImageFilter.GaussianBlur(0.8))) / np.float32(255)
    edge = (room_px - mask.shape[0]) // 2
    whole[edge : edge + mask.shape[0], edge : edge + mask.shape[1]] *= 1 - mask
    return whole


def _ground(
    chance: np.random.Generator,
    style: Style,
    rows: int,
    columns: int,
    cell_px: int,
    pictures: tuple[bytes, ...],
) -> Image.Image:
    """A scene with crooked lines between the cells."""
    width, height = columns * cell_px, rows * cell_px
    small = scene(chance, round(width / COARSE), round(height / COARSE), style, pictures)
    grown = image(small).resize((width, height), Image.Resampling.BILINEAR)
    grid = Image.new("L", (width, height))
    draw = ImageDraw.Draw(grid)
    for line in range(1, columns):
        draw.line(_crooked(chance, line * cell_px, height, cell_px, False), 255, 3, "curve")
    for line in range(1, rows):
        draw.line(_crooked(chance, line * cell_px, width, cell_px, True), 255, 3, "curve")
    return _lined(np.array(grown), np.asarray(grid))


def _lined(scene: NDArray[np.uint8], lines: NDArray[np.uint8]) -> Image.Image:
    """(h, w, 3) with the lines, (h, w), lighter where it is dark and darker where it is light."""
    there = lines > 0
    under = scene[there].astype(np.float32)
    shade = np.where(under.mean(-1) < 128, GRID, -GRID) * lines[there] / 255.0
    scene[there] = eight_bits(under + shade[:, None].astype(np.float32))
    return Image.fromarray(scene)


def _crooked(
    chance: np.random.Generator, at_px: float, length_px: int, cell_px: int, lies: bool
) -> list[tuple[float, float]]:
    """A line across the picture, bent at each half cell."""
    along = np.arange(0, length_px + cell_px, cell_px / 2)
    across = at_px + chance.uniform(-0.035, 0.035, len(along)) * cell_px
    points = zip(along, across, strict=True) if lies else zip(across, along, strict=True)
    return [(float(x), float(y)) for x, y in points]
