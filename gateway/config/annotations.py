"""What keys a model has, by its annotations, and where one belongs that stands elsewhere."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from gateway.config.nodes import Loc

MOST: Final = 2  # places of one key that are named; of more, none is likely the one meant


def belongs(model: type[BaseModel], key: str) -> str:
    """`; it belongs under sites[]` when the model has such a key elsewhere, else nothing."""
    homes = sorted(place for place, name in _places(model) if name == key)
    if not 0 < len(homes) <= MOST:
        return ""
    said = (f"under {home}" if home else "at the top of the file" for home in homes)
    return f"; it belongs {' or '.join(said)}"


@cache
def _places(model: type[BaseModel]) -> frozenset[tuple[str, str]]:
    return frozenset(_below(model, ""))


def _below(model: type[BaseModel], place: str) -> Iterator[tuple[str, str]]:
    """Every key with the place of its mapping, as `("sites[].routes[]", "ladder")`."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield place, key
        if (inner := model_in(field.annotation)) is not None:
            many = "[]" if _is_list(field.annotation) else ""
            yield from _below(inner, f"{place}.{key}{many}".lstrip("."))


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is list or (
        get_origin(kind) is Annotated and _is_list(get_args(kind)[0])
    )


def keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys known at a place in the model."""
    kind: Any = model
    for step in loc:
        kind = _step(kind, step)
    found = model_in(kind)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def model_in(kind: Any) -> type[BaseModel] | None:
    """The model an annotation is about, under its lists, options and validators."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in (Annotated, list, dict, Union, types.UnionType):
        found = [model_in(inner) for inner in get_args(kind)]
        return next((inner for inner in found if inner), None)
    return None


def _step(kind: Any, step: str | int) -> Any:
    """One step into an annotation: a field of a model, or an item of a list or mapping."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _step(get_args(kind)[0], step)
    if origin in (Union, types.UnionType):
        return _step(next(k for k in get_args(kind) if k is not type(None)), step)
    if origin in (list, dict):
        return get_args(kind)[-1]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if step == (field.alias or name):
                return field.annotation
    return kind
