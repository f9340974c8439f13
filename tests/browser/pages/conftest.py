"""A browser for each test module, a double and a page for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser.conftest import DRIVEN, SHELL
from tests.browser.pages.double import Double

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=SHELL, args=DRIVEN)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def double() -> AsyncIterator[Double]:
    double = Double()
    runner = web.AppRunner(double.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    double.origin = f"http://{host}:{port}"
    yield double
    await runner.cleanup()


class Watch:
    """What a page must not do: speak to others, break its policy, fail aloud."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.faults: list[str] = []
        self.allowed: tuple[str, ...] = ()  # parts of faults that a test provokes
        context.on("request", lambda request: self._request(request.url, origin))
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _request(self, url: str, origin: str) -> None:
        if not url.startswith((origin, "data:", "blob:")):
            self.faults.append(f"request: {url}")

    def _console(self, kind: str, text: str) -> None:
        # Chromium notes every reply from 400 on, and ours are 403 by design.
        if kind in ("error", "warning") and "the server responded with a status of" not in text:
            self.faults.append(f"console: {text}")

    def check(self) -> None:
        left = [fault for fault in self.faults if not any(part in fault for part in self.allowed)]
        assert not left


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, double: Double) -> AsyncIterator[Open]:
    """`page = await opened("/page", locale="zh-CN", …)`: further arguments make the context."""
    contexts: list[tuple[BrowserContext, Watch]] = []

    async def open_page(
        path: str = "/page",
        *,
        script: str = "",
        clock: bool = False,
        allowed: tuple[str, ...] = (),
        **options: Any,
    ) -> Page:
        options = {"locale": "en-GB", "viewport": {"width": 900, "height": 700}} | options
        context = await browser.new_context(**options)
        watch = Watch(context, double.origin)
        watch.allowed = allowed
        contexts.append((context, watch))
        page = await context.new_page()
        page.set_default_timeout(8_000)
        if script:
            await page.add_init_script(script)
        if clock:
            await page.clock.install()
        await page.goto(double.origin + path, wait_until="commit")
        return page

    yield open_page
    for context, watch in contexts:
        await context.close()
        watch.check()
