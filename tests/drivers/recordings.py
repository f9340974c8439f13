"""Recorded paths of people, fitted to where a hand must go.

The files (gzipped JSON lines, as `gateway trace` reads them) are not part of the product: they lie
in the folder that `GATEWAY_PATHS` names. Fitting turns, scales and moves a path as a whole, so that
it begins and ends where it should; pace is left as it was recorded.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, sin
from pathlib import Path
from random import Random
from typing import Any

VARIABLE = "GATEWAY_PATHS"
MOVES = ("human_kh2017", "human_sapimouse", "human_balabit")
DRAGS = ("human_dsjtzs",)  # people at slider captchas
MOST_MS = 4_000.0
LARGEST_SCALE = 2.5  # a path is stretched or shrunk so much at most

Place = tuple[float, float]


@dataclass(frozen=True)
class Step:
    """Where the pointer is, milliseconds after the path began."""

    t_ms: float
    x: float
    y: float


Path_ = Sequence[Step]


class Recordings:
    """Paths by kind of movement; each visit takes others."""

    def __init__(self, rng: Random, moves: Iterable[Path_], drags: Iterable[Path_]) -> None:
        self._rng = rng
        self._moves, self._drags = list(moves), list(drags)

    @classmethod
    def load(cls, rng: Random) -> Recordings:
        """Raises FileNotFoundError without the data, or without word of where it is."""
        moves = [path for name in MOVES for path in _read(name, "move")]
        return cls(rng, moves, [path for name in DRAGS for path in _read(name, "drag")])

    @classmethod
    def of(cls, rng: Random, source: str) -> Recordings:
        """Of one file, whichever movement is asked."""
        moves, drags = (_read(source, kind) for kind in ("move", "drag"))
        return cls(rng, moves or drags, drags or moves)

    def move(self, start: Place, end: Place) -> list[Step]:
        """A free movement that ends in a press."""
        return fit(self._pick(self._moves, start, end), start, end)

    def drag(self, start: Place, end: Place) -> list[Step]:
        """From press to release."""
        return fit(self._pick(self._drags, start, end), start, end)

    def _pick(self, paths: Sequence[Path_], start: Place, end: Place) -> Path_:
        wanted = hypot(end[0] - start[0], end[1] - start[1])
        for _ in range(500):
            path = self._rng.choice(paths)
            span = hypot(path[-1].x - path[0].x, path[-1].y - path[0].y)
            if span > 0 and 1 / LARGEST_SCALE <= wanted / span <= LARGEST_SCALE:
                return path
        return self._rng.choice(paths)


def fit(path: Path_, start: Place, end: Place) -> list[Step]:
    """The path turned and scaled about its first point, so that it leads from `start` to `end`."""
    first, last = path[0], path[-1]
    span = hypot(last.x - first.x, last.y - first.y) or 1.0
    scale = hypot(end[0] - start[0], end[1] - start[1]) / span
    turn = atan2(end[1] - start[1], end[0] - start[0])
    turn -= atan2(last.y - first.y, last.x - first.x)
    across, along = scale * sin(turn), scale * cos(turn)
    return [
        Step(
            step.t_ms - first.t_ms,
            start[0] + (step.x - first.x) * along - (step.y - first.y) * across,
            start[1] + (step.x - first.x) * across + (step.y - first.y) * along,
        )
        for step in path
    ]


def _folder() -> Path:
    named = os.environ.get(VARIABLE)
    if not named:
        raise FileNotFoundError(f"set {VARIABLE} to the folder of recorded paths")
    return Path(named)


def _read(source: str, kind: str) -> list[list[Step]]:
    found = []
    with gzip.open(_folder() / f"{source}.jsonl.gz", "rt") as lines:
        for line in lines:
            told = json.loads(line)
            if told["kind"] == kind and told["pointer"] == "mouse" and told["t"][-1] <= MOST_MS:
                found.append(_steps(told))
    return [path for path in found if _goes(path)]


def _steps(told: dict[str, Any]) -> list[Step]:
    return [Step(*each) for each in zip(told["t"], told["x"], told["y"], strict=True)]


def _goes(path: Path_) -> bool:
    """Somewhere else: what ends where it began can't be fitted."""
    first, last = path[0], path[-1]
    far = max(hypot(step.x - first.x, step.y - first.y) for step in path)
    return hypot(last.x - first.x, last.y - first.y) > max(40.0, 0.8 * far)
