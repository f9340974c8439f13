"""What many tries come to, by table."""

from __future__ import annotations

import json

import pytest

from gateway.preview.study import Row, Try, line, read, shown, table


def tried(outcome="right", attempt=1, seconds=2.0, pointer="mouse", kind="slider"):
    return Try(kind, outcome, attempt, seconds, pointer)


@pytest.mark.parametrize(
    "tries, row",
    [
        ([], None),
        ([tried()], Row("slider", "", 1, 1, 0, 2.0)),
        ([tried(), tried("wrong", seconds=9)], Row("slider", "", 2, 1, 0, 2.0)),
        ([tried("wrong"), tried(attempt=2)], Row("slider", "", 1, 0, 0, 0.0)),
        ([tried("exchanged"), tried("skipped"), tried()], Row("slider", "", 1, 1, 2, 2.0)),
        ([tried(seconds=n) for n in (1, 2, 9)], Row("slider", "", 3, 3, 0, 2.0)),
    ],
)
def test_only_the_first_sight_counts(tries, row):
    assert next(iter(table(tries)), None) == row


def test_each_kind_has_a_row_of_all_and_one_for_each_pointer():
    tries = [tried(), tried(pointer="touch"), tried("wrong", pointer="touch"), tried(kind="icon")]
    rows = [
        (r.kind, r.pointer, r.first_tries, r.rate)
        for r in table([*tries, tried("skipped", pointer="")])
    ]
    assert rows == [
        ("icon", "", 1, 1.0),
        ("icon", "mouse", 1, 1.0),
        ("slider", "", 3, 2 / 3),
        ("slider", "mouse", 1, 1.0),
        ("slider", "touch", 2, 0.5),
    ]


def test_a_line_holds_nothing_of_the_person():
    assert set(json.loads(line(tried()))) == {"kind", "outcome", "attempt", "seconds", "pointer"}
    assert read(line(tried()) + line(tried("wrong"))) == [tried(), tried("wrong")]
    json.dumps(shown(table([tried()])), allow_nan=False)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "?",
        "[]",
        line(tried()).replace("right", "fine"),
        line(tried()).replace("mouse", "nose"),
        line(tried()).replace("2.0", "-1"),
        line(tried()).replace("2.0", "NaN"),
    ],
)
def test_a_bad_line_is_named(text):
    with pytest.raises(ValueError, match="line 2"):
        read(line(tried()) + text)
