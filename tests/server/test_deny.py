"""Every refusal has a page with its words, a way on where there is one, and the reference."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.model import Reason
from tests.server.desk import PAGES, Desk

REFERENCE = "01990000-0000-7000-8000-000000000001"
SEALED = "sealed-visit"
TEXTS = PAGES.texts["en"]["denied"]


async def refused(desk: Desk, reason: str, status: int, **changes: Any) -> tuple[Any, str]:
    response = await desk.send(
        "deny", "/deny", verb="GET", reason=reason, status=status, visit=SEALED, **changes
    )
    return response, await response.text()


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.DENIED, 403),
        (Reason.UNKNOWN_SITE, 421),
        (Reason.VISIT_UNREADABLE, 400),
        (Reason.VISIT_EXPIRED, 410),
        (Reason.VISIT_UNSOLVED, 403),
        (Reason.CROSS_SITE, 403),
        (Reason.DELIVERED, 409),
        (Reason.MAYBE_DELIVERED, 409),
        (Reason.IN_FLIGHT, 409),
        (Reason.HOLD_LOST, 410),
        (Reason.STORE_DOWN, 503),
        (Reason.APP_UNREACHABLE, 502),
        (Reason.APP_TIMEOUT, 504),
        (Reason.APP_BROKE, 502),
        (Reason.TOO_LARGE, 413),
        (Reason.BAD_REQUEST, 400),
    ],
)
async def test_every_reason_has_words(desk: Desk, reason: str, status: int) -> None:
    response, text = await refused(desk, reason, status)
    assert response.status == status
    assert TEXTS[f"{reason}_title"] in text
    assert REFERENCE in text
    assert response.headers.get("Retry-After") == ("5" if status == 503 else None)


async def test_an_unknown_reason_gets_words_too(desk: Desk) -> None:
    response, text = await refused(desk, "something_new", 418)
    assert response.status == 418
    assert TEXTS["default_title"] in text


@pytest.mark.parametrize(
    ("reason", "route", "again", "anyway"),
    [
        (Reason.APP_UNREACHABLE, "form", True, False),
        (Reason.APP_UNREACHABLE, "sms", True, False),
        (Reason.STORE_DOWN, "form", True, False),
        (Reason.IN_FLIGHT, "form", True, False),
        (Reason.MAYBE_DELIVERED, "form", True, True),
        (Reason.MAYBE_DELIVERED, "sms", False, False),
        (Reason.MAYBE_DELIVERED, "gone", False, False),
        (Reason.DELIVERED, "form", False, False),
        (Reason.HOLD_LOST, "form", False, False),
        (Reason.CROSS_SITE, "form", False, False),
        (Reason.VISIT_EXPIRED, "form", False, False),
    ],
)
async def test_sending_again_is_offered_where_it_can_be(
    desk: Desk, reason: str, route: str, again: bool, anyway: bool
) -> None:
    _, text = await refused(desk, reason, 502, route=route, method="POST")
    assert (f'name="gateway_visit" value="{SEALED}"' in text) is again
    assert ('name="gateway_again" value="1"' in text) is anyway


async def test_delivered_links_to_the_page(desk: Desk) -> None:
    _, text = await refused(desk, Reason.DELIVERED, 409, target=b"/form?a=1&b")
    assert 'href="/form?a=1&amp;b"' in text


@pytest.mark.parametrize(
    "target", [b"//evil.example/x", b"/\\evil.example", b"/\t/evil.example", b"javascript:alert(1)"]
)
async def test_no_link_leaves_the_site(desk: Desk, target: bytes) -> None:
    _, text = await refused(desk, Reason.DELIVERED, 409, target=target)
    for url in re.findall(r'(?:href|action|src)="([^"]*)"', text):
        assert re.match(r"/(?![/\\])", url), url


async def test_scripts_get_a_problem(desk: Desk) -> None:
    response, _ = await refused(
        desk,
        Reason.STORE_DOWN,
        503,
        navigation=False,
        headers=((b"Origin", b"https://app.example"),),
    )
    body = await response.json()
    assert response.content_type == "application/problem+json"
    assert (body["reason"], body["status"], body["instance"]) == ("store_down", 503, REFERENCE)
    assert SEALED not in str(body)
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert response.headers["Retry-After"] == "5"


async def test_an_unknown_site_names_the_host(desk: Desk) -> None:
    response, text = await refused(
        desk, Reason.UNKNOWN_SITE, 421, site="", host="<img src=x>.example"
    )
    assert response.status == 421
    assert "&lt;img src=x&gt;.example" in text
    assert "<img" not in text


@pytest.mark.parametrize("status", [0, 200, 302, 999])
async def test_a_refusal_is_never_a_success(desk: Desk, status: int) -> None:
    response, _ = await refused(desk, Reason.DENIED, status)
    assert response.status == 500


async def test_head_gets_no_body(desk: Desk) -> None:
    response = await desk.send("deny", "/deny", verb="HEAD", reason="denied", method="HEAD")
    assert response.status == 403
    assert await response.read() == b""
