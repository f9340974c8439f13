"""Recent decisions, kept in the store for a while: `gateway explain --id` reads them. So are raw
paths (`server/keeping.py`), in a journal of their own, where the operator asks for that.

In the store, so that any gate's reference is found from anywhere that reaches it. What is kept is
the log's line, and beside it the marks (keyed digests) of who asked, so that all of somebody's can
be found and forgotten. Written by one task, many at a time, between requests: where the store is
away or too slow, decisions are dropped and counted, and no visitor waits.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from gateway.kept.marks import marks_of
from gateway.model import JSON, Caller
from gateway.ring import KeyRing
from gateway.stores import Book, Entry, Store, StoreError

EVERY_S = 0.5
MOST_WAITING = 2_048  # decisions; more came within a moment than the store takes
AT_ONCE = 256  # decisions in one call of the store
MAX_LINE_BYTES = 16 * 1024
TIDY_S = 60.0  # what is too old goes, also where nothing happens
PAGE = 1_000  # entries read at once


@dataclass(frozen=True, slots=True)
class Kept:
    """One record as it was kept."""

    entry: Entry
    record: Mapping[str, JSON]
    marks: frozenset[str]
    hold_id: str = ""  # of what was held for it


class Recent:
    """Keeps the newest `most` decisions for `ttl_s`; none if `most` is 0, and none of before.

    `on_dropped` is called with how many could not be kept, and why.
    """

    def __init__(
        self,
        store: Store,
        ring: KeyRing,
        most: int,
        ttl_s: float,
        on_dropped: Callable[[str, int], object] = lambda why, count: None,
        book: Book = "decisions",
    ) -> None:
        self._store = store
        self._ring = ring
        self._most = most
        self._ttl_s = ttl_s
        self._on_dropped = on_dropped
        self._book = book
        self._waiting: deque[Entry] = deque()

    @property
    def keeps(self) -> bool:
        return self._most > 0

    def add(self, reference: str, line: str, caller: Caller, hold: str = "") -> None:
        """Keep a record, some time soon. `line`: a JSON object."""
        if not self._most:
            return
        if len(self._waiting) >= MOST_WAITING or len(line) > MAX_LINE_BYTES:
            self._on_dropped("busy" if len(line) <= MAX_LINE_BYTES else "long", 1)
            return
        of = "".join(f'"{mark}",' for mark in marks_of(self._ring, caller))[:-1]
        held = f'"hold": {json.dumps(hold)}, ' if hold else ""
        text = f'{{"of": [{of}], {held}"record": {line.rstrip()}}}'
        self._waiting.append(Entry(reference, text.encode("utf-8", "surrogatepass")))

    async def run(self) -> None:
        """Write what waits, again and again; to be cancelled, and `flush` called, at the end."""
        done = await self.flush()  # what outlived its time meanwhile, or is kept no more, goes
        tidied_s = 0.0
        while self._most or not done:
            await asyncio.sleep(EVERY_S)
            tidied_s += EVERY_S
            if self._waiting or tidied_s >= TIDY_S:
                tidied_s = 0.0
                done = await self.flush()

    async def flush(self) -> bool:
        """Write what waits now; False if the store failed, and all of it was dropped."""
        while True:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                await self._store.journal(batch, self._most, self._ttl_s, self._book)
            except StoreError:
                lost = len(batch) + len(self._waiting)
                self._waiting.clear()
                if lost:
                    self._on_dropped("store", lost)
                return False
            if not self._waiting:
                return True


def read(entry: Entry) -> Kept | None:
    """What was kept; None for what nobody here has written."""
    try:
        told = json.loads(entry.text)
        record, marks, hold_id = told["record"], frozenset(told["of"]), told.get("hold", "")
        good = isinstance(record, dict) and isinstance(hold_id, str)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Kept(entry, record, marks, hold_id) if good else None


async def all_kept(store: Store, first: str = "", book: Book = "decisions") -> AsyncIterator[Kept]:
    """All that is kept, in order, a page at a time; from the id `first` on. Raises StoreError."""
    while True:
        page = await store.entries(first, most=PAGE, book=book)
        last = page[-1].id if len(page) == PAGE else ""
        whole = [entry for entry in page if entry.id != last]  # of the last id more may follow
        for entry in whole or page:
            kept = read(entry)
            if kept is not None:
                yield kept
        if not last:
            return
        first = last if whole else f"{last}!"


async def kept_under(store: Store, reference: str) -> list[Kept]:
    """The records of one reference. Raises StoreError."""
    found = [read(entry) for entry in await store.entries(reference, reference)]
    return [kept for kept in found if kept is not None]
