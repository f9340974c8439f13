"""The journals of every store: in order, bounded in number and age, read by every gate."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import get_args

import pytest

from gateway.ids import uuid7
from gateway.stores import Book, Entry, Store, StoreDown, StoreFull
from gateway.stores.memory import MemoryStore
from gateway.stores.sqlite import SqliteStore
from tests.stores.conftest import Backend

LONG_S = 86_400.0  # entries are dated when this file is read, which may be an hour before
BOOKS: tuple[Book, ...] = get_args(Book)


@pytest.fixture
async def empty(store: Store) -> Store:
    for book in BOOKS:
        await store.strike(await store.entries(book=book), book)
    return store


def entry(number: int, text: bytes = b"", now_s: float = 0.0) -> Entry:
    """Numbered ones lie a millisecond apart, and a second ago."""
    id = uuid7((now_s or START_S) + number / 1000, b"\x01" * 10)
    return Entry(id, text or b'{"n": %d}' % number)


START_S = time.time() - 1.0


async def test_entries_are_read_in_order_by_every_gate(backend: Backend, empty: Store) -> None:
    three = [entry(n) for n in range(3)]
    await empty.journal([three[2], three[0]], 10, LONG_S)
    await backend.store().journal([three[1]], 10, LONG_S)
    assert await backend.store().entries() == three
    assert await empty.entries(three[1].id) == three[1:]
    assert await empty.entries(last=three[1].id) == three[:2]
    assert await empty.entries(three[1].id, three[1].id) == [three[1]]
    assert await empty.entries(most=2) == three[:2]
    assert await empty.entries(entry(7).id) == []


async def test_several_entries_share_an_id_and_any_bytes_are_kept(empty: Store) -> None:
    one, two = entry(1, b"a \x00\xff\r\n b"), entry(1, "größer".encode())
    await empty.journal([one, two], 10, LONG_S)
    assert set(await empty.entries(one.id, one.id)) == {one, two}


async def test_only_the_newest_are_kept(empty: Store) -> None:
    ten = [entry(n) for n in range(10)]
    await empty.journal(ten[:6], 4, LONG_S)
    assert await empty.entries() == ten[2:6]
    for each in ten[6:]:
        await empty.journal([each], 4, LONG_S)
    assert await empty.entries() == ten[6:]
    await empty.journal([], 1, LONG_S)
    assert await empty.entries() == ten[9:]


async def test_none_outlives_its_time(backend: Backend, empty: Store) -> None:
    old, new = entry(0, now_s=time.time()), entry(500, now_s=time.time())
    await empty.journal([old], 10, 0.3)
    assert await empty.entries() == [old]
    await backend.wait(0.35)
    await empty.journal([new], 10, 0.3)
    assert await empty.entries() == [new]
    await empty.journal([], 10, 0.3)  # while nothing happens too
    await backend.wait(1.0)
    assert await empty.entries() == []


async def test_struck_entries_are_gone(empty: Store) -> None:
    three = [entry(n) for n in range(3)]
    await empty.journal(three, 10, LONG_S)
    await empty.strike([three[0], three[2], entry(9), entry(1, b"another text")])
    assert await empty.entries() == [three[1]]
    await empty.strike([])


async def test_each_book_is_by_itself(backend: Backend, empty: Store) -> None:
    for number, book in enumerate(BOOKS):
        await empty.journal([entry(number), entry(9)], 10, LONG_S, book)
    for number, book in enumerate(BOOKS):
        assert await backend.store().entries(book=book) == [entry(number), entry(9)]
    await empty.strike([entry(9)], BOOKS[0])
    await empty.journal([], 1, LONG_S, BOOKS[1])
    assert await empty.entries(book=BOOKS[0]) == [entry(0)]
    assert await empty.entries(book=BOOKS[1]) == [entry(9)]


async def test_of_many_writers_none_loses_an_entry(backend: Backend, empty: Store) -> None:
    stores = [empty, backend.store()]
    all_of_them = [entry(n) for n in range(64)]
    writes = [stores[n % 2].journal([each], 100, LONG_S) for n, each in enumerate(all_of_them)]
    await asyncio.gather(*writes)
    assert await empty.entries() == all_of_them


async def test_a_closed_store_is_down(empty: Store) -> None:
    await empty.close()
    for verb in (empty.journal([entry(1)], 1, 1.0), empty.entries(), empty.strike([entry(1)])):
        with pytest.raises(StoreDown):
            await verb


async def test_memory_counts_the_journal() -> None:
    store = MemoryStore(max_bytes=2_000)
    await store.journal([entry(1, b"x" * 1_000)], 10, LONG_S)
    with pytest.raises(StoreFull):
        await store.journal([entry(2, b"x" * 1_000)], 10, LONG_S)
    with pytest.raises(StoreFull):
        await store.put("key", b"x" * 1_000, LONG_S)
    await store.journal([], 0, LONG_S)
    await store.put("key", b"x" * 1_000, LONG_S)
    await store.delete("key")
    await store.journal([entry(1, b"x" * 1_000)], 10, LONG_S)
    await store.strike([entry(1, b"x" * 1_000)])
    await store.put("key", b"x" * 1_500, LONG_S)


async def test_a_file_of_an_older_release_gets_one_when_first_written_to(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    store = SqliteStore(path)
    await store.put("key", b"value", LONG_S)
    assert await store.entries() == []
    await store.strike([entry(1)])
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [
            ("entries",)
        ]
    db.close()
    await store.journal([entry(1)], 10, LONG_S)
    assert await store.entries() == [entry(1)]
    await store.close()


async def test_what_is_too_old_leaves_the_file(tmp_path: Path) -> None:
    path, now_s = tmp_path / "gateway.db", [1_000_000.0]
    store = SqliteStore(path, clock=lambda: now_s[0])
    await store.journal([entry(1)], 10, 60.0)
    now_s[0] += 60.0
    await store.journal([], 10, 60.0)
    await store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM journal").fetchall() == [(0,)]
    db.close()
