"""Fits a model to rows: small nets by scikit-learn, then arrays that need numpy alone.

Each source counts the same within its class, however many paths it has, and the classes alike.
Much of the rows is told otherwise than it was recorded, inputs are shaken, and training stops
early: longer and larger nets know their recorders better and strangers worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.features import NAMES
from gateway.hand.lab.sets import MORE, MORE_NORM, OWN, Rows
from gateway.hand.model import Judge, Model, Net, Single

if TYPE_CHECKING:
    from gateway.hand.lab.pieces import Floats

NETS: Final = {"mouse": 6, "touch": 8}
UNITS, DECAY, EPOCHS, SHAKE = (32,), 1e-2, 14, 0.4
SLOPE = 0.4  # steeper ones make the mean of several paths a vote
# Rows of each source, of fingers or mice, by view: people's, scripts'. Mice are many and teach a
# little of fingers too, at this share; fingers taught nothing of mice.
Most = dict[str, tuple[int, int]]
PER_SOURCE: Final[dict[str, dict[str, Most]]] = {
    "mouse": {"mouse": {"raw": (900, 300), "norm": (300, 100), "varied": (900, 250)}},
    "touch": {
        "touch": {
            "raw": (900, 200), "norm": (900, 100), "varied": (2600, 850), MORE: (2000, 500),
            MORE_NORM: (1400, 400),
        },
        "mouse": {"raw": (300, 100), "varied": (300, 80)},
    },
}  # fmt: skip
MICE_AMONG_TOUCH: Final = 0.1
# An exact replay is a hand's movement: its share is small, or it would cost people.
LESS = {OWN + "replay": 0.2, OWN + "replay_noise": 0.3, OWN + "replay_warp": 0.3}

# What nets look at: what lost when people, recorder and script were unseen is out. Half of the nets
# for mice look at everything: they know known recorders better, and the others strangers.
_STRANGE: Final = {
    "events", "gap_50", "event_axis", "stills", "duration", "reach", "straight", "bend_mean",
    "pace_cv", "last_step", "braking", "along_1", "aside_force", "along_band_1", "curve_px_3",
}  # fmt: skip
SEEN: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "mouse": (tuple(name for name in NAMES if name not in _STRANGE), NAMES),
    "touch": ((
        "gap_mode", "stills", "coupling", "coupled", "event_unit", "mean_speed", "overshoot",
        "bend_mean", "aside_force", "along_scale", "aside_scale", "along_scale_jerk",
        "aside_scale_jerk", "pace_flips", "pace_rough", "last_step", "braking", "by_10", "turn",
        "turn_spread", "turn_flips", "turn_big", "along_band_1", "along_band_2", "along_1",
        "time_px_5", "curve_px_2", "curve_px_3",
    ), NAMES),
}  # fmt: skip


def pick(rows: Rows, among: NDArray[np.bool_], pointer: str, seed: int) -> NDArray[np.int64]:
    """Rows of each source and view, no more than will tell anything new to nets of `pointer`."""
    rng = np.random.default_rng(seed)
    found = []
    for of, most in PER_SOURCE[pointer].items():
        own = among & (rows.pointer == of)
        for source in np.unique(rows.source[own]):
            for view, (people, scripts) in most.items():
                here = np.flatnonzero(own & (rows.source == source) & (rows.view == view))
                many = scripts if here.size and rows.script[here[0]] else people
                found.append(rng.permutation(here)[:many])
    return np.sort(np.concatenate(found))


def weights(rows: Rows, picked: NDArray[np.int64], pointer: str) -> Floats:
    """Sources alike within a class, classes alike; mean 1."""
    _, own, counts = np.unique(rows.source[picked], return_inverse=True, return_counts=True)
    found = 1.0 / counts[own]
    for source, share in LESS.items():
        found[rows.source[picked] == source] *= share
    found[rows.pointer[picked] != pointer] *= MICE_AMONG_TOUCH
    script = rows.script[picked]
    for side in (script, ~script):
        found[side] *= 0.5 * len(picked) / found[side].sum()
    return np.asarray(found)


def fit(rows: Rows, among: NDArray[np.bool_], *, seed: int = 0, nets: int | None = None) -> Model:
    """A model of these rows, not yet calibrated. `nets`: of each pointer; None: as many as ship."""
    mouse, touch = (
        _fit(rows, among, pointer, seed=seed, nets=nets or NETS[pointer])
        for pointer in ("mouse", "touch")
    )
    return Model(mouse, touch)


def _fit(rows: Rows, among: NDArray[np.bool_], pointer: str, *, seed: int, nets: int) -> Judge:
    picked = pick(rows, among, pointer, seed)
    weight = weights(rows, picked, pointer)
    features, script = rows.features[picked], rows.script[picked]
    lowest, highest = np.percentile(features, [0.5, 99.5], axis=0).astype(np.float32)
    cut = np.clip(features, lowest, highest)
    mean = np.average(cut, axis=0, weights=weight)
    scale = 1 / (np.sqrt(np.average((cut - mean) ** 2, axis=0, weights=weight)) + 1e-6)
    inputs = ((cut - mean) * scale).astype(np.float32)
    ways = [np.isin(NAMES, names) for names in SEEN[pointer]]
    net = side_by_side(
        [_net(inputs, script, weight, ways[i % len(ways)], seed * 100 + i) for i in range(nets)]
    )
    # Weights that take features as they are, as they will be written; biases that fit those.
    first = (scale[:, None] * net.weights[0]).astype(np.float16).astype(np.float32)
    biases: tuple[Single, ...] = (
        (net.biases[0] - mean @ first).astype(np.float32),
        *net.biases[1:],
    )
    return Judge(lowest, highest, Net((first, *net.weights[1:]), biases), SLOPE, 0.0)


def _net(
    inputs: Single,
    script: NDArray[np.bool_],
    weight: Floats,
    seen: NDArray[np.bool_],
    seed: int,
) -> Net:
    from sklearn.neural_network import MLPClassifier

    shake = np.random.default_rng(seed).normal(0, SHAKE, (len(inputs), int(seen.sum())))
    found: Any = MLPClassifier(
        UNITS, alpha=DECAY, batch_size=256, learning_rate_init=2e-3, max_iter=EPOCHS,
        random_state=seed,
    )  # fmt: skip
    found.fit(inputs[:, seen] + shake.astype(np.float32), script, sample_weight=weight)
    first = np.zeros((inputs.shape[1], UNITS[0]), np.float32)
    first[seen] = found.coefs_[0]
    return Net(
        (first, *(np.asarray(part, np.float32) for part in found.coefs_[1:])),
        tuple(np.asarray(part, np.float32) for part in found.intercepts_),
    )


def side_by_side(nets: list[Net]) -> Net:
    """One net that gives the mean of several with one hidden layer each."""
    first: Single = np.concatenate([net.weights[0] for net in nets], axis=1)
    last: Single = np.concatenate([net.weights[1] for net in nets])
    last = last / np.float32(len(nets))
    units: Single = np.concatenate([net.biases[0] for net in nets])
    bias: Single = np.stack([net.biases[1] for net in nets]).mean(axis=0, dtype=np.float32)
    return Net((first, last), (units, bias))
