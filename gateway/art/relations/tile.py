"""One tile to draw on: things of cloth with light, rim and shadow, over a piece of a scene.

Places and lengths are fractions of the tile's side, from its upper left. Every thing gets colours
that stand out from what lies under it; which colours they are means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from gateway.art.relations.cloth import Cloth, bevel, shade, standing_out, weaker
from gateway.art.relations.sheet import FINE, SIDE_PX, Points, Sheet
from gateway.art.style import Style

SHADOW = 140  # of 255


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
        shade(self.chance, stuff, light)
        bevel(stuff, own, self.habits.rim)
        for at in spots:
            self.picture.paste(stuff, at, own)
        return cloth

    def _cloth(self, box: tuple[int, int, int, int]) -> Cloth:
        """Such as stands out from what lies below."""
        below = self.picture.crop(box).resize((1, 1), Image.Resampling.BOX)
        red, green, blue = below.tobytes()
        weave = int(self.chance.integers(len(self.weaves)))
        return standing_out(self.chance, (red, green, blue), weave)

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
        soft.paste(weaker(own.resize(small, Image.Resampling.BOX), SHADOW), (1, 1))
        dark = soft.resize(grown, Image.Resampling.BILINEAR)
        self.picture.paste((0, 0, 0), (at[0] - 4, at[1] - 3), dark)


def _dense(outline: Points) -> Points:
    """The same closed outline with more corners, so that its sides can be bent."""
    if len(outline) >= _MANY:
        return outline
    along = np.arange(_PARTS * len(outline)) / _PARTS
    corners = np.arange(len(outline) + 1)
    closed = np.vstack([outline, outline[:1]])
    return np.stack([np.interp(along, corners, closed[:, axis]) for axis in (0, 1)], axis=1)


_MANY = 16  # corners of an outline that needs no more
_PARTS = 6  # of a side, of any other
_ANGLES = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_RING = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
