"""Sliding windows in cells that expire by themselves; shared by the stores without Lua. Pure.

A key holds cells: name → (the moment it ends, an amount). Where amounts are counted, a cell's name
is its end, and ends lie on a grid as wide as the greatest power of two (in ms) within a sixteenth
of the window, rounded up. So an amount lives at least as long as asked and at most a sixteenth
longer, and a key holds few cells (about 34) even if each amount is asked for a slightly different
time, as the chunks of an upload are. Where distinct members are counted, a cell is one member, ends
with its latest sight, and holds how often it was seen; there are MOST_MEMBERS at most.

`take` gives back what ends first. It does not know which amount is given back; taking the earliest
makes the sum stay too high for a while at worst, never too low. A member is forgotten when it was
given back as often as it was seen.

The `limits` library would not do: it hits one key a call, so a request's limits can't be charged
all or none; it knows no distinct members, no SQLite, and brings connections of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from gateway.model import MOST_MEMBERS, Slid, Slide, is_refused

Cells = dict[str, tuple[int, int]]  # name → (end in milliseconds of the store's clock, amount)

GRID = 16


def slide(
    cells: Mapping[str, Cells], asks: Sequence[Slide], now_ms: int, *, all_or_none: bool
) -> tuple[dict[str, Cells], list[Slid]]:
    """What is to be written, by key, and what to answer. `cells`: of every key that is asked for.

    Nothing is to be written for a key that was only looked at.
    """
    after: dict[str, Cells] = {}
    found: list[Slid] = []
    for ask in asks:
        held = after.get(ask.key) or live(cells[ask.key], now_ms)
        kept, slid = _one(held, ask, now_ms)
        found.append(slid)
        if kept:
            after[ask.key] = kept
    return ({} if all_or_none and is_refused(asks, found) else after), found


def _one(held: Cells, ask: Slide, now_ms: int) -> tuple[Cells, Slid]:
    """The live cells with what is asked for in them, if they change."""
    count = _counted(held, ask)
    window_ms = int(ask.window_s * 1000)
    if ask.limit is not None and count > ask.limit:
        return {}, Slid(count, _reset_s(held, ask, count - ask.limit, now_ms))
    name, end_ms = _cell(ask, window_ms, now_ms)
    known = name in held
    if not ask.amount or (ask.member and not known and len(held) >= MOST_MEMBERS):
        return {}, Slid(count, _reset_s(held, ask, 1, now_ms))
    before_ms, amount = held.get(name, (0, 0))
    kept = held | {name: (max(end_ms, before_ms), amount + ask.amount)}
    return kept, Slid(count, _reset_s(kept, ask, 1, now_ms))


def _counted(held: Cells, ask: Slide) -> int:
    if ask.member:
        return len(held) + (ask.member.hex() not in held)
    return sum(amount for _, amount in held.values()) + ask.amount


def _cell(ask: Slide, window_ms: int, now_ms: int) -> tuple[str, int]:
    if ask.member:
        return ask.member.hex(), now_ms + window_ms
    width_ms = 1 << max(0, (window_ms // GRID).bit_length() - 1)
    end_ms = math.ceil((now_ms + window_ms) / width_ms) * width_ms
    return str(end_ms), end_ms


def _reset_s(held: Cells, ask: Slide, excess: int, now_ms: int) -> float:
    """Until `excess` of what is held has ended; 0 if nothing is, the window if that can't be."""
    if held and excess == 1:  # nearly always, and sorting a thousand members is slow
        return (min(end_ms for end_ms, _ in held.values()) - now_ms) / 1000
    for end_ms, amount in sorted(held.values()):
        excess -= 1 if ask.member else amount
        if excess <= 0:
            return (end_ms - now_ms) / 1000
    return ask.window_s if held else 0.0


def live(cells: Mapping[str, tuple[int, int]], now_ms: int) -> Cells:
    return {name: cell for name, cell in cells.items() if cell[0] > now_ms}


def take(cells: Mapping[str, tuple[int, int]], ask: Slide, now_ms: int) -> Cells:
    """The live cells without what was asked for."""
    kept = live(cells, now_ms)
    amount = ask.amount
    names = [ask.member.hex()] if ask.member else sorted(kept, key=lambda name: kept[name])
    for name in names:
        end_ms, held = kept.pop(name, (0, 0))
        taken = min(held, amount)
        amount -= taken
        if held > taken:
            kept[name] = (end_ms, held - taken)
    return kept


def end_s(cells: Mapping[str, tuple[int, int]]) -> float:
    """When all of them have ended."""
    return max(end_ms for end_ms, _ in cells.values()) / 1000


def dump(cells: Mapping[str, tuple[int, int]]) -> bytes:
    return json.dumps(cells, separators=(",", ":")).encode()


def parse(value: bytes | None) -> Cells:
    stored = json.loads(value) if value else {}
    if isinstance(stored, list):  # of releases that had no members: pairs of end and amount
        stored = {str(end_ms): (end_ms, amount) for end_ms, amount in stored}
    return {name: (cell[0], cell[1]) for name, cell in stored.items()}
