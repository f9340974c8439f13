"""What must hold for any routes: no index and no saved reading of a body changes a decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.model import BodySeen, Match, RequestHead, Route, Rung
from gateway.routing import Matched, NeedBodyFor, Router, buckets
from gateway.routing.index import PathIndex
from gateway.routing.patterns import Regex
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
BODIES = st.builds(BodySeen, PAIRS, st.booleans())
FORM = b"application/x-www-form-urlencoded"


@contextmanager
def small(entries: int) -> Iterator[None]:
    """Buckets up to this size ask each entry."""
    usual, buckets.SMALL = buckets.SMALL, entries
    try:
        yield
    finally:
        buckets.SMALL = usual


def asking(target: bytes, posts: bool) -> RequestHead:
    return post(target, b"x" * 20, FORM) if posts else request(target)


@settings(deadline=None, derandomize=True)
@given(st.lists(ROUTES, max_size=14), TARGETS, st.booleans(), st.none() | BODIES)
def test_by_value_as_one_by_one(routes, target, posts, body):
    """Large buckets find entries by value, small ones ask each of them."""
    site = site_of(routes)
    outcomes = []
    for entries in (0, 1_000):
        with small(entries):
            router = Router([site], "/_gateway/")
            outcomes.append(router.match(site, asking(target, posts), body))
    assert outcomes[0] == outcomes[1]


@settings(deadline=None, derandomize=True)
@given(st.lists(ROUTES, max_size=5), TARGETS, BODIES, st.sampled_from((0, 1_000)))
def test_no_body_changes_what_was_decided_without_it(routes, target, body, entries):
    site = site_of(routes)
    with small(entries):
        router = Router([site], "/_gateway/")
    early = router.match(site, asking(target, True), None)
    late = router.match(site, asking(target, True), body)
    assert isinstance(late, Matched)
    assert early == late or isinstance(early, NeedBodyFor)


SOURCES = st.sampled_from(
    ("a", "b|c", "(?i)a", "(?-i)B", "(?s-i:.A)", "a$|^b", "(a)(?P<n>b)?", "(?P<n>a)", "", "|",
     ".*b", "[a-c]{2}", r"\x41", r"\Qa", r"a\Qb\E", r"\Q.\E", r"\\Qa", "\u00e9", "(?:a{500}){2}c")
)  # fmt: skip
PATHS = st.text(".abcABQ\\)(|/x\u00e9", max_size=6).map(str.encode) | st.binary(max_size=4)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.lists(SOURCES, max_size=5), st.lists(SOURCES, max_size=3), PATHS)
@example([r"\Qa", r"b\Qc\E"], [], b"a")
@example([r"\Qa", r"b\Qc\E"], [], b"bc")
@example(["(?i)a", "b"], [], b"B")
@example(["a"], ["b"], b"b")
def test_many_expressions_find_what_each_of_them_would(first, later, path):
    """What is tried once for all of them hides none, also of those added after a look."""
    index: PathIndex[int] = PathIndex()
    expected = []
    for number, source in enumerate(first + later):
        if number == len(first):
            list(index.find(path))
        index.add(number, Regex(source))
        alone: PathIndex[int] = PathIndex()
        alone._joined = 1  # nothing is tried for all
        alone.add(number, Regex(source))
        expected += alone.find(path)
    assert sorted(index.find(path)) == expected
