"""Whole visits through a real gate, without a browser: from the question to the app's reply."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.parse
from contextlib import AsyncExitStack

import aiohttp
import pytest

from gateway.gate import LOG_DELAY_S
from tests.conftest import forgetful_app, gates, one_gate, one_visitor
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORK = 1000  # the least a route may ask: tests need the path, not the wait

PAGE = {
    "name": "page",
    "match": {"method": "GET", "path": "/private/**"},
    "ladder": ["pow"],
    "work": WORK,
}
FORM = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["pow"],
    "work": WORK,
}
SMS = {
    "name": "sms",
    "match": {"method": "POST", "path": "/sms"},
    "ladder": ["one_click"],
    "pass": {"uses": 1},
    "work": WORK,
}
LADDER = {
    "name": "ladder",
    "match": {"method": "POST", "path": "/ladder"},
    "ladder": [{"kind": "invisible", "max_risk": 0.3}, "slider"],
    "work": WORK,
}
VOTE_BY_GET = {
    "name": "vote",
    "match": {"method": "GET", "path": "/vote"},
    "ladder": ["pow"],
    "pass": {"uses": 1, "spend": "all"},
    "work": WORK,
}
THRICE = {
    "name": "thrice",
    "match": {"path": "/thrice"},
    "ladder": ["pow"],
    "pass": {"uses": 3},
    "work": WORK,
}
MANY = {"answers": {"answers": 100_000}}  # all tests are one neighbour
ROUTES = [PAGE, FORM, SMS, LADDER, VOTE_BY_GET, THRICE]


def multipart(size_bytes: int) -> tuple[bytes, str]:
    """A form with a file of every byte value, as a browser writes it."""
    file = bytes(range(256)) * (size_bytes // 256)
    body = (
        b'--Xy9\r\nContent-Disposition: form-data; name="name"\r\n\r\nZo\xc3\xab\r\n'
        b'--Xy9\r\nContent-Disposition: form-data; name="document"; filename="r\xe9sum\xe9.pdf"'
        b"\r\nContent-Type: application/pdf\r\n\r\n" + file + b"\r\n--Xy9--\r\n"
    )
    return body, "multipart/form-data; boundary=Xy9"


gate = one_gate(ROUTES, limits=MANY)
app = forgetful_app()
visitor = one_visitor()


async def test_what_no_route_concerns_passes(app, gate, visitor):
    reply = await visitor.get("/a/../b//c?x=%zz&")
    assert reply.status == 200
    assert app.seen[0].target == b"/a/../b//c?x=%zz&"
    assert not {name for name in app.seen[0].names() if name.startswith("x-gateway")}


async def test_page_is_met_solved_and_seen(app, gate, visitor):
    met = await visitor.get("/private/a?q=1")
    assert met.challenged
    assert app.seen == []
    solved = await visitor.solve(met.page)
    assert solved["finish"] == "reload"
    seen = await visitor.finish(solved)
    assert seen.status == 200
    assert [s.target for s in app.seen] == [b"/private/a?q=1"]
    assert (await visitor.get("/private/b")).status == 200  # the pass is good for the next


@pytest.mark.parametrize("route, kinds", [("/form", ["pow"]), ("/ladder", ["invisible"])])
async def test_form_is_held_and_goes_on(app, gate, visitor, route, kinds):
    met = await visitor.post(route, b"name=Zo%C3%AB&do=1")
    assert [met.page["challenge"]["kind"]] == kinds
    reply = await visitor.through(met)
    assert reply.status == 200
    (seen,) = app.seen
    assert (seen.method, seen.target, bytes(seen.body)) == (
        "POST",
        route.encode(),
        b"name=Zo%C3%AB&do=1",
    )
    assert seen.get("content-type") == "application/x-www-form-urlencoded"


async def test_risk_asks_for_more(app, gate):
    tool = {"User-Agent": "python-requests/2.34", "Accept": "text/html"}
    async with Visitor(gate.url, tool) as visitor:
        met = await visitor.post("/ladder", b"a=1")
        assert met.page["challenge"]["kind"] == "slider"


async def test_five_mebibytes_arrive_once_and_whole(app, gate, visitor):
    body, content_type = multipart(5 * 2**20)
    met = await visitor.post("/form", body, content_type=content_type)
    assert met.challenged
    assert (await visitor.through(met)).status == 200
    (seen,) = app.seen
    assert seen.sha256 == hashlib.sha256(body).hexdigest()
    assert seen.get("content-type") == content_type
    assert seen.get("content-length") == str(len(body))


async def test_chunked_form_is_held(app, gate, visitor):
    async def chunks():
        for _ in range(50):
            yield b"x" * 1000

    met = await visitor.post("/form", chunks(), content_type="application/octet-stream")
    assert met.challenged
    assert (await visitor.through(met)).status == 200
    (seen,) = app.seen
    assert bytes(seen.body) == b"x" * 50_000
    assert seen.get("transfer-encoding") is None


async def test_empty_post_is_held(app, gate, visitor):
    met = await visitor.post("/form", b"")
    assert (await visitor.through(met)).status == 200
    assert [(s.method, bytes(s.body)) for s in app.seen] == [("POST", b"")]


async def test_headers_of_the_original_arrive(app, gate, visitor):
    own = {"X-Custom": "kept", "Accept-Language": "de"}
    met = await visitor.post("/form?a=b", b"x=1", headers=own)
    solved = await visitor.solve(met.page)
    await visitor.finish(solved, headers={"Accept-Language": "fr", "X-Custom": "other"})
    (seen,) = app.seen
    assert seen.target == b"/form?a=b"
    assert (seen.get("x-custom"), seen.get("accept-language")) == ("kept", "de")
    assert seen.get("referer") == gate.url + "/form?a=b"


async def test_finishing_twice_delivers_once(app, gate, visitor):
    met = await visitor.post("/form", b"a=1")
    solved = await visitor.solve(met.page)
    assert (await visitor.finish(solved)).status == 200
    again = await visitor.finish(solved)
    assert again.status == 409
    assert len(app.seen) == 1


async def test_ten_finishes_at_once_deliver_once(app, gate, visitor):
    met = await visitor.post("/sms", b"phone=1")
    solved = await visitor.solve(met.page)
    replies = await asyncio.gather(*(visitor.finish(solved) for _ in range(10)))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 9
    assert len(app.seen) == 1


# --- single use ----------------------------------------------------------------------------


async def test_one_solve_sends_one_message(app, gate, visitor):
    met = await visitor.post("/sms", b"phone=1")
    solved = await visitor.solve(met.page)
    assert solved["finish"] == "post"
    assert list(visitor.session.cookie_jar) == []  # nothing to resell
    assert (await visitor.finish(solved)).status == 200
    (seen,) = app.seen
    assert "gateway_pass_sms=" in (seen.get("cookie") or "")  # bound to this request
    assert (await visitor.post("/sms", b"phone=2")).challenged
    assert len(app.seen) == 1


async def test_a_bound_pass_opens_nothing(app, gate, visitor):
    await visitor.through(await visitor.post("/sms", b"phone=1"))
    cookie = app.seen[0].get("cookie") or ""
    again = await visitor.post("/sms", b"phone=2", headers={"Cookie": cookie})
    assert again.challenged
    assert len(app.seen) == 1


async def test_vote_by_get_counts_once(app, gate, visitor):
    met = await visitor.get("/vote?for=library")
    solved = await visitor.solve(met.page)
    assert solved["finish"] == "post"
    assert (await visitor.finish(solved)).status == 200
    assert (await visitor.finish(solved)).status == 409
    assert [(s.method, s.target) for s in app.seen] == [("GET", b"/vote?for=library")]
    assert app.seen[0].get("content-length") is None


async def test_three_uses_are_three(app, gate, visitor):
    assert (await visitor.through(await visitor.post("/thrice", b"0"))).status == 200
    replies = [await visitor.post("/thrice", str(n).encode()) for n in range(1, 6)]
    served = 1 + sum(reply.status == 200 for reply in replies)
    assert served in (3, 4)  # the held request rides on the solve, or spends a use of its pass
    assert len(app.seen) == served
    assert (await visitor.get("/thrice")).status == 200  # reading spends nothing


# --- tabs, gates, browsers -----------------------------------------------------------------


async def test_two_tabs_do_not_collide(app, gate, visitor):
    first = await visitor.post("/form", b"tab=1")
    second = await visitor.post("/form", b"tab=2")
    assert (await visitor.through(second)).status == 200
    assert (await visitor.through(first)).status == 200
    assert [bytes(s.body) for s in app.seen] == [b"tab=2", b"tab=1"]


async def test_a_visit_finishes_with_the_pass_of_another_tab(app, gate, visitor):
    first = await visitor.post("/form", b"tab=1")
    await visitor.through(await visitor.post("/form", b"tab=2"))
    form = urllib.parse.urlencode({"gateway_visit": first.page["visit"]})
    assert (await visitor.post("/form", form)).status == 200
    assert [bytes(s.body) for s in app.seen] == [b"tab=2", b"tab=1"]


async def test_without_cookies_a_held_form_still_goes_on(app, gate):
    async with Visitor(gate.url, keeps_cookies=False) as visitor:
        met = await visitor.post("/form", b"a=1")
        assert (await visitor.through(met)).status == 200
        assert len(app.seen) == 1
        assert (await visitor.post("/form", b"a=2")).challenged


async def test_the_other_browser_is_asked_again(app, gate, visitor):
    await visitor.through(await visitor.post("/form", b"a=1"))
    other = visitor.headers["User-Agent"].replace("142", "143")
    reply = await visitor.post("/form", b"a=2", headers={"User-Agent": other, "Sec-CH-UA": ""})
    assert reply.challenged


# --- other traffic -------------------------------------------------------------------------


async def test_a_preflight_is_never_asked(app, gate, visitor):
    headers = {
        "Origin": "https://other.example",
        "Access-Control-Request-Method": "POST",
        "Sec-Fetch-Mode": "cors",
    }
    reply = await visitor.ask("OPTIONS", "/form", None, headers)
    assert reply.status == 200
    assert app.seen[0].method == "OPTIONS"


async def test_head_is_asked_without_a_body(app, gate, visitor):
    reply = await visitor.ask("HEAD", "/private/a")
    assert (reply.status, reply.body) == (403, b"")  # a route for GET means HEAD too
    assert app.seen == []


async def test_a_script_gets_a_problem_document(app, gate, visitor):
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "*/*"}
    reply = await visitor.post("/form", b"{}", content_type="application/json", headers=headers)
    assert reply.status == 403
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert reply.headers["X-Gateway-Challenge"] == "1"
    assert reply.json()["visit"]
    assert app.seen == []


@pytest.mark.parametrize("target", ["/form", "/sms", "/ladder", "/thrice"])
@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "curl/8.5", "Accept": "*/*"},
        {"User-Agent": "", "Accept": ""},
        {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"},
        {"X-Forwarded-For": "127.0.0.1", "X-Original-URI": "/free", "X-Real-IP": "10.0.0.1"},
        {"X-Gateway-Pass-Id": "1", "X_Gateway_Kind": "pow", "X-Gateway-Envelope": "e30"},
        {"Cookie": "gateway_pass_form=eyJ; __Host-gateway_pass_form=1; gateway_pass_sms=1"},
        {"X-HTTP-Method-Override": "GET"},
        {"Content-Type": "text/plain"},
    ],
    ids=["curl", "nothing", "bot", "forwarded", "ours", "cookie", "override", "plain"],
)
async def test_a_script_gets_nowhere(app, gate, target, headers):
    async with Visitor(gate.url, {}) as visitor:
        reply = await visitor.ask("POST", target, b"phone=1", headers)
    assert reply.status == 403
    assert app.seen == []


async def test_another_gate_of_the_site_judges_the_answer(app, tmp_path, redis_url):
    async with gates(tmp_path, app) as start, AsyncExitStack() as stack:
        one, two = [await start(ROUTES, store=redis_url) for _ in range(2)]
        visitor = await stack.enter_async_context(Visitor(one.url))
        met = await visitor.post("/form", b"a=1")
        solved = await visitor.solve(met.page, base=two.url)
        assert (await visitor.finish(solved, base=two.url)).status == 200
        assert (await visitor.finish(solved, base=one.url)).status == 409
    assert len(app.seen) == 1


# --- nothing private is written ------------------------------------------------------------


async def logged(gate, mark):
    for _ in range(100):
        if mark in gate.log_text():
            break
        await asyncio.sleep(0.02)
    return gate.log_text()


async def test_the_log_names_the_reference_and_no_secret(app, gate, visitor):
    headers = {"Cookie": "session=s3cr3t-cookie", "Authorization": "Bearer s3cr3t-token"}
    met = await visitor.post("/form?q=s3cr3t-query", b"password=s3cr3t-body", headers=headers)
    solved = await visitor.solve(met.page)
    await visitor.finish(solved)
    await logged(gate, met.page["reference"])
    await asyncio.sleep(5 * LOG_DELAY_S)  # then what came after it is written too
    log = gate.log_text()
    assert met.page["reference"] in log
    assert '"action": "resume"' in log
    for secret in ("s3cr3t-cookie", "s3cr3t-token", "s3cr3t-body", solved["visit"]):
        assert secret not in log
    assert met.page["challenge"]["ticket"] not in log


async def test_forms_of_any_size_around_the_pieces(app, gate, visitor):
    """Around 64 KiB (small bodies), 256 KiB (a sealed chunk) and the finish's 16 KiB."""
    await visitor.through(await visitor.post("/form", b"first"))
    app.seen.clear()
    visitor.session.cookie_jar.clear()
    for size in (1, 16_383, 16_385, 65_535, 65_537, 262_143, 262_145, 600_000):
        body = hashlib.shake_128(str(size).encode()).digest(size)
        met = await visitor.post("/form", body, content_type="application/octet-stream")
        assert (await visitor.through(met)).status == 200
        assert bytes(app.seen[-1].body) == body
        visitor.session.cookie_jar.clear()


async def test_a_second_connection_leaves_the_first_alone(app, gate):
    """The first connection after a quiet while is as good as any."""
    links = []
    for _ in range(3):
        links.append(await asyncio.open_connection("127.0.0.1", gate.port))
        for reader, writer in links:
            writer.write(b"GET /free HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"</p>")
    for _, writer in links:
        writer.close()


async def test_a_body_that_stops_short_holds_nothing(app, gate):
    """Half a body and the end: no page, no delivery, and the gate lives on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    writer.close()
    async with aiohttp.ClientSession() as session, session.get(gate.url + "/free") as reply:
        assert reply.status == 200
    assert app.of("POST", "/form") == []
    assert reader is not None
