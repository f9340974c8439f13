"""How the controls look and read: both themes and languages, small screens, no fault of axe."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double
from tests.browser.pages.test_states import violations
from tests.browser.pages.test_use import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="module")

every_kind = pytest.mark.parametrize("kind", VIEWS)
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"
LEAST_TARGET_PX = 44
# Boxes of what can be pressed; a piece's own reaches 8 px beyond what is drawn.
TARGETS = """() => [...document.querySelectorAll(".control button, .actions button")]
  .filter((e) => e.offsetParent && !e.classList.contains("cell"))
  .map((e) => { const more = e.classList.contains("piece") ? 16 : 0;
    return [e.className, e.offsetWidth + more, e.offsetHeight + more]; })"""


async def mounted(kind: str, double: Double, opened: Open, **options: Any) -> Page:
    double.kind, double.view = kind, VIEWS[kind]
    page = await opened(**options)
    await hands.ready(page)
    return page


@every_kind
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_no_fault_of_axe(kind: str, locale: str, double: Double, opened: Open) -> None:
    page = await mounted(kind, double, opened, locale=locale)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await violations(page) == [], scheme
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate(NO_SIDEWAYS)
    assert "{" not in await page.locator("main").inner_text()


@every_kind
async def test_a_phone_shows_all_of_it(kind: str, double: Double, opened: Open) -> None:
    page = await mounted(kind, double, opened, **PHONE)
    assert await page.evaluate(NO_SIDEWAYS)
    for stage in await page.locator(".stage").all():
        box = await hands.rect(stage)
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
    for name, width, height in await page.evaluate(TARGETS):
        assert min(width, height) >= LEAST_TARGET_PX, name
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate(NO_SIDEWAYS)


@every_kind
async def test_nothing_is_mirrored(kind: str, double: Double, opened: Open) -> None:
    boxes = """() => [...document.querySelectorAll(".stage, .stage *, .pad *")]
      .filter((e) => !e.closest(".example")).map((e) => {
      const a = e.getBoundingClientRect(), b = e.closest(".control").getBoundingClientRect();
      return [a.left - b.left, a.top - b.top, a.width, a.height].map(Math.round); })"""
    left_to_right = await (await mounted(kind, double, opened)).evaluate(boxes)
    double.dir = "rtl"
    page = await mounted(kind, double, opened)
    assert await page.evaluate(boxes) == left_to_right
    assert await violations(page) == []


@every_kind
async def test_forced_colours_and_still_motion(kind: str, double: Double, opened: Open) -> None:
    page = await mounted(kind, double, opened, forced_colors="active", reduced_motion="reduce")
    assert await violations(page) == []


@every_kind
async def test_a_small_phone_shows_a_question_and_its_button(
    kind: str, double: Double, opened: Open
) -> None:
    page = await mounted(kind, double, opened, viewport={"width": 320, "height": 640})
    bottom_px = "Math.max(...[...document.querySelectorAll('.control *')]"
    bottom_px += ".filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect().bottom))"
    assert await page.evaluate(bottom_px) <= 640


async def test_a_range_keeps_away_from_the_edge(double: Double, opened: Open) -> None:
    page = await mounted("rotate", double, opened, viewport={"width": 320, "height": 640})
    box = await page.locator(".range").bounding_box()
    assert box and box["x"] >= 32 and box["x"] + box["width"] <= 320 - 32


@every_kind
async def test_it_says_that_there_is_another_way(kind: str, double: Double, opened: Open) -> None:
    page = await mounted(kind, double, opened)
    names = await page.locator(".control img").evaluate_all("all => all.map(e => e.alt)")
    assert any("Another way" in name and "below" in name for name in names)
    await page.get_by_role("button", name="Another way").wait_for()


async def test_a_picture_that_cannot_be_shown_is_told(double: Double, opened: Open) -> None:
    double.kind = "word"
    double.view = VIEWS["word"] | {"picture": "data:image/webp;base64,UklGRg=="}
    page = await opened()
    await hands.ready(page)
    told = "Your browser does not show this picture. Please choose another way."
    await expect(page.locator("#alert")).to_have_text(told)
    await page.get_by_role("button", name="Another way").click()
    await expect(page.get_by_role("checkbox")).to_be_visible()


@every_kind
async def test_nothing_jumps(kind: str, double: Double, opened: Open) -> None:
    """Neither when pictures come nor when the first word is said."""
    page = await mounted(kind, double, opened)
    places = """() => [...document.querySelectorAll("h1, .stage, .actions, .control button")]
      .filter((e) => !e.classList.contains("piece"))
      .map((e) => e.getBoundingClientRect().top + scrollY)"""
    before = await page.evaluate(places)
    await page.evaluate("Promise.all([...document.images].map(i => i.decode())).then(() => 0)")
    stage = page.locator(".stage").first
    await page.mouse.click(*hands.on(await hands.rect(stage), (0.4, 0.4)))
    assert await page.evaluate(places) == before
