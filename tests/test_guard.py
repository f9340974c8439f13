"""The guard with everything real around it: what the wire is told to do with each request."""

import io
import json
import os
from collections.abc import Awaitable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.callers import TrustedProxies, caller_of
from gateway.envelope import HEADER, Envelope
from gateway.finish import Finisher
from gateway.guard import Guard
from gateway.handover import Handover
from gateway.heads import read_request
from gateway.hold import HoldQuotas, Holds
from gateway.inquiry import Inquiries
from gateway.log import DecisionLog, Keeper
from gateway.metrics import Metrics
from gateway.model import (
    Address,
    BodySeen,
    Chunked,
    Length,
    Match,
    NoBody,
    PassRule,
    Peer,
    Reached,
    Reason,
    Refusal,
    RequestHead,
    Route,
    Rung,
    Site,
    Solved,
    Upstream,
    Visit,
)
from gateway.passes import issue
from gateway.ring import Key, KeyRing
from gateway.routing import Router
from gateway.selfcheck import FirstCallers
from gateway.stores.memory import MemoryStore
from gateway.submission import MAX_FINISH_BYTES, may_finish, read_finish, visited_route
from gateway.tokens import seal_visit
from gateway.wire.plan import NeedBody, Plan

NOW_S = 1_800_000_000.0
RING = KeyRing((Key("k1", 0.0, b"s" * 32),))
APP = Upstream("app", (Address("127.0.0.1", 8000),))
GATE = Upstream("gateway", (Address(unix_path="/run/gate.sock"),))
PEER = Peer("192.0.2.7", 4000)
LADDER = (Rung("pow", None, 1.0, 1),)
RULE = PassRule("shop", uses=2)
ROUTES = (
    Route("vote", "site", Match(frozenset({"POST"}), ("/vote",)), ladder=LADDER, pass_rule=RULE),
    Route("page", "site", Match(paths=("/page",)), ladder=LADDER, pass_rule=PassRule("page")),
    Route("form", "site", Match(paths=("/form",), form={"do": "register"}), ladder=LADDER),
    Route("watched", "site", Match(paths=("/watched",)), ladder=LADDER, mode="shadow"),
    Route("never", "site", Match(paths=("/never",)), action="deny"),
    Route(
        *("look", "site", Match(paths=("/look",))),
        ladder=LADDER,
        pass_rule=PassRule("look", uses=2, spend="all"),
    ),
)
SITE = Site("site", ("shop.example",), APP, ROUTES)


class Scene:
    """A guard, its store and its log."""

    def __init__(
        self, sample: float = 0.0, inquiries: Inquiries | None = None, keeper: Keeper | None = None
    ) -> None:
        store = MemoryStore()
        self.written = io.StringIO()
        self.metrics = Metrics()
        holds = Holds(store, HoldQuotas(), "gate1", lambda: NOW_S, os.urandom)
        self.guard = Guard(
            router=Router((SITE,), "/_gateway/"),
            trusted=TrustedProxies(("10.0.0.0/8",)),
            prefix="/_gateway/",
            ring=RING,
            finisher=Finisher(store, holds, RING, lambda: NOW_S, lambda: "id"),
            handover=Handover(GATE, "boot", "/_gateway/"),
            log=DecisionLog(self.written, lambda: NOW_S, keeper=keeper),
            metrics=self.metrics,
            first_callers=FirstCallers(),
            clock=lambda: NOW_S,
            random_bytes=os.urandom,
            sample=sample,
            inquiries=inquiries,
        )

    async def plan(self, request: RequestHead, body: BodySeen | None = None) -> Plan | NeedBody:
        planned = self.guard.plan(request, PEER, body)
        return await planned if isinstance(planned, Awaitable) else planned

    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.written.getvalue().splitlines()]


def request(method="GET", target=b"/", *headers, framing=None, host="shop.example") -> RequestHead:
    return RequestHead(
        method,
        target,
        (1, 1),
        ((b"Host", host.encode()), *headers),
        framing or NoBody(),
        host,
        True,
    )


def form_post(target: bytes, body: bytes, *headers) -> tuple[RequestHead, BodySeen]:
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    return request("POST", target, kind, *headers, framing=Length(len(body))), BodySeen(body, True)


def a_visit(**changes) -> Visit:
    made = Visit(
        "v1", b"k" * 32, "site", "page", "GET", b"/page", "", NOW_S, NOW_S + 600,
        solved=Solved("pow", 1, 1),
    )  # fmt: skip
    return replace(made, **changes)


def finishing(visit: Visit | str, *headers, again=False, target=b"/page"):
    token = visit if isinstance(visit, str) else seal_visit(RING, visit, os.urandom(12))
    body = b"gateway_visit=" + token.encode() + (b"&gateway_again=1" if again else b"")
    return form_post(target, body, *(headers or ((b"Origin", b"http://shop.example"),)))


def a_pass(scope="page", uses=None, caller=None) -> tuple[bytes, bytes]:
    rule = PassRule(scope, uses=uses)
    caller = caller or caller_of(PEER, (), TrustedProxies(), "auto", RING.browser_key)
    token = issue(
        RING, Solved("pow", 1, uses), rule=rule, site="site", policy="", caller=caller,
        now_s=NOW_S, id="p1",
    )  # fmt: skip
    return b"Cookie", f"gateway_pass_{scope}={token}".encode()


def told(plan: Plan) -> dict[str, str]:
    lines = plan.head.decode("latin-1").split("\r\n")[1:]
    return {k: v for k, _, v in (line.partition(": ") for line in lines) if "gateway" in k.lower()}


def envelope(plan: Plan) -> Envelope:
    opened = Envelope.open(told(plan)[HEADER], "boot")
    assert opened is not None
    return opened


async def test_what_no_route_concerns_goes_to_the_app_untouched():
    plan = await Scene().plan(request("GET", b"/other?x=1", (b"X-Any", b"thing")))
    assert isinstance(plan, Plan)
    assert plan.upstream == APP
    assert plan.head.startswith(
        b"GET /other?x=1 HTTP/1.1\r\nHost: shop.example\r\nX-Any: thing\r\n"
    )
    assert told(plan) == {}
    assert plan.retry_safe
    assert plan.delivery is None


@pytest.mark.parametrize(
    "asked, action, reason, status",
    [
        (request("GET", b"/page"), "challenge", Reason.NO_PASS, 403),
        (request("GET", b"/%70age"), "challenge", Reason.NO_PASS, 403),
        (request("POST", b"/vote", framing=Chunked()), "challenge", Reason.NO_PASS, 403),
        (request("GET", b"/never"), "deny", Reason.DENIED, 403),
        (request("GET", b"/", host="other.example"), "deny", Reason.UNKNOWN_SITE, 421),
        (request("GET", b"/_gateway/gateway.js"), "own", "", 403),
    ],
)
async def test_what_the_gate_must_answer(asked, action, reason, status):
    plan = await Scene().plan(asked)
    assert isinstance(plan, Plan)
    assert plan.upstream == GATE
    assert plan.ours
    sealed = envelope(plan)
    assert (sealed.action, sealed.reason, sealed.status) == (action, reason, status)
    assert (sealed.method, sealed.target) == (asked.method, asked.target)


@pytest.mark.parametrize(("more_bytes", "goes"), [(-1, True), (0, True), (1, False)])
async def test_a_body_too_large_to_be_held_stays_behind(more_bytes, goes):
    """… unread, so that nobody is told to go on with it."""
    size = Length(ROUTES[0].hold.max_bytes + more_bytes)
    plan = await Scene().plan(request("POST", b"/vote", framing=size))
    assert (plan.drain_body, plan.framing) == ((False, size) if goes else (True, NoBody()))
    assert envelope(plan).unread_bytes == (0 if goes else size.size_bytes)
    assert (b"\r\nContent-Length: " in plan.head) is goes


async def test_a_good_pass_opens_its_scope_and_is_told_to_the_app():
    scene = Scene()
    plan = await scene.plan(request("GET", b"/page", a_pass()))
    assert plan.upstream == APP
    names = told(plan)
    assert names["X-Gateway-Pass-Id"] == "p1"
    assert names["X-Gateway-Kind"] == "pow"
    assert names["X-Gateway-Route"] == "page"
    assert float(names["X-Gateway-Risk"]) > 0  # this one has no browser's headers
    other = await scene.plan(request("GET", b"/vote", a_pass()))
    assert told(other) == {}


async def test_uses_run_out_and_unsent_ones_come_back():
    scene = Scene()
    asked = request("POST", b"/vote", a_pass("shop", uses=2))
    first, second = await scene.plan(asked), await scene.plan(asked)
    assert first.upstream == second.upstream == APP
    assert not first.retry_safe
    assert envelope(await scene.plan(asked)).reason == Reason.USES_SPENT
    await first.delivery.unsent()
    assert (await scene.plan(asked)).upstream == APP
    assert envelope(await scene.plan(asked)).reason == Reason.USES_SPENT


async def test_what_spends_a_use_is_not_sent_twice_by_itself():
    plan = await Scene().plan(request("GET", b"/look", a_pass("look", uses=2)))
    assert (plan.upstream, plan.retry_safe) == (APP, False)


async def test_what_was_asked_about_another_route_is_given_back():
    """A visit of a rule that was about its target when it was asked, and is so again."""
    scene = Scene()
    asked, body = finishing(a_visit(route="watched"))
    for _ in range(2):
        plan = await scene.plan(asked, body)
        assert envelope(plan).reason == Reason.VISIT_UNREADABLE
    again, body = finishing(a_visit())
    assert (await scene.plan(again, body)).upstream == APP


async def test_shadow_forwards_and_says_what_would_have_been():
    scene = Scene()
    plan = await scene.plan(request("GET", b"/watched"))
    assert plan.upstream == APP
    assert told(plan)["X-Gateway-Would"] == "challenge"
    scene.guard.finished(plan, 200, 0.01, 10)
    (record,) = scene.records()
    assert (record["action"], record["would"]) == ("forward", "challenge")
    assert record["would_reason"] == "no_pass"


async def test_form_fields_decide_once_the_body_is_seen():
    scene = Scene()
    asked, body = form_post(b"/form", b"do=register")
    assert isinstance(await scene.plan(asked), NeedBody)
    assert (await scene.plan(asked, body)).upstream in (GATE,)
    asked, body = form_post(b"/form", b"do=search")
    assert (await scene.plan(asked, body)).upstream == APP


# --- finishing -----------------------------------------------------------------------------


async def test_a_solved_visit_is_finished_once():
    scene = Scene()
    asked, body = finishing(a_visit())
    assert await scene.plan(asked) == NeedBody(MAX_FINISH_BYTES)
    plan = await scene.plan(asked, body)
    assert plan.upstream == APP
    assert plan.head.startswith(b"GET /page HTTP/1.1\r\n")
    assert plan.delivery is not None
    assert not plan.retry_safe
    assert b"".join([piece async for piece in plan.body]) == b""
    assert envelope(await scene.plan(asked, body)).reason == Reason.DELIVERED


@pytest.mark.parametrize(
    "visit, headers, target, reason",
    [
        (a_visit(), [(b"Origin", b"http://evil.example")], b"/page", Reason.CROSS_SITE),
        (a_visit(), [(b"Sec-Fetch-Site", b"cross-site")], b"/page", Reason.CROSS_SITE),
        (a_visit(), [(b"X-Nothing", b"")], b"/page", Reason.CROSS_SITE),
        (a_visit(expires_s=NOW_S), [], b"/page", Reason.VISIT_EXPIRED),
        (a_visit(), [], b"/vote", Reason.VISIT_UNREADABLE),
        (a_visit(route="vote"), [], b"/page?x", Reason.VISIT_UNREADABLE),
        (a_visit(route="gone"), [], b"/page", Reason.VISIT_UNREADABLE),
        (a_visit(route="watched"), [], b"/page", Reason.VISIT_UNREADABLE),  # it was when asked
        (a_visit(site="other"), [], b"/page", Reason.VISIT_UNREADABLE),
        ("tampered", [], b"/page", Reason.VISIT_UNREADABLE),
        ("", [], b"/page", Reason.VISIT_UNREADABLE),
        (a_visit(solved=None), [], b"/page", Reason.VISIT_UNSOLVED),
    ],
)
async def test_what_does_not_finish(visit, headers, target, reason):
    plan = await Scene().plan(*finishing(visit, *headers, target=target))
    assert plan.upstream == GATE
    assert envelope(plan).reason == reason


async def test_an_unsolved_visit_is_asked_for_itself_and_its_body_stays_here():
    asked, body = finishing(a_visit(solved=None), (b"Origin", b"http://shop.example"))
    plan = await Scene().plan(asked, body)
    assert body.data == b"gateway_visit=" + envelope(plan).visit.encode()
    assert (plan.framing, plan.drain_body) == (NoBody(), True)


async def test_a_visit_finishes_with_a_pass_from_another_tab():
    asked, body = finishing(a_visit(solved=None), (b"Origin", b"http://shop.example"), a_pass())
    plan = await Scene().plan(asked, body)
    assert plan.upstream == APP
    assert told(plan)["X-Gateway-Pass-Id"] == "p1"


async def test_only_a_small_form_post_can_finish():
    form = (b"Content-Type", b"application/x-www-form-urlencoded; charset=utf-8")
    good = request("POST", b"/page", form, framing=Length(100))
    assert may_finish(good)
    for other in (
        replace(good, method="PUT"),
        replace(good, framing=Length(MAX_FINISH_BYTES + 1)),
        replace(good, framing=Length(14)),
        replace(good, framing=Chunked()),
        replace(good, headers=((b"Content-Type", b"text/plain"),)),
        replace(good, headers=()),
    ):
        assert not may_finish(other)


@pytest.mark.parametrize(
    "body, token, again",
    [
        (b"gateway_visit=A1", "A1", False),
        (b"gateway_visit=A1&gateway_again=1", "A1", True),
        (b"gateway_visit=A1&gateway_again=0", "A1", False),
        (b"gateway_visit=A1&gateway_again=1&gateway_again=1", "A1", False),
        (b"gateway_visit=A1&gateway_visit=A2", "A1", False),
        (b"gateway_visit=A1&a&b&c", "A1", False),
        (b"gateway_visit=A1&a&b&c&gateway_again=1", "", False),  # no page of ours sends so many
    ],
)
def test_what_a_submission_says(body, token, again):
    assert read_finish(body) == (token, again)


def test_a_visit_is_of_one_route_of_one_site():
    (route,) = SITE.routes[:1]
    visit = a_visit(site=SITE.name, route=route.name)
    assert visited_route(SITE, visit) is route
    for other in (None, replace(visit, site="other"), replace(visit, route="other")):
        assert visited_route(SITE, other) is None


@given(st.binary(max_size=200))
def test_any_submission_is_read(body):
    token, again = read_finish(b"gateway_visit=" + body)
    assert isinstance(token, str)
    assert isinstance(again, bool)


# --- when it goes wrong --------------------------------------------------------------------


async def test_trouble_keeps_the_reference_and_lets_the_visitor_try_again():
    scene = Scene()
    asked, body = finishing(a_visit())
    plan = await scene.plan(asked, body)
    page = scene.guard.trouble(plan, asked, PEER, Reason.APP_UNREACHABLE)
    sealed = envelope(page)
    assert (sealed.reason, sealed.status) == (Reason.APP_UNREACHABLE, 502)
    assert sealed.decision_id == plan.record.reference
    assert sealed.visit.startswith("A")
    assert page.drain_body
    counted = 'gateway_upstream_errors_total{reason="app_unreachable",upstream="app"} 1.0'
    assert counted in scene.metrics.render().decode()


@pytest.mark.parametrize("reason", [Reason.APP_BROKE, Reason.APP_TIMEOUT])
async def test_what_left_and_was_not_answered_may_have_arrived(reason):
    scene = Scene()
    asked, body = finishing(a_visit())
    plan = await scene.plan(asked, body)
    early = envelope(scene.guard.trouble(plan, asked, PEER, reason))
    assert early.reason == Reason.APP_UNREACHABLE  # nothing had left: it can be tried again
    assert early.visit
    await plan.delivery.sending()
    assert envelope(scene.guard.trouble(plan, asked, PEER, reason)).reason == "maybe_delivered"
    plain = request("GET", b"/other")
    forwarded = await scene.plan(plain)
    assert envelope(scene.guard.trouble(forwarded, plain, PEER, reason)).reason == reason


@pytest.mark.parametrize("reason, status", [(Reason.STORE_DOWN, 503), (Reason.HOLD_LOST, 502)])
async def test_what_the_store_kept_from_leaving_is_not_called_sent(reason, status):
    scene = Scene()
    asked, body = finishing(a_visit())
    plan = await scene.plan(asked, body)
    sealed = envelope(scene.guard.trouble(plan, asked, PEER, reason))
    assert (sealed.reason, sealed.status) == (reason, status)


async def test_plain_forwards_are_counted_not_logged():
    scene = Scene()
    plan = await scene.plan(request("GET", b"/other"))
    scene.guard.finished(plan, 200, 0.01, 10)
    assert scene.records() == []
    counted = scene.metrics.render().decode()
    assert 'gateway_requests_total{action="forward",reason="no_route"' in counted


@pytest.mark.parametrize("sample, written", [(0.0, 0), (1.0, 40)])
async def test_a_sample_of_plain_forwards_is_written_if_asked(sample, written):
    scene = Scene(sample)
    for _ in range(40):
        plan = await scene.plan(request("GET", b"/other"))
        scene.guard.finished(plan, 200, 0.01, 10)
    assert len([r for r in scene.records() if r["event"] == "decision"]) == written


@pytest.mark.parametrize("status, delivered", [(200, 1), (500, 1), (0, 0)])
async def test_what_was_held_is_delivered_once_the_app_has_answered(status, delivered):
    scene = Scene()
    plan = await scene.plan(*finishing(a_visit()))
    scene.guard.finished(plan, status, 0.01, 10)
    assert f"gateway_holds_delivered_total {delivered}.0" in scene.metrics.render().decode()


class Kept:
    """References of what is kept to be explained."""

    keeps = True

    def __init__(self):
        self.references = []

    def add(self, reference, line, caller, hold=""):
        self.references.append(reference)


async def test_a_sample_is_written_and_what_was_decided_is_kept():
    """Once: what a pass lets by again is explained by its first record, unless it came to grief."""
    kept = Kept()
    scene = Scene(1.0, keeper=kept)
    name, value = a_pass()
    head = (b"GET /page HTTP/1.1", b"Host: shop.example", name + b": " + value, b"", b"")
    asked = read_request(b"\r\n".join(head))
    plain, *passed = [await scene.plan(each) for each in (request(), asked, asked, asked)]
    for plan in (plain, *passed[:2]):
        scene.guard.finished(plan, 200, 0.01, 10)
    assert [record["reason"] for record in scene.records()] == ["no_route", "pass", "pass"]
    first = passed[0].record.reference
    assert kept.references == [first]
    page = scene.guard.trouble(passed[2], asked, PEER, Reason.APP_UNREACHABLE)
    scene.guard.finished(page, 502, 0.01, 10)
    assert scene.records()[-1]["reason"] == "app_unreachable"
    assert kept.references == [first, page.record.reference]


async def test_a_proxy_nobody_trusts_is_spoken_of_in_the_log():
    scene = Scene()
    for _ in range(30):
        scene.guard.plan(request("GET", b"/"), Peer("172.16.0.9"), None)
    (record,) = scene.records()
    assert record["level"] == "warning"
    assert "172.16.0.9" in record["why"]


async def test_refusals_of_the_wire_are_recorded():
    scene = Scene()
    scene.guard.refused(Refusal(400, "bad chunk"), PEER)
    (record,) = scene.records()
    assert record["event"] == "refused"
    assert 'gateway_refused_total{status="400"} 1.0' in scene.metrics.render().decode()


# --- hostile -------------------------------------------------------------------------------

HEADER_VALUES = st.binary(max_size=60).map(lambda b: b.replace(b"\r", b"").replace(b"\n", b""))
NAMES = st.sampled_from(
    [b"Cookie", b"Origin", b"X-Forwarded-For", b"Content-Type", b"User-Agent", b"X-Gateway-Risk"]
)


@given(
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PROPFIND"]),
    st.binary(max_size=80).map(lambda b: b"/" + b.replace(b"\r", b"").replace(b"\n", b"")),
    st.lists(st.tuples(NAMES, HEADER_VALUES), max_size=5),
    st.binary(max_size=100),
)
async def test_any_acceptable_request_gets_a_plan(method, target, headers, body):
    scene = Scene()
    asked = request(method, target, *headers, framing=Length(len(body)))
    planned = await scene.plan(asked)
    if isinstance(planned, NeedBody):
        planned = await scene.plan(asked, BodySeen(body, True))
    assert isinstance(planned, Plan)
    assert planned.head.endswith(b"\r\n\r\n")
    assert planned.head.count(b"\r\n\r\n") == 1


async def test_what_a_client_says_in_our_name_is_not_passed_on():
    plan = await Scene().plan(
        request(
            "GET",
            b"/other",
            (b"X-Gateway-Risk", b"0"),
            (b"X_Gateway_Pass_Id", b"me"),
            (b"x-gateway_kind", b"slider"),
        )
    )
    assert b"gateway" not in plan.head.lower()


class Broken:
    """An inquiry with a fault of ours in it."""

    def concerns(self, route: Route) -> bool:
        return True

    async def add(self, facts, asked, route, body):
        raise KeyError(asked.request.target)


class Counting:
    """An inquiry that counts whom it hears of."""

    heard = 0

    def concerns(self, route: Route) -> bool:
        return route.name == "page"

    async def add(self, facts, asked, route, body):
        self.heard += 1
        return facts


async def test_an_inquiry_is_made_for_each_request_of_its_route():
    """Also of a client whose fields, pass and all, are known."""
    counting = Counting()
    scene = Scene(inquiries=Inquiries([counting]))
    name, value = a_pass()
    for target in (b"/page", b"/watched", b"/page", b"/other", b"/page"):
        lines = (b"GET %b HTTP/1.1" % target, b"Host: shop.example", name + b": " + value)
        asked = read_request(b"\r\n".join((*lines, b"", b"")))
        assert isinstance(asked, RequestHead)
        assert (await scene.plan(asked)).upstream == APP
    assert counting.heard == 3


class Steep:
    """An inquiry that finds a limit passed, which asks for a harder question."""

    def concerns(self, route: Route) -> bool:
        return route.name == "vote"

    async def add(self, facts, asked, route, body):
        return replace(facts, reached=(Reached("often", "harder", 6, 5, 60, 30),))


async def test_a_pass_that_is_used_up_forgives_neither_risk_nor_limits():
    """Else who keeps one that once served would be asked the easiest question ever after."""
    scene = Scene(inquiries=Inquiries([Steep()]))
    plain = envelope(await scene.plan(request("POST", b"/vote")))
    asked = request("POST", b"/vote", a_pass("shop", uses=2))
    for _ in range(2):
        assert (await scene.plan(asked)).upstream == APP
    spent = envelope(await scene.plan(asked))
    assert (spent.reason, plain.reason) == (Reason.USES_SPENT, Reason.NO_PASS)
    assert (spent.harder, spent.risk) == (plain.harder, plain.risk) == (1, plain.risk)
    assert plain.risk > 0


@pytest.mark.parametrize(
    ("target", "ours", "action"),
    [(b"/page", True, "deny"), (b"/watched", False, "forward")],
)
async def test_an_inquiry_that_breaks_closes_what_is_enforced(target, ours, action):
    scene = Scene(inquiries=Inquiries([Broken()]))
    plan = await scene.plan(request("GET", target, (b"Accept", b"text/html")))
    assert plan.ours is ours
    scene.guard.finished(plan, 500 if ours else 200, 0.01, 100)
    error, decision = scene.records()
    assert (error["level"], error["event"], error["type"]) == ("error", "error", "KeyError")
    assert error["at"].startswith("inquiry.py:")
    assert error["reference"] == decision["reference"]
    assert target.decode() not in json.dumps(error)
    assert decision["action"] == action
    assert decision["facts"]["broken"] is True
    if ours:
        sealed = envelope(plan)
        assert (sealed.action, sealed.reason, sealed.status) == ("deny", "gate_broke", 500)
        assert sealed.decision_id == error["reference"]
    else:
        assert (decision["would"], decision["would_reason"]) == ("deny", "gate_broke")
    assert "gateway_gate_errors_total 1.0" in scene.metrics.render().decode()
