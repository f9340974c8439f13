"""Photograph every drawn kind for the README: `python -m tests.browser.kinds.album [KIND …]`.

Writes `.images/kinds/<kind>-{light,dark,phone}.webp`: the page's card on a desk in both themes, and
on a phone of 320 px, from one seed, so that another run changes only what the code changed.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, async_playwright

from gateway import kinds
from tests.browser.conftest import CHROMIUM, DRIVEN
from tests.browser.kinds import hands
from tests.browser.pages.double import Double
from tests.browser.pages.test_use import PHONE

FOLDER = Path(__file__).parents[3] / ".images" / "kinds"
SEED = 24
MOST_BYTES = 60_000
DESK = {"viewport": {"width": 480, "height": 900}, "device_scale_factor": 1.5}
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": DESK | {"color_scheme": "light"},
    "dark": DESK | {"color_scheme": "dark"},
    "phone": PHONE | {"device_scale_factor": 2, "color_scheme": "light"},
}


async def photograph(browser: Browser, url: str, look: Mapping[str, Any]) -> bytes:
    context = await browser.new_context(locale="en-GB", **look)
    page = await context.new_page()
    await page.goto(url)
    await hands.ready(page)
    await page.evaluate("Promise.all([...document.images].map(i => i.decode())).then(() => 0)")
    shot = await page.locator("main").screenshot()
    await context.close()
    return shot


def small(shot: bytes) -> bytes:
    """As WebP, as good as `MOST_BYTES` allow."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    for quality in range(80, 20, -6):
        sink = io.BytesIO()
        image.save(sink, "WEBP", quality=quality, method=6)
        if sink.tell() <= MOST_BYTES:
            break
    return sink.getvalue()


async def make(names: list[str]) -> None:
    double, found = Double(), kinds.load()
    runner = web.AppRunner(double.app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/page"
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=DRIVEN)
        for name in names or [name for name, kind in found.items() if kind.drawn]:
            made = found[name].make(Random(SEED), found[name].params())
            double.kind, double.view = name, dict(made.view)
            for look, options in LOOKS.items():
                data = small(await photograph(browser, url, options))
                (FOLDER / f"{name}-{look}.webp").write_bytes(data)
                print(f"{name}-{look}.webp {len(data)} bytes")
        await browser.close()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1:]))
