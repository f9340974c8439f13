"""gateway.js in an app: its calls meet a challenge over the page and go on by themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, expect

from gateway.trace import features
from tests.browser.pages.conftest import Open
from tests.browser.pages.double import Double

pytestmark = pytest.mark.asyncio(loop_scope="module")

FETCH = """async ([path, init]) => {
  const response = await fetch(path, init);
  return [response.status, await response.json()];
}"""
XHR = """([path, {method = "GET", body, headers = {}, type = ""}]) => new Promise((resolve) => {
  const heard = [];
  const call = new XMLHttpRequest();
  window.call = call;
  call.onreadystatechange = () => heard.push(call.readyState);
  for (const name of ["load", "loadend", "abort", "error"])
    call.addEventListener(name, () => heard.push(name));
  call.addEventListener("loadend", () => {
    const json = type === "json" ? call.response : call.status && JSON.parse(call.responseText);
    resolve([call.status, json, heard]);
  });
  call.open(method, path);
  call.responseType = type;
  for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
  call.send(body);
})"""
MARKED = {"method": "POST", "body": "a=1", "headers": {"X-Mark": "kept"}}
HEARD = [1, 2, 3, 4, "load", "loadend"]


def overlay(page: Page) -> FrameLocator:
    return page.frame_locator("dialog iframe")


async def begin(page: Page, script: str, path: str = "/api", init: Any = None) -> None:
    """Start a call; `result` tells how it ended."""
    await page.wait_for_load_state()
    await page.evaluate(
        f"args => {{ window.result = ({script})(args).catch(e => [0, e.name]); }}",
        [path, init or {}],
    )


async def result(page: Page) -> Any:
    async with asyncio.timeout(10):
        return await page.evaluate("() => window.result")


async def solve(page: Page) -> None:
    await overlay(page).get_by_role("checkbox").click()


@pytest.mark.parametrize("script", [FETCH, XHR], ids=["fetch", "xhr"])
async def test_a_call_is_repeated_once_with_all_of_it(
    script: str, double: Double, opened: Open
) -> None:
    page = await opened("/app")
    await begin(page, script, init=MARKED)
    await solve(page)
    assert (await result(page))[:2] == [200, {"marked": "kept"}]
    assert double.calls == [("POST", "a=1")]
    await expect(page.locator("dialog")).to_have_count(0)
    assert double.asked[0] == ("challenge", {"visit": "sealed-visit", "want": "new"})


async def test_a_request_object_with_a_blob(double: Double, opened: Open) -> None:
    page = await opened("/app")
    script = """async () => {
      const form = new FormData();
      form.append("file", new Blob(["0123456789".repeat(1000)]), "f.txt");
      const reply = await fetch(new Request("/api", {method: "PUT", body: form}));
      return [reply.status];
    }"""
    await begin(page, script)
    await solve(page)
    assert await result(page) == [200]
    ((method, body),) = double.calls
    assert method == "PUT" and body.count("0123456789") == 1000


@pytest.mark.parametrize("kind", ["", "json"])
async def test_a_listener_hears_of_one_reply_only(kind: str, double: Double, opened: Open) -> None:
    page = await opened("/app")
    await begin(page, XHR, init={"type": kind})
    await solve(page)
    assert await result(page) == [200, {"marked": ""}, HEARD]


@pytest.mark.parametrize("script", [FETCH, XHR], ids=["fetch", "xhr"])
async def test_what_the_gate_holds_is_finished(script: str, double: Double, opened: Open) -> None:
    double.finish, double.extra = "post", {"target": "/api"}
    page = await opened("/app")
    await begin(page, script, init=MARKED)
    await solve(page)
    assert (await result(page))[:2] == [200, {"held": True}]
    assert double.finished == [{"gateway_visit": "solved-visit"}]
    assert double.calls == []


@pytest.mark.parametrize("script", [FETCH, XHR], ids=["fetch", "xhr"])
@pytest.mark.parametrize("how", ["inside", "outside", "button"])
async def test_closed_the_app_gets_the_original_reply(
    how: str, script: str, double: Double, opened: Open
) -> None:
    page = await opened("/app")
    await page.locator("#go").focus()
    await begin(page, script)
    await overlay(page).get_by_role("checkbox").wait_for()
    if how == "inside":
        await overlay(page).get_by_role("checkbox").press("Escape")
    elif how == "outside":
        await page.locator("dialog").press("Escape")
    else:
        await page.get_by_role("button", name="Close").click()
    status, problem = (await result(page))[:2]
    assert (status, problem["visit"]) == (403, "sealed-visit")
    await expect(page.locator("#go")).to_be_focused()
    if script is XHR:
        assert (await result(page))[2] == [1, 4, "load", "loadend"]


@pytest.mark.parametrize("script", [FETCH, XHR], ids=["fetch", "xhr"])
async def test_other_replies_pass_untouched(script: str, double: Double, opened: Open) -> None:
    page = await opened("/app")
    await begin(page, script, "/plain403")
    assert (await result(page))[:2] == [403, {"no": "challenge"}]
    assert double.asked == []


async def test_the_call_is_repeated_once_only(double: Double, opened: Open) -> None:
    double.sticks = False
    page = await opened("/app")
    await begin(page, FETCH)
    await solve(page)
    assert (await result(page))[0] == 403
    await expect(page.locator("dialog")).to_have_count(0)


async def test_calls_at_once_share_one_check(double: Double, opened: Open) -> None:
    page = await opened("/app")
    script = """async () => Promise.all(["GET", "POST", "PUT"].map(
        async (method) => (await fetch("/api", {method})).status))"""
    await begin(page, script)
    await overlay(page).get_by_role("checkbox").wait_for()
    await expect(page.locator("dialog")).to_have_count(1)
    await solve(page)
    assert await result(page) == [200, 200, 200]
    assert [endpoint for endpoint, _ in double.asked] == ["challenge", "answer"]


async def test_abort_closes_the_check(double: Double, opened: Open) -> None:
    page = await opened("/app")
    script = """async () => {
      window.stop = new AbortController();
      return [(await fetch("/api", {signal: window.stop.signal})).status];
    }"""
    await begin(page, script)
    await overlay(page).get_by_role("checkbox").wait_for()
    await page.evaluate("stop.abort()")
    assert await result(page) == [0, "AbortError"]
    await expect(page.locator("dialog")).to_have_count(0)


async def test_abort_of_a_waiting_xhr(double: Double, opened: Open) -> None:
    page = await opened("/app")
    await begin(page, XHR)
    await overlay(page).get_by_role("checkbox").wait_for()
    await page.evaluate("call.abort()")
    assert (await result(page))[2] == [1, "abort", "loadend"]
    await expect(page.locator("dialog")).to_have_count(0)


async def test_a_synchronous_xhr_is_left_alone(double: Double, opened: Open) -> None:
    page = await opened("/app")
    await page.wait_for_load_state()
    status = await page.evaluate(
        "() => { const c = new XMLHttpRequest(); c.open('GET', '/api', false); c.send();"
        " return c.status; }"
    )
    assert status == 403
    await expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    "script",
    [
        "postMessage({gateway: 'solved', finish: 'post', visit: 'forged', url: '/api'}, '*')",
        "document.body.append(Object.assign(document.createElement('iframe'), {srcdoc:"
        " `<script>parent.postMessage({gateway: 'solved', finish: 'post', visit: 'forged',"
        " url: '/api'}, '*')</script>`}))",
    ],
    ids=["the page itself", "another frame"],
)
async def test_others_cannot_say_it_is_solved(script: str, double: Double, opened: Open) -> None:
    page = await opened("/app")
    await begin(page, FETCH)
    await overlay(page).get_by_role("checkbox").wait_for()
    await page.evaluate(script)
    await page.wait_for_timeout(200)
    await expect(page.locator("dialog")).to_have_count(1)
    await solve(page)
    assert (await result(page))[0] == 200
    assert double.finished == []


async def test_another_origin_in_the_frame_is_not_believed(double: Double, opened: Open) -> None:
    page = await opened("/app", allowed=("localhost",))
    await begin(page, FETCH)
    await overlay(page).get_by_role("checkbox").wait_for()
    forger = double.origin.replace("127.0.0.1", "localhost") + "/forger"
    await page.evaluate("url => { document.querySelector('iframe').src = url; }", forger)
    await overlay(page).get_by_text("forged").wait_for()
    await page.get_by_role("button", name="Close").click()
    assert (await result(page))[0] == 403
    assert double.finished == []


async def test_a_page_that_lies_about_its_origin_hears_nothing(
    double: Double, opened: Open
) -> None:
    page = await opened("/app", allowed=("postMessage",))
    await page.wait_for_load_state()
    await page.evaluate(
        """() => {
          window.heard = [];
          addEventListener("message", (event) => heard.push(event.data));
          const frame = document.createElement("iframe");
          frame.src = "/_gateway/frame#visit=x&origin=https%3A%2F%2Felsewhere.example";
          document.body.append(frame);
        }"""
    )
    await page.frame_locator("iframe").get_by_role("checkbox").click()
    await page.frame_locator("iframe").get_by_text("Thank you.").wait_for()
    assert await page.evaluate("heard") == []


@pytest.mark.parametrize("known", [False, True])
async def test_a_window_tells_nothing_to_strangers(
    double: Double, opened: Open, known: bool
) -> None:
    """Or any page could open one with a visit of its own, and have its visitors solve it."""
    other = double.origin.replace("127.0.0.1", "localhost")
    double.extra = {"origins": [other] if known else []}
    page = await opened("/app", allowed=("postMessage", "localhost"))
    await page.goto(f"{other}/app")
    url = f"{double.origin}/_gateway/frame#visit=x&origin={other}"
    async with page.expect_popup() as popup:
        await page.evaluate(
            """url => {
              window.heard = [];
              addEventListener("message", (event) => heard.push(event.data.gateway));
              window.open(url, "_blank");
            }""",
            url,
        )
    window = await popup.value
    async with window.expect_event("close"):
        await window.get_by_role("checkbox").click()
    assert ("solved" in await page.evaluate("heard")) == known


async def test_where_frames_are_forbidden_a_window_opens(double: Double, opened: Open) -> None:
    double.app_csp = "default-src 'self'; frame-src 'none'; style-src 'none'"
    page = await opened("/app", allowed=("frame-src", "Framing"))
    await begin(page, FETCH)
    async with page.expect_popup() as popup:
        await page.get_by_role("button", name="Open it in a window").click()
    window = await popup.value
    await window.get_by_role("checkbox").click()
    assert await result(page) == [200, {"marked": ""}]
    assert window.is_closed() or await window.wait_for_event("close") is not None


async def test_the_dialog_keeps_the_focus_and_fits_a_phone(double: Double, opened: Open) -> None:
    page = await opened("/app", viewport={"width": 320, "height": 640})
    await begin(page, FETCH)
    await overlay(page).get_by_role("checkbox").wait_for()
    for _ in range(8):
        await page.keyboard.press("Tab")
        inside = "() => document.activeElement !== document.querySelector('#go')"
        assert await page.evaluate(inside)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inner = page.frames[1]
    assert await inner.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_included_twice_wraps_once(double: Double, opened: Open) -> None:
    page = await opened("/app")
    await page.wait_for_load_state()
    again = """async () => {
      const before = window.fetch;
      const script = document.createElement("script");
      script.src = "/_gateway/gateway.js";
      await new Promise((done) => { script.onload = done; document.head.append(script); });
      return window.fetch === before;
    }"""
    assert await page.evaluate(again)


async def test_the_hand_before_the_check_is_heard(double: Double, opened: Open) -> None:
    """What the pointer did on the app's page goes with the answer; of keys nothing does."""
    page = await opened("/app")
    await page.mouse.move(10, 20)
    await page.mouse.move(300, 200, steps=300)
    await page.keyboard.press("a")
    await begin(page, FETCH, init=MARKED)
    await solve(page)
    assert (await result(page))[0] == 200
    (answer,) = [body for endpoint, body in double.asked if endpoint == "answer"]
    before = answer["before"]
    assert before["inner"] == await page.evaluate("() => [innerWidth, innerHeight]")
    assert len(before["trace"]) == 200
    assert {(point[3], point[4]) for point in before["trace"]} == {("m", "m")}
    assert not features(before["trace"]).malformed


async def test_only_the_page_that_opened_it_is_heard(double: Double, opened: Open) -> None:
    page = await opened("/app")
    await begin(page, FETCH, init=MARKED)
    await overlay(page).get_by_role("checkbox").wait_for()
    stranger = (
        "frame.srcdoc = `<script>parent.frames[0].postMessage({gateway: 'before',"
        " trace: 'stranger', inner: 1}, '*')</script>`"
    )
    await page.evaluate(
        "() => new Promise((go) => { const frame = document.createElement('iframe');"
        f" frame.onload = go; {stranger}; document.body.append(frame); }})"
    )
    await solve(page)
    assert (await result(page))[0] == 200
    (answer,) = [body for endpoint, body in double.asked if endpoint == "answer"]
    assert answer["before"]["trace"] != "stranger"
