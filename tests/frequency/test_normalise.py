"""One spelling for what reaches the same phone or mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.frequency.normalise import (
    MAX_MEANT,
    ManyMeantError,
    Meant,
    Normalise,
    is_allowed,
    normalised,
)


def texts(value: str, way: Normalise, region: str = "") -> list[str]:
    return [meant.text for meant in normalised(value.encode(), way, region)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("13800138000", ["+8613800138000"]),
        (" 138-0013-8000\0", ["+8613800138000"]),
        ("+86 (138) 0013.8000", ["+8613800138000"]),
        ("008613800138000", ["+8613800138000"]),
        ("8613800138000", ["+8613800138000"]),
        ("tel:+8613800138000", ["+8613800138000"]),
        ("１３８００１３８０００", ["+8613800138000"]),
        ("13800138000 ext. 7", ["+8613800138000", "+86138001380007"]),  # … to who drops the word
        ("+1 415 555 2671", ["+14155552671"]),
        ("13800138000,13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000;+8613800138000\n138 0013 8000", ["+8613800138000"]),
        ("13800138000;7", ["+8613800138000", "+86138001380007"]),  # an extension
        ("+86/13800138000", ["+8613800138000"]),
        (
            "%31%33800138000",
            ["?3133800138000", "+3133800138000", "+8613800138000"],
        ),  # apps that decode twice
        ("138/00138000", ["?138", "?00138000", "+8613800138000"]),  # apps that keep digits alone
        ("1380/0138000", ["+860138000", "+8613800138000"]),
        ("+8613800138 x000", ["+8613800138", "+8613800138000"]),
        ("+86+13800138000", ["?8613800138000", "+8613800138000"]),
        ("13800138000;778899", ["+8613800138000", "?778899"]),
        ("77", ["?77"]),
        ("not a number", ["not a number"]),
        ("", []),
        (" \t", []),
    ],
)
def test_phone_numbers(value: str, expected: list[str]) -> None:
    assert texts(value, "e164", "CN") == expected


def test_without_a_region_only_whole_numbers_are_read() -> None:
    assert texts("+86 138 0013 8000", "e164") == ["+8613800138000"]
    assert texts("138 0013 8000", "e164") == ["?13800138000", "+13800138000"]  # or without a `+`
    assert texts("0086 138 0013 8000", "e164") == ["?008613800138000", "+8613800138000"]


@pytest.mark.parametrize(
    ("way", "value", "expected"),
    [
        ("email", " Ann@Example.com.", ["ann@example.com"]),
        ("email", "ann+news@example.com", ["ann@example.com"]),
        ("email", "+@example.com", ["+@example.com"]),
        ("email", "%61nn@example.com", ["%61nn@example.com", "ann@example.com"]),
        ("email", "ann(a)@example.com", ["ann@example.com"]),  # a comment
        ("email", '"an\\n"@example.com', ["ann@example.com"]),
        ("email", "A.n.n+x@GoogleMail.com", ["ann@gmail.com"]),
        ("email", "a.n@example.com", ["a.n@example.com"]),
        (
            "email",
            '"Ann" <ann@example.com>, bob@example.com',
            ["ann@example.com", "bob@example.com"],
        ),
        ("email", "Ann", ["ann"]),
        ("email", "a@b@c.example", ["a@b@c.example"]),
        ("email", "@c.example a@", ["@c.example a@"]),
        ("lower", " Straße ", ["strasse"]),
        ("lower", "ＡＢ", ["ab"]),
        ("none", " A ", [" A "]),
        ("none", "\u00e9", ["\u00c3\u00a9"]),  # bytes
    ],
)
def test_texts(way: Normalise, value: str, expected: list[str]) -> None:
    assert texts(value, way) == expected


@pytest.mark.parametrize(
    ("value", "countries", "allowed"),
    [
        ("13800138000", {"CN", "HK"}, True),
        ("+85261234567", {"CN", "HK"}, True),
        ("+85261234567", {"CN"}, False),
        ("+14155552671", {"US"}, True),
        ("+14155552671", {"CA"}, False),  # of the same country code
        ("+15551234567", {"US"}, False),  # of none for certain
        ("+77011234567", {"RU"}, False),
        ("+70000000000", {"RU", "KZ"}, True),  # of one of them
        ("+70000000000", {"RU"}, False),
        ("777", {"CN"}, False),
        ("777", set(), True),
        ("+14155552671", set(), True),
    ],
)
def test_countries(value: str, countries: set[str], allowed: bool) -> None:
    [meant] = normalised(value.encode(), "e164", "CN")
    assert is_allowed(meant, frozenset(countries)) is allowed


@pytest.mark.parametrize("way", ["e164", "email", "lower"])
def test_what_is_too_much_is_not_read(way: Normalise) -> None:
    with pytest.raises(ManyMeantError):
        normalised(b"1" * 1001, way, "CN")


def test_a_value_of_too_many_numbers_is_not_read() -> None:
    numbers = [f"1380013{n:04}" for n in range(MAX_MEANT + 1)]
    assert len(normalised(",".join(numbers[1:]).encode(), "e164", "CN")) == MAX_MEANT
    with pytest.raises(ManyMeantError):
        normalised(",".join(numbers).encode(), "e164", "CN")


@pytest.mark.parametrize(
    ("way", "one"), [("e164", "13800138000"), ("e164", "77"), ("email", "a{}@b.example")]
)
def test_so_many_pieces_are_not_read(way: Normalise, one: str) -> None:
    """The same number again and again is time spent too."""
    pieces = [one.format(n) for n in range(MAX_MEANT + 1)]
    assert normalised(",".join(pieces[1:]).encode(), way, "CN")
    with pytest.raises(ManyMeantError):
        normalised(",".join(pieces).encode(), way, "CN")


@given(st.binary(max_size=200), st.sampled_from(["e164", "email", "lower", "none"]))
def test_any_bytes_mean_something_or_nothing(value: bytes, way: Normalise) -> None:
    try:
        found = normalised(value, way, "CN")
    except ManyMeantError:
        return
    assert all(isinstance(each, Meant) and each.text for each in found)
    assert found or not value.decode("utf-8", "replace").strip() or b"\0" in value or way != "none"
