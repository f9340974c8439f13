"""Carrying pieces: drags that leave the picture, fingers beside, nothing sent early."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double
from tests.browser.pages.test_use import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEW = VIEWS["puzzle"]
HIGH = hands.carry_high(VIEW)


async def start(double: Double, opened: Open, **options: object) -> Page:
    double.kind, double.view = "puzzle", VIEW
    page = await opened(**options)
    await hands.ready(page)
    return page


async def centre(page: Page, i: int) -> hands.Place:
    """Of a piece, in fractions of the picture."""
    room = await page.locator(".stage").bounding_box()
    piece = await page.locator(".piece").nth(i).bounding_box()
    assert room and piece
    x = (piece["x"] + piece["width"] / 2 - room["x"]) / room["width"]
    y = (piece["y"] + piece["height"] / 2 - room["y"]) / room["height"] * HIGH
    return round(x, 2), round(y, 2)


async def test_pieces_wait_where_the_view_says(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    assert [await centre(page, i) for i in (0, 1)] == [(0.25, 1.15), (0.75, 1.15)]
    room = await hands.rect(page.locator(".stage"))
    picture = await hands.rect(page.locator(".stage > .picture"))
    assert picture["width"] / picture["height"] == pytest.approx(VIEW["aspect"], abs=0.01)
    assert picture["height"] * HIGH == pytest.approx(room["height"], abs=1)


async def test_a_drag_goes_on_outside_the_picture(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    room = await hands.rect(page.locator(".stage"))
    await page.mouse.move(*hands.on(room, (0.25, 1.15), HIGH))
    await page.mouse.down()
    await page.mouse.move(room["x"] - 60, room["y"] - 60, steps=5)
    assert await centre(page, 0) == (0, 0)
    await page.mouse.move(*hands.on(room, (0.5, 0.5), HIGH), steps=5)
    await page.mouse.up()
    await page.mouse.move(room["x"], room["y"], steps=3)  # let go: it stays
    assert await centre(page, 0) == (0.5, 0.5)
    await expect(page.locator("#status")).to_have_text("Piece 1: 50 % across, 50 % down.")


async def test_the_piece_is_held_where_it_was_gripped(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    room = await hands.rect(page.locator(".stage"))
    x, y = hands.on(room, (0.25, 1.15), HIGH)
    await hands.drag(page, "mouse", (x + 12, y - 9), (x + 12, y - 9 - 0.65 * room["height"] / HIGH))
    assert await centre(page, 0) == (0.25, 0.5)


async def test_a_piece_can_be_put_back_below_the_picture(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    room = await hands.rect(page.locator(".stage"))
    for there in ((0.5, 0.5), (0.5, 1.1)):
        x, y = await centre(page, 0)
        await hands.drag(page, "mouse", hands.on(room, (x, y), HIGH), hands.on(room, there, HIGH))
        assert await centre(page, 0) == there


async def test_nothing_is_sent_before_all_have_moved(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    room = await hands.rect(page.locator(".stage"))
    await hands.drag(
        page, "mouse", hands.on(room, (0.25, 1.15), HIGH), hands.on(room, (0.3, 0.3), HIGH)
    )
    await page.locator(".control button.primary").click(force=True)
    await expect(page.locator("#status")).to_have_text("Move every piece to its place first.")
    assert double.asked == []


async def test_a_tap_carries_the_chosen_piece(double: Double, opened: Open) -> None:
    page = await start(double, opened, **PHONE)
    room, second = page.locator(".stage"), page.locator(".piece").nth(1)
    await second.tap()
    await expect(second).to_have_attribute("aria-pressed", "true")
    assert await centre(page, 1) == (0.75, 1.15)  # tapped, not moved
    await page.touchscreen.tap(*hands.on(await hands.rect(room), (0.4, 0.3), HIGH))
    assert [await centre(page, i) for i in (0, 1)] == [(0.25, 1.15), (0.4, 0.3)]


async def test_two_fingers_carry_one_piece(double: Double, opened: Open) -> None:
    page = await start(double, opened, **PHONE)
    room = await hands.rect(page.locator(".stage"))
    first, other = (hands.on(room, (x, 1.15), HIGH) for x in (0.25, 0.75))
    finger = await hands.Finger.of(page)
    await finger.send("touchStart", first)
    await finger.send("touchStart", first, other)
    up = [(x, y - 0.65 * room["height"] / HIGH) for x, y in (first, other)]
    await finger.send("touchMove", *up)
    await finger.send("touchEnd")
    assert [await centre(page, i) for i in (0, 1)] == [(0.25, 0.5), (0.75, 1.15)]


async def test_a_finger_scrolls_on_the_picture_and_not_on_a_piece(
    double: Double, opened: Open
) -> None:
    page = await start(double, opened, **PHONE)
    actions = [
        await page.locator(what).first.evaluate("e => getComputedStyle(e).touchAction")
        for what in (".stage", ".piece")
    ]
    assert actions == ["manipulation", "none"]


async def test_pieces_stay_on_the_picture_by_keys(double: Double, opened: Open) -> None:
    page = await start(double, opened)
    await page.locator(".piece").first.focus()
    for _ in range(12):
        await page.keyboard.press("Shift+ArrowLeft")
    assert (await centre(page, 0))[0] == 0
    await page.keyboard.press("Control+ArrowRight")  # the browser's
    assert (await centre(page, 0))[0] == 0
