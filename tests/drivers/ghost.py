"""`ghost`: puppeteer with the stealth plug-in and ghost-cursor's paths, headless.

The usual kit of those who automate forms for money. The plug-in hides what headless browsers of
its time told; the cursor curves, overshoots and slows down by Fitts's law. `ghost_bare` leaves the
plug-in out, which patches more than it hides by now: a headed browser under Xvfb, and one argument
that takes `navigator.webdriver` back.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from random import Random
from typing import Any

from tests.drivers import tools
from tests.drivers.agent import CHROMIUM
from tests.drivers.browsers import ARGS, MOST_QUESTIONS, until_answered
from tests.drivers.oracle import PASSIVE, SELECTORS, middle
from tests.drivers.screen import Screen
from tests.drivers.stage import Stage


class Ghost:
    """One browser in a process of Node's; each visit has a context of its own."""

    name = "ghost"

    def __init__(self, stage: Stage, rng: Random) -> None:
        self.stage = stage

    kind, args = "stealth", tuple(ARGS)

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    async def start(self) -> None:
        tools.programs(node="nodejs")
        folder = tools.node_tools()
        script = shutil.copy(tools.HERE / "ghost.mjs", folder)
        self.node = await asyncio.create_subprocess_exec(
            *("node", script, CHROMIUM, *self.args),
            cwd=folder,
            env=self.environment() | {"GHOST": self.kind},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await self._read()

    async def stop(self) -> None:
        assert self.node.stdin is not None
        self.node.stdin.close()
        await asyncio.wait_for(self.node.wait(), 20)

    async def visit(self, number: int) -> None:
        try:
            await self._do(open=f"{self.stage.url}/register", name=f"Visitor {number}")
            await self._answer_all()
        finally:
            await self._do(close=True)

    async def _answer_all(self) -> None:
        oracle = self.stage.oracle
        left = await self._another_way() if self.stage.way == "accessible" else 0
        for answered in range(MOST_QUESTIONS):
            question = await oracle.question(left + answered)
            if question["kind"] not in PASSIVE:
                found = await self._do(look=SELECTORS)
                boxes = {name: tuple(box) for name, box in found.items()}
                gestures = oracle.gestures(question, boxes)
                await self._do(gestures=[[one.start, one.end] for one in gestures])
            if await until_answered(self.stage, answered):
                await asyncio.sleep(0.7)
                return

    async def _another_way(self) -> int:
        """Press what offers the accessible way. How many questions are left unanswered: one."""
        await self.stage.oracle.question()
        found = await self._do(look=SELECTORS)
        await self._do(gestures=[[middle(tuple(found["another"])), None]])
        await self.stage.oracle.question(1)
        return 1

    async def _do(self, **command: Any) -> Any:
        """Raises RuntimeError with what the browser's side says."""
        assert self.node.stdin is not None
        self.node.stdin.write(json.dumps(command).encode() + b"\n")
        said = await self._read()
        if "failed" in said:
            raise RuntimeError(said["failed"])
        return said["done"]

    async def _read(self) -> dict[str, Any]:
        assert self.node.stdout is not None
        line = await asyncio.wait_for(self.node.stdout.readline(), 60)
        if not line:
            raise RuntimeError("the browser's side ended")
        said: dict[str, Any] = json.loads(line)
        return said


class Bare(Ghost):
    """Headed, on a screen of its own."""

    name = "ghost_bare"
    kind = "bare"
    args = (
        *("--no-sandbox", "--test-type", "--window-size=1280,960"),
        "--disable-blink-features=AutomationControlled",
    )

    def environment(self) -> dict[str, str]:
        return self.screen.environment()

    async def start(self) -> None:
        self.screen = Screen()
        self.screen.start()
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        self.screen.stop()
