"""Names and values of parameters, as apps read them, and conditions on them.

Two ways to read: `strict` (plain names; a repeat counts with any of its values) and `php` (names
mangled as in main/php_variables.c). A condition is answered with a `Truth`: MAYBE where another
reader of the same bytes could see it met. The router lets a MAYBE only make things harder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from gateway.routing.patterns import compile_regex
from gateway.routing.readings import folded, percent_u

MAX_FIELDS = 2_000  # PHP stops at max_input_vars = 1000; more than this is unreadable
MAX_REPEATS = 500  # … and so are more values under one name
MAX_ODD_VALUE_BYTES = 2 * 1024  # longer values are compared plainly, not in every lenient way
_MAX_NESTING = 64  # PHP's max_input_nesting_level
_ARRAYS_ABOVE = 4  # `a[b][c][d][e]…` is also found as `a`, `a[b]`, `a[b][c]` and `a[b][c][d]`

Way = Literal["strict", "php"]

_BLANKS = b" \t\r\n\v\f\0"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ODD_SEPARATORS = re.compile(rb"[&;?]")
_INDEX = re.compile(rb"\[\d*\]")
_ODD_VALUE = re.compile(rb"[%\0\x80-\xff]")


class Truth(IntEnum):
    """How sure a condition is. A conjunction is the smallest of its parts."""

    NO = 0
    FAINT = 1  # NO or MAYBE: the body, which has not been read, will tell
    UNSEEN = 2  # anything: the body will tell
    MAYBE = 3
    OPEN = 4  # MAYBE or YES: the body will tell
    YES = 5


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter as sent; not `sure` where only some readers see it so."""

    name: bytes
    value: bytes
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """Decoded parameters in the order sent. Not `readable`: there may be any others.

    `foreign`: a body that PHP makes no fields of, so that nothing in it is sure.
    """

    fields: tuple[Field, ...] = ()
    readable: bool = True
    foreign: bool = False


NO_ITEMS = Items()
UNREADABLE_ITEMS = Items(readable=False)


@dataclass(slots=True)
class Fields:
    """Parameters under the key they are looked up by. Not `readable`: there may be any other."""

    by_key: dict[bytes, list[Field]] = field(default_factory=dict)
    readable: bool = True

    def add(self, key: bytes, item: Field) -> None:
        items = self.by_key.setdefault(key, [])
        if len(items) < MAX_REPEATS:
            items.append(item)
        else:
            self.readable = False


UNREADABLE = Fields(readable=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """`name` must be there, with this value if one is given (`~…`: a pattern for it)."""

    name: bytes
    key: bytes
    value: bytes | None
    near: bytes
    pattern: Any = None

    def on(self, fields: Fields) -> Truth:
        """What these fields alone say; MAYBE when they are unreadable and don't settle it."""
        found = fields.by_key.get(self.key)
        if not found:
            return Truth.NO if fields.readable else Truth.MAYBE
        return self._among(found, fields.readable)

    def _among(self, found: Iterable[Field], readable: bool) -> Truth:
        met = [self._met(item) for item in found]
        if readable and min(met) is Truth.YES:
            return Truth.YES
        return Truth.MAYBE if not readable or max(met) > Truth.NO else Truth.NO

    def _met(self, item: Field) -> Truth:
        exact = item.sure and item.name == self.name
        if self.value is None:
            return Truth.YES if exact else Truth.MAYBE
        if item.value == self.value and self.pattern is None:
            return Truth.YES if exact else Truth.MAYBE
        if self.pattern is not None:
            return self._like(item.value, exact)
        return Truth.MAYBE if self.near in near_values(item.value) else Truth.NO

    def _like(self, value: bytes, exact: bool) -> Truth:
        if exact and self.pattern.fullmatch(value.decode("utf-8", "replace")):
            return Truth.YES
        near = any(self.pattern.fullmatch(v.decode("utf-8", "replace")) for v in near_values(value))
        return Truth.MAYBE if near else Truth.NO


def conditions(wanted: Mapping[str, str | None], way: Way) -> tuple[Condition, ...]:
    """The conditions of a match, ready to be asked. Raises ValueError on a broken `~` value."""
    return tuple(_condition(name, value, way) for name, value in wanted.items())


def _condition(name: str, value: str | None, way: Way) -> Condition:
    raw = name.encode()
    if way == "php":
        raw = php_name(raw) or raw
    key = _INDEX.sub(b"[]", raw) if way == "php" else fold_name(raw)
    if value is None:
        return Condition(raw, key, None, b"")
    if value.startswith("~"):
        pattern = compile_regex(value[1:], ignore_case=True)
        return Condition(raw, key, value.encode(), b"", pattern)
    return Condition(raw, key, value.encode(), _plain(value.encode()))


def _plain(value: bytes) -> bytes:
    return value.strip(_BLANKS).lower()


def near_values(value: bytes) -> tuple[bytes, ...]:
    """Values that a lenient comparison takes for this one: case, blanks, NUL, a second decoding."""
    if _ODD_VALUE.search(value) is None:
        return (_plain(value),)
    if len(value) > MAX_ODD_VALUE_BYTES:
        return (_plain(value), _plain(value.strip(_BLANKS).partition(b"\0")[0]))
    forms = {value, folded(value), value.partition(b"\0")[0], value.replace(b"\0", b"")}
    forms |= {unquote_to_bytes(form.replace(b"+", b" ")) for form in tuple(forms)}
    return tuple({_plain(form) for form in forms})


# --- The two ways to read names ------------------------------------------------------------


def fold_name(name: bytes) -> bytes:
    """The key of a plain name: ASP.NET and Go ignore its case; some cut it at NUL or `[`."""
    return folded(name).partition(b"\0")[0].partition(b"[")[0].strip(_BLANKS).lower() or name


def php_name(name: bytes) -> bytes:
    """The name PHP registers a decoded name under, like `do`, `do_x`, `do[a][]`; b"" for none.

    Source: php_register_variable_ex, main/php_variables.c (8.2).
    """
    name = name.partition(b"\0")[0].lstrip(b" ")
    root, bracket, rest = name.partition(b"[")
    root = root.replace(b" ", b"_").replace(b".", b"_")
    if not bracket or not root:
        return root
    if b"]" not in rest:
        return root + b"_" + re.sub(rb"[ .\[]", b"_", rest)
    indexes: list[bytes] = []
    while bracket and b"]" in rest and len(indexes) < _MAX_NESTING:
        index, _, rest = rest.partition(b"]")
        indexes.append(b"[" + (b"" if index.isspace() else index) + b"]")
        bracket, rest = rest[:1] if rest[:1] == b"[" else b"", rest[1:]
    return root + b"".join(indexes)


def php_keys(name: bytes, own: bytes) -> Iterator[bytes]:
    """The keys a decoded name, `own` to PHP, is found under: its own first, then as an array."""
    key = _INDEX.sub(b"[]", own) if b"[" in own else own
    yield key
    root, *indexes = key.split(b"[")
    for depth in range(min(len(indexes), _ARRAYS_ABOVE)):
        yield b"[".join((root, *indexes[:depth]))
    if own != name:
        unmangled = name.partition(b"\0")[0].partition(b"[")[0].strip(_BLANKS)
        if unmangled not in (b"", root):
            yield unmangled


# --- Reading -------------------------------------------------------------------------------


def collect(items: Items, way: Way) -> Fields:
    """The fields under the keys of one way to read."""
    if not items.readable:
        return UNREADABLE
    fields = Fields()
    for item in items.fields:
        if way == "strict":
            fields.add(fold_name(item.name), item)
        else:
            _add_as_php(fields, item)
    return fields


def _add_as_php(fields: Fields, item: Field) -> None:
    own = php_name(item.name)
    if not own:
        return
    known = item if own == item.name else Field(own, item.value, item.sure)
    for key in php_keys(item.name, own):
        fields.add(key, known if key == own else Field(own, item.value, sure=False))


def urlencoded(data: bytes) -> Items:
    """The fields of a query string or urlencoded body."""
    if sum(map(data.count, (b"&", b";", b"?"))) >= MAX_FIELDS:
        return UNREADABLE_ITEMS
    return Items(tuple(_pairs(data))) if data else NO_ITEMS


def _pairs(data: bytes) -> Iterator[Field]:
    """Fields split at `&`; then, unsure, as those who split or decode otherwise see them."""
    pieces = data.split(b"&")
    for piece in pieces:
        if piece:
            name, _, value = piece.partition(b"=")
            yield Field(_decoded(name), _decoded(value))
    others = list(pieces) if _BROKEN_ESCAPE.search(data) else []
    if b";" in data or b"?" in data:
        others += _ODD_SEPARATORS.split(data)
    if b"#" in data:
        others += data.partition(b"#")[0].split(b"&")
    for piece in others:
        name, _, value = piece.partition(b"=")
        yield Field(_lenient(name), _lenient(value), sure=False)


def _decoded(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


def _lenient(text: bytes) -> bytes:
    """As classic ASP decodes: `%u0064` is `d`, and a `%` that starts no escape is dropped."""
    return _decoded(_BROKEN_ESCAPE.sub(b"", percent_u(text)))
