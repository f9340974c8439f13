"""Which of many known drawings is this, however it was bent? Learned from others bent alike.

Each is seen as the directions of its edges, place by place; the classes share one spread (linear
discriminants: Fisher, 1936), which knows what bending and strokes change, and what they leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.art.clickable import PROMPT_PX
from gateway.bench import gradients
from gateway.bench.pictures import Plane

Floats = NDArray[np.float32]

RIDGE = 0.1  # of the mean spread, added to each: there are few examples for so many directions
TRUST = 0.3  # in the discriminants as logarithms: they are too sure of themselves


@dataclass(frozen=True, slots=True)
class Namer:
    """`weights` (d, classes) and `bias` (classes,) of the discriminants."""

    weights: Floats
    bias: Floats

    def likely(self, mask: Plane) -> Floats:
        """(classes,): the logarithm of how likely the drawing shows each."""
        found = TRUST * (directions([mask])[0] @ self.weights - self.bias)
        top = float(found.max())
        return np.asarray(found - top - np.log(np.exp(found - top).sum()), np.float32)


def as_printed(cover: Plane) -> Plane:
    """(PROMPT_PX, PROMPT_PX), 0 or 1: what a prompt shows of what is drawn for a cell."""
    rim = (cover.shape[0] - PROMPT_PX) // 2
    return np.asarray(cover[rim : rim + PROMPT_PX, rim : rim + PROMPT_PX] > 0.5, np.float32)


def taught(examples: Iterable[Sequence[Plane]]) -> Namer:
    """From some drawings of each class, 0 to 1, in the order of the classes."""
    rows = [directions(each) for each in examples]
    means = np.stack([each.mean(0) for each in rows])
    off = np.concatenate([each - mean for each, mean in zip(rows, means, strict=True)])
    spread = off.T @ off / np.float32(len(off))
    ridge = RIDGE * np.trace(spread) / len(spread)
    spread += np.eye(len(spread), dtype=np.float32) * np.float32(ridge)
    weights = np.linalg.solve(spread, means.T)
    return Namer(weights, np.float32(0.5) * (means.T * weights).sum(0))


def directions(masks: Sequence[Plane]) -> Floats:
    """(n, d): how the edges of square drawings run, place by place."""
    size = (gradients.SIDE, gradients.SIDE)
    cells = [
        cv2.resize(np.asarray(mask, np.float32), size, interpolation=cv2.INTER_AREA)
        for mask in masks
    ]
    return gradients.runs([np.asarray(cell * np.float32(255), np.float32) for cell in cells])
