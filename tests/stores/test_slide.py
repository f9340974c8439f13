"""Sliding windows, on every backend, with as many clients as come at once."""

from __future__ import annotations

import asyncio

import pytest

from gateway.model import MOST_MEMBERS, Slide, is_refused
from gateway.stores import Store, StoreFull
from gateway.stores.memory import MemoryStore
from tests.stores.conftest import Backend

SHORT_S = 0.3  # as in test_contract
LONG_S = 60.0


async def counts(store: Store, *asks: Slide) -> list[int]:
    return [slid.count for slid in await store.slide(asks)]


async def looked(store: Store, *keys: str) -> list[int]:
    return await counts(store, *(Slide(key, LONG_S, 0) for key in keys))


@pytest.mark.parametrize(
    ("asks", "expected", "left"),
    [
        ([(1, None)], [1], 1),
        ([(0, 5), (2, 5), (3, 5), (0, 5)], [0, 2, 5, 5], 5),
        ([(5, 5), (1, 5)], [5, 6], 5),  # what was refused is not charged
        ([(4, 5), (2, 5), (1, 5)], [4, 6, 5], 5),
        ([(6, 5)], [6], 0),
        ([(1, 0)], [1], 0),
        ([(5, 5), (1, None)], [5, 6], 6),  # without a limit all is
    ],
)
async def test_each_ask_is_charged_within_its_limit(
    store: Store, key: str, asks: list[tuple[int, int | None]], expected: list[int], left: int
) -> None:
    one_by_one = [
        (await counts(store, Slide(key, LONG_S, amount, limit)))[0] for amount, limit in asks
    ]
    together = await counts(
        store, *(Slide(f"{key}b", LONG_S, amount, limit) for amount, limit in asks)
    )
    assert one_by_one == together == expected
    assert await looked(store, key, f"{key}b") == [left, left]


async def test_nothing_asked_is_nothing_done(store: Store) -> None:
    assert await store.slide([]) == []
    await store.unslide([])


async def test_all_or_none(store: Store, key: str) -> None:
    keys = [f"{key}:{n}" for n in range(6)]
    await store.slide([Slide(keys[5], LONG_S, 3)])
    asks = [Slide(name, LONG_S, 2, 3) for name in keys[:5]] + [Slide(keys[4], LONG_S, 1)]
    assert await counts(store, *asks) == [2, 2, 2, 2, 2, 3]
    found = await store.slide([*asks[:5], Slide(keys[5], LONG_S, 1, 3)], all_or_none=True)
    assert [slid.count for slid in found] == [4, 4, 4, 4, 5, 4]
    assert await looked(store, *keys) == [2, 2, 2, 2, 3, 3]
    fitting = [Slide(name, LONG_S, 1, 4) for name in keys]
    assert not is_refused(fitting, await store.slide(fitting, all_or_none=True))
    assert await looked(store, *keys) == [3, 3, 3, 3, 4, 4]


async def test_one_refused_among_many_charges_none(store: Store, key: str) -> None:
    """… even of what has no limit, wherever in the list, and in a Cluster whichever node it is."""
    full = f"{key}:full"
    await store.slide([Slide(full, LONG_S, 1)])
    others = [Slide(f"{key}:{n}", LONG_S, n) for n in range(1, 9)]
    asks = [*others[:4], Slide(full, LONG_S, 1, 1), *others[4:]]
    await store.slide(asks, all_or_none=True)
    assert await looked(store, *(ask.key for ask in others), full) == [0] * 8 + [1]


async def test_a_window_slides(backend: Backend, store: Store, key: str) -> None:
    await store.slide([Slide(key, 2 * SHORT_S, 2)])
    await backend.wait(SHORT_S)
    assert await counts(store, Slide(key, 2 * SHORT_S, 3)) == [5]
    await backend.wait(1.2 * SHORT_S)  # an amount may stay a sixteenth longer
    assert await looked(store, key) == [3]
    await backend.wait(SHORT_S)
    assert await looked(store, key) == [0]


async def test_it_says_when_the_count_falls(store: Store, key: str) -> None:
    [before] = await store.slide([Slide(key, LONG_S, 0)])
    assert before.reset_s == 0
    [charged, more] = await store.slide([Slide(key, LONG_S, 2, 3), Slide(key, 2 * LONG_S, 1, 3)])
    assert LONG_S <= charged.reset_s <= LONG_S * 17 / 16  # never early
    assert more.reset_s == pytest.approx(LONG_S, rel=1 / 15)  # when any of it does
    [one, three, four] = await store.slide([Slide(key, LONG_S, n, 3) for n in (1, 3, 4)])
    assert one.reset_s == pytest.approx(LONG_S, rel=1 / 15)
    assert three.reset_s == pytest.approx(2 * LONG_S, rel=1 / 15)  # when it would fit
    assert four.reset_s == LONG_S  # never
    [alone] = await store.slide([Slide(f"{key}b", LONG_S, 3, 1)])
    assert alone.reset_s == 0  # nothing is there that could end


async def test_it_says_when_so_many_members_have_left(store: Store, key: str) -> None:
    """However often each was seen."""
    await store.slide([Slide(key, LONG_S, 3, member=b"a"), Slide(key, 2 * LONG_S, member=b"b")])
    [two, three] = await store.slide([Slide(key, LONG_S, 1, n, b"c") for n in (2, 1)])
    assert two.reset_s == pytest.approx(LONG_S, rel=1 / 15)
    assert three.reset_s == pytest.approx(2 * LONG_S, rel=1 / 15)


async def test_distinct_members_are_counted(backend: Backend, store: Store, key: str) -> None:
    def ask(member: bytes, amount: int = 1, limit: int | None = 2) -> Slide:
        return Slide(key, LONG_S, amount, limit, member)

    assert await counts(store, ask(b"a"), ask(b"a"), ask(b"\x00 9 9")) == [1, 1, 2]
    assert await counts(store, ask(b"c"), ask(b"a"), ask(b"c", amount=0)) == [3, 2, 3]
    assert await counts(backend.store(), ask(b"a", amount=0), ask(b"c", limit=None)) == [2, 3]
    assert await counts(store, ask(b"d", amount=0)) == [4]


async def test_members_leave_one_by_one(backend: Backend, store: Store, key: str) -> None:
    await store.slide([Slide(key, SHORT_S, member=b"a"), Slide(key, LONG_S, member=b"b")])
    await store.slide([Slide(key, LONG_S, member=b"c"), Slide(key, SHORT_S, member=b"c")])
    await backend.wait(SHORT_S * 1.1)
    assert await counts(store, Slide(key, LONG_S, 0, member=b"a")) == [3]
    assert await counts(store, Slide(key, LONG_S, 0, member=b"b")) == [2]


async def test_a_key_keeps_so_many_members_and_no_more(store: Store, key: str) -> None:
    for start in range(0, MOST_MEMBERS + 128, 128):
        names = [b"%d" % n for n in range(start, start + 128)]
        found = await counts(store, *(Slide(key, LONG_S, member=name) for name in names))
    assert found == [MOST_MEMBERS + 1] * 128
    assert await counts(store, Slide(key, LONG_S, limit=MOST_MEMBERS, member=b"7")) == [1024]
    refused = [Slide(key, LONG_S, limit=MOST_MEMBERS, member=b"new")]
    assert is_refused(refused, await store.slide(refused))


async def test_what_was_charged_can_be_given_back(store: Store, key: str) -> None:
    asks = [Slide(key, LONG_S, 4), Slide(f"{key}m", LONG_S, member=b"a")]
    again = Slide(f"{key}m", LONG_S, member=b"a")
    await store.slide([*asks, again])
    await store.unslide([Slide(key, LONG_S, 3), again, Slide(f"{key}m", LONG_S, member=b"b")])
    assert await looked(store, key) == [1]
    assert await counts(store, Slide(f"{key}m", LONG_S, 0, member=b"z")) == [
        2
    ]  # "a" was seen twice
    await store.unslide([*asks, *asks])
    assert await looked(store, key) == [0]
    assert await counts(store, Slide(f"{key}m", LONG_S, 0, member=b"z")) == [1]
    assert await counts(store, Slide(key, LONG_S, 2, 2)) == [2]


async def test_what_is_given_back_is_the_oldest(backend: Backend, store: Store, key: str) -> None:
    await store.slide([Slide(key, LONG_S, 3), Slide(key, SHORT_S, 3)])
    await store.unslide([Slide(key, LONG_S, 3)])
    await backend.wait(SHORT_S * 1.1)
    assert await looked(store, key) == [3]  # too much for a while, never too little


@pytest.mark.parametrize("member", [False, True], ids=["amounts", "members"])
async def test_of_64_clients_of_two_gates_exactly_so_many_are_let(
    backend: Backend, key: str, member: bool
) -> None:
    gates = [backend.store(), backend.store()]

    async def one(number: int) -> bool:
        name = b"%d" % number if member else b""
        asks = [Slide(key, LONG_S, 1, 10, name), Slide(f"{key}:{number}", LONG_S, 1, 1)]
        return not is_refused(asks, await gates[number % 2].slide(asks, all_or_none=True))

    let = await asyncio.gather(*map(one, range(64)))
    assert sum(let) == 10
    others = await looked(gates[0], *(f"{key}:{number}" for number in range(64)))
    assert others == [int(one) for one in let]


async def test_64_clients_that_need_two_scarce_things_never_get_more(
    backend: Backend, key: str
) -> None:
    """In opposite orders. On a Cluster two may refuse each other: fewer, never more."""
    gates = [backend.store(), backend.store()]
    asks = [Slide(f"{key}:a", LONG_S, 1, 10), Slide(f"{key}:b", LONG_S, 1, 10)]

    async def one(number: int) -> bool:
        found = await gates[number % 2].slide(asks[:: 1 - 2 * (number % 2)], all_or_none=True)
        return max(slid.count for slid in found) <= 10

    let = sum(await asyncio.gather(*map(one, range(64))))
    assert let == 10 if backend.name != "cluster" else let <= 10
    assert await looked(gates[0], f"{key}:a", f"{key}:b") == [let, let]


async def test_no_room_charges_nothing() -> None:
    store = MemoryStore(max_bytes=700)
    with pytest.raises(StoreFull):
        await store.slide([Slide(f"key{n}", LONG_S) for n in range(4)])
    assert await looked(store, *(f"key{n}" for n in range(4))) == [0] * 4
