"""Recent decisions: kept beside the way, bounded, found by reference, in nobody's way."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from gateway.ids import uuid7
from gateway.kept.marks import mark, marks_of, marks_to_find
from gateway.kept.recent import (
    AT_ONCE,
    MAX_LINE_BYTES,
    MOST_WAITING,
    Recent,
    all_kept,
    kept_under,
    read,
)
from gateway.model import Caller
from gateway.ring import KeyRing
from gateway.stores import Entry, StoreDown, open_store
from gateway.stores.memory import MemoryStore
from tests.conftest import StartGate
from tests.samples import CALLER, NEW, OLD, RING
from tests.visitor import Visitor

OTHER = Caller("192.0.2.8", "192.0.2.0/24", "https", False)
ROUTES = [{"name": "wall", "match": {"path": "/wall/**"}, "ladder": ["one_click"]}]


def ids(count: int) -> list[str]:
    return [uuid7(1_800_000_000 + n / 1000, b"\x01" * 10) for n in range(count)]


class Away(MemoryStore):
    """Fails while told to."""

    down = True

    async def journal(self, entries, most, ttl_s, book="decisions") -> None:
        if self.down:
            raise StoreDown("away")
        await super().journal(entries, most, ttl_s, book)


def recent(store: MemoryStore, most: int = 10_000) -> tuple[Recent, Counter[str]]:
    lost: Counter[str] = Counter()
    kept = Recent(store, RING, most, 60.0, lambda why, count: lost.update({why: count}))
    return kept, lost


async def test_what_was_kept_is_found_again_with_its_marks() -> None:
    store = MemoryStore()
    kept, lost = recent(store)
    one, two = ids(2)
    kept.add(one, '{"event": "decision", "n": 1}\n', CALLER, hold="h1")
    kept.add(two, '{"event": "decision", "n": 2}\n', OTHER)
    kept.add(one, '{"event": "asked", "n": 3}\n', CALLER)
    assert await store.entries() == []
    await kept.flush()
    found = await kept_under(store, one)
    assert [each.record["n"] for each in found] == [1, 3]
    assert found[0].marks == set(marks_of(RING, CALLER))
    assert (found[0].hold_id, found[1].hold_id) == ("h1", "")
    (other,) = await kept_under(store, two)
    assert len(other.marks & found[0].marks) == 1  # of one prefix
    assert other.marks & marks_to_find(RING, "address", [OTHER.address])
    assert not other.marks & marks_to_find(RING, "address", [CALLER.address])
    assert not lost


async def test_all_of_them_are_read_page_by_page_once_each() -> None:
    store = MemoryStore()
    kept, _ = recent(store)
    names = [name for name in ids(1_200) for _ in range(2)]
    for number, name in enumerate(names):
        if number % 500 == 0:
            await kept.flush()
        kept.add(name, json.dumps({"n": number}), CALLER)
    await kept.flush()
    found = [each.record["n"] async for each in all_kept(store)]
    assert sorted(found) == list(range(2_400))
    later = [each.record["n"] async for each in all_kept(store, names[2_000])]
    assert sorted(later) == list(range(2_000, 2_400))


async def test_none_are_kept_where_none_are_wanted() -> None:
    store = MemoryStore()
    kept, lost = recent(store, most=0)
    for _ in range(MOST_WAITING + 1):  # which nobody writes, so nobody need wait for
        kept.add(ids(1)[0], "{}", CALLER)
    await kept.flush()
    assert (await store.entries(), kept.keeps, dict(lost)) == ([], False, {})


async def test_what_cannot_be_kept_is_counted_and_nobody_waits() -> None:
    store = Away()
    kept, lost = recent(store)
    names = ids(MOST_WAITING + 5)
    kept.add(names[0], "x" * (MAX_LINE_BYTES + 1), CALLER)
    assert lost == {"long": 1}
    for name in names:
        kept.add(name, "{}", CALLER)
    assert lost == {"busy": 5, "long": 1}
    await kept.flush()
    assert lost == {"busy": 5, "long": 1, "store": MOST_WAITING}
    store.down = False
    for name in names[: AT_ONCE + 1]:
        kept.add(name, "{}", CALLER)
    await kept.flush()
    assert len(await store.entries()) == AT_ONCE + 1
    assert lost["store"] == MOST_WAITING


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[]", b"{", b"[" * 100_000),
        *(b'{"of": [], "record": 1}', b'{"record": {}}', b'{"of": 1, "record": {}}'),
        b'{"of": [], "record": {}, "hold": 7}',
    ],
)
def test_what_others_wrote_is_no_record(text: bytes) -> None:
    assert read(Entry("id", text)) is None


def test_a_mark_tells_nothing_without_the_key_and_outlives_a_rotation() -> None:
    ring = KeyRing((OLD,))
    before = marks_of(ring, CALLER)[0]
    assert before == mark(OLD, "address", CALLER.address)
    assert before in marks_to_find(KeyRing((OLD, NEW)), "address", [CALLER.address])
    assert mark(OLD, "address", "a") != mark(NEW, "address", "a") != mark(NEW, "prefix", "a")
    assert CALLER.address not in before


async def test_a_gate_keeps_what_it_decides(start_gate: StartGate) -> None:
    """Challenged, answered, forwarded: each is in the store, as in the log; plain forwards not."""
    gate = await start_gate(ROUTES, decisions={"keep": 100, "for": "1h"}, log={"level": "warning"})
    async with Visitor(gate.url) as visitor:
        assert (await visitor.get("/free")).status == 200
        assert (await visitor.through(await visitor.get("/wall/1"))).status == 200
        for _ in range(3):
            assert (await visitor.get("/wall/2")).status == 200
    await gate.stop()
    assert gate.records("decision") == []
    store = open_store(gate.settings["store"])
    kept = [each async for each in all_kept(store)]
    await store.close()
    told = [(k.record["event"], k.record.get("action") or k.record.get("outcome")) for k in kept]
    assert set(told) == {
        ("decision", "challenge"),
        ("asked", None),
        ("answer", "solved"),
        ("decision", "forward"),
    }
    assert len(told) == 4
    challenged = next(k for k in kept if k.record.get("action") == "challenge")
    answered = next(k for k in kept if k.record["event"] == "answer")
    assert answered.record["challenged"] == challenged.record["reference"] == challenged.entry.id
    assert "127.0.0.1" not in str(kept)


async def test_the_task_writes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.kept.recent.EVERY_S", 0.01)
    store = MemoryStore()
    kept, _ = recent(store)
    task = asyncio.create_task(kept.run())
    kept.add(ids(1)[0], "{}", CALLER)
    for _ in range(200):
        if await store.entries():
            break
        await asyncio.sleep(0.01)
    task.cancel()
    assert len(await store.entries()) == 1


async def test_what_is_kept_no_more_goes_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the store was away just then."""
    monkeypatch.setattr("gateway.kept.recent.EVERY_S", 0.01)
    monkeypatch.setattr("gateway.kept.recent.TIDY_S", 0.01)
    store = Away()
    store.down = False
    kept, _ = recent(store)
    kept.add(ids(1)[0], "{}", CALLER)
    await kept.flush()
    store.down = True
    none = Recent(store, RING, 0, 60.0)
    task = asyncio.create_task(none.run())
    await asyncio.sleep(0.05)
    assert len(await store.entries()) == 1
    store.down = False
    await task  # it has nothing else to do
    assert await store.entries() == []
