"""Animals seen from the side, looking left: each part of them in a place that people know."""

from __future__ import annotations

from gateway.art.sketch import INK, XY, Sketch


def _leg(s: Sketch, tone: int, x: float, top: float, thick: float, lean: float) -> None:
    foot = s.about(1.82, 0.04)
    s.tube(
        tone, [(x, top), (x + lean, (top + foot) / 2), (x + 0.3 * lean, foot)], thick, 0.75 * thick
    )
    s.oval(tone, x + 0.3 * lean - 0.05, foot + 0.05, 0.62 * thick, 0.09)


def _eye(s: Sketch, x: float, y: float, size: float = 0.07) -> None:
    s.oval(4, x, y, size, 1.15 * size)
    s.dot(x - 0.25 * size, y + 0.1 * size, 0.55 * size)


def cat(s: Sketch) -> None:
    """With whiskers, stripes, a tail in the air, and a ball of wool under it."""
    coat, tip = 0, s.about(2.75, 0.12)
    s.tube(coat, [(2.3, 0.95), (2.7, 0.8), (2.78, 0.45), (tip, 0.12)], 0.3, 0.2)
    for x in (0.98, 2.38):
        _leg(s, 3, x, 1.3, 0.28, s.about(0.0, 0.08))
    s.blob(
        coat,
        (0.75, 0.95),
        (1.2, 0.66),
        (1.8, 0.72),
        (2.45, 0.78),
        (2.58, 1.1),
        (2.3, 1.42),
        (1.5, 1.36),
        (0.9, 1.4),
    )
    for x in (0.8, 2.2):
        _leg(s, coat, x, 1.2, 0.3, s.about(0.0, 0.08))
    for x in (1.35, 1.6, 1.85, 2.1):
        s.line((x, 0.7), (s.about(x - 0.04, 0.04), 0.88), (x, s.about(1.04, 0.06)), wide=1.5)
    s.poly(coat, (0.2, 0.5), (0.16, 0.02), (0.52, 0.24))
    s.poly(coat, (0.95, 0.5), (1.0, 0.02), (0.64, 0.24))
    s.oval(coat, 0.58, 0.58, 0.46, 0.4)
    _eye(s, 0.4, 0.5, 0.09)
    _eye(s, 0.76, 0.5, 0.09)
    s.poly(INK, (0.5, 0.64), (0.66, 0.64), (0.58, 0.72))
    s.line((0.42, 0.82), (0.5, 0.84), (0.58, 0.72), (0.66, 0.84), (0.74, 0.82))
    for y in (0.66, 0.76):
        s.line((0.38, y), (0.02, 2 * y - 0.74))
        s.line((0.78, y), (1.14, 2 * y - 0.74))
    x = s.about(1.5, 0.1)
    s.oval(2, x, 1.72, 0.24, 0.22)
    for turn in (0.0, 0.1, -0.1):
        s.line((x - 0.2, 1.72 - turn), (x, 1.62 + turn), (x + 0.2, 1.72 + turn))
    s.line((x + 0.15, 1.88), (x + 0.35, 1.95), (x + 0.55, 1.86))


def dog(s: Sketch) -> None:
    """With a long snout, a hanging ear, a collar, spots, and a bone before it."""
    coat, spot = 0, 1
    s.tube(coat, [(2.4, 0.85), (2.7, 0.6), (2.8, s.about(0.2, 0.1))], 0.22, 0.1)
    for x in (1.12, 2.42):
        _leg(s, 3, x, 1.25, 0.24, s.about(0.03, 0.06))
    s.blob(
        coat,
        (0.85, 0.85),
        (1.4, 0.74),
        (2.2, 0.72),
        (2.55, 0.95),
        (2.42, 1.36),
        (1.7, 1.26),
        (1.0, 1.42),
    )
    for x in (0.95, 2.25):
        _leg(s, coat, x, 1.2, 0.26, s.about(0.03, 0.06))
    s.oval(spot, s.about(1.7, 0.1), 0.92, 0.22, 0.14)
    s.oval(spot, s.about(2.25, 0.08), 1.02, 0.14, 0.12)
    s.tube(coat, [(0.8, 0.5), (0.98, 0.95)], 0.42, 0.5)
    s.blob(
        coat,
        (0.05, 0.58),
        (0.35, 0.42),
        (0.62, 0.16),
        (0.98, 0.22),
        (1.05, 0.56),
        (0.8, 0.78),
        (0.4, 0.8),
        (0.08, 0.76),
    )
    s.blob(spot, (0.85, 0.2), (1.12, 0.3), (1.22, 0.75), (1.05, 0.9), (0.92, 0.6))
    s.oval(INK, 0.08, 0.6, 0.1, 0.08)
    s.line((0.12, 0.78), (0.35, 0.72), (0.52, 0.74))
    s.tube(2, [(0.3, 0.76), (0.32, 0.95)], 0.14, 0.14)
    _eye(s, 0.58, 0.42)
    s.tube(2, [(0.72, 0.92), (1.02, 0.98), (1.25, 0.86)], 0.12, 0.12)
    x = s.about(0.4, 0.08)
    for y in (1.72, 1.86):
        s.oval(4, x - 0.24, y, 0.09, 0.08)
        s.oval(4, x + 0.24, y, 0.09, 0.08)
    s.tube(4, [(x - 0.22, 1.79), (x + 0.22, 1.79)], 0.13, 0.13)


def elephant(s: Sketch) -> None:
    """With a trunk that blows water, a tusk, a great ear, and a small tail."""
    skin = 0
    s.line((2.7, 0.85), (2.86, 1.1), (2.84, 1.36), wide=1.6)
    s.oval(INK, 2.84, 1.42, 0.06, 0.1)
    for x in (1.3, 2.2):
        s.tube(3, [(x, 1.2), (x, 1.86)], 0.36, 0.36)
    s.blob(
        skin, (0.95, 0.5), (1.5, 0.2), (2.3, 0.3), (2.76, 0.8), (2.7, 1.4), (1.8, 1.44), (1.0, 1.3)
    )
    for x in (1.12, 2.45):
        s.tube(skin, [(x, 1.15), (x, 1.84)], 0.42, 0.42)
        for toe in (-0.13, 0.0, 0.13):
            s.oval(4, x + toe, 1.98, 0.06, 0.05)
    up = s.about(0.2, 0.1)
    s.tube(skin, [(0.6, 0.75), (0.3, 1.15), (0.12, 0.85), (0.14, up + 0.2)], 0.4, 0.15)
    for x in (-0.08, 0.1, 0.3):
        s.line((0.14, up + 0.05), (x, up - 0.12), (1.6 * x - 0.05, up + 0.12))
    s.oval(skin, 0.82, 0.58, 0.42, 0.42)
    s.poly(4, (0.5, 0.84), (0.72, 0.9), (0.36, 1.12))
    s.blob(1, (0.9, 0.3), (1.3, 0.18), (1.62, 0.5), (1.5, 0.95), (1.2, 1.08), (1.0, 0.8))
    s.line((1.08, 0.5), (1.3, 0.62), (1.28, 0.85))
    _eye(s, 0.66, 0.46)
    for x in (1.65, 1.8, 1.95):
        s.line((x, 1.82), (s.about(x, 0.05), 1.62))


def fish(s: Sketch) -> None:
    """With scales, bubbles above its mouth and weed under its tail."""
    s.blob(2, (1.0, 0.42), (1.3, 0.02), (1.9, s.about(0.1, 0.05)), (2.05, 0.5))
    s.blob(2, (1.2, 1.5), (1.45, s.about(1.9, 0.04)), (1.75, 1.85), (1.7, 1.45))
    s.poly(2, (2.2, 0.98), (2.85, s.about(0.3, 0.08)), (2.68, 1.0), (2.92, s.about(1.62, 0.08)))
    for y in (0.7, 1.0, 1.3):
        s.line((2.4, 0.5 * y + 0.5), (2.68, y))
    s.blob(
        0,
        (0.12, 0.98),
        (0.55, 0.5),
        (1.2, 0.28),
        (1.9, 0.55),
        (2.35, 0.96),
        (1.9, 1.4),
        (1.2, 1.66),
        (0.5, 1.4),
    )
    s.line((0.82, 0.42), (s.about(1.0, 0.05), 0.95), (0.82, 1.55), wide=1.5)
    _eye(s, 0.55, 0.78, 0.14)
    s.line((0.14, 1.08), (0.36, 1.16), (0.5, 1.1), wide=1.5)
    for x in (1.25, 1.55, 1.85):
        for y in (0.62, 0.9, 1.2):
            if y < 1.3 - 0.1 * x or y > 0.7:
                s.line((x, y - 0.1), (x + 0.13, y), (x, y + 0.1))
    s.blob(2, (1.05, 1.0), (1.5, 1.05), (1.55, 1.32), (1.2, 1.28))
    for x, y, size in ((0.2, 0.62, 0.07), (0.32, 0.36, 0.1), (0.16, 0.12, 0.12)):
        s.oval(4, s.about(x, 0.05), y, size, size)
    for x in (2.25, 2.45, 0.35):
        s.line((x, 2.05), (x - 0.08, 1.85), (x + 0.08, 1.7), (x, s.about(1.5, 0.06)), wide=1.8)


def snail(s: Sketch) -> None:
    """With its feelers up, and a shell wound up on its back."""
    x = s.about(1.9, 0.06)
    s.blob(
        0,
        (0.1, 1.1),
        (0.22, 0.72),
        (0.55, 0.72),
        (0.72, 1.1),
        (0.95, 1.5),
        (2.2, 1.6),
        (2.95, 1.86),
        (1.6, 1.95),
        (0.6, 1.92),
        (0.25, 1.6),
    )
    for far, tip in ((0.28, 0.05), (0.5, 0.72)):
        high = s.about(0.16, 0.06)
        s.tube(0, [(far, 0.85), (0.5 * (far + tip), 0.5), (tip, high)], 0.09, 0.06)
        s.oval(4, tip, high, 0.09, 0.09)
        s.dot(tip - 0.02, high, 0.045)
    s.line((0.14, 1.16), (0.28, 1.24), (0.42, 1.18), wide=1.4)
    s.oval(1, x, 0.92, 0.92, 0.8)
    turns = [(0.72, 0.62), (0.55, 0.46), (0.36, 0.3), (0.16, 0.14)]
    spiral: list[XY] = []
    for wide, high in turns:
        spiral += [
            (x + wide, 0.98),
            (x, 0.98 + high),
            (x - 0.9 * wide, 0.96),
            (x, 0.98 - 0.86 * high),
        ]
    s.line(*spiral, wide=1.5)
    for at in (1.0, 1.4, 1.8):
        s.line((at, 1.78), (at + 0.08, 1.9))
    for at in (2.6, 2.8):
        s.line((at, 2.05), (at - 0.05, 1.7), (at + 0.1, s.about(1.45, 0.06)))


def duck(s: Sketch) -> None:
    """Afloat, with a wing, a tail in the air and waves below."""
    s.blob(
        0,
        (0.75, 0.85),
        (1.3, 0.92),
        (1.9, 0.72),
        (2.5, 0.66),
        (2.95, s.about(0.3, 0.06)),
        (2.8, 1.05),
        (2.3, 1.55),
        (1.4, 1.68),
        (0.72, 1.5),
        (0.5, 1.15),
    )
    s.blob(2, (0.3, 0.52), (0.0, 0.58), (-0.12, 0.7), (0.1, 0.78), (0.36, 0.72))
    s.blob(
        0,
        (0.28, 0.55),
        (0.4, 0.16),
        (0.8, 0.06),
        (1.12, 0.32),
        (1.1, 0.75),
        (1.0, 1.15),
        (0.6, 1.15),
        (0.55, 0.86),
        (0.34, 0.76),
    )
    s.line((-0.08, 0.68), (0.12, 0.66), (0.32, 0.64))
    _eye(s, 0.6, 0.4, 0.09)
    s.line((0.62, 1.02), (0.85, 1.1), (1.1, 1.0), wide=1.8)
    s.blob(
        1,
        (1.25, 1.08),
        (1.7, 0.9),
        (2.2, 0.88),
        (2.55, 0.8),
        (2.35, 1.2),
        (1.9, 1.42),
        (1.45, 1.36),
    )
    for x in (1.6, 1.85, 2.1):
        s.line((x, 1.28), (x + 0.18, 1.24), (x + 0.28, 1.1))
    for y, start in ((1.62, -0.1), (1.82, 0.1)):
        points = [(start + 0.25 * n, y + (0.06 if n % 2 else -0.06)) for n in range(13)]
        s.line(*points, wide=1.6)
    s.line((1.35, 0.4), (1.6, 0.3), (1.75, 0.42), (1.95, 0.28), (2.2, 0.38))
