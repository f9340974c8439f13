"""What a guard remembers of a client's usual fields: nothing that could be another's."""

import asyncio
import io
import json
import os
import re
from collections.abc import Awaitable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import standing
from gateway.addresses import Register
from gateway.affinity import stays_of
from gateway.callers import TrustedProxies, caller_of
from gateway.envelope import HEADER, Envelope
from gateway.finish import Finisher
from gateway.guard import Guard
from gateway.handover import Handover
from gateway.heads import METHODS, read_request
from gateway.hold import HoldQuotas, Holds
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import (
    Address,
    ListEntry,
    Match,
    PassRule,
    Peer,
    Reason,
    RequestHead,
    Route,
    Rung,
    Site,
    Solved,
    Upstream,
)
from gateway.passes import issue
from gateway.routing import Router
from gateway.selfcheck import FirstCallers
from gateway.stores.memory import MemoryStore
from gateway.wire.plan import Plan
from tests.test_guard import GATE, RING, Scene

PEER = Peer("192.0.2.7")


def asked(target: bytes = b"/", *fields: bytes, method: bytes = b"GET") -> RequestHead:
    lines = (method + b" " + target + b" HTTP/1.1", b"Host: shop.example", *fields, b"", b"")
    head = read_request(b"\r\n".join(lines))
    assert isinstance(head, RequestHead)
    return head


def known(head: RequestHead) -> dict:
    assert head.block is not None
    return head.block.known


# --- Bounds --------------------------------------------------------------------------------


def test_all_that_is_remembered_is_bounded(monkeypatch):
    """By blocks, by peers and by both: what was first goes first."""
    monkeypatch.setattr(standing, "MAX_STANDINGS", 10)
    guard = Scene().guard
    heads = [asked(b"/", b"X-Any: bounded %d" % number) for number in range(4)]
    for number in range(6):
        for head in heads:
            guard.plan(head, Peer(f"192.0.2.{number}"), None)
    assert [[address for _, address in known(head)] for head in heads] == [
        ["192.0.2.4", "192.0.2.5"], ["192.0.2.4", "192.0.2.5"],
        ["192.0.2.3", "192.0.2.4", "192.0.2.5"], ["192.0.2.3", "192.0.2.4", "192.0.2.5"],
    ]  # fmt: skip


def test_targets_of_one_client_are_bounded():
    guard, head = Scene().guard, asked(b"/never", b"X-Any: targets")
    for number in range(3 * standing.MAX_TARGETS):
        guard.plan(asked(b"/never?%d" % number, b"X-Any: targets"), PEER, None)
    guard.plan(asked(b"/never?" + b"x" * standing.MAX_TARGET_BYTES, b"X-Any: targets"), PEER, None)
    (found,) = known(head).values()
    assert 0 < len(found.routed) <= standing.MAX_TARGETS
    assert all(len(target) <= standing.MAX_TARGET_BYTES for _, target in found.routed)


def test_decisions_about_one_client_are_bounded():
    guard = Witness(0.0).guard
    for method in list(METHODS)[: 3 * standing.MAX_DECISIONS]:
        head = asked(b"/page/1", AGENT, PASSES[0], method=method)
        guard.plan(head, PEER, None)
    (found,) = known(head).values()
    assert 0 < len(found._decided) <= standing.MAX_DECISIONS


# --- What is remembered changes nothing -----------------------------------------------------

START_S = 1_800_000_000.0
LADDER = (Rung("pow", None, 0.5, 1), Rung("pow", None, 1.0, 2))
SHOP = (
    Route("vote", "shop", Match(frozenset({"POST"}), ("/vote",)), ladder=LADDER,
          pass_rule=PassRule("used", uses=3)),
    Route("votes", "shop", Match(frozenset({"GET"}), ("/vote",)), action="allow"),
    Route("page", "shop", Match(paths=("/page/**",)), ladder=LADDER[:1],
          pass_rule=PassRule("page", ttl_s=60), challenge_on=Match(paths=("/before",))),
    Route("asked", "shop", Match(paths=("/q",), query={"do": "it"}), ladder=LADDER[:1],
          params="php", pass_rule=PassRule("page", ttl_s=60), on_error="open"),
    Route("here", "shop", Match(paths=("/here",)), ladder=LADDER,
          pass_rule=PassRule("here", bind=frozenset({"browser", "address"}))),
    Route("once", "shop", Match(paths=("/once",)), ladder=LADDER,
          pass_rule=PassRule("once", uses=1)),
    Route("buy", "shop", Match(paths=("/buy",)), ladder=LADDER[:1],
          pass_rule=PassRule("few", uses=3, spend="all"), challenge_on=Match(paths=("/list",))),
    Route("watched", "shop", Match(paths=("/watched",)), ladder=LADDER[:1], mode="shadow",
          pass_rule=PassRule("page", ttl_s=60)),
    Route("never", "shop", Match(frozenset({"DELETE", "GET"}), ("/never",)), action="deny"),
    Route("free", "shop", Match(paths=("/free",)), action="allow"),
)  # fmt: skip
ORIGIN = "https://app.example"
APPS = tuple(
    Upstream(name, (Address("127.0.0.1", 8000), Address("127.0.0.1", 8001)), affinity="cookie")
    for name in ("shop", "blog")
)
LISTS = (
    ListEntry("shop.deny.0", "deny", networks=("192.0.2.7/32",), paths=("/page/2",)),
    ListEntry("shop.deny.1", "deny", headers=((b"x-any", "1"),), until_s=START_S + 30),
    ListEntry("shop.allow.0", "allow", networks=("192.0.2.0/24",), paths=("/never",)),
)
SITES = (
    Site("shop", ("shop.example",), APPS[0], SHOP, lists=LISTS, cors_origins=frozenset({ORIGIN})),
    Site("blog", ("blog.example",), APPS[1], (replace(SHOP[1], site="blog", name="other"),),
         scheme="https"),
)  # fmt: skip
PEERS = ("192.0.2.7", "192.0.2.8", "198.51.100.1", "10.0.0.1", "10.0.0.2", "unix", "2001:db8::1")
AGENT = b"User-Agent: Mozilla/5.0"


def a_pass(scope: str, uses: int | None, address: str, agent: bytes, now_s: float) -> bytes:
    """A Cookie field with a pass solved at `address`, whose time began at `now_s`."""
    headers = ((b"User-Agent", agent.partition(b": ")[2]),)
    rules = {route.pass_rule.scope: route.pass_rule for route in SHOP}
    caller = caller_of(Peer(address), headers, TrustedProxies(), "auto", RING.browser_key)
    token = issue(
        RING, Solved("pow", 1, uses), rule=replace(rules[scope], uses=uses), site="shop",
        policy="", caller=caller, now_s=now_s, id=f"{scope}{uses}{address}{now_s}",
    )  # fmt: skip
    return f"Cookie: gateway_pass_{scope}={token}".encode()


PASSES = [
    a_pass("page", None, "192.0.2.7", AGENT, START_S),
    a_pass("page", None, "192.0.2.7", AGENT, START_S + 30),
    a_pass("page", 2, "192.0.2.7", AGENT, START_S),
    a_pass("used", 2, "192.0.2.7", AGENT, START_S),
    a_pass("here", None, "192.0.2.7", AGENT, START_S),
    a_pass("here", None, "203.0.113.9", AGENT, START_S),
    a_pass("few", 3, "192.0.2.7", AGENT, START_S),
]
FIELDS = [
    *PASSES,
    b"Cookie: do=it; gateway_app_shop=nobody",
    AGENT,
    b"User-Agent: curl/8",
    b"X-Forwarded-For: 203.0.113.9",
    b"X-Forwarded-For: 192.0.2.7, 10.0.0.2",
    b"X-Forwarded-Proto: https",
    b"X-HTTP-Method-Override: DELETE",
    b"X-Real-IP: 203.0.113.9",
    b"Origin: https://app.example",
    b"Access-Control-Request-Method: POST",
    b"Sec-Fetch-Mode: navigate",
    b"Connection: X-Any",
    b"Connection: keep-alive, Accept",
    b"Connection: close",
    b"Connection: Upgrade\r\nUpgrade: websocket",
    b"X-Any: 1",
    b"X_Gateway-Pass-Id: mine",
    b"Accept: text/html",
    b"Keep-Alive: 5",
    b"TE: trailers",
    b"Content-Length: 0",
]
TARGETS = [
    b"/", b"/page/1", b"/page/1?_method=DELETE", b"/vote", b"/vote?_method=POST", b"/q?do=it",
    b"/q", b"/page/2", b"/before", b"/here", b"/once", b"/list", b"/buy", b"/watched", b"/never",
    b"/never?" + b"x" * 300, b"/free", b"/_gateway/answer", b"/PAGE/1", b"/x/../page/1",
]  # fmt: skip
# Few clients that come again and again, mostly for what is protected, mostly with what it asks.
CLIENTS = st.tuples(
    st.sampled_from((b"shop.example",) * 6 + (b"blog.example", b"nobody.example")),
    st.sampled_from([[AGENT, each] for each in (PASSES[0], *PASSES)])
    | st.lists(st.sampled_from(FIELDS), max_size=4),
    st.sampled_from(PEERS[:1] * 6 + PEERS),
)
FIRSTS = st.tuples(
    st.sampled_from((b"GET", b"GET", b"POST", b"HEAD", b"OPTIONS", b"DELETE", b"get")),
    st.sampled_from(TARGETS[1:2] * 6 + TARGETS),
    st.sampled_from((b"HTTP/1.1",) * 6 + (b"HTTP/1.0",)),
)
STATUSES = st.sampled_from((200, 200, 204, 304, 404, 500, 0, -1))  # -1: the app refused


class Switched(Finisher):
    """Believes of its store what a test says."""

    up = True

    @property
    def store_up(self) -> bool:
        return self.up


class Witness:
    """A guard with everything around it, that writes down all that others could see of it."""

    def __init__(self, sample: float) -> None:
        self.now_s, self.metrics, self.log = START_S, Metrics(), io.StringIO()
        self.named: set[str] = set()  # references that the app was told
        self.store, self.first_callers = MemoryStore(), FirstCallers()
        holds = Holds(self.store, HoldQuotas(), "gate1", self.clock, os.urandom)
        self.finisher = Switched(self.store, holds, RING, self.clock, lambda: "id")
        self.guard = Guard(
            router=Router(SITES, "/_gateway/"),
            trusted=TrustedProxies(("10.0.0.0/8", "unix")),
            prefix="/_gateway/",
            ring=RING,
            finisher=self.finisher,
            handover=Handover(GATE, "boot", "/_gateway/"),
            log=DecisionLog(self.log, self.clock),
            metrics=self.metrics,
            first_callers=self.first_callers,
            clock=self.clock,
            random_bytes=os.urandom,
            sample=sample,
            stays=stays_of(SITES, RING),
            register=Register(SITES),
        )

    def clock(self) -> float:
        return self.now_s

    async def meets(self, head: RequestHead, peer: Peer, status: int) -> tuple:
        """One request to its end: what the wire is told, without what is meant to differ."""
        planned = self.guard.plan(head, peer, None)
        plan = await planned if isinstance(planned, Awaitable) else planned
        if not isinstance(plan, Plan):
            return (plan,)
        told = as_told(plan)
        named = None if plan.ours else REFERENCE.search(plan.head)
        if named and getattr(plan.record.decision, "reason", "") is Reason.PASS:
            self.named.add(named[1].decode())
        self.guard.finished(plan, max(status, 0), 2**-7, 10)
        if status < 0 and not plan.ours:
            instead = self.guard.trouble(plan, head, peer, Reason.APP_UNREACHABLE)
            self.guard.finished(instead, 502, 2**-6, 10)
            told += as_told(instead)
        if plan.delivery is not None:
            await plan.delivery.unsent() if status < 0 else await plan.delivery.sending()
        return told

    def counted(self) -> set[str]:
        """All that is counted, but for faults of passes: who remembers looks at less of them."""
        lines = self.metrics.render().decode().splitlines()
        return {line for line in lines if "passes_rejected" not in line}

    def written(self) -> list[dict]:
        """Without what is of the moment: who remembers tells the facts of the first decision."""
        found = []
        for record in records(self):
            facts = {**record.get("facts", {}), "now_s": 0, "store_up": True}
            found.append({**record, "reference": "", "facts": facts})
        return found


def records(witness: Witness) -> list[dict]:
    return [json.loads(line) for line in witness.log.getvalue().splitlines()]


def by_pass(witness: Witness, *, written: bool) -> list[dict]:
    """The records of forwards by a pass, or all others: who remembers writes the former once."""
    return [each for each in witness.written() if (each.get("reason") == "pass") is written]


REFERENCE = re.compile(rb"X-Gateway-Decision: ([0-9a-f-]{36})\r\n")


def as_told(plan: Plan) -> tuple:
    if plan.ours:
        (line,) = [x for x in plan.head.split(b"\r\n") if x.startswith(HEADER.encode() + b": ")]
        opened = Envelope.open(line.partition(b": ")[2].decode(), "boot")
        assert opened is not None
        head: object = (plan.head.replace(line, b""), replace(opened, decision_id=""))
    else:
        head = REFERENCE.sub(b"X-Gateway-Decision: one\r\n", plan.head)
    return (
        plan.upstream, head, plan.framing, plan.body, plan.method, plan.delivery is None,
        plan.retry_safe, plan.upgrade, plan.drain_body, plan.ours, plan.stay,
    )  # fmt: skip


def afresh(head: RequestHead) -> RequestHead:
    """The same request, of whose fields nothing is known."""
    return replace(head, block=None)


VISITS = st.tuples(
    st.integers(0, 1),  # which client
    FIRSTS,
    st.sampled_from((0, 0, 0, 0, 0, 0, 1, 29, 31, 60)),  # seconds that went by
    st.sampled_from((True, True, True, False)),  # the store answers
    STATUSES,
    st.integers(1, 3),  # how often it comes
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.tuples(CLIENTS, CLIENTS), st.lists(VISITS, min_size=6), st.sampled_from((0.0, 1.0)))
def test_a_guard_that_remembers_answers_as_one_that_does_not(clients, visits, sample):
    asyncio.run(both_answer_alike(clients, visits, sample))


MINE = (b"shop.example", [AGENT, PASSES[0]], PEERS[0])


def visit(first: bytes, *, client: int = 0, later_s: int = 0, status: int = 200) -> tuple:
    method, _, target = first.partition(b" ")
    return (client, (method, target, b"HTTP/1.1"), later_s, True, status, 2)


@pytest.mark.parametrize("sample", [0.0, 1.0])
@pytest.mark.parametrize(
    ("first", "other", "visits"),
    [
        pytest.param(MINE, MINE, [b"GET /page/1", (b"GET /page/1", 60)], id="expired"),
        pytest.param(MINE, MINE, [b"GET /page/1", b"GET /q?do=it", b"GET /watched"], id="route"),
        pytest.param(MINE, MINE, [b"GET /page/1", b"HEAD /page/1"], id="method"),
        pytest.param(MINE, MINE, [b"GET /vote", b"POST /vote", b"GET /vote"], id="target"),
        pytest.param(
            (b"shop.example", [AGENT, PASSES[2]], PEERS[0]), MINE,
            [b"GET /page/1"] + [b"POST /page/1"] * 3, id="uses",
        ),
        pytest.param(
            (b"shop.example", [AGENT, PASSES[6]], PEERS[0]), MINE,
            [b"GET /list", b"GET /buy", b"GET /buy", b"GET /list"], id="opening",
        ),
        pytest.param(
            (b"shop.example", [AGENT, PASSES[4]], PEERS[0]),
            (b"shop.example", [AGENT, PASSES[4]], PEERS[2]),
            [b"GET /here", (b"GET /here", 0, 1)], id="peer",
        ),
        pytest.param(
            (b"shop.example", [AGENT, FIELDS[0], b"X-Forwarded-For: 203.0.113.9"], "10.0.0.1"),
            (b"shop.example", [AGENT, FIELDS[0], b"X-Forwarded-For: 203.0.113.9"], "192.0.2.7"),
            [b"GET /", (b"GET /", 0, 1), b"GET /here", (b"GET /here", 0, 1)], id="trusted peer",
        ),
        pytest.param(
            MINE, (b"blog.example", *MINE[1:]),
            [b"GET /page/1", (b"GET /page/1", 0, 1), b"GET /", (b"GET /", 0, 1)], id="site",
        ),
        pytest.param(MINE, MINE, [b"GET /q?do=it", b"GET /q", b"GET /q?do=it"], id="query"),
        pytest.param(MINE, MINE, [b"GET /", b"GET /_gateway/answer"], id="own"),
        pytest.param(MINE, MINE, [b"GET /page/1", b"GET /page/2", b"GET /page/1"], id="list"),
        pytest.param(
            (b"shop.example", [AGENT, PASSES[0], b"X-Any: 1"], PEERS[0]), MINE,
            [b"GET /page/1", (b"GET /page/1", 30), (b"GET /page/1", 30)], id="list that ends",
        ),
        pytest.param(
            (b"shop.example", [b"Connection: Upgrade\r\nUpgrade: websocket"], PEERS[0]), MINE,
            [b"GET /", b"POST /", b"GET /"], id="upgrade",
        ),
        pytest.param(MINE, MINE, [(b"GET /page/1", 0, 0, -1), b"GET /page/1"], id="trouble"),
        pytest.param(MINE, MINE, [(b"GET /", 0, 0, -1), (b"GET /", 0, 0, 0)], id="plain trouble"),
    ],
)  # fmt: skip
async def test_what_is_remembered_serves_nothing_else(first, other, visits, sample):
    """Each row is about one thing that a decision, or what is said of it, depends on."""
    made = [
        visit(each) if isinstance(each, bytes) else
        visit(each[0], **dict(zip(("later_s", "client", "status"), each[1:], strict=False)))
        for each in visits
    ]  # fmt: skip
    await both_answer_alike((first, other), made, sample)


async def both_answer_alike(clients, visits, sample: float) -> None:
    remembering, forgetting = Witness(sample), Witness(sample)
    for client, first, later_s, up, status, times in visits:
        host, fields, address = clients[client]
        lines = (b" ".join(first), b"Host: " + host, *fields, b"", b"")
        head, peer = read_request(b"\r\n".join(lines)), Peer(address, 4000)
        if not isinstance(head, RequestHead):
            continue
        for guard in (remembering, forgetting):
            guard.now_s += later_s
            guard.finisher.up = up
        for _ in range(times):
            told = await remembering.meets(head, peer, status)
            assert told == await forgetting.meets(afresh(head), peer, status)
    if sample:
        assert remembering.written() == forgetting.written()
    else:
        assert by_pass(remembering, written=False) == by_pass(forgetting, written=False)
        assert remembering.named <= {each.get("reference") for each in records(remembering)}
    assert remembering.counted() == forgetting.counted()
    assert remembering.first_callers.__dict__ == forgetting.first_callers.__dict__


@pytest.mark.parametrize(("sample", "written"), [(0.0, 1), (1.0, 3)])
async def test_a_decision_has_one_record_that_explains_all_it_forwards(sample, written):
    witness = Witness(sample)
    head = asked(b"/page/1", AGENT, PASSES[0])
    for status in (200, 200, 0):
        await witness.meets(head, PEER, status)
    (reference,) = witness.named
    assert [each["reference"] for each in records(witness)] == [reference] * written
    assert {each["action"] for each in records(witness)} == {"forward"}
    counts = witness.metrics.registry.get_sample_value
    of_route = {"site": "shop", "route": "page", "action": "forward", "reason": "pass"}
    assert counts("gateway_requests_total", of_route) == 3
    assert counts("gateway_replies_total", {"by": "app", "code": "2xx"}) == 2
    assert counts("gateway_replies_total", {"by": "app", "code": "broke"}) == 1


async def test_trouble_has_a_record_whatever_the_sample():
    witness = Witness(1e-12)  # so that, all but surely, no repeated forward is in the sample
    head = asked(b"/page/1", AGENT, PASSES[0])
    for status in (200, 200, -1):
        await witness.meets(head, PEER, status)
    assert [each["action"] for each in records(witness)] == ["forward", "deny"]
