"""`naive`: a plain Playwright script in headless Chromium, as the tutorials write it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from playwright.async_api import async_playwright

from tests.drivers.agent import CHROMIUM
from tests.drivers.browsers import ARGS, SLOW_MS, VIEWPORT, answer_all
from tests.drivers.oracle import Gesture
from tests.drivers.stage import Stage


class Naive:
    """One browser; each visit has a context of its own."""

    name = "naive"
    args = tuple(ARGS)

    def __init__(self, stage: Stage, rng: Random) -> None:
        self.stage, self.rng = stage, rng

    async def start(self) -> None:
        self.playwright = await async_playwright().start()
        self.browser = await self.playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*self.args]
        )

    async def stop(self) -> None:
        await self.browser.close()
        await self.playwright.stop()

    async def visit(self, number: int) -> None:
        context = await self.browser.new_context(base_url=self.stage.url, viewport=VIEWPORT)
        try:
            page = await context.new_page()
            page.set_default_timeout(SLOW_MS)
            await self.fill_in(page, number)
            await answer_all(self.stage, page, self.act)
        finally:
            await context.close()

    async def fill_in(self, page: Any, number: int) -> None:
        await page.goto("/register")
        await page.fill("input[name=name]", f"Visitor {number}")
        await page.fill("input[name=email]", f"v{number}@mail.example")
        await page.click("button")

    async def act(self, page: Any, _question: dict[str, Any], gestures: Sequence[Gesture]) -> None:
        for gesture in gestures:
            await page.mouse.move(*gesture.start)
            await page.mouse.down()
            if gesture.end is not None:
                await page.mouse.move(*gesture.end, steps=20)
            await page.mouse.up()
