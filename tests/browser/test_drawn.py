"""Real Chromium, a real gate and its makers: toll, picture, answer, and what was sent goes on."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, expect

from gateway import kinds
from gateway.keys import load_keys
from gateway.tokens import open_ticket
from tests.browser.acts import SLOW_MS, click_box
from tests.browser.conftest import gate_before, module_fixture
from tests.browser.kinds import hands
from tests.gatekeeper import GateProcess
from tests.recorder import Line, Recorder, Seen, reply_bytes
from tests.test_pictures import scraped

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDS = {
    "gobang": hands.cells,
    "icon": hands.points,
    "match": hands.cells,
    "nine": hands.choose,
    "phrase": hands.points,
    "puzzle": hands.carry,
    "restore": hands.cells,
    "rotate": hands.turn,
    "view": hands.choose,
    "word": hands.points,
}
PARTS = {"puzzle": ".piece", "rotate": ".dial"}  # that only its control has
WRONG: dict[str, Callable[[Any], Any]] = {  # of what is right
    "puzzle": lambda places: places[::-1],
    "rotate": lambda turns: [(turn + 0.5) % 1 for turn in turns],
}
DRAWN = [name for name, kind in kinds.load().items() if kind.drawn]


def route(name: str, *ladder: str | list[str], **more: object) -> dict[str, Any]:
    """What a driven browser betrays is no matter here."""
    match = {"method": "POST", "path": f"/{name}"}
    settings = {"name": name, "match": match, "ladder": list(ladder), "work": 5000}
    return settings | {"refuse_above": 1} | more


ROUTES = [
    *(route(kind, kind) for kind in DRAWN),
    route("either", ["puzzle", "rotate"], accessible="never"),
]
FORM = b"""<!doctype html><title>A form</title><form method=post>
<input name=a value=1><button>Send</button></form>"""
DONE = b"<!doctype html><title>Done</title>It has come"


async def app(seen: Seen, line: Line) -> None:
    await line.send(reply_bytes(DONE if seen.method == "POST" else FORM))


@module_fixture
async def gate(
    tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
) -> AsyncIterator[GateProcess]:
    recorder.answer = app
    folder = tmp_path_factory.mktemp("drawn")
    answers = {"answers": {"answers": 100_000, "accessible": 100_000}}
    async with gate_before(
        recorder.url, folder, ROUTES, stock={"items": 6}, limits=answers
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Any, gate: GateProcess, recorder: Recorder) -> Any:
    recorder.forget()
    recorder.answer = app
    await stocked(gate)
    context = await browser.new_context(base_url=gate.url, viewport={"width": 700, "height": 900})
    yield context
    await context.close()


async def stocked(gate: GateProcess) -> None:
    """With a picture of each kind, or a busy machine's visitor may get work in its place."""
    async with asyncio.timeout(SLOW_MS / 1000):
        for kind in DRAWN:
            while not await scraped(gate, f'gateway_stock_items{{kind="{kind}"}}'):
                await asyncio.sleep(0.2)


class Told:
    """The questions that a page got, in order: replies are read on their way."""

    def __init__(self) -> None:
        self.questions: list[dict[str, Any]] = []

    async def watch(self, context: BrowserContext) -> None:
        await context.route("**/_gateway/challenge", self._pass)
        await context.route("**/_gateway/answer", self._pass)

    async def other_than(self, before: dict[str, Any]) -> dict[str, Any]:
        """The next question with a picture: a toll may come before it."""
        async with asyncio.timeout(SLOW_MS / 1000):
            while (last := self.questions[-1]) is before or not last["view"]:
                await asyncio.sleep(0.05)
        return last

    async def _pass(self, route: Route) -> None:
        response = await route.fetch()
        body = await response.json()
        if "challenge" in body:
            self.questions.append(body["challenge"])
        await route.fulfill(response=response)


def seen_in(gate: GateProcess, challenge: dict[str, Any]) -> Any:
    """What a person sees in the picture: the ticket says it to who has the gate's keys."""
    ticket = open_ticket(load_keys(Path(gate.folder) / "keys"), challenge["ticket"])
    assert ticket is not None
    return importlib.import_module(f"tests.kinds.test_{ticket.kind}").solve(ticket.secret)


async def send_form(page: Page, path: str) -> None:
    await page.goto(path)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".stage").first).to_be_visible(timeout=SLOW_MS)


async def arrived(page: Page, recorder: Recorder, path: str) -> None:
    await expect(page.locator("body")).to_contain_text("It has come", timeout=SLOW_MS)
    (seen,) = recorder.of("POST", path)
    assert bytes(seen.body) == b"a=1"


@pytest.mark.parametrize("kind", DRAWN)
async def test_a_visit(
    kind: str, context: BrowserContext, gate: GateProcess, recorder: Recorder
) -> None:
    told = Told()
    await told.watch(context)
    page = await context.new_page()
    await send_form(page, f"/{kind}")
    (question,) = told.questions
    await HANDS[kind](page, question["view"], seen_in(gate, question), "mouse")
    await arrived(page, recorder, f"/{kind}")


async def test_new_one_then_wrong_then_right(
    context: BrowserContext, gate: GateProcess, recorder: Recorder
) -> None:
    told = Told()
    await told.watch(context)
    page = await context.new_page()
    await send_form(page, "/restore")
    await page.locator("#new").click()
    await expect(page.get_by_role("status")).to_contain_text("new one", timeout=SLOW_MS)
    wrong = told.questions[-1]
    await HANDS["restore"](page, wrong["view"], seen_in(gate, wrong)[::-1], "mouse")
    await expect(page.get_by_role("alert")).to_contain_text("Not quite", timeout=SLOW_MS)
    right = told.questions[-1]
    assert len({json.dumps(question["view"]) for question in told.questions}) == 3
    await HANDS["restore"](page, right["view"], seen_in(gate, right), "mouse")
    await arrived(page, recorder, "/restore")


async def test_kinds_of_one_step_stand_in_for_each_other(
    context: BrowserContext, gate: GateProcess, recorder: Recorder
) -> None:
    """One at a wish, and the other again when it was answered wrongly."""
    told = Told()
    await told.watch(context)
    page = await context.new_page()
    await send_form(page, "/either")
    first = told.questions[-1]
    await page.locator("#another").click()
    wished = await told.other_than(first)
    await expect(page.locator(PARTS[wished["kind"]]).first).to_be_visible(timeout=SLOW_MS)
    wrong = WRONG[wished["kind"]](seen_in(gate, wished))
    await HANDS[wished["kind"]](page, wished["view"], wrong, "mouse")
    await expect(page.get_by_role("alert")).to_contain_text("Not quite", timeout=SLOW_MS)
    asked = await told.other_than(wished)
    await expect(page.locator(PARTS[asked["kind"]]).first).to_be_visible(timeout=SLOW_MS)
    assert {first["kind"], wished["kind"]} == {"puzzle", "rotate"}
    assert asked["kind"] == first["kind"]
    await HANDS[asked["kind"]](page, asked["view"], seen_in(gate, asked), "mouse")
    await arrived(page, recorder, "/either")


async def test_the_accessible_way(
    context: BrowserContext, gate: GateProcess, recorder: Recorder
) -> None:
    page = await context.new_page()
    await send_form(page, "/view")
    await page.locator("#another").click()
    await click_box(page)
    await arrived(page, recorder, "/view")
