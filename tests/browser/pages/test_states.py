"""Every state of the page: its words, no fault that axe can find, no sideways scrolling."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Frame, Page

from gateway.files import data_dir
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double, endless, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE = (Path(__file__).parents[2] / "js/node_modules/axe-core/axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TEXTS: Mapping[str, Any] = {
    lang: json.loads((data_dir("templates") / "texts" / f"{lang}.json").read_text("utf-8"))
    for lang in ("en", "zh")
}
NO_COOKIES = "Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}})"
LOOPED = (
    "sessionStorage.setItem('gateway_loops_shop_register',"
    " JSON.stringify({count: 3, at_ms: Date.now(), finish: 'reload'}))"
)

Act = Callable[[Page, Double], Awaitable[None]]


async def nothing(page: Page, double: Double) -> None:
    """The state comes by itself."""


async def tap(page: Page, double: Double) -> None:
    await page.get_by_role("checkbox").click()


async def go_offline(page: Page, double: Double) -> None:
    await page.context.set_offline(True)
    await tap(page, double)


async def press_new(page: Page, double: Double) -> None:
    await page.locator("#new").click()


def after(seconds: float) -> Act:
    async def forward(page: Page, double: Double) -> None:
        await page.locator("[data-state=action], [data-state=working]").wait_for()
        await page.clock.fast_forward(int(seconds * 1000))

    return forward


@dataclass(frozen=True)
class State:
    """How a state is reached, and what it says: keys of the catalogue's section `page`."""

    state: str
    says: tuple[str, ...]
    set: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None
    act: Act = nothing
    path: str = "/page"
    open: Mapping[str, Any] = field(default_factory=dict)
    vars: Mapping[str, object] = field(default_factory=dict)


def again(reason: str) -> dict[str, Any]:
    return {"outcome": "again", "reason": reason}


def owed() -> dict[str, Any]:
    """Work once more, after a right answer that no hand gave."""
    asked = {"ticket": "owed", "kind": "pow", "view": {}, "drawn": False, "work": endless()}
    rest = {"expires_in_s": 120, "ways": [], "rung": 0}
    return again("work") | {"challenge": asked | rest}


UNSAFE = {"method": "POST", "finish": "reload"}
STATES: Mapping[str, State] = {
    "loading": State("loading", ("loading", "why"), {"hanging": frozenset({"page.js"})}),
    "one_click": State("action", ("why", "new", "another", "details")),
    "slider": State("action", ("why", "new", "another", "details"), {"kind": "slider"}),
    "held": State("action", ("why_held",), {"method": "POST", "finish": "post"}),
    "working": State("working", ("working", "another"), {"kind": "pow", "work": endless()}),
    "invisible": State("working", ("working",), {"kind": "invisible", "work": endless()}),
    "wait": State("working", ("working",), {"kind": "wait", "work": endless()}),
    "toll": State(
        "working", ("toll", "another"), {"kind": "puzzle", "drawn": True, "work": endless()}
    ),
    "slow_toll": State(
        "working",
        ("slow", "another"),
        {"kind": "puzzle", "drawn": True, "work": endless()},
        act=after(8.1),
        open={"clock": True},
    ),
    "slow": State(
        "working",
        ("slow", "another"),
        {"kind": "pow", "work": endless()},
        act=after(8.1),
        open={"clock": True},
    ),
    "verifying": State("verifying", ("verifying",), {"work": endless()}, act=tap),
    "sending": State("verifying", ("verifying",), {"slow_s": 30}, act=tap),
    "wrong": State("action", ("wrong",), answer=again("wrong"), act=tap),
    "malformed": State("action", ("malformed",), answer=again("malformed"), act=tap),
    "late": State("action", ("expired",), answer=again("expired"), act=tap),
    "more": State("action", ("more",), answer=again("more"), act=tap),
    "owed": State("working", ("work",), answer=owed(), act=tap),
    "spent": State("action", ("spent",), answer=refused("spent"), act=tap),
    "exchanged": State("action", ("exchanged",), act=press_new),
    "expired": State("action", ("expired",), act=after(116), open={"clock": True}),
    "too_many": State(
        "too_many", ("too_many_title", "too_many"), answer=refused("too_many", 30), act=tap,
        vars={"n": 30},
    ),
    "offline": State("offline", ("offline",), act=go_offline, open={"allowed": ("net::ERR_",)}),
    "unavailable": State(
        "offline", ("unavailable",), {"failing": True}, act=tap, open={"allowed": ("net::ERR_",)}
    ),
    "store_down": State(
        "verifying", ("unavailable",), answer=refused("unavailable", 30), act=tap
    ),
    "store_full": State(
        "verifying", ("full",), answer=refused("full", 30), act=tap
    ),
    "cookies": State(
        "cookies",
        ("cookies_title", "cookies", "cookies_1", "cookies_2", "cookies_3", "reload"),
        UNSAFE,
        open={"script": NO_COOKIES},
    ),
    "iframe": State(
        "iframe",
        ("iframe_title", "iframe", "iframe_open"),
        UNSAFE,
        path="/framing",
        open={"script": NO_COOKIES},
    ),
    "old": State("old", ("old_title", "old", "reload"), answer=refused("expired"), act=tap),
    "unreadable": State(
        "old", ("old_title", "old", "reload"), answer=refused("unreadable"), act=tap
    ),
    "blocked": State(
        "blocked", ("blocked_title", "blocked", "try_again"), answer=refused("blocked"), act=tap
    ),
    "loop": State(
        "loop", ("loop_title", "loop", "loop_other", "loop_help", "try_again"),
        open={"script": LOOPED}, vars={"n": 3},
    ),
    "loop_cookies": State(
        "loop", ("loop_title", "loop_cookies"), open={"script": LOOPED + ";" + NO_COOKIES}
    ),
    "loop_clock": State(
        "loop",
        ("loop_title", "loop_clock"),
        {"behind_s": 600},
        open={"script": LOOPED},
        vars={"n": 10},
    ),
    "failed": State(
        "failed", ("script_title", "script", "reload"), {"broken": frozenset({"page.js"})},
        open={"allowed": ("Failed to load",)},
    ),
    "kind_missing": State(
        "failed", ("script_title", "script"), {"broken": frozenset({"one_click.js"})},
        open={"allowed": ("Failed to fetch dynamically",)},
    ),
    "success": State("success", ("success_title", "success"), {"stays": True}, act=tap),
    "noscript": State("loading", ("noscript_title", "noscript"), {"plain": True}),
    "noscript_wait": State(
        "loading", ("noscript_title", "noscript_wait", "noscript_go"),
        {"plain": True, "wait": {"ticket": "wait-ticket", "seconds": 15}}, vars={"n": 15},
    ),
    "continue": State("success", ("finish_title", "finish", "finish_go"), path="/continue"),
    "frame": State("action", ("why_frame", "details"), path="/_gateway/frame#visit=sealed"),
    "frame_lost": State("old", ("frame_title", "frame_lost"), path="/_gateway/frame"),
}  # fmt: skip


async def reach(state: State, double: Double, opened: Open, **options: Any) -> Page | Frame:
    scope: Page | Frame | None
    for name, value in state.set.items():
        setattr(double, name, value)
    if state.answer is not None:
        answer = dict(state.answer)
        if answer["outcome"] == "again" and "challenge" not in answer:
            answer["challenge"] = double.challenge()
        double.answers.append(answer)
    page = await opened(state.path, **state.open, **options)
    if state.path == "/framing":
        scope = await (await page.locator("iframe").element_handle()).content_frame()
        assert scope is not None
    else:
        scope = page
    if state.act is not nothing:
        await scope.locator("[data-state=action], [data-state=working]").wait_for()
        await state.act(page, double)
    await scope.locator(f"main[data-state={state.state}]").wait_for()
    return scope


def words(lang: str, key: str, state: State) -> str:
    text = str(TEXTS[lang]["page"][key])
    for name, value in {"site": "Example Shop", **state.vars}.items():
        text = text.replace("{" + name + "}", str(value))
    return text


async def violations(scope: Page | Frame) -> list[str]:
    await scope.evaluate(AXE)
    found = await scope.evaluate(
        "tags => axe.run({runOnly: tags}).then(r => r.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; ')))",
        TAGS,
    )
    return list(found)


SETTLED = """Promise.all(document.getAnimations()
  .filter(a => isFinite(a.effect.getComputedTiming().endTime))
  .map(a => a.finished)).then(() => null)"""


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", STATES)
async def test_state(name: str, lang: str, double: Double, opened: Open) -> None:
    state = STATES[name]
    locale = {"en": "en-GB", "zh": "zh-CN"}[lang]
    scope = await reach(state, double, opened, locale=locale)
    for key in state.says:
        text = words(lang, key, state)
        await scope.get_by_text(text, exact=True).filter(visible=True).first.wait_for()
    page = scope if isinstance(scope, Page) else scope.page
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await scope.evaluate(SETTLED)
        assert await violations(scope) == [], scheme
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


DENIED = [key.removesuffix("_title") for key in TEXTS["en"]["denied"] if key.endswith("_title")]


@pytest.mark.parametrize("reason", DENIED)
async def test_denied(reason: str, double: Double, opened: Open) -> None:
    page = await opened(f"/denied/{reason}")
    await page.wait_for_load_state()
    for lang in ("en", "zh"):
        double.lang = lang
        await page.reload()
        texts = TEXTS[lang]["denied"]
        assert await page.locator("h1").inner_text() == texts[f"{reason}_title"]
        assert await page.locator(".why").inner_text() == texts[reason]
        assert "0199-7d3e-5a41" in await page.locator("main").inner_text()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "path", ["maybe_delivered?visit=x", "app_unreachable?visit=x", "app_timeout", "denied"]
)
async def test_denied_layout(path: str, lang: str, double: Double, opened: Open) -> None:
    page = await opened(f"/denied/{path}", locale=lang, viewport={"width": 320, "height": 640})
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_unknown_reasons_have_words(double: Double, opened: Open) -> None:
    page = await opened("/denied/never_heard_of")
    assert await page.locator("h1").inner_text() == TEXTS["en"]["denied"]["default_title"]


async def test_without_javascript(double: Double, opened: Open) -> None:
    double.wait = {"ticket": "wait-ticket", "seconds": 15}
    page = await opened(java_script_enabled=False)
    title = page.locator("noscript h1")  # text selectors leave out what is in <noscript>
    assert await title.inner_text() == TEXTS["en"]["page"]["noscript_title"]
    assert await page.locator("h1").filter(visible=True).count() == 1
    form = page.locator("noscript form")
    assert await form.get_attribute("action") == "/_gateway/wait"
    values = {
        await field.get_attribute("name"): await field.get_attribute("value")
        for field in await form.locator("input").all()
    }
    assert values == {"visit": "sealed-visit", "ticket": "wait-ticket"}


async def test_nothing_shows_for_the_first_moment(double: Double, opened: Open) -> None:
    double.hanging = frozenset({"page.js"})
    page = await opened()
    shown = (
        "ms => {const main = document.querySelector('main'); main.style.animation = 'none';"
        " main.getAnimations(); main.style.animation = '';"  # anew: it may be over by now
        " const a = main.getAnimations()[0];"
        " a.pause(); a.currentTime = ms; return getComputedStyle(a.effect.target).opacity}"
    )
    styled = "getComputedStyle(document.querySelector('main')).animationName !== 'none'"
    await page.wait_for_function(styled)  # the page was opened no further than its first bytes
    assert [await page.evaluate(shown, ms) for ms in (0, 299, 600)] == ["0", "0", "1"]


async def test_large_text_fits_a_small_screen(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(viewport={"width": 320, "height": 640})
    await page.locator("[data-state=action]").wait_for()
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
