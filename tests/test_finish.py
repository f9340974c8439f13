"""Finishing against a real store: what is claimed, given back, and sent with which headers."""

import hashlib
import os
from dataclasses import replace

import jwt
import pytest

from gateway.finish import Finisher, Ready
from gateway.hold import HeldRequest, HoldQuotas, Holds
from gateway.model import (
    Caller,
    Challenge,
    Deny,
    Forward,
    HoldRule,
    Length,
    Match,
    NoBody,
    Pass,
    PassRule,
    Reason,
    RequestHead,
    Resume,
    Route,
    Solved,
    Visit,
)
from gateway.passes import PassFault, read, request_digest
from gateway.ring import Key, KeyRing
from gateway.stores import StoreDown, StoreFull
from gateway.stores.memory import MemoryStore

RING = KeyRing((Key("k1", 0.0, b"s" * 32),))
NOW_S = 1_800_000_000.0
CALLER = Caller("192.0.2.7", "192.0.2.0/24", "http", False, "browser")
ROUTE = Route("register", "site", Match(), pass_rule=PassRule("shop", uses=3))
SINGLE = replace(ROUTE, pass_rule=PassRule("shop", uses=1))
FINISH = RequestHead(
    "POST",
    b"/register",
    (1, 1),
    (
        (b"Host", b"shop.example"),
        (b"Cookie", b"session=new; gateway_pass_shop=p"),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Length", b"99"),
        (b"Origin", b"http://shop.example"),
        (b"Sec-Fetch-Site", b"same-origin"),
        (b"X-Forwarded-For", b"198.51.100.1"),
        (b"Accept-Language", b"en"),
    ),
    Length(99),
    "shop.example",
    True,
)
HELD_HEADERS = (
    (b"Host", b"shop.example"),
    (b"Cookie", b"session=old"),
    (b"Content-Type", b"text/plain"),
    (b"Content-Length", b"5"),
    (b"Origin", b"http://elsewhere.example"),
    (b"X-Forwarded-For", b"6.6.6.6"),
)
USED = Pass("p1", "shop", 1, NOW_S, NOW_S + 60, 3, "", "pow")
SPENDING = Forward(Reason.PASS, ROUTE, used=USED, spend=True)


class DownStore(MemoryStore):
    """A store nobody can reach."""

    async def reserve(self, key, amount, limit, ttl_s):
        raise StoreDown("away")

    async def spend(self, key, ttl_s):
        raise StoreDown("away")


class FullStore(MemoryStore):
    """A store that answers, and can write nothing."""

    async def reserve(self, key, amount, limit, ttl_s):
        raise StoreFull("no room")

    async def spend(self, key, ttl_s):
        raise StoreFull("no room")


def finisher(store):
    holds = Holds(store, HoldQuotas(), "gate1", lambda: NOW_S, os.urandom)
    return Finisher(store, holds, RING, lambda: NOW_S, lambda: "id1"), holds


async def pieces(*parts: bytes):
    for part in parts:
        yield part


async def held_visit(
    holds, *, same_origin=True, method="POST", body=b"hello", headers=HELD_HEADERS
) -> Visit:
    request = HeldRequest(method, b"/register", headers, same_origin)
    key = os.urandom(32)
    hold_id = await holds.keep(
        "v1", key, request, pieces(body), len(body), HoldRule(), CALLER.prefix
    )
    return Visit(
        "v1", key, "site", "register", method, b"/register", hold_id, NOW_S, NOW_S + 600,
        solved=Solved("pow", 1, None),
    )  # fmt: skip


def unheld_visit(**changes) -> Visit:
    visit = Visit(
        "v2", b"k" * 32, "site", "register", "GET", b"/page?a=1", "", NOW_S, NOW_S + 600,
        kept=((b"Referer", b"http://shop.example/"), (b"Sec-Fetch-Site", b"none")),
    )  # fmt: skip
    return replace(visit, **changes)


async def body_of(ready: Ready) -> bytes:
    assert ready.body is not None
    return b"".join([piece async for piece in ready.body])


async def test_uses_are_spent_up_to_the_limit_and_given_back_when_nothing_was_sent():
    finish, _ = finisher(MemoryStore())
    first = await finish.spend_use(SPENDING, FINISH)
    assert isinstance(first, Ready)
    for _ in range(2):
        assert isinstance(await finish.spend_use(SPENDING, FINISH), Ready)
    assert await finish.spend_use(SPENDING, FINISH) == Challenge(Reason.USES_SPENT, ROUTE)
    await first.delivery.unsent()
    assert isinstance(await finish.spend_use(SPENDING, FINISH), Ready)
    assert await finish.spend_use(SPENDING, FINISH) == Challenge(Reason.USES_SPENT, ROUTE)


async def test_a_route_takes_no_more_uses_than_its_own():
    finish, _ = finisher(MemoryStore())
    generous = replace(SPENDING, used=replace(USED, uses=100))
    for _ in range(3):
        assert isinstance(await finish.spend_use(generous, FINISH), Ready)
    assert await finish.spend_use(generous, FINISH) == Challenge(Reason.USES_SPENT, ROUTE)


async def test_what_was_spent_outlives_what_it_was_good_for():
    """By the clock of another gate it may still be good: it must not be spent there again."""
    elapsed_s = 0.0
    store = MemoryStore(clock=lambda: NOW_S + elapsed_s)
    finish, _ = finisher(store)
    visit = unheld_visit(expires_s=NOW_S + 5)
    used = replace(SPENDING, used=replace(USED, expires_s=NOW_S + 5, uses=1))
    assert isinstance(await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False), Ready)
    assert isinstance(await finish.spend_use(used, FINISH), Ready)
    elapsed_s = 6.0
    claimed = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False)
    assert claimed == Deny(Reason.DELIVERED, 409, ROUTE)
    assert await finish.spend_use(used, FINISH) == Challenge(Reason.USES_SPENT, ROUTE)


@pytest.mark.parametrize(
    "on_error, expected",
    [
        ("closed", Deny(Reason.STORE_DOWN, 503, ROUTE)),
        ("pow", Challenge(Reason.STORE_DOWN, ROUTE)),
        ("open", Deny(Reason.STORE_DOWN, 503, ROUTE)),  # never open where uses are limited
    ],
)
async def test_uses_while_the_store_is_down(on_error, expected):
    finish, _ = finisher(DownStore())
    assert finish.store_up
    route = replace(ROUTE, on_error=on_error)
    decision = await finish.spend_use(replace(SPENDING, route=route), FINISH)
    assert decision == replace(expected, route=route)
    assert not finish.store_up


async def test_a_held_request_goes_on_as_it_was_with_renewed_cookies():
    finish, holds = finisher(MemoryStore())
    visit = await held_visit(holds)
    ready = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    assert (ready.request.method, ready.request.target) == ("POST", b"/register")
    assert ready.request.framing == Length(5)
    assert ready.request.all(b"cookie") == [b"session=new; gateway_pass_shop=p"]
    assert ready.request.all(b"content-type") == [b"text/plain"]
    assert ready.request.all(b"origin") == [b"http://elsewhere.example"]
    assert ready.request.all(b"x-forwarded-for") == [b"198.51.100.1"]
    assert await body_of(ready) == b"hello"


@pytest.mark.parametrize(
    "then, now, left",
    [
        (b"do=buy; sid=1", b"sid=2; lang=en", b"sid=2; lang=en; do=buy"),
        (b"do=buy", b"do=look; sid=2", b"sid=2; do=buy"),
        (b"sid=1", b"do=look; sid=2", b"sid=2"),
        (b"do=buy", b"do=look", b"do=buy"),
    ],
)
async def test_cookies_that_rules_have_read_stay_the_original_s(then, now, left):
    """Else who was asked about one thing could finish another."""
    finish, holds = finisher(MemoryStore())
    headers = (*(h for h in HELD_HEADERS if h[0] != b"Cookie"), (b"Cookie", then))
    visit = await held_visit(holds, headers=headers)
    others = (h for h in FINISH.headers if h[0] != b"Cookie")
    asked = replace(FINISH, headers=(*others, (b"Cookie", now)))
    ready = await finish.claim(Resume(ROUTE, visit), asked, CALLER, again=False, read={b"do"})
    assert ready.request.all(b"cookie") == [left]


async def test_a_cross_site_request_is_not_given_the_sites_cookies():
    finish, holds = finisher(MemoryStore())
    visit = await held_visit(holds, same_origin=False)
    ready = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    assert ready.request.all(b"cookie") == [b"session=old"]


async def test_single_use_carries_a_pass_that_no_browser_holds():
    finish, holds = finisher(MemoryStore())
    visit = await held_visit(holds)
    ready = await finish.claim(Resume(SINGLE, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    (cookie,) = ready.request.all(b"cookie")
    before, _, token = cookie.partition(b"; gateway_pass_shop=")
    assert before == b"session=new"  # what the browser sent under our name is gone
    assert read(RING, token, "site", NOW_S, caller=CALLER) == PassFault("bound")
    digest = request_digest("POST", b"/register", hashlib.sha256(b"hello").hexdigest())
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["req"], claims["jti"], claims["uses"]) == (digest, "id1", 1)


async def test_delivered_is_delivered():
    finish, holds = finisher(MemoryStore())
    visit = await held_visit(holds)
    ready = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    await ready.delivery.sending()
    await body_of(ready)
    await ready.delivery.delivered()
    for again in (False, True):
        later = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=again)
        assert later == Deny(Reason.DELIVERED, 409, ROUTE)


async def test_nothing_sent_means_it_can_be_finished_again():
    finish, holds = finisher(MemoryStore())
    visit = await held_visit(holds)
    for _ in range(3):
        ready = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False)
        assert isinstance(ready, Ready)
        await ready.delivery.unsent()


@pytest.mark.parametrize("route, may_repeat", [(ROUTE, True), (SINGLE, False)])
async def test_what_broke_goes_again_only_when_the_visitor_says_so(route, may_repeat):
    finish, holds = finisher(MemoryStore())
    visit = await held_visit(holds)
    ready = await finish.claim(Resume(route, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    await ready.delivery.sending()
    await ready.delivery.broken()
    del ready
    maybe = Deny(Reason.MAYBE_DELIVERED, 409, route)
    assert await finish.claim(Resume(route, visit), FINISH, CALLER, again=False) == maybe
    repeated = await finish.claim(Resume(route, visit), FINISH, CALLER, again=True)
    assert isinstance(repeated, Ready) is may_repeat


async def test_a_lost_hold_says_so():
    finish, holds = finisher(MemoryStore())
    visit = replace(await held_visit(holds), hold_id="gone")
    lost = await finish.claim(Resume(ROUTE, visit), FINISH, CALLER, again=False)
    assert lost == Deny(Reason.HOLD_LOST, 410, ROUTE)


async def test_an_unheld_get_goes_once_with_the_browsers_own_headers():
    finish, _ = finisher(MemoryStore())
    visit = unheld_visit(same_origin=True)
    ready = await finish.claim(Resume(SINGLE, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    assert (ready.request.method, ready.request.target) == ("GET", b"/page?a=1")
    assert ready.request.framing == NoBody()
    assert await body_of(ready) == b""
    names = [name.lower() for name, _ in ready.request.headers]
    assert b"content-type" not in names
    assert b"origin" not in names
    assert ready.request.all(b"sec-fetch-site") == [b"none"]
    assert ready.request.all(b"referer") == [b"http://shop.example/"]
    assert ready.request.all(b"cookie") == FINISH.all(b"cookie")
    second = await finish.claim(Resume(SINGLE, visit), FINISH, CALLER, again=True)
    assert second == Deny(Reason.DELIVERED, 409, SINGLE)
    await ready.delivery.unsent()
    third = await finish.claim(Resume(SINGLE, visit), FINISH, CALLER, again=False)
    assert isinstance(third, Ready)


async def test_an_unheld_get_brings_no_cookie_that_rules_look_at():
    """What was asked about was the original, and it is kept nowhere."""
    finish, _ = finisher(MemoryStore())
    cookies = (b"Cookie", b"do=signup; sid=2"), (b"cookie", b"do=x")
    asked = replace(FINISH, headers=(*(h for h in FINISH.headers if h[0] != b"Cookie"), *cookies))
    visit = unheld_visit(same_origin=True)
    resume = Resume(SINGLE, visit)
    ready = await finish.claim(resume, asked, CALLER, again=False, read={b"do"})
    assert ready.request.all(b"cookie") == [b"sid=2"]
    assert ready.request.all(b"user-agent") == asked.all(b"user-agent")


async def test_an_unheld_cross_site_get_goes_without_cookies():
    finish, _ = finisher(MemoryStore())
    visit = unheld_visit(same_origin=False)
    ready = await finish.claim(Resume(SINGLE, visit), FINISH, CALLER, again=False)
    assert isinstance(ready, Ready)
    assert ready.request.all(b"cookie") == []


@pytest.mark.parametrize(
    "store, reason", [(DownStore, Reason.STORE_DOWN), (FullStore, Reason.STORE_FULL)]
)
async def test_a_store_that_fails_at_the_claim_is_named_and_nothing_is_sent(store, reason):
    finish, _ = finisher(store())
    failed = await finish.claim(Resume(SINGLE, unheld_visit()), FINISH, CALLER, again=False)
    assert failed == Deny(reason, 503, SINGLE)


async def test_a_use_that_cannot_be_spent_for_want_of_room_says_so():
    finish, _ = finisher(FullStore())
    decision = Forward(Reason.PASS, ROUTE, used=USED, spend=True)
    assert await finish.spend_use(decision, FINISH) == Deny(Reason.STORE_FULL, 503, ROUTE)
    assert finish.store_up  # full is not down: others need not be turned away unasked


async def test_a_finished_request_spends_a_use_or_waits_on():
    store = MemoryStore()
    finish, holds = finisher(store)
    visits = [await held_visit(holds) for _ in range(4)]
    for visit in visits[:3]:
        resume = Resume(ROUTE, visit, used=USED)
        assert isinstance(await finish.claim(resume, FINISH, CALLER, again=False), Ready)
    spent = await finish.claim(Resume(ROUTE, visits[3], used=USED), FINISH, CALLER, again=False)
    assert spent == Challenge(Reason.USES_SPENT, ROUTE)
    free = await finish.claim(Resume(ROUTE, visits[3]), FINISH, CALLER, again=False)
    assert isinstance(free, Ready)  # nothing was lost: it can still be finished


async def test_a_use_comes_back_with_an_unsent_request():
    finish, holds = finisher(MemoryStore())
    resume = Resume(ROUTE, await held_visit(holds), used=USED)
    for _ in range(5):
        ready = await finish.claim(resume, FINISH, CALLER, again=False)
        assert isinstance(ready, Ready)
        await ready.delivery.unsent()
