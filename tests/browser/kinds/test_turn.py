"""Turning pictures: all the way round, each for itself, nothing sent before all were turned."""

from __future__ import annotations

import math

import pytest
from playwright.async_api import Page, expect

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double
from tests.browser.pages.test_use import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def start(double: Double, opened: Open, **options: object) -> Page:
    double.kind, double.view = "rotate", VIEWS["rotate"]
    page = await opened(**options)
    await hands.ready(page)
    return page


async def degrees(page: Page) -> list[int]:
    return [int(await dial.get_attribute("aria-valuenow") or -1)
            for dial in await page.locator(".dial").all()]  # fmt: skip


async def seen(page: Page, i: int) -> float:
    """Degrees by which the picture itself is turned, clockwise."""
    found: list[float] = (
        await page.locator(".dial img")
        .nth(i)
        .evaluate(
            "e => { const m = new DOMMatrix(getComputedStyle(e).transform); return [m.a, m.b]; }"
        )
    )
    return math.degrees(math.atan2(found[1], found[0])) % 360


async def test_keys_turn_by_steps_and_all_the_way_round(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    dial = page.locator(".dial").first
    await dial.press("ArrowLeft")
    assert await degrees(page) == [355, 0]
    assert await seen(page, 0) == pytest.approx(355, abs=0.01)
    await dial.press("Shift+ArrowRight")
    await dial.press("ArrowUp")
    assert await degrees(page) == [30, 0]
    assert await seen(page, 0) == pytest.approx(30, abs=0.01)
    await expect(dial).to_have_attribute("aria-valuetext", "30 degrees")
    assert float(await page.locator(".range").input_value()) == 60
    await dial.press("Control+ArrowRight")  # the browser's
    assert await degrees(page) == [30, 0]


async def test_slider_and_buttons_turn_the_chosen_picture(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    slider = page.locator(".range")
    await page.locator("[data-key=farRight]").click()
    await page.locator(".dial").nth(1).click()  # chosen, not turned
    assert await degrees(page) == [30, 0]
    assert float(await slider.input_value()) == 0
    await page.locator("[data-key=left]").click()
    assert await degrees(page) == [30, 355]
    await page.locator(".dial").nth(0).click()
    assert float(await slider.input_value()) == pytest.approx(60, abs=1)
    await slider.evaluate("e => { e.value = 180; e.dispatchEvent(new Event('input')); }")
    assert await degrees(page) == [90, 355]


async def test_a_drag_turns_by_its_own_angle(double: Double, opened: Open) -> None:
    """Whatever place it is gripped at, also beyond the edge, and past the top again."""
    page = await start(double, opened)
    dial = page.locator(".dial").first
    box = await hands.rect(dial)
    (x, y), radius = hands.centre_of(box), box["width"]
    await page.mouse.move(x - 20, y)
    await page.mouse.down()
    for angle in range(180, 620, 20):  # once round, and 80 degrees more
        turned = math.radians(angle)
        await page.mouse.move(x + radius * math.cos(turned), y + radius * math.sin(turned))
    await page.mouse.up()
    assert (await degrees(page))[0] in (60, 61, 59)
    await page.mouse.move(x, y)
    assert (await degrees(page))[0] in (60, 61, 59)


async def test_all_the_way_round_is_nothing(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    for i in range(2):
        for _ in range(72):  # whose sum is a little less than one
            await page.locator(".dial").nth(i).press("ArrowRight")
    assert await degrees(page) == [0, 0]
    await hands.confirm(page, "mouse")
    assert (await hands.answered(page, double))["answer"] == [0, 0]


async def test_a_pull_outwards_turns_nothing(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    for i in range(2):
        x, y = hands.centre_of(await hands.rect(page.locator(".dial").nth(i)))
        await hands.drag(page, "mouse", (x + 20, y), (x + 60, y))
    assert await degrees(page) == [0, 0]
    confirm = page.locator(".control button.primary")
    await expect(confirm).to_have_attribute("aria-disabled", "true")


async def test_nothing_is_sent_before_all_were_turned(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    await page.locator(".dial").first.press("ArrowRight")
    await page.locator(".control button.primary").click(force=True)
    await expect(page.locator("#status")).to_have_text("Turn every picture first.")
    assert double.asked == []


async def test_a_finger_turns_rather_than_scrolls(double: Double, opened: Open) -> None:
    page = await start(double, opened, **PHONE)
    action = "e => getComputedStyle(e).touchAction"
    assert await page.locator(".dial").first.evaluate(action) == "none"
