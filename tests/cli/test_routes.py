"""`gateway routes`."""

from __future__ import annotations

import pytest

from gateway.cli.routes import span


def test_lists_them_in_order(gateway, file):
    said = gateway("routes", file)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "shop: shop.example → 127.0.0.1:8000"
    names = [line.split()[1] for line in lines if line[:4].strip().isdigit()]
    assert names == ["well-known", "health", "old", "form", "sms", "field", "silent"]
    assert "   4  form  challenge: slider" in lines
    assert "      pass: form, 30m" in lines
    assert "      pass: none: one solve, one request" in lines
    assert "   6  field  challenge: one_click up to 0.3, else slider  [shadow]" in lines


@pytest.mark.parametrize(
    "words, said",
    [
        (["POST", "/register"], "meets route form: without a pass it is challenged"),
        (["post", "/register"], "meets route form: without a pass it is challenged"),
        (["GET", "/register"], "no route, so it goes on to the app"),
        (["GET", "/old/x?y=1"], "meets route old: without a pass it is refused"),
        (["GET", "/health"], "meets route health: without a pass it goes on"),
        (["GET", "/silent"], "meets route silent: without a pass it goes on"),
        (["GET", "https://shop.example/health"], "meets route health"),
        (["POST", "/post.php", "--form", "do=register"], "would be challenged (shadow)"),
        (["POST", "/post.php", "--form", "do=else"], "no route"),
        (["GET", "/_gateway/answer"], "the gate itself answers under /_gateway/"),
    ],
)
def test_says_which_route_a_request_meets(gateway, file, words, said):
    found = gateway("routes", file, "--test", *words)
    assert found.code == 0
    assert said in found.out


def test_a_host_of_no_site(gateway, file):
    said = gateway("routes", file, "--test", "GET", "http://other.example/")
    assert said.code == 1
    assert "no site has the host other.example" in said.out


def test_a_form_field_needs_a_value(gateway, file):
    said = gateway("routes", file, "--test", "POST", "/x", "--form", "do")
    assert said.code == 2
    assert "write it like do=register" in said.err


@pytest.mark.parametrize(
    "seconds, text", [(0, "0s"), (59, "59s"), (60, "1m"), (5400, "1h30m"), (90061, "1d1h1m1s")]
)
def test_spans_are_written_as_they_are_read(seconds, text):
    assert span(seconds) == text
