"""Where an app names its users, and the digests they become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from gateway.given.places import given
from gateway.given.users import MAX_CHARS, Users
from gateway.model import BodySeen, Length, Match, NoBody, RequestHead, Site, Whence
from gateway.ring import KeyRing
from gateway.routing import NeedBodyFor, Router
from tests.samples import NEW, OLD, RING, ROUTE, STRANGE_RING
from tests.test_guard import APP

FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
Place = Literal["header", "cookie", "query", "field"]


def head(*headers: tuple[bytes, bytes], target: bytes = b"/f", size: int = 0) -> RequestHead:
    framing = Length(size) if size else NoBody()
    return RequestHead("POST", target, (1, 1), headers, framing, "shop", True)


@pytest.mark.parametrize(
    ("place", "headers", "target", "body", "found"),
    [
        ("header", [(b"X-User", b"ada")], b"/f", b"", ["ada"]),
        ("header", [(b"x-user", b"ada"), (b"X-User", b"eve")], b"/f", b"", ["ada", "eve"]),
        ("header", [(b"X-User", b"ada"), (b"X-User", b"ada")], b"/f", b"", ["ada"]),
        ("header", [(b"X_User", b"ada")], b"/f?X-User=eve", b"", []),
        ("cookie", [(b"Cookie", b"a=b; X-User=ada")], b"/f", b"", ["ada"]),
        ("query", [], b"/f?a=b&X-User=a%20da", b"", ["a da"]),
        ("query", [], b"/f?X-User=ada&X-User=eve", b"", ["ada", "eve"]),
        ("query", [], b"/f?x-user=ada", b"", []),
        ("query", [], b"/f?" + b"a&" * 3000, b"", []),
        ("query", [], b"/f?X-User=ada&" + b"a&" * 3000, b"", []),
        ("field", [FORM], b"/f?X-User=eve", b"X-User=ada&b=c", ["ada"]),
        ("field", [(b"Content-Type", b"application/json")], b"/f", b'{"X-User": "ada"}', ["ada"]),
        ("field", [(b"Content-Type", b"image/png")], b"/f", b"X-User=ada", []),
        ("field", [FORM, (b"Content-Encoding", b"gzip")], b"/f", b"X-User=ada", []),
    ],
)
def test_where_it_stands(
    place: Place, headers: list[tuple[bytes, bytes]], target: bytes, body: bytes, found: list[str]
) -> None:
    seen = BodySeen(body, True) if body else None
    assert given(head(*headers, target=target), seen, Whence(place, "X-User")) == found


def test_a_body_that_is_not_whole_says_nothing() -> None:
    whence = Whence("field", "user")
    assert given(head(FORM), BodySeen(b"user=ada", False), whence) == []
    assert given(head(FORM), None, whence) == []


KNOWN = replace(ROUTE, user=Whence("header", "X-User"))


def named(user: bytes, route: Any = KNOWN, ring: KeyRing = RING) -> str:
    return Users(ring).of(route, head((b"X-User", user)), None)


def test_digests() -> None:
    ada = named(b"ada")
    assert len(ada) == 20
    assert int(ada, 16) >= 0
    assert ada == named(b"ada") != named(b"eve")
    assert ada != named(b"ada", replace(KNOWN, site="blog"))
    assert ada != named(b"ada", ring=STRANGE_RING)
    assert ada == named(b"ada", ring=KeyRing((OLD,))) != named(b"ada", ring=KeyRing((NEW,)))


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ([], False),
        ([b""], False),
        ([b"ada"], True),
        ([b"ada", b"eve"], False),
        ([b"x" * MAX_CHARS], True),
        ([b"x" * (MAX_CHARS + 1)], False),
    ],
)
def test_who_is_nobody(values: list[bytes], known: bool) -> None:
    request = head(*((b"X-User", value) for value in values))
    assert bool(Users(RING).of(KNOWN, request, None)) == known
    assert Users(RING).of(ROUTE, request, None) == ""


@pytest.mark.parametrize(
    ("place", "size", "needed"),
    [("field", 10, True), ("field", 0, False), ("field", 300_000, False), ("header", 10, False)],
)
def test_bodies_are_read_only_where_something_is_in_them(
    place: Place, size: int, needed: bool
) -> None:
    route = replace(ROUTE, match=Match(paths=("/f",)), user=Whence(place, "user"))
    site = Site("shop", ("shop",), APP, (route,))
    found = Router((site,), "/_gateway/").match(site, head(FORM, size=size), None)
    assert isinstance(found, NeedBodyFor) == needed
