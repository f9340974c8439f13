"""The page to try kinds by hand, in Chromium: by mouse, by keyboard, on a phone."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest
import pytest_asyncio

from gateway.preview.study import read
from tests.browser.conftest import until_open
from tests.gatekeeper import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def served(tmp_path):
    port = free_port()
    command = ["-m", "gateway", "preview", "slider", "--serve", "--out", str(tmp_path)]
    process = subprocess.Popen([sys.executable, *command, "--listen", f"127.0.0.1:{port}"])
    await until_open(port, process)
    yield f"http://127.0.0.1:{port}/", tmp_path / "tries.jsonl"
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


async def noted(path, count):
    for _ in range(100):
        if path.exists() and len(tries := read(path.read_text())) >= count:
            return tries
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was noted")


async def test_a_person_tries_and_sees_the_results(browser, served):
    url, notes = served
    page = await browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await page.goto(url)
    question = page.frame_locator("#question")
    handle = question.locator(".handle")
    await handle.focus()
    await page.keyboard.press("End")
    assert [(t.outcome, t.pointer) for t in await noted(notes, 1)] == [("right", "keyboard")]
    await page.locator("#rows tr").nth(1).wait_for()
    assert "1 of 1 = 100 %" in await page.locator("#rows").inner_text()
    step = question.locator(".step")
    for _ in range(6):
        await step.click()
    assert [(t.outcome, t.pointer) for t in await noted(notes, 2)][1] == ("right", "mouse")
    assert not faults
    await page.close()


@pytest.mark.parametrize(
    "theme, ground", [("dark", "rgb(26, 32, 41)"), ("light", "rgb(255, 255, 255)")]
)
async def test_theme_language_and_width_are_chosen(browser, served, theme, ground):
    url, _ = served
    page = await browser.new_page()
    await page.goto(url)
    await page.select_option("#theme", theme)
    await page.select_option("#width", "320")
    await page.select_option("#lang", "zh")
    title = page.frame_locator("#question").get_by_text("请将滑块拖到末端", exact=True)
    await title.wait_for()
    inside = page.frames[1]
    assert await inside.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    assert await inside.evaluate("innerWidth") <= 320
    await page.close()


async def test_a_phone_taps_and_needs_no_sideways_scrolling(browser, served):
    url, notes = served
    phone = {"width": 320, "height": 640}
    context = await browser.new_context(viewport=phone, has_touch=True, is_mobile=True)
    page = await context.new_page()
    await page.goto(url)
    step = page.frame_locator("#question").locator(".step")
    for _ in range(6):
        await step.tap()
    assert (await noted(notes, 1))[0].pointer == "touch"
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await context.close()
