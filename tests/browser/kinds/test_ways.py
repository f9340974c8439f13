"""Each control solved by mouse, finger, keys alone and taps alone, down to the answer as sent."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double
from tests.browser.pages.test_use import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST_PX = 2.6  # between where a hand went and what is sent: half a step of a key

POINTS = {
    "word": [(0.3, 0.3), (0.8, 0.6), (0.1, 0.9)],
    "phrase": [(0.04, 0.05), (0.96, 0.06), (0.5, 0.5), (0.3, 0.96)],
    "icon": [(0.6, 0.2), (0.2, 0.2), (0.7, 0.8)],
}


async def solved(kind: str, way: str, double: Double, opened: Open, act: Any, answer: Any) -> Any:
    double.kind, double.view = kind, VIEWS[kind]
    page = await opened(**(PHONE if way in ("touch", "taps") else {}))
    await hands.ready(page)
    width = (await hands.rect(page.locator(".stage").first))["width"]
    double.slow_s = 0.8 if way == "mouse" else 0
    await act(page, VIEWS[kind], answer, way)
    if way == "mouse":
        assert not await changes(page)
    body = await hands.answered(page, double)
    told = "".join(point[3] for point in body["trace"])
    if way == "keys":
        # Under a pointer that lies still the page may move, which Chromium tells as a move.
        assert "k" in told and set(told) <= {"k", "m"}
    else:
        assert told.count("d") >= 1 and "k" not in told
    return body["answer"], width


async def changes(page: Page) -> bool:
    """Whether anything still moves by whatever is pressed, when the answer has been given."""
    control = page.locator(".control.is-over")
    before = await control.inner_html()
    await control.evaluate(
        """control => {
          for (const e of control.querySelectorAll("button, [tabindex]")) {
            e.click();
            for (const key of ["ArrowRight", "Enter", "Backspace", "Escape"]) {
              e.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
          }
        }"""
    )
    return await control.inner_html() != before


def near(sent: Any, wanted: Any, width: float, aspect: float) -> bool:
    return len(sent) == len(wanted) and all(
        abs(x - u) * width <= MOST_PX and abs(y - v) * width / aspect <= MOST_PX
        for (x, y), (u, v) in zip(sent, wanted, strict=True)
    )


@pytest.mark.parametrize("way", hands.WAYS)
@pytest.mark.parametrize("kind", POINTS)
async def test_points(kind: str, way: str, double: Double, opened: Open) -> None:
    answer = POINTS[kind]
    sent, width = await solved(kind, way, double, opened, hands.points, answer)
    assert near(sent, answer, width, VIEWS[kind]["aspect"]), sent


@pytest.mark.parametrize("way", hands.WAYS)
async def test_carry(way: str, double: Double, opened: Open) -> None:
    answer = [(0.7, 0.3), (0.2, 0.55)]
    sent, width = await solved("puzzle", way, double, opened, hands.carry, answer)
    assert near(sent, answer, width, VIEWS["puzzle"]["aspect"]), sent


@pytest.mark.parametrize("way", hands.WAYS)
@pytest.mark.parametrize(
    "kind, answer", [("view", [5, 1]), ("view", [0, 0]), ("nine", [2, 3, 8])], ids=str
)
async def test_choose(kind: str, answer: Any, way: str, double: Double, opened: Open) -> None:
    sent, _ = await solved(kind, way, double, opened, hands.choose, answer)
    assert sent == answer


@pytest.mark.parametrize("way", hands.WAYS)
@pytest.mark.parametrize(
    "kind, answer",
    [("restore", [4, 0, 1, 5, 3, 2]), ("gobang", [31, 2]), ("match", [14, 20]), ("match", [9, 8])],
    ids=str,
)
async def test_cells(kind: str, answer: Any, way: str, double: Double, opened: Open) -> None:
    sent, _ = await solved(kind, way, double, opened, hands.cells, answer)
    assert sent == answer


@pytest.mark.parametrize("way", hands.WAYS)
async def test_turn(way: str, double: Double, opened: Open) -> None:
    answer = [0.25, 0.875]
    sent, _ = await solved("rotate", way, double, opened, hands.turn, answer)
    assert sent == pytest.approx(answer, abs=0.5 / 72), sent
