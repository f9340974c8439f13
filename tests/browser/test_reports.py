"""What the page finds of a real browser: patched here and there, as tools patch, and left alone.

Recorded reports (`tests/reports`) show what finds each tool out; here the scripts that find it run,
so that a broken probe is no silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.acts import drag
from tests.reports.stand import Stand, standing

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATE_S = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


async def reported(browser: Browser, stand: Stand, patch: str = "", **context: Any) -> Any:
    """The whole report of a visit; `patch` runs before the page's own scripts."""
    visit = await browser.new_context(**context)
    try:
        page = await visit.new_page()
        if patch:
            await page.add_init_script(patch)
        await page.goto(stand.expect("visit"))
        await drag(page)
        return await asyncio.wait_for(stand.came["visit"], LATE_S)
    finally:
        await visit.close()


async def test_everything_is_told_of_a_browser_left_alone(browser: Browser, stand: Stand) -> None:
    found = (await reported(browser, stand))["signals"]
    assert (found["tampered"], found["differs"], found["automation"]) == ([], [], False)
    assert found["notifications"] == "default/prompt"
    assert found["drawn"] in ("software", "hardware", "")
    assert found["utc"] in (True, False)
    assert ["Chromium", found["agent"].split("Chrome/")[1].split(".")[0]] in found["brands"]
    assert found["full"] == []  # of a browser started with a User-Agent of its own
    assert "called" not in found  # Playwright's own selectors run in a world of their own
    assert found["moved"] >= 24
    assert found["pressed"] == 1


@pytest.mark.parametrize(
    "patch, field, expected",
    [
        (
            "Object.defineProperty(navigator, 'webdriver', {get: () => false})",
            "tampered",
            ["navigator"],
        ),
        ("delete Navigator.prototype.webdriver", "tampered", ["navigator"]),
        ("Object.defineProperty(screen, 'width', {value: 1})", "tampered", ["navigator"]),
        (
            "document.createElement = (old => function (...a) { const e = old.apply(document, a);"
            " if (a[0] === 'iframe') Object.defineProperty(e, 'contentWindow', {value: window});"
            " return e; })(document.createElement)",
            "tampered",
            ["iframe", "native"],
        ),
        (
            "Function.prototype.toString = new Proxy(Function.prototype.toString, {})",
            "tampered",
            ["native"],
        ),
        (
            "navigator.permissions.query = async () => ({state: 'denied'})",
            "tampered",
            ["native"],
        ),
        (
            "Permissions.prototype.query = new Proxy(Permissions.prototype.query,"
            " {apply: async () => ({state: 'denied'})})",
            "notifications",
            "default/denied",
        ),
        (
            "Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', {get: () => 77})",
            "differs",
            ["cores"],
        ),
        (
            "Object.defineProperty(Navigator.prototype, 'platform', {get: () => 'Win32'})",
            "differs",
            ["platform"],
        ),
        (
            "Object.defineProperty(Navigator.prototype, 'languages', {get: () => ['xx']})",
            "differs",
            ["languages"],
        ),
        (
            "for (const c of [WebGLRenderingContext]) c.prototype.getParameter ="
            " function () { return 'Intel Iris OpenGL Engine'; }",
            "differs",
            ["renderer"],
        ),
        (
            "Intl.DateTimeFormat.prototype.resolvedOptions = () => ({timeZone: 'Asia/Tokyo'})",
            "differs",
            ["zone"],
        ),
        # what people's add-ons do: wallets, password managers, a signal of privacy
        ("window.phantom = {}; window.__pwa = 1; window.driver = 1", "automation", False),
        (
            "Object.defineProperty(navigator, 'credentials', {value: {}});"
            "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})",
            "tampered",
            [],
        ),
        ("window.cdc_adoQpoasnfa76pfcZLmcfl_Array = Array", "automation", True),
        ("window.__playwright__binding__ = 1", "automation", True),
        ("document.__selenium_unwrapped = 1", "automation", True),
        ("document.$cdc_asdjflasutopfhvcZLmcfl_ = 1", "automation", True),
    ],
)
async def test_a_patch_is_found(
    browser: Browser, stand: Stand, patch: str, field: str, expected: Any
) -> None:
    assert (await reported(browser, stand, patch))["signals"][field] == expected


async def test_a_driver_in_the_stack_is_found(browser: Browser, stand: Stand) -> None:
    patch = (
        "addEventListener('pointerup', function executeScript() { document.querySelector('h1') },"
        " true)"
    )
    assert (await reported(browser, stand, patch))["signals"]["called"] is True


async def test_a_script_that_presses_is_not_trusted(browser: Browser, stand: Stand) -> None:
    patch = "addEventListener('pointerup', () => document.body.click(), true)"
    assert (await reported(browser, stand, patch))["signals"]["untrusted"] == 1


async def test_a_path_says_what_pointed(browser: Browser, stand: Stand) -> None:
    trace = (await reported(browser, stand))["trace"]
    assert {point[4] for point in trace} == {"m"}
    assert [point[3] for point in trace].count("d") == 1


async def test_on_an_apps_page_nothing_is_touched(browser: Browser, stand: Stand) -> None:
    """Where the app's scripts patch and read the console too, neither is looked at."""
    visit = await browser.new_context()
    page = await visit.new_page()
    await page.goto(stand.url + stand.pages.urls["probe.js"])  # a text: no page of ours looks too
    found = await page.evaluate(
        """async (url) => {
          const query = Document.prototype.querySelector;
          document.createElement = new Proxy(document.createElement, {});
          let logged = 0;
          console.debug = () => logged++;
          const { look } = await import(url);
          const { found, ready } = look(false);
          await ready;
          return [found, logged, Document.prototype.querySelector === query];
        }""",
        stand.pages.urls["probe.js"],
    )
    await visit.close()
    assert found[1:] == [0, True]
    assert found[0]["tampered"] == []
    assert "console" not in found[0]


async def test_what_a_browser_lacks_is_left_out(browser: Browser, stand: Stand) -> None:
    patch = (
        "delete Navigator.prototype.userAgentData; delete window.Notification;"
        "delete window.OffscreenCanvas; delete window.Worker"
    )
    found = (await reported(browser, stand, patch))["signals"]
    assert not {"brands", "full", "system", "notifications", "differs"} & found.keys()
    assert found["drawn"] == ""
