"""Paths as they are kept, where an operator asks for that: `traces` in the configuration.

Sealed with the site's keys, so the store alone tells nothing; nothing in them says who drew them.
What comes out again is the format of `recorded`, one object for each path.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence

from gateway.hand.paths import Floats
from gateway.hand.trace import Drawn
from gateway.model import JSON
from gateway.ring import KeyRing
from gateway.seal import TokenTooLongError, seal, unseal

PURPOSE = "traces"
SOURCE = "gateway"  # of every path: whose data set it is
MOST_BYTES = 1 << 20  # unpacked: what we pack is far below
_POINTERS = {True: "touch", False: "mouse"}


def pack(ring: KeyRing, drawn: Sequence[Drawn], nonce: bytes) -> str:
    """Sealed text of these paths; of too many the newest. Empty if not one fits."""
    rows = [_row(each) for each in drawn]
    while rows:
        text = json.dumps(rows, separators=(",", ":")).encode()
        try:
            return seal(ring, PURPOSE, zlib.compress(text), nonce)
        except TokenTooLongError:
            del rows[: max(1, len(rows) // 2)]
    return ""


def unpack(ring: KeyRing, sealed: str) -> list[dict[str, JSON]]:
    """The paths again; none of what we did not seal, or of a key that is gone."""
    found = unseal(ring, PURPOSE, sealed)
    if found is None:
        return []
    rows: list[dict[str, JSON]] = json.loads(zlib.decompressobj().decompress(found, MOST_BYTES))
    return rows


def lines(reference: str, rows: Iterable[dict[str, JSON]]) -> list[str]:
    """JSON lines of one decision's paths, each once: answers of one page tell the same again."""
    told = list(dict.fromkeys(json.dumps(row, separators=(",", ":"))[1:] for row in rows))
    return [
        f'{{"id":"{reference}/{n}","source":"{SOURCE}","session":"{reference}",{rest}'
        for n, rest in enumerate(told, 1)
    ]


def _row(drawn: Drawn) -> dict[str, JSON]:
    """Milliseconds from the path's first event; pixels to a tenth, as fine as pages tell them."""
    t, x, y = drawn.points
    by = {} if drawn.touch is None else {"pointer": _POINTERS[drawn.touch]}
    kind = {"kind": "drag" if drawn.pressed else "move"}
    return kind | by | {"t": _numbers(t - t[0], 0), "x": _numbers(x, 1), "y": _numbers(y, 1)}


def _numbers(values: Floats, digits: int) -> list[JSON]:
    """Whole ones without a point: a path has hundreds."""
    rounded = [round(float(value), digits) for value in values]
    return [int(value) if value.is_integer() else value for value in rounded]
