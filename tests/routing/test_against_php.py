"""Whenever real PHP sees the protected parameter or runs the protected script, we match."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.routing.asking import name_of, post, request, route
from tests.routing.conftest import Php
from tests.routing.oddities import BODIES, MULTIPARTS, QUERIES, multipart, part

QUERY = [route("r", "/i.php", query={"do": "register"}, params="php")]
FORM = [route("r", "/i.php", form={"do": "register"}, params="php")]
SCRIPT = [route("r", "/i.php")]
FOLDER = [route("r", "/forum/index.php")]

URLENCODED = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=B"
PICTURE = b"Content-Type: image/png"


def held(value: Any) -> Iterator[str]:
    """Every text in a superglobal's entry, arrays included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from held(item)


def protected(superglobal: Any) -> bool:
    """PHP may be asked to register: `do` is that, or an array that holds it."""
    return isinstance(superglobal, dict) and "register" in held(superglobal.get("do"))


def test_there_are_enough_oddities():
    assert len(QUERIES) + len(MULTIPARTS) >= 150
    assert len(set(QUERIES)) == len(QUERIES)


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_queries(php: Php, query: bytes):
    target = b"/i.php?" + query
    if protected(php.sees(target).get("get")):
        assert name_of(QUERY, request(target)) == "r"


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_cookies(php: Php, query: bytes):
    cookie = query.replace(b"\0", b"")
    seen = php.sees(b"/i.php", heads=b"Cookie: x=1; " + cookie + b"\r\n")
    if protected(seen.get("request")):
        headers = ((b"Cookie", b"x=1; " + cookie),)
        assert name_of(QUERY, request("/i.php", headers=headers)) == "r"


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=range(len(BODIES)))
def test_bodies(php: Php, kind: bytes, body: bytes):
    check_body(php, kind, body)


@pytest.mark.parametrize(("kind", "body"), MULTIPARTS, ids=range(len(MULTIPARTS)))
def test_multiparts(php: Php, kind: bytes, body: bytes):
    check_body(php, kind, body)


def check_body(php: Php, kind: bytes, body: bytes) -> None:
    seen = php.sees(b"/i.php", b"POST", b"Content-Type: " + kind + b"\r\n", body)
    if protected(seen.get("post")):
        assert name_of(FORM, post("/i.php", body, kind), body) == "r"
        assert name_of(QUERY, post("/i.php", body, kind), body) == "r", "by $_REQUEST"


PIECES = (
    *(b"&", b"&", b";", b"=", b"[", b"]", b"[]", b"%5b", b"%5D", b"[x", b"+", b"%20", b".", b"_"),
    *(b"%00", b"%", b"%0a", b"%09", b"?", b"#", b"x", b"1", b"do", b"do=", b"&do=login", b"%2526"),
)


def mutated(chance: random.Random) -> bytes:
    """`do=register` with a few odd pieces between its bytes."""
    letters = [b"d", b"o", b"=", b"register"]
    for _ in range(chance.randint(1, 2)):
        letters.insert(chance.choice((0, 0, 0, 1, 2, 2, 3, 4)), chance.choice(PIECES))
    return b"".join(letters)


def test_random_queries(php: Php):
    chance = random.Random(2)
    seen_by_php = 0
    for _ in range(800):
        query = mutated(chance) + chance.choice((b"&", b";", b"")) + mutated(chance)
        if protected(php.sees(b"/i.php?" + query).get("get")):
            seen_by_php += 1
            assert name_of(QUERY, request(b"/i.php?" + query)) == "r", query
    assert seen_by_php > 40, "the pieces no longer make a match likely"


@pytest.mark.parametrize(
    "kind, body",
    [
        (URLENCODED, b"do=login"),
        (URLENCODED, b"a=1&b=do%3Dregister&c=register"),
        (URLENCODED, b"text=a+%26+b%25&do_x=register"),
        (URLENCODED + b"; charset=UTF-8", b"do=login"),
        (MULTIPART, multipart(part(b'form-data; name="do"', b"login"))),
        (MULTIPART, multipart(part(b'form-data; name="x"', b"register"))),
        (
            MULTIPART,
            multipart(
                part(b'form-data; name="do"', b"upload"),
                part(b'form-data; name="file"; filename="it\'s.png"', b"\x89PNG\0", PICTURE),
                part(b"form-data; name=x; filename=y.txt; filename*=utf-8''y%20z.txt", b"text"),
            ),
        ),
        (b"application/json", b'{"do": "login", "x": ["register"]}'),
        (b"text/xml", b"<methodCall>register</methodCall>"),
        (b"application/octet-stream", bytes(range(1, 256))),
    ],
)
def test_plain_bodies_are_no_match(php: Php, kind: bytes, body: bytes):
    """The other direction: what PHP reads as something else, and nobody could read otherwise."""
    seen = php.sees(b"/i.php", b"POST", b"Content-Type: " + kind + b"\r\n", body)
    assert not protected(seen["post"])
    assert name_of(FORM, post("/i.php", body, kind), body) is None


PATHS = (
    *(b"/i.php", b"/i.php/", b"/i.php/x", b"/i.php/x/y.z", b"//i.php", b"/./i.php", b"/i%2ephp"),
    *(b"/%69.php", b"/%2569.php", b"/x/../i.php", b"/forum/../i.php", b"/forum/%2e%2e/i.php"),
    *(b"/i.php%00", b"/i.php%00.png", b"/i.php%20", b"/i.php.", b"/i.php;x", b"/i.php%3fx"),
    *(b"/I.PHP", b"/i.php\\x", b"/forum\\..\\i.php", b"/i.php%2fx", b"/i.php//x", b"/i.php/../x"),
    *(b"/i.php/.", b"/i.php/..", b"/i.php/%2e%2e", b"/forum/..//i.php", b"/i.php#x", b"/i.php~"),
    *(b"/forum", b"/forum/", b"/forum/index.php", b"/forum/x", b"/forum/x/y", b"/forum//"),
    *(b"/forum/.", b"/forum/index.php/x", b"/FORUM/", b"/x/../forum/", b"//forum", b"/forum/%20"),
    *(b"/", b"/x", b"/index.php", b"/index.php/i.php", b"/%2f%2fi.php", b"/i.php/i.php"),
)


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_scripts(php: Php, path: bytes):
    """Also without a slash after it: PHP's server runs `/forum/index.php` for `/forum`."""
    ran = php.sees(path).get("script")
    if ran == "/i.php":
        assert name_of(SCRIPT, request(path)) == "r"
    if ran == "/forum/index.php" and not path.startswith((b"/forum/x", b"/forum/%20")):
        assert name_of(FOLDER, request(path)) == "r"
