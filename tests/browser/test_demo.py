"""The demo as a visitor meets it: its pages name `gateway.js` in a script tag, and no more."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser import acts
from tests.browser.acts import SLOW_MS
from tests.browser.conftest import module_fixture
from tests.gatekeeper import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
START_WITHIN_S = 40.0


@module_fixture
async def demo():
    listen = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--listen", listen),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"GATEWAY_DEMO_REFUSE_ABOVE": "1"},
    )
    assert process.stdout is not None
    async with asyncio.timeout(START_WITHIN_S):
        await process.stdout.readuntil(b"Ctrl-C")
    yield f"http://{listen}"
    process.send_signal(signal.SIGINT)
    await process.stdout.read()
    await process.wait()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser, demo):
    context = await browser.new_context(base_url=demo)
    yield await context.new_page()
    await context.close()


async def test_registration_asks_a_driven_browser_for_a_slide(page, tmp_path: Path):
    """People are asked nothing."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(hashlib.shake_128(b"paper").digest(700_000))
    await page.goto("/register")
    await page.fill("[name=name]", "Zoë")
    await page.set_input_files("[name=document]", file)
    await page.get_by_role("button", name="Register").click()
    await acts.drag(page)
    result = page.locator("#result")
    await expect(result).to_contain_text(
        hashlib.sha256(file.read_bytes()).hexdigest(), timeout=SLOW_MS
    )
    await expect(result).to_contain_text("registration number 1.")


async def test_vote_twice_and_reload(page):
    for count in (1, 2):
        await page.goto("/vote")
        await page.get_by_label("Playground").check()
        await page.get_by_role("button", name="Vote").click()
        await acts.click_box(page)
        await expect(page.locator("#result")).to_contain_text(
            f"Votes counted: {count}.", timeout=SLOW_MS
        )
    await page.reload()
    await expect(page.locator("h1")).to_contain_text("Already", timeout=SLOW_MS)


async def test_guestbook_asks_nothing_of_the_visitor(page):
    await page.goto("/guestbook")
    await page.fill("[name=message]", "Nice park")
    await page.get_by_role("button", name="Sign").click()
    await expect(page.locator("#entries")).to_contain_text("Nice park", timeout=2 * SLOW_MS)


async def test_quotes_go_on_by_themselves(page):
    await page.goto("/quotes")
    await page.get_by_role("button", name="Another quote").click()
    await acts.click_box(page, page.frame_locator("dialog iframe"))
    await expect(page.locator("#quote")).to_contain_text("(no. 1)", timeout=SLOW_MS)
    await page.get_by_role("button", name="Another quote").click()  # by the pass
    await expect(page.locator("#quote")).to_contain_text("(no. 2)", timeout=SLOW_MS)


async def test_live_connections(page):
    await page.goto("/live")
    await expect(page.locator("#clock")).to_contain_text(":", timeout=SLOW_MS)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#answer")).to_have_text("hello", timeout=SLOW_MS)
