"""Drawings named though they are bent."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from gateway.art import generator
from gateway.art.assets import icons
from gateway.art.stamps import bent
from gateway.bench.naming import Namer, taught

NAMES = ("key", "umbrella", "cactus", "scissors", "cat")


def drawn(name: str, seed: int) -> np.ndarray:
    icon = next(icon for icon in icons() if icon.name == name)
    return bent(generator(Random(seed)), icon.outline, 60, 0.0, 0.12)


@pytest.fixture(scope="module")
def namer() -> Namer:
    return taught([drawn(name, seed) for seed in range(12)] for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_bent_anew_is_named(namer: Namer, name: str):
    for seed in range(50, 54):
        assert NAMES[int(namer.likely(drawn(name, seed)).argmax())] == name


def test_likelihoods_are_of_one_thing_each(namer: Namer):
    assert np.exp(namer.likely(drawn("key", 60))).sum() == pytest.approx(1.0, abs=1e-4)
