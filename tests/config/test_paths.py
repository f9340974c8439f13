"""Path patterns: which are refused, and when one covers another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.paths import check, covers
from gateway.config.shadows import Earlier, is_shadowed
from gateway.model import Match, Route


@pytest.mark.parametrize(
    "pattern",
    [
        "/",
        "/a",
        "/a/",
        "/a/**",
        "/**",
        "/a/*/b",
        "/*",
        "/a%20b",
        "/é",
        "~/a.*",
        "~.*",
        "/a;b",
        "/a*".replace("*", ""),
    ],
)
def test_good(pattern):
    assert check(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a",
        "/a b",
        "/a?b",
        "/a#b",
        "/a//b",
        "/a/./b",
        "/a/..",
        "/a*",
        "/*.php",
        "/**/b",
        "/a/***",
        "~[",
        "~(?=x)",
        r"~(a)\1",
        "/\n",
        "/" + "x" * 1001,
    ],
)
def test_bad(pattern):
    assert check(pattern)


@pytest.mark.parametrize(
    "wide, narrow, covered",
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/**", "/a/b", True),
        ("/**", "~.*", True),
        ("/a/**", "/a", True),
        ("/a/**", "/a/b/c", True),
        ("/a/**", "/a/b/**", True),
        ("/a/**", "/**", False),
        ("/a/**", "/b", False),
        ("/a/**", "/ab", False),
        ("/*/b", "/a/b", True),
        ("/*/b", "/*/b", True),
        ("/a/b", "/*/b", False),
        ("/*", "/a/b", False),
        ("/*/**", "/a/b/c", True),
        ("~/a", "~/a", True),
        ("~/.*", "/a", False),
        ("/a", "~/a", False),
    ],
)
def test_covers(wide, narrow, covered):
    assert covers(wide, narrow) is covered


SEGMENTS = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=4)
PATTERNS = st.builds(
    lambda parts, deep: "/" + "/".join(parts) + "/**" * deep, SEGMENTS, st.booleans()
)
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=5)


def matches(pattern: str, path: list[str]) -> bool:
    deep = pattern.endswith("/**")
    parts = pattern.removesuffix("/**")[1:].split("/")
    if len(path) < len(parts) or (len(path) > len(parts) and not deep):
        return False
    return all(part in ("*", step) for part, step in zip(parts, path, strict=False))


@given(PATTERNS, PATTERNS, PATHS)
def test_covered_means_matched(wide, narrow, path):
    if covers(wide, narrow) and matches(narrow, path):
        assert matches(wide, path)


MATCHES = st.builds(
    lambda paths, methods: Match(frozenset(methods), tuple(paths)),
    st.lists(PATTERNS | st.just("~/a"), max_size=2),
    st.sampled_from([[], ["GET"], ["POST"], ["GET", "POST"]]),
)


@given(st.lists(MATCHES, max_size=6), MATCHES)
def test_the_index_finds_what_comparing_all_finds(before, later):
    routes = [Route(f"r{i}", "s", match) for i, match in enumerate(before)]
    earlier = Earlier()
    for route in routes:
        earlier.add(route)
    found = earlier.shadowing(Route("later", "s", later))
    assert (found is not None) == any(is_shadowed(later, route.match) for route in routes)
    assert found is None or is_shadowed(later, found.match)
