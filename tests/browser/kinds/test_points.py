"""Clicking places: misplaced marks are taken back, too few are not sent."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Board:
    def __init__(self, page: Page, double: Double) -> None:
        self.page, self.double = page, double
        self.room, self.status = page.locator(".stage"), page.locator("#status")
        self.confirm = page.locator(".control button.primary")
        self.undo = page.locator(".control button.secondary")

    async def press(self, x: float, y: float) -> None:
        await self.page.mouse.click(*hands.on(await hands.rect(self.room), (x, y)))

    def mark(self, number: int) -> Locator:
        return self.page.locator(".mark").nth(number - 1)

    async def shown(self) -> list[str]:
        return await self.page.locator(".mark").filter(visible=True).all_inner_texts()

    async def sent(self) -> list[list[float]]:
        await self.confirm.click()
        return list((await hands.answered(self.page, self.double))["answer"])


@pytest_asyncio.fixture(loop_scope="module")
async def board(double: Double, opened: Open) -> Board:
    double.kind, double.view = "word", VIEWS["word"]
    page = await opened()
    await hands.ready(page)
    return Board(page, double)


async def test_too_few_are_not_sent(board: Board) -> None:
    await board.press(0.2, 0.2)
    await expect(board.status).to_have_text("1 of 3 set.")
    await expect(board.confirm).to_have_attribute("aria-disabled", "true")
    await board.confirm.click(force=True)
    await board.page.wait_for_timeout(200)
    assert board.double.asked == []
    await expect(board.status).to_have_text("1 of 3 set.")


async def test_a_tapped_mark_is_the_next_to_set(board: Board) -> None:
    for x in (0.2, 0.5, 0.8):
        await board.press(x, 0.5)
    await board.press(0.21, 0.51)  # on the first
    assert await board.shown() == ["2", "3"]
    await board.press(0.3, 0.8)
    assert await board.shown() == ["1", "2", "3"]
    sent = await board.sent()
    assert [[round(part, 1) for part in place] for place in sent] == [
        [0.3, 0.8], [0.5, 0.5], [0.8, 0.5],
    ]  # fmt: skip


async def test_beyond_the_disc_of_a_mark_is_beside_it(board: Board) -> None:
    width = (await hands.rect(board.room))["width"]
    await board.press(0.5, 0.5)
    await board.press(0.5 + 16 / width, 0.5)
    assert await board.shown() == ["1", "2"]
    await board.press(0.5 + 12 / width - 24 / width, 0.5)
    assert await board.shown() == ["2"]


async def test_take_back_takes_the_latest(board: Board) -> None:
    await expect(board.undo).to_have_attribute("aria-disabled", "true")
    for x in (0.2, 0.5):
        await board.press(x, 0.5)
    await board.press(0.2, 0.5)
    await board.press(0.2, 0.9)  # the first again, later than the second
    await board.undo.click()
    assert await board.shown() == ["2"]
    await board.room.press("Backspace")
    assert await board.shown() == []
    await board.room.press("Delete")
    await expect(board.status).to_have_text("0 of 3 set.")


async def test_one_more_than_wanted_changes_nothing(board: Board) -> None:
    for x in (0.2, 0.5, 0.8, 0.9):
        await board.press(x, 0.5)
    await expect(board.status).to_contain_text("3 of 3 set. Press Confirm")
    assert round((await board.sent())[2][0], 1) == 0.8


async def test_once_confirmed_nothing_changes(board: Board) -> None:
    board.double.slow_s = 2.5
    for x in (0.2, 0.5, 0.8):
        await board.press(x, 0.5)
    await board.confirm.dblclick()
    await board.press(0.2, 0.5)
    await board.room.press("Backspace")
    await board.undo.click(force=True)
    assert await board.shown() == ["1", "2", "3"]
    await hands.answered(board.page, board.double)  # once


async def test_the_cross_shows_for_keys_alone(board: Board) -> None:
    cross = board.page.locator(".cross")
    await board.press(0.2, 0.2)
    await expect(cross).to_be_hidden()
    await board.page.keyboard.press("Shift+ArrowLeft")
    await expect(cross).to_be_visible()
    before = await hands.rect(cross)
    await board.page.keyboard.press("ArrowUp")
    after = await hands.rect(cross)
    width = (await hands.rect(board.room))["width"]
    assert before["y"] - after["y"] == pytest.approx(width / 64, abs=0.5)
    await board.page.keyboard.press("Control+ArrowUp")  # the browser's
    assert await hands.rect(cross) == after
    for _ in range(9):
        await board.page.keyboard.press("Shift+ArrowLeft")
    assert (await hands.rect(cross))["x"] > 0  # it stays on the picture
    await board.page.keyboard.press("Tab")
    await expect(cross).to_be_hidden()
    await board.page.keyboard.press("Shift+Tab")
    await expect(cross).to_be_visible()


async def test_a_press_of_an_assistive_tool_sets_where_the_cross_is(board: Board) -> None:
    await board.room.press("ArrowRight")
    await board.room.evaluate("room => room.click()")
    assert await board.mark(1).evaluate("mark => mark.style.left") == "51.5625%"
