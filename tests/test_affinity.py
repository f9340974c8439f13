"""Who stays where, and when a cookie says so."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.affinity import Cookie, Stay, Stays, stays_of
from gateway.model import Address, Caller, Headers, NoBody, RequestHead, Site, Upstream
from gateway.ring import Key, KeyRing

OLD, NEW = Key("old", 1.0, b"o" * 32), Key("new", 2.0, b"n" * 32)
RING = KeyRing((OLD, NEW))
ADDRESSES = (Address("10.0.0.1", 80), Address("10.0.0.2", 80), Address(unix_path="/run/a.sock"))
CALLER = Caller("203.0.113.7", "203.0.113.0/24", "http", False)
SECURE = Caller("203.0.113.7", "203.0.113.0/24", "https", False)


def site(affinity: str, addresses: tuple[Address, ...] = ADDRESSES, name: str = "shop") -> Site:
    upstream = Upstream("app", addresses, affinity=affinity)  # type: ignore[arg-type]
    return Site(name, ("*",), upstream, ())


def asking(cookie: bytes = b"", method: str = "GET") -> RequestHead:
    headers: Headers = ((b"Cookie", cookie),) if cookie else ()
    return RequestHead(method, b"/", (1, 1), headers, NoBody(), "s", True)


def cookies(ring: KeyRing = RING, made: Site | None = None) -> tuple[Cookie, ...]:
    return Stays(made or site("cookie"), ring).of(asking(), CALLER).cookies


def test_only_sites_where_it_matters() -> None:
    sites = [site("none"), site("client", name="a"), site("cookie", name="b")]
    assert list(stays_of(sites, RING)) == ["a", "b"]


def test_by_client() -> None:
    stay = Stays(site("client"), RING).of(asking(b"gateway_app_shop=x", "POST"), CALLER)
    assert stay == Stay(b"203.0.113.0/24")
    assert stay.set_cookie(0, app_sets=True) == b""


def test_the_cookie() -> None:
    first = cookies()[0]
    assert re.fullmatch(rb"[A-Za-z0-9_-]{12}", first.value)
    assert first.field == b"Set-Cookie: gateway_app_shop=%b; Path=/; HttpOnly\r\n" % first.value
    secure = Stays(site("cookie"), RING).of(asking(), SECURE).cookies[0]
    assert secure.field == first.field[:-2] + b"; SameSite=None; Secure\r\n"


def test_values_tell_nothing_and_differ() -> None:
    values = {c.value for c in (*cookies(), *cookies(KeyRing((OLD,))))}
    assert len(values) == 6
    assert len(values | {c.value for c in cookies(made=site("cookie", ADDRESSES[:2]))}) == 6
    shop = site("cookie")
    other = replace(shop, upstream=replace(shop.upstream, name="other"))
    assert len(values | {c.value for c in cookies(made=other)}) == 9  # of the same addresses


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("keys", [(NEW,), (OLD,)])
def test_names_an_address_by_any_key(index: int, keys: tuple[Key, ...]) -> None:
    value = cookies(KeyRing(keys))[index].value
    stay = Stays(site("cookie"), RING).of(asking(b"a=1; gateway_app_shop=%b;b" % value), CALLER)
    assert (stay.named, stay.presented) == (index, value)
    assert bool(stay.set_cookie(index, app_sets=False)) == (keys == (OLD,))  # renewed


@pytest.mark.parametrize("cookie", [b"x=1", b"gateway_app_other=abc", b"xgateway_app_shop=abc"])
def test_other_cookies(cookie: bytes) -> None:
    stay = Stays(site("cookie"), RING).of(asking(cookie), CALLER)
    assert (stay.named, stay.presented) == (-1, None)


@pytest.mark.parametrize("value", [b"", b"x", b"/", b"\xff", b"0" * 12])
def test_a_cookie_nobody_set(value: bytes) -> None:
    stay = Stays(site("cookie"), RING).of(asking(b"gateway_app_shop=" + value), CALLER)
    assert (stay.named, stay.presented) == (-1, value)
    assert stay.set_cookie(0, app_sets=False) == stay.cookies[0].field  # put right


@pytest.mark.parametrize(
    "named, presented, method, app_sets, index, expected",
    [
        (-1, False, "GET", False, 1, False),  # nothing began: caches may keep it
        (-1, False, "GET", True, 1, True),
        (-1, False, "POST", False, 1, True),
        (-1, False, "DELETE", False, 1, True),
        (-1, False, "OPTIONS", False, 1, False),
        (1, True, "POST", True, 1, False),  # it has it
        (1, True, "GET", False, 2, True),  # it went elsewhere, and stays there
    ],
)
def test_when_it_is_set(
    named: int, presented: bool, method: str, app_sets: bool, index: int, expected: bool
) -> None:
    made = Stays(site("cookie"), RING)
    value = cookies()[named].value if presented else b""
    cookie = b"gateway_app_shop=%b" % value if presented else b""
    stay = made.of(asking(cookie, method), CALLER)
    assert stay.named == named
    field = stay.set_cookie(index, app_sets=app_sets)
    assert field == (stay.cookies[index].field if expected else b"")
