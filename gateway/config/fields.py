"""The types that settings are made of. Input is text, or lists and mappings of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from gateway.config import units

T = TypeVar("T")


def _from_text(read: Callable[[str], T]) -> BeforeValidator:
    def validate(value: Any) -> Any:
        return read(value) if isinstance(value, str) else value

    return BeforeValidator(validate)


def _listed(value: Any) -> Any:
    """One thing written without a list is a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _kind_named(value: Any) -> Any:
    """`slider` is short for `{kind: slider}`."""
    return {"kind": value} if isinstance(value, str) else value


def _step_named(value: Any) -> Any:
    """The same, and `[puzzle, rotate]` for `{kind: puzzle, beside: [rotate]}`."""
    if not isinstance(value, list) or not value:
        return _kind_named(value)
    first = _kind_named(value[0])
    if not isinstance(first, dict):
        return value
    return {**first, "beside": [*first.get("beside", []), *value[1:]]}


def _for_named(value: Any) -> Any:
    """`none` and `2h` are short for `{for: none}` and `{for: 2h}`."""
    return {"for": value} if isinstance(value, str) else value


def _url_named(value: Any) -> Any:
    """`http://…` is short for `{url: http://…}`, and a list of them likewise."""
    return {"url": value} if isinstance(value, str | list) else value


def _text_schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Whole = Annotated[int, _from_text(units.whole)]
Number = Annotated[float, _from_text(units.number)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
Truth = Annotated[bool, _from_text(units.truth)]
_SPAN_PATTERN = r"^([0-9.]+(ms|s|m|h|d))+$"
_SIZE_PATTERN = r"^[0-9.]+ ?([kKMG]?B|[KMGT]iB)$"
Span = Annotated[float, _from_text(units.span_s), _text_schema(_SPAN_PATTERN, "30s")]
WholeSpan = Annotated[int, _from_text(units.whole_span_s), _text_schema(_SPAN_PATTERN, "30m")]
SpanOrNone = Annotated[
    int,
    _from_text(lambda text: 0 if text == "none" else units.whole_span_s(text)),
    _text_schema(r"^none$|" + _SPAN_PATTERN, "1h"),
]
Size = Annotated[int, _from_text(units.size_bytes), _text_schema(_SIZE_PATTERN, "10MiB")]
Words = Annotated[list[str], BeforeValidator(_listed)]
OneOrMany = BeforeValidator(_listed)
KindNamed = BeforeValidator(_kind_named)
StepNamed = BeforeValidator(_step_named)
ForNamed = BeforeValidator(_for_named)
UrlNamed = BeforeValidator(_url_named)
