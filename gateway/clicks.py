"""Were the right places clicked, in order? Points are fractions of a picture, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import TypeGuard

from gateway.model import JSON, Verdict


def judged(
    answer: JSON,
    middles: Sequence[Sequence[float]],
    radii_px: Sequence[float],
    width_px: float,
    height_px: float,
) -> Verdict:
    """`[[x, y], …]` in order, each within its radius of its middle, in pixels of what is shown.

    The miss is the farthest, as a share of its radius.
    """
    if not isinstance(answer, list) or len(answer) != len(middles):
        return Verdict(False, "malformed")
    if not all(is_point(point) for point in answer):
        return Verdict(False, "malformed")
    misses = [
        hypot((x - at_x) * width_px, (y - at_y) * height_px) / radius_px
        for (x, y), (at_x, at_y), radius_px in zip(answer, middles, radii_px, strict=True)
    ]
    miss = max(misses, default=0.0)
    if not miss <= 1.0:
        return Verdict(False, "wrong", miss)
    return Verdict(True, "right", miss)


def is_point(value: JSON) -> TypeGuard[list[float]]:
    """Two numbers from 0 to 1."""
    return isinstance(value, list) and len(value) == 2 and all(map(is_share, value))


def is_share(value: JSON) -> TypeGuard[float]:
    """A number from 0 to 1; no bool, no NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
