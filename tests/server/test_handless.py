"""Right answers that no hand gave: believed if nothing is at stake, else paid for with work."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.server import AnswerLimits
from gateway.tokens import open_ticket
from tests.samples import RING
from tests.server.desk import HAND, Desk
from tests.server.test_limits import said

KEYS = [[100 * i, 0, 0, "k"] for i in range(1, 8)]
DOUBT = {"risk": 0.5}  # asks for the slider


async def keyed(desk: Desk, data: dict[str, Any], trace: Any = KEYS) -> Any:
    return await desk.answer(data, trace=trace)


@pytest.mark.parametrize("trace", [KEYS, [], None])
async def test_work_follows_once_and_then_it_is_solved(desk: Desk, trace: Any) -> None:
    data = await desk.page("form", **DOUBT)
    body = await (await keyed(desk, data, trace)).json()
    assert (body["outcome"], body["reason"]) == ("again", "work")
    asked, before = body["challenge"], data["challenge"]
    assert (asked["kind"], asked["rung"]) == ("pow", before["rung"])
    assert asked["work"]["maxnumber"] == pytest.approx(4 * before["work"]["maxnumber"], abs=8)
    first, then = (open_ticket(RING, one["ticket"]) for one in (before, asked))
    assert first is not None and then is not None
    assert (then.level, then.max_risk, then.instead_of) == (first.level, first.max_risk, "slider")
    assert then.risk == first.risk
    solved = await keyed(desk, data | {"challenge": asked}, trace)
    assert (await solved.json())["outcome"] == "solved"


async def test_the_work_is_asked_at_the_risk_of_the_answer(desk: Desk) -> None:
    """Found with it alone: there was none when it was asked."""
    data = await desk.page("drag")
    before = open_ticket(RING, data["challenge"]["ticket"])
    answered = await desk.answer(data, trace=KEYS, signals=HAND | {"console": True})
    body = await answered.json()
    assert body["reason"] == "work"
    then = open_ticket(RING, body["challenge"]["ticket"])
    assert before is not None and then is not None
    assert (before.risk, then.risk) == (0.0, 0.3)


async def test_where_nothing_is_at_stake_keys_are_as_good(desk: Desk) -> None:
    """The route asks for a slider whatever the risk, and there is none."""
    assert (await said(await keyed(desk, await desk.page("drag"))))[1] == "solved"


async def test_a_tap_is_a_hand(desk: Desk) -> None:
    assert (await said(await desk.answer(await desk.page("form", **DOUBT))))[1] == "solved"


async def test_it_shares_the_limit_of_the_accessible_way(open_desk: Any) -> None:
    desk: Desk = await open_desk(limits=AnswerLimits(accessible=1))
    assert (await said(await keyed(desk, await desk.page("form", **DOUBT))))[1] == "again work"
    status, words, retry_s = await said(await keyed(desk, await desk.page("form", **DOUBT)))
    assert (status, words) == (429, "refused too_many")
    assert retry_s is not None
    tapped = await desk.answer(await desk.page("form", **DOUBT))
    assert (await said(tapped))[1] == "solved"


async def test_the_work_is_no_wrong_answer(desk: Desk) -> None:
    """Nothing gets dearer for it but the work itself."""
    data = await desk.page("form", **DOUBT)
    body = await (await keyed(desk, data)).json()
    ticket = open_ticket(RING, body["challenge"]["ticket"])
    assert ticket is not None
    assert ticket.failures == 0
