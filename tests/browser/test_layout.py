"""Chromium lays boxes out as gateway/layout.py says, on screens and pages of every sort."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from gateway.files import data_dir
from gateway.layout import DRAWS, draw_named, is_right
from tests.browser.conftest import browser as browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEDS = 40
SCRIPT = (data_dir("templates") / "layout.js").read_text().replace("export function", "function")
PAGE = """<!doctype html><html dir=rtl><style>* {{ box-sizing: border-box; padding: 3px;
margin: 5px; min-width: 9px; {zoom} }} div {{ display: inline-block; writing-mode: vertical-rl }}
</style><body style="direction: rtl; writing-mode: vertical-rl">Text"""


@pytest.mark.parametrize(
    "scale, zoom", [(1, ""), (1.25, ""), (2.625, ""), (1, "border: 2px solid")]
)
@pytest.mark.parametrize("name", sorted(DRAWS))
async def test_boxes_lie_where_they_must(browser: Any, name: str, scale: float, zoom: str) -> None:
    drawn = [draw_named(name, Random(seed)) for seed in range(SEEDS)]
    page = await browser.new_page(device_scale_factor=scale)
    await page.set_content(PAGE.format(zoom=zoom))
    told = await page.evaluate(
        f"trees => {{ {SCRIPT}; return laid(trees) }}", [t for t, _ in drawn]
    )
    await page.close()
    wrong = [
        (tree, box, said)
        for (tree, box), said in zip(drawn, told, strict=True)
        if not is_right([box], [said])
    ]
    assert wrong == []
