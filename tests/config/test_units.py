"""Spans, sizes, numbers and addresses, on both sides of every bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import units


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("900s", 900),
        ("30m", 1800),
        ("1h30m", 5400),
        ("1d", 86400),
        ("250ms", 0.25),
        ("1.5h", 5400),
        ("0s", 0),
        ("1m1s1ms", 61.001),
    ],
)
def test_spans(text, seconds):
    assert units.span_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "30", "1.5", "m", "30 m", "-5s", "5S", "1h 30m", "five", "5sm"]
)
def test_no_spans(text):
    with pytest.raises(ValueError):
        units.span_s(text)


@pytest.mark.parametrize("text, fits", [("1500ms", False), ("1000ms", True), ("0.5s", False)])
def test_whole_spans(text, fits):
    if fits:
        assert units.whole_span_s(text) == 1
    else:
        with pytest.raises(ValueError, match="whole number of seconds"):
            units.whole_span_s(text)


@pytest.mark.parametrize(
    "text, size",
    [
        ("512B", 512),
        ("1KiB", 1024),
        ("1kB", 1000),
        ("10MiB", 10_485_760),
        ("10 MiB", 10_485_760),
        ("1.5GiB", 1_610_612_736),
        ("1GB", 10**9),
    ],
)
def test_sizes(text, size):
    assert units.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "10", "10mb", "MiB", "-1B", "10MiBs", "1 000B", "ten"])
def test_no_sizes(text):
    with pytest.raises(ValueError):
        units.size_bytes(text)


@pytest.mark.parametrize(
    "text, remedy",
    [
        ("1_000", "write 1000"),
        ("1,000", "write 1000"),
        ("0o755", "plain digits"),
        ("0x1F", "plain digits"),
        ("1.0", "not a whole number"),
        ("1e3", "not a whole number"),
        ("", "not a whole number"),
        ("9" * 19, "not a whole number"),
        ("true", "not a whole number"),
    ],
)
def test_no_whole_numbers(text, remedy):
    with pytest.raises(ValueError, match=remedy):
        units.whole(text)


@pytest.mark.parametrize("text, value", [("0.3", 0.3), ("1", 1), ("30%", 0.3), ("100%", 1.0)])
def test_numbers(text, value):
    assert units.number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e-3", ".5", "0x1", "1_0", "%", "", "0,3"])
def test_no_numbers(text):
    with pytest.raises(ValueError, match="not a number"):
        units.number(text)


@pytest.mark.parametrize(
    "text, remedy",
    [("yes", "true"), ("on", "true"), ("No", "false"), ("OFF", "false"), ("True", "true")],
)
def test_truths_in_other_words(text, remedy):
    with pytest.raises(ValueError, match=f"write {remedy}"):
        units.truth(text)


@pytest.mark.parametrize(
    "text, network",
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("127.0.0.1", "127.0.0.1/32"),
        ("::1", "::1/128"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("0.0.0.0/1", "0.0.0.0/1"),
    ],
)
def test_networks(text, network):
    assert units.network(text) == network


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.0/33", "", "host", "010.0.0.1"]
)
def test_no_networks(text):
    with pytest.raises(ValueError):
        units.network(text)


@pytest.mark.parametrize(
    "text, found",
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_addresses(text, found):
    assert units.host_port(text) == found


@pytest.mark.parametrize(
    "text",
    [":8080", "8080", "host", "::1:8080", "h:65536", "h:", "[nope]:1", "h h:1", "http://h:1"],
)
def test_no_addresses(text):
    with pytest.raises(ValueError):
        units.host_port(text)


@pytest.mark.parametrize(
    "path, fits", [("/" + "x" * 106, True), ("/" + "x" * 107, False), ("", False)]
)
def test_socket_paths(path, fits):
    if fits:
        assert units.unix_path(f"unix:{path}") == path
    else:
        with pytest.raises(ValueError):
            units.unix_path(f"unix:{path}")


@pytest.mark.parametrize(
    "host, loopback",
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("gate.example", False),
    ],
)
def test_loopback(host, loopback):
    assert units.is_loopback(host) is loopback


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    for read in (
        units.span_s,
        units.size_bytes,
        units.whole,
        units.number,
        units.truth,
        units.network,
        units.host_port,
    ):
        try:
            read(text)
        except ValueError:
            continue


@pytest.mark.parametrize(
    "text, bound, expected",
    [
        ("2h", 300, "5m"),
        ("10m", 90, "90s"),
        ("0s", 0.05, "50ms"),
        ("40d", 7 * 86400, "7d"),
        ("0ms", 0, "0s"),
        ("0B", 1024, "1KiB"),
        ("1GB", 2**20, "1MiB"),
        ("1KiB", 1500, "1500B"),
        ("1B", 0, "0B"),
        ("65", 64, "64"),
        ("-1", 0, "0"),
        ("0.5", 0.05, "0.05"),
        ("5", 10**6, "1000000"),
    ],
)
def test_bounds_are_said_as_they_would_be_written(text, bound, expected):
    assert units.in_terms_of(text, bound) == expected
