"""Birds seen from the side: on two legs, with heads that carry crests and beaks."""

from __future__ import annotations

from gateway.art.sketch import XY, Sketch
from gateway.art.upright.parts import between, count, eye, other, tone


def bird(s: Sketch) -> None:
    """On two legs, its neck from none to a stork's, with or without a crest."""
    coat, size, long = tone(s), between(s, 0.3, 0.5), between(s, 0.75, 1.4)
    y, leg, tail = between(s, -0.05, 0.1), between(s, 0.35, 0.8), between(s, -0.6, 0.4)
    for x in (-0.1, 0.12):
        foot = y + 0.7 * size + leg
        s.line(
            (x, y + 0.6 * size), (x + between(s, -0.06, 0.06), foot - leg / 2), (x, foot), wide=2.2
        )
        for toe in (-0.16, -0.05, 0.1):
            s.line((x, foot), (x + toe, foot + 0.07), wide=2.0)
    end = size * long + 0.45
    feathers = ((end + 0.05, y - 0.5 * tail - 0.08), (end - 0.03, y - 0.5 * tail + 0.12))
    root = 0.6 * size * long
    s.poly(other(coat), (root, y - 0.1), *feathers, (root, y + 0.12))
    s.oval(coat, 0, y, size * long, size, between(s, -12, 6))
    _bird_head(s, coat, (-size * long, y), size, between(s, 0, 0.7))
    upper = ((-0.5 * size, y - 0.2 * size), (0.4 * size, y - 0.4 * size))
    s.blob(other(coat, 3), *upper, (size * long, y + 0.1 * size), (0.2 * size, y + 0.45 * size))


def _bird_head(s: Sketch, coat: int, breast: XY, body: float, neck: float) -> None:
    size = between(s, 0.16, 0.26)
    x, y = 0.7 * breast[0] + between(s, -0.1, 0.1), breast[1] - 0.6 * body - neck
    bow = (x - 0.05, (y + breast[1]) / 2)
    s.tube(coat, [(0.6 * breast[0], breast[1]), bow, (x, y)], 0.3, 0.18)
    for _ in range(count(s, 0, 4)):
        tip = (x + between(s, -0.1, 0.25), y - 0.9 * size - between(s, 0.15, 0.4))
        s.line((x + 0.02, y - 0.8 * size), tip, wide=1.6)
    beak = (x - size - between(s, 0.15, 0.45), y + between(s, -0.05, 0.15))
    s.poly(
        other(coat, 2), (x - 0.7 * size, y - 0.35 * size), beak, (x - 0.7 * size, y + 0.45 * size)
    )
    s.oval(coat, x, y, size, size)
    eye(s, x - 0.2 * size, y - 0.15 * size, 0.26 * size)
