"""The kind that the app names, signed: GeeTest's own example to the byte, and all that is none."""

from __future__ import annotations

import hmac
import re
import string
from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from gateway import kinds
from gateway.given.fusion import AHEAD_S, GEETEST, MAX_CHARS, verify
from gateway.model import FusionRule, Named, Reason, Whence

# docs.geetest.com, risk fusion mode: the worked example, and the key it is signed with.
EXAMPLE = (
    "slide|1653448724.8026078|aa0b7984de7b43d8a754fa6224bb18ab"
    "|9fd37764cdec43abf04e152c75b86ec97d6a280c8bfa924985bf66989af058eb"
)
KEY = b"7618a1cfd379b9c7ef753c2a24cdf02b"
SIGNED_S = 1653448724.8026078
RULE = FusionRule(Whence("field", "risk_type"), {**GEETEST, "slider": "slider"}, 600, KEY)


def signed(
    word: str = "slide", time: str = "1653448724", random: str = "a" * 32, key: bytes = KEY
) -> str:
    said = f"{word}|{time}|{random}"
    return f"{said}|{hmac.new(key, said.encode(), 'sha256').hexdigest()}"


def test_the_worked_example() -> None:
    named = verify(RULE, [EXAMPLE], SIGNED_S)
    assert (named.kind, named.fault) == ("puzzle", None)
    assert named.until_s == SIGNED_S + 600
    assert EXAMPLE.rpartition("|")[2] not in named.once
    assert re.fullmatch("[0-9a-f]{40}", named.once)


def test_every_word_of_theirs_is_a_kind_of_ours() -> None:
    assert set(GEETEST) == {*["ai", "slide", "match", "winlinze", "nine", "word", "phrase", "icon"]}
    assert set(GEETEST.values()) <= kinds.load().keys()
    for word, kind in GEETEST.items():
        assert verify(RULE, [signed(word)], 1653448724).kind == kind


@pytest.mark.parametrize(
    ("now_s", "fault"),
    [
        (SIGNED_S, None),
        (SIGNED_S + 599.9, None),
        (SIGNED_S + 600, Reason.RISK_TYPE_STALE),
        (SIGNED_S - AHEAD_S + 0.01, None),
        (SIGNED_S - AHEAD_S - 0.01, Reason.RISK_TYPE_STALE),
        (float("nan"), Reason.RISK_TYPE_STALE),
    ],
)
def test_it_is_good_for_a_while(now_s: float, fault: Reason | None) -> None:
    assert verify(RULE, [EXAMPLE], now_s).fault is fault


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ([], Reason.RISK_TYPE_MISSING),
        ([""], Reason.RISK_TYPE_MISSING),
        ([EXAMPLE, signed()], Reason.RISK_TYPE_MALFORMED),
        (["slide"], Reason.RISK_TYPE_MALFORMED),
        (["|||"], Reason.RISK_TYPE_MALFORMED),
        ([EXAMPLE + "|"], Reason.RISK_TYPE_MALFORMED),
        ([EXAMPLE + "\n"], Reason.RISK_TYPE_MALFORMED),
        ([" " + EXAMPLE], Reason.RISK_TYPE_MALFORMED),
        ([EXAMPLE.upper()], Reason.RISK_TYPE_MALFORMED),
        ([EXAMPLE[:-1]], Reason.RISK_TYPE_MALFORMED),
        ([signed(random="a" * 7)], Reason.RISK_TYPE_MALFORMED),
        ([signed(random="a" * 129)], Reason.RISK_TYPE_MALFORMED),
        ([signed(random="a" * 400)], Reason.RISK_TYPE_MALFORMED),
        ([signed(time="inf")], Reason.RISK_TYPE_MALFORMED),
        ([signed(time="1e9")], Reason.RISK_TYPE_MALFORMED),
        ([signed(time="-1653448724")], Reason.RISK_TYPE_MALFORMED),
        ([signed(time="１６５３４４８７２４")], Reason.RISK_TYPE_MALFORMED),
        ([signed(word="slide|ai")], Reason.RISK_TYPE_MALFORMED),
        ([EXAMPLE.replace("slide", "ai")], Reason.RISK_TYPE_FORGED),
        ([EXAMPLE.replace("1653448724.8", "1653448724.9")], Reason.RISK_TYPE_FORGED),
        ([EXAMPLE.replace("|aa0b", "|aa0c")], Reason.RISK_TYPE_FORGED),
        ([EXAMPLE[:-1] + "c"], Reason.RISK_TYPE_FORGED),
        ([signed(key=b"x" * 32)], Reason.RISK_TYPE_FORGED),
        ([signed(time="1653449724000"[:11])], Reason.RISK_TYPE_STALE),
        ([signed(word="slider_v2")], Reason.RISK_TYPE_UNKNOWN),
        ([signed(time="1653448724", random="a" * 8)], None),
        ([signed(word="slider")], None),
    ],
)
def test_what_is_believed(values: list[str], fault: Reason | None) -> None:
    assert verify(RULE, values, 1653448724).fault is fault


def test_the_route_says_which_kinds_there_are() -> None:
    only = replace(RULE, kinds={"icon": "icon"})
    assert verify(only, [EXAMPLE], SIGNED_S) == Named(fault=Reason.RISK_TYPE_UNKNOWN)


def test_two_of_the_same_key_are_two() -> None:
    one, other = (verify(RULE, [signed(random=r * 32)], 1653448724) for r in "ab")
    assert one.once != other.once


@for_all(st.text(max_size=MAX_CHARS + 50) | st.text(string.hexdigits + "|.", max_size=200))
def test_nothing_else_is_believed(value: str) -> None:
    assert verify(RULE, [value], SIGNED_S).fault is not None


def test_the_key_is_not_told() -> None:
    assert KEY.decode() not in repr(RULE)
