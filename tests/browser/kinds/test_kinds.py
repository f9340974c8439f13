"""Every drawn kind in the page: made, shown, solved in four ways, found right by its own check."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from playwright.async_api import expect

from gateway import kinds
from tests.browser.kinds import hands
from tests.browser.kinds.views import VIEWS
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double
from tests.browser.pages.test_states import violations
from tests.browser.pages.test_use import PHONE
from tests.kinds.test_contract import solver

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = kinds.load()
DRAWN = sorted(name for name, kind in KINDS.items() if kind.drawn)
ACTS: Mapping[str, Any] = {
    **dict.fromkeys(("word", "phrase", "icon"), hands.points),
    **dict.fromkeys(("view", "nine"), hands.choose),
    **dict.fromkeys(("restore", "gobang", "match"), hands.cells),
    "puzzle": hands.carry,
    "rotate": hands.turn,
}
every_drawn_kind = pytest.mark.parametrize("name", DRAWN)
LEAST_CELL_PX = 24  # WCAG 2.5.8, of boards; other targets have 44


async def test_every_drawn_kind_is_tried() -> None:
    assert set(DRAWN) <= set(ACTS)


@every_drawn_kind
async def test_made_up_views_are_shaped_like_those_made(name: str) -> None:
    """So that what is tested of a control is what a kind asks of it."""
    made = KINDS[name].make(Random(1), KINDS[name].params())
    assert set(VIEWS[name]) == set(made.view)


async def shown(name: str, seed: int, double: Double, opened: Open, **options: Any) -> Any:
    made = KINDS[name].make(Random(seed), KINDS[name].params())
    double.kind, double.view = name, dict(made.view)
    page = await opened(**options)
    await hands.ready(page)
    return page, made


@pytest.mark.parametrize("way", hands.WAYS)
@every_drawn_kind
async def test_a_hand_solves_it(name: str, way: str, double: Double, opened: Open) -> None:
    options = PHONE if way in ("touch", "taps") else {}
    page, made = await shown(name, hands.WAYS.index(way), double, opened, **options)
    await ACTS[name](page, made.view, solver(name)(made.secret), way)
    answer = (await hands.answered(page, double))["answer"]
    verdict = KINDS[name].check(made.secret, answer)
    assert verdict.ok, (verdict, answer, made.secret)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@every_drawn_kind
async def test_it_is_shown_in_full(name: str, locale: str, double: Double, opened: Open) -> None:
    page, _ = await shown(name, 7, double, opened, locale=locale, **PHONE)
    pictures = "Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth)))"
    assert min(await page.evaluate(pictures)) > 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []
    cells = await page.locator(".cell").evaluate_all(
        "all => all.map(e => Math.min(e.offsetWidth, e.offsetHeight))"
    )
    assert min(cells, default=LEAST_CELL_PX) >= LEAST_CELL_PX
    shapes = """() => [...document.querySelectorAll(".control img")].map((i) =>
      [i.naturalWidth / i.naturalHeight, i.clientWidth / i.clientHeight])"""
    for drawn, seen in await page.evaluate(shapes):  # nothing is stretched
        assert drawn == pytest.approx(seen, rel=0.04)
    await expect(page.locator("#another")).to_be_visible()
