"""The ways a path may be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.routing.readings import (
    MAX_ODD_BYTES,
    MAX_READING_BYTES,
    MAX_READINGS,
    folded,
    readings,
)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/a",
        "/a/",
        "/a.b/c-d_e~f",
        "/x.tar.gz",
        "/@me/$1,(2)'!*&=:",
        "/jquery-3.1/x.js",
        "/1.0",
    ],
)
def test_a_plain_path_is_read_one_way(path):
    found = readings(path.encode())
    assert (found.paths, found.scripts, found.complete) == ((path.encode(),), (), True)


@pytest.mark.parametrize(
    "path, scripts",
    [
        (b"/i.php/x", [b"/i.php", b"/x"]),
        (b"/i.php/", [b"/i.php", b"/"]),
        (b"/a/i.PHP5/x/y", [b"/a/i.PHP5", b"/x/y"]),
        (b"/index.php", [b"/"]),
        (b"/forum/index.php", [b"/forum/"]),
        (b"/index.php/x", [b"/index.php", b"/", b"/x"]),
        (b"/a/Default.aspx", [b"/a/"]),
        (b"/cgi-bin/run/x", [b"/cgi-bin/run", b"/x"]),
        (b"/i.phpx/x", []),
        (b"/photo.jpg/x", []),
    ],
)
def test_script_names(path, scripts):
    assert list(readings(path).scripts) == scripts


@pytest.mark.parametrize(
    "path, read",
    [
        (b"/%61", b"/a"),
        (b"/%2561", b"/a"),
        (b"/%252561", b"/%61"),
        (b"/%zz", b"/%zz"),
        (b"/a%2Fb", b"/a/b"),
        (b"/a%5cb", b"/a/b"),
        (b"/a\\b", b"/a/b"),
        (b"//a", b"/a"),
        (b"//a/b", b"/b"),
        (b"///a/b", b"/a/b"),
        (b"/http://a/b", b"/http:/a/b"),
        (b"http://a/b", b"/b"),
        (b"/a/./b", b"/a/b"),
        (b"/a/../b", b"/b"),
        (b"/../../b", b"/b"),
        (b"/a//../b", b"/a/b"),
        (b"/a//../b", b"/b"),
        (b"/a/b/..", b"/a/"),
        (b"/a/b/.", b"/a/b/"),
        (b"/a/%2e%2e/b", b"/b"),
        (b"/a/%252e%252e%252fb", b"/b"),
        (b"/a;x=1/b;y", b"/a/b"),
        (b"/a;x=1/b;y", b"/a"),
        (b"/x/..;/b", b"/b"),
        (b"/x/..;/b", b"/x/../b"),
        (b"/a%3bx", b"/a"),
        (b"/a%00b", b"/a"),
        (b"/a%00b", b"/ab"),
        (b"/a%3fb", b"/a"),
        (b"/a#b", b"/a"),
        (b"/a%23b", b"/a"),
        (b"/a%20", b"/a"),
        (b"/a+", b"/a"),
        (b"/%0aa%0d%0a", b"/a"),
        (b"/a.", b"/a"),
        (b"/a..", b"/a"),
        (b"/a./b", b"/a/b"),
        (b"/a::$DATA", b"/a"),
        (b"/%u0061", b"/a"),
        (b"/%c3%a1", b"/a"),
        (b"/%e1", b"/a"),
        (b"/%ef%bd%81", b"/a"),
        (b"/x/%c0%ae%c0%ae%c0%afa", b"/a"),
        (b"/i.php%2fx", b"/i.php"),
        (b"/x/../index.php", b"/"),
    ],
)
def test_readings(path, read):
    assert read in readings(path).paths


def test_a_query_behind_a_decoded_mark_is_unknown():
    found = readings(b"/%61%3fb")
    assert b"/a" in found.cut and found.paths[0] not in found.cut


@pytest.mark.parametrize(
    "path, complete",
    [
        (b"/%20" + b"a" * (MAX_ODD_BYTES - 4), True),
        (b"/%20" + b"a" * (MAX_ODD_BYTES - 3), False),
        (b"/" + b"a" * 100_000, True),
        (b"/%20" + b"/x.php" * 100, False),
    ],
)
def test_limits(path, complete):
    assert readings(path).complete is complete


@pytest.mark.parametrize(
    "text, expected",
    [
        ("plain", "plain"),
        ("Ärger", "Arger"),
        ("ｄｏ", "do"),
        ("ſ", "s"),
        ("注册", "注册"),
    ],
)
def test_folded(text, expected):
    assert folded(text.encode()) == expected.encode()


ODD = st.sampled_from(
    (
        *(b"/", b"//", b"..", b".", b";", b"\\", b"#", b"+", b"::", b"%", b"%2e", b"%2f", b"%252f"),
        *(b"%5c", b"%00", b"%3f", b"%u00", b"\xc3", b"a", b".php", b"index", b"http:"),
    )
)


@settings(deadline=None, derandomize=True)
@given(st.lists(ODD, max_size=30).map(b"".join) | st.binary(max_size=300))
def test_any_path_is_read_within_bounds(path):
    found = readings(path)
    assert found.paths[0] == path
    assert len(found.paths) <= 3 * MAX_READINGS
    assert sum(map(len, found.paths)) <= 3 * MAX_READING_BYTES
