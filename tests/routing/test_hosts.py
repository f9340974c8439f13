"""Which site a Host belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Site
from gateway.routing import Router
from tests.routing.asking import APP

SITES = [
    Site(name, hosts, APP, ())
    for name, hosts in {
        "shop": ("shop.example", "www.shop.example"),
        "below": ("*.shop.example",),
        "deeper": ("*.eu.shop.example",),
        "city": ("münchen.example", "127.0.0.1", "[::1]"),
        "second": ("shop.example",),
    }.items()
]
ROUTER = Router(SITES, "/_gateway/")
WITH_REST = Router([*SITES, Site("rest", ("*",), APP, ())], "/_gateway/")


@pytest.mark.parametrize(
    "host, expected",
    [
        ("shop.example", "shop"),
        ("SHOP.Example", "shop"),
        ("shop.example:8443", "shop"),
        ("shop.example:", "shop"),
        ("shop.example.", "shop"),
        ("shop.example.:80", "shop"),
        ("www.shop.example", "shop"),
        ("api.shop.example", "below"),
        ("a.b.shop.example", "below"),
        ("a.eu.shop.example", "deeper"),
        ("eu.shop.example", "below"),
        ("xshop.example", None),
        ("example", None),
        ("", None),
        ("xn--mnchen-3ya.example", "city"),
        ("127.0.0.1:8080", "city"),
        ("[::1]:8080", "city"),
        ("[::1]", "city"),
        ("::1", None),
        ("shop.example:x", None),
        ("." * 50, None),
        ("a." * 5000 + "shop.example", None),
    ],
)
def test_site(host, expected):
    found = ROUTER.site(host)
    assert (found.name if found else None) == expected
    rest = WITH_REST.site(host)
    assert rest is not None and rest.name == (expected or "rest")


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_no_host_raises(host):
    assert WITH_REST.site(host) is not None


@pytest.mark.parametrize(
    "target, rest",
    [
        (b"/_gateway/answer?x=1", b"answer?x=1"),
        (b"/_gateway/", b""),
        (b"/_gateway", None),
        (b"/_Gateway/x", None),
        (b"/x/../_gateway/x", None),
        (b"//_gateway/x", None),
    ],
)
def test_own(target, rest):
    assert ROUTER.own(target) == rest
