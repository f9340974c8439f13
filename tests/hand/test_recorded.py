from __future__ import annotations

import json

import numpy as np
import pytest

from gateway.hand.recorded import LEAST_EVENTS, BadLineError, parse, tells


def line(**fields: object) -> str:
    return json.dumps({"t": [0, 5, 9.5], "x": [1, 2, 3], "y": [4, 5, 6], **fields})


def test_a_line_and_its_names() -> None:
    names, (t, x, y) = parse(
        line(id=7, source="s", user="u", session="1", kind="drag", pointer="touch", label="bot")
    )
    assert names == {
        "id": 7, "source": "s", "user": "u", "session": "1", "kind": "drag", "pointer": "touch",
    }  # fmt: skip
    assert (t.tolist(), x.tolist(), y.tolist()) == ([0, 5, 9.5], [1, 2, 3], [4, 5, 6])


def test_two_events_may_share_a_moment() -> None:
    assert parse(line(t=[0, 5, 5]))[1][0].tolist() == [0, 5, 5]


def test_names_that_are_no_names_are_left_out() -> None:
    assert parse(line(id=None, user={"a": 1}, source=[1], kind=1.5, session=True))[0] == {}


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ("3", "not a JSON object"),
        ("{}", "t is not a list of numbers"),
        (line(x=None), "x is not a list of numbers"),
        (line(y=[]), "y is not a list of numbers"),
        (line(t=[0, True, 2]), "t is not a list of numbers"),
        (line(t=[0, "1", 2]), "t is not a list of numbers"),
        (line(x=[0, float("nan"), 2]), "x is not a list of numbers"),
        (line(x=[0, float("inf"), 2]), "x is not a list of numbers"),
        (line(y=[0, 10**400, 2]), "y is not a list of numbers"),
        (line(t=[0, 1]), "t, x and y differ in length: 2, 3, 3"),
        (line(t=[0, 2, 1]), "t runs backwards"),
        (line(t=[0] * 20_001), "t has more than 20000 numbers"),
    ],
)
def test_what_is_no_trajectory(text: str, why: str) -> None:
    with pytest.raises(BadLineError, match=f"^{why}$"):
        parse(text)


def path(count: int, step: float = 1.0, gap: float = 9.0) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]
    index = np.arange(count, dtype=float)
    return index * gap, index * step, index * 0


@pytest.mark.parametrize(
    "points, expected",
    [
        (path(LEAST_EVENTS), True),
        (path(LEAST_EVENTS - 1), False),
        (path(50, step=0), False),
        (path(50, gap=0), False),
    ],
)
def test_what_tells_nothing(points: tuple[np.ndarray, ...], expected: bool) -> None:  # type: ignore[type-arg]
    assert tells(points) is expected  # type: ignore[arg-type]
