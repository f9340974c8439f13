"""What the hand did: features of a recorded trace, whatever JSON came as one.

`templates/record.js` sends `[[t_ms, x, y, kind], …]`: milliseconds since the page began, fractions
of the viewport rounded to 1e-4, and `m`ove, `d`own, `u`p or `k`ey (which key is never sent). No
trace is no fault: a keyboard, a switch or a voice leaves none, or only keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gateway.model import JSON

MAX_POINTS = 2_000  # the page sends at most 500; of more, the newest are read
LARGEST = 1e9  # beyond it no time or place makes sense
KINDS = "mduk"

Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drag:
    """The longest movement with the button down."""

    moves: int
    duration_ms: float
    length: float  # of the path, in viewport fractions
    bend: float  # largest distance from the straight line between its ends
    step_cv: float  # spread of step lengths: deviation over mean
    pace_cv: float  # spread of speeds: deviation over mean


@dataclass(frozen=True, slots=True)
class Features:
    """Numbers about a trace; all zero for an absent one."""

    malformed: bool = False
    points: int = 0
    moves: int = 0
    presses: int = 0
    keys: int = 0
    duration_ms: float = 0.0
    disordered: int = 0  # points earlier than the one before
    drag: Drag | None = None


ABSENT = Features()


def features(trace: JSON) -> Features:
    """Read any JSON. Never raises."""
    if trace is None or trace == []:
        return ABSENT
    if not isinstance(trace, list):
        return Features(malformed=True)
    points = trace[-MAX_POINTS:]
    if not all(_is_point(point) for point in points):
        return Features(malformed=True)
    kinds = "".join(point[3] for point in points)
    numbers = np.array([point[:3] for point in points], dtype=np.float64)
    return _measure(kinds, numbers)


def _is_point(point: JSON) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 4
        and all(_is_number(value) for value in point[:3])
        and isinstance(point[3], str)
        and len(point[3]) == 1
        and point[3] in KINDS
    )


def _is_number(value: JSON) -> bool:
    """NaN and infinities fail the comparison."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _measure(kinds: str, numbers: Numbers) -> Features:
    times = numbers[:, 0]
    return Features(
        points=len(kinds),
        moves=kinds.count("m"),
        presses=kinds.count("d"),
        keys=kinds.count("k"),
        duration_ms=float(times.max() - times.min()),
        disordered=int((np.diff(times) < 0).sum()),
        drag=_longest_drag(kinds, numbers),
    )


def _longest_drag(kinds: str, numbers: Numbers) -> Drag | None:
    """Between a press and what follows it: the next release or press, or the end."""
    edges = [index for index, kind in enumerate(kinds) if kind in "du"] + [len(kinds)]
    drags = []
    for start, end in pairwise(edges):
        inside = [i for i in range(start + 1, end) if kinds[i] == "m"]
        if kinds[start] == "d" and len(inside) >= 2:
            drags.append(_drag(numbers[[start, *inside]]))
    return max(drags, key=lambda drag: drag.length, default=None)


def _drag(path: Numbers) -> Drag:
    steps = np.diff(path, axis=0)
    lengths = np.hypot(steps[:, 1], steps[:, 2])
    spans_ms = np.maximum(np.abs(steps[:, 0]), 1.0)  # the page's clock counts whole milliseconds
    return Drag(
        moves=len(path) - 1,
        duration_ms=float(abs(path[-1, 0] - path[0, 0])),
        length=float(lengths.sum()),
        bend=_bend(path[:, 1:]),
        step_cv=_spread(lengths),
        pace_cv=_spread(lengths / spans_ms),
    )


def _bend(places: Numbers) -> float:
    chord = places[-1] - places[0]
    span = float(np.hypot(*chord))
    offsets = places - places[0]
    if span == 0.0:
        return float(np.hypot(offsets[:, 0], offsets[:, 1]).max())
    return float(np.abs(chord[0] * offsets[:, 1] - chord[1] * offsets[:, 0]).max() / span)


def _spread(values: Numbers) -> float:
    mean = float(values.mean())
    return float(values.std() / mean) if mean > 0 else 0.0
