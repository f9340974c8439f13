"""`patched`: patchright, a Playwright with its own traces patched away, used as its makers advise.

Headed under Xvfb, the installed Chromium, a profile of its own for each visit, no viewport set, no
agent changed. Its hand is that of a careful script: eased moves in whole pixels with jitter.
`patched_ghost` moves as ghost-cursor does: paths of that generator, fitted to where it must go.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.drivers import tools
from tests.drivers.agent import CHROMIUM
from tests.drivers.browsers import SLOW_MS, answer_all
from tests.drivers.oracle import Gesture, Place
from tests.drivers.recordings import Recordings
from tests.drivers.screen import Screen
from tests.drivers.stage import Stage


class Patched:
    """One screen; each visit has a browser and a profile of its own."""

    name = "patched"

    def __init__(self, stage: Stage, rng: Random) -> None:
        self.stage, self.rng = stage, rng
        tools.python_tools()

    async def start(self) -> None:
        from patchright.async_api import async_playwright

        self.screen = Screen()
        self.screen.start()
        self.playwright = await async_playwright().start()

    async def stop(self) -> None:
        await self.playwright.stop()
        self.screen.stop()

    async def visit(self, number: int) -> None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            context = await self.playwright.chromium.launch_persistent_context(
                profile,
                executable_path=CHROMIUM,
                headless=False,
                no_viewport=True,
                base_url=self.stage.url,
                args=["--no-sandbox", "--test-type", "--window-size=1280,1000"],
                env=self.screen.environment(),
            )
            try:
                page = context.pages[0]
                page.set_default_timeout(SLOW_MS)
                self.at: Place = (self.rng.uniform(200, 900), self.rng.uniform(150, 700))
                await page.goto("/register")
                await page.type("input[name=name]", f"Visitor {number}", delay=70)
                await page.click("button")
                await answer_all(self.stage, page, self.act)
            finally:
                await context.close()

    async def act(self, page: Any, _question: dict[str, Any], gestures: Sequence[Gesture]) -> None:
        for gesture in gestures:
            await self.move(page, gesture.start)
            await page.mouse.down()
            if gesture.end is not None:
                await self.move(page, gesture.end)
            await page.mouse.up()

    async def move(self, page: Any, end: Place) -> None:
        start, steps = self.at, self.rng.randrange(25, 45)
        for i in range(1, steps + 1):
            share = (1 - math.cos(math.pi * i / steps)) / 2
            shake = self.rng.gauss(0, 1.2) if i < steps else 0
            x = start[0] + (end[0] - start[0]) * share + shake
            y = start[1] + (end[1] - start[1]) * share + shake
            await page.mouse.move(round(x), round(y))
            await page.wait_for_timeout(self.rng.uniform(6, 18))
        self.at = end


class PatchedGhost(Patched):
    """Between pixels, as the generator puts it; at the pace that its paths were recorded at."""

    name = "patched_ghost"

    def __init__(self, stage: Stage, rng: Random) -> None:
        super().__init__(stage, rng)
        self.recordings = Recordings.of(rng, "bot_ghost_cursor")

    async def move(self, page: Any, end: Place) -> None:
        began_s = time.monotonic()
        for step in self.recordings.move(self.at, end):
            await asyncio.sleep(max(0.0, began_s + step.t_ms / 1000 - time.monotonic()))
            await page.mouse.move(step.x, step.y)
        self.at = end
