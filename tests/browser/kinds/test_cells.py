"""Two cells of a grid: seen to change places, let go again, dragged to nowhere."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double
from tests.browser.pages.test_use import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="module")

BLOCKS = """() => [...document.querySelectorAll(".cell")].map((cell) => {
  const [x, y] = cell.style.backgroundPosition.split(" ").map(parseFloat);
  return Math.round(y / 100) * 3 + Math.round(x / 50); })"""  # of two rows and three columns


async def start(kind: str, double: Double, opened: Open, **options: object) -> Page:
    double.kind, double.view = kind, VIEWS[kind]
    page = await opened(**options)
    await hands.ready(page)
    return page


async def taken(page: Page) -> list[int]:
    found: list[int] = await page.locator(".cell").evaluate_all(
        "all => all.flatMap((e, i) => e.getAttribute('aria-pressed') === 'true' ? [i] : [])"
    )
    return found


async def test_blocks_are_seen_to_change_places(double: Double, opened: Open) -> None:
    page = await start("restore", double, opened)
    assert await page.evaluate(BLOCKS) == [0, 1, 2, 3, 4, 5]
    await hands.pair(page, VIEWS["restore"], 0, 5, "mouse")
    await hands.pair(page, VIEWS["restore"], 5, 1, "mouse")
    assert await page.evaluate(BLOCKS) == [5, 0, 2, 3, 4, 1]
    await hands.confirm(page, "mouse")
    assert (await hands.answered(page, double))["answer"] == [5, 0, 2, 3, 4, 1]


async def test_the_blocks_show_what_the_picture_showed(double: Double, opened: Open) -> None:
    """Drawn as blocks, nothing moves: cells over the picture and the picture alone look alike."""
    page = await start("restore", double, opened, viewport={"width": 320, "height": 640})
    await page.evaluate("Promise.all([...document.images].map(i => i.decode())).then(() => 0)")
    stage = page.locator(".stage")
    seen = await stage.screenshot()
    await page.locator(".cell").evaluate_all(
        "all => all.forEach(e => { e.style.backgroundImage = 'none'; })"
    )
    assert difference(seen, await stage.screenshot()) < 4


def difference(one: bytes, other: bytes) -> float:
    """Mean of all pixels' differences, of 255."""
    first, second = (
        np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=float)
        for shot in (one, other)
    )
    return float(np.abs(first - second).mean())


async def test_nothing_is_sent_before_a_swap(double: Double, opened: Open) -> None:
    page = await start("restore", double, opened)
    await page.locator(".control button.primary").click(force=True)
    await expect(page.locator("#status")).to_have_text("Change places first.")
    assert double.asked == []


@pytest.mark.parametrize("how", ["tap", "Escape"])
async def test_the_first_is_let_go_again(how: str, double: Double, opened: Open) -> None:
    page = await start("gobang", double, opened)
    cell = page.locator(".cell").nth(7)
    await cell.click()
    assert await taken(page) == [7]
    await (cell.click() if how == "tap" else page.keyboard.press(how))
    assert await taken(page) == []
    await page.locator(".cell").nth(8).click()
    await page.locator(".cell").nth(20).click()
    assert (await hands.answered(page, double))["answer"] == [8, 20]


async def test_escape_is_for_the_first_cell_before_the_page(double: Double, opened: Open) -> None:
    """In a frame the page closes itself by it."""
    page = await start("gobang", double, opened)
    await page.evaluate("addEventListener('keydown', (event) => { window.heard = event.key; })")
    await page.locator(".cell").nth(7).press("Enter")
    await page.keyboard.press("Escape")
    assert await page.evaluate("window.heard") == "Enter"
    await page.keyboard.press("Escape")
    assert await page.evaluate("window.heard") == "Escape"


async def test_only_neighbours_change_places(double: Double, opened: Open) -> None:
    page = await start("match", double, opened)
    cells = page.locator(".cell")
    await cells.nth(5).click()
    await cells.nth(6).click()  # the next by number, but in the next row
    assert await taken(page) == [6]
    await cells.nth(13).click()
    assert await taken(page) == [13]
    await hands.pair(page, VIEWS["match"], 13, 15, "mouse")
    await expect(page.locator("#status")).to_have_text("Only neighbours can change places.")
    assert await taken(page) == [] and double.asked == []
    await cells.nth(13).click()
    await cells.nth(19).click()
    assert (await hands.answered(page, double))["answer"] == [13, 19]


async def test_a_drag_to_nowhere_is_none(double: Double, opened: Open) -> None:
    page = await start("gobang", double, opened)
    room = await hands.rect(page.locator(".stage"))
    cell = hands.centre_of(await hands.rect(page.locator(".cell").nth(7)))
    await hands.drag(page, "mouse", cell, (room["x"] - 20, room["y"] + 40))
    await hands.drag(page, "mouse", cell, (cell[0] + 12, cell[1] + 3))  # within the cell
    assert await taken(page) == [] and double.asked == []
    assert await page.locator(".cell").nth(7).evaluate("e => e.style.transform") == ""
    await page.mouse.click(*cell)
    assert await taken(page) == [7]


async def test_a_finger_drags_rather_than_scrolls(double: Double, opened: Open) -> None:
    page = await start("gobang", double, opened, **PHONE)
    action = "e => getComputedStyle(e).touchAction"
    assert await page.locator(".cell").first.evaluate(action) == "none"


async def test_one_stop_for_tab_and_arrows_within(double: Double, opened: Open) -> None:
    page = await start("match", double, opened)
    cells = page.locator(".cell")
    assert await page.locator(".cell[tabindex='0']").count() == 1
    await cells.first.focus()
    for key in ("ArrowUp", "ArrowLeft"):  # out of the grid: no move
        await page.keyboard.press(key)
        await expect(cells.first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(cells.nth(6)).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(cells.nth(6)).to_be_focused()
