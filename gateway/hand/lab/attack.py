"""An adaptive attacker: a path generator tuned against the model itself, which anybody may read.

Every path is made of the numbers of `knobs`. From the paths of one set of numbers the attacker
learns the mean score, and seeks better numbers by CMA-ES (Hansen 2001; here with a diagonal
covariance, as in Ros and Hansen 2008). Then fresh paths of the best numbers are scored, to other
targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np

from gateway.hand.lab.knobs import KNOBS, draw, knobs_of
from gateway.hand.lab.pieces import Floats, Rng, Scene
from gateway.hand.model import THRESHOLD, Model, together

TARGETS = 12  # paths per query, so that a query's score isn't luck


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attacker reached."""

    queries: int
    passed: float  # share of fresh paths below the threshold
    passed_three: float  # share of visits of three such paths
    risk: float  # mean of fresh paths
    knobs: dict[str, float]


def goal(rng: Rng, touch: bool = False) -> Scene:
    """Where to: half of them a slider's drag, half anywhere."""
    if rng.random() < 0.5:
        return Scene(100, 300, 100 + rng.uniform(80, 300), 300 + rng.normal(0, 2), touch)
    angle, far = rng.uniform(0, 2 * pi), np.exp(rng.uniform(log(100), log(800)))
    x1, y1 = 900 + far * np.cos(angle), 600 + far * np.sin(angle)
    return Scene(900, 600, float(x1), float(y1), touch)


def attack(model: Model, *, queries: int, seed: int) -> Attempt:
    """Tune the knobs with so many queries, each the mean score of `TARGETS` paths."""
    rng = np.random.default_rng(seed)

    def mean_raw(place: Floats) -> float:
        knobs = knobs_of(place)
        paths = [draw(rng, goal(rng), knobs) for _ in range(TARGETS)]
        risks = model.score(paths)
        return float(np.log(risks / (1 - risks + 1e-12) + 1e-12).mean())

    best = descend(rng, mean_raw, len(KNOBS), queries)
    knobs = knobs_of(best)
    fresh = model.score([draw(rng, goal(rng), knobs) for _ in range(600)])
    visits = np.array([together(three, three[-1:]) for three in fresh.reshape(-1, 3).tolist()])
    return Attempt(
        queries,
        float((fresh < THRESHOLD).mean()),
        float((visits < THRESHOLD).mean()),
        float(fresh.mean()),
        {name: round(value, 3) for name, value in knobs.items()},
    )


def descend(rng: Rng, cost, size: int, queries: int) -> Floats:  # type: ignore[no-untyped-def]
    """Separable CMA-ES from nought: the centre of the search when the queries are spent."""
    many = 4 + int(3 * log(size))
    half = many // 2
    share = np.log(half + 0.5) - np.log(np.arange(1, half + 1))
    share /= share.sum()
    mass = 1 / np.square(share).sum()
    path_rate, step_rate = 4 / (size + 4), (mass + 2) / (size + mass + 3)
    one_rate = 2 / ((size + 1.3) ** 2 + mass) * (size + 2) / 3
    many_rate = min(
        1 - one_rate, 2 * (mass - 2 + 1 / mass) / ((size + 2) ** 2 + mass) * (size + 2) / 3
    )
    damp = 1 + step_rate + 2 * max(0.0, ((mass - 1) / (size + 1)) ** 0.5 - 1)
    usual = size**0.5 * (1 - 1 / (4 * size) + 1 / (21 * size**2))
    centre, spread, variance = np.zeros(size), 1.0, np.ones(size)
    path, step_path = np.zeros(size), np.zeros(size)
    for _ in range(queries // many):
        draws = rng.normal(0, 1, (many, size))
        places = centre + spread * np.sqrt(variance) * draws
        order = np.argsort([cost(place) for place in places])[:half]
        moved = share @ draws[order]
        centre = centre + spread * np.sqrt(variance) * moved
        step_path = (1 - step_rate) * step_path + (
            step_rate * (2 - step_rate) * mass
        ) ** 0.5 * moved
        long = float(np.linalg.norm(step_path))
        steady = long < (1.4 + 2 / (size + 1)) * usual
        path = (1 - path_rate) * path
        path += steady * (path_rate * (2 - path_rate) * mass) ** 0.5 * np.sqrt(variance) * moved
        kept = (1 - one_rate - many_rate) * variance
        best = variance * (share @ np.square(draws[order]))
        variance = kept + one_rate * np.square(path) + many_rate * best
        spread *= float(np.exp(step_rate / damp * (long / usual - 1)))
    return centre
