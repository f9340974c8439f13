"""Fits a model to rows: which of them teach, what each net sees, and how nets' means make a score.

Each source counts the same within its class, however many paths it has, and the classes alike.
Much of the rows is told otherwise than it was recorded, inputs are shaken, and training stops
early: longer training knows its recorders better and strangers worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.features import NAMES
from gateway.hand.lab.nets import Task, train
from gateway.hand.lab.pieces import Floats
from gateway.hand.lab.sets import MORE, MORE_NORM, OWN, Rows
from gateway.hand.model import Judge, Model, Net, Single

# Of scores over what nets say: steeper ones make the mean of several paths a vote. That of fingers
# is bounded by half of another mean: what lies above the threshold lies half as far apart.
SLOPES: Final = {"mouse": 0.4, "touch": 0.8}
# Rows of each source, of fingers or mice, by view: people's, scripts'. Mice are many and teach a
# little of fingers too, at this share; fingers taught nothing of mice.
Most = dict[str, tuple[int, int]]
PER_SOURCE: Final[dict[str, dict[str, Most]]] = {
    "mouse": {"mouse": {"raw": (1800, 500), "norm": (300, 100), "varied": (900, 250)}},
    "touch": {
        "touch": {
            "raw": (1800, 400), "norm": (900, 100), "varied": (2600, 850), MORE: (2000, 500),
            MORE_NORM: (1400, 400),
        },
        "mouse": {"raw": (300, 100), "varied": (300, 80)},
    },
}  # fmt: skip
MICE_AMONG_TOUCH: Final = 0.1
# An exact replay is a hand's movement: its share is small, or it would cost people.
LESS = {OWN + "replay": 0.2, OWN + "replay_noise": 0.3, OWN + "replay_warp": 0.3}

# What tells recorders of fingers rather than hands: all but what held where people, recorder and
# script were unseen.
STRANGE: Final = frozenset(NAMES) - {
    "gap_mode", "stills", "coupling", "coupled", "event_unit", "mean_speed", "overshoot",
    "bend_mean", "aside_force", "along_scale", "aside_scale", "along_scale_jerk",
    "aside_scale_jerk", "pace_flips", "pace_rough", "last_step", "braking", "by_10", "turn",
    "turn_spread", "turn_flips", "turn_big", "along_band_1", "along_band_2", "along_1",
    "time_px_5", "curve_px_2", "curve_px_3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Nets alike. Of the groups of a pointer, the lowest says: `more` + `scale` * their mean."""

    nets: int
    units: int
    strange: bool = True  # whether they see that, too
    scale: float = 1.0
    more: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How a pointer's nets are trained."""

    groups: tuple[Group, ...]
    epochs: int
    shake: float
    swapped: float = 0.0  # share of rows whose strange features are another row's


# Fingers' recorders are few. What all nets say of them is bounded by those that see nothing
# strange: a recorder that nobody met must not make a script of a hand.
PLANS: Final = {
    "mouse": Plan((Group(8, 48),), epochs=20, shake=0.3),
    "touch": Plan(
        (Group(8, 48), Group(4, 32, strange=False, scale=0.5, more=1.0)),
        epochs=14, shake=0.4, swapped=0.2,
    ),
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
    """A model of these rows, not yet calibrated. `nets`: of each group; None: as many as ship."""
    mouse, touch = (
        _fit(rows, among, pointer, seed=seed, nets=nets) for pointer in ("mouse", "touch")
    )
    return Model(mouse, touch)


def _fit(
    rows: Rows, among: NDArray[np.bool_], pointer: str, *, seed: int, nets: int | None
) -> Judge:
    picked = pick(rows, among, pointer, seed)
    weight = weights(rows, picked, pointer)
    features, script = rows.features[picked], rows.script[picked]
    lowest, highest = np.percentile(features, [0.5, 99.5], axis=0).astype(np.float32)
    cut = np.clip(features, lowest, highest)
    mean = np.average(cut, axis=0, weights=weight)
    scale = 1 / (np.sqrt(np.average((cut - mean) ** 2, axis=0, weights=weight)) + 1e-6)
    plan, strange = PLANS[pointer], np.isin(NAMES, list(STRANGE))
    inputs = ((cut - mean) * scale).astype(np.float32)
    task = Task(inputs, script, weight, strange, plan.swapped, plan.shake, plan.epochs)
    net = side_by_side(
        plan.groups,
        [
            train(
                task, strange <= group.strange, nets=nets or group.nets, units=group.units,
                seed=seed * 100 + number,
            )
            for number, group in enumerate(plan.groups)
        ],
    )  # fmt: skip
    # Weights that take features as they are, as they will be written; biases that fit those.
    first = (scale[:, None] * net.weights[0]).astype(np.float16).astype(np.float32)
    units = (net.biases[0] - mean @ first).astype(np.float32)
    return Judge(
        lowest, highest, Net((first, net.weights[1]), (units, net.biases[1])), SLOPES[pointer], 0.0
    )


def side_by_side(groups: tuple[Group, ...], nets: list[Net]) -> Net:
    """One net with an output for each group."""
    first: Single = np.concatenate([net.weights[0] for net in nets], axis=1)
    units: Single = np.concatenate([net.biases[0] for net in nets])
    last = np.zeros((len(units), len(nets)), np.float32)
    bias = np.zeros(len(nets), np.float32)
    end = 0
    for column, (group, net) in enumerate(zip(groups, nets, strict=True)):
        begin, end = end, end + len(net.biases[0])
        last[begin:end, column] = net.weights[1][:, 0] * group.scale
        bias[column] = net.biases[1][0] * group.scale + group.more
    return Net((first, last), (units, bias))
