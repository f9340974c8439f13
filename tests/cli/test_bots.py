"""`gateway bots`: published addresses are fetched when asked, and replaced whole or not at all."""

from __future__ import annotations

import json

import pytest

from gateway.config import load
from tests.cli.test_trusted import vendor  # noqa: F401 - a fixture

PAGE = {
    "creationTime": "2026-11-20T15:00:00",
    "prefixes": [{"ipv6Prefix": "2001:4860:4801:10::/64"}, {"ipv4Prefix": "66.249.64.0/27"}],
}


@pytest.fixture
def source(file, vendor):  # noqa: F811
    """The vendor publishes; the configuration says where."""
    vendor.pages["/bot.json"] = json.dumps(PAGE).encode()
    url = f"http://127.0.0.1:{vendor.server_port}/bot.json"
    more = f"bots:\n  google: {{source: {url}}}\n  yandex: {{}}\n"
    file.write_text(file.read_text() + more)
    return vendor.pages


def test_refresh(gateway, file, source):
    target = file.parent / "bots" / "google.txt"
    said = gateway("bots", "refresh", "google", file)
    assert said.code == 0, said.err
    assert "+ 66.249.64.0/27" in said.out
    lines = target.read_text().splitlines()
    assert lines[0].startswith("# google, as published on 20")
    assert lines[1].endswith("/bot.json")
    assert lines[2:] == ["2001:4860:4801:10::/64", "66.249.64.0/27"]
    (google, _) = load(file, {}).bots
    assert len(google.ranges) == 2  # found where it is written, without being named
    source["/bot.json"] = b"66.249.64.0/27\n"  # half of it is still believed, and a plain list too
    again = gateway("bots", "refresh", "google", file)
    assert (again.code, "- 2001:4860:4801:10::/64" in again.out) == (0, True)
    assert [path.name for path in target.parent.iterdir()] == ["google.txt"]


@pytest.mark.parametrize(
    "page, what",
    [
        (b"{}", "not with prefixes"),
        (b'{"prefixes": [{"ipv4": "1.2.3.4"}]}', "not with prefixes"),
        (b'{"prefixes": 7}', "not with prefixes"),
        (b'{"prefixes": []}', "only 0 networks instead of 3"),
        (b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}', "only 1 networks instead of 3"),
        (b'{"prefixes": [{"ipv4Prefix": "10.0.0.0/8"}]}', "can't be theirs"),
        (b'{"prefixes": [{"ipv4Prefix": "0.0.0.0/0"}]}', "would trust everybody"),
        (b"<html>", "is not an address"),
        (None, "404"),
    ],
)
def test_what_is_no_list_changes_nothing(gateway, file, source, page, what):
    target = file.parent / "bots" / "google.txt"
    target.parent.mkdir()
    target.write_text("# kept\n66.249.64.0/27\n66.249.65.0/27\n66.249.66.0/27\n")
    before = target.read_text()
    source["/bot.json"] = page
    said = gateway("bots", "refresh", "google", file)
    assert said.code == 1
    assert what in said.err
    assert target.read_text() == before


def test_an_empty_page_makes_no_list(gateway, file, source):
    source["/bot.json"] = b""
    assert gateway("bots", "refresh", "google", file).code == 1
    assert not (file.parent / "bots").exists()


@pytest.mark.parametrize(
    "name, what",
    [("bing", "unknown bot 'bing'"), ("yandex", "publishes no list"), ("gogle", "did you mean")],
)
def test_names(gateway, file, source, name, what):
    said = gateway("bots", "refresh", name, file)
    assert said.code == 1
    assert what in said.err


def test_list(gateway, file, source):
    gateway("bots", "refresh", "google", file)
    said = gateway("bots", "list", file)
    assert said.code == 0
    for word in ("google", ".googlebot.com", "(bing)", "2"):
        assert word in said.out
