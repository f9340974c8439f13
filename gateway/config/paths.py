"""The grammar of path patterns, and when one pattern covers another.

`/exact`, `/prefix/**` (the prefix and all below it), `/a/*/b` (`*` is one whole segment), `~regex`
(RE2 over the whole path).
"""

from __future__ import annotations

import re

from gateway.routing.patterns import compile_regex

MAX_PATTERN = 1000


def check(pattern: str) -> str:
    """What is wrong with the pattern, or ""."""
    if len(pattern) > MAX_PATTERN:
        return f"longer than {MAX_PATTERN} characters"
    if pattern.startswith("~"):
        return _check_regex(pattern[1:])
    if not pattern.startswith("/"):
        return f"'{pattern}' must start with / (or with ~ for a regular expression)"
    if "?" in pattern or "#" in pattern:
        return f"'{pattern}' holds more than a path: put what follows '?' under query"
    if re.search(r"[\x00-\x20\x7f]", pattern):
        return f"'{pattern}' holds a blank or control character"
    segments = pattern[1:].split("/")
    if "**" in segments[:-1]:
        return f"'{pattern}': ** may only stand at the end; one * is one segment"
    if any("*" in segment and segment not in ("*", "**") for segment in segments):
        return f"'{pattern}': * stands for a whole segment; for parts of one use ~ and RE2"
    if any(segment in (".", "..") for segment in segments) or "" in segments[:-1]:
        return f"'{pattern}' is not resolved: no '.', '..' or '//'"
    return ""


def check_value(value: str | None) -> str:
    """What is wrong with the value of a query or form condition, or "". `~` starts an RE2."""
    if value is None or not value.startswith("~"):
        return ""
    if len(value) > MAX_PATTERN:
        return f"longer than {MAX_PATTERN} characters"
    return _check_regex(value[1:])


def _check_regex(pattern: str) -> str:
    try:
        compile_regex(pattern, ignore_case=False)
    except ValueError as error:
        reason = getattr(error.__context__, "args", (str(error),))[0]
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        return f"RE2 can't read this (it knows no look-around and no back-references): {words}"
    return ""


def covers(wide: str, narrow: str) -> bool:
    """Whether every path of `narrow` surely is one of `wide`. False when in doubt."""
    if wide == narrow or wide == "/**":
        return True
    if wide.startswith("~") or narrow.startswith("~"):
        return False
    if wide.endswith("/**"):
        head, rest = wide[1:-3].split("/"), narrow[1:].split("/")
        if rest[-1] == "**":
            rest = rest[:-1]
        return len(rest) >= len(head) and _segments_cover(head, rest[: len(head)])
    wide_parts, narrow_parts = wide[1:].split("/"), narrow[1:].split("/")
    same_length = len(wide_parts) == len(narrow_parts)
    return same_length and _segments_cover(wide_parts, narrow_parts)


def _segments_cover(wide: list[str], narrow: list[str]) -> bool:
    return all(w == n or (w == "*" and n != "**") for w, n in zip(wide, narrow, strict=True))
