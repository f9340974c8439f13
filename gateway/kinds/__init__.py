"""Kinds of challenge, one file each, found by name: `gateway/kinds/<kind>.py` exports `KIND`.

A kind gets data, never services: `make` draws from the generator it is given, `check` reads the
sealed secret and any JSON. Adding one touches nothing shared: this file, its page module
`templates/kinds/<kind>.js` and `tests/kinds/test_<kind>.py`.

A kind is imported when it is first asked for: those that draw need libraries that no other process
has to carry.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, get_type_hints

from gateway.model import JSON, Made, Verdict

Hardness: TypeAlias = Literal["usual", "hard"]  # `hard`: dearer for programs, and for people


@dataclass(frozen=True, slots=True)
class Between:
    """The bounds of a parameter, both allowed: `Annotated[int, Between(1, 40)]`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Look:
    """How this install's pictures differ from another's. The gate gives it, never a route."""

    salt: bytes = b""  # shifts shapes, textures, palettes, fonts
    pictures: tuple[bytes, ...] = ()  # the operator's own, as image files


class Kind(Protocol):
    """What a kind of challenge is."""

    params: type[Any]  # a frozen dataclass with defaults: what a route may set, and `look: Look`
    drawn: bool  # making one costs rendering: made ahead, and given only against work

    def make(self, rng: Random, params: Any) -> Made:
        """A question. The same generator state gives the same question."""
        ...

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """Judge any JSON. Never raises."""
        ...


class _Kinds(Mapping[str, Kind]):
    """Every kind by the name of its file, imported when it is looked up."""

    def __init__(self) -> None:
        self._names = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))

    def __getitem__(self, name: str) -> Kind:
        if name not in self._names:
            raise KeyError(name)
        kind: Kind = importlib.import_module(f"{__name__}.{name}").KIND
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


@cache
def load() -> Mapping[str, Kind]:
    """Every kind by its name."""
    return _Kinds()


def settable(params: type[Any]) -> Mapping[str, Any]:
    """What a route may set: the type of each parameter by its name. The look is the install's."""
    hints = get_type_hints(params, include_extras=True)
    names = [field.name for field in fields(params)]
    return MappingProxyType({name: hints[name] for name in names if hints[name] is not Look})
