"""The machine's clock jumps in the middle of a visit: a clear answer, never a wrong one."""

from __future__ import annotations

import pytest

from gateway.tokens import open_visit
from tests.server.desk import RING, Desk
from tests.server.test_security import outcome


@pytest.mark.parametrize("back_s", [5, 60, 3600, 86_400 * 365])
async def test_backwards_the_visit_goes_on(desk: Desk, back_s: float) -> None:
    data = await desk.page("form")
    desk.clock.now_s -= back_s
    response = await desk.answer(data)
    assert await outcome(response) == "solved"
    visit = open_visit(RING, (await response.json())["visit"])
    assert visit is not None
    assert visit.solved is not None


@pytest.mark.parametrize(
    "ahead_s, expected",
    [(60, "solved"), (3600, "refused expired"), (86_400 * 365, "refused expired")],
)
async def test_forwards_it_ends_clearly_or_goes_on(
    desk: Desk, ahead_s: float, expected: str
) -> None:
    data = await desk.page("form")
    desk.clock.now_s += ahead_s
    assert await outcome(await desk.answer(data)) == expected


async def test_past_the_question_but_not_the_visit_another_is_asked(desk: Desk) -> None:
    data = await desk.page("form")
    desk.clock.now_s += 600
    response = await desk.answer(data)
    said = await response.json()
    assert (said["outcome"], said["reason"]) == ("again", "expired")
    assert await outcome(await desk.answer(data | {"challenge": said["challenge"]})) == "solved"


async def test_a_ticket_stays_spent_when_the_clock_goes_back(desk: Desk) -> None:
    data = await desk.page("form")
    assert await outcome(await desk.answer(data)) == "solved"
    desk.clock.now_s -= 3600
    assert await outcome(await desk.answer(data)) == "refused spent"
