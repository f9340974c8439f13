from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ring import Key, KeyRing
from gateway.seal import MAX_TOKEN_CHARS, TokenTooLongError, seal, unseal
from tests.samples import NEW, NONCE, OLD, RING, STRANGE_RING

TOKEN = seal(RING, "visit", b"hello", NONCE)
# Made by release 0.1 (format 1): later releases must read it, or an upgrade loses visits.
PINNED = "AQNuZXcAAQIDBAUGBwgJCgs6dJ3U7TaOL_vajIDhjS1kzRrt5P4"


def raw(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def spell(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(st.binary(max_size=2000), st.sampled_from(["visit", "ticket", ""]))
def test_what_was_sealed_comes_back(payload: bytes, purpose: str) -> None:
    assert unseal(RING, purpose, seal(RING, purpose, payload, NONCE)) == payload


def test_every_key_of_the_ring_opens_and_the_newest_seals() -> None:
    old = seal(KeyRing((OLD,)), "visit", b"x", NONCE)
    assert unseal(RING, "visit", old) == b"x"
    assert unseal(KeyRing((OLD,)), "visit", TOKEN) is None
    assert unseal(KeyRing((NEW,)), "visit", TOKEN) == b"hello"


def test_a_stranger_with_our_key_id_opens_nothing() -> None:
    assert unseal(STRANGE_RING, "visit", TOKEN) is None


@pytest.mark.parametrize("purpose", ["ticket", "hold", "", "visi", "visitt", "Visit"])
def test_purposes_cannot_be_exchanged(purpose: str) -> None:
    assert unseal(RING, purpose, TOKEN) is None


def test_every_bit_counts() -> None:
    whole = raw(TOKEN)
    for place in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        assert unseal(RING, "visit", spell(bytes(changed))) is None, place


def test_every_length_but_the_right_one_is_refused() -> None:
    whole = raw(TOKEN)
    for size in range(len(whole)):
        assert unseal(RING, "visit", spell(whole[:size])) is None
    assert unseal(RING, "visit", spell(whole + b"\0")) is None


def test_the_key_id_is_authenticated() -> None:
    """Two ids of one secret: the id is part of what is sealed, not only a hint."""
    ring = KeyRing((Key("aaa", 1.0, OLD.secret), Key("bbb", 2.0, OLD.secret)))
    token = seal(ring, "visit", b"x", NONCE)
    assert unseal(ring, "visit", token) == b"x"
    assert unseal(ring, "visit", spell(raw(token).replace(b"bbb", b"aaa"))) is None


def test_nothing_can_move_between_the_authenticated_parts() -> None:
    """`ab` + `c` is not `a` + `bc` (the ALTCHA splicing advisory)."""
    ring = KeyRing((Key("ab", 1.0, OLD.secret),))
    other = KeyRing((Key("a", 1.0, OLD.secret),))
    token = raw(seal(ring, "c", b"x", NONCE))
    spliced = bytes((token[0], 1)) + b"a" + token[4:]
    assert unseal(other, "bc", spell(spliced)) is None


@pytest.mark.parametrize(
    "respelt",
    [
        TOKEN + "=",
        TOKEN + "==",
        " " + TOKEN,
        TOKEN + "\n",
        TOKEN[:10] + "\n" + TOKEN[10:],
        TOKEN[:-1] + chr(ord(TOKEN[-1]) + 1),
        TOKEN.replace("A", "%41", 1),
        TOKEN + "A",
        "",
        "A",
        "AAAAA",
        "é" * 20,
    ],
)
def test_a_token_has_one_spelling(respelt: str) -> None:
    assert unseal(RING, "visit", respelt) is None


def test_lengths_on_both_sides_of_the_bound() -> None:
    fits = MAX_TOKEN_CHARS * 3 // 4 - 2 - len("new") - 12 - 16
    token = seal(RING, "visit", b"x" * fits, NONCE)
    assert len(token) == MAX_TOKEN_CHARS
    assert unseal(RING, "visit", token) == b"x" * fits
    with pytest.raises(TokenTooLongError):
        seal(RING, "visit", b"x" * (fits + 1), NONCE)
    assert unseal(RING, "visit", "A" * (MAX_TOKEN_CHARS + 1)) is None


def test_even_a_true_token_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("gateway.seal.MAX_TOKEN_CHARS", 20_000)
        token = seal(RING, "visit", b"x" * 12_000, NONCE)
        assert unseal(RING, "visit", token) is not None
    assert unseal(RING, "visit", token) is None


@pytest.mark.parametrize("token", [None, 5, True, TOKEN.encode(), [TOKEN], {"token": TOKEN}])
def test_only_text_is_a_token(token: Any) -> None:
    assert unseal(RING, "visit", token) is None


def test_a_token_shows_nothing_and_differs_with_the_nonce() -> None:
    assert b"hello" not in raw(TOKEN)
    assert seal(RING, "visit", b"hello", b"\xff" * 12) != TOKEN


@pytest.mark.parametrize("size", [0, 11, 13, 16])
def test_a_nonce_is_twelve_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        seal(RING, "visit", b"x", b"n" * size)


@given(st.text(max_size=300))
def test_no_text_opens(text: str) -> None:
    assert unseal(RING, "visit", text) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x01", b"\x01\x03new", b"\x01\x03old"]))
def test_no_bytes_open(data: bytes, start: bytes) -> None:
    assert unseal(RING, "visit", spell(start + data)) is None


def test_a_token_of_the_first_format_opens_forever() -> None:
    assert unseal(RING, "visit", PINNED) == b"hello"
