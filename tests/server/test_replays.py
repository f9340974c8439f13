"""The last path of an answer, known again in another visit."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model import Answer, Slide
from gateway.server.hands import hear
from gateway.server.replays import DIGEST, KEPT_S, replayed
from gateway.stores import StoreDown
from gateway.stores.memory import MemoryStore
from tests.hand.drawn import drawn
from tests.server.desk import Clock, Desk
from tests.server.test_hands import REPORT, trace

MARKS: Any = ([bytes([n]) * 8 for n in range(4)], [bytes([n]) * 44 for n in range(4)])


def changed(steps: int, shape: int) -> Any:
    """The marks, with so many of each sort others."""
    return tuple(
        [b"other" if n < count else mark for n, mark in enumerate(sort)]
        for sort, count in zip(MARKS, (steps, shape), strict=True)
    )


@pytest.mark.parametrize(
    "marks, expected",
    [
        (MARKS, True),
        (changed(1, 4), True),
        (changed(2, 4), False),
        (changed(4, 2), True),
        (changed(4, 3), False),
        ((MARKS[0], []), True),
        (([], MARKS[1]), True),
        (([], []), False),
    ],
)
async def test_enough_of_one_sort(open_desk: Any, marks: Any, expected: bool) -> None:
    gate = (await open_desk()).parts
    assert not await replayed(gate, "shop", "one", MARKS)
    assert await replayed(gate, "shop", "two", marks) is expected


async def test_another_try_of_the_visit_is_no_replay(open_desk: Any) -> None:
    gate = (await open_desk()).parts
    assert [await replayed(gate, "shop", "one", MARKS) for _ in range(3)] == [False] * 3
    assert await replayed(gate, "shop", "two", MARKS)


async def test_sites_and_hours_apart(open_desk: Any) -> None:
    desk: Desk = await open_desk()
    assert not await replayed(desk.parts, "shop", "one", MARKS)
    assert not await replayed(desk.parts, "other", "two", MARKS)
    desk.clock.now_s += KEPT_S - 60
    assert await replayed(desk.parts, "shop", "three", MARKS)
    desk.clock.now_s += KEPT_S * 1.2
    assert not await replayed(desk.parts, "shop", "four", MARKS)


class Watched(MemoryStore):
    """Keeps what was asked; away if told so."""

    away = False

    async def slide(self, asks: Any, *, all_or_none: bool = False) -> Any:
        self.asked = [ask for ask in asks if isinstance(ask, Slide)]
        self.trips = getattr(self, "trips", 0) + 1
        if self.away:
            raise StoreDown("away")
        return await super().slide(asks, all_or_none=all_or_none)


async def test_one_trip_and_nothing_drawn_is_kept(open_desk: Any) -> None:
    clock = Clock()
    store = Watched(clock=clock)
    gate = (await open_desk(clock, store=store)).parts
    await replayed(gate, "shop", "one", MARKS)
    assert store.trips == 1
    assert len({ask.key for ask in store.asked}) == 8
    assert {len(ask.key) for ask in store.asked} == {len("replay/") + 2 * DIGEST}
    assert not any(mark.hex()[:16] in ask.key for ask in store.asked for mark in MARKS[0])


async def test_without_the_store_nobody_is_blamed(open_desk: Any) -> None:
    clock = Clock()
    store = Watched(clock=clock)
    desk: Desk = await open_desk(clock, store=store)
    await replayed(desk.parts, "shop", "one", MARKS)
    store.away = True
    assert not await replayed(desk.parts, "shop", "two", MARKS)
    assert desk.metric("gateway_store_errors_total", op="replays") == 1


async def test_only_what_a_pointer_drew_for_the_question_is_marked() -> None:
    hand, keys = trace(drawn()), [[2000, 0, 0, "k"]]
    before = {"trace": hand, **REPORT}
    assert (await hear(Answer(None, None, hand, REPORT))).marks[0]
    assert (await hear(Answer(None, None, hand + keys, REPORT))).marks == ([], [])
    assert (await hear(Answer(None, None, keys, REPORT, before))).marks == ([], [])


async def test_a_second_visit_with_the_same_hand_is_marked_so(open_desk: Any) -> None:
    desk: Desk = await open_desk()
    hand = trace(drawn())
    seen = []
    for _ in range(2):
        data = await desk.page("drag")
        signals = {"webdriver": False, "pressed": 1, "moved": 90, "dpr": 1, **REPORT}
        await desk.answer(data, trace=hand, signals=signals)
        seen.append("replayed_hand" in desk.records()[-1].get("signals", {}))
    assert seen == [False, True]
