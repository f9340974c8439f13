"""`gateway check --log`: logs of nginx and Apache, and what they hold of strangers' making."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.accesslog import MAX_LINE_BYTES, Line, Replay, Tally, parse
from gateway.config import load

TIME_S = 1760104536.0  # 10 Oct 2025 13:55:36 UTC
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def line(request="POST /register HTTP/1.1", at="13:55:36", address="203.0.113.9", agent=FIREFOX):
    time = f"10/Oct/2025:{at} +0000"
    return f'{address} - - [{time}] "{request}" 200 5 "-" "{agent}"\n'.encode()


@pytest.mark.parametrize(
    "raw, expected",
    [
        (line(), Line("", "203.0.113.9", TIME_S, "POST", b"/register", FIREFOX, 200)),
        (
            b'::1 - bob smith [10/Oct/2025:15:55:36 +0200] "GET /a?b HTTP/2.0" 304 - "r" "u"',
            Line("", "::1", TIME_S, "GET", b"/a?b", "u", 304),
        ),
        (
            b'h.example:443 1.2.3.4 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 5',
            Line("h.example", "1.2.3.4", TIME_S, "GET", b"/", "", 200),
        ),
        (
            rb'::1 - - [10/Oct/2025:13:55:36 +0000] "GET /\xC3\xBC\x22 HTTP/1.1" 200 5 "" "\"u"',
            Line("", "::1", TIME_S, "GET", b'/\xc3\xbc"', r"\"u", 200),
        ),
        (line("GET http://evil/ HTTP/1.1"), None),
        (line("-"), None),
        (line(r"\x16\x03\x01"), None),
        (b"", None),
        (b"no log\n", None),
        (b'1 - - [yesterday] "GET / HTTP/1.1" 200 5', None),
        (line("GET /" + "x" * MAX_LINE_BYTES + " HTTP/1.1"), None),
    ],
)
def test_lines(raw, expected):
    assert parse(raw) == expected


@given(st.binary(max_size=300))
def test_any_bytes(raw):
    parse(raw)
    parse(b'1.2.3.4 - - [10/Oct/2025:13:55:36 +0000] "' + raw)


@pytest.fixture
def tally(file):
    """Play lines; the tally of one route."""
    config = load(file, {})

    def tally(route, *lines):
        replay = Replay(config)
        for raw in lines:
            replay.see(raw)
        return replay.tallies.get(("shop", route), Tally())

    return tally


def test_a_pass_lasts_as_configured(tally):
    found = tally("form", line(), line(at="14:25:35"), line(at="14:25:36"), line(address="1.1.1.1"))
    assert (found.matched, found.challenged, len(found.visitors)) == (4, 3, 2)


def test_another_browser_is_another_visitor(tally):
    found = tally("form", line(), line(agent="curl/8"))
    assert (found.challenged, len(found.visitors)) == (2, 2)


@pytest.mark.parametrize("requests, challenged", [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_uses_are_counted(tmp_path, requests, challenged):
    path = tmp_path / "gateway.yaml"
    path.write_text(
        "upstreams: {app: http://127.0.0.1:1}\n"
        "sites: [{name: shop, routes: [{name: form, pass: {uses: 2}}]}]\n"
    )
    replay = Replay(load(path, {}))
    for _ in range(requests):
        replay.see(line())
    assert replay.tallies["shop", "form"].challenged == challenged


def test_single_use_asks_each_time(tally):
    found = tally("sms", *[line("POST /sms HTTP/1.1")] * 3)
    assert (found.matched, found.challenged, len(found.visitors)) == (3, 3, 1)


@pytest.mark.parametrize(
    "route, request_line, matched, perhaps, challenged",
    [
        ("old", "GET /old/x HTTP/1.1", 1, 0, 1),
        ("health", "GET /health HTTP/1.1", 1, 0, 0),
        ("silent", "GET /silent HTTP/1.1", 1, 0, 0),
        ("field", "POST /post.php HTTP/1.1", 1, 1, 1),
        ("field", "GET /post.php HTTP/1.1", 0, 0, 0),
        ("field", "GET /post.php?do=register HTTP/1.1", 1, 0, 1),
        ("old", "OPTIONS /old/x HTTP/1.1", 0, 0, 0),  # mostly preflights, which pass
        ("well-known", "GET /robots.txt HTTP/1.1", 1, 0, 0),
    ],
)
def test_routes(tally, route, request_line, matched, perhaps, challenged):
    found = tally(route, line(request_line))
    assert (found.matched, found.perhaps, found.challenged) == (matched, perhaps, challenged)


LOG = (
    line() * 2
    + line(r"POST /sms?\x1b[31mred HTTP/1.1")
    + line("GET / HTTP/1.1")
    + b"garbage\n"
    + line("GET /" + "x" * 2 * MAX_LINE_BYTES + " HTTP/1.1")
    + b"other.example "
    + line()
)


@pytest.mark.parametrize("packed", [False, True])
def test_report(gateway, file, tmp_path, packed):
    log = tmp_path / "access.log"
    log.write_bytes(gzip.compress(LOG) if packed else LOG)
    said = gateway("check", file, "--log", log)
    assert said.code == 0
    words = [line.split() for line in said.out.splitlines() if "shop " in line[:8]]
    rows = {row[1]: row[2:] for row in words}
    assert rows["form"] == ["enforce", "2", "1", "1"]
    assert rows["sms"] == ["enforce", "1", "1", "1"]
    assert rows["old"] == ["deny", "0", "0", "0"]
    assert "health" not in rows
    assert "5 requests read, 1 met no route, 1 for hosts of no site, 2 lines not" in said.out
    assert "1 × POST /register" in said.out
    assert "\x1b" not in said.out
    assert r"POST /sms?\x1b[31mred" in said.out


def test_standard_input(gateway, file):
    said = gateway("check", file, "--log", "-", stdin=LOG)
    assert "5 requests read" in said.out


def test_no_log_at_all(gateway, file, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(b"garbage\n")
    assert gateway("check", file, "--log", log).code == 1


def test_a_missing_log_is_one_line(process, file, tmp_path):
    said = process("check", file, "--log", tmp_path / "nowhere.log")
    assert said.code == 1
    assert said.err == f"gateway: {tmp_path / 'nowhere.log'}: No such file or directory\n"
    assert "Traceback" not in said.err


def test_several_sites_need_the_host(gateway, tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text(
        "upstreams: {app: http://127.0.0.1:1}\n"
        "sites: [{name: a, hosts: [a.example]}, {name: b, hosts: [b.example]}]\n"
    )
    said = gateway("check", path, "--log", "-", stdin=line())
    assert "1 lines name no host" in said.out
    assert "$host" in said.out
    path.write_text(path.read_text().replace("[b.example]", '["*"]'))
    assert "taken for site b's" in gateway("check", path, "--log", "-", stdin=line()).out
