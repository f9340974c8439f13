"""A dictionary with lifetimes: for one worker, tests and the demo. A restart forgets everything.

Bounded in bytes and entries. Live entries are never pushed out by new ones, since a forgotten
`spend` could be spent again: when there is no room, writing raises `StoreFull`.
"""

from __future__ import annotations

import heapq
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.model import Slid, Slide
from gateway.stores import buckets
from gateway.stores.base import Book, Entry, StoreDown, StoreFull, Sums

ENTRY_BYTES = 200  # measured: what an entry costs besides its key and value, roughly
SWEPT_AT_ONCE = 32  # expired entries removed per write, so that no write is slow


@dataclass(slots=True)
class _Entry:
    value: bytes
    ends_s: float


_Journal: TypeAlias = deque[tuple[Entry, float]]  # as they came, each with its end


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_BYTES


def _size_of(entry: Entry) -> int:
    return len(entry.id) + len(entry.text) + ENTRY_BYTES


class MemoryStore(Sums):
    """`max_bytes` counts keys, values and `ENTRY_BYTES` for each entry; `clock` is in seconds."""

    def __init__(
        self,
        max_bytes: int = 512 * 2**20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._ends: list[tuple[float, str]] = []  # a heap; may hold outdated ends
        self._bytes = 0
        self._journals: defaultdict[Book, _Journal] = defaultdict(deque)
        self._closed = False

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._entries)} entries, {self._bytes} bytes)"

    async def get(self, key: str) -> bytes | None:
        self._check_open()
        return self._read(key)

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        self._check_open()
        self._write(key, value, self._clock() + ttl_s)

    async def delete(self, *keys: str) -> None:
        self._check_open()
        for key in keys:
            self._drop(key)

    async def spend(self, key: str, ttl_s: float) -> bool:
        self._check_open()
        if self._read(key) is not None:
            return False
        self._write(key, b"1", self._clock() + ttl_s)
        return True

    async def swap(self, key: str, old: bytes, new: bytes, ttl_s: float) -> bool:
        self._check_open()
        if self._read(key) != old:
            return False
        self._write(key, new, self._clock() + ttl_s)
        return True

    async def bump(self, key: str, ttl_s: float, amount: int = 1) -> int:
        self._check_open()
        before = self._read(key)
        count = int(before or 0) + amount
        ends_s = self._entries[key].ends_s if before is not None else self._clock() + ttl_s
        self._write(key, b"%d" % count, ends_s)
        return count

    async def counts(self, keys: Sequence[str]) -> list[int]:
        self._check_open()
        return [int(self._read(key) or 0) for key in keys]

    async def slide(self, asks: Sequence[Slide], *, all_or_none: bool = False) -> list[Slid]:
        self._check_open()
        now_ms = int(self._clock() * 1000)
        before = {ask.key: buckets.parse(self._read(ask.key)) for ask in asks}
        after, found = buckets.slide(before, asks, now_ms, all_or_none=all_or_none)
        values = {key: buckets.dump(cells) for key, cells in after.items()}
        self._make_room(sum(_size(key, value) for key, value in values.items()))
        for key, value in values.items():
            self._write(key, value, buckets.end_s(after[key]))
        return found

    async def unslide(self, asks: Sequence[Slide]) -> None:
        self._check_open()
        now_ms = int(self._clock() * 1000)
        for ask in asks:
            cells = buckets.take(buckets.parse(self._read(ask.key)), ask, now_ms)
            if cells:
                self._write(ask.key, buckets.dump(cells), buckets.end_s(cells))
            else:
                self._drop(ask.key)

    async def journal(
        self, entries: Sequence[Entry], most: int, ttl_s: float, book: Book = "decisions"
    ) -> None:
        self._check_open()
        self._make_room(sum(_size_of(entry) for entry in entries))
        now_s, journal = self._clock(), self._journals[book]
        for entry in entries:
            journal.append((entry, now_s + ttl_s))
            self._bytes += _size_of(entry)
        while journal and (len(journal) > most or not journal[0][1] > now_s):
            self._bytes -= _size_of(journal.popleft()[0])

    async def entries(
        self, first: str = "", last: str = "~", most: int = 1000, book: Book = "decisions"
    ) -> list[Entry]:
        self._check_open()
        now_s = self._clock()
        live = (entry for entry, ends_s in self._journals[book] if ends_s > now_s)
        return sorted(entry for entry in live if first <= entry.id <= last)[:most]

    async def strike(self, entries: Sequence[Entry], book: Book = "decisions") -> None:
        self._check_open()
        gone, journal = set(entries), self._journals[book]
        self._bytes -= sum(_size_of(entry) for entry, _ in journal if entry in gone)
        self._journals[book] = deque(each for each in journal if each[0] not in gone)

    async def ping(self) -> None:
        self._check_open()
        self._make_room(ENTRY_BYTES)

    async def close(self) -> None:
        self._closed = True
        self._entries.clear()
        self._ends.clear()
        self._journals.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreDown("the store was closed")

    def _read(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None or not entry.ends_s > self._clock():
            return None
        return entry.value

    def _write(self, key: str, value: bytes, ends_s: float) -> None:
        self._sweep(SWEPT_AT_ONCE)
        before = self._entries.get(key)
        freed = _size(key, before.value) if before else 0
        self._make_room(_size(key, value) - freed)
        self._bytes += _size(key, value) - freed
        self._entries[key] = _Entry(value, ends_s)
        heapq.heappush(self._ends, (ends_s, key))

    def _make_room(self, size_bytes: int) -> None:
        if self._bytes + size_bytes > self._max_bytes:
            self._sweep(len(self._ends))
        if self._bytes + size_bytes > self._max_bytes:
            raise StoreFull(f"more than {self._max_bytes} bytes")

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _size(key, entry.value)

    def _sweep(self, most: int) -> None:
        now_s = self._clock()
        for _ in range(most):
            if not self._ends or self._ends[0][0] > now_s:
                break
            _, key = heapq.heappop(self._ends)
            entry = self._entries.get(key)
            if entry is not None and not entry.ends_s > now_s:
                self._drop(key)
        if len(self._ends) > 2 * len(self._entries) + 64:  # mostly outdated
            self._ends = [(entry.ends_s, key) for key, entry in self._entries.items()]
            heapq.heapify(self._ends)
