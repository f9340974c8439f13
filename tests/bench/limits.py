"""What limits cost the gate in CPU. Run: python tests/bench/limits.py

Of one request that is asked for an SMS, by turns in one run, so that the ratios hold on a busy
machine too: the decision alone; with the limits of the README's example and a budget, every number
and address a new one, in memory and with a Redis on loopback; what is charged when it goes to the
app; and what any trip to Redis takes.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from gateway.decide import decide
from gateway.frequency.rules import Subject, charges, counts_of, looks, reached
from gateway.frequency.values import Digests, find
from gateway.model import (
    BodySeen,
    Caller,
    Facts,
    Length,
    LimitRule,
    Match,
    RequestHead,
    Route,
    Rung,
)
from gateway.ring import Key, KeyRing
from gateway.risk import score_request
from gateway.routing import FieldValues
from gateway.stores import Store, open_store
from gateway.stores.memory import MemoryStore
from tests.servers import redis_server
from tests.visitor import CHROME

ROUNDS, REQUESTS = 9, 500
NUMBER = {"field": "phone", "normalise": "e164", "region": "CN"}
LIMITS = (
    LimitRule("phone", "field", 5, 3600, "deny", countries=frozenset({"CN", "HK"}), **NUMBER),  # type: ignore[arg-type]
    LimitRule("range", "number_prefix", 60, 3600, "harder", digits=9, **NUMBER),  # type: ignore[arg-type]
    LimitRule(
        "fan", "address", 3, 86400, "harder", distinct="phone", normalise="e164", region="CN"
    ),
    LimitRule("prefix", "prefix", 100, 600, "harder"),
    LimitRule("budget-hour", "route", 10**6, 3600, "deny", budget=True, alert=0.8),
    LimitRule("budget-day", "route", 10**6, 86400, "deny", budget=True, alert=0.8),
)
ROUTE = Route("sms", "shop", Match(), ladder=(Rung("pow", None),), limits=LIMITS)
CALLER = Caller("192.0.2.7", "192.0.2.0/24", "https", True)
DIGESTS = Digests(KeyRing((Key("a", 0, b"a" * 32), Key("b", 1, b"b" * 32))))
HEADERS = tuple((name.encode(), value.encode()) for name, value in CHROME.items())
FORM = (*HEADERS, (b"Content-Type", b"application/x-www-form-urlencoded"))


def asked(number: int) -> tuple[RequestHead, BodySeen]:
    body = b"phone=138%08d&name=someone" % (number % 10**8)
    head = RequestHead("POST", b"/sms", (1, 1), FORM, Length(len(body)), "shop.example", True)
    return head, BodySeen(body, True)


def facts(request: RequestHead) -> Facts:
    return Facts(1000.0, CALLER, "POST", risk=score_request(request.headers, CALLER).risk)


async def plain(number: int) -> None:
    request, _ = asked(number)
    decide(ROUTE, facts(request))


def limited(store: Store, *, charge: bool = False) -> Callable[[int], Awaitable[object]]:
    async def one(number: int) -> None:
        request, body = asked(number)
        fields = FieldValues(request, body, 65536, ROUTE.params)
        who = Subject(f"192.0.{number // 250 % 250}.{number % 250}", CALLER.prefix)
        counts = counts_of(ROUTE, who, find(LIMITS, fields, DIGESTS).values, DIGESTS)
        asks = charges(counts, limits=True, budgets=True) if charge else looks(counts)
        found = await store.slide(asks, all_or_none=charge)
        stands = reached(counts, found, looked=not charge)
        known = facts(request)
        decide(ROUTE, Facts(known.now_s, CALLER, "POST", risk=known.risk, reached=stands))

    return one


async def cost_us(one: Callable[[int], Awaitable[object]], first: int) -> float:
    began_s = time.process_time()
    for number in range(first, first + REQUESTS):
        await one(number)
    return (time.process_time() - began_s) / REQUESTS * 1e6


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as server:
        redis = open_store(f"{server.url}?deadline_ms=5000")
        ways = {
            "decision alone": plain,
            "with limits, memory": limited(MemoryStore()),
            "with limits, Redis": limited(redis),
            "charged, memory": limited(MemoryStore(), charge=True),
            "charged, Redis": limited(redis, charge=True),
            "any trip to Redis": lambda number: redis.counts([f"key{number}"]),
        }
        costs: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(ROUNDS):
            for name, one in ways.items():
                costs[name].append(await cost_us(one, turn * REQUESTS))
        await redis.close()
    least = {name: min(found) for name, found in costs.items()}
    for name, cost in least.items():
        print(f"{name:22} {cost:7.1f} µs   {cost / least['decision alone']:5.1f} x")


if __name__ == "__main__":
    asyncio.run(main())
