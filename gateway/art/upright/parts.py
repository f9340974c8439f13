"""What figures are put together with, and chance in few words."""

from __future__ import annotations

from gateway.art.sketch import TONES, Sketch

LIGHT = 4  # the tone that eyes, hands and the like always have


def between(s: Sketch, low: float, high: float) -> float:
    return float(s.chance.uniform(low, high))


def count(s: Sketch, least: int, most: int) -> int:
    return int(s.chance.integers(least, most + 1))


def tone(s: Sketch) -> int:
    return int(s.chance.integers(TONES))


def other(tone: int, step: int = 1) -> int:
    """A tone that is not this one."""
    return (tone + step) % TONES


def eye(s: Sketch, x: float, y: float, size: float) -> None:
    s.oval(LIGHT, x, y, size, size)
    s.dot(x, y, 0.5 * size)
