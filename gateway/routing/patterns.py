"""The grammar of path patterns, and the small aliases under which an app serves the same thing.

/exact        this path (a differing case or final slash is a maybe)
/prefix/**    the folder, and everything below it
/a/*/b        `*` stands for exactly one segment
~regex        RE2, against the whole path, `.` matching any character
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

from gateway.routing.readings import decoded

_INDEX_FILE = re.compile(rb"(.*/)(?:index|default)\.[a-z0-9]{1,5}\Z", re.IGNORECASE | re.DOTALL)
_EXTENSION = re.compile(
    rb"(.*/[^/.]+)\.(?:php\d?|phtml|cgi|pl|py|aspx?|jspx?|s?html?)\Z", re.IGNORECASE | re.DOTALL
)
_MAX_REGEX_BYTES = 1 << 20  # RE2 memory for one pattern


@dataclass(frozen=True, slots=True)
class Exact:
    path: bytes
    aliases: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Segments:
    """Literal segments, None for `*`; `below` when the pattern ends in `**`."""

    parts: tuple[bytes | None, ...]
    below: bool


@dataclass(frozen=True, slots=True)
class Regex:
    source: str


Pattern = Exact | Segments | Regex


def parse_pattern(text: str) -> tuple[Pattern, ...]:
    """The forms under which a pattern is indexed. Raises ValueError, saying what is wrong."""
    if text.startswith("~"):
        compile_regex(text[1:], ignore_case=True)
        return (Regex(text[1:]),)
    if not text.startswith("/"):
        raise ValueError("a path pattern starts with `/`, or with `~` for a regular expression")
    if "?" in text or "#" in text:
        raise ValueError("a path pattern has no query: use `query:`")
    return tuple(dict.fromkeys(_literal(text.encode())))


def _literal(raw: bytes) -> Iterator[Pattern]:
    """As written, and percent-decoded: what is decoded stays literal, a `%2a` is no `*`."""
    below = raw.endswith(b"/**")
    segments = (raw[:-3] if below else raw).split(b"/")[1:]
    if any(b"*" in segment and segment != b"*" for segment in segments):
        raise ValueError("`*` stands for a whole segment, `**` only at the end; or use `~`")
    if not below and b"*" not in segments:
        yield Exact(raw, _aliases(raw))
        yield Exact(decoded(raw), _aliases(decoded(raw)))
        return
    yield Segments(tuple(None if part == b"*" else part for part in segments), below)
    yield Segments(tuple(None if part == b"*" else decoded(part) for part in segments), below)


def _aliases(path: bytes) -> tuple[bytes, ...]:
    """What web servers also run this file for: its folder, or its name alone (MultiViews)."""
    index, named = _INDEX_FILE.match(path), _EXTENSION.match(path)
    return tuple(found[1] for found in (index, named) if found is not None)


def compile_regex(source: str, *, ignore_case: bool) -> Any:
    """A compiled RE2 pattern. Raises ValueError with RE2's own words."""
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = _MAX_REGEX_BYTES
    try:
        return re2.compile(source, options)
    except re2.error as fault:
        raise ValueError(f"not a pattern RE2 accepts: {fault}") from None
