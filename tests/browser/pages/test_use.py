"""Using the page: by mouse, keys and taps, in both directions of writing, and how it goes on."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.pages.conftest import Open
from tests.browser.pages.double import CSP, Double, endless, refused, work
from tests.browser.pages.test_states import NO_COOKIES, again

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE: dict[str, Any] = {
    "viewport": {"width": 320, "height": 640},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}


async def in_app(page: Page) -> None:
    await page.get_by_text("The app's page").wait_for()


async def ready(page: Page) -> None:
    await page.locator("[data-state=action]").wait_for()


async def worked(page: Page) -> None:
    """Until no worker has been there for a while: they end with the work."""
    idle = 0
    for _ in range(400):
        idle = 0 if page.workers else idle + 1
        if idle == 10:
            return
        await asyncio.sleep(0.03)
    raise AssertionError("the work does not end")


def answers(double: Double) -> list[Any]:
    return [body for endpoint, body in double.asked if endpoint == "answer"]


async def drag(page: Page, to: float = 1.0, *, rtl: bool = False) -> None:
    """Pull the handle to a share of its way, in moves of a few pixels."""
    handle = await page.get_by_role("slider").bounding_box()
    track = await page.locator(".track").bounding_box()
    assert handle and track
    y = handle["y"] + handle["height"] / 2
    start = handle["x"] + handle["width"] / 2
    half = handle["width"] / 2
    ends = (track["x"] + half, track["x"] + track["width"] - half)
    first, last = reversed(ends) if rtl else ends
    await page.mouse.move(start, y)
    await page.mouse.down()
    await page.mouse.move(first + (last - first) * to, y + 3, steps=12)
    await page.mouse.up()


# --- Ways to solve -------------------------------------------------------------------------


async def test_the_proof_is_sent_with_the_answer(double: Double, opened: Open) -> None:
    double.kind, double.work = "pow", work(number=3210, maxnumber=5000)
    page = await opened()
    await in_app(page)
    (body,) = answers(double)
    assert body["proof"] == {"number": 3210}
    assert (body["visit"], body["ticket"], body["answer"]) == ("sealed-visit", "ticket-1", None)
    assert body["signals"]["cookies"] is True


@pytest.mark.parametrize("number", [0, 4000])
async def test_the_first_and_the_last_number_count(
    number: int, double: Double, opened: Open
) -> None:
    double.kind, double.work = "pow", work(number, 4000)
    await in_app(await opened())
    assert answers(double)[0]["proof"] == {"number": number}


async def test_much_work_is_shared(double: Double, opened: Open) -> None:
    double.kind, double.work = "pow", work(1_234_567, 1_500_000)
    await in_app(await opened())
    assert answers(double)[0]["proof"] == {"number": 1_234_567}


async def test_without_workers_the_page_itself_works(double: Double, opened: Open) -> None:
    double.kind = "pow"
    double.csp = CSP.replace("worker-src 'self' blob:", "worker-src 'none'")
    await in_app(await opened(allowed=("worker",)))
    assert answers(double)[0]["proof"] == {"number": 1500}


async def test_no_work_is_no_proof(double: Double, opened: Open) -> None:
    double.kind, double.work = "wait", None
    page = await opened()
    await expect(page.get_by_role("timer")).to_be_visible()
    await in_app(page)
    assert answers(double)[0]["proof"] is None


async def test_beside_a_clock_no_bar_of_work_stands_still(double: Double, opened: Open) -> None:
    double.kind, double.work, double.view = "wait", work(4000, 5000), {"wait_s": 60}
    page = await opened()
    await expect(page.get_by_role("timer")).to_be_visible()
    # As long as the work takes.
    await page.evaluate("() => new Promise(done => setTimeout(done, 600))")
    await expect(page.get_by_role("progressbar")).to_be_hidden()


async def test_work_that_outlasts_the_clock_is_shown(double: Double, opened: Open) -> None:
    double.kind, double.work = "wait", endless()
    page = await opened()
    await expect(page.get_by_role("timer")).to_have_text("0 s")
    await expect(page.get_by_role("progressbar")).to_be_visible()


async def test_one_tap_by_touch(double: Double, opened: Open) -> None:
    page = await opened(**PHONE)
    await ready(page)
    await page.get_by_role("checkbox").tap()
    await in_app(page)
    assert answers(double)[0]["answer"] is True
    kinds = "".join(point[3] for point in answers(double)[0]["trace"])
    assert "d" in kinds and "u" in kinds


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_one_tap_by_keyboard(key: str, double: Double, opened: Open) -> None:
    page = await opened()
    await ready(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("checkbox")).to_be_focused()
    await page.keyboard.press(key)
    await in_app(page)
    assert {point[3] for point in answers(double)[0]["trace"]} == {"k"}


async def test_slider_by_mouse(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened()
    await ready(page)
    await drag(page)
    await in_app(page)
    body = answers(double)[0]
    assert body["answer"] == {"reached": 1, "steps": 0}
    assert sum(point[3] == "m" for point in body["trace"]) >= 12
    assert all(0 <= point[1] <= 1 and 0 <= point[2] <= 1 for point in body["trace"])


async def test_slider_from_right_to_left(double: Double, opened: Open) -> None:
    double.kind, double.dir = "slider", "rtl"
    page = await opened()
    await ready(page)
    before = await page.get_by_role("slider").bounding_box()
    await page.get_by_role("slider").press("ArrowLeft")
    await expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "29")
    await page.locator(".track").evaluate(
        "t => Promise.all(t.getAnimations({subtree: true}).map(a => a.finished)).then(() => 0)"
    )
    after = await page.get_by_role("slider").bounding_box()
    assert before and after and after["x"] < before["x"]
    await drag(page, rtl=True)
    await in_app(page)


async def test_slider_let_go_half_way_stays_and_goes_on(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened()
    await ready(page)
    await drag(page, 0.5)
    await expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "50")
    assert answers(double) == []
    await drag(page, 1.2)  # beyond the track is its end
    await in_app(page)


async def test_slider_by_touch(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(**PHONE)
    await ready(page)
    box = await page.get_by_role("slider").bounding_box()
    assert box and box["width"] >= 44 and box["height"] >= 44
    session = await page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2

    async def touch(kind: str, x: float | None = None) -> None:
        points = [] if x is None else [{"x": x, "y": y}]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await touch("touchStart", box["x"] + 20)
    for x in range(int(box["x"]) + 30, 320, 15):
        await touch("touchMove", x)
    await touch("touchEnd")
    await in_app(page)


@pytest.mark.parametrize("keys", [["End"], ["ArrowRight"] * 4, ["ArrowUp"] * 4, ["PageUp"] * 2])
async def test_slider_by_keyboard(keys: list[str], double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened()
    await ready(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("slider")).to_be_focused()
    for key in keys:
        await page.keyboard.press(key)
    await in_app(page)
    assert answers(double)[0]["answer"] == {"reached": 1, "steps": len(keys)}


async def test_slider_keys_go_back_too(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened()
    await ready(page)
    slider = page.get_by_role("slider")
    for key, value in (
        ("ArrowRight", "29"),
        ("ArrowLeft", "5"),
        ("ArrowRight", "29"),
        ("Home", "0"),
    ):
        await slider.press(key)
        await expect(slider).to_have_attribute("aria-valuenow", value)


async def test_slider_by_taps_alone(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(**PHONE)
    await ready(page)
    for _ in range(4):
        await page.locator(".step").tap()
    await in_app(page)
    assert answers(double)[0]["answer"] == {"reached": 1, "steps": 4}


async def test_slider_keeps_away_from_the_edge(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(**PHONE)
    await ready(page)
    box = await page.locator(".track").bounding_box()
    assert box and box["x"] >= 32 and box["x"] + box["width"] <= 320 - 32


async def test_targets_are_large_enough(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(**PHONE)
    await ready(page)
    for target in await page.locator("button:visible, [role=slider]").all():
        box = await target.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44


# --- Focus, buttons, states that follow ----------------------------------------------------


async def test_a_renewal_leaves_focus_where_it_is(double: Double, opened: Open) -> None:
    page = await opened(clock=True)
    await ready(page)
    await page.locator("summary").focus()
    await page.clock.fast_forward(116_000)
    await expect(page.get_by_role("status")).to_contain_text("This took a while")
    await expect(page.locator("summary")).to_be_focused()


async def test_a_renewal_gives_focus_to_the_like_control(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(clock=True)
    await ready(page)
    await worked(page)
    await page.locator(".step").focus()
    await page.clock.fast_forward(116_000)
    await expect(page.get_by_role("status")).to_contain_text("This took a while")
    await expect(page.locator(".step")).to_be_focused()
    asked = {"visit": "sealed-visit", "ticket": "ticket-1", "want": "new"}
    assert double.asked[-1][1] == asked | {"proof": {"number": 1500}}


async def test_loading_moves_no_focus(double: Double, opened: Open) -> None:
    page = await opened()
    await ready(page)
    assert await page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize(
    "kind, ways, wanted",
    [
        ("slider", ["accessible"], "accessible"),
        ("slider", ["another", "accessible"], "accessible"),
        ("slider", ["another"], "another"),
        ("pow", ["another", "accessible"], "another"),
        ("pow", ["accessible"], "accessible"),
    ],
)
async def test_another_way(
    kind: str, ways: list[str], wanted: str, double: Double, opened: Open
) -> None:
    double.kind, double.ways, double.work = kind, ways, endless()
    page = await opened()
    await page.locator("#another").click()
    await page.get_by_text("Here is another way.").wait_for()
    assert double.asked[-1][1]["want"] == wanted


async def test_no_other_way_no_button(double: Double, opened: Open) -> None:
    double.ways = []
    page = await opened()
    await ready(page)
    await expect(page.locator("#another")).to_be_hidden()
    await expect(page.locator("#listen")).to_be_hidden()


async def test_a_wrong_answer_is_followed_by_a_new_question(double: Double, opened: Open) -> None:
    double.answers.append(again("wrong") | {"challenge": double.challenge("slider")})
    page = await opened()
    await page.get_by_role("checkbox").click()
    await expect(page.get_by_role("alert")).to_have_text("Not quite. Here is a new one.")
    await drag(page)
    await in_app(page)
    assert [body["ticket"] for body in answers(double)] == ["ticket-2", "ticket-1"]


async def test_too_many_counts_down_and_goes_on_by_itself(double: Double, opened: Open) -> None:
    double.answers.append(refused("too_many", 40))
    page = await opened(clock=True)
    await page.get_by_role("checkbox").click()
    await expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(40|3\d) s$"))
    await page.clock.fast_forward(15_000)
    await expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(25|1\d|2[0-4]) s$"))
    await page.clock.fast_forward(26_000)
    await page.get_by_role("checkbox").click()
    await in_app(page)


async def test_too_early_waits_and_sends_the_same_again(double: Double, opened: Open) -> None:
    double.answers.append(refused("too_early", 1))
    page = await opened()
    await page.get_by_role("checkbox").click()
    await in_app(page)
    first, second = answers(double)
    assert first["ticket"] == second["ticket"]


async def test_offline_goes_on_when_the_network_is_back(double: Double, opened: Open) -> None:
    page = await opened(allowed=("ERR_INTERNET_DISCONNECTED",))
    await ready(page)
    await page.context.set_offline(True)
    while await page.evaluate("navigator.onLine"):  # the page hears of it a moment later
        await page.wait_for_timeout(20)
    await page.get_by_role("checkbox").click()
    await page.get_by_text("You seem to be offline.").wait_for()
    await page.context.set_offline(False)  # the `online` event ends the pause, else a timer
    await in_app(page)


async def test_a_dead_gate_is_tried_again(double: Double, opened: Open) -> None:
    double.failing = True
    page = await opened(allowed=("ERR_",))
    await page.get_by_role("checkbox").click()
    await page.get_by_text("The site does not answer just now.").wait_for()
    double.failing = False
    await in_app(page)
    assert len(answers(double)) >= 2


async def test_spent_answers_do_not_go_round_for_ever(double: Double, opened: Open) -> None:
    double.kind = "pow"
    double.answers.extend([refused("spent")] * 9)
    page = await opened()
    await page.locator("[data-state=old]").wait_for()
    assert len(answers(double)) == 4


async def test_an_old_answer_cannot_speak_into_a_new_question(double: Double, opened: Open) -> None:
    double.slow_s = 0.4
    page = await opened()
    await page.get_by_role("checkbox").click()
    await page.locator("#another").evaluate(
        "b => { b.removeAttribute('aria-disabled'); b.click(); }"
    )
    double.stays = True
    await page.get_by_text("Here is another way.").wait_for()
    await expect(page.locator("main")).to_have_attribute("data-state", "action")


# --- Going on ------------------------------------------------------------------------------


async def test_what_is_held_is_finished_by_one_field(double: Double, opened: Open) -> None:
    double.method = double.finish = "post"
    double.method = "POST"
    page = await opened("/page?a=1&b=%2F")
    await page.get_by_role("checkbox").click()
    await in_app(page)
    assert double.finished == [{"gateway_visit": "solved-visit"}]
    assert page.url == double.origin + "/page"


async def test_back_and_reload_send_the_real_body_never_again(double: Double, opened: Open) -> None:
    double.method, double.finish, double.asks_posts = "POST", "post", True
    double.sticks = False
    page = await opened("/app")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_role("checkbox").click()
    await in_app(page)
    assert double.finished == [{"real": "1"}, {"gateway_visit": "solved-visit"}]
    await page.go_back()
    await page.reload()
    await ready(page)
    assert [form for form in double.finished if "real" in form] == [{"real": "1"}]


async def test_who_reads_the_details_is_not_pulled_away(double: Double, opened: Open) -> None:
    double.kind, double.slow_s = "pow", 1
    page = await opened()
    await page.locator("summary").click()
    await page.get_by_text("Thank you. Go on whenever you like.").wait_for()
    await page.get_by_role("button", name="Open the page now").click()
    await in_app(page)


@pytest.mark.parametrize("url", ["https://elsewhere.example/x", "//elsewhere.example/x"])
async def test_no_reply_sends_the_visit_elsewhere(url: str, double: Double, opened: Open) -> None:
    double.finish = "post"
    page = await opened()
    solved = {"outcome": "solved", "finish": "post", "visit": "solved-visit", "url": url}
    double.answers.append(solved)
    await page.get_by_role("checkbox").click()
    await in_app(page)
    assert double.finished == [{"gateway_visit": "solved-visit"}]
    assert page.url == double.origin + "/page"


async def test_cookies_blocked_a_page_is_finished_by_post(double: Double, opened: Open) -> None:
    double.sticks = False
    page = await opened(script=NO_COOKIES)
    await page.get_by_role("checkbox").click()
    await in_app(page)
    assert double.finished == [{"gateway_visit": "solved-visit"}]
    assert answers(double)[0]["signals"]["cookies"] is False


async def test_a_button_appears_when_going_on_takes_long(double: Double, opened: Open) -> None:
    double.stays = True
    page = await opened(clock=True)
    await page.get_by_role("checkbox").click()
    await page.locator("[data-state=success]").wait_for()
    await page.clock.fast_forward(1_000)
    await expect(page.get_by_role("button", name="Open the page now")).to_be_hidden()
    await page.clock.fast_forward(2_500)
    double.stays = False
    await page.get_by_role("button", name="Open the page now").click()
    await in_app(page)


@pytest.mark.parametrize("storage", [True, False])
async def test_three_passes_that_do_not_stick_stop_it(
    storage: bool, double: Double, opened: Open
) -> None:
    double.kind, double.sticks = "pow", False
    broken = "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error() }})"
    page = await opened(script="" if storage else broken)
    await page.get_by_role("heading", name="You passed, but it did not last").wait_for()
    assert len(answers(double)) == 3
    assert double.asked[-1] == ("loop", {"why": "other"})
    double.sticks = True
    await page.get_by_role("button", name="Try again").click()
    await in_app(page)


async def test_posts_in_a_row_are_no_loop(double: Double, opened: Open) -> None:
    """A visitor who votes four times in ten minutes solves four times, and rightly."""
    double.kind, double.finish, double.method, double.sticks = "pow", "post", "POST", False
    page = await opened(clock=True)
    await in_app(page)
    for _ in range(4):
        await page.clock.fast_forward(10_000)
        await page.goto(double.origin + "/page")
        await in_app(page)
    assert len(double.finished) == 5


async def test_the_trace_is_bounded(double: Double, opened: Open) -> None:
    page = await opened()
    await ready(page)
    await page.evaluate(
        "for (let i = 0; i < 900; i++) dispatchEvent(new PointerEvent('pointermove', {clientX: i}))"
    )
    await page.get_by_role("checkbox").click()
    await in_app(page)
    body = answers(double)[0]
    assert len(body["trace"]) == 500
    assert body["signals"]["untrusted"] >= 900


async def test_no_key_is_recorded(double: Double, opened: Open) -> None:
    page = await opened()
    await ready(page)
    await page.keyboard.type("secret")
    await page.get_by_role("checkbox").press("Enter")
    await in_app(page)
    points = answers(double)[0]["trace"]
    assert len(points) >= 6 and all(point[1:] == [0, 0, "k"] for point in points)


async def test_reduced_motion(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(reduced_motion="reduce")
    await ready(page)
    style = "e => getComputedStyle(e).transitionDuration"
    assert await page.get_by_role("slider").evaluate(style) == "0s"


async def test_forced_colours_keep_the_handle(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(forced_colors="active")
    await ready(page)
    colour = "e => getComputedStyle(e).backgroundColor"
    handle = await page.get_by_role("slider").evaluate(colour)
    assert handle != await page.locator(".track").evaluate(colour)


async def test_the_screen_reader_hears_where_the_handle_is(double: Double, opened: Open) -> None:
    double.kind = "slider"
    page = await opened(locale="zh-CN")
    await ready(page)
    slider = page.get_by_role("slider", name="滑块：请拖到末端")
    await slider.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuetext", "百分之 29")
