"""Pictures against work, as the page does it: prove, fetch, show; and nothing is a dead end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.kinds.views import PICTURE, PIECES
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double, endless, refused, work
from tests.browser.pages.test_states import again
from tests.browser.pages.test_use import PHONE, answers, drag, in_app, ready

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVED = {"number": 1500}
LONG = work(number=2_000_000, maxnumber=2_000_000)  # about a second


@pytest.fixture(autouse=True)
def drawn(double: Double) -> None:
    """A slider stands for what is drawn: the page looks at the gate's word, not at the kind."""
    double.kind, double.drawn = "slider", True


def wishes(double: Double) -> list[tuple[str, Any]]:
    """What was asked of `challenge`: the wish, and the proof that came with it."""
    asked = [body for endpoint, body in double.asked if endpoint == "challenge"]
    return [(body["want"], body.get("proof")) for body in asked]


async def resting(page: Page) -> None:
    """It works, and what was on show rests."""
    await page.locator("[data-state=working]").wait_for()
    await expect(page.locator("#box")).to_have_attribute("aria-busy", "true")


async def test_the_picture_is_fetched_with_the_proof(double: Double, opened: Open) -> None:
    page = await opened()
    await ready(page)
    (asked,) = [body for endpoint, body in double.asked if endpoint == "challenge"]
    assert asked == {
        "visit": "sealed-visit",
        "ticket": "ticket-1",
        "want": "picture",
        "proof": PROVED,
    }
    await drag(page)
    await in_app(page)
    (answer,) = answers(double)
    assert (answer["ticket"], answer["proof"]) == ("ticket-2", PROVED)


async def test_the_next_one_is_bought_by_the_work_in_between(double: Double, opened: Open) -> None:
    page = await opened()
    await ready(page)
    await page.wait_for_timeout(300)
    await page.locator("#new").click()
    await page.get_by_text("Here is a new one.").wait_for()
    assert wishes(double) == [("picture", PROVED), ("new", PROVED)]


async def test_work_that_is_not_done_is_waited_for(double: Double, opened: Open) -> None:
    page = await opened()
    double.work = LONG
    await ready(page)
    await page.locator("#new").click()
    await resting(page)
    assert len(wishes(double)) == 1, "nothing is asked before the proof is there"
    await page.get_by_text("Here is a new one.").wait_for()
    assert wishes(double)[1] == ("new", {"number": 2_000_000})
    await expect(page.locator("#box")).to_have_attribute("aria-busy", "false")


async def test_what_rests_is_not_answered(double: Double, opened: Open) -> None:
    page = await opened()
    double.work = LONG
    await ready(page)
    await page.locator("#new").click()
    await resting(page)
    await page.locator(".step").focus()
    for _ in range(8):
        await page.keyboard.press("Enter")
    await page.get_by_text("Here is a new one.").wait_for()
    assert answers(double) == []


async def test_another_way_does_not_wait_for_the_work(double: Double, opened: Open) -> None:
    double.work = endless()
    page = await opened()
    await page.locator("#another").click()
    await page.get_by_role("checkbox").wait_for()
    assert wishes(double) == [("accessible", None)]


async def test_another_way_while_the_next_one_is_worked_for(double: Double, opened: Open) -> None:
    page = await opened()
    double.work = endless()
    await ready(page)
    await page.locator("#new").click()
    await resting(page)
    double.work = work()
    await expect(page.locator("#another")).to_have_attribute("aria-disabled", "false")
    await page.locator("#another").click()
    await page.get_by_role("checkbox").click()
    await in_app(page)
    assert [wish for wish, _ in wishes(double)] == ["picture", "accessible"]


async def test_a_wrong_answer_may_be_followed_by_a_toll(double: Double, opened: Open) -> None:
    double.answers.append(again("wrong") | {"challenge": double.challenge()})
    page = await opened()
    await ready(page)
    await drag(page)
    await expect(page.get_by_role("alert")).to_have_text("Not quite. Here is a new one.")
    assert [wish for wish, _ in wishes(double)] == ["picture", "picture"]
    await drag(page)
    await in_app(page)


async def test_a_toll_may_be_followed_by_another(double: Double, opened: Open) -> None:
    """It had run out before its proof came."""
    double.challenges.append({"challenge": double.challenge()})
    page = await opened()
    await ready(page)
    assert wishes(double) == [("picture", PROVED)] * 2


async def test_a_spent_toll_is_replaced(double: Double, opened: Open) -> None:
    double.challenges.append(refused("spent"))
    page = await opened()
    await page.get_by_text("That one had been answered before.").wait_for()
    await ready(page)
    await drag(page)
    await in_app(page)


async def test_dearer_work_in_place_of_a_picture(double: Double, opened: Open) -> None:
    instead = double.challenge("pow") | {"view": {}, "drawn": False}
    double.challenges.append({"challenge": instead})
    page = await opened()
    await in_app(page)
    assert answers(double)[0]["ticket"] == instead["ticket"]


async def test_a_renewal_is_paid_for_too(double: Double, opened: Open) -> None:
    page = await opened(clock=True)
    await ready(page)
    await page.locator(".step").focus()
    await page.wait_for_timeout(300)
    await page.clock.fast_forward(116_000)
    await page.get_by_text("This took a while").wait_for()
    assert wishes(double) == [("picture", PROVED), ("new", PROVED)]
    await expect(page.locator(".step")).to_be_focused()


async def test_offline_during_the_toll(double: Double, opened: Open) -> None:
    double.failing = True
    page = await opened(allowed=("ERR_",))
    await page.get_by_text("The site does not answer just now.").wait_for()
    double.failing = False
    await ready(page)
    await drag(page)
    await in_app(page)


async def test_too_many_pictures_wait_and_go_on(double: Double, opened: Open) -> None:
    double.challenges.append(refused("too_many", 1))
    page = await opened()
    await page.get_by_role("timer").wait_for()
    await ready(page)
    assert wishes(double)[1][0] == "new"


async def test_without_its_script_nothing_is_fetched(double: Double, opened: Open) -> None:
    double.broken = frozenset({"slider.js"})
    page = await opened(allowed=("Failed to fetch dynamically",))
    await page.locator("[data-state=failed]").wait_for()
    await page.wait_for_timeout(300)
    assert wishes(double) == []


async def test_in_the_frame_of_a_script(double: Double, opened: Open) -> None:
    page = await opened("/_gateway/frame#visit=sealed")
    await ready(page)
    assert wishes(double) == [("new", None), ("picture", PROVED)]


VIEW = {**PICTURE, "pieces": PIECES, "room": 1.35}


@pytest.mark.parametrize("options", [{}, PHONE], ids=["screen", "phone"])
async def test_little_moves_when_the_picture_comes(
    options: Mapping[str, Any], double: Double, opened: Open
) -> None:
    """The browser's own measure (CLS): up to 0.1 is good by web.dev/articles/cls (read 2026)."""
    double.kind, double.view = "puzzle", VIEW
    moved = """window.moved = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.moved += entry.value;
    }).observe({type: "layout-shift", buffered: true});"""
    page = await opened(script=moved, **options)
    await ready(page)
    await page.wait_for_timeout(300)
    assert await page.evaluate("window.moved") <= 0.1
