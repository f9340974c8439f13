"""What is special about the store in memory: its bounds."""

from __future__ import annotations

import pytest

from gateway.stores import Entry, StoreFull
from gateway.stores.memory import ENTRY_BYTES, MemoryStore


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_full_keeps_the_living_and_says_so() -> None:
    store = MemoryStore(max_bytes=10 * (ENTRY_BYTES + 6))
    for i in range(10):
        assert await store.spend(f"key:{i}", 60)
    for verb in (store.spend("key:x", 60), store.put("key:x", b"1", 60), store.bump("key:x", 60)):
        with pytest.raises(StoreFull):
            await verb
    with pytest.raises(StoreFull):
        await store.ping()
    assert not any([await store.spend(f"key:{i}", 60) for i in range(10)])
    await store.put("key:1", b"2", 60)  # as long as before: fits
    with pytest.raises(StoreFull):
        await store.put("key:1", b"22", 60)
    assert await store.get("key:1") == b"2"
    await store.delete("key:2")
    assert await store.spend("key:x", 60)
    await store.delete(*[f"key:{i}" for i in range(10)])
    await store.ping()


async def test_the_expired_make_room() -> None:
    clock = Clock()
    store = MemoryStore(max_bytes=10 * (ENTRY_BYTES + 6), clock=clock)
    for i in range(10):
        await store.put(f"key:{i}", b"1", 5 if i % 2 else 50)
    clock.now_s = 5
    for i in range(5):
        await store.put(f"new:{i}", b"1", 50)
    with pytest.raises(StoreFull):
        await store.put("new:5", b"1", 50)
    assert [await store.get(f"key:{i}") for i in range(4)] == [b"1", None, b"1", None]


async def test_many_expired_make_room_for_one_large() -> None:
    clock = Clock()
    store = MemoryStore(max_bytes=100_000, clock=clock)
    for i in range(400):
        await store.put(f"key:{i}", b"1", 5)
    clock.now_s = 5
    await store.put("large", bytes(90_000), 50)


async def test_rewriting_one_key_does_not_grow() -> None:
    clock = Clock()
    store = MemoryStore(max_bytes=10_000, clock=clock)
    for i in range(5000):
        clock.now_s = i / 1000
        await store.put("key", b"%d" % i, 60)
        await store.bump("count", 60)
    assert len(store._ends) < 200
    assert store._bytes < 1000


async def test_an_outdated_end_removes_nothing() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    await store.put("key", b"old", 1)
    await store.put("key", b"new", 10)
    clock.now_s = 2
    await store.put("other", b"", 10)  # sweeps
    assert await store.get("key") == b"new"


async def test_what_a_journal_let_go_of_takes_no_room() -> None:
    """By number, by time and when struck: nothing of it stays in memory."""
    clock = Clock()
    store = MemoryStore(clock=clock)
    entries = [Entry(f"{number}", b"text") for number in range(6)]
    await store.journal(entries[:4], 2, 60.0)
    assert await store.entries() == entries[2:4]
    clock.now_s = 30.0
    await store.journal(entries[4:], 9, 60.0)
    clock.now_s = 60.0
    await store.journal([], 9, 60.0)
    assert await store.entries() == entries[4:]
    await store.strike(entries[4:5])
    assert await store.entries() == entries[5:]
    clock.now_s = 90.0
    await store.journal([], 9, 60.0)
    assert repr(store) == "MemoryStore(0 entries, 0 bytes)"


async def test_a_journal_has_no_more_room_than_there_is() -> None:
    store = MemoryStore(max_bytes=3 * (ENTRY_BYTES + 5))
    await store.journal([Entry("1", b"text")], 9, 60.0)
    with pytest.raises(StoreFull):
        await store.journal([Entry("2", b"text")] * 3, 9, 60.0)
    assert await store.entries() == [Entry("1", b"text")]
