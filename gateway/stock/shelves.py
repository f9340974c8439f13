"""How many ready questions there are of each sort, and who may have one. No waiting, no processes.

Rules: a shelf holds at most `most_items` and `most_bytes`, those that are being made included.
While it has more than a share to spare, anybody may take; below, one address prefix gets no more
than that share of a full shelf in a minute. So who takes as fast as he can has what is made beyond
the others' need, and they find the rest of the shelf.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

SHARE = 0.25  # of a full shelf: one prefix's, in a window, while the shelf is low
FEW = 5  # a share is at least so many
WINDOW_S = 60.0
MOST_PREFIXES = 4096  # counted by one shelf in one window; with more, shares mean nothing
USUAL_BYTES = 40_000  # of one question, until it is known: the most that a kind should have


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a shelf is for."""

    kind: str
    params: Any  # the kind's own `Params`, without its look


class Shelf:
    """Ready questions of one sort, as the bytes they came in."""

    __slots__ = (
        "_items",
        "_largest_bytes",
        "coming",
        "most_bytes",
        "most_items",
        "shares",
        "size_bytes",
        "wanted",
    )

    def __init__(self, wanted: Wanted, most_items: int, most_bytes: int) -> None:
        self.wanted = wanted
        self.most_items = most_items
        self.most_bytes = most_bytes
        self.coming = 0  # being made
        self.size_bytes = 0
        self.shares = Shares(max(FEW, ceil(most_items * SHARE)))
        self._items: deque[bytes] = deque()
        self._largest_bytes = USUAL_BYTES

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_low(self) -> bool:
        return len(self._items) <= self.most_items * (1 - SHARE)

    @property
    def has_room(self) -> bool:
        """For one more to be made. The first is made whatever its size may be."""
        if not self._items and not self.coming:
            return True
        there = len(self._items) + self.coming
        coming_bytes = (self.coming + 1) * self._largest_bytes
        return there < self.most_items and self.size_bytes + coming_bytes <= self.most_bytes

    @property
    def filled(self) -> float:
        """The share of it that is there or being made, 0 to 1."""
        return (len(self._items) + self.coming) / self.most_items

    def put(self, item: bytes) -> bool:
        """Keep a question. False for one that is too large: it is dropped, so the bound holds."""
        self._largest_bytes = max(self._largest_bytes if self._items else 0, len(item))
        if self.size_bytes + len(item) > self.most_bytes:
            return False
        self._items.append(item)
        self.size_bytes += len(item)
        return True

    def take(self) -> bytes | None:
        """The oldest question; it is nobody else's from here on."""
        if not self._items:
            return None
        item = self._items.popleft()
        self.size_bytes -= len(item)
        return item


class Shares:
    """How many each address prefix has taken in this window."""

    __slots__ = ("_most", "_taken", "_until_s")

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[str, int] = {}
        self._until_s = 0.0

    def is_spent(self, prefix: str, now_s: float) -> bool:
        """Whether a prefix has had its share. Nobody in particular ("") has none."""
        return bool(prefix) and now_s < self._until_s and self._taken.get(prefix, 0) >= self._most

    def count(self, prefix: str, now_s: float) -> None:
        """One more was given to this prefix."""
        if now_s >= self._until_s or len(self._taken) >= MOST_PREFIXES:
            self._taken.clear()
            self._until_s = now_s + WINDOW_S
        if prefix:
            self._taken[prefix] = self._taken.get(prefix, 0) + 1


def shelves_for(wanted: Iterable[Wanted], items: int, memory_bytes: int) -> dict[Wanted, Shelf]:
    """A shelf for each sort, with an even part of the memory."""
    sorts = list(dict.fromkeys(wanted))
    part_bytes = memory_bytes // max(1, len(sorts))
    return {sort: Shelf(sort, items, part_bytes) for sort in sorts}
