"""Trains small nets side by side: one hidden layer each, by Adam (Kingma, Ba 2015), in numpy alone.

Inputs are shaken anew at every step. Of some rows, features that tell recorders rather than hands
are those of another row: nets that see them learn to do without. What is kept is a running mean of
the weights over the last thousand steps (Polyak, Juditsky 1992): the last ones alone are chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.pieces import Floats, Rng
from gateway.hand.model import Net, Single

BATCH: Final = 256
RATE, DECAY = 2e-3, 1e-2
MEAN: Final = np.float32(0.999)  # of the running means' weights, that is kept at each step
_FIRST, _SECOND, _LEAST = np.float32(0.9), np.float32(0.999), np.float32(1e-8)  # of Adam

Layers = list[Single]  # (nets, inputs, units), (nets, 1, units), (nets, units, 1), (nets, 1, 1)


@dataclass(frozen=True, slots=True)
class Task:
    """What is learnt from: rows, each with a weight, and how."""

    inputs: Single  # (rows, features), of mean 0 and deviation 1
    script: NDArray[np.bool_]
    weight: Floats
    strange: NDArray[np.bool_]  # features that tell recorders
    swapped: float  # share of rows that have another row's
    shake: float  # of a feature's deviation
    epochs: int


def train(task: Task, seen: NDArray[np.bool_], *, nets: int, units: int, seed: int) -> Net:
    """The mean of so many nets, as one net. `seen`: which features they have."""
    rng = np.random.default_rng(seed)
    layers = _begun(rng, nets, seen, units)
    means = [layer.copy() for layer in layers]
    moments = [(np.zeros_like(layer), np.zeros_like(layer)) for layer in layers]
    noise = rng.standard_normal(task.inputs.shape, dtype=np.float32) * np.float32(task.shake)
    script, weight = task.script.astype(np.float32), task.weight.astype(np.float32)
    rows, step = len(script), 0
    for _ in range(task.epochs):
        orders = np.stack([rng.permutation(rows) for _ in range(nets)])
        for at in range(0, rows - BATCH + 1, BATCH):
            own = orders[:, at : at + BATCH]
            inputs = task.inputs[own] + noise[(own + int(rng.integers(rows))) % rows]
            inputs = _swapped(rng, inputs, task) * seen
            slopes = _slopes(layers, inputs, script[own][..., None], weight[own][..., None])
            step += 1
            _follow(layers, moments, slopes, step)
            kept = min(MEAN, np.float32(step / (step + 10)))
            for mean, layer in zip(means, layers, strict=True):
                mean *= kept
                mean += (1 - kept) * layer
    return _as_one(means)


def _begun(rng: Rng, nets: int, seen: NDArray[np.bool_], units: int) -> Layers:
    """Uniform, as wide as Glorot and Bengio (2010) have it."""
    inputs = len(seen)
    first, last = np.sqrt(6 / (seen.sum() + units)), np.sqrt(6 / (units + 1))
    shapes = (
        (first, (nets, inputs, units)), (first, (nets, 1, units)),
        (last, (nets, units, 1)), (last, (nets, 1, 1)),
    )  # fmt: skip
    layers = [(rng.uniform(-wide, wide, shape)).astype(np.float32) for wide, shape in shapes]
    layers[0] *= seen[:, None]
    return layers


def _swapped(rng: Rng, inputs: Single, task: Task) -> Single:
    chosen = rng.random((*inputs.shape[:2], 1)) < task.swapped
    others = np.roll(inputs, int(rng.integers(1, BATCH)), axis=1)
    return np.where(chosen & task.strange, others, inputs)


def _slopes(layers: Layers, inputs: Single, script: Single, weight: Single) -> Layers:
    """Of the mean log loss of each net, and of its weights' squares."""
    first, units, last, bias = layers
    hidden = np.maximum(inputs @ first + units, 0)
    odds = hidden @ last + bias
    share = np.float32(DECAY / BATCH)
    off: Single = (1 / (1 + np.exp(-odds)) - script) * weight / np.float32(BATCH)
    back = (off * last.transpose(0, 2, 1)) * (hidden > 0)
    return [
        inputs.transpose(0, 2, 1) @ back + share * first,
        back.sum(1, keepdims=True),
        hidden.transpose(0, 2, 1) @ off + share * last,
        off.sum(1, keepdims=True),
    ]


def _follow(
    layers: Layers, moments: list[tuple[Single, Single]], slopes: Layers, step: int
) -> None:
    rate = np.float32(RATE * np.sqrt(1 - float(_SECOND) ** step) / (1 - float(_FIRST) ** step))
    for layer, (first, second), slope in zip(layers, moments, slopes, strict=True):
        first *= _FIRST
        first += (1 - _FIRST) * slope
        second *= _SECOND
        second += (1 - _SECOND) * np.square(slope)
        layer -= rate * first / (np.sqrt(second) + _LEAST)


def _as_one(layers: Layers) -> Net:
    """Nets side by side are one net with all of their units, and their mean its output."""
    first, units, last, bias = layers
    nets, inputs, _ = first.shape
    return Net(
        (first.transpose(1, 0, 2).reshape(inputs, -1), last.reshape(-1, 1) / np.float32(nets)),
        (units.reshape(-1), bias.mean(axis=0)[0]),
    )
