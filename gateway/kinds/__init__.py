"""Kinds of challenge, one file each, found by name: `gateway/kinds/<kind>.py` exports `KIND`.

A kind gets data, never services: `make` draws from the generator it is given, `check` reads the
sealed secret and any JSON. Adding one touches nothing shared: this file, its page module
`templates/kinds/<kind>.js` and `tests/kinds/test_<kind>.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, Protocol

from gateway.model import JSON, Made, Verdict


@dataclass(frozen=True, slots=True)
class Between:
    """The bounds of a parameter, both allowed: `Annotated[int, Between(1, 40)]`."""

    low: float
    high: float


class Kind(Protocol):
    """What a kind of challenge is."""

    params: type[Any]  # a frozen dataclass with defaults: what a route may set

    def make(self, rng: Random, params: Any) -> Made:
        """A question. The same generator state gives the same question."""
        ...

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """Judge any JSON. Never raises."""
        ...


@cache
def load() -> Mapping[str, Kind]:
    """Every kind by the name of its file."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return MappingProxyType({name: module.KIND for name, module in modules.items()})
