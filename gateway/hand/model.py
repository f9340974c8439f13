"""The score of paths: a few small nets over their features, and no more than numpy.

The score runs from 0 (a hand) to 1 (a script). It is no probability: how many scripts come is for
the site to know. At `THRESHOLD` about one in a hundred paths of people is taken for a script's,
where neither they nor their recorder were known. Several paths of one visit are put `together`; no
path at all has no score.

A mouse and a finger move so differently that each has nets of its own. Where nobody says which it
was, the lower score of the two counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.features import measure
from gateway.hand.paths import Points

THRESHOLD: Final = 0.5
LARGEST_RAW: Final = 12.0
_ZERO: Final = np.zeros((), np.float32)
OWN_SHARE: Final = 0.9  # of the score of an answer's own paths: they alone need to be surer
Table = dict[str, NDArray[np.generic]]
Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Net:
    """Layers of weights (inputs, units) and biases; ReLU between them."""

    weights: tuple[Single, ...]
    biases: tuple[Single, ...]

    def __call__(self, inputs: Single) -> Single:
        """(paths, inputs) to (paths, outputs)."""
        values = inputs
        last = len(self.weights) - 1
        for i, weight in enumerate(self.weights):
            values = values @ weight
            values += self.biases[i]
            if i < last:
                np.maximum(values, _ZERO, out=values)
        return values


@dataclass(frozen=True, slots=True)
class Judge:
    """The nets for one kind of pointer, side by side, and how what they say becomes a score."""

    lowest: Single  # features are cut to what training saw
    highest: Single
    net: Net
    slope: float
    offset: float

    def of_features(self, features: Single) -> NDArray[np.float64]:
        """(paths, features) to (paths,)."""
        slope, offset = self.slope, self.offset
        return np.array([1 / (1 + exp(-slope * raw - offset)) for raw in self._raw(features)])

    def raw(self, features: Single) -> NDArray[np.float64]:
        """Log odds, before they are scaled for the threshold: the lowest that any nets say."""
        return np.array(self._raw(features))

    def _raw(self, features: Single) -> list[float]:
        cut = np.maximum(features, self.lowest)
        found = self.net(np.minimum(cut, self.highest, out=cut)).tolist()
        return [min(LARGEST_RAW, max(-LARGEST_RAW, min(row))) for row in found]


@dataclass(frozen=True, slots=True)
class Model:
    """`score` and `visit` are all that others need."""

    mouse: Judge  # and pens
    touch: Judge

    def score(
        self, paths: list[Points], touch: Sequence[bool | None] | bool | None = None
    ) -> NDArray[np.float64]:
        """Of each path by itself. `touch`: whether a finger drew it, of each or of all."""
        features = measure(paths)
        if not isinstance(touch, bool) and touch and None not in touch and len(set(touch)) == 1:
            touch = touch[0]
        if isinstance(touch, bool):
            return (self.touch if touch else self.mouse).of_features(features)
        both = np.stack((self.mouse.of_features(features), self.touch.of_features(features)))
        lower: NDArray[np.float64] = both.min(axis=0)
        for i, known in enumerate(touch or ()):
            if known is not None:
                lower[i] = both[int(known), i]
        return lower

    def visit(
        self, paths: list[Points], touch: Sequence[bool | None] | bool | None = None
    ) -> float | None:
        """Of a visit's paths, the last its answer's; None without any: absence says nothing."""
        if not paths:
            return None
        risks = self.score(paths, touch).tolist()
        return together(risks, risks[-1:])


def together(risks: Sequence[float], own: Sequence[float]) -> float:
    """The score of a visit from those of its paths, 0 to 1. `own`: those that gave its answer.

    The worse majority is averaged, and `own` ones count by themselves too: a script that moves its
    pointer about like a hand before it drags must not dilute the drag.
    """
    return max(_worse(risks), OWN_SHARE * _worse(own) if own else 0.0)


def _worse(risks: Sequence[float]) -> float:
    """Mean of the higher ones, of more than half: of one and two all, of three two."""
    count = len(risks) // 2 + 1
    return sum(sorted(risks)[-count:]) / count


def to_table(model: Model) -> Table:
    """Arrays by name, small enough to ship."""
    return {**_to_table("mouse", model.mouse), **_to_table("touch", model.touch)}


def from_table(table: Table) -> Model:
    """The model of `to_table`."""
    return Model(_from_table("mouse", table), _from_table("touch", table))


def _to_table(pointer: str, judge: Judge) -> Table:
    table: Table = {
        f"{pointer}_lowest": judge.lowest,
        f"{pointer}_highest": judge.highest,
        f"{pointer}_curve": np.array([judge.slope, judge.offset], np.float64),
    }
    for i, (weight, bias) in enumerate(zip(judge.net.weights, judge.net.biases, strict=True)):
        table[f"{pointer}_weight_{i}"] = weight.astype(np.float16)
        table[f"{pointer}_bias_{i}"] = bias
    return table


def _from_table(pointer: str, table: Table) -> Judge:
    own = {
        name.removeprefix(f"{pointer}_"): array
        for name, array in table.items()
        if name.startswith(pointer)
    }
    layers = range(sum(name.startswith("weight_") for name in own))
    single = {name: array.astype(np.float32) for name, array in own.items()}
    net = Net(
        tuple(single[f"weight_{i}"] for i in layers), tuple(single[f"bias_{i}"] for i in layers)
    )
    slope, offset = (float(value) for value in own["curve"].tolist())
    return Judge(single["lowest"], single["highest"], net, slope, offset)
