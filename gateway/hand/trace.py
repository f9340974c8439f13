"""The paths in a page's trace: what `record.js` sends, cut where hands begin and end a movement.

A drag is from press to release; a move ends in a press, in a rest of a second, or with the trace.
Fractions of the viewport become pixels again: without its size nothing is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from gateway.hand.paths import Points

REST_MS: Final = 1000.0  # ends a movement
LEAST_EVENTS: Final = 8
LEAST_MS: Final = 200.0
LEAST_PX: Final = 30.0
MOST_MS: Final = 10_000.0
MOST_PATHS: Final = 8  # the newest; more tell no more
MOST_SIZE_PX: Final = 20_000.0

Trace = Sequence[Sequence[Any]]  # [[t_ms, x, y, kind, by], …], checked by `gateway.trace`


class Drawn(NamedTuple):
    """A path, and what drew it."""

    points: Points
    touch: bool | None  # whether a finger did; None where the page doesn't say
    pressed: bool  # a drag: from press to release


def paths(trace: Trace, wide_px: float, high_px: float) -> list[Drawn]:
    """Those that are long enough to judge, oldest first."""
    if not (0 < wide_px <= MOST_SIZE_PX and 0 < high_px <= MOST_SIZE_PX):
        return []
    found = []
    for piece in _pieces(trace):
        t = np.array([point[0] for point in piece], float)
        x = np.array([point[1] for point in piece], float) * wide_px
        y = np.array([point[2] for point in piece], float) * high_px
        if _tells(t, x, y):
            found.append(Drawn((t, x, y), _touched(piece), piece[0][3] == "d"))
    return found[-MOST_PATHS:]


def _touched(piece: list[Sequence[Any]]) -> bool | None:
    """By its last event: a mouse may have been moved before a finger came."""
    by = piece[-1][4] if len(piece[-1]) > 4 else None
    return None if by is None else by == "t"


def _pieces(trace: Trace) -> Iterator[list[Sequence[Any]]]:
    piece: list[Sequence[Any]] = []
    for point in trace:
        kind = point[3]
        if kind == "k":
            continue
        if piece and (point[0] - piece[-1][0] > REST_MS or point[0] < piece[-1][0]):
            yield piece
            piece = []
        piece.append(point)
        if kind in "du":
            yield piece
            piece = [point] if kind == "d" else []
    yield piece


def _tells(t: Any, x: Any, y: Any) -> bool:
    if len(t) < LEAST_EVENTS or not LEAST_MS <= t[-1] - t[0] <= MOST_MS:
        return False
    return bool(np.hypot(np.ptp(x), np.ptp(y)) >= LEAST_PX)
