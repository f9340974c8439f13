"""Figures that nobody has seen before, each with an up that nobody doubts.

Birds, people and faces, put together of parts whose sizes, slants and kinds are drawn anew each
time: legs longer or shorter than a neck, crests, horns or ears, a hat as high as a head. What
sticks out above looks much like what sticks out below: one has to know what legs are. Lengths are
free: `figure` brings the whole into a circle of radius 1 about the middle.
"""

from __future__ import annotations

import numpy as np

from gateway.art.sketch import Bend, Points, Shape, Sketch, moved
from gateway.art.style import Style
from gateway.art.upright import birds, people

FAMILIES = (*(birds.bird,) * 3, *(people.person,) * 4, *(people.face,) * 2)
_STRETCH = 0.32  # of the logarithm of width over height
_SLANT = 0.06
_WAVES = 0.7  # of a bend in 2 radii: so slow that legs and backs lean little
_LOOSE = 3  # parts in a row, at most
_OWN_BEND = 0.03  # of an install, the same in all its figures


def figure(chance: np.random.Generator, style: Style, bend: float) -> list[Shape]:
    """A figure that stands upright, in a circle of radius 1; its points move by about `bend`."""
    sketch = Sketch(chance)
    FAMILIES[int(chance.integers(len(FAMILIES)))](sketch)
    points = _together(sketch.shapes)
    low, high = points.min(0), points.max(0)
    middle, form = (low + high) / 2, _form(chance) / float(np.hypot(*(high - low)) / 2)

    def put(points: Points) -> Points:
        formed: Points = (points - middle) @ form
        return formed

    own = Bend.draw(style.own("upright"), _OWN_BEND, _WAVES)
    bent = moved(sketch.shapes, put, own, Bend.draw(chance, bend, _WAVES))
    back = _as_upright(points, _together(bent), mirrored=form[0, 0] < 0)
    return moved(bent, lambda points: points @ back)


def _as_upright(before: Points, after: Points, mirrored: bool) -> Points:
    """(2, 2): the turn that brings what is slanted and bent as near as can be to how it stood."""
    still = (before - before.mean(0)) * (-1.0 if mirrored else 1.0, 1.0)
    after = after - after.mean(0)
    dot = float((after * still).sum())
    cross = float((after[:, 0] * still[:, 1] - after[:, 1] * still[:, 0]).sum())
    far = np.hypot(dot, cross)
    turn: Points = np.array([[dot, cross], [-cross, dot]]) / far
    return turn


def loose(chance: np.random.Generator, style: Style, bend: float, count: int) -> list[list[Shape]]:
    """`count` times some parts of one figure, up to three that follow on each other, each about
    the middle."""
    shapes = figure(chance, style, bend)
    firsts = chance.integers(max(1, len(shapes) - _LOOSE + 1), size=count)
    return [_middled(shapes[first : first + _LOOSE]) for first in firsts.tolist()]


def _middled(shapes: list[Shape]) -> list[Shape]:
    points = _together(shapes)
    middle = (points.min(0) + points.max(0)) / 2
    return moved(shapes, lambda points: points - middle)


def _together(shapes: list[Shape]) -> Points:
    return np.concatenate([shape.points for shape in shapes])


def turned(
    shapes: list[Shape], turn_deg: float, size_px: float, middle_px: tuple[float, float]
) -> list[Shape]:
    """The shapes turned counter-clockwise about the middle, a length of 1 `size_px` long."""
    angle = np.deg2rad(turn_deg)
    cos, sin = float(np.cos(angle)) * size_px, float(np.sin(angle)) * size_px
    turn, to = np.array([[cos, -sin], [sin, cos]]), np.array(middle_px)

    def put(points: Points) -> Points:
        carried: Points = points @ turn + to
        return carried

    return moved(shapes, put)


def _form(chance: np.random.Generator) -> Points:
    """(2, 2): stretched, mirrored or not, and slanted sideways."""
    wide = float(np.exp(chance.uniform(-_STRETCH, _STRETCH)))
    mirrored = -1.0 if chance.random() < 0.5 else 1.0
    slant = np.array([[1.0, 0.0], [float(chance.uniform(-_SLANT, _SLANT)), 1.0]])
    formed: Points = np.diag([mirrored * wide, 1.0 / wide]) @ slant
    return formed
