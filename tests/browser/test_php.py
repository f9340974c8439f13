"""Real Chromium before a PHP form page: the app's own counters and digests say what arrived."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser import acts
from tests.browser.acts import SLOW_MS
from tests.browser.conftest import gate_before, module_fixture
from tests.gatekeeper import GateProcess
from tests.servers import redis_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTER = {
    "name": "register",
    "match": {"path": "/form.php", "form": {"do": "register"}},
    "params": "php",
    "ladder": ["slider"],
    "work": 1000,
    "refuse_above": 1,  # the hand is a driver's: what goes on is what is tested here
}
ONCE = {**REGISTER, "ladder": ["one_click"], "pass": {"uses": 1}}


class Balancer:
    """One address before several gates, as a load balancer: TCP connections, to where `to` says."""

    def __init__(self, to: GateProcess) -> None:
        self.to = to
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def turn(self, to: GateProcess) -> None:
        """From now on every request goes to another gate."""
        self.to = to
        for writer in list(self._open):
            writer.transport.abort()

    async def stop(self) -> None:
        self.server.close()
        self.turn(self.to)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to.port)
        self._open |= {writer, back}
        await asyncio.gather(_copy(reader, back), _copy(there, writer))
        self._open -= {writer, back}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()


@module_fixture
async def gate(php, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate")
    async with gate_before(php.url, folder, [REGISTER]) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser, gate, php):
    php.forget()
    context = await browser.new_context(base_url=gate.url)
    yield await context.new_page()
    await context.close()


async def register(page: Page, file: Path | None = None, url: str = "/form.php") -> None:
    await page.goto(url)
    if file is not None:
        await page.set_input_files("[name=document]", file)
    await page.click("#send")


async def test_five_mebibytes(page, php, tmp_path: Path):
    data = hashlib.shake_128(b"document").digest(5 * 2**20)
    file = tmp_path / "résumé.pdf"
    file.write_bytes(data)
    await register(page, file)
    await expect(page.get_by_role("slider")).to_be_visible(timeout=SLOW_MS)
    assert php.count("register") == 0
    await acts.drag(page)
    await expect(page.locator("#sha256")).to_have_text(
        hashlib.sha256(data).hexdigest(), timeout=SLOW_MS
    )
    assert await page.locator("#size").inner_text() == str(len(data))
    assert await page.locator("#name").inner_text() == "Zoë"
    assert php.count("register") == 1


async def test_the_session_of_the_app_goes_on(page, php):
    await page.goto("/form.php")
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}
    await page.click("#send")
    await acts.press_keys(page)
    await expect(page.locator("#session")).to_have_text(cookies["PHPSESSID"], timeout=SLOW_MS)


async def test_back_reload_forward(page, php):
    await register(page)
    await acts.drag(page)
    await expect(page.locator("#count")).to_have_text("1", timeout=SLOW_MS)
    await page.reload()
    await expect(page.locator("main")).to_contain_text("Already", timeout=SLOW_MS)
    await page.go_back()
    await expect(page.locator("#send")).to_be_visible(timeout=SLOW_MS)
    assert php.count("register") == 1
    await page.click("#send")  # a new registration, by the pass
    await expect(page.locator("#count")).to_have_text("2", timeout=SLOW_MS)


@pytest.mark.parametrize("routes", [[REGISTER], [ONCE]], ids=["pass", "single use"])
async def test_two_gates_on_one_redis(browser, php, tmp_path: Path, routes):
    """The question from one gate, the answer and the finish at the other."""
    php.forget()
    with redis_server(tmp_path) as redis:
        same = {"store": redis.url, "keys": str(tmp_path / "keys")}
        async with (
            gate_before(php.url, tmp_path, routes, "one", **same) as one,
            gate_before(php.url, tmp_path, routes, "two", **same) as two,
        ):
            balancer = Balancer(one)
            await balancer.start()
            context = await browser.new_context(base_url=balancer.url)
            page = await context.new_page()
            await register(page)
            control = "checkbox" if routes == [ONCE] else "slider"
            await expect(page.get_by_role(control)).to_be_visible(timeout=SLOW_MS)
            balancer.turn(two)
            await (acts.click_box(page) if routes == [ONCE] else acts.drag(page))
            await expect(page.locator("#count")).to_have_text("1", timeout=SLOW_MS)
            assert two.records("answer")
            assert not one.records("answer")
            await context.close()
            await balancer.stop()
    assert php.count("register") == 1
