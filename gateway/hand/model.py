"""The score of paths: a few small nets and trees over their features, and no more than numpy.

The score runs from 0 (a hand) to 1 (a script). It is no probability: how many scripts come is for
the site to know. At `THRESHOLD` about one in a hundred paths of people is taken for a script's.
Several paths of one visit are averaged; no path at all has no score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.features import NAMES, measure
from gateway.hand.paths import Points

THRESHOLD: Final = 0.5
SLOW: Final = float(np.log(25.0))  # ms between events
_GAP, _EVEN = NAMES.index("gap_50"), NAMES.index("gap_mode")
Table = dict[str, NDArray[np.generic]]
Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Net:
    """Layers of weights (inputs, units) and biases; ReLU between them."""

    weights: tuple[Single, ...]
    biases: tuple[Single, ...]

    def __call__(self, inputs: Single) -> Single:
        """(paths, inputs) to (paths,)."""
        values = inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = np.maximum(values @ weight + bias, 0.0)
        result: Single = (values @ self.weights[-1] + self.biases[-1])[:, 0]
        return result


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees in one row. A leaf is its own child."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    bound: Single
    child: NDArray[np.int32]  # two of each node: 2 i up to its bound, 2 i + 1 above
    value: Single
    depth: int
    base: float

    def __call__(self, features: Single) -> Single:
        """(paths, features) to (paths,): all trees go down one level at a time."""
        width = features.shape[1]
        rows = (width * np.arange(len(features), dtype=np.int32))[:, None]
        node = np.broadcast_to(self.roots, (len(features), len(self.roots)))
        for _ in range(self.depth):
            above = features.take(rows + self.feature.take(node)) > self.bound.take(node)
            node = self.child.take(2 * node + above)
        result: Single = self.value.take(node).sum(axis=1) + np.float32(self.base)
        return result


@dataclass(frozen=True, slots=True)
class Model:
    """`score` is all that others need."""

    lowest: Single  # features are cut to what training saw
    highest: Single
    scale: Single
    net: Net  # all nets, side by side
    trees: Trees
    tree_share: float
    slope: float
    offset: float
    slow_less: float = 0.0  # log odds; what slow recorders add to everybody's

    def score(self, paths: list[Points]) -> NDArray[np.float64]:
        """Of each path by itself."""
        return self.of_features(measure(paths))

    def visit(self, paths: list[Points]) -> float | None:
        """Of a visit's paths together; None without any: an absent path says nothing."""
        return float(self.score(paths).mean()) if paths else None

    def of_features(self, features: Single) -> NDArray[np.float64]:
        """(paths, features) to (paths,)."""
        raw = self.raw(features)
        result: NDArray[np.float64] = 1 / (1 + np.exp(-(self.slope * raw + self.offset)))
        return result

    def raw(self, features: Single) -> NDArray[np.float64]:
        """Log odds, before they are scaled for the threshold."""
        cut = np.minimum(np.maximum(features, self.lowest), self.highest)
        nets = self.net((cut - self.lowest) * self.scale)
        trees = self.trees(features)
        mixed: NDArray[np.float64] = nets + self.tree_share * (trees - nets).astype(np.float64)
        return np.clip(mixed, -15.0, 15.0) - self.slow_less * told_slowly(features)


def told_slowly(features: Single) -> NDArray[np.bool_]:
    """Whether paths were told evenly and at 40 Hz or less: hands and scripts differ less there."""
    found: NDArray[np.bool_] = (features[:, _GAP] > SLOW) & (features[:, _EVEN] > 0.9)
    return found


def to_table(model: Model) -> Table:
    """Arrays by name, small enough to ship."""
    trees = model.trees
    table: Table = {
        "lowest": model.lowest,
        "highest": model.highest,
        "scale": model.scale,
        "roots": trees.roots,
        "feature": trees.feature.astype(np.uint8),
        "bound": trees.bound,
        "child": trees.child.astype(np.uint16),
        "value": trees.value.astype(np.float16),
        "rest": np.array(
            [
                *(trees.depth, trees.base, model.tree_share),
                *(model.slope, model.offset, model.slow_less),
            ],
            np.float64,
        ),
    }
    for i, (weight, bias) in enumerate(zip(model.net.weights, model.net.biases, strict=True)):
        table[f"weight_{i}"] = weight.astype(np.float16)
        table[f"bias_{i}"] = bias
    return table


def from_table(table: Table) -> Model:
    """The model of `to_table`."""
    depth, base, *rest = (float(value) for value in table["rest"].tolist())
    layers = range(sum(name.startswith("weight_") for name in table))

    def single(name: str) -> Single:
        return table[name].astype(np.float32)

    def whole(name: str) -> NDArray[np.int32]:
        return table[name].astype(np.int32)

    net = Net(
        tuple(single(f"weight_{i}") for i in layers), tuple(single(f"bias_{i}") for i in layers)
    )
    trees = Trees(
        whole("roots"),
        whole("feature"),
        single("bound"),
        whole("child"),
        single("value"),
        round(depth),
        base,
    )
    scales = (single("lowest"), single("highest"), single("scale"))
    return Model(*scales, net, trees, *rest)
