"""`people`: a headed Chromium, and recorded paths of people played to it as input of the system.

No automation protocol and no debugging port: the browser is started as a person starts it, under
Xvfb, and moved by XTEST, which it can't tell from a mouse. Where to go is known from the window's
fixed geometry (`survey`), the answer from what went through the relay.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

from tests.drivers import tools
from tests.drivers.agent import CHROMIUM
from tests.drivers.browsers import MOST_QUESTIONS, until_answered
from tests.drivers.oracle import PASSIVE, Box, middle
from tests.drivers.recordings import Place, Recordings, Step
from tests.drivers.screen import Screen
from tests.drivers.stage import Stage
from tests.drivers.survey import survey

SIZE = (1366, 960)
KINDS = ("one_click", "slider")
ARGS = ["--window-position=0,0", f"--window-size={SIZE[0]},{SIZE[1]}", "--no-sandbox"]
ARGS += ["--test-type", "--no-first-run", "--no-default-browser-check", "--disable-sync"]
ARGS += ["--disable-background-networking", "--disable-component-update", "--password-store=basic"]
MARK = (255, 0, 255)  # a colour that no browser's frame has
MARKED = f"data:text/html,<body style='background:rgb{MARK}'>"


class People:
    """One screen; each visit has a browser and a profile of its own."""

    name = "people"

    def __init__(self, stage: Stage, rng: Random) -> None:
        tools.python_tools()
        self.stage, self.rng = stage, rng
        self.recordings = Recordings.load(rng)

    async def start(self) -> None:
        folder = self.stage.folder / "survey"
        folder.mkdir()
        self.screen = Screen(SIZE)
        self.screen.start()
        left, top, *size = await self._viewport()
        self.hand = Hand(self.screen.display, self.rng, (left, top))
        self.places = await survey(self.stage.app_url, folder, KINDS, (size[0], size[1]))

    async def stop(self) -> None:
        self.hand.close()
        self.screen.stop()

    async def _viewport(self) -> tuple[int, int, int, int]:
        """Where the window shows pages: left, top, width, height on the screen."""
        async with self._browser(MARKED):
            for _ in range(100):
                await asyncio.sleep(0.3)
                if found := self.screen.area_of(MARK):
                    return found
        raise TimeoutError("the browser shows nothing")

    @contextlib.asynccontextmanager
    async def _browser(self, url: str) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = subprocess.Popen(
                [CHROMIUM, *ARGS, f"--user-data-dir={profile}", url],
                env=self.screen.environment(),
                start_new_session=True,
                stderr=subprocess.DEVNULL,
            )
            try:
                yield
            finally:
                await asyncio.to_thread(end, browser)

    async def visit(self, number: int) -> None:
        async with self._browser(f"{self.stage.url}/register"):
            await self._visit(number)

    async def _visit(self, number: int) -> None:
        await self._until_shown()
        form = self.places["form"]
        await self._press(self._within(form["name"]))
        await self.hand.type(f"visitor {number}")
        await self._press(self._within(form["send"]))
        for answered in range(MOST_QUESTIONS):
            question = await self.stage.oracle.question(answered)
            if question["kind"] in PASSIVE:
                await self._wander()
            else:
                await asyncio.sleep(self.rng.uniform(0.9, 1.8))  # seen and understood
                await self._answer(question)
            if await until_answered(self.stage, answered):
                await asyncio.sleep(1)
                return

    async def _until_shown(self) -> None:
        for _ in range(600):
            if self.stage.relay.told.requests >= 2:  # the page and what it loads
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(self.rng.uniform(2.0, 3.0))

    async def _answer(self, question: dict[str, Any]) -> None:
        for gesture in self.stage.oracle.gestures(question, self.places[question["kind"]]):
            await self._move(gesture.start)
            await self.hand.press()
            if gesture.end is not None:
                await self.hand.play(self.recordings.drag(self.hand.at, gesture.end))
            await self.hand.release()

    async def _wander(self) -> None:
        """Nothing is asked: the hand rests, or moves on somewhere."""
        if self.rng.random() < 0.5:
            await self._move((self.rng.uniform(300, 900), self.rng.uniform(200, 700)))

    async def _press(self, place: Place) -> None:
        await self._move(place)
        await self.hand.press()
        await self.hand.release()

    async def _move(self, place: Place) -> None:
        await self.hand.play(self.recordings.move(self.hand.at, place))

    def _within(self, box: Box) -> Place:
        x, y = middle(box)
        return x + self.rng.uniform(-0.2, 0.2) * box[2], y + self.rng.uniform(-0.2, 0.2) * box[3]


class Hand:
    """The system's one mouse and keyboard, by the XTEST extension."""

    def __init__(self, display: str, rng: Random, corner: tuple[int, int]) -> None:
        """`corner`: where on the screen the page begins; places are those of the page."""
        from Xlib import XK, X
        from Xlib.display import Display
        from Xlib.ext import xtest

        self._x, self._keys, self._fake, self.rng = X, XK, xtest.fake_input, rng
        self._display, self._corner = Display(display), corner
        self.at: Place = (rng.randrange(100, 1100), rng.randrange(100, 800))
        self._send(X.MotionNotify)

    def close(self) -> None:
        self._display.close()

    async def play(self, path: Sequence[Step]) -> None:
        began_s = time.monotonic()
        for step in path:
            await asyncio.sleep(max(0.0, began_s + step.t_ms / 1000 - time.monotonic()))
            self.at = (round(step.x), round(step.y))
            self._send(self._x.MotionNotify)

    async def press(self) -> None:
        await asyncio.sleep(self.rng.uniform(0.05, 0.2))
        self._send(self._x.ButtonPress, 1)
        await asyncio.sleep(self.rng.uniform(0.05, 0.12))

    async def release(self) -> None:
        await asyncio.sleep(self.rng.uniform(0.0, 0.15))
        self._send(self._x.ButtonRelease, 1)

    async def type(self, text: str) -> None:
        for letter in text:
            symbol = self._keys.string_to_keysym("space" if letter == " " else letter)
            await self.key(symbol)
            await asyncio.sleep(self.rng.uniform(0.05, 0.2))

    async def key(self, symbol: int) -> None:
        code = self._display.keysym_to_keycode(symbol)
        self._send(self._x.KeyPress, code)
        await asyncio.sleep(self.rng.uniform(0.03, 0.09))
        self._send(self._x.KeyRelease, code)

    def _send(self, kind: int, detail: int = 0) -> None:
        x, y = self.at[0] + self._corner[0], self.at[1] + self._corner[1]
        self._fake(self._display, kind, detail, x=int(x), y=int(y))
        self._display.flush()


def end(process: subprocess.Popen[bytes]) -> None:
    """The browser and all that belongs to it."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(8)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
