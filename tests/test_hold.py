"""Held requests: sealed, bounded, and sent at most once whatever happens in between."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import itertools
import json
import random
from base64 import b64decode
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.hold import (
    Claimed,
    ClaimFault,
    ClaimLost,
    HeldRequest,
    HoldLost,
    HoldQuotas,
    HoldRefused,
    Holds,
)
from gateway.hold.format import (
    CHUNK_BYTES,
    FORMATS,
    Format1,
    Head,
    Place,
    Record,
    chunk_key,
    head_key,
    read_record,
    state_key,
)
from gateway.hold.terms import CLAIM_S, REMEMBER_S, SENT_S, SKEW_S, SLACK_S, UPLOAD_S
from gateway.hold.writing import cut
from gateway.model import Delivery, HoldRule, Reason
from gateway.stores import StoreDown, StoreFull
from gateway.stores.memory import MemoryStore
from gateway.stores.sqlite import SqliteStore

KEY = bytes(range(32))
REQUEST = HeldRequest(
    "POST",
    b"/register?a=%2F&b",
    ((b"Host", b"a.example"), (b"X-A", b"r\xe9sum\xe9"), (b"x-a", b""), (b"Cookie", b"s=1")),
    same_origin=True,
)
RULE = HoldRule(max_bytes=4 * CHUNK_BYTES, ttl_s=600)
START_S = 1_800_000_000.0
SEEDS = itertools.count()


@dataclass
class Scene:
    """A store, and gates on it whose clocks a test can set."""

    now_s: float = START_S
    store: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = MemoryStore(clock=lambda: self.now_s)

    def gate(
        self,
        name: str = "a",
        quotas: HoldQuotas | None = None,
        store: Any = None,
        ahead_s: float = 0.0,
    ) -> Holds:
        return Holds(
            store or self.store,
            quotas or HoldQuotas(),
            name,
            lambda: self.now_s + ahead_s,
            random.Random(next(SEEDS)).randbytes,
        )

    @property
    def leftovers(self) -> list[str]:
        """What takes room: everything but quotas with nothing in them."""
        return [key for key in self.store._entries if self.store._read(key) not in (None, b"[]")]


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def pieces(body: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def keep(
    gate: Holds,
    body: bytes = b"a=1",
    *,
    known: bool = True,
    rule: HoldRule = RULE,
    prefix: str = "192.0.2.0/24",
    key: bytes = KEY,
) -> str:
    size = len(body) if known else None
    return await gate.keep("visit", key, REQUEST, pieces(body), size, rule, prefix)


async def claimed(gate: Holds, hold_id: str, again: bool = False) -> Claimed:
    claim = await gate.claim(hold_id, KEY, again=again)
    assert isinstance(claim, Claimed), claim
    return claim


async def fault(gate: Holds, hold_id: str, again: bool = False, key: bytes = KEY) -> Reason:
    claim = await gate.claim(hold_id, key, again=again)
    assert isinstance(claim, ClaimFault), claim
    return claim.reason


async def read(claim: Claimed) -> bytes:
    return b"".join([chunk async for chunk in claim.body()])


# --- what goes in comes out ----------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5]
)
async def test_a_request_comes_back_byte_for_byte(scene: Scene, size: int, known: bool) -> None:
    gate = scene.gate()
    body = random.Random(size).randbytes(size)
    claim = await claimed(gate, await keep(gate, body, known=known))
    assert claim.request == REQUEST
    assert (claim.size_bytes, claim.digest) == (size, hashlib.sha256(body).hexdigest())
    assert await read(claim) == body
    assert await read(claim) == body  # a second connection may be tried
    delivery: Delivery = claim
    await delivery.unsent()


async def test_other_gates_can_claim(scene: Scene) -> None:
    hold_id = await keep(scene.gate("a"))
    assert await read(await claimed(scene.gate("b"), hold_id)) == b"a=1"


@given(st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=6))
@settings(max_examples=30, deadline=None)
def test_cut_keeps_every_byte_and_marks_the_last(sizes: list[int]) -> None:
    async def run() -> list[tuple[bytes, bool]]:
        async def body() -> AsyncIterator[bytes]:
            for index, size in enumerate(sizes):
                yield bytes((index,)) * size

        return [piece async for piece in cut(body())]

    found = asyncio.run(run())
    whole = b"".join(bytes((index,)) * size for index, size in enumerate(sizes))
    assert b"".join(chunk for chunk, _ in found) == whole
    assert [last for _, last in found] == [False] * (len(found) - 1) + [True] * bool(found)
    assert all(len(chunk) == CHUNK_BYTES for chunk, last in found if not last)
    assert all(0 < len(chunk) <= CHUNK_BYTES for chunk, _ in found)


async def test_the_body_is_drawn_no_faster_than_it_is_stored(scene: Scene) -> None:
    drawn, most_ahead, stored = 0, 0, 0

    class Watched(MemoryStore):
        async def put(self, key: str, value: bytes, ttl_s: float) -> None:
            nonlocal stored
            await super().put(key, value, ttl_s)
            stored += len(value)

    async def body() -> AsyncIterator[bytes]:
        nonlocal drawn, most_ahead
        for _ in range(4 * CHUNK_BYTES // 1024):
            drawn += 1024
            most_ahead = max(most_ahead, drawn - stored)
            yield bytes(1024)

    gate = scene.gate(store=Watched())
    await gate.keep("visit", KEY, REQUEST, body(), None, RULE, "p")
    assert most_ahead <= CHUNK_BYTES + 1024


async def test_the_store_sees_nothing_of_the_request(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "db")
    gate = Scene().gate(store=store)
    secret = b"password=hunter2"
    await keep(gate, secret * 30_000, key=b"k" * 32)
    await store.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(files) > len(secret) * 30_000
    for part in (b"hunter2", b"register", b"Cookie", b"a.example", b"k" * 32):
        assert part not in files


# --- tampering -----------------------------------------------------------------------------

HEAD = Head(REQUEST, "visit", 3, "0" * 64, 2, 1000, True, "192.0.2.0/24", START_S)
AT = Place("hold", "body", 1, last=False)


@pytest.mark.parametrize(
    "other",
    [
        replace(AT, hold_id="other"),
        replace(AT, part="head"),
        replace(AT, index=0),
        replace(AT, index=2),
        replace(AT, last=True),
    ],
    ids=str,
)
def test_a_blob_opens_only_in_its_place(other: Place) -> None:
    form = Format1()
    blob = form.seal(KEY, bytes(12), AT, b"data")
    assert form.unseal(KEY, AT, blob) == b"data"
    assert form.unseal(KEY, other, blob) is None
    assert form.unseal(bytes(32), AT, blob) is None
    for index in range(1, len(blob)):
        broken = blob[:index] + bytes((blob[index] ^ 1,)) + blob[index + 1 :]
        assert form.unseal(KEY, AT, broken) is None
    for index in range(len(blob)):
        assert form.unseal(KEY, AT, blob[:index]) is None


async def moved(store: MemoryStore, source: str, target: str) -> None:
    value = await store.get(source)
    assert value is not None
    await store.put(target, value, 60)


@pytest.mark.parametrize(
    ("source", "target"), [("1:0", "0:0"), ("1:head", "0:head"), ("0:1", "0:0")]
)
async def test_spliced_holds_are_lost(scene: Scene, source: str, target: str) -> None:
    """Two holds of one visit, thus under one key; or chunks of one that changed places."""
    gate = scene.gate()
    holds = [await keep(gate, bytes((i,)) * 2 * CHUNK_BYTES) for i in (0, 1)]
    names = [f"hold:{holds[int(one[0])]}:{one[2:]}" for one in (source, target)]
    await moved(scene.store, *names)
    assert await fault(gate, holds[0]) is Reason.HOLD_LOST


@pytest.mark.parametrize("harm", ["swap", "delete", "garbage", "empty", "other format"])
async def test_a_harmed_later_chunk_stops_the_body(scene: Scene, harm: str) -> None:
    gate, store = scene.gate(), scene.store
    hold_id = await keep(gate, b"x" * (3 * CHUNK_BYTES))
    key, next_key = chunk_key(hold_id, 1), chunk_key(hold_id, 2)
    if harm == "delete":
        await store.delete(key)
    elif harm == "swap":
        await moved(store, next_key, key)
    else:
        value = {"garbage": b"\x01garbage", "empty": b"", "other format": b"\xffx"}[harm]
        await store.put(key, value, 60)
    seen = []
    with pytest.raises(HoldLost):
        async for chunk in (await claimed(gate, hold_id)).body():
            seen.append(chunk)
    assert seen == [b"x" * CHUNK_BYTES]


async def test_the_wrong_key_gets_nothing_and_changes_nothing(scene: Scene) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    before = await scene.store.get(state_key(hold_id))
    assert await fault(gate, hold_id, key=bytes(32)) is Reason.HOLD_LOST
    assert await scene.store.get(state_key(hold_id)) == before
    await claimed(gate, hold_id)


@pytest.mark.parametrize("part", ["state", "head", "0"])
async def test_what_is_missing_is_lost_and_not_claimed(scene: Scene, part: str) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    before = await scene.store.get(f"hold:{hold_id}:{part}")
    assert before is not None
    await scene.store.delete(f"hold:{hold_id}:{part}")
    assert await fault(gate, hold_id) is Reason.HOLD_LOST
    await scene.store.put(f"hold:{hold_id}:{part}", before, 60)
    await claimed(gate, hold_id)


# --- formats -------------------------------------------------------------------------------

FIXTURE = Path(__file__).parent / "stores" / "hold_format_1.json"


async def test_a_hold_written_by_format_1_is_readable(scene: Scene) -> None:
    stored = json.loads(FIXTURE.read_text())
    for key, value in stored["entries"].items():
        await scene.store.put(key, b64decode(value), 600)
    claim = await scene.gate("b").claim(stored["hold_id"], b64decode(stored["key"]))
    assert isinstance(claim, Claimed)
    assert claim.request == REQUEST
    assert await read(claim) == b"name=r%C3%A9my"
    await claim.sending()
    await claim.delivered()


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 2, "state": "held", "kept_s": 1}',
        b'{"format": 1}',
        b'{"format": [1]}',
        b'{"format": 1, "state": "flying", "kept_s": 1}',
        b'{"format": 1, "state": "held", "kept_s": "1"}',
        b'{"format": 1, "state": "held", "kept_s": 1, "more": 1}',
    ],
    ids=lambda record: record[:40].decode("latin-1"),
)
async def test_an_unreadable_record_is_a_lost_hold(scene: Scene, record: bytes) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    await scene.store.put(state_key(hold_id), record, 60)
    assert await fault(gate, hold_id) is Reason.HOLD_LOST


async def test_a_blob_of_a_later_format_is_a_lost_hold(scene: Scene) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    blob = await scene.store.get(head_key(hold_id))
    assert blob is not None
    assert blob[0] in FORMATS
    await scene.store.put(head_key(hold_id), bytes((max(FORMATS) + 1,)) + blob[1:], 60)
    assert await fault(gate, hold_id) is Reason.HOLD_LOST


@given(st.binary(max_size=200))
def test_no_record_or_head_crashes(value: bytes) -> None:
    read_record(value)
    Format1().parse_head(value)


@given(
    st.text("ABCXYZ-", max_size=10),
    st.binary(max_size=50),
    st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=5),
    st.booleans(),
)
def test_any_head_survives(
    method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], same_origin: bool
) -> None:
    head = replace(HEAD, request=HeldRequest(method, target, tuple(headers), same_origin))
    assert Format1().parse_head(Format1().dump_head(head)) == head


def test_records_survive() -> None:
    record = Record("sent", 4200.0, again=True, gate="a", token="t", until_s=1.5)
    assert read_record(Format1().dump_record(record)) == (FORMATS[1], record)


# --- states --------------------------------------------------------------------------------

FREE = None
STATES: list[tuple[str, Reason | None, Reason | None]] = [
    # what happened                                   claim                   claim again
    ("", FREE, FREE),
    ("claim", Reason.IN_FLIGHT, Reason.IN_FLIGHT),
    ("claim unsent", FREE, FREE),
    ("claim sending", Reason.IN_FLIGHT, Reason.IN_FLIGHT),
    ("claim sending unsent", FREE, FREE),
    ("claim sending delivered", Reason.DELIVERED, Reason.DELIVERED),
    ("claim sending broken", Reason.MAYBE_DELIVERED, FREE),
    ("claim sending broken again", Reason.IN_FLIGHT, Reason.IN_FLIGHT),
    ("claim sending broken again unsent", Reason.MAYBE_DELIVERED, FREE),
    ("claim sending broken again sending", Reason.IN_FLIGHT, Reason.IN_FLIGHT),
    ("claim sending broken again sending unsent", Reason.MAYBE_DELIVERED, FREE),
    ("claim sending broken again sending broken", Reason.MAYBE_DELIVERED, FREE),
    ("claim sending broken again sending delivered", Reason.DELIVERED, Reason.DELIVERED),
    ("claim unsent claim sending delivered", Reason.DELIVERED, Reason.DELIVERED),
]


async def play(gate: Holds, hold_id: str, events: str) -> Claimed | None:
    claim: Claimed | None = None
    for event in events.split():
        if event in ("claim", "again"):
            claim = await claimed(gate, hold_id, again=event == "again")
        else:
            await getattr(claim, event)()
    return claim


@pytest.mark.parametrize("watcher", ["a", "b"])
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("row", STATES, ids=lambda row: row[0] or "held")
async def test_states(
    scene: Scene, row: tuple[str, Reason | None, Reason | None], again: bool, watcher: str
) -> None:
    gate = scene.gate("a")
    hold_id = await keep(gate)
    claim = await play(gate, hold_id, row[0])
    asked = gate if watcher == "a" else scene.gate("b")
    found = await asked.claim(hold_id, KEY, again=again)
    expected = row[2] if again else row[1]
    assert (found.reason if isinstance(found, ClaimFault) else FREE) == expected
    del claim


@pytest.mark.parametrize(
    ("events", "after_s", "claim", "again"),
    [
        ("claim", CLAIM_S + SKEW_S - 0.1, Reason.IN_FLIGHT, Reason.IN_FLIGHT),
        ("claim", CLAIM_S + SKEW_S + 0.1, FREE, FREE),
        ("claim sending", SENT_S + SKEW_S - 0.1, Reason.IN_FLIGHT, Reason.IN_FLIGHT),
        ("claim sending", SENT_S + SKEW_S + 0.1, Reason.MAYBE_DELIVERED, FREE),
        ("claim sending broken again", 30, Reason.IN_FLIGHT, Reason.IN_FLIGHT),
        ("claim sending broken again", 36, Reason.MAYBE_DELIVERED, FREE),
    ],
)
async def test_what_a_dead_gate_left(
    scene: Scene, events: str, after_s: float, claim: Reason | None, again: Reason | None
) -> None:
    for asked, expected in ((False, claim), (True, again)):
        hold_id = await keep(scene.gate("z"))
        await play(scene.gate("dead"), hold_id, events)
        scene.now_s += after_s
        found = await scene.gate("b").claim(hold_id, KEY, again=asked)
        assert (found.reason if isinstance(found, ClaimFault) else FREE) == expected


@pytest.mark.parametrize(
    ("events", "expected"), [("claim", FREE), ("claim sending", Reason.MAYBE_DELIVERED)]
)
async def test_a_gate_that_comes_back_knows_its_dead_at_once(
    scene: Scene, events: str, expected: Reason | None
) -> None:
    hold_id = await keep(scene.gate("a"))
    await play(scene.gate("a"), hold_id, events)
    gc.collect()
    found = await scene.gate("a").claim(hold_id, KEY)
    assert (found.reason if isinstance(found, ClaimFault) else FREE) == expected


async def test_a_slow_app_stays_in_flight_where_it_is_known(scene: Scene) -> None:
    gate = scene.gate("a")
    hold_id = await keep(gate)
    claim = await play(gate, hold_id, "claim sending")
    scene.now_s += 300
    assert await fault(gate, hold_id) is Reason.IN_FLIGHT
    del claim
    gc.collect()
    assert await fault(gate, hold_id) is Reason.MAYBE_DELIVERED


@pytest.mark.parametrize("ahead_s", [-86_400.0, -3600.0, 3600.0, 86_400.0])
async def test_clocks_that_differ_never_send_twice(scene: Scene, ahead_s: float) -> None:
    right, wrong = scene.gate("a"), scene.gate("b", ahead_s=ahead_s)
    hold_id = await keep(right)
    first = await claimed(right, hold_id)
    second = await wrong.claim(hold_id, KEY)
    assert isinstance(second, Claimed)  # it can't know better …
    with pytest.raises(ClaimLost):
        await first.sending()  # … but only one may send
    await first.unsent()
    await second.sending()
    await second.delivered()
    assert await fault(right, hold_id) is Reason.DELIVERED


@pytest.mark.parametrize("ahead_s", [-SKEW_S, SKEW_S])
async def test_clocks_may_differ_by_the_stated_skew(scene: Scene, ahead_s: float) -> None:
    first = await keep(scene.gate("a"))
    claim = await play(scene.gate("a"), first, "claim")
    scene.now_s += CLAIM_S if ahead_s > 0 else 0
    assert await fault(scene.gate("b", ahead_s=ahead_s), first) is Reason.IN_FLIGHT
    del claim


async def test_a_claim_taken_over_cannot_send_nor_give_back(scene: Scene) -> None:
    hold_id = await keep(scene.gate("a"))
    slow = await claimed(scene.gate("a"), hold_id)
    scene.now_s += CLAIM_S + SKEW_S + 1
    other = await claimed(scene.gate("b"), hold_id)
    with pytest.raises(ClaimLost):
        await slow.sending()
    await slow.unsent()
    await slow.delivered()
    await slow.broken()
    await other.sending()
    assert await read(other) == b"a=1"
    await other.delivered()
    assert await fault(scene.gate("c"), hold_id) is Reason.DELIVERED


class Slow(MemoryStore):
    """Lets others run before and after each step, as a store with a wire does."""

    async def get(self, key: str) -> bytes | None:
        await asyncio.sleep(0)
        return await super().get(key)

    async def swap(self, key: str, old: bytes, new: bytes, ttl_s: float) -> bool:
        await asyncio.sleep(0)
        return await super().swap(key, old, new, ttl_s)

    async def delete(self, *keys: str) -> None:
        await asyncio.sleep(0)
        await super().delete(*keys)

    async def release(self, key: str, amount: int) -> None:
        await asyncio.sleep(0)
        await super().release(key, amount)


async def test_of_64_claims_one_is_granted(scene: Scene) -> None:
    scene.store = Slow(clock=lambda: scene.now_s)
    gates = [scene.gate(name) for name in "abcd"]
    hold_id = await keep(gates[0])
    found = await asyncio.gather(*[gates[i % 4].claim(hold_id, KEY) for i in range(64)])
    assert sum(isinstance(one, Claimed) for one in found) == 1
    assert {one.reason for one in found if isinstance(one, ClaimFault)} == {Reason.IN_FLIGHT}


# --- a store that fails in the middle ------------------------------------------------------


class Shaky(MemoryStore):
    """Fails at the next `swap`: before or after doing it."""

    failing = ""

    async def swap(self, key: str, old: bytes, new: bytes, ttl_s: float) -> bool:
        failing, self.failing = self.failing, ""
        if failing == "before":
            raise StoreDown("before")
        done = await super().swap(key, old, new, ttl_s)
        if failing == "after":
            raise StoreDown("after")
        return done


@pytest.mark.parametrize("failing", ["before", "after"])
async def test_sending_that_fails_is_given_back(scene: Scene, failing: str) -> None:
    store = Shaky()
    gate = scene.gate(store=store)
    hold_id = await keep(gate)
    claim = await claimed(gate, hold_id)
    store.failing = failing
    with pytest.raises(StoreDown):
        await claim.sending()
    await claim.unsent()
    await claimed(gate, hold_id)


@pytest.mark.parametrize("verb", ["unsent", "broken", "delivered"])
async def test_a_failing_store_is_never_the_wires_trouble(scene: Scene, verb: str) -> None:
    store = Shaky()
    gate = scene.gate(store=store)
    hold_id = await keep(gate)
    claim = await claimed(gate, hold_id)
    await claim.sending()
    store.failing = "before"
    await getattr(claim, verb)()
    assert await fault(gate, hold_id) is Reason.MAYBE_DELIVERED


async def test_claim_passes_a_dead_store_on(scene: Scene) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    await scene.store.close()
    with pytest.raises(StoreDown):
        await gate.claim(hold_id, KEY)


class Gone(MemoryStore):
    """Takes no `put`; what is deleted waits until it is `back`."""

    def __init__(self) -> None:
        super().__init__()
        self.back = asyncio.Event()

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        raise StoreDown("gone")

    async def delete(self, *keys: str) -> None:
        await self.back.wait()


async def test_nobody_waits_for_what_a_dead_store_should_forget(scene: Scene) -> None:
    store = Gone()
    gate = scene.gate(store=store)
    with pytest.raises(HoldRefused, match="down"):
        await asyncio.wait_for(keep(gate), 5)
    assert store._read("quota:small") not in (None, b"[]")
    store.back.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert store._read("quota:small") in (None, b"[]")


# --- limits --------------------------------------------------------------------------------

SMALL = HoldQuotas(
    total_bytes=3 * CHUNK_BYTES, small_total_bytes=20_000, small_bytes=4000, prefix_bytes=10**7
)


async def refused(gate: Holds, body: bytes, **more: Any) -> str:
    with pytest.raises(HoldRefused) as caught:
        await keep(gate, body, **more)
    return caught.value.reason


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("size", "fits"), [(RULE.max_bytes, True), (RULE.max_bytes + 1, False)])
async def test_the_largest_body(scene: Scene, size: int, fits: bool, known: bool) -> None:
    if fits:
        await keep(scene.gate(), bytes(size), known=known)
    else:
        assert await refused(scene.gate(), bytes(size), known=known) == "too_large"
        assert scene.leftovers == []


async def test_a_stated_size_too_large_is_refused_unread(scene: Scene) -> None:
    drawn = []

    async def body() -> AsyncIterator[bytes]:
        drawn.append(1)
        yield b""

    with pytest.raises(HoldRefused, match="too_large"):
        await scene.gate().keep("v", KEY, REQUEST, body(), RULE.max_bytes + 1, RULE, "p")
    assert drawn == []


@pytest.mark.parametrize("known", [True, False])
async def test_one_caller_cannot_take_everything(scene: Scene, known: bool) -> None:
    gate = scene.gate(quotas=replace(SMALL, total_bytes=10**8, prefix_bytes=3 * CHUNK_BYTES))
    await keep(gate, bytes(2 * CHUNK_BYTES), known=known)
    before = scene.leftovers
    assert await refused(gate, bytes(2 * CHUNK_BYTES), known=known) == "quota"
    assert scene.leftovers == before
    await keep(gate, bytes(2 * CHUNK_BYTES), known=known, prefix="198.51.100.0/24")
    await keep(gate, bytes(CHUNK_BYTES // 2), known=known)  # what was refused takes no room


async def test_two_callers_cannot_take_all_of_the_small_room(scene: Scene) -> None:
    """Else nobody's vote could be held, which costs a stranger two addresses and 128 MiB."""
    quotas = replace(SMALL, small_total_bytes=2**20, total_bytes=10**8, prefix_bytes=2**19)
    gate = scene.gate(quotas=quotas)
    for caller in "ab":
        with pytest.raises(HoldRefused, match="quota"):
            for _ in range(1000):
                await keep(gate, bytes(4000), prefix=caller)
    await keep(gate, bytes(4000), prefix="c")
    await keep(gate, bytes(CHUNK_BYTES), prefix="a")  # their room for large ones is another


async def test_callers_that_cannot_be_told_apart_share_no_quota(scene: Scene) -> None:
    gate = scene.gate(quotas=replace(SMALL, prefix_bytes=10))
    assert await refused(gate, b"a=1") == "quota"
    await play(gate, await keep(gate, b"a=1", prefix=""), "claim sending delivered")


@pytest.mark.parametrize("known", [True, False])
async def test_large_bodies_leave_small_ones_their_room(scene: Scene, known: bool) -> None:
    gate = scene.gate(quotas=SMALL)
    await keep(gate, bytes(2 * CHUNK_BYTES), known=known)
    assert await refused(gate, bytes(2 * CHUNK_BYTES), known=known) == "full"
    for caller in "abc":
        await keep(gate, bytes(4000), known=known, prefix=caller)
    assert await refused(gate, bytes(4000), known=known, prefix="d") == "full"
    await keep(gate, bytes(4001), known=known)  # … and small ones leave the large theirs


async def test_empty_bodies_count_too(scene: Scene) -> None:
    gate = scene.gate(quotas=SMALL)
    with pytest.raises(HoldRefused, match="full"):
        for caller in range(100):
            await keep(gate, b"", prefix=str(caller))


@pytest.mark.parametrize("body", [b"a=1", bytes(CHUNK_BYTES), bytes(2 * CHUNK_BYTES)], ids=len)
async def test_delivery_gives_the_room_back(scene: Scene, body: bytes) -> None:
    gate = scene.gate(quotas=SMALL)
    for _ in range(10):
        hold_id = await keep(gate, body)
        await play(gate, hold_id, "claim sending delivered")
        assert await scene.store.get(head_key(hold_id)) is None
        assert await scene.store.get(chunk_key(hold_id, 0)) is None


async def test_what_is_never_claimed_gives_its_room_back_in_time(scene: Scene) -> None:
    gate = scene.gate(quotas=SMALL)
    await keep(gate, bytes(2 * CHUNK_BYTES))
    scene.now_s += RULE.ttl_s
    assert await refused(gate, bytes(2 * CHUNK_BYTES)) == "full"
    scene.now_s += (SLACK_S + UPLOAD_S) * 1.2
    await keep(gate, bytes(2 * CHUNK_BYTES))


async def test_what_was_delivered_late_is_not_given_back_twice(scene: Scene) -> None:
    gate = scene.gate(quotas=SMALL)
    claim = await play(gate, await keep(gate, bytes(2 * CHUNK_BYTES)), "claim sending")
    assert claim is not None
    scene.now_s += (RULE.ttl_s + SLACK_S + UPLOAD_S) * 1.2  # the record is still there
    await keep(gate, bytes(2 * CHUNK_BYTES))
    await claim.delivered()
    assert await refused(gate, bytes(2 * CHUNK_BYTES)) == "full"


async def test_a_full_store_refuses_and_keeps_nothing(scene: Scene) -> None:
    scene.store = MemoryStore(max_bytes=2 * CHUNK_BYTES, clock=lambda: scene.now_s)
    gate = scene.gate()
    assert await refused(gate, bytes(3 * CHUNK_BYTES)) == "full"
    assert scene.leftovers == []
    await keep(gate)


async def test_a_dead_store_refuses(scene: Scene) -> None:
    await scene.store.close()
    assert await refused(scene.gate(), b"a=1") == "down"


class Filling(MemoryStore):
    """Fails at the `failing`th write."""

    failing = 0

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        self.failing -= 1
        if self.failing == 0:
            raise StoreFull("full")
        await super().put(key, value, ttl_s)


@pytest.mark.parametrize("failing", [1, 2, 3, 4, 5])
async def test_a_failure_at_any_write_leaves_nothing(scene: Scene, failing: int) -> None:
    store = Filling(clock=lambda: scene.now_s)
    scene.store, store.failing = store, failing
    gate = scene.gate()
    assert await refused(gate, bytes(3 * CHUNK_BYTES)) == "full"
    assert scene.leftovers == []


@pytest.mark.parametrize("known", [True, False])
async def test_a_client_that_goes_away_leaves_nothing(scene: Scene, known: bool) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield bytes(3 * CHUNK_BYTES)
        raise ConnectionResetError

    size = 4 * CHUNK_BYTES if known else None
    with pytest.raises(ConnectionResetError):
        await scene.gate().keep("visit", KEY, REQUEST, body(), size, RULE, "p")
    assert scene.leftovers == []


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_cancelling_leaves_nothing(scene: Scene, times: int) -> None:
    scene.store = Slow(clock=lambda: scene.now_s)
    reached = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield bytes(3 * CHUNK_BYTES)
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(scene.gate().keep("visit", KEY, REQUEST, body(), None, RULE, "p"))
    await reached.wait()
    assert scene.leftovers
    for _ in range(times):  # also while it tidies up
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        while scene.leftovers:
            await asyncio.sleep(0)


@pytest.mark.parametrize("stated", [CHUNK_BYTES, CHUNK_BYTES + 2, 2 * CHUNK_BYTES])
async def test_a_body_must_be_as_long_as_stated(scene: Scene, stated: int) -> None:
    body = pieces(bytes(CHUNK_BYTES + 1))
    with pytest.raises(ValueError, match="as long as stated"):
        await scene.gate().keep("visit", KEY, REQUEST, body, stated, RULE, "p")
    assert scene.leftovers == []


@pytest.mark.parametrize("jump_s", [UPLOAD_S + 1, -10.0])
async def test_an_upload_that_takes_too_long_is_refused(scene: Scene, jump_s: float) -> None:
    """… or one during which the clock was set back: its lifetime can't be known."""

    async def body() -> AsyncIterator[bytes]:
        yield bytes(2 * CHUNK_BYTES)
        scene.now_s += jump_s
        yield b"x"

    with pytest.raises(HoldRefused, match="too_large"):
        await scene.gate().keep("visit", KEY, REQUEST, body(), None, RULE, "p")


# --- lifetimes -----------------------------------------------------------------------------


async def test_a_hold_can_be_claimed_until_its_time_is_up(scene: Scene) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    scene.now_s += RULE.ttl_s
    assert await read(await claimed(gate, hold_id)) == b"a=1"
    later = await keep(gate)
    scene.now_s += RULE.ttl_s + SLACK_S + 1
    assert await fault(gate, later) is Reason.HOLD_LOST


async def test_delivered_is_remembered_longer_than_the_body_is_kept(scene: Scene) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    scene.now_s += RULE.ttl_s
    await play(gate, hold_id, "claim sending delivered")
    scene.now_s += RULE.ttl_s + REMEMBER_S - 1
    assert await fault(gate, hold_id) is Reason.DELIVERED
    scene.now_s += 2
    assert await fault(gate, hold_id) is Reason.HOLD_LOST


async def test_a_broken_delivery_outlives_its_body(scene: Scene) -> None:
    gate = scene.gate()
    hold_id = await keep(gate)
    await play(gate, hold_id, "claim sending broken")
    scene.now_s += RULE.ttl_s + SLACK_S + 1
    assert await fault(gate, hold_id) is Reason.MAYBE_DELIVERED
    assert await fault(gate, hold_id, again=True) is Reason.HOLD_LOST


# --- A gate that is known to have ended ------------------------------------------------------


@pytest.mark.parametrize(
    "sent, gone, expected",
    [
        (False, {"dead"}, None),
        (True, {"dead"}, Reason.MAYBE_DELIVERED),
        (False, {"other"}, Reason.IN_FLIGHT),
        (True, set(), Reason.IN_FLIGHT),
    ],
)
async def test_nobody_waits_for_a_gate_that_has_ended(scene, sent, gone, expected):
    dead = scene.gate("dead")
    hold_id = await keep(dead)
    claim = await claimed(dead, hold_id)
    if sent:
        await claim.sending()
    living = Holds(
        scene.store, HoldQuotas(), "b", lambda: scene.now_s, random.Random(1).randbytes,
        gone.__contains__,
    )  # fmt: skip
    found = await living.claim(hold_id, KEY)
    assert (found.reason if isinstance(found, ClaimFault) else None) == expected


async def test_a_gate_wrongly_taken_for_gone_still_sends_nothing_twice(scene):
    slow = scene.gate("slow")
    hold_id = await keep(slow)
    claim = await claimed(slow, hold_id)
    other = Holds(
        scene.store, HoldQuotas(), "b", lambda: scene.now_s, random.Random(1).randbytes,
        lambda gate_id: True,
    )  # fmt: skip
    taken = await claimed(other, hold_id)
    await taken.sending()
    with pytest.raises(ClaimLost):
        await claim.sending()


async def test_a_large_body_takes_nothing_of_its_callers_small_share(scene):
    quotas = HoldQuotas(2**20, small_total_bytes=2**20, small_bytes=5000, prefix_bytes=2**20)
    gate = scene.gate(quotas=quotas)
    await keep(gate, b"x" * (quotas.of_prefix(small=True) + 5000))
    await keep(gate, b"a=1")
