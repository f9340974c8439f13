"""Callers remembered across visits: harder for who only asks, back again by right answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.memory import MOST
from gateway.model import Slide
from gateway.server.remembering import remember
from gateway.stores import StoreDown
from gateway.stores.memory import MemoryStore
from gateway.tokens import open_visit
from tests.samples import RING
from tests.server.desk import CALLER, Clock, Desk
from tests.server.test_flows import rungs, serving, ticket_of


async def mindful(open_desk: Any, **changes: Any) -> Desk:
    ladder = (*rungs("one_click"), *rungs("slider", level=2), *rungs("pow", level=3))
    return await serving(open_desk, **{"ladder": ladder, "memory_s": 3600} | changes)


async def asked(desk: Desk, **changes: Any) -> tuple[int, int]:
    """(the rung that the next question is of, its doublings of work)."""
    ticket = ticket_of((await desk.page("form", **changes))["challenge"])
    return ticket.rung, ticket.failures


async def test_who_only_asks_is_asked_harder(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    seen = [await asked(desk) for _ in range(33)]
    assert seen[:7] == [(0, 0)] * 7
    assert seen[7:15] == [(1, 1)] * 8
    assert seen[15:31] == [(2, 2)] * 16
    assert seen[31:] == [(2, 3)] * 2
    record = next(each for each in desk.records() if each.get("remembered") == 3)
    assert record["event"] == "asked"


async def test_it_is_this_caller_for_this_long(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    for _ in range(8):
        await asked(desk)
    other = replace(CALLER, browser="chrome")
    assert await asked(desk, caller=other) == (0, 0)
    assert await asked(desk) == (1, 1)
    desk.clock.now_s += 3600 * 1.2
    assert await asked(desk) == (0, 0)


async def test_right_answers_take_it_back(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    data = await desk.page("form")
    for _ in range(7):
        await asked(desk)
    assert await asked(desk) == (1, 1)
    assert (await (await desk.answer(data)).json())["outcome"] == "solved"
    assert await asked(desk) == (0, 0)


async def test_wrong_answers_count_twice_and_refreshes_once(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    data = await desk.page("form")  # 1
    for _ in range(2):  # 5
        again = await (await desk.answer(data, answer="no")).json()
        data = data | {"challenge": again["challenge"]}
    wish = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "new"}
    await desk.post("challenge", wish)  # 6
    assert await asked(desk) == (0, 0)  # 7
    assert await asked(desk) == (1, 1)  # 8


async def test_the_accessible_way_adds_nothing_and_stays_open(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    for _ in range(40):
        data = await desk.page("form")
    wish = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "accessible"}
    other = replace(CALLER, browser="chrome")
    for _ in range(6):
        await asked(desk, caller=other)
    assert (await desk.post("challenge", wish, caller=other)).status == 200
    assert await asked(desk, caller=other) == (0, 0)  # the seventh
    given = (await (await desk.post("challenge", wish)).json())["challenge"]
    desk.clock.now_s += 5
    assert (await (await desk.answer(data | {"challenge": given})).json())["outcome"] == "solved"


async def test_the_widget_s_frame_begins_as_hard(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    for _ in range(8):
        await asked(desk)
    sent = await desk.send("challenge", "/challenge", navigation=False)
    visit = (await sent.json())["visit"]
    opened = open_visit(RING, visit)
    assert opened is not None
    assert opened.harder == 1
    given = await (await desk.post("challenge", {"visit": visit, "want": "new"})).json()
    assert (given["challenge"]["rung"], ticket_of(given["challenge"]).failures) == (1, 1)


async def test_none_remembers_nobody(open_desk: Any) -> None:
    desk = await mindful(open_desk, memory_s=0)
    assert {await asked(desk) for _ in range(20)} == {(0, 0)}


class Forgetful(MemoryStore):
    """A store that is away for what callers are remembered by."""

    async def slide(self, asks: Any, *, all_or_none: bool = False) -> Any:
        if any(isinstance(ask, Slide) and ask.key.startswith("memory/") for ask in asks):
            raise StoreDown("away")
        return await super().slide(asks, all_or_none=all_or_none)


async def test_without_the_store_nothing_is_known(open_desk: Any) -> None:
    clock = Clock()
    desk = await mindful(open_desk)
    away = replace(desk.parts, store=Forgetful(clock=clock))
    opened: Desk = await open_desk(sites=away.sites, store=away.store)
    assert {await asked(opened) for _ in range(20)} == {(0, 0)}
    assert opened.metric("gateway_store_errors_total", op="memory") == 20


async def test_nobody_in_particular_is_remembered(open_desk: Any) -> None:
    """Nor is anybody where the route remembers none: nothing is even counted."""
    desk = await mindful(open_desk)
    route = desk.parts.sites["shop"].routes[0]
    alike = replace(desk.parts, addresses_known=lambda: False)
    for parts, of in ((alike, route), (desk.parts, replace(route, memory_s=0))):
        assert [await remember(parts, of, CALLER, 9) for _ in range(2)] == [0, 0]
    assert await remember(desk.parts, route, CALLER, 9) == 9


class Stuck(MemoryStore):
    """A store that never says what it counted."""

    async def slide(self, asks: Any, *, all_or_none: bool = False) -> Any:
        await asyncio.Event().wait()


async def test_a_store_that_is_too_slow_knows_nothing(
    open_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.remembering.DEADLINE_S", 0.01)
    desk = await mindful(open_desk)
    route = desk.parts.sites["shop"].routes[0]
    assert await remember(replace(desk.parts, store=Stuck()), route, CALLER, 9) == 0


async def test_points_are_bounded_so_that_some_right_answers_suffice(open_desk: Any) -> None:
    desk = await mindful(open_desk)
    route = desk.parts.sites["shop"].routes[0]
    for _ in range(200):
        assert await remember(desk.parts, route, CALLER, 1) <= MOST
    for _ in range(MOST // 4):
        await remember(desk.parts, route, CALLER, -4)
    assert await remember(desk.parts, route, CALLER, 1) == 1
