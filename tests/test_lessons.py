"""What others learnt the hard way, tried on a real gate: one test per lesson.

Lessons about one room alone are tested with it:
tickets and envelopes in tests/server/test_security.py, readings of paths in tests/routing.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest

from tests.conftest import forgetful_app, gates, one_gate, one_visitor
from tests.recorder import Line, Seen, reply_bytes
from tests.visitor import Visitor, answer_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


def protected(name: str, **more: object) -> dict[str, object]:
    match = {"method": "POST", "path": f"/{name}"}
    return {"name": name, "match": match, "ladder": ["pow"], "work": 1000, **more}


SLIDER = [{"kind": "slider", "level": 2}]
SIGNUP = {"path": "/php", "form": {"do": "signup"}}
ROUTES = [
    protected("form"),
    protected("other"),
    protected("once", **{"pass": {"uses": 1}}),
    protected("thrice", match={"path": "/thrice"}, **{"pass": {"uses": 3}}),
    protected("small", hold={"max": "1KiB"}),
    protected("api", match={"method": "GET", "path": "/api/**"}),
    protected("delete", match={"method": "DELETE", "path": "/api/**"}, ladder=SLIDER),
    protected("ladder", ladder=[{"kind": "pow", "max_risk": 0.1}, "slider"]),
    protected("page", match={"method": "GET", "path": "/page"}),
    protected("signup", match={"path": "/do", "form": {"do": "signup"}}, ladder=SLIDER),
    protected("do", match={"method": "POST", "path": "/do"}),
    protected("php-signup", match=SIGNUP, ladder=SLIDER, params="php"),
    protected("php", match={"method": "POST", "path": "/php"}, params="php"),
]
gate = one_gate(ROUTES, limits={"answers": {"answers": 100_000}})
app = forgetful_app()
visitor = one_visitor()


async def solved_form(visitor: Visitor, target: str = "/form") -> dict:
    return await visitor.solve((await visitor.post(target, b"a=1")).page)


# --- Finishing belongs to the visitor --------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "", "Sec-Fetch-Site": ""},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "", "Sec-Fetch-Site": "same-site"},
        {"Origin": "", "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
async def test_no_other_site_finishes_a_visit(app, visitor, headers):
    """Or it would have a visitor's browser send *its* held request, with the visitor's cookies."""
    solved = await solved_form(visitor)
    assert (await visitor.finish(solved, headers=headers)).status == 403
    assert app.seen == []
    assert (await visitor.finish(solved)).status == 200  # and it is not lost by that


async def test_a_visit_finishes_at_its_own_target_only(app, visitor):
    solved = await solved_form(visitor, "/once")
    for target in ("/other", "/free", "/once?x=1", "/form"):
        assert (await visitor.finish({**solved, "url": target})).status in (400, 403)
    assert app.seen == []


async def test_an_unsolved_visit_finishes_nothing(app, visitor):
    met = await visitor.post("/form", b"a=1")
    reply = await visitor.finish({"finish": "post", "visit": met.page["visit"], "url": "/form"})
    assert reply.status == 403
    assert app.seen == []
    assert (await visitor.through(reply)).status == 200  # asked again, for the very same visit
    assert [bytes(seen.body) for seen in app.seen] == [b"a=1"]


async def test_what_is_posted_with_an_unsolved_visit_goes_nowhere(app, visitor):
    """It would be asked what the visit's route asks, whatever route its own fields are of."""
    met = await visitor.post("/do", b"do=comment")
    assert met.page["challenge"]["kind"] == "pow"
    told = urlencode({"gateway_visit": met.page["visit"]}).encode() + b"&do=signup"
    reply = await visitor.post("/do", told)
    assert (await visitor.through(reply)).status == 200
    assert [bytes(seen.body) for seen in app.seen] == [b"do=comment"]


@pytest.mark.parametrize("name", ["do", " do", "do[]", "Do"])
async def test_cookies_of_a_finish_name_nothing_that_rules_look_at(app, visitor, name):
    """PHP's `$_REQUEST` has them, and they win over the form (`request_order` not set)."""
    met = await visitor.post("/php", b"do=comment", headers={"Cookie": "do=comment; sid=1"})
    assert met.page["challenge"]["kind"] == "pow"
    solved = await visitor.solve(met.page)
    cookie = {"Cookie": f"{name}=signup; sid=2"}
    assert (await visitor.post("/php", b"do=comment", headers=cookie)).status == (
        200 if name == "Do" else 403
    )
    app.forget()
    assert (await visitor.finish(solved, headers=cookie)).status == 200
    [seen] = app.seen
    sent = "do=comment; Do=signup; sid=2" if name == "Do" else "do=comment; sid=2"
    assert set(seen.get("cookie").split("; ")) >= set(sent.split("; "))
    assert ("signup" in seen.get("cookie")) is (name == "Do")


@pytest.mark.parametrize(
    "body",
    [
        b"gateway_visit=&",
        b"gateway_visit=&x=1",
        b"gateway_visit=%",
        b"gateway_visit=%00%ff",
        b"gateway_visit=a&gateway_visit=b",
        b"gateway_visit=a&" + b"&".join(b"f%d=1" % n for n in range(200)),
        b"gateway_visit=" + b"A" * (16 * 1024 - 14),
        b"gateway_visit=" + b"\xff" * 100,
        b"gateway_visit=a;gateway_again=1",
    ],
    ids=lambda body: body[:30].decode("latin-1"),
)
async def test_a_finish_that_is_none(app, visitor, body):
    for target in ("/form", "/free"):
        reply = await visitor.post(target, body)
        assert reply.status in (400, 403)
    assert app.seen == []


async def test_a_visit_sealed_by_strangers(app, visitor, tmp_path):
    async with gates(tmp_path, app) as start:
        foreign = await start(ROUTES)
        async with Visitor(foreign.url) as there:
            solved = await solved_form(there)
    assert (await visitor.finish(solved)).status == 400
    assert app.seen == []


async def test_a_tampered_visit(app, visitor):
    solved = await solved_form(visitor)
    token = solved["visit"]
    for at in range(0, len(token), 37):
        other = "A" if token[at] != "A" else "B"
        broken = token[:at] + other + token[at + 1 :]
        assert (await visitor.finish({**solved, "visit": broken})).status in (400, 403), at
    assert app.seen == []
    assert (await visitor.finish(solved)).status == 200


# --- Cookies are not laundered ---------------------------------------------------------------


async def test_a_cross_site_post_stays_one(app, visitor):
    """The browser sent it without the site's Lax cookies; finishing must not add them."""
    evil = {
        "Origin": "https://evil.example",
        "Referer": "https://evil.example/",
        "Sec-Fetch-Site": "cross-site",
    }
    met = await visitor.post("/once", b"transfer=1", headers=evil)
    solved = await visitor.solve(met.page)
    await visitor.finish(solved, headers={"Cookie": "session=victim"})
    (seen,) = app.seen
    assert "session" not in (seen.get("cookie") or "")
    assert seen.get("origin") == "https://evil.example"
    assert seen.get("sec-fetch-site") == "cross-site"


async def test_renewed_cookies_of_the_site_itself_are_used(app, visitor):
    met = await visitor.post("/once", b"a=1", headers={"Cookie": "session=old"})
    solved = await visitor.solve(met.page)
    await visitor.finish(solved, headers={"Cookie": "session=new"})
    cookie = app.seen[0].get("cookie") or ""
    assert "session=new" in cookie
    assert "session=old" not in cookie


async def test_the_app_cannot_set_our_cookies(app, visitor):
    async def sets(seen: Seen, line: Line) -> None:
        cookies = (b"gateway_pass_form=x", b"__Host-gateway_pass_form=x", b"theirs=1")
        await line.send(
            reply_bytes(b"", extra=b"".join(b"Set-Cookie: %b\r\n" % c for c in cookies))
        )

    app.answer = sets
    reply = await visitor.get("/free")
    assert reply.headers.getall("Set-Cookie") == ["theirs=1"]


# --- Nobody speaks for us --------------------------------------------------------------------


async def test_forged_headers_do_not_reach_the_app(app, visitor):
    forged = {
        "X-Gateway-Pass-Id": "forged",
        "X_Gateway_Kind": "forged",
        "x-gateway_risk": "forged",
        "X-Gateway-Envelope": "forged",
        "X-Forwarded-For": "9.9.9.9",
        "X_Forwarded_For": "9.9.9.9",
        "X-Forwarded-Host": "forged",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=9.9.9.9",
        "X-Real-IP": "9.9.9.9",
        "Connection": "X-Forwarded-For, Cookie, Host",
        "Cookie": "kept=1",
    }
    await visitor.get("/free", headers=forged)
    (seen,) = app.seen
    said = " ".join(value.decode("latin-1") for _, value in seen.headers)
    assert "forged" not in said
    assert "9.9.9.9" not in said
    assert seen.get("x-forwarded-for") == "127.0.0.1"
    assert seen.get("x-forwarded-proto") == "http"
    assert seen.get("cookie") == "kept=1"


@pytest.mark.parametrize("target", ["/challenge", "/deny", "/own/answer"])
async def test_our_inner_addresses_are_the_apps_outside(app, visitor, target):
    reply = await visitor.post(target, b"x", headers={"X-Gateway-Envelope": "e30"})
    assert reply.status == 200
    assert app.seen[0].target == target.encode()


@pytest.mark.parametrize(
    "target",
    ["/_gateway/../form", "/_gateway/%2e%2e/form", "/_gateway/..%2fform", "/_gateway//form"],
)
async def test_our_prefix_leads_to_no_app(app, visitor, target):
    assert (await visitor.post(target, b"a=1")).status in (400, 403, 404, 405)
    assert app.seen == []


@pytest.mark.parametrize(
    "target",
    [
        *("/form", "/%66orm", "/%2566orm", "//form", "/./form", "/x/../form", "/form;x=1"),
        *("/form?", "/form?x=/free", "/x/%2e%2e/form", "/FORM/../form", "/form#frag"),
    ],
)
async def test_other_spellings_are_asked_too(app, visitor, target):
    assert (await visitor.post(target, b"a=1")).status in (400, 403)
    assert app.seen == []


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json", "image/avif"])
async def test_claiming_to_want_something_else_changes_nothing(app, visitor, accept):
    assert (await visitor.post("/form", b"a", headers={"Accept": accept})).status == 403
    assert app.seen == []


# --- The client chooses nothing --------------------------------------------------------------


async def test_what_the_client_adds_to_an_answer_is_not_heard(app, visitor):
    met = await visitor.post("/form", b"a=1")
    body = visitor.answer_body(met.page["visit"], met.page["challenge"]) | {
        "url": "//evil.example/",
        "redir": "javascript:alert(1)",
        "route": "other",
        "level": 9,
        "kind": "wait",
        "work": {"maxnumber": 1},
        "uses": 999,
    }
    said = (await visitor.call(met.page, "answer", body)).json()
    assert (said["outcome"], said["url"]) == ("solved", "/form")


async def test_a_ticket_answers_once(app, visitor):
    met = await visitor.post("/form", b"a=1")
    body = visitor.answer_body(met.page["visit"], met.page["challenge"])
    outcomes = [(await visitor.call(met.page, "answer", body)).json()["outcome"] for _ in range(3)]
    assert outcomes == ["solved", "refused", "refused"]


async def test_a_ticket_answers_once_however_many_ask_at_once(app, visitor):
    met = await visitor.post("/form", b"a=1")
    body = visitor.answer_body(met.page["visit"], met.page["challenge"])
    replies = await asyncio.gather(*(visitor.call(met.page, "answer", body) for _ in range(20)))
    assert [reply.json()["outcome"] for reply in replies].count("solved") == 1


async def test_a_ticket_serves_its_own_visit(app, visitor):
    one, two = [(await visitor.post("/form", b"a=1")).page for _ in range(2)]
    crossed = visitor.answer_body(two["visit"], one["challenge"])
    assert (await visitor.call(one, "answer", crossed)).json()["outcome"] == "refused"


async def test_an_easy_answer_opens_no_hard_rung(app, gate):
    tool = {"User-Agent": "curl/8", "Accept": "text/html"}
    async with Visitor(gate.url, tool) as visitor:
        page = (await visitor.post("/ladder", b"a=1")).page
        assert page["challenge"]["kind"] == "slider"
        body = visitor.answer_body(page["visit"], page["challenge"]) | {"answer": None}
        assert (await visitor.call(page, "answer", body)).json()["outcome"] == "again"
        solved = await solved_form(visitor)  # an easy pass of the same visitor …
        assert (await visitor.finish({**solved, "url": "/ladder"})).status in (400, 403)
        assert (await visitor.post("/ladder", b"a=1")).challenged  # … opens nothing here
    assert app.seen == []


@pytest.mark.parametrize("lie", [{"number": -1}, {"number": True}, {"number": "0"}, None, [], 0])
async def test_no_work_no_pass(app, visitor, lie):
    met = await visitor.post("/form", b"a=1")
    body = visitor.answer_body(met.page["visit"], met.page["challenge"]) | {"proof": lie}
    assert (await visitor.call(met.page, "answer", body)).json()["outcome"] != "solved"
    assert answer_for(met.page["challenge"]) is None


async def test_a_pass_serves_its_own_scope(app, visitor):
    await visitor.finish(await solved_form(visitor))
    assert (await visitor.post("/form", b"a=2")).status == 200
    assert (await visitor.post("/other", b"a=2")).challenged


async def test_a_tampered_pass_is_none(app, visitor):
    await visitor.finish(await solved_form(visitor))
    (cookie,) = list(visitor.session.cookie_jar)
    visitor.session.cookie_jar.clear()
    value = cookie.value
    for at in (5, len(value) // 2, len(value) - 8):
        other = "A" if value[at] != "A" else "B"
        forged = f"{cookie.key}={value[:at]}{other}{value[at + 1 :]}"
        assert (await visitor.post("/form", b"a=2", headers={"Cookie": forged})).challenged
    assert len(app.seen) == 1


def kept(visitor: Visitor) -> dict[str, str]:
    """The passes so far, taken from the browser: to be shown when it pays."""
    cookies = "; ".join(f"{c.key}={c.value}" for c in visitor.session.cookie_jar)
    visitor.session.cookie_jar.clear()
    return {"Cookie": cookies}


async def test_what_is_held_is_one_of_the_uses(app, visitor):
    """Also for who finishes without showing the pass that was earned."""
    solved = await solved_form(visitor, "/thrice")
    cookies = kept(visitor)
    assert (await visitor.finish(solved)).status == 200
    later = [(await visitor.post("/thrice", b"a=2", headers=cookies)).status for _ in range(4)]
    assert later == [200, 200, 403, 403]


async def test_a_get_that_acts_as_a_post_is_a_use(app, visitor):
    await visitor.finish(await solved_form(visitor, "/thrice"))
    assert [(await visitor.get("/thrice")).status for _ in range(4)] == [200] * 4
    acting = {"X-HTTP-Method-Override": "POST"}
    asked = [(await visitor.get("/thrice?_METHOD=POST&_method=POST")).status for _ in range(2)]
    asked.append((await visitor.get("/thrice", headers=acting)).status)
    assert asked == [200, 200, 403]


async def test_a_use_for_a_reload_finishes_no_visit(app, visitor):
    """One right answer in the accessible way is one request, held or not."""
    page = (await visitor.post("/small?a=1", b"a" * 5000)).page
    asked = {"visit": page["visit"], "ticket": page["challenge"]["ticket"], "want": "accessible"}
    challenge = (await visitor.call(page, "challenge", asked)).json()["challenge"]
    await asyncio.sleep(3.1)
    body = visitor.answer_body(page["visit"], challenge)
    solved = (await visitor.call(page, "answer", body)).json()
    assert (solved["outcome"], solved["finish"]) == ("solved", "reload")
    cookies = kept(visitor)
    assert (await visitor.finish({**solved, "finish": "post"})).status == 403
    assert (await visitor.post("/small?a=1", b"a" * 5000, headers=cookies)).status == 200
    assert len(app.seen) == 1


async def test_what_is_not_held_is_finished_as_what_was_asked(app, visitor):
    """Its headers are those of the finish; they must not make another request of it."""
    page = (await visitor.get("/api/x")).page
    body = visitor.answer_body(page["visit"], page["challenge"])
    body["signals"] = body["signals"] | {"cookies": False}
    solved = (await visitor.call(page, "answer", body)).json()
    assert solved["finish"] == "post"
    kept(visitor)
    acting = {"X-HTTP-Method-Override": "DELETE"}
    assert (await visitor.finish(solved, headers=acting)).status == 400
    assert app.seen == []
    assert (await visitor.finish(solved)).status == 200


async def test_nothing_of_ours_redirects(app, visitor):
    page = (await visitor.get("/page?to=//evil.example")).page
    names = ["frame?to=//evil.example", "jwks.json", "gateway.js", "answer", "", "wait", "x"]
    for name in names:
        reply = await visitor.get(page["prefix"] + name)
        assert not 300 <= reply.status < 400
        assert "Location" not in reply.headers
        assert reply.status < 500
    assert app.seen == []


async def test_our_pages_name_no_software(app, visitor):
    """Nor its version: that would help only those who look for one."""
    met = await visitor.post("/form", b"a=1")
    assert "aiohttp" not in str(met.headers)
    assert "Python" not in str(met.headers)


async def test_a_long_list_of_fields_is_no_way_in(app, visitor):
    """A body that can't be read within its bound counts as a match, or goes on whole."""
    many = urlencode([(f"f{n}", "1") for n in range(5000)])
    assert (await visitor.post("/form", many)).status == 403
    assert app.seen == []
