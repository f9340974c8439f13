from dataclasses import replace

import pytest

from gateway.model import Caller, PassRule, Route, Solved
from gateway.passes import issue
from gateway.presented import REMEMBERED, PassReader, cookies
from gateway.ring import Key, KeyRing

RING = KeyRing((Key("k1", 0.0, b"s" * 32),))
OTHER = KeyRing((Key("k1", 0.0, b"o" * 32),))
CALLER = Caller("192.0.2.7", "192.0.2.0/24", "http", False, "browser")
RULE = PassRule(scope="shop", ttl_s=100)
ROUTE = Route("register", "site", None, pass_rule=RULE)  # type: ignore[arg-type]


def pass_token(ring=RING, now_s=1000.0, rule=RULE):
    return issue(
        ring,
        Solved("pow", 1, None),
        rule=rule,
        site="site",
        policy="",
        caller=CALLER,
        now_s=now_s,
        id="p1",
    )


def reader():
    faults: list[str] = []
    return PassReader(RING, faults.append), faults


def sent(*cookie: str):
    return tuple((b"Cookie", c.encode()) for c in cookie)


@pytest.mark.parametrize(
    "headers, expected",
    [
        (sent("a=1"), [b"1"]),
        (sent("b=2; a=1"), [b"1"]),
        (sent("a=1; a=2"), [b"1", b"2"]),
        (sent("a=1", "a=2"), [b"1", b"2"]),
        (sent("aa=1; ba=2"), []),
        (sent("b=a=1"), []),
        (sent('a="1"'), [b"1"]),
        (sent("a=x=y"), [b"x=y"]),
        ((), []),
    ],
)
def test_cookies(headers, expected):
    assert cookies(headers, b"a") == expected


def test_a_good_pass_is_read_and_remembered_until_it_expires():
    passes, faults = reader()
    headers = sent(f"gateway_pass_shop={pass_token()}")
    for now_s in (1000.0, 1050.0, 1099.9):
        (found,) = passes.read(headers, "site", ROUTE, CALLER, now_s)
        assert found.id == "p1"
    assert passes.read(headers, "site", ROUTE, CALLER, 1100.0) == ()
    assert faults == []


@pytest.mark.parametrize(
    "cookie, fault",
    [
        (f"gateway_pass_shop={pass_token(OTHER)}", ["forged"]),
        ("gateway_pass_shop=x", ["malformed"]),
        (f"gateway_pass_shop={pass_token()}; gateway_pass_shop={pass_token()}", ["several"]),
        (f"gateway_pass_other={pass_token()}", []),
        (f"__Host-gateway_pass_shop={pass_token()}", []),  # https only
        ("", []),
    ],
)
def test_what_does_not_count(cookie, fault):
    passes, faults = reader()
    assert passes.read(sent(cookie), "site", ROUTE, CALLER, 1001.0) == ()
    assert faults == fault


def test_memory_of_one_caller_does_not_serve_another():
    passes, _ = reader()
    headers = sent(f"gateway_pass_shop={pass_token()}")
    (mine,) = passes.read(headers, "site", ROUTE, CALLER, 1001.0)
    (theirs,) = passes.read(headers, "site", ROUTE, replace(CALLER, browser="other"), 1001.0)
    assert mine.browser == "browser"
    assert theirs.browser != "other"
    assert passes.read(headers, "elsewhere", ROUTE, CALLER, 1001.0) == ()


def test_single_use_routes_read_no_pass():
    passes, _ = reader()
    single = replace(ROUTE, pass_rule=replace(RULE, uses=1))
    assert (
        passes.read(sent(f"gateway_pass_shop={pass_token()}"), "site", single, CALLER, 1001.0) == ()
    )


def test_memory_is_bounded():
    passes, _ = reader()
    headers = sent(f"gateway_pass_shop={pass_token()}")
    for n in range(REMEMBERED + 5):
        passes.read(headers, "site", ROUTE, replace(CALLER, prefix=str(n)), 1001.0)
    assert len(passes._known) == REMEMBERED
