"""How many connections are open, of all workers together, in memory that they share.

The master makes the table before it forks. Each process has a row of its own and is the only one
that writes there, so nothing is locked; when a process is gone, however it ended, the master wipes
its row, and what it held counts no more. Whoever asks adds the rows up: old and new workers of a
reload count side by side.

By client, a row is a count-min sketch (Cormode and Muthukrishnan, 2005): `_DEPTH` parts of `_WIDTH`
counters; a client has one in each, and its count is the least of them. That is never too low. It is
too high only where somebody shares each of its counters: with n connections open, by n / `_WIDTH`
on average at most, and by more than k times that for one client in k ** `_DEPTH` at most. Where a
client's counters lie depends on a key of this start, so nobody can choose with whom to share.
"""

from __future__ import annotations

import hashlib
import mmap
from functools import lru_cache, partial
from typing import Final

_WORD_BYTES: Final = 4
_DEPTH: Final = 2
_WIDTH: Final = 2**14  # a power of two
_ROW: Final = 1 + _DEPTH * _WIDTH  # words: the total, then the counters
_ROWS_AT: Final = 1  # behind how many rows there are to add up
_MIN_ROWS: Final = 16
_CACHED_CLIENTS: Final = 4096
_ROWS_PER_WORKER: Final = 8  # so many generations may still be leaving


class Counts:
    """The table. `key`: 16 to 64 random bytes."""

    __slots__ = ("_places", "_taken", "_words", "rows")

    def __init__(self, workers: int, key: bytes) -> None:
        self.rows = max(_MIN_ROWS, _ROWS_PER_WORKER * workers)
        size_bytes = (_ROWS_AT + self.rows * _ROW) * _WORD_BYTES
        self._words = memoryview(mmap.mmap(-1, size_bytes)).cast("I")  # pages come when written
        self._places = lru_cache(maxsize=_CACHED_CLIENTS)(partial(places, key))
        self._taken: set[int] = set()

    # --- the master's ----------------------------------------------------------------------

    @property
    def free(self) -> int:
        """How many more processes can be counted."""
        return self.rows - len(self._taken)

    def take(self) -> Row:
        """A row for a process about to start. Raises ValueError when none is free."""
        index = min(set(range(self.rows)) - self._taken)
        self._taken.add(index)
        self._words[0] = max(self._taken) + 1
        return Row(self, index)

    def wipe(self, row: Row) -> None:
        """The process of this row is gone."""
        start = _ROWS_AT + row.index * _ROW
        self._words[start : start + _ROW] = memoryview(bytes(_ROW * _WORD_BYTES)).cast("I")
        self._taken.discard(row.index)
        self._words[0] = max(self._taken, default=-1) + 1

    # --- anybody's -------------------------------------------------------------------------

    def total(self) -> int:
        """Connections open now, of all processes."""
        return self._sum(0)

    def of(self, client: str) -> int:
        """Connections open now of one client, of all processes; see above how exactly."""
        return min(map(self._sum, self._places(client)))

    def _sum(self, place: int) -> int:
        end = _ROWS_AT + self._words[0] * _ROW
        return sum(self._words[_ROWS_AT + place : end : _ROW])

    def _add(self, index: int, client: str, amount: int) -> None:
        start = _ROWS_AT + index * _ROW
        self._words[start] += amount
        for place in self._places(client) if client else ():
            self._words[start + place] += amount


def places(key: bytes, client: str) -> tuple[int, ...]:
    """Where in a row the counters of a client are, behind the total."""
    digest = hashlib.blake2b(client.encode(), digest_size=4 * _DEPTH, key=key).digest()
    parts = [digest[at : at + 4] for at in range(0, 4 * _DEPTH, 4)]
    return tuple(
        1 + depth * _WIDTH + int.from_bytes(part, "little") % _WIDTH
        for depth, part in enumerate(parts)
    )


class Row:
    """One process's part of the table. A client "" counts in the total alone."""

    __slots__ = ("counts", "index", "open")

    def __init__(self, counts: Counts, index: int) -> None:
        self.counts = counts
        self.index = index
        self.open = 0  # of this process

    def enter(self, client: str) -> None:
        self.open += 1
        self.counts._add(self.index, client, 1)

    def leave(self, client: str) -> None:
        """Once for each `enter`."""
        self.open -= 1
        self.counts._add(self.index, client, -1)
