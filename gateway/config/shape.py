"""Nodes to models: pydantic's errors as faults with their place and a remedy."""

from __future__ import annotations

import types
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.faults import Fault, did_you_mean, hide_passwords
from gateway.config.nodes import Loc, Node, Text, child, path_of, place_of, plain

M = TypeVar("M", bound=BaseModel)

_SENTENCES = {
    "missing": "is missing",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "string_type": "must be a single text",
    "too_short": "must name at least one",
}
_OLD_TRUTHS = {"no": "never", "yes": "always", "on": "enforce", "false": "never", "true": "always"}


class Faults:
    """Collects what is wrong with one document, by location in it."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.found: list[Fault] = []
        self.warnings: list[Fault] = []

    def add(self, loc: Loc, what: str, *, key: bool = False) -> None:
        self.found.append(self._fault(loc, what, key))

    def warn(self, loc: Loc, what: str, *, key: bool = False) -> None:
        self.warnings.append(self._fault(loc, what, key))

    def _fault(self, loc: Loc, what: str, key: bool) -> Fault:
        place = place_of(self.root, loc, key=key)
        return Fault(place, path_of(self.root, loc), hide_passwords(self._unsaid(loc, what)))

    def _unsaid(self, loc: Loc, what: str) -> str:
        """A value that came from the environment may be a secret: it is not repeated."""
        node: Node | None = self.root
        for step in loc:
            node = child(node, step) or node
        if isinstance(node, Text) and node.secret and node.value:
            return what.replace(node.value, "***")
        return what


def read(model: type[M], faults: Faults) -> M | None:
    """The document as `model`, or None with every fault added."""
    try:
        return model.model_validate(plain(faults.root))
    except ValidationError as errors:
        for error in errors.errors(include_url=False):
            loc = tuple(error["loc"])
            if error["type"] == "extra_forbidden":
                known = keys_at(model, loc[:-1])
                hint = did_you_mean(str(loc[-1]), known) or f" (known: {', '.join(sorted(known))})"
                faults.add(loc, f"unknown key '{loc[-1]}'{hint}", key=True)
            else:
                faults.add(loc, _sentence(error))
        return None


def _sentence(error: ErrorDetails) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), error.get("input")
    if value is None and kind not in ("missing",):
        return "has no value: give it one, or remove the key"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return _choice(str(value), str(context["expected"]))
    if kind == "string_pattern_mismatch":
        return f"'{value}' is not a name: 1 to 32 of a-z, 0-9, _ and -"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        word = "at least" if kind == "greater_than_equal" else "at most"
        return f"'{value}' is out of range: {word} {_plain_number(bound)}"
    if kind in ("int_type", "float_type", "bool_type"):
        return "must be a single value"
    return _SENTENCES.get(kind, error["msg"])


def _choice(value: str, expected: str) -> str:
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    hint = did_you_mean(value, words)
    if not hint and _OLD_TRUTHS.get(value.lower()) in words:
        hint = f"; did you mean '{_OLD_TRUTHS[value.lower()]}'?"
    return f"'{value}' is not one of {', '.join(words)}{hint}"


def _plain_number(bound: Any) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


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
    """One step into an annotation: a field of a model; items of lists and dicts are themselves."""
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
