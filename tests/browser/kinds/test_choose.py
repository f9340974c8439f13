"""Choosing pictures: no more than asked, seen by more than colour, round after round."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def start(kind: str, double: Double, opened: Open) -> Page:
    double.kind, double.view = kind, VIEWS[kind]
    page = await opened()
    await hands.ready(page)
    return page


async def test_no_more_than_asked(double: Double, opened: Open) -> None:
    page = await start("nine", double, opened)
    cells, confirm = page.locator(".cell"), page.locator(".control button.primary")
    for i in (7, 1):
        await cells.nth(i).click()
    await expect(confirm).to_have_attribute("aria-disabled", "true")
    await confirm.click(force=True)
    await expect(page.locator("#status")).to_have_text("2 of 3 chosen.")
    for i in (4, 8):  # the fourth is one too many
        await cells.nth(i).click()
    await expect(cells.nth(8)).to_have_attribute("aria-pressed", "false")
    await cells.nth(1).click()  # taken back
    await cells.nth(8).click()
    await confirm.click()
    assert (await hands.answered(page, double))["answer"] == [4, 7, 8]


async def test_one_of_several_as_radio_buttons(double: Double, opened: Open) -> None:
    page = await start("view", double, opened)
    options = page.get_by_role("radio")
    assert await options.count() == 6
    await options.nth(0).focus()
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(2)).to_be_checked()
    await page.keyboard.press("ArrowRight")
    await expect(options.nth(3)).to_be_checked()
    await expect(options.nth(2)).not_to_be_checked()
    await page.keyboard.press("ArrowRight")  # the edge
    await expect(options.nth(3)).to_be_focused()


async def test_the_next_round_starts_anew_and_takes_the_focus(double: Double, opened: Open) -> None:
    page = await start("view", double, opened)
    await page.get_by_role("radio").nth(4).click()
    await hands.confirm(page, "mouse")
    await expect(page.locator("#status")).to_have_text("1 of 2 done. Here is the next.")
    await expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    await expect(page.get_by_role("radio").first).to_be_focused()
    await page.locator(".control button.primary").click(force=True)
    assert double.asked == []


async def test_names_tell_nothing(double: Double, opened: Open) -> None:
    page = await start("nine", double, opened)
    names = [await cell.get_attribute("aria-label") for cell in await page.locator(".cell").all()]
    assert names == [f"Picture {n} of 9" for n in range(1, 10)]
    assert await page.locator(".stage:not(.example *) img").count() == 1
