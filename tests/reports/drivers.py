"""One visit by a tool of Python's: `python drivers.py TOOL URL`, in an environment that has it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

CHROMIUM = os.environ["CHROMIUM"]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
HIDING = [  # what people advise
    "--disable-blink-features=AutomationControlled",
    f"--user-agent={os.environ['AGENT']}",
]


def by_playwright(tool: str, url: str) -> None:
    if tool.startswith("patchright"):
        from patchright.sync_api import sync_playwright
    else:
        from playwright.sync_api import sync_playwright
    headed = tool.endswith("headed")
    hidden = HIDING if tool.endswith("hidden") else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGS + hidden, headless=not headed
        )
        device = playwright.devices["Pixel 5"] if tool.endswith("mobile") else {}
        page = (
            browser.new_page(**device, no_viewport=True) if headed else browser.new_page(**device)
        )
        page.goto(url)
        handle, track = page.get_by_role("slider"), page.locator(".track")
        handle.wait_for()
        page.evaluate("() => document.querySelector('h1').textContent")
        knob, room = handle.bounding_box(), track.bounding_box()
        x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
        page.mouse.move(x - 120, y - 90)
        page.mouse.move(x, y, steps=12)
        page.mouse.down()
        page.mouse.move(room["x"] + room["width"] + 4, y, steps=24)
        page.mouse.up()
        page.locator("#done").wait_for(timeout=30_000)
        browser.close()


SPOOFS = """
Object.defineProperty(navigator, 'platform', {get: () => 'Win32'});
Object.defineProperty(navigator, 'language', {get: () => 'fr-FR'});
Object.defineProperty(navigator, 'hardwareConcurrency', {get: () => 16});
"""


def by_hand_made(url: str) -> None:
    """What is found in answers on the web: a few getters, a large window, leaps with the mouse."""
    from playwright.sync_api import sync_playwright

    args = [*ARGS, *HIDING, "--window-size=1920,1080"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        page = browser.new_page(locale="de-DE", no_viewport=True)
        page.add_init_script(SPOOFS)
        page.goto(url)
        handle, track = page.locator(".handle"), page.locator(".track")
        handle.wait_for()
        knob, room = handle.bounding_box(), track.bounding_box()
        x, y = round(knob["x"] + knob["width"] / 2), round(knob["y"] + knob["height"] / 2)
        page.mouse.click(20, 20)
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 31):
            page.mouse.move(round(x + (room["width"] + 30) * step / 30), y)
        page.mouse.up()
        page.locator("#done").wait_for(timeout=30_000)
        browser.close()


def by_selenium(url: str) -> None:
    from selenium import webdriver
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    options: Any = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for arg in (*ARGS, "--headless=new"):
        options.add_argument(arg)
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        driver.get(url)
        wait = WebDriverWait(driver, 30)
        handle = wait.until(lambda d: d.find_element("css selector", "[role=slider]"))
        driver.execute_script("return document.querySelector('h1').textContent")
        width = driver.find_element("css selector", ".track").size["width"]
        chain = ActionChains(driver).click_and_hold(handle).move_by_offset(width, 0).release()
        chain.perform()
        wait.until(lambda d: d.find_elements("css selector", "#done"))
    finally:
        driver.quit()


async def by_pydoll(url: str) -> None:
    from pydoll.browser.chromium import Chrome
    from pydoll.browser.options import ChromiumOptions

    options = ChromiumOptions()
    options.binary_location = CHROMIUM
    for arg in (*ARGS, "--headless=new"):
        options.add_argument(arg)
    async with Chrome(options) as browser:
        tab = await browser.start()
        await tab.go_to(url)
        handle = await tab.find(class_name="handle", timeout=30)
        track = await tab.find(class_name="track")
        knob, room = await handle.get_bounds_using_js(), await track.get_bounds_using_js()
        x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
        await tab.mouse.drag(x, y, room["x"] + room["width"] + 30, y, humanize=True)
        await tab.find(id="done", timeout=30)


if __name__ == "__main__":
    tool, url = sys.argv[1:]
    if tool == "pydoll":
        asyncio.run(by_pydoll(url))
    elif tool == "hand_made":
        by_hand_made(url)
    elif tool == "selenium":
        by_selenium(url)
    else:
        by_playwright(tool, url)
