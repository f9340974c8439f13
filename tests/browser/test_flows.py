"""Real Chromium through the flows: by chance, as the app signed, in two rounds, and only probed."""

from __future__ import annotations

import asyncio
import hmac
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.browser import acts
from tests.browser.acts import SLOW_MS
from tests.browser.conftest import CHROMIUM, DRIVEN, gate_before, module_fixture
from tests.browser.kinds import hands
from tests.browser.test_drawn import Told, seen_in
from tests.gatekeeper import GateProcess
from tests.recorder import Line, Recorder, Seen, reply_bytes

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "7618a1cfd379b9c7ef753c2a24cdf02b"
# Whatever the signals make of a driven browser: what is asked is what is tested here.
POST: dict[str, Any] = {"work": 1000, "memory": "none", "refuse_above": 1}
ROUTES = [
    {"name": "chance", "flow": "multiple", "ladder": ["one_click", "slider"], **POST},
    {
        "name": "named",
        "flow": "fusion",
        "ladder": ["one_click", "slider"],
        "fusion": {"key": KEY, "field": "risk_type"},
        **POST,
    },
    {
        "name": "twice",
        "rounds": 2,
        "ladder": [{"kind": "slider", "max_risk": 0.9999}, "nine"],
        **POST,
    },
    {"name": "probed", "flow": "probe"},
]
MANY = {"answers": {"answers": 100_000, "accessible": 100_000}}
MARKS = ("Risk", "Model-Probability", "Web-Simulator")


def signed(kind: str) -> str:
    """As the app's server does it for each form it renders."""
    msg = "|".join((kind, str(time.time()), uuid.uuid4().hex))
    return "|".join((msg, hmac.new(KEY.encode(), msg.encode(), "SHA256").hexdigest()))


async def app(seen: Seen, line: Line) -> None:
    """A form, in which it names a kind and loads our script; and what it was told of the post."""
    if seen.method == "POST":
        told = [f"{name}={seen.get(f'x-gateway-{name.lower()}')}" for name in MARKS]
        text = f"<!doctype html><title>Done</title><p>It has come<p id=told>{' '.join(told)}"
    else:
        kind = seen.target.rpartition(b"?")[2].decode()
        text = f"""<!doctype html><title>A form</title>
<script src="/_gateway/gateway.js" data-probe></script>
<form method=post action="{seen.target.partition(b"?")[0].decode()}"><input name=a value=1>
<input type=hidden name=risk_type value="{signed(kind)}"><p><button>Send</button></form>"""
    await line.send(reply_bytes(text.encode()))


@module_fixture
async def gate(
    tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
) -> AsyncIterator[GateProcess]:
    recorder.answer = app
    folder = tmp_path_factory.mktemp("flows")
    routes = [{"match": {"method": "POST", "path": f"/{r['name']}"}, **r} for r in ROUTES]
    async with gate_before(recorder.url, folder, routes, limits=MANY) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Any, gate: GateProcess, recorder: Recorder) -> AsyncIterator[Page]:
    recorder.forget()
    recorder.answer = app
    context = await browser.new_context(base_url=gate.url)
    yield await context.new_page()
    await context.close()


async def send(page: Page, path: str) -> None:
    await page.goto(path)
    await page.get_by_role("button", name="Send").click()


async def arrived(page: Page) -> None:
    await expect(page.locator("body")).to_contain_text("It has come", timeout=SLOW_MS)


async def test_chance(page: Page) -> None:
    await send(page, "/chance")
    control = page.get_by_role("checkbox").or_(page.get_by_role("slider"))
    await expect(control).to_be_visible(timeout=SLOW_MS)
    if await page.get_by_role("checkbox").count():
        await acts.click_box(page)
    else:
        await acts.drag(page)
    await arrived(page)


async def test_the_app_names_the_kind(page: Page, recorder: Recorder) -> None:
    await send(page, "/named?ai")
    await acts.click_box(page)
    await arrived(page)
    await send(page, "/named?slider")  # the pass of the weaker one does not serve it
    await acts.drag(page)
    await arrived(page)
    assert len(recorder.of("POST", "/named")) == 2
    await page.go_back()
    await send(page, "/named?icon")
    await expect(page.locator("h1")).to_contain_text("cannot be checked", timeout=SLOW_MS)


async def test_two_rounds_by_keys_alone(page: Page, gate: GateProcess, recorder: Recorder) -> None:
    told = Told()
    await told.watch(page.context)
    await send(page, "/twice")
    await acts.press_keys(page)
    await expect(page.get_by_role("status")).to_contain_text("One more", timeout=SLOW_MS)
    await expect(page.locator(".stage").first).to_be_visible(timeout=SLOW_MS)
    question = told.questions[-1]
    assert question["kind"] == "nine"
    await hands.choose(page, question["view"], seen_in(gate, question), "keys")
    await arrived(page)
    assert len(recorder.of("POST", "/twice")) == 1


async def test_the_second_round_in_the_accessible_way(page: Page, recorder: Recorder) -> None:
    await send(page, "/twice")
    await acts.press_keys(page)
    await expect(page.get_by_role("status")).to_contain_text("One more", timeout=SLOW_MS)
    await expect(page.locator(".control")).to_be_visible(timeout=SLOW_MS)
    assert recorder.of("POST", "/twice") == []
    other = page.locator("#another")
    for _ in range(20):
        if await other.evaluate("e => e === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    box = page.get_by_role("checkbox")
    await expect(box).to_be_visible(timeout=SLOW_MS)
    await box.focus()
    await page.keyboard.press("Space")
    await arrived(page)
    assert len(recorder.of("POST", "/twice")) == 1


async def told(page: Page) -> dict[str, str]:
    await arrived(page)
    text = await page.locator("#told").inner_text()
    return dict(pair.split("=") for pair in text.split())


async def test_a_probed_page_tells_the_app_of_its_visitor(page: Page) -> None:
    async with page.expect_response("**/_gateway/probe") as first:
        await page.goto("/probed")
    assert (await first.value).status == 204
    for x, y in ((90, 80), (130, 95), (160, 120), (210, 118), (240, 160), (300, 170)):
        await page.mouse.move(x, y, steps=7)
    async with page.expect_response("**/_gateway/probe"):
        await page.wait_for_timeout(1700)
    await page.get_by_role("button", name="Send").click()
    seen = await told(page)
    assert seen["Model-Probability"] in "01"  # paths were heard
    assert seen["Web-Simulator"] in "01"
    assert 0.0 <= float(seen["Risk"]) <= 1.0


async def test_a_form_that_is_sent_at_once_brings_marks(page: Page) -> None:
    """No timer runs on this page: what is reported is told when it is known, and with the form."""
    await page.clock.install()
    await page.clock.pause_at(datetime.now(UTC) + timedelta(days=1))
    async with page.expect_response("**/_gateway/probe"):
        await page.goto("/probed")
    button = page.get_by_role("button", name="Send")
    await button.hover()
    async with page.expect_request("**/_gateway/probe") as second:
        await button.click()
    assert (await second.value).method == "POST"
    seen = await told(page)
    assert seen["Web-Simulator"] in "01"
    assert 0.0 <= float(seen["Risk"]) <= 1.0


async def test_a_driven_browser_is_marked(gate: GateProcess, recorder: Recorder) -> None:
    recorder.answer = app
    async with async_playwright() as playwright:
        plain = await playwright.chromium.launch(executable_path=CHROMIUM, args=DRIVEN)
        page = await (await plain.new_context(base_url=gate.url)).new_page()
        async with page.expect_response("**/_gateway/probe"):
            await page.goto("/probed")
        await page.get_by_role("button", name="Send").click()
        seen = await told(page)
        await plain.close()
    assert (seen["Web-Simulator"], float(seen["Risk"]) > 0.9) == ("1", True)


async def test_without_the_script_nothing_is_said(page: Page, gate: GateProcess) -> None:
    await page.route("**/_gateway/gateway.js", lambda route: route.abort())
    await send(page, "/probed")
    seen = await told(page)
    assert (seen["Model-Probability"], seen["Web-Simulator"]) == ("None", "None")
    await asyncio.sleep(0.1)
    record = [each for each in gate.records("decision") if each["path"] == "/probed"][-1]
    assert not {"model_probability", "web_simulator", "ip_overtime"} & set(record)
