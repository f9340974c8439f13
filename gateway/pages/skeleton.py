"""A page written once, with gaps: what differs between visitors is put in without rendering again.

A template takes a quarter of a millisecond, and most of what it writes (texts, links, scripts) is
the same for all visitors of a site in one language. So it is rendered once, with marks where values
will go, and cut there. What goes into a gap is written for its place already: `plain` passes what
means nothing to HTML and JSON, `as_json` writes anything into a script.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from gateway.model import JSON

# Upper case: the one thing of a stranger that is rendered, the host of a site without a title, is
# lower case.
_MARK = re.compile('"JSON9Q4([a-z_]+)9Q4"|TEXT9Q4([a-z_]+)9Q4')
_PLAIN = re.compile(r"[A-Za-z0-9+/=_-]*")
_UNSAFE = re.compile("[<>&']")
_encoder = json.JSONEncoder(sort_keys=True)  # as the templates' `tojson`


class Skeleton:
    """What stands between the gaps of one page."""

    __slots__ = ("_gaps", "_pieces")

    def __init__(self, marked: str) -> None:
        """`marked`: the page, rendered with marks for the values that will follow."""
        self._pieces: list[bytes] = []
        self._gaps: list[str] = []
        at = 0
        for found in _MARK.finditer(marked):
            self._pieces.append(marked[at : found.start()].encode("utf-8", "replace"))
            self._gaps.append(found[1] or found[2])
            at = found.end()
        self._pieces.append(marked[at:].encode("utf-8", "replace"))

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """The page. Raises KeyError for a gap without a value."""
        parts = [b""] * (2 * len(self._gaps) + 1)
        parts[::2] = self._pieces
        parts[1::2] = [values[gap] for gap in self._gaps]
        return b"".join(parts)


def text_mark(gap: str) -> str:
    """What to render where a `plain` value will go."""
    return f"TEXT9Q4{gap}9Q4"


def json_mark(gap: str) -> str:
    """What to give to `tojson` where JSON will go, in place of the string that this makes."""
    return f"JSON9Q4{gap}9Q4"


def plain(value: str) -> bytes:
    """A value that stands for itself in HTML and in JSON. Raises ValueError for any other."""
    if not _PLAIN.fullmatch(value):
        raise ValueError("a value that would need escaping")
    return value.encode("ascii")


def as_json(value: JSON) -> bytes:
    """JSON as templates write it into a script."""
    text = _encoder.encode(value)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("ascii")
