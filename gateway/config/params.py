"""What a kind may be told: its parameters out of text, each fault in words that say what mends it.

In the configuration and on the command line it is the same.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from gateway.config import units
from gateway.config.faults import did_you_mean, one_of
from gateway.kinds import Between, settable


@dataclass(frozen=True, slots=True)
class Unfit:
    """A parameter that can't be used; without a name: they don't go together."""

    name: str
    what: str
    is_unknown: bool = False

    @property
    def said(self) -> str:
        return f"{self.name}: {self.what}" if self.name and not self.is_unknown else self.what


def read_params(model: type[Any], given: Mapping[str, Any]) -> tuple[Any, list[Unfit]]:
    """The parameters, as far as they can be used (None: not at all), and what is wrong."""
    hints = settable(model)
    values: dict[str, Any] = {}
    unfit: list[Unfit] = []
    for name, value in given.items():
        if name not in hints:
            known = f" (known: {', '.join(sorted(hints)) or 'none'})"
            what = f"unknown parameter '{name}'{did_you_mean(name, hints) or known}"
            unfit.append(Unfit(name, what, is_unknown=True))
            continue
        try:
            values[name] = _read(hints[name], value)
        except ValueError as error:
            unfit.append(Unfit(name, str(error)))
    try:
        return model(**values), unfit
    except (TypeError, ValueError) as error:
        return None, [*unfit, Unfit("", str(error))]


def _read(hint: Any, value: Any) -> Any:
    """A parameter's text as the type it is declared with. Raises ValueError."""
    if value is None:
        raise ValueError("has no value: give it one, or remove the key")
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *bounds = get_args(hint)
        found = _read(inner, value)
        for bound in bounds:
            if isinstance(bound, Between) and not bound.low <= found <= bound.high:
                raise ValueError(f"{value} is out of range: {bound.low:g} to {bound.high:g}")
        return found
    if origin in (Union, types.UnionType):
        return _read(next(k for k in get_args(hint) if k is not type(None)), value)
    if origin is Literal:
        if value not in get_args(hint):
            raise ValueError(one_of(str(value), map(str, get_args(hint)), "choice"))
        return value
    if origin in (tuple, frozenset):
        items = value if isinstance(value, list) else [value]
        return origin(_read(get_args(hint)[0], item) for item in items)
    if not isinstance(value, str):
        raise ValueError("must be a single value")
    readers: dict[Any, Callable[[str], Any]] = {
        int: units.whole,
        float: units.number,
        bool: units.truth,
        str: str,
    }
    return readers[hint](value)
