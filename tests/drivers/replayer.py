"""`replayer`: recorded paths of people, played at their own pace as input of the protocol (CDP).

A headless browser with what is plainly told hidden; whole pixels, pressure while the button is
down, moves sent without waiting for each other, so that the pace is the recorded one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.drivers.agent import person_like
from tests.drivers.browsers import ARGS, SLOW_MS, VIEWPORT, answer_all
from tests.drivers.naive import Naive
from tests.drivers.oracle import Gesture
from tests.drivers.recordings import Place, Recordings, Step
from tests.drivers.stage import Stage


class Replayer(Naive):
    """Each visit takes other paths from the recordings."""

    name = "replayer"
    args = (*ARGS, *person_like())

    def __init__(self, stage: Stage, rng: Random) -> None:
        super().__init__(stage, rng)
        self.recordings = Recordings.load(rng)

    async def visit(self, number: int) -> None:
        context = await self.browser.new_context(base_url=self.stage.url, viewport=VIEWPORT)
        try:
            page = await context.new_page()
            page.set_default_timeout(SLOW_MS)
            self.mouse = Mouse(await context.new_cdp_session(page), self.rng)
            await self.fill_in(page, number)
            await answer_all(self.stage, page, self.act)
        finally:
            await context.close()

    async def act(self, page: Any, _question: dict[str, Any], gestures: Sequence[Gesture]) -> None:
        for gesture in gestures:
            await self.mouse.play(self.recordings.move(self.mouse.at, gesture.start))
            await self.mouse.press()
            if gesture.end is not None:
                await self.mouse.play(self.recordings.drag(self.mouse.at, gesture.end))
            await self.mouse.release()


class Mouse:
    """Input.dispatchMouseEvent, with what a real mouse would say."""

    def __init__(self, session: Any, rng: Random) -> None:
        self.session, self.rng = session, rng
        self.at: Place = (rng.uniform(200, 1000), rng.uniform(100, 700))
        self.down = False

    async def play(self, path: Sequence[Step]) -> None:
        began_s, sent = time.monotonic(), []
        for step in path:
            await asyncio.sleep(max(0.0, began_s + step.t_ms / 1000 - time.monotonic()))
            self.at = (round(step.x), round(step.y))
            sent.append(asyncio.ensure_future(self._send("mouseMoved")))
        await asyncio.gather(*sent)

    async def press(self) -> None:
        await asyncio.sleep(self.rng.uniform(0.06, 0.18))
        self.down = True
        await self._send("mousePressed", clickCount=1)
        await asyncio.sleep(self.rng.uniform(0.05, 0.12))

    async def release(self) -> None:
        await asyncio.sleep(self.rng.uniform(0.03, 0.12))
        self.down = False
        await self._send("mouseReleased", clickCount=1)

    async def _send(self, kind: str, **more: Any) -> None:
        event = {"type": kind, "x": self.at[0], "y": self.at[1], "pointerType": "mouse"}
        button = {"button": "left"} if kind != "mouseMoved" or self.down else {}
        event |= button | {"buttons": int(self.down), "force": 0.5 if self.down else 0}
        await self.session.send("Input.dispatchMouseEvent", event | more)
