"""Without JavaScript: a served wait, by form, on routes that allow it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway import kinds
from gateway.model import Rung, Site, Upstream
from gateway.server import AnswerLimits
from gateway.tokens import open_visit
from tests.samples import RING
from tests.server.desk import BROWSER, Desk, envelope, page_data, route

FORM = (*BROWSER, (b"Origin", b"https://shop.example"))


def fields(text: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))


async def wait_page(desk: Desk, name: str = "quiet", **changes: Any) -> str:
    aimed: dict[str, Any] = {"route": name, "target": f"/{name}?a=1".encode()}
    response = await desk.send("challenge", "/challenge", **aimed | changes)
    return await response.text()


async def submit(desk: Desk, form: dict[str, str], **changes: Any) -> Any:
    sent: dict[str, Any] = {"action": "own", "headers": FORM, "route": "", "method": "POST"}
    return await desk.client.post(
        "/own/wait",
        data=urlencode(form),
        headers={
            "X-Gateway-Envelope": envelope(**sent | changes).seal().decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        allow_redirects=False,
    )


async def test_only_where_the_route_allows_it(desk: Desk) -> None:
    assert 'action="/_gateway/wait"' in await wait_page(desk)
    text = await wait_page(desk, "form")
    assert "/_gateway/wait" not in text
    assert "<noscript>" in text


async def test_waiting_finishes_a_get_by_a_button(desk: Desk) -> None:
    form = fields(await wait_page(desk))
    desk.clock.now_s += 15
    response = await submit(desk, form)
    text = await response.text()
    assert response.status == 200
    assert 'action="/quiet?a=1"' in text
    assert "Set-Cookie" not in response.headers  # one use, as the accessible way
    visit = open_visit(RING, fields(text)["gateway_visit"])
    assert visit is not None
    assert visit.solved is not None
    assert (visit.solved.kind, visit.solved.uses) == ("wait", 1)


async def test_waiting_finishes_a_held_post(desk: Desk) -> None:
    form = fields(await wait_page(desk, method="POST", data=b"a=1"))
    desk.clock.now_s += 15
    visit = open_visit(RING, fields(await (await submit(desk, form)).text())["gateway_visit"])
    assert visit is not None
    assert visit.hold_id


async def test_too_early_spends_nothing(desk: Desk) -> None:
    form = fields(await wait_page(desk))
    desk.clock.now_s += 14
    response = await submit(desk, form)
    assert (response.status, response.headers["Retry-After"]) == (403, "1")
    text = await response.text()
    assert 'data-reason="too_early"' in text
    assert fields(text) == form  # the same button once more
    desk.clock.now_s += 1
    assert (await submit(desk, fields(text))).status == 200


async def test_a_spent_wait_is_over(desk: Desk) -> None:
    form = fields(await wait_page(desk))
    desk.clock.now_s += 15
    assert (await submit(desk, form)).status == 200
    response = await submit(desk, form)
    assert (response.status, 'data-reason="spent"' in await response.text()) == (403, True)


async def test_an_expired_wait_is_asked_anew(desk: Desk) -> None:
    form = fields(await wait_page(desk))
    desk.clock.now_s += 601
    response = await submit(desk, form)
    text = await response.text()
    assert response.status == 403
    assert fields(text)["ticket"] != form["ticket"]


async def test_what_is_asked_anew_is_no_easier(desk: Desk) -> None:
    """The page after an expired wait is about the original request, at the risk it had."""
    form = fields(await wait_page(desk, risk=0.5))
    desk.clock.now_s += 601
    sent = {"target": b"/_gateway/wait", "method": "POST"}
    data = page_data(await (await submit(desk, form, **sent)).text())
    assert (data["target"], data["method"], data["challenge"]["rung"]) == ("/quiet?a=1", "GET", 1)


async def test_a_wait_on_the_ladder_earns_a_pass_and_redirects(open_desk: Any) -> None:
    """It is a rung like others, and no accessible way that is counted as such."""
    ladder = (Rung("wait", kinds.load()["wait"].params(5), level=1),)
    site = Site(
        "shop", ("*",), Upstream("app"), (route("slow", ladder=ladder, no_javascript="wait"),)
    )
    desk: Desk = await open_desk(sites={"shop": site}, limits=AnswerLimits(accessible=0))
    form = fields(await wait_page(desk, "slow"))
    desk.clock.now_s += 5
    response = await submit(desk, form)
    assert (response.status, response.headers["Location"]) == (303, "/slow?a=1")
    assert "__Host-gateway_pass_site" in response.cookies


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": (*BROWSER[:5], (b"Origin", b"https://evil.example"))},
        {"headers": (*BROWSER[:5], (b"Sec-Fetch-Site", b"cross-site"))},
        {"site": "other"},
    ],
)
async def test_others_may_not_submit(desk: Desk, changes: dict[str, Any]) -> None:
    form = fields(await wait_page(desk))
    desk.clock.now_s += 15
    assert (await submit(desk, form, **changes)).status == 400


@pytest.mark.parametrize("form", [{}, {"visit": "x"}, {"visit": "x", "ticket": "y"}])
async def test_garbage_is_refused(desk: Desk, form: dict[str, str]) -> None:
    assert (await submit(desk, form)).status == 400


async def test_other_routes_take_no_form_and_spend_nothing(desk: Desk) -> None:
    data = await desk.page("form")
    form = {"visit": data["visit"], "ticket": data["challenge"]["ticket"]}
    assert (await submit(desk, form)).status == 400
    assert (await (await desk.answer(data)).json())["outcome"] == "solved"


async def test_a_question_for_the_page_cannot_be_answered_by_waiting(desk: Desk) -> None:
    """The form proves no work: a ticket that asks for it is judged wrong, and spent."""
    data = await desk.page("quiet")
    desk.clock.now_s += 15
    form = {"visit": data["visit"], "ticket": data["challenge"]["ticket"]}
    response = await submit(desk, form)
    assert response.status == 403
    assert "gateway-data" in await response.text()


async def test_waiting_is_limited_like_the_accessible_way(open_desk: Any) -> None:
    """It costs a script nothing but time, of which many at once cost no more than one."""
    desk: Desk = await open_desk(limits=AnswerLimits(accessible=2))
    forms = [fields(await wait_page(desk)) for _ in range(3)]
    desk.clock.now_s += 15
    assert [(await submit(desk, form)).status for form in forms] == [200, 200, 429]
    desk.clock.now_s += desk.parts.limits.accessible_window_s
    form = fields(await wait_page(desk))
    desk.clock.now_s += 15
    assert (await submit(desk, form)).status == 200
