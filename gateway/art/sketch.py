"""Drawings made of lines and forms that are numbers until they are painted.

A sketch is a list of shapes, the farthest first. It lies in a frame three wide and two high, y
downwards, so that turning, mirroring, bending and cutting it are sums on its points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2): x and y
XY = tuple[float, float]

WIDTH, HEIGHT = 3.0, 2.0
_STEPS = 6  # of a curve, between two of its points


@dataclass(frozen=True, slots=True)
class Shape:
    """`tone`: which of the painter's tones fills it; None for a mere line. `wide`: a factor."""

    points: Points
    tone: int | None
    wide: float = 1.0
    corners: tuple[int, ...] = ()  # which of the points are sharp corners


@dataclass(slots=True)
class Sketch:
    """What is drawn so far."""

    chance: np.random.Generator
    shapes: list[Shape] = field(default_factory=list)

    def about(self, value: float, most: float) -> float:
        """`value`, at most `most` off."""
        return value + float(self.chance.uniform(-most, most))

    def one_of(self, *names: str) -> str:
        return names[int(self.chance.integers(len(names)))]

    def maybe(self, share: float = 0.5) -> bool:
        return bool(self.chance.random() < share)

    def poly(self, tone: int, *points: XY) -> None:
        """Straight from point to point, and back to the first."""
        dense = [_straight(a, b) for a, b in pairwise((*points, points[0]))]
        corners = np.cumsum([0, *(len(side) for side in dense[:-1])])
        self._add(np.concatenate(dense), tone, corners=tuple(corners.tolist()))

    def blob(self, tone: int, *points: XY) -> None:
        """A smooth form through all points."""
        self._add(_smooth(points, closed=True), tone)

    def oval(self, tone: int, x: float, y: float, wide: float, high: float, deg: float = 0) -> None:
        """`wide`, `high`: half of each; turned by `deg`, clockwise."""
        round_ = np.linspace(0, 2 * np.pi, 33)[:-1]
        cos, sin = np.cos(np.deg2rad(deg)), np.sin(np.deg2rad(deg))
        across, down = wide * np.cos(round_), high * np.sin(round_)
        points = np.stack([x + across * cos - down * sin, y + across * sin + down * cos], 1)
        self._add(points, tone)

    def tube(self, tone: int, points: Sequence[XY], start: float, end: float) -> None:
        """A limb along the points, so thick at its start and its end."""
        spine = _smooth(points, closed=False)
        along = np.gradient(spine, axis=0)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        off = np.stack([-along[:, 1], along[:, 0]], 1)
        off *= np.linspace(start / 2, end / 2, len(spine))[:, None]
        tip = spine[-1] + along[-1] * end / 2
        self._add(np.concatenate([spine + off, tip[None], (spine - off)[::-1]]), tone)

    def line(self, *points: XY, wide: float = 1.0) -> None:
        """A smooth line through all points."""
        self._add(_smooth(points, closed=False), None, wide)

    def straight(self, *points: XY, wide: float = 1.0) -> None:
        """Straight from point to point."""
        dense = np.concatenate([_straight(a, b) for a, b in pairwise(points)])
        self._add(np.concatenate([dense, np.array([points[-1]])]), None, wide)

    def dot(self, x: float, y: float, size: float) -> None:
        """A spot of ink."""
        self.oval(INK, x, y, size, size)

    def _add(
        self, points: Points, tone: int | None, wide: float = 1.0, corners: tuple[int, ...] = ()
    ) -> None:
        self.shapes.append(Shape(points, tone, wide, corners))


INK = -1  # the tone of the lines themselves
TONES = 5  # besides


def _straight(one: XY, other: XY) -> Points:
    """From one on, without the other: enough points to be bent."""
    count = 2 + int(np.hypot(other[0] - one[0], other[1] - one[1]) / 0.12)
    return np.linspace(one, other, count)[:-1]


def _smooth(points: Sequence[XY], closed: bool) -> Points:
    """A Catmull-Rom spline."""
    known = np.array(points, np.float64)
    if closed:
        known = np.concatenate([known[-1:], known, known[:2]])
    else:
        known = np.concatenate([2 * known[:1] - known[1:2], known, 2 * known[-1:] - known[-2:-1]])
    t = (np.arange(_STEPS) / _STEPS)[None, :, None]
    a, b, c, d = (known[n : len(known) - 3 + n, None, :] for n in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2)
    curve = curve + 0.5 * (3 * b - a - 3 * c + d) * t**3
    flat = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, known[-2:-1]])


# --- As a whole ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bend:
    """A smooth way to move every point a little: a few waves, each across and along the frame."""

    waves: Points  # (k, 2): radians for each unit of x and y
    phases: NDArray[np.float64]  # (k,)
    most: Points  # (k, 2): how far each moves x and y

    @classmethod
    def draw(cls, chance: np.random.Generator, most: float, per_frame: float = 1.6) -> Bend:
        """Points move by about `most`; the waves repeat up to `per_frame` times in its height."""
        waves = chance.normal(0, np.pi * per_frame / HEIGHT, (4, 2))
        return cls(waves, chance.uniform(0, 2 * np.pi, 4), chance.normal(0, most / 2, (4, 2)))

    def __call__(self, points: Points) -> Points:
        moved: Points = points + np.sin(points @ self.waves.T + self.phases) @ self.most
        return moved


@dataclass(frozen=True, slots=True)
class Pose:
    """How points are put: about `middle` stretched (width over height) and sheared, sized and
    turned (clockwise), mirrored, carried `to`."""

    middle: XY
    to: XY
    size: float = 1.0
    turn_deg: float = 0.0
    stretch: float = 1.0
    shear: float = 0.0
    mirrored: bool = False

    def __call__(self, points: Points) -> Points:
        angle, wide = np.deg2rad(self.turn_deg), float(np.sqrt(self.stretch))
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        form = np.array([[wide, 0.0], [self.shear, 1.0 / wide]])
        turn = np.array([[cos, sin], [-sin, cos]]) * self.size
        flip = np.diag([-1.0 if self.mirrored else 1.0, 1.0])
        put: Points = (points - np.array(self.middle)) @ form @ turn @ flip + np.array(self.to)
        return put


@dataclass(frozen=True, slots=True)
class Play:
    """How far poses and bends go: each drawn evenly up to this."""

    off: float  # in units of the frame
    size: float  # factors up to 1 + this, and down to its inverse
    turn_deg: float
    stretch: float  # as `size`
    shear: float
    bend: float  # in units of the frame

    def steps(
        self,
        chance: np.random.Generator,
        middle: XY,
        to: XY,
        scale: float = 1.0,
        mirrored: bool = False,
    ) -> tuple[Bend, Pose]:
        """What to move a sketch by: about `middle`, to `to`, `scale` times as large."""
        x, y, turn, shear = chance.uniform(-1, 1, 4).tolist()
        size, stretch = (1 + np.array([self.size, self.stretch])) ** chance.uniform(-1, 1, 2)
        about = (middle[0] + x * self.off, middle[1] + y * self.off)
        pose = Pose(
            *(about, to, scale * float(size), turn * self.turn_deg),
            *(float(stretch), shear * self.shear, mirrored),
        )
        return Bend.draw(chance, self.bend), pose


Step = Callable[[Points], Points]


def moved(shapes: Sequence[Shape], *steps: Step) -> list[Shape]:
    """The shapes with all of their points so moved, one step after the other."""
    points, starts = _together(shapes, steps)
    return [_with(shape, points[starts[n] : starts[n + 1]]) for n, shape in enumerate(shapes)]


def seen_in(side: float, shapes: Sequence[Shape], *steps: Step, room: float) -> list[Shape]:
    """`moved`, and of them those that reach into the square of that side or within `room` of it."""
    points, starts = _together(shapes, steps)
    least = np.minimum.reduceat(points, starts[:-1]) < side + room
    most = np.maximum.reduceat(points, starts[:-1]) > -room
    there = np.flatnonzero((least & most).all(1)).tolist()
    return [_with(shapes[n], points[starts[n] : starts[n + 1]]) for n in there]


def _together(shapes: Sequence[Shape], steps: Sequence[Step]) -> tuple[Points, list[int]]:
    """All points, moved; where each shape's begin, and where the last one's end."""
    points = np.concatenate([shape.points for shape in shapes])
    for step in steps:
        points = step(points)
    return points, [0, *accumulate(len(shape.points) for shape in shapes)]


def _with(shape: Shape, points: Points) -> Shape:
    return Shape(points, shape.tone, shape.wide, shape.corners)


def outlines(shapes: Sequence[Shape], most_wide: float = 1.6) -> list[Shape]:
    """Their lines alone, nothing filled and nothing hidden, none wider than that."""
    return [
        Shape(
            shape.points
            if shape.tone is None
            else np.concatenate([shape.points, shape.points[:1]]),
            tone=None,
            wide=min(shape.wide, most_wide),
        )
        for shape in shapes
    ]
