"""Every setting with its type, default and description, from the models: what the README lists."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway import kinds
from gateway.config import fields
from gateway.config.addresses import ListPart
from gateway.config.annotations import model_in
from gateway.config.bots import BotPart
from gateway.config.models import FilePart, Values
from gateway.config.upstreams import UpstreamPart
from gateway.kinds import Between, settable

REQUIRED = "(required)"


class Setting(NamedTuple):
    """One row of the reference."""

    key: str  # `sites[].routes[].pass.ttl`
    type: str  # in words
    default: str  # as written; "" when there is none
    description: str


_WORDS: dict[Any, str] = {
    fields.Span: "span",
    fields.WholeSpan: "span",
    fields.SpanOrNone: "span, or `none`",
    fields.Size: "size",
    fields.Whole: "whole number",
    fields.Number: "number",
    fields.Truth: "true or false",
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
}


# Mappings of names to parts, in words; and settings that are shaped as another one.
_NAMED: dict[type[BaseModel], str] = {
    UpstreamPart: "address, or a list",
    ListPart: "file, or a mapping",
    BotPart: "mapping",
}
_SAME = {
    "challenge_on": "match",
    "sites[].deny": "allow",
    "sites[].routes[].allow": "sites[].allow",
    "sites[].routes[].deny": "sites[].allow",
}


def settings_reference() -> list[Setting]:
    """All settings, in the order of the file."""
    return list(_of(FilePart, ""))


def as_markdown() -> str:
    """The reference as a table for the README."""
    rows = ["| setting | type | default | what it is |", "|---|---|---|---|"]
    for setting in settings_reference():
        bare = setting.default in ("", REQUIRED)
        default = setting.default if bare else f"`{setting.default}`"
        kind = setting.type.replace("|", "\\|")
        rows.append(f"| `{setting.key}` | {kind} | {default} | {setting.description} |")
    rows += ["", "| parameter of a kind | type | default |", "|---|---|---|"]
    for row in kind_parameters():
        kind = row.type.replace("|", "\\|")
        rows.append(f"| `{row.key}` | {kind} | `{row.default}` |")
    return "\n".join(rows) + "\n"


def kind_parameters() -> list[Setting]:
    """What each kind lets be set under `ladder[].params`."""
    found = []
    for name, kind in kinds.load().items():
        usual = kind.params()
        for key, hint in settable(kind.params).items():
            words = _parameter_words(hint)
            found.append(Setting(f"{name}.{key}", words, _short(getattr(usual, key)), ""))
    return found


def _short(value: object) -> str:
    """A default as people write it: 10, not 10.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parameter_words(hint: Any) -> str:
    bounds = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Between)]
    words = _words(get_args(hint)[0] if get_origin(hint) is Annotated else hint)
    return words + "".join(f", {bound.low:g} to {bound.high:g}" for bound in bounds)


def _of(model: type[BaseModel], prefix: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        inner = model_in(field.annotation)
        if (as_other := _SAME.get(key) or _SAME.get(name)) is not None:
            yield Setting(key, f"as `{as_other}`", "", field.description or "")
            continue
        many = _is_many(field.annotation)
        if inner is None:
            yield Setting(key, _type(field), _default(field), field.description or "")
        elif inner in _NAMED:
            yield Setting(f"{key}.<name>", _NAMED[inner], "", field.description or "")
            yield from _of(inner, f"{key}.<name>.")
        else:
            kind = "list" if many else "mapping"
            yield Setting(key, kind, _default(field) if many else "", field.description or "")
            yield from _of(inner, f"{key}[]." if many else f"{key}.")


def _is_many(kind: Any) -> bool:
    return get_origin(kind) is list or (
        get_origin(kind) is Annotated and _is_many(get_args(kind)[0])
    )


def _type(field: FieldInfo) -> str:
    whole = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    for known, words in _WORDS.items():
        if field.annotation == known or whole == known or _same_reader(field, known):
            return words
    return _words(field.annotation)


def _same_reader(field: FieldInfo, known: Any) -> bool:
    """pydantic unfolds `Annotated`: the reader that was in it tells which one it was."""
    if get_origin(known) is not Annotated:
        return False
    return get_args(known)[1] in field.metadata


def _words(kind: Any) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == Values:
        return "names with values"
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _WORDS.get(kind) or _words(inner[0])
    if origin is Literal:
        return " | ".join(f"`{choice}`" for choice in inner)
    if origin is list:
        return f"{_words(inner[0])}, or a list"
    if origin in (Union, types.UnionType):
        return _words(next(k for k in inner if k is not type(None)))
    return "names with values"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return REQUIRED
    if field.default_factory is not None or field.default in (None, ""):
        return ""
    return _written(field.default)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {_written(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    return str(value)
