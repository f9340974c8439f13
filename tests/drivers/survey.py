"""Where things are on the pages: looked up once by a headless browser, before people come.

People's browsers are not asked anything. Their window has a fixed size, and a page of one kind
looks the same each time, so a place found once is a place for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.drivers.agent import CHROMIUM, person_like
from tests.drivers.browsers import ARGS, SLOW_MS, boxes_of
from tests.drivers.oracle import Box
from tests.gatekeeper import GateProcess, config

FORM = {"name": "input[name=name]", "send": "button"}


async def survey(
    app_url: str, folder: Path, kinds: Sequence[str], size: tuple[int, int]
) -> dict[str, dict[str, Box]]:
    """Boxes by what `SELECTORS` name, for each kind; those of the app's form as `form`."""
    routes = [
        {"name": kind, "match": {"path": f"/{kind}"}, "ladder": [kind], "refuse_above": 1}
        for kind in kinds
    ]
    gate = GateProcess(folder, config(app_url, routes), "survey")
    await gate.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*ARGS, *person_like()]
            )
            viewport = {"width": size[0], "height": size[1]}
            page = await browser.new_page(base_url=gate.url, viewport=viewport)
            found = {kind: await _look(page, kind) for kind in kinds}
            await page.goto("/register")
            found["form"] = {name: await _box(page, where) for name, where in FORM.items()}
            await browser.close()
            return found
    finally:
        await gate.stop()


async def _look(page: Any, kind: str) -> dict[str, Box]:
    """By the way people come: a form that is sent."""
    await page.goto("/register")
    await page.evaluate("kind => { document.querySelector('form').action = '/' + kind }", kind)
    await page.fill(FORM["name"], "x")
    await page.click(FORM["send"])
    await page.locator("main[data-state=action]").wait_for(timeout=SLOW_MS)
    await page.wait_for_timeout(400)
    return await boxes_of(page)


async def _box(page: Any, selector: str) -> Box:
    box = await page.locator(selector).first.bounding_box()
    return box["x"], box["y"], box["width"], box["height"]
