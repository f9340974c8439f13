"""Batches: who goes together, who is answered, and what never runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.stores import StoreDown
from gateway.stores.batches import Batches, Job


def serve(batch: list[Job]) -> list[Any]:
    return [job.run(None, 0.0) for job in batch]


def giving(value: Any) -> Callable[[Any, float], Any]:
    return lambda _, now_s: value


async def turn(batches: Batches) -> list[Job]:
    """What the thread is given next."""
    batch = await asyncio.to_thread(batches.next, 5.0)
    assert batch is not None
    return batch


def ask(batches: Batches, value: Any) -> asyncio.Task[Any]:
    return asyncio.ensure_future(batches.do(giving(value), writes=True, durable=False))


async def test_what_comes_in_one_turn_goes_together() -> None:
    batches = Batches(10, 100, 5.0)
    asked = [ask(batches, value) for value in range(3)]
    batch = await turn(batches)
    assert len(batch) == 3
    later = [ask(batches, value) for value in (3, 4)]
    await asyncio.sleep(0)
    assert not batches.someone_waits()  # gathered, and not given while the thread is at it
    batches.tell(batch, serve(batch))
    assert await asyncio.gather(*asked) == [0, 1, 2]
    batch = await turn(batches)
    batches.tell(batch, serve(batch))
    assert await asyncio.gather(*later) == [3, 4]


async def test_a_batch_has_a_most() -> None:
    batches = Batches(2, 100, 5.0)
    asked = [ask(batches, value) for value in range(5)]
    sizes = []
    for _ in range(3):
        batch = await turn(batches)
        sizes.append(len(batch))
        batches.tell(batch, serve(batch))
        await asyncio.sleep(0)
    assert await asyncio.gather(*asked) == [0, 1, 2, 3, 4]
    assert sizes == [2, 2, 1]


async def test_each_hears_its_own() -> None:
    batches = Batches(10, 100, 5.0)
    asked = [ask(batches, value) for value in range(3)]
    batch = await turn(batches)
    batches.tell(batch, ["right", StoreDown("why"), None])
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert found[0] == "right" and found[2] is None
    assert isinstance(found[1], StoreDown)


@pytest.mark.parametrize("begun", [True, False])
async def test_whoever_leaves_before_it_went_is_not_served(begun: bool) -> None:
    batches = Batches(10, 100, 5.0)
    first = ask(batches, "first")
    batch = await turn(batches)
    gone, stays = ask(batches, "gone"), ask(batches, "stays")
    await asyncio.sleep(0)
    (first if begun else gone).cancel()
    await asyncio.sleep(0)
    batches.tell(batch, serve(batch))  # the first one's result, which may be nobody's
    await asyncio.sleep(0)
    batch = await turn(batches)
    assert len(batch) == (2 if begun else 1)
    batches.tell(batch, serve(batch))
    assert await stays == "stays"


async def test_deadlines_hold_for_what_waits_and_what_went() -> None:
    batches = Batches(10, 100, 0.05)
    went = ask(batches, "went")
    batch = await turn(batches)
    waits = ask(batches, "waits")
    async with asyncio.timeout(5):  # and not merely in the end
        found = await asyncio.gather(went, waits, return_exceptions=True)
    assert [type(one) for one in found] == [StoreDown, StoreDown]
    batches.tell(batch, serve(batch))
    await asyncio.sleep(0.01)
    assert not batches.someone_waits()  # what waited never runs
    late = ask(batches, "late")
    batch = await turn(batches)
    batches.tell(batch, serve(batch))
    assert await late == "late"


async def test_too_many_waiting_is_down() -> None:
    batches = Batches(10, 2, 5.0)
    first = ask(batches, 0)
    batch = await turn(batches)
    waiting = [ask(batches, value) for value in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreDown, match="waiting"):
        await ask(batches, 3)
    batches.tell(batch, serve(batch))
    batch = await turn(batches)
    batches.tell(batch, serve(batch))
    assert await asyncio.gather(first, *waiting) == [0, 1, 2]


async def test_closing_lets_what_waits_be_done() -> None:
    batches = Batches(1, 100, 5.0)
    asked = [ask(batches, value) for value in range(3)]
    batch = await turn(batches)
    closing = asyncio.ensure_future(batches.close())
    for _ in range(3):
        batches.tell(batch, serve(batch))
        await asyncio.sleep(0.01)
        following = await asyncio.to_thread(batches.next, 5.0)
        if following is None:
            break
        batch = following
    await closing
    assert [task.result() for task in asked] == [0, 1, 2]
    assert following is None


def test_another_loop_is_served_after_one_that_ended_in_between() -> None:
    batches = Batches(10, 100, 5.0)

    async def leave() -> list[Job]:
        ask(batches, "left behind")
        return await turn(batches)

    async def come() -> Any:
        old = left.copy()
        batches.tell(left, serve(old))  # its loop is closed: nobody hears
        asked = ask(batches, "here")
        batch = await turn(batches)
        batches.tell(batch, serve(batch))
        return await asked

    left = asyncio.run(leave())
    assert asyncio.run(come()) == "here"


def test_nothing_within_the_time() -> None:
    assert Batches(10, 100, 5.0).next(0.001) == []
