"""The words of the bench: an attack, its control, a learner, and the suite of a kind.

An attack sees what a browser is sent and nothing else: the view as decoded JSON. It gives an
answer in the kind's form, and the kind's own `check` says whether that is right.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gateway.bench import attacks as room
from gateway.model import JSON, Made

View: TypeAlias = Mapping[str, JSON]
Solve: TypeAlias = Callable[[View, Random], JSON]
Rows: TypeAlias = NDArray[np.float32]  # (n, d): n candidates, d features each
Labels: TypeAlias = NDArray[np.int64]  # (n,)
Predict: TypeAlias = Callable[[Rows], NDArray[np.float32]]

OFF_THE_SHELF = 0.15  # the most that an attacker off the shelf may solve of any kind


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to solve a kind without a person."""

    name: str  # in a few words, as a table shows it: "mask contour"
    made_for_us: bool  # False: off the shelf, or as published; True: written for this generator
    solve: Solve
    most: float = OFF_THE_SHELF  # budget: the share of challenges that it may solve
    slow: bool = False  # a quarter of a second and more: on every fourth, in full runs
    needs: str = ""  # the package that it takes besides the extra `bench`: "ddddocr"


@dataclass(frozen=True, slots=True)
class Control:
    """What the same attack must reach on the naive twin, or its low rate proves nothing."""

    attack: str
    least: float


class Learner(Protocol):
    """What a learning attacker sees of one challenge: candidates as small rows of features."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        """(n, d) features and (n,) labels, 1 for what is right. Uses the secret: for training."""
        ...

    def answer(self, view: View, predict: Predict) -> JSON:
        """The answer by `predict`: (n, d) to (n,) probability of 1, or (n, classes) if more."""
        ...


@dataclass(frozen=True, slots=True)
class Suite:
    """All that the bench knows of a kind."""

    attacks: tuple[Attack, ...]
    naive: Callable[[Random], Made]  # as peers draw it today, judged by the same kind's `check`
    controls: tuple[Control, ...]
    learner: Learner  # the white box
    blind: Solve  # a random answer of the right shape
    chance: float  # what blind answers reach, as the kind's docstring states it


@cache
def suites() -> Mapping[str, Suite]:
    """Every suite by the name of its file, which is the kind's."""
    names = sorted(module.name for module in pkgutil.iter_modules(room.__path__))
    return MappingProxyType({name: suite(name) for name in names})


@cache
def suite(kind: str) -> Suite:
    """The suite of one kind; ImportError where it has none."""
    found: Suite = importlib.import_module(f"{room.__name__}.{kind}").SUITE
    return found
