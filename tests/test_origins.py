import pytest

from gateway.origins import (
    is_own_navigation,
    is_preflight,
    is_same_origin,
    preflight_reply,
    wants_page,
)
from tests.signals.test_fields import RECORDED, REQUESTS

HERE = ("shop.example", "https")


def head(**values: str) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((k.replace("_", "-").encode(), v.encode()) for k, v in values.items())


@pytest.mark.parametrize(
    "headers, expected",
    [
        (head(Origin="https://shop.example"), True),
        (head(Origin="https://SHOP.example"), True),
        (head(Origin="https://shop.example", Sec_Fetch_Site="same-origin"), True),
        (head(Sec_Fetch_Site="same-origin"), True),
        (head(Origin="http://shop.example", Sec_Fetch_Site="same-origin"), True),
        (head(Origin="http://shop.example"), False),
        (head(Origin="https://shop.example", Sec_Fetch_Site="cross-site"), False),
        (head(Origin="https://shop.example:444"), False),
        (head(Origin="https://shop.example.evil.example"), False),
        (head(Origin="https://evilshop.example"), False),
        (head(Origin="https://evil.shop.example"), False),
        (head(Origin="https://evil.example/shop.example"), False),
        (head(Origin="https://evil@shop.example"), False),
        (head(Origin="shop.example"), False),
        (head(Origin="https://evil.example", Sec_Fetch_Site="same-origin"), False),
        (head(Origin="null"), False),
        (head(Origin="null", Sec_Fetch_Site="same-origin"), False),
        (head(Sec_Fetch_Site="same-site"), False),
        (head(Sec_Fetch_Site="none"), False),
        (head(Referer="https://shop.example/form"), False),
        ((), False),
    ],
)
def test_same_origin(headers, expected):
    assert is_same_origin(headers, *HERE) is expected


@pytest.mark.parametrize(
    "origin, host, scheme, expected",
    [
        ("https://shop.example", "shop.example:443", "https", True),
        ("http://shop.example", "shop.example:80", "http", True),
        ("https://shop.example:8443", "shop.example:8443", "https", True),
        ("https://shop.example", "shop.example:80", "https", False),
        ("http://shop.example", "shop.example:443", "http", False),
        ("https://shop.example", "shop.example:8443", "https", False),
        ("http://shop.example", "shop.example:443", "https", False),
        ("https://[::1]", "[::1]:443", "https", True),
    ],
)
def test_a_host_with_the_schemes_own_port(origin, host, scheme, expected):
    assert is_same_origin(head(Origin=origin), host, scheme) is expected


@pytest.mark.parametrize(
    "headers, expected",
    [
        (head(Sec_Fetch_Site="none"), True),
        (head(Sec_Fetch_Site="same-origin"), True),
        (head(Sec_Fetch_Site="cross-site"), False),
        ((), False),
    ],
)
def test_own_navigation(headers, expected):
    assert is_own_navigation(headers, *HERE) is expected


@pytest.mark.parametrize(
    "headers, expected",
    [
        (head(Sec_Fetch_Mode="navigate", Accept="*/*"), True),
        (head(Sec_Fetch_Mode="cors", Accept="text/html"), False),
        (head(Accept="text/html,application/xhtml+xml"), True),
        (head(Accept="text/html", X_Requested_With="XMLHttpRequest"), False),
        (head(Accept="application/json"), False),
        (head(Accept="*/*"), False),
        ((), False),
    ],
)
def test_wants_page(headers, expected):
    assert wants_page(headers) is expected


PAGES = {"/", "/form", "/parts", "/last", "/worker-form", "/worker-page"}


@pytest.mark.parametrize(("name", "what"), REQUESTS)
def test_which_of_what_browsers_send_want_a_page(name, what):
    """Also where a service worker hands them on."""
    raw = tuple((n.encode(), v.encode()) for n, v in RECORDED[name][what])
    assert wants_page(raw) is (what.split(" ")[1] in PAGES)


SHOP, EVIL = "https://shop.example", "https://evil.example"
ASKED = {"Origin": SHOP, "Access_Control_Request_Method": "POST"}


@pytest.mark.parametrize(
    "method, headers, expected",
    [
        ("OPTIONS", head(**ASKED), True),
        ("OPTIONS", head(**ASKED, Content_Length="0"), True),
        ("OPTIONS", head(Origin=SHOP), False),
        ("POST", head(**ASKED), False),
        ("OPTIONS", head(Access_Control_Request_Method="POST"), False),
        ("OPTIONS", head(**ASKED | {"Origin": EVIL}), False),
        ("OPTIONS", head(**ASKED, Cookie="a=1"), False),
        ("OPTIONS", head(**ASKED, Authorization="Basic x"), False),
        ("OPTIONS", head(**ASKED, Content_Length="3"), False),
        ("OPTIONS", head(**ASKED, Transfer_Encoding="chunked"), False),
        ("OPTIONS", head(**ASKED, X_HTTP_Method_Override="POST"), False),
    ],
)
def test_preflight(method, headers, expected):
    assert is_preflight(method, headers, {SHOP}) is expected


@pytest.mark.parametrize(
    "methods, asked, named, allowed, headers",
    [
        ((), "POST", "", "POST", ""),
        ((), "PUT", "content-type, x-requested-with", "PUT", "content-type, x-requested-with"),
        ({"POST", "OPTIONS"}, "DELETE", "x-a,x-b", "OPTIONS, POST", "x-a,x-b"),
        ((), "P(ST", "x a", "", ""),
        ((), "POST, GET", "x-a, ", "", ""),
        ((), "POST", "x-a\xff", "POST", ""),
        ((), "POST", "x" * 1025, "POST", ""),
        ((), "POST", "x" * 1024, "POST", "x" * 1024),
    ],
)
def test_preflight_reply(methods, asked, named, allowed, headers):
    said = {
        "Origin": SHOP,
        "Access_Control_Request_Method": asked,
        "Access_Control_Request_Headers": named,
    }
    reply = preflight_reply(head(**said), methods)
    assert reply["Access-Control-Allow-Origin"] == SHOP
    assert reply["Access-Control-Allow-Credentials"] == "true"
    assert reply.get("Access-Control-Allow-Methods", "") == allowed
    assert reply.get("Access-Control-Allow-Headers", "") == headers
    assert reply["Vary"].startswith("Origin,")
    assert all("\r" not in value and "\n" not in value for value in reply.values())
