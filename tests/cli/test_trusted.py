"""`gateway trusted`: lists are fetched when asked, checked, and replaced whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gateway.config.presets import read_trusted

GOOD = {"/v4": b"173.245.48.0/20\n103.21.244.0/22\n", "/v6": b"2400:cb00::/32\n"}


@pytest.fixture
def vendor() -> Iterator[HTTPServer]:
    """A vendor on loopback; `vendor.pages` is what it serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.server.pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.pages = dict(GOOD)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def listed(file, vendor):
    """A list beside the configuration that names the vendor as its source."""
    path = file.parent / "trusted" / "cdn.yaml"
    path.parent.mkdir()
    source = f"http://127.0.0.1:{vendor.server_port}"
    path.write_text(
        f'about: A "CDN"\ndate: "2020-01-01"\nsource: [{source}/v4, {source}/v6]\n'
        "addresses: [173.245.48.0/20, 198.41.128.0/17]\n"
    )
    return path


def test_refresh(gateway, file, listed):
    said = gateway("trusted", "refresh", "cdn", file)
    assert said.code == 0, said.err
    part = read_trusted(listed)
    assert part.addresses == ["173.245.48.0/20", "103.21.244.0/22", "2400:cb00::/32"]
    assert part.about == 'A "CDN"'
    assert part.date > "2020-01-01"
    assert "+ 103.21.244.0/22" in said.out
    assert "- 198.41.128.0/17" in said.out
    assert [path.name for path in listed.parent.iterdir()] == ["cdn.yaml"]
    assert gateway("trusted", "refresh", "cdn", file).code == 0  # and it reads its own writing


@pytest.mark.parametrize(
    "page, what",
    [
        (b"<html>Sorry</html>", "is not an address or CIDR"),
        (b"", "only 1 networks instead of"),
        (b"0.0.0.0/0\n", "would trust everybody"),
        (b"10.0.0.0/8\n", "can't be theirs"),
        (b"128.0.0.0/1\n", "can't be theirs"),
        (b"173.245.48.0/20\n" * 30_000, "more than 256 KiB"),
        (None, "404"),
    ],
)
def test_what_is_no_list_changes_nothing(gateway, file, vendor, listed, page, what):
    vendor.pages["/v4"] = page
    before = listed.read_text().replace("198.41.128.0/17]", "198.41.128.0/17, 104.16.0.0/13]")
    listed.write_text(before)
    said = gateway("trusted", "refresh", "cdn", file)
    assert said.code == 1
    assert what in said.err
    assert "cdn stays as it is" in said.err
    assert listed.read_text() == before


def test_only_https_from_elsewhere(gateway, file, listed):
    listed.write_text(listed.read_text().replace("127.0.0.1", "cdn.example"))
    said = gateway("trusted", "refresh", "cdn", file)
    assert said.code == 1
    assert "only https is believed" in said.err


@pytest.mark.parametrize(
    "name, what", [("private", "nothing to fetch"), ("cloudflair", "did you mean 'cloudflare'?")]
)
def test_names(gateway, file, name, what):
    said = gateway("trusted", "refresh", name, file)
    assert said.code == 1
    assert what in said.err


def test_list(gateway, file, listed):
    said = gateway("trusted", "list", file)
    assert said.code == 0
    assert "cloudflare" in said.out
    assert "2020-01-01" in said.out
    alone = gateway("trusted", "list")
    assert alone.code == 0
    assert "comes with gateway" in alone.out
