"""Whole visits of each flow: who is asked what, and what a second round can't be talked out of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway import kinds
from gateway.model import ACCESSIBLE, Round, Rung, Ticket
from gateway.tokens import open_ticket, open_visit
from tests.samples import RING
from tests.server.desk import Desk, route
from tests.server.test_visit import pass_of
from tests.server.test_wait import fields, submit, wait_page


def rungs(*names: str, level: int = 1) -> tuple[Rung, ...]:
    return tuple(Rung(name, kinds.load()[name].params(), 1.0, level) for name in names)


async def serving(open_desk: Any, **changes: Any) -> Desk:
    desk: Desk = await open_desk()
    shop = replace(desk.parts.sites["shop"], routes=(route("form", **changes),))
    opened: Desk = await open_desk(desk.clock, sites={"shop": shop}, store=desk.parts.store)
    return opened


def ticket_of(challenge: dict[str, Any]) -> Ticket:
    found = open_ticket(RING, challenge["ticket"])
    assert found is not None
    return found


# --- By chance -------------------------------------------------------------------------------


async def test_chance_chooses_the_kind_and_one_pass_serves(open_desk: Any) -> None:
    desk = await serving(open_desk, flow="multiple", ladder=rungs("one_click", "slider", "pow"))
    pages = [await desk.page("form", risk=0.8 * (n % 2)) for n in range(30)]
    assert {page["challenge"]["kind"] for page in pages} == {"one_click", "slider", "pow"}
    assert {ticket_of(page["challenge"]).level for page in pages} == {1}
    assert pass_of(await desk.answer(pages[0]), desk).level == 1


async def test_a_wrong_answer_may_change_the_kind(open_desk: Any) -> None:
    desk = await serving(open_desk, flow="multiple", ladder=rungs("one_click", "slider"))
    found = set()
    for _ in range(12):
        data = await desk.page("form")
        body = await (await desk.answer(data, answer="no")).json()
        found.add((data["challenge"]["kind"], body["challenge"]["kind"]))
    assert len(found) == 4


async def test_what_ran_out_keeps_its_kind(open_desk: Any) -> None:
    """Who lets time pass has chance choose nothing."""
    desk = await serving(open_desk, flow="multiple", ladder=rungs("invisible", "slider", "pow"))
    for _ in range(8):
        data = await desk.page("form")
        desk.clock.now_s += data["challenge"]["expires_in_s"]
        body = await (await desk.answer(data)).json()
        assert (body["reason"], body["challenge"]["rung"]) == ("expired", data["challenge"]["rung"])


async def test_more_doubt_leads_to_any_kind_of_the_step(open_desk: Any) -> None:
    first, *others = rungs("invisible", "one_click", "slider")
    others[1] = replace(others[1], beside=True)
    desk = await serving(open_desk, ladder=(replace(first, max_risk=0.3), *others))
    asked = set()
    for _ in range(12):
        said = await desk.answer(await desk.page("form"), signals={"webdriver": True})
        body = await said.json()
        assert body["reason"] == "more"
        asked.add(body["challenge"]["kind"])
    assert asked == {"one_click", "slider"}


# --- Two rounds ------------------------------------------------------------------------------

TWICE: dict[str, Any] = {"rounds": 2, "ladder": rungs("slider", "icon")}


async def first_round(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the page, the question that followed its right answer)."""
    data = await desk.page("form")
    response = await desk.answer(data)
    body = await response.json()
    assert (body["outcome"], body["reason"]) == ("again", "next")
    assert "Set-Cookie" not in response.headers
    return data, body["challenge"]


async def test_one_right_answer_is_half(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE)
    data, second = await first_round(desk)
    ticket = ticket_of(second)
    assert data["challenge"]["kind"] == "slider"
    assert (second["kind"], ticket.instead_of) == ("pow", "icon")  # no stock here: dearer work
    assert (ticket.first, ticket.rounds_left) == (Round("slider", 1, 1.0), 0)
    assert ticket.failures == 0  # to be right makes nothing dearer
    assert data["challenge"]["ways"] == ["another", "accessible"]
    assert second["ways"] == ["accessible"]  # another would be the first again
    solved = await desk.answer(data | {"challenge": second})
    assert (await solved.json())["outcome"] == "solved"
    assert pass_of(solved, desk).level == 1


async def test_the_second_question_is_asked_at_the_risk_of_the_first_answer(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE)
    data = await desk.page("form")
    body = await (await desk.answer(data, signals={"webdriver": True})).json()
    assert body["reason"] == "next"
    assert ticket_of(data["challenge"]).risk < 0.5 < ticket_of(body["challenge"]).risk


async def test_the_first_answer_again_skips_nothing(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE)
    data, _ = await first_round(desk)
    again = await (await desk.answer(data)).json()
    assert (again["outcome"], again["reason"]) == ("refused", "spent")


async def test_a_new_question_of_the_second_round_stays_of_the_second(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE)
    data, second = await first_round(desk)
    for want in ("new", "another"):
        asked = {"visit": data["visit"], "ticket": second["ticket"], "want": want}
        second = (await (await desk.post("challenge", asked)).json())["challenge"]
        ticket = ticket_of(second)
        assert (ticket.rung, ticket.rounds_left) == (1, 0)
        assert ticket.first == Round("slider", 1, 1.0)


async def test_wrong_answers_bring_back_no_kind_of_the_first_round(open_desk: Any) -> None:
    """Chance may choose any of the ladder then, but for what was answered already."""
    desk = await serving(
        open_desk, rounds=2, flow="multiple", ladder=rungs("slider", "icon", "word")
    )
    seen = set()
    for _ in range(12):
        data = await desk.page("form")
        while data["challenge"]["rung"] != 0:
            data = await desk.page("form")
        second = (await (await desk.answer(data)).json())["challenge"]
        wrong = await desk.answer(data | {"challenge": second}, proof=None)
        seen.add((await wrong.json())["challenge"]["rung"])
    assert seen == {1, 2}


@pytest.mark.parametrize("left, last", [(1, "slider"), (0, "pow")])
async def test_a_second_round_goes_on_where_its_kind_is_gone(
    open_desk: Any, left: int, last: str
) -> None:
    desk = await serving(open_desk, **TWICE)
    data, second = await first_round(desk)
    shop = desk.parts.sites["shop"]
    routes = (replace(shop.routes[0], ladder=shop.routes[0].ladder[:left]),)
    after: Desk = await open_desk(
        desk.clock, sites={"shop": replace(shop, routes=routes)}, store=desk.parts.store
    )
    said = await after.answer(data | {"challenge": second}, proof=None)
    assert (await said.json())["challenge"]["kind"] == last


async def test_without_a_ticket_it_begins_anew(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE)
    data, _ = await first_round(desk)
    asked = {"visit": data["visit"], "want": "new"}
    fresh = (await (await desk.post("challenge", asked)).json())["challenge"]
    assert (ticket_of(fresh).first, ticket_of(fresh).rounds_left) == (None, 1)


async def accessible(desk: Desk, data: dict[str, Any], challenge: dict[str, Any]) -> dict[str, Any]:
    asked = {"visit": data["visit"], "ticket": challenge["ticket"], "want": "accessible"}
    found: dict[str, Any] = (await (await desk.post("challenge", asked)).json())["challenge"]
    assert ticket_of(found).rung == ACCESSIBLE
    desk.clock.now_s += 5
    return found


async def test_the_accessible_way_has_as_many_steps(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE)
    data = await desk.page("form")
    first = await accessible(desk, data, data["challenge"])
    body = await (await desk.answer(data | {"challenge": first})).json()
    assert (body["reason"], ticket_of(body["challenge"]).rung) == ("next", ACCESSIBLE)
    desk.clock.now_s += 5
    solved = await desk.answer(data | {"challenge": body["challenge"]})
    visit = open_visit(RING, (await solved.json())["visit"])
    assert visit is not None
    assert visit.solved is not None
    assert visit.solved.uses == 1


async def test_an_accessible_step_lends_no_level(open_desk: Any) -> None:
    """It earns every level, for one use: carried on it would earn that for good."""
    ladder = (*rungs("one_click", level=1), *rungs("slider", level=1), *rungs("icon", level=7))
    desk = await serving(open_desk, rounds=2, ladder=ladder)
    data = await desk.page("form")
    first = await accessible(desk, data, data["challenge"])
    body = await (await desk.answer(data | {"challenge": first})).json()
    asked = {"visit": data["visit"], "ticket": body["challenge"]["ticket"], "want": "another"}
    back = (await (await desk.post("challenge", asked)).json())["challenge"]
    assert ticket_of(back).first == Round("one_click", 0, 0.0)
    assert ticket_of(back).level == route_level(ladder, back["kind"])


def route_level(ladder: tuple[Rung, ...], kind: str) -> int:
    return next(rung.level for rung in ladder if rung.kind == kind)


async def test_a_second_round_earns_the_higher_of_both(open_desk: Any) -> None:
    ladder = (*rungs("slider", level=5), *rungs("icon", level=2))
    desk = await serving(open_desk, rounds=2, ladder=ladder)
    data, second = await first_round(desk)
    assert pass_of(await desk.answer(data | {"challenge": second}), desk).level == 5


async def test_the_wait_has_two_steps_too(open_desk: Any) -> None:
    desk = await serving(open_desk, **TWICE, no_javascript="wait")
    text = await wait_page(desk, "form")
    for step in (1, 2):
        form = fields(text)
        ticket = open_ticket(RING, form["ticket"])
        assert ticket is not None
        assert (ticket.rung, ticket.rounds_left) == (ACCESSIBLE, 2 - step)
        desk.clock.now_s += 60
        response = await submit(desk, form)
        text = await response.text()
    assert (response.status, "gateway_visit" in text) == (200, True)


async def test_a_wait_of_the_ladder_is_one_of_two_steps(open_desk: Any) -> None:
    """To wait twice at its rung would be the same kind twice."""
    ladder = (*rungs("wait", level=2), *rungs("icon", level=5))
    desk = await serving(open_desk, rounds=2, ladder=ladder, no_javascript="wait")
    first = fields(await wait_page(desk, "form"))
    desk.clock.now_s += 60
    second = fields(await (await submit(desk, first)).text())
    found = [ticket_of(form) for form in (first, second)]
    assert [(ticket.rung, ticket.rounds_left) for ticket in found] == [(0, 1), (ACCESSIBLE, 0)]
    assert found[0].level == 2  # that of its rung


async def test_the_second_is_not_asked_for_more_than_the_first(open_desk: Any) -> None:
    """The kind that suffices for the risk was answered; the other one need not suffice alone."""
    easy, hard = rungs("icon", "slider")
    ladder = (replace(easy, max_risk=0.3), replace(hard, max_risk=1.0))
    desk = await serving(open_desk, rounds=2, ladder=ladder)
    data = await desk.page("form", risk=0.5)
    assert data["challenge"]["kind"] == "slider"
    body = await (await desk.answer(data)).json()
    assert ticket_of(body["challenge"]).max_risk == 1.0
    solved = await (await desk.answer(data | {"challenge": body["challenge"]})).json()
    assert solved["outcome"] == "solved"


async def test_a_named_kind_is_asked_and_stays(open_desk: Any) -> None:
    ladder = (*rungs("one_click", level=1), *rungs("slider", level=2))
    desk = await serving(open_desk, flow="fusion", ladder=ladder)
    data = await desk.page("form", kind="one_click", risk=0.8)
    assert (data["challenge"]["kind"], data["finish"]) == ("one_click", "post")  # a GET is held
    assert data["challenge"]["ways"] == ["accessible"]
    for want in ("new", "another"):
        wish = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": want}
        asked = (await (await desk.post("challenge", wish)).json())["challenge"]
        assert asked["kind"] == "one_click"
    unnamed = await desk.page("form")
    assert unnamed["challenge"]["kind"] == "slider"


async def test_what_cannot_be_held_is_refused_where_a_reload_would_not_do(open_desk: Any) -> None:
    desk = await serving(open_desk, flow="fusion", ladder=rungs("one_click"))
    large = await desk.send("challenge", "/challenge", method="POST", data=b"x" * 10_001)
    assert large.status == 413
