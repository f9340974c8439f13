"""The small decisions behind replies: URLs, kept headers, who takes gzip, which rung is next."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from gateway.choosing import wished_choice
from gateway.model import ACCESSIBLE, Round, Ticket
from gateway.server.asking import ways
from gateway.server.challenging import kept_headers
from gateway.server.releasing import finish_of
from gateway.server.replies import safe_url, takes_gzip
from tests.samples import TICKET, VISIT
from tests.server.desk import route


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (b"/", "/"),
        (b"/a/b?c=d&e=%2F", "/a/b?c=d&e=%2F"),
        (b"/a;b=c/~d!$'()*+,@:[]", "/a;b=c/~d!$'()*+,@:[]"),
        (b"//evil.example/x", "/.//evil.example/x"),
        (b"///evil.example", "/.///evil.example"),
        (b"/\\evil.example", "/%5Cevil.example"),
        (b"\\\\evil.example", "/"),
        (b"/\t/evil.example", "/%09/evil.example"),
        (b"/\r\nSet-Cookie: a=b", "/%0D%0ASet-Cookie:%20a=b"),
        (b"https://evil.example/", "/"),
        (b"javascript:alert(1)", "/"),
        (b"*", "/"),
        (b"", "/"),
        (b"/a#b", "/a%23b"),
        (b'/"><x>', "/%22%3E%3Cx%3E"),
        (b"/\xff", "/%FF"),
    ],
)
def test_a_url_stays_on_this_site(target: bytes, url: str) -> None:
    assert safe_url(target) == url


@given(st.binary(max_size=30), st.sampled_from([b"", b"/", b"//", b"/\\", b"/."]))
def test_any_target_is_a_path_of_this_site(tail: bytes, head: bytes) -> None:
    url = safe_url(head + tail)
    assert url.startswith("/")
    assert not url.startswith("//")
    assert "\\" not in url
    assert url.isascii()
    assert url.isprintable()
    assert urlsplit(urljoin("https://shop.example/x/y", url)).netloc == "shop.example"


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("GZIP", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("x-gzipped", False),
        ("", False),
    ],
)
def test_who_takes_gzip(accept: str, taken: bool) -> None:
    request = make_mocked_request("GET", "/", headers={"Accept-Encoding": accept})
    assert takes_gzip(request) is taken


def test_headers_that_a_finish_would_get_wrong_are_kept() -> None:
    headers = (
        (b"Referer", b"https://a.example/"),
        (b"ORIGIN", b"null"),
        (b"Sec-Fetch-Site", b"cross-site"),
        (b"Cookie", b"a=b"),
        (b"X-Referer", b"no"),
    )
    assert kept_headers(headers) == headers[:3]
    assert kept_headers(((b"Referer", b"x" * 2041),)) != ()
    long = (b"Referer", b"x" * 2042)
    assert kept_headers((long, *headers[1:3])) == headers[1:3]
    assert kept_headers(((b"Origin", b"x" * 2043),)) == ()


EASY = 0
HARD = 1
PLAIN = route("form")
STERN = route("form", accessible="never")


def at(rung: int) -> Ticket:
    return replace(TICKET, rung=rung)


@pytest.mark.parametrize(
    ("asked", "ticket", "want", "risk", "rung"),
    [
        (PLAIN, None, "new", 0.0, EASY),
        (PLAIN, None, "new", 0.31, HARD),
        (PLAIN, at(EASY), "new", 0.0, EASY),
        (PLAIN, at(EASY), "new", 0.5, HARD),
        (PLAIN, at(HARD), "new", 0.0, HARD),
        (PLAIN, at(EASY), "another", 0.0, HARD),
        (PLAIN, at(HARD), "another", 0.0, HARD),
        (PLAIN, None, "another", 1.0, HARD),
        (PLAIN, at(HARD), "accessible", 1.0, ACCESSIBLE),
        (PLAIN, at(ACCESSIBLE), "new", 0.0, ACCESSIBLE),
        (PLAIN, at(ACCESSIBLE), "accessible", 0.0, ACCESSIBLE),
        (PLAIN, at(ACCESSIBLE), "another", 0.5, HARD),
        (STERN, at(EASY), "accessible", 0.0, EASY),
        (STERN, at(HARD), "accessible", 0.0, HARD),
        (route("form", ladder=()), None, "another", 0.0, 0),
    ],
)
def test_where_a_wish_leads(
    asked: object, ticket: Ticket | None, want: str, risk: float, rung: int
) -> None:
    assert wished_choice(asked, ticket, want, risk, Random(1)) == rung  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "rung", "offered"),
    [
        (PLAIN, EASY, ["another", "accessible"]),
        (PLAIN, HARD, ["accessible"]),
        (PLAIN, ACCESSIBLE, []),
        (STERN, EASY, ["another"]),
        (STERN, HARD, []),
    ],
)
def test_what_is_offered(asked: object, rung: int, offered: list[str]) -> None:
    assert ways(asked, rung) == offered  # type: ignore[arg-type]


def test_the_second_round_offers_no_kind_of_the_first() -> None:
    """Chance may choose any of the ladder: where it has but two, nothing else is left to ask."""
    asked = replace(PLAIN, flow="multiple")  # type: ignore[type-var]
    first = PLAIN.ladder[EASY].kind  # type: ignore[attr-defined]
    assert ways(asked, HARD) == ["another", "accessible"]
    assert ways(asked, HARD, Round(first, 1, 1.0)) == ["accessible"]
    assert ways(asked, HARD, Round("view", 1, 1.0)) == ["another", "accessible"]


@pytest.mark.parametrize(
    ("method", "hold", "by_pass", "finish"),
    [
        ("GET", "", True, "reload"),
        ("GET", "", False, "post"),
        ("HEAD", "", False, "post"),
        ("GET", "h", True, "post"),
        ("POST", "h", True, "post"),
        ("POST", "h", False, "post"),
        ("POST", "", True, "reload"),
        ("POST", "", False, "reload"),  # only the browser still has its body
    ],
)
def test_how_a_visit_finishes(method: str, hold: str, by_pass: bool, finish: str) -> None:
    assert finish_of(replace(VISIT, method=method, hold_id=hold), by_pass=by_pass) == finish
