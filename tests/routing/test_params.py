"""Names, values and conditions, in tables; and nothing that Python itself reads is missed."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.routing.params import (
    MAX_FIELDS,
    MAX_REPEATS,
    Truth,
    collect,
    conditions,
    fold_name,
    php_name,
    urlencoded,
)
from tests.routing.oddities import QUERIES

NO, MAYBE, YES = Truth.NO, Truth.MAYBE, Truth.YES


def truth(name, value, query, way):
    (condition,) = conditions({name: value}, way)
    return condition.on(collect(urlencoded(query), way))


@pytest.mark.parametrize(
    "name, value, query, strict, php",
    [
        ("do", "register", b"do=register", YES, YES),
        ("do", "register", b"x=1&do=register&y", YES, YES),
        ("do", "register", b"", NO, NO),
        ("do", "register", b"do=login", NO, NO),
        ("do", "register", b"todo=register", NO, NO),
        ("do", "register", b"do=login&do=register", MAYBE, MAYBE),
        ("do", "register", b"do=register&do=login", MAYBE, MAYBE),
        ("do", "register", b"do=register&do=register", YES, YES),
        ("do", "register", b"DO=register", MAYBE, NO),
        ("do", "register", b"do=Register", MAYBE, MAYBE),
        ("do", "register", b"do=+register%0a", MAYBE, MAYBE),
        ("do", "register", b"do=register%00x", MAYBE, MAYBE),
        ("do", "register", b"do=%2572egister", MAYBE, MAYBE),
        ("do", "register", b"do=r%C3%A9gister", MAYBE, MAYBE),
        ("do", "register", b"do=%u0072egister", MAYBE, MAYBE),
        ("do", "register", b"x;do=register", MAYBE, MAYBE),
        ("do", "register", b"do=register#x", MAYBE, MAYBE),
        ("do", "register", b"do[]=register", MAYBE, MAYBE),
        ("do", "register", b"do[x]=register", MAYBE, MAYBE),
        ("do", "register", b"+do=register", MAYBE, YES),
        ("do", "register", b"do%00x=register", MAYBE, YES),
        ("do", "register", b"do[x=register", MAYBE, MAYBE),
        ("do_x", "1", b"do.x=1", NO, YES),
        ("do_x", "1", b"do[x=1", NO, YES),
        ("do.x", "1", b"do_x=1", NO, YES),
        ("do.x", "1", b"do.x=1", YES, YES),
        ("a[b]", "1", b"a[b]=1", YES, YES),
        ("a[b]", "1", b"a%5Bb%5D=1", YES, YES),
        ("a[b]", "1", b"a[b][]=1", MAYBE, MAYBE),
        ("a[b]", "1", b"a[c]=1", MAYBE, NO),
        ("a[]", "1", b"a[0]=1", MAYBE, MAYBE),
        ("a[0]", "1", b"a[]=1", MAYBE, MAYBE),
        ("do", None, b"do", YES, YES),
        ("do", None, b"do=anything", YES, YES),
        ("do", None, b"do[]", MAYBE, MAYBE),
        ("do", None, b"x", NO, NO),
        ("title", "~Special:.*", b"title=Special:CreateAccount/x", YES, YES),
        ("title", "~Special:.*", b"title=special:createaccount", YES, YES),
        ("title", "~Special:.*", b"title=%20Special:X", MAYBE, MAYBE),
        ("title", "~Special:.*", b"title=Main", NO, NO),
        ("注", "册", b"%E6%B3%A8=%E5%86%8C", YES, YES),
        ("do", "register", b"x&" * MAX_FIELDS, MAYBE, MAYBE),
        ("do", "register", b"x;" * MAX_FIELDS, MAYBE, MAYBE),
        ("do", "register", b"&".join([b"x=1"] * (MAX_REPEATS + 1)), MAYBE, MAYBE),
        ("do", "register", b"&".join([b"x=1"] * MAX_REPEATS), NO, NO),
    ],
)
def test_conditions(name, value, query, strict, php):
    assert (truth(name, value, query, "strict"), truth(name, value, query, "php")) == (strict, php)


@pytest.mark.parametrize(
    "name, expected",
    [
        (b"do", b"do"),
        (b"  do", b"do"),
        (b"do ", b"do_"),
        (b"d.o", b"d_o"),
        (b"do\0x", b"do"),
        (b"do[]", b"do[]"),
        (b"do[x]", b"do[x]"),
        (b"do[x", b"do_x"),
        (b"do[x.y z", b"do_x_y_z"),
        (b"do[x]y", b"do[x]"),
        (b"do[x][y", b"do[x]"),
        (b"do[ ]", b"do[]"),
        (b"[do]", b""),
        (b" ", b""),
        (b"", b""),
    ],
)
def test_php_name(name, expected):
    assert php_name(name) == expected


def test_a_broken_pattern_is_a_fault():
    with pytest.raises(ValueError, match="RE2"):
        conditions({"x": "~("}, "strict")


def by_python(query):
    """The names and values that urllib reads, as bytes."""
    text = query.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1")
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_what_python_reads_is_met(query):
    if (b"do", b"register") in by_python(query):
        assert truth("do", "register", query, "strict") > NO


PIECES = st.sampled_from(
    (*(bytes([byte]) for byte in b"do=&;+%[]. \0\xff#?&="), b"register", b"%64")
)


@settings(deadline=None, derandomize=True)
@given(st.lists(PIECES).map(b"".join))
def test_any_query_as_python_reads_it(query):
    fields = collect(urlencoded(query), "strict")
    for pair in by_python(query):
        found = fields.by_key[fold_name(pair[0])]
        assert pair in [(item.name, item.value) for item in found if item.sure]


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.sampled_from(("strict", "php")))
def test_no_bytes_raise(data, way):
    for condition in conditions({"do": "register", "a[b]": None, "x": "~a.*"}, way):
        condition.on(collect(urlencoded(data), way))
    php_name(data)
    fold_name(data)
