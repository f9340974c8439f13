"""Which route a request is about, in tables."""

from __future__ import annotations

import pytest

from gateway.model import (
    BodySeen,
    Framing,
    Length,
    Match,
    NoBody,
    PassRule,
    RequestHead,
    Route,
    Rung,
    Site,
    Upstream,
)
from gateway.routing import Matched, NeedBodyFor, Router

APP = Upstream("app", "127.0.0.1", 8000)


def route(name, *paths, methods=(), query=None, form=None, level=1, opening=None, **settings):
    return Route(
        name=name,
        site="shop",
        match=Match(frozenset(methods), paths, query or {}, form or {}),
        ladder=(Rung("slider", None, level=level),),
        challenge_on=opening,
        **settings,
    )


def request(target, method="GET", headers=(), size=0):
    framing: Framing = Length(size) if size else NoBody()
    raw = target if isinstance(target, bytes) else target.encode()
    return RequestHead(method, raw, (1, 1), tuple(headers), framing, "shop.example", True)


def post(target, body=b"", kind=b"application/x-www-form-urlencoded", headers=()):
    return request(target, "POST", ((b"Content-Type", kind), *headers), len(body))


def name_of(routes, asked, body=None):
    site = Site("shop", ("*",), APP, tuple(routes))
    found = Router([site], "/_gateway/").match(site, asked, body)
    if isinstance(found, NeedBodyFor):
        return "body?"
    return found.route.name if found.route else None


@pytest.mark.parametrize(
    "pattern, target, expected",
    [
        ("/register", "/register", True),
        ("/register", "/register?x=1", True),
        ("/register", "/register/", True),
        ("/register", "/Register", True),
        ("/register", "/registered", False),
        ("/register", "/register/x", False),
        ("/register", "/x/register", False),
        ("/register", "/%72egister", True),
        ("/register", "/%2572egister", True),
        ("/register", "//register", True),
        ("/register", "//shop.example/register", True),
        ("/register", "/./register", True),
        ("/register", "/static/../register", True),
        ("/register", "/static/..;/register", True),
        ("/register", "/static/%2e%2e/register", True),
        ("/register", "/static%2f..%2fregister", True),
        ("/register", "/static\\..\\register", True),
        ("/register", "/register;x=1", True),
        ("/register", "/register%3bx", True),
        ("/register", "/register%00.png", True),
        ("/register", "/register%20", True),
        ("/register", "/register%0a", True),
        ("/register", "/register.", True),
        ("/register", "/register%3Fx=1", True),
        ("/register", "/register%23x", True),
        ("/register", "/index.php/register", True),
        ("/register", "/r%c3%a9gister", True),
        ("/register", "/%ef%bd%92egister", True),
        ("/register", "/%u0072egister", True),
        ("/i.php", "/i.php/x", True),
        ("/i.php", "/i.php/x/y?z", True),
        ("/i.php", "/i.phpx/x", False),
        ("/i.php", "/i.php%2fx", True),
        ("/i.php", "/i", True),
        ("/forum/index.php", "/forum/", True),
        ("/forum/index.php", "/forum", True),
        ("/forum/", "/forum/index.php", True),
        ("/admin/**", "/admin", True),
        ("/admin/**", "/admin/", True),
        ("/admin/**", "/ADMIN/x/y", True),
        ("/admin/**", "/administrator", False),
        ("/**", "/", True),
        ("/**", "/x/y", True),
        ("/a/*/b", "/a/1/b", True),
        ("/a/*/b", "/a/1/b/", True),
        ("/a/*/b", "/a/1/2/b", False),
        ("/a/*/b", "/a/b", False),
        ("/a/*/**", "/a/1/b/c", True),
        ("/a/*/**", "/a", False),
        (r"~/user/\d+", "/user/12", True),
        (r"~/user/\d+", "/user/12x", False),
        (r"~/user/\d+", "/User/1%32", True),
        ("/注册", "/%E6%B3%A8%E5%86%8C", True),
        ("/a%20b", "/a%20b", True),
        ("/a%20b", "/%61%20b", True),
    ],
)
def test_paths(pattern, target, expected):
    assert name_of([route("r", pattern)], request(target)) == ("r" if expected else None)


FIRST = [
    route("free", "/api/**", action="allow"),
    route("api", "/api/users", level=3),
    route("deny", "/secret/**", action="deny"),
    route("low", "/low/**", level=1),
    route("high", "/high/**", level=5),
    route("quiet", "/quiet/**", level=9, mode="shadow"),
    route("off", "/off/**", level=9, mode="off"),
    route("rest", "/**", level=2),
]


@pytest.mark.parametrize(
    "target, expected",
    [
        ("/api/users", "free"),
        ("/api", "free"),
        ("/API/users", "api"),
        ("/api/../high/x", "high"),
        ("/high/../low/x", "high"),
        ("/low/../secret/x", "deny"),
        ("/quiet/../low/x", "low"),
        ("/off/../low", "low"),
        ("/quiet/x", "quiet"),
        ("/off/x", "off"),
        ("/api/index.php", "free"),
        ("/api/x.php/users", "free"),
    ],
)
def test_first_within_a_reading_strictest_across(target, expected):
    assert name_of(FIRST, request(target)) == expected


FORM = [route("register", "/forum", methods={"POST"}, form={"do": "register"})]


@pytest.mark.parametrize(
    "routes, body, expected",
    [
        (FORM, None, "body?"),
        (FORM, b"do=register", "register"),
        (FORM, b"do=login", None),
        (FORM, b"do=login&do=register", "register"),
        (FORM, b"%64o=%72egister", "register"),
        ([route("first", "/forum", action="deny"), *FORM], None, "first"),
        ([*FORM, route("deny", "/forum", action="deny")], None, "body?"),
    ],
)
def test_forms(routes, body, expected):
    seen = None if body is None else BodySeen(body, True)
    assert name_of(routes, post("/forum", body or b"x"), seen) == expected


def test_opening():
    opened = route("r", "/register", methods={"POST"}, opening=Match(frozenset({"GET"}), ("/new",)))
    site = Site("shop", ("*",), APP, (opened,))
    router = Router([site], "/_gateway/")
    assert router.match(site, request("/new"), None) == Matched(opened, opening=True)
    assert router.match(site, post("/register"), None) == Matched(opened)
    assert router.match(site, request("/register"), None) == Matched(None)


def test_limited_uses_break_a_tie():
    many = route("many", "/a/**")
    once = route("once", "/b/**", pass_rule=PassRule("sms", uses=1))
    assert name_of([many, once], request("/a/../b/x")) == "once"
