"""What every store promises, tried on every backend."""

from __future__ import annotations

import asyncio
import random

import pytest

from gateway.stores import Store, StoreDown
from tests.stores.conftest import Backend

SHORT_S = 0.3  # long enough to be alive a moment later on a busy machine
LONG_S = 60.0


@pytest.mark.parametrize(
    "value", [b"", b"1", b"\x00\xff\r\n$3\r\n", bytes(range(256)) * 1200], ids=len
)
async def test_get_returns_what_was_put(store: Store, key: str, value: bytes) -> None:
    assert await store.get(key) is None
    await store.put(key, value, LONG_S)
    assert await store.get(key) == value


async def test_put_replaces_value_and_lifetime(backend: Backend, store: Store, key: str) -> None:
    await store.put(key, b"old", SHORT_S)
    await store.put(key, b"new", LONG_S)
    await backend.wait(SHORT_S)
    assert await store.get(key) == b"new"


async def test_values_expire(backend: Backend, store: Store, key: str) -> None:
    await store.put(key, b"here", SHORT_S)
    assert await store.get(key) == b"here"
    await backend.wait(SHORT_S)
    assert await store.get(key) is None


async def test_delete_forgets_all_keys_named(store: Store, key: str) -> None:
    names = [f"{key}:{i}" for i in range(20)]
    for name in names:
        await store.put(name, b"x", LONG_S)
    await store.delete(*names[:19], f"{key}:absent")
    assert [await store.get(name) for name in names] == [None] * 19 + [b"x"]
    await store.delete()


async def test_spend_is_true_once(backend: Backend, store: Store, key: str) -> None:
    assert await store.spend(key, SHORT_S) is True
    assert await store.spend(key, SHORT_S) is False
    assert await backend.store().spend(key, SHORT_S) is False
    await backend.wait(SHORT_S)
    assert await store.spend(key, SHORT_S) is True


async def test_a_refused_spend_does_not_prolong(backend: Backend, store: Store, key: str) -> None:
    assert await store.spend(key, SHORT_S)
    assert not await store.spend(key, LONG_S)
    await backend.wait(SHORT_S)
    assert await store.spend(key, SHORT_S)


async def test_of_64_spenders_one_succeeds(backend: Backend, key: str) -> None:
    stores = [backend.store(), backend.store()]
    spends = [stores[i % 2].spend(key, LONG_S) for i in range(64)]
    assert sum(await asyncio.gather(*spends)) == 1


async def test_deleted_may_be_spent_again(store: Store, key: str) -> None:
    assert await store.spend(key, LONG_S)
    await store.delete(key)
    assert await store.spend(key, LONG_S)


async def test_swap_needs_the_old_value(store: Store, key: str) -> None:
    assert await store.swap(key, b"", b"new", LONG_S) is False  # absent isn't empty
    await store.put(key, b"old", LONG_S)
    assert await store.swap(key, b"other", b"new", LONG_S) is False
    assert await store.get(key) == b"old"
    assert await store.swap(key, b"old", b"new", LONG_S) is True
    assert await store.get(key) == b"new"
    assert await store.swap(key, b"old", b"new", LONG_S) is False


async def test_swap_sets_the_lifetime(backend: Backend, store: Store, key: str) -> None:
    await store.put(key, b"a", SHORT_S)
    assert await store.swap(key, b"a", b"b", LONG_S)
    await backend.wait(SHORT_S)
    assert await store.get(key) == b"b"
    assert await store.swap(key, b"b", b"c", SHORT_S)
    await backend.wait(SHORT_S)
    assert await store.swap(key, b"c", b"d", LONG_S) is False


async def test_of_64_swappers_one_succeeds(backend: Backend, key: str) -> None:
    stores = [backend.store(), backend.store()]
    await stores[0].put(key, b"old", LONG_S)
    swaps = [stores[i % 2].swap(key, b"old", b"%d" % i, LONG_S) for i in range(64)]
    won = await asyncio.gather(*swaps)
    assert sum(won) == 1
    assert await stores[1].get(key) == b"%d" % won.index(True)


async def test_bump_counts_and_keeps_its_window(backend: Backend, store: Store, key: str) -> None:
    assert await store.bump(key, 2 * SHORT_S) == 1
    assert await store.bump(key, LONG_S, 4) == 5
    await backend.wait(SHORT_S)
    assert await store.bump(key, LONG_S) == 6
    await backend.wait(1.5 * SHORT_S)
    assert await store.counts([key]) == [0]
    assert await store.bump(key, LONG_S, 3) == 3


async def test_no_bump_is_lost(backend: Backend, key: str) -> None:
    stores = [backend.store(), backend.store()]
    seen = await asyncio.gather(*[stores[i % 2].bump(key, LONG_S) for i in range(64)])
    assert sorted(seen) == list(range(1, 65))


async def test_counts_come_in_order(store: Store, key: str) -> None:
    names = [f"{key}:{i}" for i in range(8)]
    for i, name in enumerate(names[:6]):
        await store.bump(name, LONG_S, i + 1)
    assert await store.counts(names[::-1]) == [0, 0, 6, 5, 4, 3, 2, 1]
    assert await store.counts([]) == []


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([10], [True]),
        ([11], [False]),
        ([9, 1, 1], [True, True, False]),
        ([9, 2, 1], [True, False, True]),  # what was refused counts for nothing
        ([0, 10, 0, 1], [True, True, True, False]),
    ],
)
async def test_reserve_keeps_the_limit(
    store: Store, key: str, amounts: list[int], expected: list[bool]
) -> None:
    assert [await store.reserve(key, amount, 10, LONG_S) for amount in amounts] == expected


async def test_reserve_of_gigabytes(store: Store, key: str) -> None:
    assert await store.reserve(key, 2**40, 2**40, LONG_S)
    assert not await store.reserve(key, 1, 2**40, LONG_S)
    await store.release(key, 2**40 - 1)
    assert await store.reserve(key, 2**40 - 1, 2**40, LONG_S)
    assert not await store.reserve(key, 1, 2**40, LONG_S)


async def test_of_64_reservers_ten_succeed(backend: Backend, key: str) -> None:
    stores = [backend.store(), backend.store()]
    asked = [stores[i % 2].reserve(key, 1, 10, LONG_S) for i in range(64)]
    assert sum(await asyncio.gather(*asked)) == 10


async def test_reserved_amounts_expire_one_by_one(backend: Backend, store: Store, key: str) -> None:
    assert await store.reserve(key, 6, 10, SHORT_S)
    assert await store.reserve(key, 4, 10, LONG_S)
    assert not await store.reserve(key, 1, 10, LONG_S)
    await backend.wait(SHORT_S * 1.1)  # an amount may stay a sixteenth longer
    assert await store.reserve(key, 6, 10, LONG_S)
    assert not await store.reserve(key, 1, 10, LONG_S)


async def test_thousands_of_amounts_stay_one_sum(store: Store, key: str) -> None:
    for step in range(0, 1000, 100):  # each for a slightly different time
        asked = [store.reserve(key, 3, 2999, LONG_S - n / 1000) for n in range(step, step + 100)]
        assert all(await asyncio.gather(*asked)) is (step < 900)
    assert await store.reserve(key, 2, 2999, LONG_S)
    assert not await store.reserve(key, 1, 2999, LONG_S)


async def test_a_long_reservation_survives_short_ones(
    backend: Backend, store: Store, key: str
) -> None:
    assert await store.reserve(key, 6, 10, LONG_S)
    assert await store.reserve(key, 4, 10, SHORT_S)
    await backend.wait(SHORT_S * 1.1)
    assert not await store.reserve(key, 5, 10, LONG_S)


async def test_release_gives_room_and_no_more(store: Store, key: str) -> None:
    await store.release(key, 5)
    assert await store.reserve(key, 10, 10, LONG_S)
    await store.release(key, 4)
    assert not await store.reserve(key, 5, 10, LONG_S)
    await store.release(key, 100)
    assert await store.reserve(key, 10, 10, LONG_S)
    assert not await store.reserve(key, 1, 10, LONG_S)


async def test_release_takes_what_ends_first(backend: Backend, store: Store, key: str) -> None:
    assert await store.reserve(key, 5, 10, LONG_S)
    assert await store.reserve(key, 5, 10, SHORT_S)
    await store.release(key, 5)
    await backend.wait(SHORT_S * 1.1)
    assert not await store.reserve(key, 6, 10, LONG_S)
    assert await store.reserve(key, 5, 10, LONG_S)


async def test_gates_share_everything(backend: Backend, key: str) -> None:
    here, there = backend.store(), backend.store()
    await here.put(key, b"x", LONG_S)
    assert await there.get(key) == b"x"
    assert await there.swap(key, b"x", b"y", LONG_S)
    assert await here.get(key) == b"y"
    await there.delete(key)
    assert await here.get(key) is None


async def test_cancelled_readers_leave_no_reply_behind(store: Store, key: str) -> None:
    names = [f"{key}:{i}" for i in range(100)]
    for name in names:
        await store.put(name, name.encode(), LONG_S)
    rng = random.Random(1)
    for _ in range(5):
        tasks = [asyncio.create_task(store.get(name)) for name in names]
        for task in rng.sample(tasks, 50):
            await asyncio.sleep(rng.choice((0, 0, 0.0005)))
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        for name, value in zip(names, found, strict=True):
            assert isinstance(value, asyncio.CancelledError) or value == name.encode()
    assert [await store.get(name) for name in names] == [name.encode() for name in names]


async def test_ping_then_close_then_down(store: Store, key: str) -> None:
    await store.ping()
    await store.close()
    await store.close()
    for verb in (store.get(key), store.put(key, b"", 1), store.spend(key, 1), store.ping()):
        with pytest.raises(StoreDown):
            await verb
