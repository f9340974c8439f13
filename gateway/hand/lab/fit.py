"""Fits a model to rows: nets and trees by scikit-learn, then arrays that need numpy alone.

Each source counts the same within its class, however many paths it has, and the classes alike.
The same rows and seed give the same model on one machine; another one's arithmetic may differ in
the last digits, and scores then by a few thousandths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.sets import OWN, Rows
from gateway.hand.model import Model, Net, Single, Trees

if TYPE_CHECKING:
    from gateway.hand.lab.pieces import Floats

# Each net sees half of the features: none can lean on one recorder's habit alone.
NETS, SEEN, UNITS, DECAY, EPOCHS = 6, 0.5, (64, 32), 3e-3, 12
CHECK_NETS, CHECK_TREES = 3, 160  # of a fold's model: enough to judge by, and quick
TREES, LEAVES, RATE, DEPTH = 260, 31, 0.1, 7
TREE_SHARE = 0.6
SLOPE = 0.4  # steeper ones make the mean of several paths a vote
PER_SOURCE = {"raw": (1800, 450), "norm": (1800, 450), "varied": (1800, 350)}  # people, scripts
# An exact replay is a hand's movement: its share is small, or it would cost people.
LESS = {OWN + "replay": 0.3, OWN + "replay_noise": 0.5, OWN + "replay_warp": 0.5}


def pick(rows: Rows, among: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Rows of each source and view, no more than will tell anything new."""
    rng = np.random.default_rng(seed)
    found = []
    for source in np.unique(rows.source[among]):
        for view, (people, scripts) in PER_SOURCE.items():
            own = np.flatnonzero(among & (rows.source == source) & (rows.view == view))
            most = scripts if own.size and rows.script[own[0]] else people
            found.append(rng.permutation(own)[:most])
    return np.sort(np.concatenate(found))


def weights(rows: Rows, picked: NDArray[np.int64]) -> Floats:
    """Sources alike within a class, classes alike; mean 1."""
    _, own, counts = np.unique(rows.source[picked], return_inverse=True, return_counts=True)
    found = 1.0 / counts[own]
    for source, share in LESS.items():
        found[rows.source[picked] == source] *= share
    script = rows.script[picked]
    for side in (script, ~script):
        found[side] *= 0.5 * len(picked) / found[side].sum()
    return np.asarray(found)


def fit(
    rows: Rows,
    among: NDArray[np.bool_],
    *,
    seed: int = 0,
    nets: int = NETS,
    trees: int = TREES,
) -> Model:
    """A model of these rows, not yet calibrated. Without trees the nets speak alone."""
    picked = pick(rows, among, seed)
    weight = weights(rows, picked)
    features, script = rows.features[picked], rows.script[picked]
    lowest, highest = np.percentile(features, [0.5, 99.5], axis=0).astype(np.float32)
    cut = np.clip(features, lowest, highest) - lowest
    scale = (1 / (np.sqrt(np.average(cut**2, axis=0, weights=weight)) + 1e-6)).astype(np.float32)
    net = side_by_side([_net(cut * scale, script, weight, seed + i) for i in range(nets)])
    grown = _trees(features, script, weight, seed, trees) if trees else NO_TREES
    share = TREE_SHARE if trees else 0.0
    return Model(lowest, highest, scale, net, grown, share, SLOPE, 0.0)


def _net(inputs: Single, script: NDArray[np.bool_], weight: Floats, seed: int) -> Net:
    from sklearn.neural_network import MLPClassifier

    seen = np.random.default_rng(seed).random(inputs.shape[1]) < SEEN
    found: Any = MLPClassifier(
        UNITS, alpha=DECAY, batch_size=256, learning_rate_init=1.5e-3, max_iter=EPOCHS,
        random_state=seed,
    )  # fmt: skip
    found.fit(inputs[:, seen], script, sample_weight=weight)
    first = np.zeros((inputs.shape[1], UNITS[0]), np.float32)
    first[seen] = found.coefs_[0]
    return Net(
        (first, *(np.asarray(part, np.float32) for part in found.coefs_[1:])),
        tuple(np.asarray(part, np.float32) for part in found.intercepts_),
    )


def side_by_side(nets: list[Net]) -> Net:
    """One net that gives the mean of several."""
    layers = len(nets[0].weights)
    blocks: list[Single] = []
    biases: list[Single] = []
    for layer in range(layers):
        parts = [net.weights[layer] for net in nets]
        last = layer == layers - 1
        biases.append(np.concatenate([net.biases[layer] for net in nets]))
        if layer == 0:
            blocks.append(np.concatenate(parts, axis=1))
        elif last:
            blocks.append(np.concatenate(parts) / np.float32(len(nets)))
            biases[-1] = biases[-1].mean(keepdims=True)
        else:
            blocks.append(_diagonal(parts))
    return Net(tuple(blocks), tuple(biases))


def _diagonal(parts: list[Single]) -> Single:
    high, wide = parts[0].shape
    found = np.zeros((high * len(parts), wide * len(parts)), np.float32)
    for i, part in enumerate(parts):
        found[i * high : (i + 1) * high, i * wide : (i + 1) * wide] = part
    return found


def _trees(
    features: Single, script: NDArray[np.bool_], weight: Floats, seed: int, count: int
) -> Trees:
    from sklearn.ensemble import HistGradientBoostingClassifier

    found: Any = HistGradientBoostingClassifier(
        max_iter=count, max_leaf_nodes=LEAVES, max_depth=DEPTH, learning_rate=RATE,
        l2_regularization=20.0, min_samples_leaf=60, max_features=0.2, random_state=seed,
        early_stopping=False,
    )  # fmt: skip
    found.fit(features, script, sample_weight=weight)
    return flattened(
        [stage[0].nodes for stage in found._predictors], float(found._baseline_prediction[0, 0])
    )


def flattened(stages: list[Any], base: float) -> Trees:
    """scikit-learn's node tables as one. A leaf becomes its own child."""
    sizes = [len(nodes) for nodes in stages]
    starts = np.cumsum([0, *sizes[:-1]])
    nodes = np.concatenate(stages)
    shift = np.repeat(starts, sizes)
    leaf, itself = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
    return Trees(
        starts.astype(np.int32),
        np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
        np.where(leaf, 0, nodes["num_threshold"]).astype(np.float32),
        np.stack(
            (
                np.where(leaf, itself, nodes["left"] + shift),
                np.where(leaf, itself, nodes["right"] + shift),
            ),
            axis=1,
        )
        .ravel()
        .astype(np.int32),
        np.where(leaf, nodes["value"], 0).astype(np.float32),
        int(nodes["depth"].max()),
        base,
    )


_NONE = np.zeros(1, np.int32)
NO_TREES = Trees(
    _NONE, _NONE, np.zeros(1, np.float32), np.zeros(2, np.int32), np.zeros(1, np.float32), 0, 0.0
)
