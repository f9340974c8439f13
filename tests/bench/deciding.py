"""What a decision costs beyond forwarding, part by part. Run: python -m tests.bench.deciding

All parts by turns in one run, in microseconds of this process's CPU (the median of the rounds), so
that shares and ratios hold on a busy machine too. The request claims to be a browser that it is not
and is new each time: every signal of requests is worked out, none remembered. `shadow` takes the
whole way of the guard, from the head to the record that is written and kept, and forwards; what it
costs more than a request that no route is about is what deciding costs.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gateway.callers import TrustedProxies, caller_of
from gateway.decide import decide
from gateway.finish import Finisher
from gateway.guard import Guard
from gateway.handover import Handover
from gateway.hold import HoldQuotas, Holds
from gateway.ids import References
from gateway.kept.recent import Recent
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import (
    Address,
    Facts,
    Headers,
    Match,
    NoBody,
    PassRule,
    Peer,
    Reached,
    RequestHead,
    Route,
    Rung,
    Site,
    Upstream,
)
from gateway.records import Judged
from gateway.ring import Key, KeyRing
from gateway.risk import score_request
from gateway.routing import Router
from gateway.selfcheck import FirstCallers
from gateway.stores.memory import MemoryStore
from gateway.wire.plan import Plan

ROUNDS, REQUESTS = 15, 1_000
RING = KeyRing((Key("a", 0.0, b"a" * 32),))
PEER = Peer("192.0.2.7", 4000)
LADDER = (Rung("invisible", None, 0.3, 1), Rung("slider", None, 1.0, 2))
ROUTE = Route("register", "shop", Match(paths=("/register",)), ladder=LADDER, mode="shadow")
SITE = Site(
    "shop",
    ("shop.example",),
    Upstream("app", (Address("127.0.0.1", 9),)),
    (replace(ROUTE, pass_rule=PassRule("register")),),
    scheme="https",
)
FEW = tuple(Reached(name, "harder", 3, 5, 3600, 1800) for name in ("number", "fan", "prefix"))
NUMBERS = itertools.count()


class Kept(Recent):
    """Writes nothing: what costs is to put it into words."""

    def add(self, reference: str, line: str, caller: Any, hold: str = "") -> None:
        super().add(reference, line, caller, hold)
        self._waiting.clear()


def head(target: bytes) -> RequestHead:
    """A browser by its own word, without what browsers send; another one each time."""
    agent = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.%d.0" % next(NUMBERS)
    headers: Headers = (
        (b"Host", b"shop.example"),
        (b"User-Agent", agent),
        (b"Accept", b"text/html"),
        (b"Sec-CH-UA", b'"Chromium";v="120", "Not A(Brand";v="99"'),
        (b"Sec-CH-UA-Platform", b'"Windows"'),
        (b"Cookie", b"session=0123456789abcdef; theme=dark"),
    )
    return RequestHead("GET", target, (1, 1), headers, NoBody(), "shop.example", keep_alive=True)


def guard(*, records: bool = True) -> Guard:
    store, metrics = MemoryStore(), Metrics()
    kept = Kept(store, RING, 10_000 if records else 0, 60.0)
    level = "info" if records else "error"
    log = DecisionLog(io.StringIO(), time.time, level=level, soon=lambda write: None, keeper=kept)
    holds = Holds(store, HoldQuotas(), "gate", time.time, os.urandom)
    return Guard(
        router=Router((SITE,), "/_gateway/"),
        trusted=TrustedProxies(),
        prefix="/_gateway/",
        ring=RING,
        finisher=Finisher(store, holds, RING, time.time, lambda: "id"),
        handover=Handover(Upstream("(gate)"), "boot", "/_gateway/"),
        log=log,
        metrics=metrics,
        first_callers=FirstCallers(),
        clock=time.time,
        random_bytes=os.urandom,
    )


def whole(way: Guard, target: bytes) -> Callable[[RequestHead], object]:
    def run(request: RequestHead) -> None:
        plan = way.plan(replace(request, target=target), PEER, None)
        assert isinstance(plan, Plan)
        way.finished(plan, 200, 0.01, 1000)

    return run


def parts() -> dict[str, Callable[[RequestHead], object]]:
    router, trusted = Router((SITE,), "/_gateway/"), TrustedProxies()
    first = head(b"/register")
    caller = caller_of(PEER, first.headers, trusted, "https", RING.browser_key)
    score = score_request(first.headers, caller)
    assert len(score.signals) >= 5, score
    facts = Facts(1_800_000_000.0, caller, "GET", (), score.risk, score.signals, reached=FEW)
    route = SITE.routes[0]
    decision = decide(route, facts)
    judged = Judged(decision, facts, False, decision)
    return {
        "routing": lambda head: router.match(SITE, head, None),
        "caller": lambda head: caller_of(PEER, head.headers, trusted, "https", RING.browser_key),
        "score_request": lambda head: score_request(head.headers, caller),
        "score_request, known": lambda _: score_request(first.headers, caller),
        "decide": lambda _: decide(route, facts),
        "record": record_with(judged, caller, level="info", keeps=False),
        "record, kept too": record_with(judged, caller, level="info", keeps=True),
        "forward": whole(guard(), b"/other"),
        "shadow": whole(guard(), b"/register"),
        "shadow, no record": whole(guard(records=False), b"/register"),
    }


class Seen:
    """One request, as a log sees it."""

    site = "shop"

    def __init__(self, request: RequestHead, judged: Judged, caller: Any, reference: str) -> None:
        self.request, self.judged, self.caller = request, judged, caller
        self.reference = reference


def record_with(
    judged: Judged, caller: Any, *, level: str, keeps: bool
) -> Callable[[RequestHead], object]:
    kept = Kept(MemoryStore(), RING, 10_000 if keeps else 0, 60.0)
    log = DecisionLog(io.StringIO(), time.time, level=level, soon=lambda write: None, keeper=kept)
    names = References(time.time, os.urandom)

    def run(request: RequestHead) -> None:
        log.decision(Seen(request, judged, caller, names()), 200, 0.01, keep=keeps)  # type: ignore[arg-type]

    return run


def measured(work: dict[str, Callable[[RequestHead], object]]) -> dict[str, float]:
    """Microseconds of CPU of one call each."""
    rounds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name in random.sample([*work], len(work)):
            requests, call = [head(b"/register") for _ in range(REQUESTS)], work[name]
            began_s = time.process_time()
            for request in requests:
                call(request)
            rounds[name].append((time.process_time() - began_s) / REQUESTS * 1e6)
    return {name: statistics.median(found) for name, found in rounds.items()}


def main() -> None:
    found = measured(parts())
    for name, us in found.items():
        print(f"{name:24} {us:7.1f} µs")
    beyond = found["shadow"] - found["forward"]
    print(f"a decision with all signals, beyond forwarding: {beyond:.0f} µs")
    print(f"of that its record: {found['shadow'] - found['shadow, no record']:.0f} µs")


if __name__ == "__main__":
    main()
