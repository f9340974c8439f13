"""One tile to draw on: things of cloth with light, rim and shadow, over a piece of a scene.

Places and lengths are fractions of the tile's side, from its upper left. Every thing gets colours
that stand out from what lies under it; which colours they are means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from gateway.art.colours import Colour, from_hsv
from gateway.art.style import Style

SIDE_PX = 150
FINE = 2  # things are drawn so many times larger, then reduced: smooth edges
FLOOR = 70.0  # root mean square over the channels, from what lies below to a cloth's colour
SLACK = 25.0  # by which its second colour may be nearer
COLOUR_TRIES = 12
STEP = (45.0, 85.0)  # from one colour of a cloth to the other, in all channels
DARK = 330  # of 765: colours whose cloth has lighter ones
SHADOW = 140  # of 255
DASH = 0.12  # of a ring's outline, with the gap after it

Points = NDArray[np.float64]  # (n, 2): x and y


@dataclass(frozen=True, slots=True)
class Habits:
    """How an install draws such scenes; from its salt."""

    stroke: float  # factor of line widths
    rim: int  # 0 to 255: how dark the edges of things are
    shapes: tuple[str, ...]  # its vocabulary of flat shapes

    @classmethod
    def of(cls, style: Style, shapes: Sequence[str]) -> Habits:
        own = style.own("relations")
        return cls(
            stroke=float(own.uniform(0.9, 1.2)),
            rim=int(own.integers(60, 120)),
            shapes=tuple(shapes[i] for i in own.permutation(len(shapes))[:8]),
        )


@dataclass(frozen=True, slots=True)
class Cloth:
    """A pattern, by its place among the tile's, in one colour on another."""

    weave: int
    plain: Colour
    drawn: Colour


@dataclass(frozen=True, slots=True)
class Bend:
    """Moves every place of a tile smoothly: seen from the side, and as if drawn by hand."""

    matrix: Points  # (2, 2)
    waves: Points  # (4, 2): strengths, frequencies (two), phases of the two coordinates

    @classmethod
    def drawn(cls, chance: np.random.Generator) -> Bend:
        turn, squeeze = chance.uniform(0, np.pi), chance.uniform(0.78, 1.0)
        along = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = along @ np.diag([1.0, squeeze]) @ along.T
        waves = np.stack(
            [
                chance.uniform(0.008, 0.022, 2),
                chance.uniform(4, 9, 2),
                chance.uniform(4, 9, 2),
                chance.uniform(0, 6.3, 2),
            ]
        )
        return cls(matrix, waves)

    def __call__(self, points: Points) -> Points:
        strength, first, second, phase = self.waves
        moved = (points - 0.5) @ self.matrix + 0.5
        return np.asarray(
            moved + strength * np.sin(moved * first + moved[:, ::-1] * second + phase)
        )


@dataclass(slots=True)
class Tile:
    """A piece of a scene, `SIDE_PX` on a side, and what things on it are made of."""

    chance: np.random.Generator
    picture: Image.Image
    weaves: Sequence[Image.Image]  # patterns of mode L, of the same size
    habits: Habits
    bend: Bend = field(init=False)

    def __post_init__(self) -> None:
        self.bend = Bend.drawn(self.chance)

    def alike(
        self, outline: Points, places: Sequence[Points], light: str, cloth: Cloth | None = None
    ) -> Cloth:
        """A filled shape, its outline about the origin, drawn once and laid in all these places."""
        middle = np.array([[0.5, 0.5]])
        bent = self.bend(_dense(outline) + middle)
        sheet = Sheet.about(bent, 0.0)
        sheet.draw.polygon(sheet.fine(bent), fill=255)
        off = np.rint((self.bend(np.array(places)) - self.bend(middle)) * SIDE_PX).astype(int)
        return self.thing(sheet, light, cloth, [(x, y) for x, y in off.tolist()])

    def balls(self, places: Sequence[Points], radius: float) -> Cloth:
        return self.alike(_RING * radius, places, "ball")

    def strip(self, path: Points, width: float, cloth: Cloth | None = None) -> Cloth:
        """A thick line with round ends."""
        bent = self.bend(path)
        sheet = Sheet.about(bent, width)
        sheet.strip(bent, width)
        return self.thing(sheet, "plain", cloth)

    def ring(self, path: Points, width: float, line: float, gap: float) -> Cloth:
        """The outline, `line` wide, of a thick line `width` wide; in dashes, `gap` between them."""
        bent = self.bend(path)
        sheet = Sheet.about(bent, width + line)
        sheet.strip(bent, width + line)
        sheet.strip(bent, width - line, 0)
        sheet.cut(bent, width + 2 * line, gap)
        return self.thing(sheet, "plain")

    def thing(
        self,
        sheet: Sheet,
        light: str,
        cloth: Cloth | None = None,
        shifts_px: Sequence[tuple[int, int]] = ((0, 0),),
    ) -> Cloth:
        """Whatever is drawn on a sheet, in cloth of its own; once for each shift."""
        own, (left, top) = sheet.mask.reduce(FINE), sheet.at_px
        spots = [(left + x, top + y) for x, y in shifts_px]
        if cloth is None:
            x, y = spots[0]
            cloth = self._cloth((x, y, x + own.width, y + own.height))
            for at in spots:
                self._shadow(own, at)
        stuff = self._cut(cloth, own.size)
        _shade(self.chance, stuff, light)
        _bevel(stuff, own, self.habits.rim)
        for at in spots:
            self.picture.paste(stuff, at, own)
        return cloth

    def _cloth(self, box: tuple[int, int, int, int]) -> Cloth:
        """A colour that stands out from what lies below, and a darker or lighter one in it."""
        below = self.picture.crop(box).resize((1, 1), Image.Resampling.BOX)
        red, green, blue = below.tobytes()
        weave = int(self.chance.integers(len(self.weaves)))
        best, best_off = Cloth(weave, (0, 0, 0), (0, 0, 0)), -1.0
        for plain, drawn in _colours(self.chance):
            off = min(_off(plain, (red, green, blue)), _off(drawn, (red, green, blue)) + SLACK)
            if off > best_off:
                best, best_off = Cloth(weave, plain, drawn), off
            if off >= FLOOR:
                break
        return best

    def _cut(self, cloth: Cloth, size: tuple[int, int]) -> Image.Image:
        x, y = (int(self.chance.integers(0, SIDE_PX - side + 1)) for side in size)
        stuff = Image.new("RGB", size, cloth.plain)
        weave = self.weaves[cloth.weave].crop((x, y, x + size[0], y + size[1]))
        stuff.paste(cloth.drawn, (0, 0), weave)
        return stuff

    def _shadow(self, own: Image.Image, at: tuple[int, int]) -> None:
        """Soft, around all of it and further to the lower right."""
        small = (max(2, own.width // 5), max(2, own.height // 5))
        grown = (own.width + 10, own.height + 10)
        soft = Image.new("L", (small[0] + 2, small[1] + 2))
        soft.paste(_weaker(own.resize(small, Image.Resampling.BOX), SHADOW), (1, 1))
        dark = soft.resize(grown, Image.Resampling.BILINEAR)
        self.picture.paste((0, 0, 0), (at[0] - 4, at[1] - 3), dark)


# --- Masks and forms -----------------------------------------------------------------------------


@dataclass(slots=True)
class Sheet:
    """Where one thing is drawn as a mask, `FINE` times the size: no larger than the thing."""

    at_px: tuple[int, int]  # its upper left, on the tile
    mask: Image.Image
    draw: ImageDraw.ImageDraw

    @classmethod
    def about(cls, points: Points, width: float) -> Sheet:
        """A sheet with room for these places and `width` around them, as far as the tile goes."""
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        x0, x1 = _extent(left, right, width / 2)
        y0, y1 = _extent(top, bottom, width / 2)
        mask = Image.new("L", (FINE * (x1 - x0), FINE * (y1 - y0)))
        return cls((x0, y0), mask, ImageDraw.Draw(mask))

    def fine(self, points: Points) -> list[float]:
        """x, y, x, y, … in px of the mask."""
        found: list[float] = ((points * SIDE_PX - self.at_px) * FINE).ravel().tolist()
        return found

    def strip(self, path: Points, width: float, fill: int = 255) -> None:
        """A thick line with round ends: a field for each part of it."""
        across = _across(path) * (width / 2)
        one, other = path - across, path + across
        fields = np.stack([one[:-1], other[:-1], other[1:], one[1:]], axis=1)
        fine = ((fields * SIDE_PX - self.at_px) * FINE).reshape(len(fields), 8).tolist()
        for corners in fine:
            self.draw.polygon(corners, fill=fill)
        half = width / 2 * SIDE_PX * FINE
        for x, y in ((path[[0, -1]] * SIDE_PX - self.at_px) * FINE).tolist():
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill)

    def cut(self, path: Points, width: float, gap: float) -> None:
        """Take narrow parts away across the sides of a thick line, and at both of its ends."""
        across = _across(path) * (width / 2)
        gone = []
        for side in (-across, across):
            run = np.hypot(*np.diff(path + side, axis=0).T).cumsum()
            at = np.searchsorted(run, np.arange(DASH / 2, run[-1] - DASH / 2, DASH))
            gone.append(np.hstack([path[at] + 0.5 * side[at], path[at] + side[at]]))
        for k, out in ((0, -1.0), (-1, 1.0)):
            for lean in (-0.7, 0.7):
                to = turned(out * across[[k]], lean - np.pi / 2)
                gone.append(np.hstack([path[[k]] + 0.5 * to, path[[k]] + to]))
        fine = ((np.vstack(gone).reshape(-1, 2) * SIDE_PX - self.at_px) * FINE).reshape(-1, 4)
        for ends in fine.tolist():
            self.draw.line(ends, fill=0, width=max(1, round(gap * SIDE_PX * FINE)))


def _across(path: Points) -> Points:
    """By place, of length 1: square to the line."""
    way = np.gradient(path, axis=0)
    long = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)[:, None]
    return np.stack([-way[:, 1], way[:, 0]], axis=1) / long


def turned(points: Points, angle: float, size: float = 1.0) -> Points:
    """About the origin, by radians."""
    cos, sin = np.cos(angle) * size, np.sin(angle) * size
    made: Points = points @ np.array([[cos, sin], [-sin, cos]])
    return made


def _extent(low: float, high: float, more: float) -> tuple[int, int]:
    """The px of the tile, along one axis, that hold what lies there."""
    start = min(max(int((low - more) * SIDE_PX) - 1, 0), SIDE_PX - 4)
    return start, min(max(int((high + more) * SIDE_PX) + 2, start + 4), SIDE_PX)


def _dense(outline: Points) -> Points:
    """The same closed outline with more corners, so that its sides can be bent."""
    if len(outline) >= _MANY:
        return outline
    along = np.arange(_PARTS * len(outline)) / _PARTS
    corners = np.arange(len(outline) + 1)
    closed = np.vstack([outline, outline[:1]])
    return np.stack([np.interp(along, corners, closed[:, axis]) for axis in (0, 1)], axis=1)


def _off(one: Colour, other: Colour) -> float:
    return float(np.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / 3))


def _colours(chance: np.random.Generator) -> Iterator[tuple[Colour, Colour]]:
    """Pairs to choose from: any colour, and one that is darker or lighter, a little off in hue."""
    plain = chance.random((COLOUR_TRIES, 3)) * (1.0, 0.6, 0.85) + (0.0, 0.1, 0.15)
    steps = chance.uniform(*STEP, (COLOUR_TRIES, 1)) * (1, -1)
    off = chance.normal(0.0, 14.0, (COLOUR_TRIES, 3))
    for hsv, step, by in zip(plain.tolist(), steps.tolist(), off.tolist(), strict=True):
        colour = from_hsv(*hsv)
        way = step[0] if sum(colour) < DARK else step[1]
        red, green, blue = (
            min(255, max(0, int(c + way + o))) for c, o in zip(colour, by, strict=True)
        )
        yield colour, (red, green, blue)


_MANY = 16  # corners of an outline that needs no more
_PARTS = 6  # of a side, of any other
_ANGLES = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_RING = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def _weaker(mask: Image.Image, most: int) -> Image.Image:
    """A mask scaled so that 255 becomes `most`."""
    return ImageChops.multiply(mask, Image.new("L", mask.size, most))


_STRENGTH = {"ball": 0.72, "plain": 0.3, "top": 0.0, "front": 0.25, "side": 0.6}


@cache
def _dark(light: str, turn: int) -> Image.Image:
    """How much darker a thing gets, of mode L, by its form and where the light is."""
    if light == "ball":
        grown = Image.radial_gradient("L").crop((30, 30, 256, 256)).resize((64, 64))
    elif light in ("plain", "top"):
        grown = Image.linear_gradient("L").resize((90, 90)).rotate(45 * turn).crop((13, 13, 77, 77))
    else:
        grown = Image.new("L", (64, 64), 255)
    return grown.point([int(v * _STRENGTH[light]) for v in range(256)])


def _shade(chance: np.random.Generator, stuff: Image.Image, light: str) -> None:
    """Darken by form: a ball from its lit spot outwards, flat things along a line."""
    turn = int(chance.integers(8)) if light == "plain" else 0
    stuff.paste((0, 0, 0), (0, 0), _dark(light, turn).resize(stuff.size, Image.Resampling.BILINEAR))


def _bevel(stuff: Image.Image, own: Image.Image, rim: int) -> None:
    """Edges towards the light are lighter."""
    moved = Image.new("L", own.size)
    moved.paste(own, (2, 2))
    stuff.paste((255, 255, 255), (0, 0), _weaker(ImageChops.subtract(own, moved), rim))
