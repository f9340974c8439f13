"""Many drawings of what a generator draws: which of them is most like a picture, and at which turn?

Whoever has our source draws thousands of figures upright, and compares. Edges count by their
direction, whichever side is lighter (as doubled angles), in a coarse grid of fields: parts that are
somewhat longer or more bent still lie in the same field or beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench import besides
from gateway.bench.pictures import Pixels, rgb

Floats = NDArray[np.float32]

SIDE_PX = 72  # pictures are compared at this size
FIELDS = 26  # of edges, each way
TURNS = 36
_REACH = 2  # fields, that a figure may be beside the middle
_SHARP = 2.0  # how much more the likest drawing counts than one by a standard deviation less


class Drawings:
    """Drawings of (`SIDE_PX`, `SIDE_PX`, 3), each upright and about the middle."""

    def __init__(self, drawings: Iterable[Pixels]) -> None:
        off = np.arange(FIELDS) - (FIELDS - 1) / 2
        far = np.hypot(off[:, None], off[None, :])
        self._disc = np.asarray(far <= 0.44 * FIELDS, np.float32)[..., None]
        self._known = np.stack([self._row(_fields(drawing)) for drawing in drawings])

    def turn(self, picture: Pixels) -> float:
        """The share of a full turn, clockwise, after which the picture is most like them all: each
        votes for its best turns, the likest most."""
        likeness = self.likeness(picture)
        votes = np.exp((likeness - likeness.max()) * (_SHARP / likeness.std())).sum(0)
        votes += 0.6 * (np.roll(votes, 1) + np.roll(votes, -1))
        return int(votes.argmax()) / TURNS

    def likeness(self, picture: Pixels) -> Floats:
        """(drawings, TURNS): -1 to 1, at the best of several places."""
        size = (SIDE_PX, SIDE_PX)
        small = cv2.resize(rgb(picture), size, interpolation=cv2.INTER_AREA)
        middle = ((SIDE_PX - 1) / 2,) * 2
        seen = []
        for step in range(TURNS):
            turn = cv2.getRotationMatrix2D(middle, -360 * step / TURNS, 1)
            shown = cv2.warpAffine(small, turn, size, borderMode=cv2.BORDER_REFLECT_101)
            seen += self._about(_fields(np.asarray(shown, np.uint8)))
        found = self._known @ np.stack(seen).T
        return np.asarray(found.reshape(len(self._known), TURNS, -1).max(2), np.float32)

    def _about(self, fields: Floats) -> list[Floats]:
        """The fields at every place within reach."""
        steps = range(-_REACH, _REACH + 1)
        return [self._row(np.roll(fields, (down, on), (0, 1))) for down in steps for on in steps]

    def _row(self, fields: Floats) -> Floats:
        row = (fields * self._disc).ravel()
        return np.asarray(row / (np.linalg.norm(row) + 1e-6), np.float32)


def _fields(drawing: Pixels) -> Floats:
    edges = besides.edges(np.ascontiguousarray(drawing))
    found = cv2.resize(edges, (FIELDS, FIELDS), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32)
