"""Kinds that are drawn: pictures only against work, each proof once, and never an error."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from gateway.envelope import HEADER
from gateway.model import Made, Rung, Site
from gateway.server import AnswerLimits
from gateway.stock.stock import Missed, NoStock
from gateway.stores import StoreDown, StoreFull
from gateway.stores.memory import MemoryStore
from gateway.tokens import open_ticket, open_visit, seal_ticket
from gateway.work import MOST_HASHES
from tests.layouts import lay_out
from tests.makers import KINDS, Params
from tests.proofs import solve_work
from tests.samples import RING
from tests.server.desk import CALLER, HAND, SITES, TAPPED, WORK, Clock, Desk, envelope, route

DOTS = Rung("puzzle", Params(), max_risk=0.9, level=2)
FIRST = Rung("invisible", KINDS["invisible"].params(), max_risk=0.3, level=1)
SLIDER = Rung("slider", KINDS["slider"].params(), level=3)
TAP = Rung("one_click", KINDS["one_click"].params(), level=4)
PLAIN = SITES["shop"]
SHOP = replace(
    PLAIN,
    routes=(
        route("draw", ladder=(DOTS,)),
        route("other", ladder=(DOTS,)),
        route("doubt", ladder=(FIRST, DOTS)),
        route("switch", ladder=(DOTS, SLIDER)),
        route("beside", ladder=(DOTS, replace(SLIDER, max_risk=0.9, level=2, beside=True), TAP)),
        route("drag", ladder=(replace(SLIDER, max_risk=0.5), DOTS)),
        route("three", ladder=(replace(DOTS, max_risk=0.3), SLIDER, TAP)),
        route("loose", ladder=(DOTS,), on_error="pow"),
        route("stern", ladder=(DOTS,), accessible="never"),
    ),
)
ELSEWHERE: Site = replace(SITES["other"], routes=(route("draw", site="other", ladder=(DOTS,)),))


@dataclass
class Ready:
    """Questions made where they are taken; `missed` says why none can be had."""

    rng: Random = field(default_factory=lambda: Random(5))
    missed: Missed | None = None
    taken: list[str] = field(default_factory=list)  # by which prefix

    async def take(self, kind: str, params: Any, prefix: str) -> Made | Missed:
        self.taken.append(prefix)
        return self.missed or KINDS[kind].make(self.rng, params)


@pytest.fixture
async def drawing(open_desk: Any) -> Any:
    """`await drawing(**changes)`: a desk whose routes ask a drawn kind."""

    async def start(**changes: Any) -> Desk:
        given = {"kinds": KINDS, "sites": {"shop": SHOP, "other": ELSEWHERE}, "stock": Ready()}
        desk: Desk = await open_desk(**(given | changes))
        return desk

    return start


def fetch(data: dict[str, Any], toll: dict[str, Any] | None = None, **changes: Any) -> Any:
    """What the page posts for the picture of its toll, work done."""
    toll = toll or data["challenge"]
    proof = solve_work(toll["work"])
    return {"visit": data["visit"], "want": "picture", "ticket": toll["ticket"], "proof": proof} | (
        changes
    )


def answer(data: dict[str, Any], challenge: dict[str, Any], **changes: Any) -> dict[str, Any]:
    ticket = open_ticket(RING, challenge["ticket"])
    assert ticket is not None
    return {
        "visit": data["visit"],
        "ticket": challenge["ticket"],
        "answer": ticket.secret.get("number", None if ticket.kind == "pow" else 0),
        "proof": solve_work(challenge["work"]),
        "trace": TAPPED,
        "signals": HAND | {"laid": lay_out(challenge.get("layout"))},
    } | changes


async def said(response: Any) -> tuple[int, str]:
    body = await response.json()
    return response.status, f"{body.get('outcome', 'challenge')} {body.get('reason', '')}".strip()


async def picture(desk: Desk, data: dict[str, Any]) -> dict[str, Any]:
    """The picture of a page's toll."""
    response = await desk.post("challenge", fetch(data))
    assert response.status == 200, await response.text()
    challenge: dict[str, Any] = (await response.json())["challenge"]
    return challenge


def hashes(challenge: dict[str, Any]) -> int:
    return int(challenge["work"]["maxnumber"]) // 2


# --- A visit -------------------------------------------------------------------------------


async def test_page_toll_picture_solved(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    toll = data["challenge"]
    assert (toll["kind"], toll["view"], toll["layout"]) == ("puzzle", None, [])
    assert desk.parts.stock.taken == []  # type: ignore[attr-defined]
    shown = await picture(desk, data)
    assert shown["kind"] == "puzzle"
    assert shown["view"]["dots"]
    assert shown["ticket"] != toll["ticket"]
    assert shown["work"]["challenge"] != toll["work"]["challenge"]
    desk.clock.now_s += 1
    response = await desk.post("answer", answer(data, shown))
    assert (await said(response)) == (200, "solved")
    assert "Set-Cookie" in response.headers


async def test_the_page_is_told_which_kinds_have_pictures(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    other = (await desk.page("doubt"))["challenge"]
    assert [asked["drawn"] for asked in (data["challenge"], shown, other)] == [True, True, False]


async def test_a_toll_is_no_question_asked(drawing: Any) -> None:
    desk: Desk = await drawing()
    labels = {"site": "shop", "route": "draw", "kind": "puzzle"}
    data = await desk.page("draw")
    assert desk.metric("gateway_challenges_issued_total", **labels) == 0
    await picture(desk, data)
    assert desk.metric("gateway_challenges_issued_total", **labels) == 1


async def test_the_frame_of_a_script_gets_its_toll_first(drawing: Any) -> None:
    desk: Desk = await drawing()
    met = await desk.send(
        "challenge", "/challenge", route="draw", target=b"/draw", navigation=False
    )
    visit = (await met.json())["visit"]
    response = await desk.post("challenge", {"visit": visit, "want": "new"})
    toll = (await response.json())["challenge"]
    assert toll["view"] is None
    shown = await picture(desk, {"visit": visit, "challenge": toll})
    assert shown["view"] is not None


# --- Pictures only against work ------------------------------------------------------------


async def test_one_proof_is_one_picture(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    await picture(desk, data)
    for _ in range(2):
        assert await said(await desk.post("challenge", fetch(data))) == (403, "refused spent")
    assert len(desk.parts.stock.taken) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "proof", [None, {}, {"number": -1}, {"number": "7"}, {"number": True}, {"number": 1.0}, [], 7]
)
async def test_without_its_work_there_is_another_toll(drawing: Any, proof: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    response = await desk.post("challenge", fetch(data, proof=proof))
    body = await response.json()
    assert (response.status, body["challenge"]["view"]) == (200, None)
    assert desk.parts.stock.taken == []  # type: ignore[attr-defined]
    assert (await picture(desk, data))["view"], "the toll itself still stands"


async def test_the_work_of_another_ticket_does_not_count(drawing: Any) -> None:
    desk: Desk = await drawing()
    one, other = await desk.page("draw"), await desk.page("draw")
    proof = fetch(other)["proof"]
    body = await (await desk.post("challenge", fetch(one, proof=proof))).json()
    assert body["challenge"]["view"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"toll": False},
        {"visit": "another"},
        {"route": "other"},
        {"site": "other"},
    ],
)
async def test_a_ticket_that_is_no_toll_of_this_visit(drawing: Any, change: dict[str, Any]) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    ticket = open_ticket(RING, data["challenge"]["ticket"])
    assert ticket is not None
    changed = seal_ticket(RING, replace(ticket, **change), bytes(12))
    response = await desk.post("challenge", fetch(data, ticket=changed))
    assert await said(response) == (400, "refused unreadable")


async def test_a_toll_of_another_route_or_site_buys_nothing_here(drawing: Any) -> None:
    desk: Desk = await drawing()
    data, other = await desk.page("draw"), await desk.page("other")
    crossed = fetch(data) | {"visit": other["visit"]}
    assert await said(await desk.post("challenge", crossed)) == (400, "refused unreadable")
    assert (await desk.post("challenge", fetch(data), site="other")).status == 400


@pytest.mark.parametrize("ticket", ["", "junk", None, 7, ["t"]])
async def test_a_picture_without_a_toll(drawing: Any, ticket: Any) -> None:
    desk: Desk = await drawing()
    response = await desk.post("challenge", fetch(await desk.page("draw"), ticket=ticket))
    assert await said(response) == (400, "refused unreadable")


@pytest.mark.parametrize("late_s, whole", [(119.9, True), (120.0, False)])
async def test_a_toll_runs_out(drawing: Any, late_s: float, whole: bool) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    desk.clock.now_s += late_s
    shown = await picture(desk, data)
    assert (shown["view"] is not None) is whole


async def test_a_visit_that_ran_out_has_no_picture(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    visit = open_visit(RING, data["visit"])
    assert visit is not None
    desk.clock.now_s = visit.expires_s
    assert await said(await desk.post("challenge", fetch(data))) == (403, "refused expired")


async def test_pictures_of_a_prefix_are_limited(drawing: Any) -> None:
    desk: Desk = await drawing(limits=AnswerLimits(challenges=2))
    pages = [await desk.page("draw") for _ in range(3)]
    seen = [(await said(await desk.post("challenge", fetch(page))))[1] for page in pages]
    assert seen == ["challenge", "challenge", "refused too_many"]
    assert len(desk.parts.stock.taken) == 2  # type: ignore[attr-defined]


async def test_pictures_and_exchanges_are_counted_apart(drawing: Any) -> None:
    """Every visit to a drawn kind needs one: it must not use up what a change of mind takes."""
    desk: Desk = await drawing(limits=AnswerLimits(challenges=1))
    data = await desk.page("draw")
    assert (await said(await desk.post("challenge", fetch(data, want="new", proof=None))))[0] == 200
    assert (await said(await desk.post("challenge", fetch(data))))[0] == 200


async def test_numbers_cannot_be_tried_out(drawing: Any) -> None:
    desk: Desk = await drawing(limits=AnswerLimits(tries=3))
    data = await desk.page("draw")
    tried = [fetch(data, proof={"number": -n}) for n in range(1, 5)]
    seen = [(await said(await desk.post("challenge", body)))[1] for body in tried]
    assert seen == ["challenge"] * 3 + ["refused too_many"]


async def test_a_picture_that_was_paid_for_is_no_try(drawing: Any) -> None:
    desk: Desk = await drawing(limits=AnswerLimits(tries=1))
    data = await desk.page("draw")
    shown = await picture(desk, data)
    desk.clock.now_s += 1
    assert (await said(await desk.post("answer", answer(data, shown))))[1] == "solved"


# --- A toll can't be answered ----------------------------------------------------------------


@pytest.mark.parametrize("value", [None, 0, True, {"number": None}, []])
async def test_a_toll_is_not_solved_by_any_answer(drawing: Any, value: Any) -> None:
    """Not even by the one that its kind takes for right: nothing was asked."""
    desk: Desk = await drawing()
    data = await desk.page("draw")
    assert KINDS["puzzle"].check({}, None).ok
    desk.clock.now_s += 1
    response = await desk.post("answer", answer(data, data["challenge"], answer=value))
    assert await said(response) == (400, "refused unreadable")
    assert (await picture(desk, data))["view"], "nor is it spent by that"


async def test_the_form_without_javascript_solves_no_toll(drawing: Any) -> None:
    quiet = replace(SHOP.routes[0], no_javascript="wait")
    desk: Desk = await drawing(sites={"shop": replace(SHOP, routes=(quiet,))})
    data = await desk.page("draw")
    sealed = envelope(action="own", headers=FORM, navigation=True, route="").seal().decode()
    response = await desk.client.post(
        "/own/wait",
        data={"visit": data["visit"], "ticket": data["challenge"]["ticket"]},
        headers={HEADER: sealed},
    )
    assert response.status == 400
    assert "Set-Cookie" not in response.headers


FORM = ((b"Host", b"shop.example"), (b"Origin", b"https://shop.example"))


# --- The next question -----------------------------------------------------------------------


async def test_a_wrong_answer_brings_the_next_picture_along(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    desk.clock.now_s += 1
    body = await (await desk.post("answer", answer(data, shown, answer=-1))).json()
    assert (body["outcome"], body["reason"]) == ("again", "wrong")
    following = body["challenge"]
    assert following["view"]["dots"] != shown["view"]["dots"]
    assert hashes(following) > hashes(shown)
    assert (await said(await desk.post("answer", answer(data, following))))[1] == "solved"


@pytest.mark.parametrize("proof", [None, {"number": -1}])
async def test_a_wrong_answer_without_work_brings_a_toll(drawing: Any, proof: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    body = await (await desk.post("answer", answer(data, shown, answer=-1, proof=proof))).json()
    assert (body["outcome"], body["challenge"]["view"]) == ("again", None)
    assert len(desk.parts.stock.taken) == 1  # type: ignore[attr-defined]


async def test_a_right_answer_without_work_solves_nothing(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    body = await (await desk.post("answer", answer(data, shown, proof=None))).json()
    assert (body["outcome"], body["challenge"]["view"]) == ("again", None)


@pytest.mark.parametrize("late_s, outcome", [(299.9, "solved"), (300.0, "again expired")])
async def test_a_picture_stands_longer_than_a_toll(
    drawing: Any, late_s: float, outcome: str
) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    assert (data["challenge"]["expires_in_s"], shown["expires_in_s"]) == (120, 300)
    desk.clock.now_s += late_s
    assert (await said(await desk.post("answer", answer(data, shown))))[1] == outcome


async def test_what_ran_out_unanswered_has_bought_nothing(drawing: Any) -> None:
    """Its ticket is not spent, so its proof could be shown again and again."""
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    desk.clock.now_s += 300
    for _ in range(3):
        body = await (await desk.post("answer", answer(data, shown))).json()
        assert (body["reason"], body["challenge"]["view"]) == ("expired", None)
    assert len(desk.parts.stock.taken) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("want", ["new", "another"])
async def test_another_one_at_once_for_work(drawing: Any, want: str) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    wish = {"want": want, "proof": answer(data, shown)["proof"], "ticket": shown["ticket"]}
    body = await (await desk.post("challenge", fetch(data, shown) | wish)).json()
    assert body["challenge"]["view"]["dots"] != shown["view"]["dots"]
    again = await (await desk.post("challenge", fetch(data, shown) | wish)).json()
    assert again["challenge"]["view"] is None, "one proof, one picture"
    desk.clock.now_s += 1
    assert (await said(await desk.post("answer", answer(data, shown))))[1] == "refused spent"


@pytest.mark.parametrize("proof", [None, {"number": -1}])
async def test_another_one_without_work_is_a_toll(drawing: Any, proof: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    wish = fetch(data, shown, want="new", proof=proof)
    body = await (await desk.post("challenge", wish)).json()
    assert body["challenge"]["view"] is None
    desk.clock.now_s += 1
    assert (await said(await desk.post("answer", answer(data, shown))))[1] == "solved"


async def test_a_doubt_leads_to_a_picture_at_once(drawing: Any) -> None:
    """The proof that came with the first answer has bought it."""
    desk: Desk = await drawing()
    data = await desk.page("doubt")
    assert data["challenge"]["kind"] == "invisible"
    signals = HAND | {"webdriver": True, "moved": 0}
    first = answer(data, data["challenge"], answer=None, signals=signals)
    body = await (await desk.post("answer", first)).json()
    assert (body["reason"], body["challenge"]["kind"]) == ("more", "puzzle")
    assert body["challenge"]["view"] is not None


async def test_the_accessible_way_needs_no_picture(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    body = await (await desk.post("challenge", fetch(data, want="accessible"))).json()
    assert body["challenge"]["kind"] == "one_click"
    assert (await picture(desk, data))["view"], "and spends no toll"


@pytest.mark.parametrize(
    "value, reason, expected",
    [
        (-1, "wrong", ["puzzle", "slider", "slider"]),
        ("x", "malformed", ["puzzle"] * 3),  # no hand sent that: it is not the kind
    ],
)
async def test_after_two_failures_the_ladders_next_kind(
    drawing: Any, value: Any, reason: str, expected: list[str]
) -> None:
    desk: Desk = await drawing()
    data = await desk.page("switch")
    shown, kinds_seen = await picture(desk, data), []
    for number in range(3):
        desk.clock.now_s += 1
        body = await (await desk.post("answer", answer(data, shown, answer=value))).json()
        shown = body["challenge"]
        kinds_seen.append(shown["kind"])
        assert body["reason"] == reason or number == 2  # the slider's own word
    assert kinds_seen == expected


async def test_after_two_failures_a_kind_of_the_same_step(drawing: Any) -> None:
    desk: Desk = await drawing()
    asked: set[str] = set()
    for _ in range(40):
        data = await desk.page("beside")
        asked.add(data["challenge"]["kind"])
        if asked == {"puzzle", "slider"} and data["challenge"]["kind"] == "puzzle":
            break
    assert asked == {"puzzle", "slider"}
    shown = await picture(desk, data)
    for kind in ("puzzle", "slider", "slider"):
        desk.clock.now_s += 1
        body = await (await desk.post("answer", answer(data, shown, answer=-1))).json()
        shown = body["challenge"]
        assert shown["kind"] == kind


async def test_kinds_that_are_not_drawn_stay(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("drag")
    shown = data["challenge"]
    for _ in range(3):
        desk.clock.now_s += 1
        wrong = answer(data, shown, answer={"reached": 0.1, "steps": 0})
        shown = (await (await desk.post("answer", wrong)).json())["challenge"]
        assert shown["kind"] == "slider"


async def test_a_doubt_skips_no_rung(drawing: Any) -> None:
    """A right answer at some risk leads to the next rung, however many came before."""
    desk: Desk = await drawing()
    data = await desk.page("three")
    shown = await picture(desk, data)
    desk.clock.now_s += 1
    body = await (await desk.post("answer", answer(data, shown, answer=-1))).json()
    desk.clock.now_s += 1
    signals = HAND | {"webdriver": True, "moved": 0}
    doubted = answer(data, body["challenge"], signals=signals)
    body = await (await desk.post("answer", doubted)).json()
    assert (body["reason"], body["challenge"]["kind"]) == ("more", "slider")


async def test_the_last_kind_stays(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    shown = await picture(desk, data)
    for _ in range(4):
        desk.clock.now_s += 1
        body = await (await desk.post("answer", answer(data, shown, answer=-1))).json()
        shown = body["challenge"]
        assert (shown["kind"], shown["rung"]) == ("puzzle", 0)


async def test_failures_make_the_picture_of_a_toll_dearer_too(drawing: Any) -> None:
    desk: Desk = await drawing()
    data = await desk.page("draw")
    toll = data["challenge"]
    for _ in range(4):
        body = fetch(data, toll, want="new", proof=None)
        toll = (await (await desk.post("challenge", body)).json())["challenge"]
    assert hashes(toll) == 8 * WORK
    shown = (await (await desk.post("challenge", fetch(data, toll))).json())["challenge"]
    assert hashes(shown) >= 8 * WORK


# --- No picture to be had ---------------------------------------------------------------------


@pytest.mark.parametrize("why, times", [("empty", 8), ("share", 32)])
async def test_dearer_work_in_place_of_a_picture(drawing: Any, why: Any, times: int) -> None:
    desk: Desk = await drawing(stock=Ready(missed=Missed(why)))
    data = await desk.page("draw")
    shown = await picture(desk, data)
    assert (shown["kind"], shown["rung"]) == ("pow", 0)
    assert hashes(shown) == times * WORK
    desk.clock.now_s += 1
    response = await desk.post("answer", answer(data, shown))
    assert await said(response) == (200, "solved")
    record = desk.records()[-1]
    assert (record["kind"], record["instead_of"], record["pass_level"]) == ("pow", "puzzle", 2)


@pytest.mark.parametrize("why, times", [("empty", 8), ("share", 32)])
async def test_work_in_place_of_pictures_gets_dearer_each_time(
    drawing: Any, why: Any, times: int
) -> None:
    """From one prefix, beyond what the accessible way is granted, until the window is over."""
    limits = AnswerLimits(accessible=2)
    desk: Desk = await drawing(stock=Ready(missed=Missed(why)), limits=limits)
    asked = [hashes(await picture(desk, await desk.page("draw"))) for _ in range(5)]
    assert asked == [times * WORK * dearer for dearer in (1, 1, 2, 4, 8)]
    desk.clock.now_s += 2 * limits.accessible_window_s
    assert hashes(await picture(desk, await desk.page("draw"))) == times * WORK


async def test_work_in_place_of_pictures_has_a_most(drawing: Any) -> None:
    desk: Desk = await drawing(
        stock=Ready(missed=Missed("share")), limits=AnswerLimits(accessible=0)
    )
    for more in (24, 2_000):  # doubled so often it would be more than a float holds
        window = int(desk.clock() // 600)
        await desk.parts.store.bump(f"unpictured/{CALLER.prefix}/{window}", 600, more)
        assert hashes(await picture(desk, await desk.page("draw"))) == MOST_HASHES


async def test_a_gate_without_a_stock_asks_for_work(drawing: Any) -> None:
    desk: Desk = await drawing(stock=NoStock())
    assert (await picture(desk, await desk.page("draw")))["kind"] == "pow"


@pytest.mark.parametrize("known, prefix", [(True, CALLER.prefix), (False, "")])
async def test_whose_share_it_is(drawing: Any, known: bool, prefix: str) -> None:
    desk: Desk = await drawing(addresses_known=lambda: known)
    await picture(desk, await desk.page("draw"))
    assert desk.parts.stock.taken == [prefix]  # type: ignore[attr-defined]


class Failing(MemoryStore):
    """A store that can be taken away."""

    fault: Exception | None = None

    async def spend(self, key: str, ttl_s: float) -> bool:
        if self.fault:
            raise self.fault
        return await super().spend(key, ttl_s)


@pytest.mark.parametrize(
    "fault, reason", [(StoreDown("away"), "unavailable"), (StoreFull("full"), "full")]
)
async def test_a_store_that_goes_during_the_toll(
    drawing: Any, fault: Exception, reason: str
) -> None:
    """Nothing is given that could be had twice; and once it is back, the toll still counts."""
    clock = Clock()
    store = Failing(clock=clock)
    desk: Desk = await drawing(clock=clock, store=store)
    data = await desk.page("draw")
    store.fault = fault
    response = await desk.post("challenge", fetch(data))
    assert await said(response) == (503, f"refused {reason}")
    assert desk.parts.stock.taken == []  # type: ignore[attr-defined]
    store.fault = None
    assert (await picture(desk, data))["view"] is not None


async def test_without_a_store_one_process_counts_where_that_is_allowed(drawing: Any) -> None:
    clock = Clock()
    store = Failing(clock=clock)
    store.fault = StoreDown("away")
    desk: Desk = await drawing(clock=clock, store=store)
    data = await desk.page("loose")
    assert (await picture(desk, data))["view"] is not None
    assert (await said(await desk.post("challenge", fetch(data))))[1] == "refused spent"
