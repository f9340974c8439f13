"""Pointer generators of our own, by family: what a script may draw from one place to another.

Each takes (rng, scene) and returns (t_ms, x_px, y_px), the points it would send and when it means
to; `channels` then plays them.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.hand.lab import bodies, curves, knobs
from gateway.hand.lab.pieces import Points, Rng, Scene

Generator = Callable[[Rng, Scene], Points]

FAMILIES: dict[str, Generator] = {
    "tween": curves.tween,
    "straight": curves.straight,
    "minimum_jerk": bodies.minimum_jerk,
    "strokes": bodies.strokes,
    "lognormal": bodies.lognormal,
    "bezier": curves.bezier,
    "overshoot": curves.overshoot,
    "wind": bodies.wind,
    "spring": bodies.spring,
    "drift": bodies.drift,
    "track": curves.track,
    "walk": bodies.walk,
    "spline": curves.spline,
    "wobble": curves.wobble,
    "sectors": curves.sectors,
    "fling": curves.fling,
    "approach": curves.approach,
    "knobs": knobs.by_chance,
}
