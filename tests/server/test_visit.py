"""Whole visits: challenged, answered, released; and what a browser or script is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.hold import Claimed
from gateway.model import PassRule, Solved
from gateway.passes import read
from gateway.tokens import open_ticket, open_visit
from tests.samples import RING
from tests.server.desk import BROWSER, CALLER, HAND, SCRIPT, Desk, chunks, right, route


def pass_of(response: Any, desk: Desk) -> Any:
    """The pass a reply sets, read as the wire would read it."""
    cookie = response.cookies["__Host-gateway_pass_site"].value
    return read(RING, cookie.encode(), "shop", desk.clock(), caller=CALLER)


async def test_a_get_is_solved_and_reloads_with_a_pass(desk: Desk) -> None:
    data = await desk.page("form")
    assert (data["finish"], data["method"], data["target"]) == ("reload", "GET", "/form?a=1")
    response = await desk.answer(data)
    body = await response.json()
    assert (response.status, body["outcome"], body["finish"]) == (200, "solved", "reload")
    assert body["url"] == "/form?a=1"
    found = pass_of(response, desk)
    assert (found.level, found.policy, found.scope, found.uses) == (1, "p1", "site", None)
    visit = open_visit(RING, body["visit"])
    assert visit is not None
    assert visit.solved == Solved("invisible", 1, None)


@pytest.mark.parametrize("stated", [True, False])
async def test_a_post_is_held_and_finishes_by_post(desk: Desk, stated: bool) -> None:
    sent = b"name=Ada&file=" + bytes(range(256)) * 20
    body = sent if stated else chunks(sent[:7], sent[7:])
    data = await desk.page("form", data=body, method="POST")
    assert data["finish"] == "post"
    reply = await (await desk.answer(data)).json()
    assert reply["finish"] == "post"
    visit = open_visit(RING, reply["visit"])
    assert visit is not None
    claimed = await desk.parts.holds.claim(visit.hold_id, visit.secret)
    assert isinstance(claimed, Claimed)
    assert b"".join([chunk async for chunk in claimed.body()]) == sent
    assert (claimed.request.method, claimed.request.target) == ("POST", b"/form?a=1")
    assert claimed.request.same_origin
    assert claimed.request.headers[0] == (b"Host", b"shop.example")


async def test_single_use_releases_one_request_and_sets_no_pass(desk: Desk) -> None:
    data = await desk.page("sms")
    response = await desk.answer(data)
    body = await response.json()
    assert (body["outcome"], body["finish"]) == ("solved", "post")
    assert "Set-Cookie" not in response.headers
    visit = open_visit(RING, body["visit"])
    assert visit is not None
    assert visit.hold_id  # a GET too: nothing else could release it


async def test_a_route_that_became_single_use_gives_no_pass(open_desk: Any) -> None:
    """Its visits from before, unheld, are solved for nothing: no pass may outlive the change."""
    before: Desk = await open_desk()
    data = await before.page("form", method="POST", data=b"x" * 10_001)
    once = route("form", pass_rule=PassRule("site", uses=1))
    shop = replace(before.parts.sites["shop"], routes=(once,))
    after: Desk = await open_desk(sites={"shop": shop})
    response = await after.answer(data)
    assert (await response.json())["outcome"] == "solved"
    assert "Set-Cookie" not in response.headers


async def test_the_accessible_way_is_one_use(desk: Desk) -> None:
    data = await desk.page("drag")
    asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "accessible"}
    challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
    assert (challenge["kind"], challenge["rung"], challenge["ways"]) == ("one_click", -1, [])
    assert challenge["work"]["maxnumber"] == 4 * data["challenge"]["work"]["maxnumber"]
    assert challenge["expires_in_s"] == data["challenge"]["expires_in_s"] + 3  # its wait
    early = await desk.answer(data | {"challenge": challenge})
    assert (early.status, (await early.json())["reason"]) == (403, "too_early")
    assert early.headers["Retry-After"] == "2"
    desk.clock.now_s += 2
    response = await desk.answer(data | {"challenge": challenge})
    body = await response.json()
    assert (body["outcome"], body["finish"]) == ("solved", "post")
    assert "Set-Cookie" not in response.headers
    visit = open_visit(RING, body["visit"])
    assert visit is not None
    assert visit.solved == Solved("one_click", 2, 1)
    assert (b"Referer", b"https://shop.example/form") in visit.kept


async def test_accessible_without_a_hold_gets_a_pass_of_one_use(open_desk: Any) -> None:
    """A form too large to hold, solved the accessible way, is reloaded with a pass for it."""
    desk: Desk = await open_desk()
    data = await desk.page("form", data=b"x" * 10_001, method="POST")
    assert data["finish"] == "reload"
    asked = {"visit": data["visit"], "want": "accessible"}
    challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
    desk.clock.now_s += 3
    response = await desk.answer(data | {"challenge": challenge})
    assert (await response.json())["finish"] == "reload"
    assert pass_of(response, desk).uses == 1


async def test_passes_with_uses_say_how_many(desk: Desk) -> None:
    response = await desk.answer(await desk.page("few"))
    cookie = response.cookies["__Host-gateway_pass_few"].value
    found = read(RING, cookie.encode(), "shop", desk.clock(), caller=CALLER)
    assert found.uses == 3  # type: ignore[union-attr]


async def test_a_wrong_answer_gets_the_next_question(desk: Desk) -> None:
    data = await desk.page("drag")
    response = await desk.answer(data, answer={"reached": 0.2, "steps": 0})
    body = await response.json()
    assert (body["outcome"], body["reason"]) == ("again", "wrong")
    assert body["challenge"]["work"]["maxnumber"] > data["challenge"]["work"]["maxnumber"]
    assert "Set-Cookie" not in response.headers
    solved = await desk.answer(data | {"challenge": body["challenge"]})
    assert (await solved.json())["outcome"] == "solved"


async def test_doubt_leads_up_the_ladder(desk: Desk) -> None:
    data = await desk.page("form")
    body = await (await desk.answer(data, signals={"webdriver": True})).json()
    assert (body["outcome"], body["reason"]) == ("again", "more")
    assert (body["challenge"]["kind"], body["challenge"]["rung"]) == ("slider", 1)
    ticket = open_ticket(RING, body["challenge"]["ticket"])
    assert ticket is not None
    assert ticket.risk == pytest.approx(0.95)  # what was found stays found


@pytest.mark.parametrize("left, last", [(1, "invisible"), (0, "pow")])
@pytest.mark.parametrize("wish", ["", "new", "another", "accessible"])
async def test_a_ladder_that_became_shorter_has_a_last_rung_too(
    open_desk: Any, wish: str, left: int, last: str
) -> None:
    before: Desk = await open_desk()
    data = await before.page("form", risk=0.5)
    assert data["challenge"]["rung"] == 1
    first = before.parts.sites["shop"].routes[0]
    shop = replace(before.parts.sites["shop"], routes=(replace(first, ladder=first.ladder[:left]),))
    after: Desk = await open_desk(before.clock, sites={"shop": shop})
    if wish:
        asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": wish}
        body = await (await after.post("challenge", asked)).json()
    else:
        body = await (await after.answer(data, answer={"reached": 0.1})).json()
    assert body["challenge"]["kind"] == ("one_click" if wish == "accessible" else last)


@pytest.mark.parametrize("refuse_above, refused", [(0.96, False), (0.94, True)])
async def test_more_doubt_than_the_route_bears_is_refused(
    open_desk: Any, refuse_above: float, refused: bool
) -> None:
    """At the bound that stood when it was asked."""
    before: Desk = await open_desk()
    routes = (route("form", refuse_above=refuse_above),)
    shop = replace(before.parts.sites["shop"], routes=routes)
    desk: Desk = await open_desk(before.clock, sites={"shop": shop})
    data = await desk.page("form")
    response = await desk.answer(data, signals=HAND | {"webdriver": True})
    body = await response.json()
    assert (response.status, body.get("reason")) == ((403, "blocked") if refused else (200, "more"))


async def test_boxes_that_lie_elsewhere_are_noticed(desk: Desk) -> None:
    """Where they must lie came with the question, sealed."""
    data = await desk.page("form")
    await desk.answer(data, signals=HAND | {"laid": [[0, 0, 1, 1]] * 4})
    assert "layout_wrong" in desk.records()[-1]["signals"]


async def test_a_wrong_answer_alone_is_no_risk(desk: Desk) -> None:
    data = await desk.page("drag")
    wrong = await desk.answer(data, answer={"reached": 0.1}, signals={})
    ticket = open_ticket(RING, (await wrong.json())["challenge"]["ticket"])
    assert ticket is not None
    assert ticket.risk == 0


async def test_a_risky_request_starts_higher(desk: Desk) -> None:
    data = await desk.page("form", risk=0.5)
    assert data["challenge"]["kind"] == "slider"
    visit = open_visit(RING, data["visit"])
    assert visit is not None
    assert visit.risk == 0.5  # what finishes it must be worth as much


async def test_a_finish_that_does_not_suffice_is_asked_at_the_risk_of_its_visit(desk: Desk) -> None:
    """A finish is not scored: by itself it would be asked the easiest question."""
    first = await desk.page("form", risk=0.5)
    again = await desk.page("form", risk=0.0, visit=first["visit"])
    ticket = open_ticket(RING, again["challenge"]["ticket"])
    assert ticket is not None
    assert (ticket.kind, ticket.risk) == ("slider", 0.5)


@pytest.mark.parametrize("shown", [True, False])
async def test_an_exchange_forgets_no_risk(desk: Desk, shown: bool) -> None:
    """Whether the question before it is shown or kept back."""
    data = await desk.page("form", risk=0.5)
    asked = {"visit": data["visit"], "want": "new"}
    asked |= {"ticket": data["challenge"]["ticket"]} if shown else {}
    challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
    ticket = open_ticket(RING, challenge["ticket"])
    assert ticket is not None
    assert (ticket.kind, ticket.risk) == ("slider", 0.5)


async def test_an_expired_ticket_is_renewed_without_penalty(desk: Desk) -> None:
    data = await desk.page("form")
    desk.clock.now_s += 121
    body = await (await desk.answer(data)).json()
    assert (body["outcome"], body["reason"]) == ("again", "expired")
    assert body["challenge"]["work"]["maxnumber"] == data["challenge"]["work"]["maxnumber"]


async def test_the_widget_gets_a_problem_and_its_frame_a_question(desk: Desk) -> None:
    response = await desk.send(
        "challenge", "/challenge", navigation=False, method="POST", data=b"{}"
    )
    body = await response.json()
    assert response.status == 403
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Gateway-Challenge"] == "1"
    assert body["challenge_url"] == "/_gateway/frame"
    assert body["instance"] == "01990000-0000-7000-8000-000000000001"
    reply = await desk.post("challenge", {"visit": body["visit"], "want": "new"})
    data = {"visit": body["visit"], "challenge": (await reply.json())["challenge"]}
    solved = await (await desk.answer(data)).json()
    assert solved["outcome"] == "solved"
    visit = open_visit(RING, solved["visit"])
    assert visit is not None
    assert visit.machine


async def test_a_route_may_show_scripts_the_page(desk: Desk) -> None:
    response = await desk.send("challenge", "/challenge", route="api", navigation=False)
    assert response.content_type == "text/html"


async def test_a_browser_without_cookies_finishes_by_post(desk: Desk) -> None:
    """The pass is set all the same: the page may have judged wrongly."""
    response = await desk.answer(await desk.page("form"), signals=HAND | {"cookies": False})
    assert (await response.json())["finish"] == "post"
    assert pass_of(response, desk).uses is None


async def test_a_held_form_keeps_its_time_and_a_plain_one_the_visits(desk: Desk) -> None:
    held = open_visit(RING, (await desk.page("form", method="POST", data=b"a"))["visit"])
    plain = open_visit(RING, (await desk.page("form"))["visit"])
    assert held is not None
    assert plain is not None
    assert held.expires_s - held.issued_s == 900
    assert plain.expires_s - plain.issued_s == 1800
    assert held.kept == ()  # the hold has them


@pytest.mark.parametrize(
    ("said", "own"),
    [
        (((b"Origin", b"https://shop.example"),), True),
        (((b"Origin", b"https://evil.example"),), False),
        (((b"Sec-Fetch-Site", b"cross-site"),), False),
        (((b"Sec-Fetch-Site", b"none"),), True),
        ((), False),
    ],
)
async def test_where_the_original_came_from_is_sealed(
    desk: Desk, said: tuple[tuple[bytes, bytes], ...], own: bool
) -> None:
    """Else the finish would launder a cross-site POST into one of the site's own."""
    headers = (*BROWSER[:5], *said)
    data = await desk.page("form", method="POST", data=b"a", headers=headers)
    visit = open_visit(RING, data["visit"])
    assert visit is not None
    assert visit.same_origin is own
    claimed = await desk.parts.holds.claim(visit.hold_id, visit.secret)
    assert isinstance(claimed, Claimed)
    assert claimed.request.same_origin is own


async def test_over_plain_http_the_cookie_bears_no_prefix(desk: Desk) -> None:
    plain = replace(CALLER, scheme="http")
    data = await desk.page("form", caller=plain)
    desk.clock.now_s += 1
    headers = (*SCRIPT[:5], (b"Origin", b"http://shop.example"), SCRIPT[6])
    response = await desk.post("answer", right(data), caller=plain, headers=headers)
    assert "gateway_pass_site" in response.cookies


async def test_a_body_on_a_get_is_held_too(desk: Desk) -> None:
    assert (await desk.page("form", data=b"query"))["finish"] == "post"


async def test_an_answers_record_tells_the_higher_risk_and_its_own_time(desk: Desk) -> None:
    """The risk it was asked at counts, however well it was answered; and since it was asked."""
    data = await desk.page("form", risk=0.5)
    body = await (await desk.answer(data, answer={"reached": 0.1})).json()
    desk.clock.now_s += 2
    await desk.answer(data | {"challenge": body["challenge"]})
    first, second = [each for each in desk.records() if each["event"] == "answer"]
    assert (first["outcome"], second["outcome"]) == ("again", "solved")
    assert [(each["risk"], each["asked_risk"]) for each in (first, second)] == [(0.5, 0.5)] * 2
    assert (first["seconds"], second["seconds"]) == (1.0, 3.0)


async def test_visits_are_counted_and_timed(desk: Desk) -> None:
    data = await desk.page("form", method="POST", data=b"12345")
    await desk.answer(data)
    of_kind = {"site": "shop", "route": "form", "kind": "invisible"}
    assert desk.metric("gateway_challenges_issued_total", **of_kind) == 1
    assert desk.metric("gateway_challenges_solved_total", **of_kind) == 1
    assert desk.metric("gateway_challenge_solve_seconds_sum", kind="invisible") == 1
    solved = {"kind": "invisible", "result": "solved"}
    assert desk.metric("gateway_challenge_attempts_total", **solved) == 1
    assert desk.metric("gateway_passes_issued_total", scope="site") == 1
    assert desk.metric("gateway_holds_kept_total") == 1
    assert desk.metric("gateway_holds_kept_bytes_total") == 5


async def test_a_page_that_gave_up_is_counted(desk: Desk) -> None:
    response = await desk.post("loop", {"why": "cookies"})
    assert (response.status, await response.read()) == (204, b"")
    assert desk.metric("gateway_loops_total", why="cookies") == 1
    assert (desk.records()[0]["event"], desk.records()[0]["reason"]) == ("loop", "cookies")
    assert (await desk.post("loop", {"why": "made up"})).status == 400


async def test_nobody_fills_the_log_with_loops(desk: Desk) -> None:
    seen = [(await desk.post("loop", {"why": "other"})).status for _ in range(22)]
    assert seen == [204] * 20 + [429] * 2
    assert len(desk.records()) == 20
