"""What a person does with a challenge: drag, press keys, tap."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, TimeoutError, expect

SLOW_MS = 30_000  # Chromium on a busy machine


async def drag(page: Page, within: Any = None) -> None:
    """Pull the handle to the end with the mouse, unevenly."""
    handle = (within or page).get_by_role("slider")
    track = (within or page).locator(".track")
    await expect(handle).to_be_visible(timeout=SLOW_MS)
    knob, room = await handle.bounding_box(), await track.bounding_box()
    assert knob and room
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    end = room["x"] + room["width"] + 4
    await page.mouse.move(x - 40, y - 30)
    await page.mouse.move(x, y, steps=5)
    await page.mouse.down()
    for i in range(1, 25):
        share = 1 - (1 - i / 24) ** 2
        await page.mouse.move(round(x + (end - x) * share), round(y + (i * 7) % 5 - 2))
    await page.mouse.up()


async def press_keys(page: Page) -> None:
    """Reach the handle by Tab alone and walk it to the end with the arrow key."""
    handle = page.get_by_role("slider")
    await expect(handle).to_be_visible(timeout=SLOW_MS)
    for _ in range(20):
        if await handle.evaluate("e => e === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    else:
        raise AssertionError("Tab never reached the handle")
    for _ in range(8):
        await page.keyboard.press("ArrowRight", delay=40)
        try:
            at = await handle.get_attribute("aria-valuenow", timeout=1_000)
        except TimeoutError:  # solved: it has gone
            return
        if at == "100":
            return


async def tap_steps(page: Page) -> None:
    """Never drag: tap the button that moves the handle a step."""
    step = page.locator("button.step")
    await expect(step).to_be_visible(timeout=SLOW_MS)
    for _ in range(6):
        await step.tap()


async def touch_drag(page: Page) -> None:
    """Pull the handle with a finger."""
    handle, track = page.get_by_role("slider"), page.locator(".track")
    await expect(handle).to_be_visible(timeout=SLOW_MS)
    knob, room = await handle.bounding_box(), await track.bounding_box()
    assert knob and room
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    end = room["x"] + room["width"] + 4
    touch = await page.context.new_cdp_session(page)

    async def send(kind: str, points: list[dict[str, float]]) -> None:
        await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await send("touchStart", [{"x": x, "y": y}])
    for i in range(1, 21):
        share = 1 - (1 - i / 20) ** 2
        await send("touchMove", [{"x": x + (end - x) * share, "y": y + (i * 7) % 5 - 2}])
    await send("touchEnd", [])


async def click_box(page: Page, within: Any = None) -> None:
    box = (within or page).get_by_role("checkbox")
    await expect(box).to_be_visible(timeout=SLOW_MS)
    await box.click()
