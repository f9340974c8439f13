"""Bodies: the fields of a form, or the news that they cannot be read without doubt.

A body is only read when every reader must agree on it. Anything unusual (encodings, charsets,
several boundaries, headers that a parser could take two ways, padding beyond the bound) makes it
*unreadable*, and an unreadable body counts as a match. Only `php` knows better in one case: PHP
fills `$_POST` from two content types alone, so a body of another type has no fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from gateway.model import BodySeen, RequestHead
from gateway.routing.params import MAX_FIELDS, NO_ITEMS, UNREADABLE_ITEMS, Field, Items, urlencoded

MAX_PARTS = 1_000  # PHP takes max_input_vars and max_file_uploads, 1020 in all
MAX_PART_HEAD_BYTES = 4 * 1024

_CHARSETS = re.compile(
    r"utf-?8|us-ascii|ascii|iso-8859-\d+|latin-?1|windows-125\d|cp125\d|gbk|gb2312|gb18030|big5"
    r"|shift_jis|euc-(?:jp|kr|tw|cn)|koi8-[ru]",
    re.IGNORECASE,
)
_CHARSET = re.compile(r'\A;\s*charset\s*=\s*("?)([\w.:-]+)\1\s*;?\Z', re.IGNORECASE)
_BOUNDARY = re.compile(
    r"\A;[ \t]*boundary=(\"?)([A-Za-z0-9'()+_./:=?-]{1,200})\1(;[ \t]*charset=\"?utf-8\"?)?\Z",
    re.IGNORECASE,
)
_UNQUOTED_BOUNDARY = re.compile(r"[A-Za-z0-9'+_.-]+")
_PART_HEADER = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([^\r\n\0]*)")
_DISPOSITION = re.compile(
    rb"form-data((?:;[ \t]*(?:[A-Za-z]+=(?:\"[^\"\\\r\n]*\"|[\w.\[\]-]+)"
    rb"|filename\*=[\w-]+''[\w.%~-]+))+)[ \t]*",
    re.IGNORECASE,
)
_PARAMETER = re.compile(rb";[ \t]*([A-Za-z]+\*?)=(?:\"([^\"]*)\"|([\w.\[\]'%~-]+))")
_PLAIN_TRANSFER = (b"7bit", b"8bit", b"binary")
_JSON_TYPE = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?json\Z")


def form_items(request: RequestHead, body: BodySeen) -> Items:
    """The fields of a body; unreadable unless all of it is here. Read once, whoever asks."""
    items: Items | None = body.known.get(request.headers)
    if items is None:
        items = body.known[request.headers] = _items(request, body.data, body.complete)
    return items


def _items(request: RequestHead, data: bytes, complete: bool) -> Items:
    if not complete or _encoded(request):
        return UNREADABLE_ITEMS
    types = request.all(b"content-type")
    if len(types) > 1:
        return UNREADABLE_ITEMS
    kind, rest = _content_type(types[0] if types else b"")
    if kind == "multipart/form-data":
        return _multipart(data, rest)
    if not _charset_known(rest):
        return UNREADABLE_ITEMS
    if kind in ("application/x-www-form-urlencoded", ""):
        return UNREADABLE_ITEMS if b"\0" in data else urlencoded(data)
    return _json(data) if _JSON_TYPE.match(kind) else _guessed(data)


def _encoded(request: RequestHead) -> bool:
    encodings = request.all(b"content-encoding") + request.all(b"content_encoding")
    return any(value.strip().lower() not in (b"", b"identity") for value in encodings)


def _content_type(value: bytes) -> tuple[str, str]:
    """The type as PHP cuts it (at `;`, `,` or a blank), and what follows."""
    text = value.decode("latin-1").strip()
    found = re.match(r"[^;, \t]*", text)
    kind = found[0] if found else ""
    return kind.lower(), text[len(kind) :].strip()


def _charset_known(rest: str) -> bool:
    if not rest:
        return True
    found = _CHARSET.match(rest)
    return found is not None and _CHARSETS.fullmatch(found[2]) is not None


def _guessed(data: bytes) -> Items:
    """A type PHP makes no fields of; an app may still read it by itself, so nothing is sure."""
    if b"\0" in data[:4]:
        return UNREADABLE_ITEMS  # UTF-16 or UTF-32
    found = [*urlencoded(data).fields, *_json(data).fields]
    unsure = tuple(Field(item.name, item.value, sure=False) for item in found)
    return Items(unsure, foreign=True)


# --- JSON ----------------------------------------------------------------------------------


class _Number(str):
    """A JSON number with a fraction or exponent, as it is written."""

    __slots__ = ()

    def whole(self) -> str:
        """As an app writes it that has read it as a number: 1.38e10 is 13800000000."""
        number = float(self)
        return str(int(number)) if number.is_integer() and abs(number) < 1e21 else str(self)


def _json(data: bytes) -> Items:
    """Top-level keys; those of objects in a top-level list are unsure."""
    if not data.strip():
        return NO_ITEMS
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        value = json.loads(text, object_pairs_hook=tuple, parse_int=str, parse_float=_Number)
    except (ValueError, RecursionError):
        return UNREADABLE_ITEMS
    pairs = tuple(islice(_json_pairs(value), MAX_FIELDS))
    return Items(pairs) if len(pairs) < MAX_FIELDS else UNREADABLE_ITEMS


def _json_pairs(value: Any) -> Iterator[Field]:
    if isinstance(value, tuple):
        for name, item in value:
            for text, sure in _json_texts(item):
                yield Field(name.encode("utf-8", "replace"), text, sure)
    elif isinstance(value, list):
        for element in value:
            if isinstance(element, tuple):
                yield from (Field(f.name, f.value, sure=False) for f in _json_pairs(element))


def _json_texts(item: Any) -> Iterator[tuple[bytes, bool]]:
    """What a scalar may be compared as; lists and objects as all scalars in them, unsure."""
    match item:
        case _Number():
            yield item.encode(), True
            yield item.whole().encode(), False
        case str():
            yield item.encode("utf-8", "replace"), True
        case bool():
            yield (b"true" if item else b"false"), True
            yield (b"1" if item else b"0"), False
        case None:
            yield b"", False
            yield b"null", False
        case _:
            yield b"", False
            for scalar in _scalars(item):
                yield from ((text, False) for text, _ in _json_texts(scalar))


def _scalars(item: Any) -> Iterator[Any]:
    """However deep: an app that joins what it is given sees through any number of brackets."""
    waiting = [item]
    while waiting:
        match waiting.pop():
            case list() as inner:
                waiting += inner
            case tuple() as pairs:
                waiting += (value for _, value in pairs)
            case scalar:
                yield scalar


# --- Multipart -----------------------------------------------------------------------------


def _multipart(data: bytes, rest: str) -> Items:
    found = _BOUNDARY.match(rest)
    if found is None or (not found[1] and not _UNQUOTED_BOUNDARY.fullmatch(found[2])):
        return UNREADABLE_ITEMS
    parts = _parts(data, b"--" + found[2].encode())
    if parts is None:
        return UNREADABLE_ITEMS
    fields = [_part(part) for part in parts]
    known = tuple(item for item in fields if item is not None)
    return Items(known) if len(known) == len(fields) else UNREADABLE_ITEMS


def _parts(data: bytes, mark: bytes) -> list[bytes] | None:
    """The parts between delimiter lines, if the body is nothing but those; else None.

    PHP takes any line that starts with the mark for the end of a part, others only whole lines:
    so the mark may stand nowhere else.
    """
    if not data.startswith(mark + b"\r\n"):
        return None
    end = data.rfind(b"\r\n" + mark + b"--")
    if end < 0 or data[end + len(mark) + 4 :] not in (b"", b"\r\n"):
        return None
    parts = data[len(mark) : end].split(b"\r\n" + mark)
    if len(parts) > MAX_PARTS or data.count(mark) != len(parts) + 1:
        return None
    return parts if all(part.startswith(b"\r\n") for part in parts) else None


def _part(part: bytes) -> Field | None:
    """One part (it starts with the end of its delimiter line); None if readers could differ."""
    head, blank, value = part[2:].partition(b"\r\n\r\n")
    if not blank or len(head) > MAX_PART_HEAD_BYTES:
        return None
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n"):
        found = _PART_HEADER.fullmatch(line)
        if found is None or found[1].lower() in headers:
            return None
        headers[found[1].lower()] = found[2].strip()
    if headers.get(b"content-transfer-encoding", b"binary").lower() not in _PLAIN_TRANSFER:
        return None
    if not _plain_text(headers.get(b"content-type", b"")):
        return None
    return _disposed(headers.get(b"content-disposition", b""), value)


def _plain_text(value: bytes) -> bool:
    """Not another multipart, and no charset that turns letters into others."""
    kind, rest = _content_type(value)
    if kind.startswith(("multipart/", "message/")):
        return False
    return "charset" not in rest.lower() or _charset_known(rest)


def _disposed(disposition: bytes, value: bytes) -> Field | None:
    shape = _DISPOSITION.fullmatch(disposition)
    if shape is None:
        return None
    given: dict[bytes, bytes] = {}
    for found in _PARAMETER.finditer(shape[1]):
        key = found[1].lower()
        if key in given:
            return None
        given[key] = found[2] if found[2] is not None else found[3]
    if b"name" not in given or given.keys() - {b"name", b"filename", b"filename*"}:
        return None
    return Field(given[b"name"], value, sure=b"filename" not in given)
