"""A browser that uploads 50 MiB to where it is refused shows the page, and no reset."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import module_fixture
from tests.fidelity.ways import gated
from tests.gatekeeper import GateProcess
from tests.recorder import Line as AppLine
from tests.recorder import Recorder, Seen, reply_bytes

SIZE = 50 * 2**20
FORM = b"""<!doctype html><title>Upload</title><form method=post enctype=multipart/form-data>
<input type=file name=f><button>Send</button></form>"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def form(seen: Seen, line: AppLine) -> None:
    await line.send(reply_bytes(FORM))


@module_fixture
async def gate(
    tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
) -> AsyncIterator[GateProcess]:
    recorder.answer = form
    closed = {"name": "closed", "match": {"method": "POST", "path": "/closed"}, "action": "deny"}
    limits = {"wire": {"body": "51MiB"}}
    folder = tmp_path_factory.mktemp("uploads")
    async with gated(
        folder, recorder.url, mode="enforce", routes=[closed], limits=limits
    ) as running:
        yield running


@module_fixture
async def page(browser: Browser, gate: GateProcess) -> AsyncIterator[Page]:
    page = await browser.new_page()
    yield page
    await page.close()


@pytest.mark.parametrize(
    ("target", "size", "status"),
    [("/register", SIZE, 403), ("/closed", SIZE, 403), ("/large", 60 * 2**20, 413)],
)
async def test_fetch_sees_the_status(
    page: Page, gate: GateProcess, target: str, size: int, status: int
) -> None:
    await page.goto(gate.url)
    script = """async ([target, size]) => {
        const body = new Blob([new Uint8Array(size)]);
        return (await fetch(target, {method: "POST", body})).status;
    }"""
    assert await page.evaluate(script, [target, size]) == status


@pytest.mark.parametrize(
    ("target", "size", "status", "shown"),
    [
        ("/register", SIZE, 403, "body"),  # solved by itself, the browser sends its own copy again
        ("/closed", SIZE, 403, "h1"),
        ("/large", 60 * 2**20, 413, "text=too large"),
    ],
)
async def test_a_form_shows_the_page(
    page: Page,
    gate: GateProcess,
    recorder: Recorder,
    tmp_path: Path,
    target: str,
    size: int,
    status: int,
    shown: str,
) -> None:
    file = tmp_path / "file"
    with file.open("wb") as sink:
        sink.truncate(size)
    await page.goto(gate.url + target)
    await page.set_input_files("input", file)
    async with page.expect_navigation(wait_until="commit") as navigation:
        await page.click("button")
    reply = await navigation.value
    assert reply is not None
    assert reply.status == status
    await page.wait_for_selector(shown, state="attached")
    assert target == "/register" or not recorder.of("POST", target)
    await page.goto("about:blank")
