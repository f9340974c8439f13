"""One row per lesson: what others got wrong, tried on this gate."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.model import ACCESSIBLE, Caller, Ticket
from gateway.tokens import open_ticket, open_visit, seal_ticket, seal_visit
from tests.samples import NONCE, RING, STRANGE_RING
from tests.server.desk import BROWSER, SCRIPT, Desk, envelope, right

SECRETS = ("hunter2", "cookie-value", "card=4111", "query-value", "typed-answer")


def ticket_of(data: dict[str, Any]) -> Ticket:
    ticket = open_ticket(RING, data["challenge"]["ticket"])
    assert ticket is not None
    return ticket


def with_ticket(data: dict[str, Any], ticket: Ticket) -> dict[str, Any]:
    return right(data) | {"ticket": seal_ticket(RING, ticket, NONCE)}


async def outcome(response: Any) -> str:
    body = await response.json()
    assert "Set-Cookie" not in response.headers or body["outcome"] == "solved"
    return f"{body['outcome']} {body.get('reason', '')}".strip()


# --- The client chooses nothing (CVE-2025-24369, GHSA-jhjj-2g64-px7c) ---------------------


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "pow"},
        {"rung": -1},
        {"level": 9},
        {"route": "form"},
        {"work": {"maxnumber": 1}},
        {"difficulty": 0},
        {"hashes": 1},
        {"accessible": True},
        {"risk": 0},
        {"target": "https://evil.example/"},
        {"url": "javascript:alert(1)"},
        {"redir": "//evil.example"},
        {"finish": "post"},
        {"solved": {"kind": "slider", "level": 9, "uses": None}},
    ],
)
async def test_wishes_change_nothing(desk: Desk, wish: dict[str, Any]) -> None:
    data = await desk.page("drag")
    wrong = await desk.answer(data, answer=None, **wish)
    assert await outcome(wrong) == "again malformed"
    challenge = (await wrong.json())["challenge"]
    assert (challenge["kind"], challenge["rung"]) == ("slider", 0)
    assert challenge["work"]["maxnumber"] > data["challenge"]["work"]["maxnumber"]
    solved = await desk.answer(data | {"challenge": challenge}, **wish)
    body = await solved.json()
    assert (body["outcome"], body["url"], body["finish"]) == ("solved", "/drag?a=1", "reload")


@pytest.mark.parametrize("want", ["easy", "pow", "", None, 0, [], {"accessible": 1}, "Accessible"])
async def test_only_known_wishes_are_heard(desk: Desk, want: Any) -> None:
    data = await desk.page("drag")
    response = await desk.post("challenge", {"visit": data["visit"], "want": want})
    assert await outcome(response) == "refused unreadable"


async def test_the_accessible_way_only_where_the_route_says_so(desk: Desk) -> None:
    data = await desk.page("stern", risk=0.5)
    assert "accessible" not in data["challenge"]["ways"]
    asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "accessible"}
    challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
    assert (challenge["kind"], challenge["rung"]) == ("slider", 1)


async def test_a_ticket_of_another_visit_is_exchanged_for_nothing(desk: Desk) -> None:
    """Else an accessible ticket of one route would give one on a route that has no such way."""
    easy, stern = await desk.page("form"), await desk.page("stern")
    asked = {"visit": easy["visit"], "want": "accessible"}
    ticket = (await (await desk.post("challenge", asked)).json())["challenge"]["ticket"]
    asked = {"visit": stern["visit"], "ticket": ticket, "want": "new"}
    assert await outcome(await desk.post("challenge", asked)) == "refused unreadable"


async def test_exchanging_never_leads_down(desk: Desk) -> None:
    """A question asked for doubt stays asked: neither wish nor a calmer request takes it back."""
    data = await desk.page("form", risk=0.5)
    for want in ("new", "another", "new"):
        asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": want}
        challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
        assert challenge["rung"] == 1
        assert ticket_of({"challenge": challenge}).risk == 0.5


async def test_work_is_never_shrunk(desk: Desk) -> None:
    data = await desk.page("form", risk=0.25)
    assert data["challenge"]["work"]["maxnumber"] > 2 * 1_000
    asked = {"visit": data["visit"], "ticket": data["challenge"]["ticket"], "want": "new"}
    seen = [data["challenge"]["work"]["maxnumber"]]
    for _ in range(3):
        challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
        seen.append(challenge["work"]["maxnumber"])
    first = seen[0]
    assert seen == [first, first, 2 * first, 4 * first]


# --- A ticket answers one question, once --------------------------------------------------


async def test_a_ticket_is_spent_by_the_right_answer(desk: Desk) -> None:
    data = await desk.page("form")
    assert await outcome(await desk.answer(data)) == "solved"
    again = await desk.answer(data)
    assert (again.status, await outcome(again)) == (403, "refused spent")


async def test_a_ticket_is_spent_by_a_wrong_answer(desk: Desk) -> None:
    data = await desk.page("drag")
    assert await outcome(await desk.answer(data, answer={"reached": 0.1})) == "again wrong"
    assert await outcome(await desk.answer(data)) == "refused spent"


async def test_a_proof_of_another_ticket_is_wrong(desk: Desk) -> None:
    one, other = await desk.page("form"), await desk.page("form")
    proof = right(one)["proof"]
    if proof == right(other)["proof"]:  # pragma: no cover - seeded: they differ
        raise AssertionError
    assert await outcome(await desk.answer(other, proof=proof)) == "again wrong"


@pytest.mark.parametrize("proof", [None, {}, {"number": -1}, {"number": True}, [], "0", 0])
async def test_no_proof_no_pass(desk: Desk, proof: Any) -> None:
    assert await outcome(await desk.answer(await desk.page("form"), proof=proof)) == "again wrong"


async def test_an_easy_rung_does_not_open_a_hard_one(desk: Desk) -> None:
    """The invisible ticket of a calm visit says nothing to a visit that must drag."""
    easy, hard = await desk.page("form"), await desk.page("drag")
    crossed = right(easy) | {"visit": hard["visit"]}
    assert await outcome(await desk.post("answer", crossed)) == "refused unreadable"
    risky = replace(ticket_of(easy), risk=0.5)
    again = await desk.post("answer", with_ticket(easy, risky))
    assert await outcome(again) == "again more"


async def test_a_ticket_of_another_route_or_visit_is_unreadable(desk: Desk) -> None:
    one, other = await desk.page("form"), await desk.page("form")
    crossed = right(one) | {"visit": other["visit"]}
    assert await outcome(await desk.post("answer", crossed)) == "refused unreadable"
    ticket = ticket_of(one)
    for alien in (
        replace(ticket, route="drag"),
        replace(ticket, site="other"),
        replace(ticket, visit="x"),
    ):
        forged = with_ticket(one, alien)
        assert await outcome(await desk.post("answer", forged)) == "refused unreadable"


async def test_tokens_of_strange_keys_are_unreadable(desk: Desk) -> None:
    data = await desk.page("form")
    visit = open_visit(RING, data["visit"])
    assert visit is not None
    for changes in (
        {"ticket": seal_ticket(STRANGE_RING, ticket_of(data), NONCE)},
        {"visit": seal_visit(STRANGE_RING, visit, NONCE)},
        {"ticket": data["visit"], "visit": data["challenge"]["ticket"]},
        {"ticket": data["challenge"]["ticket"][:-1]},
        {"ticket": ""},
    ):
        response = await desk.answer(data, **changes)
        assert (response.status, await outcome(response)) == (400, "refused unreadable")


async def test_a_visit_of_another_site_is_unreadable(desk: Desk) -> None:
    data = await desk.page("form")
    response = await desk.post("answer", right(data), site="other")
    assert await outcome(response) == "refused unreadable"
    asked = {"visit": data["visit"], "want": "new"}
    assert await outcome(await desk.post("challenge", asked, site="other")) == "refused unreadable"


async def test_an_expired_visit_is_over(desk: Desk) -> None:
    data = await desk.page("form")
    desk.clock.now_s += 1800
    assert await outcome(await desk.answer(data)) == "refused expired"
    asked = {"visit": data["visit"], "want": "new"}
    assert await outcome(await desk.post("challenge", asked)) == "refused expired"


async def test_a_ticket_outlives_no_visit(desk: Desk) -> None:
    data = await desk.page("form")
    desk.clock.now_s += 1790
    asked = {"visit": data["visit"], "want": "new"}
    challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
    assert challenge["expires_in_s"] == 10


async def test_another_address_is_doubt_not_an_error(desk: Desk) -> None:
    moved = Caller("198.51.100.9", "198.51.100.0/24", "https", False, browser="firefox")
    data = await desk.page("form")
    desk.clock.now_s += 1
    assert await outcome(await desk.post("answer", right(data), caller=moved)) == "solved"


# --- Only the site's own page may answer --------------------------------------------------

CROSS = (
    (b"Origin", b"https://evil.example"),
    (b"Origin", b"null"),
    (b"Origin", b"http://shop.example"),
    (b"Origin", b"https://shop.example.evil.example"),
    (b"Sec-Fetch-Site", b"cross-site"),
    (b"Sec-Fetch-Site", b"same-site"),
    (b"Sec-Fetch-Site", b"none"),
    (b"X-Nothing", b"said"),
)


@pytest.mark.parametrize("said", CROSS)
@pytest.mark.parametrize("endpoint", ["answer", "challenge", "loop"])
async def test_others_may_not_post(desk: Desk, said: tuple[bytes, bytes], endpoint: str) -> None:
    data = await desk.page("form")
    headers = (*[h for h in SCRIPT if h[0] not in (b"Origin", b"Sec-Fetch-Site")], said)
    body = right(data) | {"want": "new", "why": "other"}
    response = await desk.post(endpoint, body, headers=headers)
    assert (response.status, await outcome(response)) == (400, "refused unreadable")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
async def test_other_types_are_not_read(desk: Desk, kind: str) -> None:
    """What a form of another site can send without asking is never JSON to us."""
    data = await desk.page("form")
    sealed = envelope(action="own", headers=SCRIPT, navigation=False).seal().decode()
    response = await desk.client.post(
        "/own/answer",
        data=json.dumps(right(data)),
        headers={"X-Gateway-Envelope": sealed, "Content-Type": kind},
    )
    assert await outcome(response) == "refused unreadable"


async def test_cors_is_for_configured_origins_alone(desk: Desk) -> None:
    for origin, allowed in ((b"https://app.example", True), (b"https://evil.example", False)):
        response = await desk.send(
            "challenge",
            "/challenge",
            navigation=False,
            headers=((b"Origin", origin), *BROWSER[:3]),
        )
        assert response.status == 403
        assert (response.headers.get("Access-Control-Allow-Origin") is not None) is allowed
        assert response.headers["Vary"] == "Origin"
    answered = await desk.answer(await desk.page("form"))
    assert "Access-Control-Allow-Origin" not in answered.headers


# --- Replies and records tell nothing ------------------------------------------------------


async def test_replies_bear_no_score(desk: Desk) -> None:
    data = await desk.page("drag", risk=0.4)
    texts = [json.dumps(data)]
    wrong = await desk.answer(data, answer={"reached": 0.5}, signals={"webdriver": True})
    texts.append(await wrong.text())
    again = data | {"challenge": json.loads(texts[1])["challenge"]}
    texts.append(await (await desk.answer(again, signals={"webdriver": True})).text())
    for text in texts:
        for word in ("risk", "signal", "miss", "score", "secret", "webdriver", 'number\\":'):
            assert word not in text.replace("maxnumber", ""), (word, text)


async def test_no_secret_reaches_the_log(desk: Desk) -> None:
    headers = (
        *BROWSER,
        (b"Cookie", b"session=cookie-value"),
        (b"Authorization", b"Basic hunter2"),
    )
    data = await desk.page(
        "form",
        data=b"card=4111",
        method="POST",
        headers=headers,
        target=b"/form?token=query-value",
    )
    first = await desk.answer(data, answer="typed-answer", trace=["typed-answer"])
    again = data | {"challenge": (await first.json())["challenge"]}
    solved = await desk.answer(again)
    body = await solved.json()
    assert body["outcome"] == "solved"
    written = desk.lines.getvalue()
    assert written.count("\n") == 3
    tokens = (body["visit"], data["visit"], data["challenge"]["ticket"])
    cookie = solved.cookies["__Host-gateway_pass_site"].value
    for secret in (*SECRETS, *tokens, cookie, cookie.split(".")[2]):
        assert secret not in written
    assert "192.0.2.7" not in written
    assert "192.0.2.0/24" in written


async def test_the_reference_is_shown_and_logged(desk: Desk) -> None:
    data = await desk.page("form")
    await desk.answer(data)
    asked, answered = desk.records()
    assert data["reference"] == asked["reference"] == answered["challenged"]


# --- Only the wire is answered ---------------------------------------------------------------


@pytest.mark.parametrize("path", ["/challenge", "/deny", "/own/frame", "/own/answer", "/", "/x"])
@pytest.mark.parametrize("header", [None, "", "e30=", envelope(boot="guess").seal().decode()])
async def test_without_the_boot_token_there_is_nothing(
    desk: Desk, path: str, header: str | None
) -> None:
    headers = {"X-Gateway-Envelope": header} if header is not None else {}
    response = await desk.client.post(path, headers=headers)
    assert response.status == 404
    assert "Content-Security-Policy" not in response.headers


@pytest.mark.parametrize(
    ("action", "path"),
    [("own", "/challenge"), ("own", "/deny"), ("challenge", "/deny"), ("deny", "/own/frame")],
)
async def test_an_envelope_opens_only_what_it_is_for(desk: Desk, action: str, path: str) -> None:
    assert (await desk.send(action, path, verb="GET")).status == 404


async def test_accessible_tickets_are_one_use_whatever_the_route(desk: Desk) -> None:
    data = await desk.page("tap")
    asked = {"visit": data["visit"], "want": "accessible"}
    challenge = (await (await desk.post("challenge", asked)).json())["challenge"]
    ticket = ticket_of({"challenge": challenge})
    assert (ticket.rung, ticket.level, ticket.max_risk) == (ACCESSIBLE, 3, 1.0)
    desk.clock.now_s += 3
    response = await desk.answer(data | {"challenge": challenge})
    visit = open_visit(RING, (await response.json())["visit"])
    assert visit is not None
    assert visit.solved is not None
    assert visit.solved.uses == 1
