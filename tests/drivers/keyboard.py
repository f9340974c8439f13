"""`keyboard`: Playwright's keyboard alone, in a headless browser with what is plainly told hidden.

Tab, arrows, Space: it leaves no pointer's path, as people who use a keyboard, a switch or a screen
reader leave none. That must not be damning, so only the browser, work and limits can stop it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.drivers.agent import person_like
from tests.drivers.browsers import ARGS
from tests.drivers.naive import Naive
from tests.drivers.oracle import Gesture

MOST_TABS = 30
_KEYS = {
    "another": ("#another", "Enter", 1),
    "one_click": (".tick", "Space", 1),
    "slider": (".handle", "ArrowRight", 8),
}


class Keyboard(Naive):
    """Reaches the control by Tab, then presses the key that moves it."""

    name = "keyboard"
    args = (*ARGS, *person_like())

    async def fill_in(self, page: Any, number: int) -> None:
        await page.goto("/register")
        await self.tab_to(page, "input[name=name]")
        await page.keyboard.type(f"Visitor {number}", delay=self.rng.uniform(60, 120))
        await page.keyboard.press("Enter")

    async def act(self, page: Any, question: dict[str, Any], _gestures: Sequence[Gesture]) -> None:
        selector, key, times = _KEYS[question["kind"]]
        await self.tab_to(page, selector)
        for _ in range(times):
            element = page.locator(selector)
            if not await element.count() or await element.get_attribute("aria-valuenow") == "100":
                return
            await page.keyboard.press(key, delay=self.rng.uniform(50, 90))
            await page.wait_for_timeout(self.rng.uniform(150, 350))

    async def tab_to(self, page: Any, selector: str) -> None:
        """Raises LookupError when Tab never gets there."""
        for _ in range(MOST_TABS):
            element = page.locator(selector).first
            if await element.evaluate("e => e === document.activeElement"):
                return
            await page.keyboard.press("Tab", delay=self.rng.uniform(40, 80))
            await page.wait_for_timeout(self.rng.uniform(80, 200))
        raise LookupError(selector)
