"""Finding entries by value decides as asking each of them would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import BodySeen, Match, Route, Rung
from gateway.routing import Router, buckets
from tests.routing.asking import post, request, site_of

VALUES = st.sampled_from(("a", "A", "b", "~[ab]", None))
CONDITIONS = st.dictionaries(st.sampled_from(("do", "x", "do[y]")), VALUES, max_size=2)
ROUTES = st.builds(
    Route,
    name=st.just("r"),
    site=st.just("shop"),
    match=st.builds(
        Match,
        methods=st.sampled_from((frozenset(), frozenset({"GET"}), frozenset({"POST", "PUT"}))),
        paths=st.sampled_from((("/i.php",), ("/i.php/**",), ("/**",), (), ("/i.php", "/x"))),
        query=CONDITIONS,
        form=CONDITIONS,
    ),
    action=st.sampled_from(("challenge", "allow", "deny")),
    params=st.sampled_from(("strict", "php")),
    mode=st.sampled_from(("enforce", "enforce", "shadow", "off")),
    ladder=st.builds(lambda level: (Rung("pow", None, level=level),), st.integers(1, 3)),
)
PAIRS = st.lists(
    st.sampled_from((b"do=a", b"do=A", b"do=b", b"x=b", b"do[]=a", b"do[y]=b", b"%00", b"x")),
    max_size=3,
).map(b"&".join)
TARGETS = st.builds(
    lambda path, query: path + query,
    st.sampled_from((b"/i.php?", b"/i.php/z?", b"/x/../i.php?", b"/i.php%3f?", b"/y?")),
    PAIRS,
)
BODIES = st.none() | st.builds(BodySeen, PAIRS, st.booleans())


@contextmanager
def small(entries: int) -> Iterator[None]:
    """Buckets up to this size ask each entry."""
    usual, buckets.SMALL = buckets.SMALL, entries
    try:
        yield
    finally:
        buckets.SMALL = usual


@settings(max_examples=300, deadline=None)
@given(st.lists(ROUTES, max_size=14), TARGETS, st.booleans(), BODIES)
def test_same_as_one_by_one(routes, target, posts, body):
    site = site_of(routes)
    size = b"x" * 20 if body is None or body.data else b""
    asked = post(target, size, b"application/x-www-form-urlencoded") if posts else request(target)
    outcomes = []
    for entries in (0, 1_000):
        with small(entries):
            outcomes.append(Router([site], "/_gateway/").match(site, asked, body))
    assert outcomes[0] == outcomes[1]
