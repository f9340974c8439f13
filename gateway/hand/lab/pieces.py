"""Pieces of pointer generators: where they go, how long it takes, eases, noise, tremor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, pi

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rng = np.random.Generator
Points = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Scene:
    """From where to where, in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float
    touch: bool = False

    @property
    def span_px(self) -> float:
        return hypot(self.x1 - self.x0, self.y1 - self.y0)


def scene(rng: Rng) -> Scene:
    """A slider's drag, a movement across the page, or a swipe; touch three times of ten."""
    kind = rng.choice(["slide", "move", "swipe"], p=[0.35, 0.35, 0.3])
    x0, y0 = rng.uniform(20, 400), rng.uniform(150, 700)
    if kind == "slide":
        return Scene(x0, y0, x0 + rng.uniform(60, 320), y0 + rng.normal(0, 2), rng.random() < 0.25)
    angle = rng.uniform(0, 2 * pi)
    reach = np.exp(rng.uniform(np.log(70), np.log(1100 if kind == "move" else 420)))
    x1, y1 = x0 + reach * np.cos(angle), y0 + reach * np.sin(angle)
    return Scene(x0, y0, float(x1), float(y1), kind == "swipe")


# --- Pieces ----------------------------------------------------------------------------------

EASES: dict[str, Callable[[Floats], Floats]] = {
    "linear": lambda u: u,
    "in_quad": lambda u: u**2,
    "out_quad": lambda u: 1 - (1 - u) ** 2,
    "in_out_quad": lambda u: np.where(u < 0.5, 2 * u**2, 1 - 2 * (1 - u) ** 2),
    "out_cubic": lambda u: 1 - (1 - u) ** 3,
    "in_out_cubic": lambda u: np.where(u < 0.5, 4 * u**3, 1 - 4 * (1 - u) ** 3),
    "out_quart": lambda u: 1 - (1 - u) ** 4,
    "in_out_sine": lambda u: 0.5 - 0.5 * np.cos(pi * u),
    "out_sine": lambda u: np.sin(pi * u / 2),
    "out_expo": lambda u: (1 - 2.0 ** (-10 * u)) / (1 - 2.0**-10),
    "out_back": lambda u: 1 + 2.4 * (u - 1) ** 3 + 1.4 * (u - 1) ** 2,
    "out_elastic": lambda u: 1 - 2.0 ** (-10 * u) * np.cos(6 * pi * u / 1.2),
    "sigmoid": lambda u: (np.tanh(3 * (2 * u - 1)) / np.tanh(3.0) + 1) / 2,
    "min_jerk": lambda u: 10 * u**3 - 15 * u**4 + 6 * u**5,
}


def duration_ms(rng: Rng, span_px: float) -> float:
    """Fitts' law with much spread: 150 ms and more, 100 to 250 ms per bit."""
    bits = np.log2(span_px / rng.uniform(8, 60) + 1)
    return float(np.clip((150 + rng.uniform(70, 260) * bits) * rng.lognormal(0, 0.35), 220, 6000))


def times(rng: Rng, duration_ms: float, touch: bool) -> Floats:
    step_ms = (
        rng.choice([16.67, 33.3, 50.0])
        if touch
        else rng.choice([4.0, 8.0, 10.0, 16.67, 20.0, 30.0])
    )
    count = int(np.clip(duration_ms / step_ms, 8, 400))
    return np.linspace(0, duration_ms, count + 1)


def line(scene: Scene, along: Floats, aside_px: Floats) -> tuple[Floats, Floats]:
    """Points at a fraction of the way and at a distance beside it."""
    dx, dy = scene.x1 - scene.x0, scene.y1 - scene.y0
    span = max(scene.span_px, 1.0)
    return (
        scene.x0 + along * dx - aside_px * dy / span,
        scene.y0 + along * dy + aside_px * dx / span,
    )


def smooth_noise(rng: Rng, times_ms: Floats, period_ms: float) -> Floats:
    """Gradient-like noise of unit size: a spline through random knots."""
    knots = np.arange(-2, int(times_ms[-1] / period_ms) + 4) * period_ms
    values = rng.normal(0, 1, len(knots))
    place = times_ms / period_ms + 2
    i = np.clip(place.astype(int), 1, len(knots) - 3)
    u = place - i
    a, b, c, d = values[i - 1], values[i], values[i + 1], values[i + 2]
    spline = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
    return np.asarray(spline)


def tremor(rng: Rng, times_ms: Floats) -> tuple[Floats, Floats]:
    """Physiological tremor: 8 to 12 Hz, with some white noise; 0.1 to 2 px (Elble, Koller 1990)."""
    size, hertz = np.exp(rng.uniform(np.log(0.1), np.log(2))), rng.uniform(7, 13)
    white = rng.uniform(0, 0.8) * size

    def axis() -> Floats:
        phase = 2 * pi * (hertz * times_ms / 1000 + rng.random())
        swell = 1 + 0.5 * smooth_noise(rng, times_ms, 200.0)
        return np.asarray(size * swell * np.sin(phase) + rng.normal(0, white + 1e-9, len(times_ms)))

    return axis(), axis()


def bump(rng: Rng, span_px: float, u: Floats) -> Floats:
    """A sideways arc that begins and ends at nought."""
    size = rng.normal(0, 0.06) * span_px
    peak = rng.uniform(0.3, 0.7)
    shape = u ** (2 * peak) * (1 - u) ** (2 * (1 - peak))
    return np.asarray(size * shape * 2)
