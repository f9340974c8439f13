"""What drivers of browsers share: the form is filled in, questions are answered until it is over.

Each brings its own hand; the oracle says where it must go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.drivers.oracle import PASSIVE, SELECTORS, Box, Gesture, middle
from tests.drivers.stage import Stage

SLOW_MS = 45_000
MOST_QUESTIONS = 6
VIEWPORT = {"width": 1280, "height": 900}
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Act = Callable[[Any, dict[str, Any], Sequence[Gesture]], Awaitable[None]]


async def boxes_of(page: Any) -> dict[str, Box]:
    """Where what the oracle names is on the page, as far as it is there."""
    found: dict[str, Box] = {}
    for name, selector in SELECTORS.items():
        element = page.locator(selector).first
        if await element.count() and (box := await element.bounding_box()):
            found[name] = (box["x"], box["y"], box["width"], box["height"])
    return found


async def answer_all(stage: Stage, page: Any, act: Act) -> None:
    """Answer what is asked until the app has it, the gate refuses, or nothing new is asked."""
    left = 0
    if stage.way == "accessible":
        left = await ask_another_way(stage, page, act)
    for answered in range(MOST_QUESTIONS):
        question = await stage.oracle.question(left + answered)
        if question["kind"] not in PASSIVE:
            await page.locator("main[data-state=action]").wait_for(timeout=SLOW_MS)
            await asyncio.sleep(0.3)  # it has come to rest
            gestures = stage.oracle.gestures(question, await boxes_of(page))
            await act(page, question, gestures)
        if await until_answered(stage, answered):
            await asyncio.sleep(0.7)  # the page finishes the request
            return


async def ask_another_way(stage: Stage, page: Any, act: Act) -> int:
    """Press what offers the accessible way. How many questions are left unanswered: one."""
    question = await stage.oracle.question()
    await page.locator("main[data-state=action]").wait_for(timeout=SLOW_MS)
    place = middle((await boxes_of(page))["another"])
    await act(page, {**question, "kind": "another"}, [Gesture(place)])
    await stage.oracle.question(1)
    return 1


async def until_answered(stage: Stage, before: int, most_s: float = 60.0) -> bool:
    """Wait for the reply to the answer after `before` others. True when nothing more is asked."""
    for _ in range(int(most_s / 0.05)):
        replies = [each for each in stage.relay.told.replies if each["reason"] != "too_early"]
        if len(replies) > before:
            return bool(replies[-1]["outcome"] != "again")
        await asyncio.sleep(0.05)
    raise TimeoutError("no reply to the answer")
