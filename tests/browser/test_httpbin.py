"""Real Chromium before httpbin: every way through a challenge, and the app hears of it once."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Error, Page, async_playwright, expect

from tests.browser import acts
from tests.browser.acts import SLOW_MS
from tests.browser.conftest import ARGS, CHROMIUM, DRIVEN, gate_before, module_fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORK = 1000
ROUTES = [
    {
        "name": "page",
        "match": {"method": "GET", "path": "/get"},
        "ladder": ["pow"],
        "work": WORK,
        "refuse_above": 1,  # the hand is a driver's
    },
    {
        "name": "form",
        "match": {"method": "POST", "path": "/post"},
        "ladder": ["slider"],
        "work": WORK,
        "refuse_above": 1,  # the hand is a driver's
    },
    {
        "name": "call",
        "match": {"method": ["PUT", "PATCH"], "path": ["/put", "/patch"]},
        "ladder": ["one_click"],
        "work": WORK,
        "refuse_above": 1,  # the hand is a driver's
    },
    {
        "name": "once",
        "match": {"method": "DELETE", "path": "/delete"},
        "ladder": ["one_click"],
        "pass": {"uses": 1},
        "work": WORK,
        "refuse_above": 1,  # the hand is a driver's
    },
    {
        "name": "wait",
        "match": {"method": "POST", "path": "/anything/**"},
        "ladder": ["slider"],
        "pass": {"uses": 1},
        "no_javascript": "wait",
        "work": WORK,
        "refuse_above": 1,  # the hand is a driver's
    },
]
MANY = {"answers": {"answers": 100_000, "accessible": 100_000}}


@module_fixture
async def gate(httpbin, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate")
    async with gate_before(httpbin.url, folder, ROUTES, limits=MANY) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser, gate, httpbin):
    httpbin.forget()
    context = await browser.new_context(base_url=gate.url)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context):
    return await context.new_page()


async def shown(page: Page) -> dict:
    """The JSON that httpbin answered, once it is there."""
    await expect(page.locator("body")).to_contain_text('"url"', timeout=SLOW_MS)
    return json.loads(await page.locator("body").inner_text())


async def send_form(page: Page) -> None:
    """httpbin's own form page, filled in and sent."""
    await page.goto("/forms/post")
    await page.fill("[name=custname]", "Zoë")
    await page.get_by_role("button").click()


async def test_get(page, httpbin):
    await page.goto("/get?q=%C3%AB")
    assert (await shown(page))["args"] == {"q": "ë"}
    assert httpbin.count("GET /get") == 1


async def test_form_by_mouse(page, httpbin):
    await send_form(page)
    assert httpbin.count("POST /post") == 0
    await acts.drag(page)
    said = await shown(page)
    assert said["form"]["custname"] == "Zoë"
    assert said["headers"]["Referer"].endswith("/forms/post")
    assert httpbin.count("POST /post") == 1


async def test_form_by_keyboard(page, httpbin):
    await send_form(page)
    await acts.press_keys(page)
    assert (await shown(page))["form"]["custname"] == "Zoë"
    assert httpbin.count("POST /post") == 1


@pytest.mark.parametrize("way", [acts.tap_steps, acts.touch_drag])
async def test_form_by_touch(browser, gate, httpbin, way):
    httpbin.forget()
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    context = await browser.new_context(base_url=gate.url, device_scale_factor=3, **phone)
    page = await context.new_page()
    await send_form(page)
    await way(page)
    assert (await shown(page))["form"]["custname"] == "Zoë"
    assert httpbin.count("POST /post") == 1
    await context.close()


async def test_five_mebibytes(page, httpbin, tmp_path: Path):
    data = hashlib.shake_128(b"file").digest(5 * 2**20)
    file = tmp_path / "photo.bin"
    file.write_bytes(data)
    await page.goto("/forms/post")
    await page.evaluate(
        """() => { document.body.innerHTML = `<form method=post action=/post
        enctype=multipart/form-data><input type=file name=photo><button>Send</button></form>`; }"""
    )
    await page.set_input_files("[name=photo]", file)
    await page.get_by_role("button", name="Send").click()
    await acts.drag(page)
    await expect(page.locator("body")).to_contain_text('"url"', timeout=SLOW_MS)
    said = json.loads(await page.evaluate("document.body.innerText"))
    arrived = base64.b64decode(said["files"]["photo"].partition("base64,")[2])
    assert hashlib.sha256(arrived).hexdigest() == hashlib.sha256(data).hexdigest()
    assert httpbin.count("POST /post") == 1


async def test_back_reload_forward(page, httpbin):
    await send_form(page)
    await acts.drag(page)
    await shown(page)
    await page.reload()
    await page.wait_for_load_state()
    assert httpbin.count("POST /post") == 1
    await page.go_back()
    await page.wait_for_load_state()
    assert httpbin.count("POST /post") == 1
    with contextlib.suppress(Error):  # "confirm form resubmission", which nobody here can confirm
        await page.go_forward()
    with contextlib.suppress(Error):
        await page.reload()
    await page.wait_for_timeout(500)
    assert httpbin.count("POST /post") == 1


async def test_two_tabs(context, httpbin):
    first, second = await context.new_page(), await context.new_page()
    await send_form(first)
    await send_form(second)
    await expect(first.get_by_role("slider")).to_be_visible(timeout=SLOW_MS)
    await second.bring_to_front()
    await acts.drag(second)
    await shown(second)
    await first.bring_to_front()
    if await first.get_by_role("slider").count():  # it may have gone on by the other's pass
        await acts.drag(first)
    await shown(first)
    assert httpbin.count("POST /post") == 2


CALL = """([method, url]) => { window.said = null;
  fetch(url, {method, headers: {'X-Own': 'kept'}, body: JSON.stringify({a: 1})})
    .then(async (reply) => window.said = [reply.status, await reply.json()]); }"""


@pytest.mark.parametrize("method, path", [("PUT", "/put"), ("DELETE", "/delete")])
async def test_fetch_with_the_widget(page, httpbin, method, path):
    await page.goto("/forms/post")
    await page.add_script_tag(url="/_gateway/gateway.js")
    await page.evaluate(CALL, [method, path])
    await acts.click_box(page, page.frame_locator("dialog iframe"))
    await page.wait_for_function("window.said", timeout=SLOW_MS)
    status, said = await page.evaluate("window.said")
    assert (status, said["json"], said["headers"]["X-Own"]) == (200, {"a": 1}, "kept")
    assert httpbin.count(f"{method} {path}") == 1
    await expect(page.locator("dialog")).to_have_count(0)


async def test_fetch_without_the_widget_gets_nowhere(page, httpbin):
    await page.goto("/forms/post")
    status = await page.evaluate("fetch('/put', {method: 'PUT'}).then((reply) => reply.status)")
    assert status == 403
    assert httpbin.count("PUT /put") == 0


async def test_a_driven_browser_is_stopped(httpbin, tmp_path):
    """The right answer by a browser that says a program drives it: the form goes nowhere."""
    httpbin.forget()
    [form] = [route for route in ROUTES if route["name"] == "form"]
    usual = {name: value for name, value in form.items() if name != "refuse_above"}
    before = gate_before(httpbin.url, tmp_path, [usual], limits=MANY)
    async with before as gate, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=DRIVEN)
        page = await browser.new_page(base_url=gate.url)
        await send_form(page)
        await acts.drag(page)
        await expect(page.locator("main")).to_have_attribute(
            "data-state", "blocked", timeout=SLOW_MS
        )
        await browser.close()
    assert httpbin.count("POST /post") == 0


async def test_without_javascript_there_is_a_wait(browser, gate, httpbin):
    httpbin.forget()
    context = await browser.new_context(base_url=gate.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/forms/post")
    form = "<form method=post action=/anything/x><input name=a value=1><button>Send</button></form>"
    await page.route(
        "**/forms/post", lambda route: route.fulfill(body=form, content_type="text/html")
    )
    await page.goto("/forms/post")
    await page.get_by_role("button").click()
    await page.get_by_role("button", name="I have waited").click()
    await expect(page.locator("h1")).to_contain_text("early")
    assert httpbin.count("POST /anything/x") == 0
    await page.wait_for_timeout(15_500)
    await page.get_by_role("button", name="I have waited").click()
    await page.get_by_role("button").click()
    assert (await shown(page))["form"] == {"a": "1"}
    assert httpbin.count("POST /anything/x") == 1
    await context.close()


async def test_with_cookies_blocked(gate, httpbin, tmp_path: Path):
    """A held form needs none, and a page is finished like one: once, and asked for again next."""
    httpbin.forget()
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"profile": {"default_content_setting_values": {"cookies": 2}}}))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path), executable_path=CHROMIUM, args=ARGS, base_url=gate.url
        )
        page = await context.new_page()
        await send_form(page)
        await acts.drag(page)
        assert (await shown(page))["form"]["custname"] == "Zoë"
        assert httpbin.count("POST /post") == 1
        await page.goto("/get?q=1")
        assert (await shown(page))["args"] == {"q": "1"}
        assert httpbin.count("GET /get") == 1
        assert await context.cookies() == []
        await context.close()
