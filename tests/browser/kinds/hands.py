"""What a person does with a control, in four ways: mouse, finger, keys alone, taps alone."""

from __future__ import annotations

import math
from typing import Any

from playwright.async_api import CDPSession, FloatRect, Locator, Page, expect

WAYS = ("mouse", "touch", "keys", "taps")
SLOW_MS = 30_000  # Chromium on a busy machine
CARRY_STEP = 1 / 160  # of the width, as in controls/carry.js
POINTS_STEP = 1 / 64  # as in controls/points.js
BIG = 8  # steps with Shift

Place = tuple[float, float]


async def ready(page: Page) -> None:
    """The control is there, and nothing more moves it."""
    await page.locator("main[data-state=action]").wait_for(timeout=SLOW_MS)
    await page.locator(".control").first.wait_for(timeout=SLOW_MS)


async def rect(what: Locator) -> FloatRect:
    await what.scroll_into_view_if_needed()
    box = await what.bounding_box()
    assert box
    return box


async def confirm(page: Page, way: str) -> None:
    button = page.locator(".control button.primary")
    if way == "keys":
        await tab_to(page, button)
        await page.keyboard.press("Enter")
    elif way == "mouse":
        await button.click()
    else:
        await button.tap()


async def tab_to(page: Page, what: Locator) -> None:
    """Reach it by Tab alone."""
    for _ in range(40):
        if await what.evaluate("e => e === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {what}")


class Finger:
    """One finger on a touch screen, by the protocol of the browser's own tools."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session

    @classmethod
    async def of(cls, page: Page) -> Finger:
        return cls(await page.context.new_cdp_session(page))

    async def send(self, kind: str, *places: Place) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        await self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    async def drag(self, start: Place, end: Place) -> None:
        await self.send("touchStart", start)
        for place in between(start, end):
            await self.send("touchMove", place)
        await self.send("touchEnd")


def between(start: Place, end: Place, steps: int = 14) -> list[Place]:
    """On the way, faster at first; the last is the end itself."""
    shares = [1 - (1 - i / steps) ** 2 for i in range(1, steps + 1)]
    return [
        (start[0] + (end[0] - start[0]) * s, start[1] + (end[1] - start[1]) * s) for s in shares
    ]


async def drag(page: Page, way: str, start: Place, end: Place) -> None:
    if way == "touch":
        await (await Finger.of(page)).drag(start, end)
        return
    await page.mouse.move(*start)
    await page.mouse.down()
    for place in between(start, end):
        await page.mouse.move(*place)
    await page.mouse.up()


async def press_at(page: Page, way: str, place: Place) -> None:
    if way == "mouse":
        await page.mouse.move(place[0] - 30, place[1] - 12)
        await page.mouse.move(*place, steps=4)
        await page.mouse.click(*place)
    else:
        await page.touchscreen.tap(*place)


def on(box: FloatRect, place: Place, high: float = 1) -> Place:
    """Of a place in the picture, where it is on the page; the picture is 1/high of the box."""
    return box["x"] + place[0] * box["width"], box["y"] + place[1] / high * box["height"]


async def walk(page: Page, by: float, forwards: str, backwards: str, step: float) -> None:
    """Press arrow keys, with Shift as long as that is not too far."""
    steps = round(abs(by) / step)
    key = forwards if by > 0 else backwards
    for _ in range(steps // BIG):
        await page.keyboard.press(f"Shift+{key}")
    for _ in range(steps % BIG):
        await page.keyboard.press(key)


# --- The controls --------------------------------------------------------------------------


async def points(page: Page, view: Any, answer: list[Place], way: str) -> None:
    """Set every mark, then confirm."""
    room = page.locator(".stage")
    at = (0.5, 0.5)
    for place in answer:
        if way != "keys":
            await press_at(page, way, on(await rect(room), place))
            continue
        await tab_to(page, room)
        await walk(page, place[0] - at[0], "ArrowRight", "ArrowLeft", POINTS_STEP)
        up_step = POINTS_STEP * view["aspect"]
        await walk(page, place[1] - at[1], "ArrowDown", "ArrowUp", up_step)
        await page.keyboard.press("Space")
        at = snapped(at, place, POINTS_STEP, view["aspect"])
    await confirm(page, way)


def snapped(start: Place, place: Place, step: float, aspect: float) -> Place:
    """Where whole steps lead, on the way to a place."""
    x = start[0] + round((place[0] - start[0]) / step) * step
    y = start[1] + round((place[1] - start[1]) / (step * aspect)) * step * aspect
    return x, y


async def carry(page: Page, view: Any, answer: list[Place], way: str) -> None:
    """Bring every piece to its place, then confirm."""
    room, high = page.locator(".stage"), carry_high(view)
    for i, (piece, place) in enumerate(zip(view["pieces"], answer, strict=True)):
        element = page.locator(".piece").nth(i)
        start = (piece["x"], piece["y"])
        if way == "keys":
            await tab_to(page, element)
            await walk(page, place[0] - start[0], "ArrowRight", "ArrowLeft", CARRY_STEP)
            up_step = CARRY_STEP * view["aspect"]
            await walk(page, place[1] - start[1], "ArrowDown", "ArrowUp", up_step)
            continue
        box = await rect(room)
        if way == "taps":
            await element.tap()
            await carry_by_taps(page, view, on(box, place, high), i, place)
        else:
            await drag(page, way, on(box, start, high), on(box, place, high))
    await confirm(page, way)


def carry_high(view: Any) -> float:
    """How high the room is, in heights of its picture."""
    lowest = max(piece["y"] + piece["height"] / 2 for piece in view["pieces"])
    return lowest + 0.03 if lowest > 1 else 1.0


async def carry_by_taps(page: Page, view: Any, spot: Place, i: int, place: Place) -> None:
    """Tap near the place, as thumbs do, then tap the arrows until it is there."""
    off = (7, -5)  # px
    await page.touchscreen.tap(spot[0] + off[0], spot[1] + off[1])
    width = (await rect(page.locator(".stage")))["width"]
    for axis, keys in ((0, "Left Right"), (1, "Up Down")):
        back, forth = keys.split()
        steps = round(-off[axis] / width / CARRY_STEP)
        arrow = page.locator(f"[data-key=Arrow{forth if steps > 0 else back}]")
        for _ in range(abs(steps)):
            await arrow.tap()


async def press_on(page: Page, way: str, what: Locator) -> None:
    """Press a button; with keys, the one that has the focus."""
    if way == "keys":
        await page.keyboard.press("Space")
    elif way == "mouse":
        await what.click()
    else:
        await what.tap()


async def choose(page: Page, view: Any, answer: list[int], way: str) -> None:
    """One in each round, or some in the only round; each round is confirmed."""
    rounds = [[i] for i in answer] if "rounds" in view else [answer]
    columns = await in_a_row(page)
    for n, chosen in enumerate(rounds):
        if len(rounds) > 1:
            await expect(page.locator(".caption")).to_contain_text(str(n + 1))
        for i in chosen:
            await reach_cell(page, i, columns, way)
            cell = page.locator(".cell").nth(i)
            if await cell.get_attribute("aria-checked") != "true":
                await press_on(page, way, cell)
        await confirm(page, way)


async def in_a_row(page: Page) -> int:
    """How many cells begin at the same height as the first."""
    tops = "all => all.filter(e => e.style.top === all[0].style.top).length"
    found: int = await page.locator(".cell").evaluate_all(tops)
    return found


async def reach_cell(page: Page, i: int, columns: int, way: str) -> None:
    """By keys: Tab to the grid, then arrows from where that leads."""
    if way != "keys":
        return
    cells = page.locator(".cell")
    await tab_to(page, page.locator(".cell[tabindex='0']"))
    at: int = await cells.evaluate_all("all => all.indexOf(document.activeElement)")
    for by, forth, back in ((i // columns - at // columns, "Down", "Up"),
                            (i % columns - at % columns, "Right", "Left")):  # fmt: skip
        for _ in range(abs(by)):
            await page.keyboard.press(f"Arrow{forth if by > 0 else back}")
    await expect(cells.nth(i)).to_be_focused()


async def cells(page: Page, view: Any, answer: list[int], way: str) -> None:
    """Name two cells; or for an order, swap until every block lies where it is wanted."""
    if view["mode"] != "order":
        await pair(page, view, answer[0], answer[1], way)
        return
    order = list(range(len(answer)))
    for place, block in enumerate(answer):
        other = order.index(block)
        if other != place:
            await pair(page, view, other, place, way)
            order[place], order[other] = order[other], order[place]
    await confirm(page, way)


async def pair(page: Page, view: Any, first: int, second: int, way: str) -> None:
    grid = page.locator(".cell")
    if way in ("mouse", "touch"):
        await rect(page.locator(".stage"))
        a, b = [centre_of(await rect(grid.nth(i))) for i in (first, second)]
        await drag(page, way, a, b)
        return
    for i in (first, second):
        await reach_cell(page, i, await in_a_row(page), way)
        await press_on(page, way, grid.nth(i))


def centre_of(box: FloatRect) -> Place:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def turn(page: Page, view: Any, answer: list[float], way: str) -> None:
    """Turn each picture: around its centre, with the slider (a finger), by keys or by buttons."""
    for i, turns in enumerate(answer):
        dial = page.locator(".dial").nth(i)
        if way == "keys":
            await tab_to(page, dial)
            await turn_by_steps(turns, view["steps"], page.keyboard.press)
        elif way == "taps":
            await dial.tap()
            await turn_by_steps(turns, view["steps"], lambda key: tap_for(page, key))
        elif way == "mouse":
            await turn_around(page, await rect(dial), turns)
        else:
            await dial.tap()
            slider = await rect(page.locator(".range"))
            room = slider["width"] - 16  # between the ends of Chromium's thumb
            y = slider["y"] + slider["height"] / 2
            x = slider["x"] + 8
            await drag(page, way, (x, y), (x + turns * room, y))
    await confirm(page, way)


async def turn_by_steps(turns: float, steps: int, press: Any) -> None:
    """The shorter way round: as many large steps of a twelfth as fit, then small ones."""
    signed = turns if turns <= 0.5 else turns - 1
    key = "ArrowRight" if signed > 0 else "ArrowLeft"
    large = int(abs(signed) * 12)
    for _ in range(large):
        await press(f"Shift+{key}")
    for _ in range(round((abs(signed) - large / 12) * steps)):
        await press(key)


async def tap_for(page: Page, key: str) -> None:
    """The button that does what a key does."""
    side = "Right" if "Right" in key else "Left"
    name = f"far{side}" if "Shift" in key else side.lower()
    await page.locator(f".arrow[data-key={name}]").tap()


async def turn_around(page: Page, box: FloatRect, turns: float) -> None:
    (x, y), radius = centre_of(box), box["width"] * 0.35
    await page.mouse.move(x, y - radius)
    await page.mouse.down()
    for n in range(1, 25):
        angle = 2 * math.pi * turns * n / 24
        await page.mouse.move(x + radius * math.sin(angle), y - radius * math.cos(angle))
    await page.mouse.up()


async def answered(page: Page, double: Any) -> Any:
    """The answer as it was sent, when the app's page is there."""
    await expect(page.get_by_text("The app's page")).to_be_visible(timeout=SLOW_MS)
    (body,) = [body for endpoint, body in double.asked if endpoint == "answer"]
    return body
