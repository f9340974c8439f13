"""People from the front, and faces alone."""

from __future__ import annotations

import numpy as np

from gateway.art.sketch import INK, XY, Sketch
from gateway.art.upright.parts import LIGHT, between, count, eye, other, tone


def person(s: Sketch) -> None:
    """Arms anywhere, legs apart or not, in trousers or a dress."""
    size, shirt, limb = between(s, 0.14, 0.27), tone(s), between(s, 0.1, 0.17)
    top, high, half = between(s, -0.55, -0.35), between(s, 0.4, 0.75), between(s, 0.15, 0.3)
    hip, leg = top + high, between(s, 0.35, 0.75)
    for way in (-1, 1):
        knee = (way * (0.5 * half + between(s, -0.03, 0.15)), hip + leg / 2)
        foot = (way * (0.5 * half + between(s, -0.05, 0.3)), hip + leg)
        s.tube(other(shirt), [(0.5 * way * half, hip - 0.08), knee, foot], limb, 0.8 * limb)
        _arm(s, shirt, (0.8 * way * half, top + 0.1), way, limb)
    if s.maybe(0.35):
        hem, wide = hip + leg * between(s, 0.2, 0.6), half * between(s, 1.4, 2.2)
        s.poly(shirt, (-0.8 * half, top), (0.8 * half, top), (wide, hem), (-wide, hem))
    else:
        waist = half * between(s, 0.7, 1.2)
        s.blob(shirt, (-half, top), (half, top), (waist, hip), (0, hip + 0.05), (-waist, hip))
    _small_head(s, shirt, top - 0.9 * size, size)


def _arm(s: Sketch, shirt: int, shoulder: XY, way: int, limb: float) -> None:
    slope, half = between(s, -1.4, 1.3), between(s, 0.2, 0.33)
    bent = slope + between(s, -1, 0.6)
    x = shoulder[0] + way * (0.05 + float(np.cos(slope)) * half)
    elbow = (x, shoulder[1] + float(np.sin(slope)) * half)
    hand = (x + way * float(np.cos(bent)) * half, elbow[1] + float(np.sin(bent)) * half)
    s.tube(shirt, [shoulder, elbow, hand], limb, 0.7 * limb)
    s.oval(LIGHT, *hand, 0.5 * limb, 0.5 * limb)


def _small_head(s: Sketch, shirt: int, y: float, size: float) -> None:
    hair = s.one_of("spikes", "long", "hat", "bun", "none")
    if hair == "long":
        crown = ((-1.2 * size, y - 0.3 * size), (0, y - 1.3 * size), (1.2 * size, y - 0.3 * size))
        s.blob(other(shirt, 2), *crown, (1.3 * size, y + 1.5 * size), (-1.3 * size, y + 1.5 * size))
    elif hair == "spikes":
        _spikes(s, (0, y), (size, size), (1.75, 1.75))
    elif hair == "bun":
        s.oval(other(shirt, 2), between(s, -0.5, 0.5) * size, y - 1.2 * size, size / 2, size / 2)
    s.oval(LIGHT, 0, y, size * between(s, 0.8, 1.1), size)
    for way in (-1, 1):
        s.dot(0.35 * way * size, y - 0.1 * size, 0.13 * size)
    mouth = y + 0.4 * size
    s.line((-0.4 * size, mouth), (0, mouth + 0.15 * size), (0.4 * size, mouth))
    if hair == "hat":
        _hat(s, other(shirt, 3), y - 0.6 * size, between(s, 0.6, 1.0) * size, 1.5 * size)


def _spikes(s: Sketch, middle: XY, half: XY, reach: XY) -> None:
    """Hair that stands on end."""
    (x, y), (wide, high) = middle, half
    for angle in np.linspace(-1.2, 1.2, count(s, 4, 9)):
        sin, cos = float(np.sin(angle)), float(np.cos(angle))
        far = between(s, *reach)
        root = (x + 0.9 * wide * sin, y - 0.9 * high * cos)
        s.line(root, (x + wide * far * sin, y - high * far * cos), wide=1.6)


def _hat(s: Sketch, tone: int, y: float, half: float, brim: float) -> None:
    high = half * between(s, 0.6, 1.6)
    s.poly(tone, (-half, y), (-0.85 * half, y - high), (0.85 * half, y - high), (half, y))
    s.straight((-brim, y), (brim, y), wide=2.2)


def face(s: Sketch) -> None:
    """Eyes above, a mouth below, and between and around them anything."""
    half, skin = (between(s, 0.5, 0.85), between(s, 0.6, 0.9)), tone(s)
    above = s.one_of("spikes", "hat", "horns", "ears", "long ears", "curls", "none")
    _behind_face(s, above, skin, half)
    _outline(s, skin, half)
    if above == "hat":
        _hat(s, other(skin, 3), -0.6 * half[1], 0.75 * half[0], 1.25 * half[0])
    y = -half[1] * between(s, 0.0, 0.3)
    _eyes(s, y, half[0] * between(s, 0.28, 0.5), between(s, 0.09, 0.19))
    below = y + between(s, 0.24, 0.36)
    _nose(s, other(skin, 2), below)
    mouth = min(below + between(s, 0.2, 0.35), 0.78 * half[1])
    _mouth(s, mouth, half[0] * between(s, 0.25, 0.55))


def _behind_face(s: Sketch, what: str, skin: int, half: XY) -> None:
    wide, high = half
    if what == "spikes":
        _spikes(s, (0, 0), half, (1.2, 1.5))
    elif what == "curls":
        for angle in np.linspace(-1.3, 1.3, count(s, 5, 8)):
            size = between(s, 0.13, 0.22)
            at = (wide * float(np.sin(angle)), -high * float(np.cos(angle)))
            s.oval(other(skin), *at, size, size)
    for way in (-1, 1):
        w = way * wide
        if what == "ears":
            s.poly(skin, (0.95 * w, -0.2 * high), (w, -1.3 * high), (0.2 * w, -0.8 * high))
        elif what == "long ears":
            tip = (w * between(s, 0.3, 0.9), -1.6 * high)
            s.tube(skin, [(0.4 * w, -0.7 * high), (0.5 * w, -1.2 * high), tip], 0.28, 0.2)
        elif what == "horns":
            tip = (0.95 * w, -1.4 * high)
            s.tube(LIGHT, [(0.6 * w, -0.65 * high), (1.1 * w, -0.9 * high), tip], 0.22, 0.03)


def _outline(s: Sketch, skin: int, half: XY) -> None:
    wide, high = half
    match s.one_of("oval", "square", "pear", "heart"):
        case "oval":
            s.oval(skin, 0, 0, wide, high)
        case "square":
            x, y = 0.93 * wide, 0.85 * high
            s.blob(skin, (-x, -y), (x, -y), (x, y), (-x, y))
        case "pear":
            x, y = 0.5 * wide, 0.9 * high
            s.blob(
                skin, (-x, -y), (x, -y), (wide, 0.4 * high), (x, y), (-x, y), (-wide, 0.4 * high)
            )
        case _:
            x, y = 0.9 * wide, 0.7 * high
            s.blob(skin, (-x, -y), (0, -0.9 * high), (x, -y), (x, 0), (0, high), (-x, 0))


def _eyes(s: Sketch, y: float, apart: float, size: float) -> None:
    kind, brows = s.one_of("dot", "ring", "closed", "crossed"), s.maybe(0.4)
    slope, d = between(s, -0.1, 0.1), 0.7 * size
    for way in (-1, 1):
        x = way * apart
        match kind:
            case "dot":
                s.dot(x, y, d)
            case "ring":
                eye(s, x, y, size)
            case "closed":
                s.line((x - size, y + 0.03), (x, y - 0.6 * size), (x + size, y + 0.03), wide=1.6)
            case _:
                s.straight((x - d, y - d), (x + d, y + d), wide=1.6)
                s.straight((x - d, y + d), (x + d, y - d), wide=1.6)
        if brows:
            brow = y - 1.6 * size
            s.line((way * (apart - size), brow), (way * (apart + size), brow + slope), wide=2.0)


def _nose(s: Sketch, tone: int, y: float) -> None:
    match s.one_of("wedge", "ball", "line", "none"):
        case "wedge":
            s.poly(tone, (0, y - 0.2), (0.12, y), (-0.12, y))
        case "ball":
            s.oval(tone, 0, y - 0.05, between(s, 0.07, 0.14), 0.09)
        case "line":
            s.line((0, y - 0.2), (0.1, y), (-0.02, y + 0.02), wide=1.4)
        case _:
            pass


def _mouth(s: Sketch, y: float, half: float) -> None:
    match s.one_of("curved", "open", "teeth"):
        case "curved":
            bow = between(s, 0.03, 0.1)
            s.line((-half, y - bow), (0, y + bow), (half, y - bow), wide=1.8)
        case "open":
            s.oval(INK, 0, y, 0.6 * half, between(s, 0.06, 0.14))
        case _:
            low = 0.8 * half
            s.poly(LIGHT, (-half, y - 0.08), (half, y - 0.08), (low, y + 0.1), (-low, y + 0.1))
            for x in (-0.5, 0.0, 0.5):
                s.straight((x * half, y - 0.08), (x * half, y + 0.1))
