"""What drives, flies and swims, its front at the left."""

from __future__ import annotations

import numpy as np

from gateway.art.sketch import INK, Sketch


def _wheel(s: Sketch, x: float, y: float, size: float, spokes: int) -> None:
    s.oval(3, x, y, size, size)
    s.oval(4, x, y, 0.62 * size, 0.62 * size)
    start = s.about(0.5, 0.5)
    for angle in start + np.arange(spokes) * 2 * np.pi / max(spokes, 1):
        s.straight((x, y), (x + 0.62 * size * np.cos(angle), y + 0.62 * size * np.sin(angle)))
    s.dot(x, y, 0.16 * size)


def _puffs(s: Sketch, x: float, y: float, count: int, step: float) -> None:
    for n in range(count):
        size = 0.1 + 0.045 * n
        s.oval(4, x + n * step, s.about(y - 0.05 * n, 0.03), 1.2 * size, size)


def locomotive(s: Sketch) -> None:
    """With a smoking chimney in front, a dome, a cab, and a rod from cylinder to great wheel."""
    _puffs(s, 0.55, 0.16, 4, 0.26)
    s.poly(1, (1.95, 0.32), (2.75, 0.32), (2.75, 1.35), (1.95, 1.35))
    s.poly(2, (1.82, 0.18), (2.92, 0.18), (2.85, 0.36), (1.88, 0.36))
    s.poly(4, (2.1, 0.5), (2.35, 0.5), (2.35, 0.85), (2.1, 0.85))
    s.poly(4, (2.45, 0.5), (2.65, 0.5), (2.65, 0.85), (2.45, 0.85))
    s.poly(2, (0.42, 0.75), (0.36, 0.28), (0.76, 0.28), (0.68, 0.75))
    s.blob(2, (1.2, 0.75), (1.22, 0.5), (1.42, 0.4), (1.62, 0.5), (1.64, 0.75))
    s.poly(0, (0.24, 0.68), (1.98, 0.68), (1.98, 1.35), (0.24, 1.35))
    for x in (0.95, 1.75):
        s.straight((x, 0.68), (x, 1.35), wide=1.6)
    s.oval(4, 0.2, 0.98, 0.13, 0.16)
    s.poly(2, (0.1, 1.35), (2.9, 1.35), (2.9, 1.52), (0.1, 1.52))
    s.poly(3, (0.3, 1.5), (0.3, 1.88), (-0.1, 1.88))
    _wheel(s, 0.62, 1.68, 0.24, 4)
    s.poly(4, (1.02, 1.56), (1.56, 1.56), (1.56, 1.82), (1.02, 1.82))
    _wheel(s, 2.3, 1.56, 0.38, int(s.chance.integers(6, 9)))
    s.straight((1.56, 1.69), (2.3, 1.7), wide=2.2)
    s.straight((-0.2, 1.95), (3.2, 1.95), wide=1.6)


def car(s: Sketch) -> None:
    """With a lamp that shines ahead, a driver, a door, and fumes behind."""
    top = s.about(0.3, 0.05)
    s.blob(
        0,
        (0.1, 1.5),
        (0.06, 1.1),
        (0.3, 0.92),
        (0.85, 0.84),
        (1.25, top),
        (2.1, top),
        (2.6, 0.85),
        (2.82, 1.0),
        (2.85, 1.5),
        (1.5, 1.55),
    )
    s.poly(4, (1.0, 0.86), (1.32, top + 0.14), (1.66, top + 0.14), (1.66, 0.86))
    s.poly(4, (1.78, 0.86), (1.78, top + 0.14), (2.08, top + 0.14), (2.4, 0.86))
    s.oval(2, 1.42, 0.66, 0.12, 0.14)
    s.line((1.14, 0.84), (1.22, 0.68))
    s.straight((1.72, 0.9), (1.72, 1.5))
    s.straight((0.95, 0.95), (0.98, 1.5))
    s.line((1.46, 1.05), (1.62, 1.05), wide=2.0)
    s.oval(4, 0.22, 1.1, 0.12, 0.13)
    for y in (0.95, 1.1, 1.25):
        s.line((0.02, y), (-0.3, 1.8 * y - 0.9))
    s.poly(2, (-0.02, 1.36), (0.28, 1.36), (0.28, 1.54), (-0.02, 1.54))
    s.poly(2, (2.7, 1.08), (2.86, 1.08), (2.86, 1.26), (2.7, 1.26))
    _wheel(s, 0.66, 1.56, 0.33, 5)
    _wheel(s, 2.24, 1.56, 0.33, 5)
    _puffs(s, 2.86, 1.62, 2, 0.2)
    s.straight((2.7, 0.9), (2.78, 0.2), wide=1.3)
    s.dot(2.78, 0.18, 0.06)


def sailboat(s: Sketch) -> None:
    """With two sails, a flag, portholes, an anchor at the bow, waves, and a cloud behind."""
    x, y = s.about(2.5, 0.06), s.about(0.42, 0.04)
    s.blob(
        0,
        (x - 0.4, y + 0.12),
        (x - 0.3, y - 0.12),
        (x, y - 0.22),
        (x + 0.3, y - 0.1),
        (x + 0.42, y + 0.12),
        (x, y + 0.2),
    )
    mast = s.about(1.3, 0.04)
    s.poly(4, (mast + 0.1, 0.2), (mast + 0.1, 1.16), (s.about(2.72, 0.05), 1.16))
    s.straight((mast + 0.14, 0.8), (2.1, 0.8))
    s.straight((mast + 0.14, 0.5), (1.78, 0.5))
    s.blob(1, (mast - 0.08, 0.14), (0.85, 0.68), (0.24, 1.16), (0.8, 1.1), (mast - 0.08, 1.1))
    s.poly(3, (mast - 0.04, 0.02), (mast + 0.05, 0.02), (mast + 0.05, 1.36), (mast - 0.04, 1.36))
    s.poly(2, (mast + 0.05, 0.0), (mast + 0.5, 0.08), (mast + 0.05, 0.18))
    s.poly(0, (-0.02, 1.22), (2.75, 1.3), (2.5, 1.78), (0.45, 1.78))
    s.straight((0.12, 1.36), (2.7, 1.43), wide=1.6)
    for x in (1.15, 1.5, 1.85):
        s.oval(4, x, 1.57, 0.1, 0.1)
    s.straight((0.42, 1.38), (0.42, 1.62), wide=1.6)
    s.line((0.3, 1.52), (0.42, 1.64), (0.54, 1.52), wide=1.6)
    s.poly(3, (2.62, 1.4), (2.9, 1.4), (2.8, 1.86), (2.55, 1.86))
    for y in (1.76, 1.92):
        points = [(-0.2 + 0.28 * n, y + (0.07 if n % 2 else -0.07)) for n in range(13)]
        s.line(*points, wide=1.8)
    for x, y in ((0.25, 0.5), (0.55, 0.25)):
        s.line(
            (x - 0.16, y - 0.07),
            (x - 0.06, y - 0.1),
            (x, y),
            (x + 0.08, y - 0.1),
            (x + 0.18, y - 0.06),
            wide=1.4,
        )


def helicopter(s: Sketch) -> None:
    """With its glass in front, rotors above and at the tail, and skids."""
    s.poly(1, (1.7, 0.72), (2.82, 0.62), (2.82, 0.8), (1.7, 1.18))
    s.poly(2, (2.62, 0.66), (2.76, s.about(0.3, 0.05)), (2.94, 0.28), (2.9, 0.8))
    s.oval(4, 2.82, 0.68, 0.26, 0.26)
    s.straight((2.62, 0.86), (3.02, 0.5), wide=2.0)
    s.straight((2.64, 0.5), (3.0, 0.86), wide=2.0)
    s.tube(3, [(1.15, 0.62), (1.15, 0.22)], 0.14, 0.12)
    tilt = s.about(0.0, 0.05)
    s.poly(2, (-0.1, 0.14 + tilt), (2.4, 0.14 - tilt), (2.4, 0.24 - tilt), (-0.1, 0.24 + tilt))
    s.oval(3, 1.15, 0.19, 0.14, 0.1)
    s.blob(
        0,
        (0.1, 1.1),
        (0.3, 0.68),
        (0.8, 0.5),
        (1.5, 0.52),
        (2.0, 0.86),
        (1.85, 1.34),
        (1.2, 1.5),
        (0.45, 1.46),
    )
    s.blob(4, (0.18, 1.06), (0.36, 0.74), (0.82, 0.6), (0.85, 1.1))
    s.oval(2, 0.6, 0.88, 0.12, 0.14)
    s.poly(4, (1.05, 0.66), (1.5, 0.66), (1.5, 1.02), (1.05, 1.02))
    s.straight((1.28, 1.02), (1.28, 1.44))
    s.straight((0.95, 0.6), (0.95, 1.46))
    s.straight((1.95, 1.0), (2.75, 0.8))
    for x in (0.75, 1.65):
        s.straight((x, 1.42), (x - 0.08, 1.82), wide=1.8)
    s.tube(3, [(0.2, 1.66), (0.35, 1.82), (1.2, 1.84), (2.15, 1.84)], 0.1, 0.1)
    for x, y in ((2.35, 1.4), (2.62, 1.72)):
        s.line((x - 0.2, y), (x, y - 0.12), (x + 0.1, y), (x + 0.3, y - 0.06), wide=1.3)


def aeroplane(s: Sketch) -> None:
    """With its nose and cockpit, a row of windows, wing and engine, and a tail fin."""
    s.poly(2, (2.2, 0.82), (2.66, s.about(0.1, 0.05)), (2.96, 0.1), (2.8, 0.9))
    s.poly(1, (1.45, 0.66), (2.0, 0.12), (2.25, 0.14), (1.9, 0.7))
    s.blob(
        0,
        (0.0, 1.02),
        (0.2, 0.78),
        (0.65, 0.62),
        (1.5, 0.6),
        (2.4, 0.7),
        (2.96, 0.78),
        (2.5, 1.1),
        (1.6, 1.3),
        (0.6, 1.3),
        (0.15, 1.18),
    )
    s.poly(4, (0.3, 0.76), (0.6, 0.68), (0.62, 0.86), (0.28, 0.9))
    s.straight((0.46, 0.72), (0.46, 0.88))
    s.poly(4, (0.75, 0.74), (0.9, 0.74), (0.9, 1.12), (0.75, 1.12))
    for x in np.arange(1.05, 2.3, 0.2):
        s.oval(4, float(x), 0.84, 0.06, 0.07)
    s.poly(1, (1.1, 1.06), (1.75, 1.06), (2.35, s.about(1.78, 0.05)), (2.08, 1.8))
    s.oval(3, 1.42, 1.56, 0.3, 0.14)
    s.oval(INK, 1.16, 1.56, 0.07, 0.12)
    s.poly(2, (2.4, 0.86), (2.72, 0.86), (2.98, 1.12), (2.8, 1.14))
    s.straight((0.5, 1.3), (0.48, 1.6), wide=2.0)
    s.oval(3, 0.44, 1.7, 0.13, 0.13)
    s.oval(3, 0.62, 1.7, 0.13, 0.13)
    s.line((0.1, 0.36), (0.3, 0.24), (0.45, 0.36), (0.7, 0.26), (0.95, 0.36), wide=1.3)
    s.line((2.55, 1.6), (2.75, 1.48), (2.9, 1.6), (3.1, 1.5), wide=1.3)
