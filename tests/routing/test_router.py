"""Which route a request is about, in tables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import BodySeen, Chunked, Length, Match, PassRule, RequestHead
from gateway.routing import BODY_BYTES, Matched, NeedBodyFor, Router, parse_pattern
from gateway.routing.readings import readings
from tests.routing.asking import FORM as URLENCODED
from tests.routing.asking import name_of, post, request, route, site_of


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
        (r"~/user/\d+|/me", "/me", True),
        (r"~/users?/\d+", "/user/1", True),
        (r"~/user/?x", "/userx", True),
        (r"~/user/{2}", "/user//", True),
        (r"~(?:/en)?/user/\d+", "/en/user/1", True),
        (r"~/.*\.php", "/a/b.php", True),
        (r"~/.*\.php", "/a/b%0a.php", True),
        ("/注册", "/%E6%B3%A8%E5%86%8C", True),
        ("/a%20b", "/a%20b", True),
        ("/a%20b", "/%61%20b", True),
        ("/a%20b/*", "/a%20b/c", True),
        ("/a%20b/*", "/a%2520b/c", True),
        ("/%2a%2a", "/x/y", False),
        ("/%2a/x", "/y/x", False),
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


METHODS = [
    route("get", "/m", methods={"GET"}),
    route("delete", "/m", methods={"DELETE"}, level=3),
]


@pytest.mark.parametrize(
    "asked, body, expected",
    [
        (request("/m"), None, "get"),
        (request("/m", "HEAD"), None, "get"),
        (request("/m", "get"), None, "get"),
        (request("/m", "DELETE"), None, "delete"),
        (request("/m", "PUT"), None, None),
        (request("/m", "POST"), None, None),
        (request("/m", headers=((b"X-HTTP-Method-Override", b"DELETE"),)), None, "delete"),
        (request("/m", "POST", ((b"x_http_method_override", b" delete "),)), None, "delete"),
        (request("/m", "POST", ((b"X-Method-Override", b"DELETE"),)), None, "delete"),
        (request("/m", headers=((b"X.HTTP.Method.Override", b"DELETE"),)), None, "delete"),
        (request("/m", "POST", ((b"X-HTTP-Method", b"DELETE"),)), None, "delete"),
        (request("/m?_method=DELETE"), None, "delete"),
        (request("/m?%5fmethod=delete", "POST"), None, "delete"),
        (post("/m", b"_method=DELETE"), None, "body?"),
        (post("/m", b"_method=DELETE"), b"_method=DELETE", "delete"),
        (post("/m", b"x=1"), b"x=1", None),
        (post("/m", b"x=1"), BodySeen(b"x", False), "delete"),
    ],
)
def test_methods(asked, body, expected):
    assert name_of(METHODS, asked, body) == expected


LARGE = RequestHead(
    "POST", b"/forum", (1, 1), ((b"Content-Type", URLENCODED),), Length(BODY_BYTES + 1), "x", True
)
STREAMED = RequestHead(
    "POST", b"/forum", (1, 1), ((b"Content-Type", URLENCODED),), Chunked(), "x", True
)
FREE_FORM = route("free", "/forum", form={"do": "login"}, action="allow")


@pytest.mark.parametrize(
    "routes, asked, body, expected",
    [
        (FORM, post("/forum"), None, None),
        (FORM, post("/forum?do=register"), None, "register"),
        (FORM, request("/forum", size=9), None, None),
        (FORM, post("/elsewhere", b"x"), None, None),
        (FORM, LARGE, None, "register"),
        (FORM, STREAMED, None, "body?"),
        (FORM, STREAMED, BodySeen(b"x=" + b"1" * BODY_BYTES, False), "register"),
        (FORM, STREAMED, BodySeen(b"do=login", True), None),
        # a route that surely fits before, or is stricter whatever the body says
        ([route("all", "/forum"), *FORM], post("/forum", b"x"), None, "all"),
        ([*FORM, route("all", "/forum", level=9)], post("/forum", b"x"), None, "body?"),
        ([route("no", "/**", query={"do": "x"}, action="deny"), *FORM], STREAMED, None, "body?"),
        ([FREE_FORM, route("all", "/forum")], STREAMED, None, "body?"),
        ([FREE_FORM, route("all", "/forum")], STREAMED, BodySeen(b"do=login", True), "free"),
        ([FREE_FORM], LARGE, None, "free"),
        ([FREE_FORM, route("all", "/forum")], LARGE, None, "all"),
        # more routes than are asked one by one
        ([*FORM * 20], STREAMED, None, "body?"),
        ([*FORM * 20], STREAMED, BodySeen(b"do=login", True), None),
        ([*[FREE_FORM] * 20, route("all", "/forum")], STREAMED, None, "body?"),
        ([*[FREE_FORM] * 20, route("all", "/forum")], LARGE, None, "all"),
        ([route("all", "/forum"), *FORM * 20], STREAMED, None, "all"),
    ],
)
def test_when_the_body_is_needed(routes, asked, body, expected):
    assert name_of(routes, asked, body) == expected


REQUEST = [
    route("free", "/wp-login.php", query={"action": "free"}, params="php", action="allow"),
    route("r", "/wp-login.php", query={"action": "register"}, params="php"),
]
COOKIE = ((b"Cookie", b"x=1; action=register"),)


@pytest.mark.parametrize(
    "asked, body, expected",
    [
        (request("/wp-login.php?action=register"), None, "r"),
        (request("/wp-login.php?action=login"), None, None),
        (request("/wp-login.php", headers=COOKIE), None, "r"),
        (post("/wp-login.php?action=register", b"x"), None, "r"),
        (post("/wp-login.php?action=login", b"x"), None, "body?"),
        (post("/wp-login.php", b"x"), b"action=register", "r"),
        (post("/wp-login.php?action=login", b"x"), b"action=register", "r"),
        (post("/wp-login.php?action=login", b"x"), b"log=me", None),
        # a value that the body or a cookie could replace makes no exception
        (post("/wp-login.php?action=free", b"x"), None, "body?"),
        (post("/wp-login.php?action=free", b"x"), b"log=me", "free"),
        (post("/wp-login.php?action=free", b"x"), b"action=free", "free"),
        (post("/wp-login.php?action=free", b"x"), b"action=register", "r"),
        (request("/wp-login.php?action=free"), None, "free"),
        (request("/wp-login.php?action=free&action=register"), None, "r"),
        (request("/wp-login.php?action=free", headers=COOKIE), None, "r"),
        # unreadable: the query is believed if it names the parameter
        (post("/wp-login.php?action=login", b"x"), BodySeen(b"", False), None),
        (post("/wp-login.php", b"x"), BodySeen(b"", False), "r"),
    ],
)
def test_php_request(asked, body, expected):
    """`$_REQUEST` holds query, form and cookies, so `params: php` looks in all of them."""
    assert name_of(REQUEST, asked, body) == expected


def test_strict_keeps_to_the_query():
    routes = [route("r", "/x", query={"action": "register"})]
    assert name_of(routes, post("/x", b"action=register")) is None


@pytest.mark.parametrize(
    "routes, target, expected",
    [
        (
            [route("hook", "/i.php/hook", action="allow"), route("rest", "/**")],
            "/i.php/hook",
            "hook",
        ),
        (
            [route("hook", "/i.php/hook", action="allow"), route("all", "/i.php")],
            "/i.php/hook",
            "all",
        ),
        (
            [
                route("hook", "/i.php/hook", action="allow"),
                route("r", "/i.php", query={"do": "register"}),
            ],
            "/i.php/hook",
            "hook",
        ),
        (
            [
                route("hook", "/i.php/hook", action="allow"),
                route("r", "/i.php", query={"do": "register"}),
            ],
            "/i.php/hook?do=register",
            "r",
        ),
        ([route("home", "/", action="allow"), route("i", "/index.php")], "/", "home"),
        ([route("i", "/index.php"), route("home", "/", action="allow")], "/", "i"),
        ([route("x", "/x/", action="allow"), route("rest", "/**")], "/x", "rest"),
        ([route("x", "/x/", action="allow"), route("rest", "/**")], "/x/", "x"),
    ],
)
def test_exceptions_and_script_names(routes, target, expected):
    assert name_of(routes, request(target)) == expected


@pytest.mark.parametrize(
    "target, expected",
    [
        ("/r?do=login", "free"),
        ("/r?do=register", "r"),
        ("/r", None),
        ("/r%3fdo=register", "r"),
        ("/r%3fdo=register?do=login", "r"),
        ("/%72%253fdo=register", "r"),
    ],
)
def test_a_query_behind_a_decoded_mark(target, expected):
    routes = [
        route("free", "/r", query={"do": "login"}, action="allow"),
        route("r", "/r", query={"do": "register"}),
    ]
    assert name_of(routes, request(target)) == expected


def test_more_readings_than_can_be_listed_mean_the_strictest():
    target = "/%20" + "/x.php" * 100
    assert not readings(target.encode()).complete
    assert name_of(FIRST, request(target)) == "deny"
    assert name_of([], request(target)) is None


def test_opening():
    form_page = Match(frozenset({"GET"}), ("/new",))
    opened = route("r", "/register", methods={"POST"}, challenge_on=form_page)
    site = site_of([opened])
    router = Router([site], "/_gateway/")
    assert router.match(site, request("/new"), None) == Matched(opened, opening=True)
    assert router.match(site, post("/register"), None) == Matched(opened)
    assert router.match(site, request("/register"), None) == Matched(None)


def test_limited_uses_break_a_tie():
    many = route("many", "/a/**")
    once = route("once", "/b/**", pass_rule=PassRule("sms", uses=1))
    assert name_of([many, once], request("/a/../b/x")) == "once"


@pytest.mark.parametrize(
    "pattern, fault",
    [
        ("register", "starts with"),
        ("", "starts with"),
        ("/a?b=c", "query"),
        ("/a#b", "query"),
        ("/a*", "whole segment"),
        ("/a/**/b", "whole segment"),
        ("~/(", "RE2"),
        ("~/(?=x)", "RE2"),
    ],
)
def test_pattern_faults(pattern, fault):
    with pytest.raises(ValueError, match=fault):
        parse_pattern(pattern)


STRICTNESS = {None: 0, "free": 1, "off": 2, "quiet": 3, "low": 4, "rest": 5, "api": 6, "high": 7}
SEGMENTS = st.sampled_from(
    ("api", "users", "secret", "low", "high", "..", ".", "", "%2e%2e", "x;y", "low%00", "%68igh")
)


@settings(deadline=None, derandomize=True)
@given(st.lists(SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts)))
def test_no_reading_is_stricter_than_the_whole(target):
    """What an app makes of an odd path is never better protected when asked for plainly."""
    found = STRICTNESS.get(name_of(FIRST, request(target)), 8)
    for reading in readings(target.encode()).paths:
        plain = readings(reading)
        if len(plain.paths) == 1 and plain.complete:
            assert found >= STRICTNESS.get(name_of(FIRST, request(reading)), 8), reading


ROUTER_SITE = site_of([*FIRST, *METHODS, *FORM, *REQUEST, route("re", "~/a.*z", form={"x": "~y"})])
ROUTER = Router([ROUTER_SITE], "/_gateway/")


@settings(deadline=None, derandomize=True)
@given(
    st.binary(max_size=80).map(lambda tail: b"/" + tail) | st.binary(max_size=40),
    st.sampled_from(("GET", "POST", "HEAD", "x")),
    st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=20)), max_size=3),
    st.none() | st.builds(BodySeen, st.binary(max_size=60), st.booleans()),
)
def test_no_request_raises(target, method, headers, body):
    asked = request(target, method, tuple(headers), size=5)
    found = ROUTER.match(ROUTER_SITE, asked, body)
    assert isinstance(found, Matched | NeedBodyFor)
    assert body is None or isinstance(found, Matched)
