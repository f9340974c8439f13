from __future__ import annotations

import json
import math
from dataclasses import asdict
from random import Random
from statistics import fmean, pstdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Answer
from gateway.trace import ABSENT, FAR, LARGEST, MAX_POINTS, MOST_RAW, Features, features, hands

NAN = float("nan")


def drag(
    *, steps: int = 20, bend: float = 0.0, shake: float = 0.0, late_ms: int = 0, reach: float = 0.5
) -> list[Any]:
    """From left to right, as a script draws it; `bend` and `shake` make it a hand."""
    rng = Random(1)
    points: list[Any] = [[0, 0.1, 0.5, "d"]]
    for i in range(1, steps + 1):
        along = i / steps
        x = 0.1 + reach * along + shake * rng.uniform(-1, 1)
        y = 0.5 + bend * math.sin(math.pi * along)
        points.append([i * 16 + rng.randint(0, late_ms), round(x, 4), round(y, 4), "m"])
    return [*points, [steps * 16 + 5, 0.6, 0.5, "u"]]


@pytest.mark.parametrize("trace", [None, []])
def test_no_trace_is_no_fault(trace: Any) -> None:
    assert features(trace) == ABSENT
    assert not any(asdict(ABSENT).values())


@pytest.mark.parametrize(
    "trace",
    [
        {},
        "mmm",
        0,
        1.5,
        True,
        [1],
        [[]],
        [None],
        [[0, 0, 0]],
        [[0, 0, 0, "m", 0]],
        [[0, 0, 0, "m", "x"]],
        [[0, 0, 0, "m", None]],
        [[0, 0, 0, "m", []]],
        [[0, 0, 0, "m", "m", 0]],
        [[0, 0, 0, "m", "m", MOST_RAW + 1]],
        [[0, 0, 0, "m", "m", 2.0]],
        [[0, 0, 0, "m", "m", True]],
        [[0, 0, 0, "m", "m", 2, 3]],
        [[0, 0, 0, "x"]],
        [[0, 0, 0, ""]],
        [[0, 0, 0, "md"]],
        [[0, 0, 0, 1]],
        [["0", 0, 0, "m"]],
        [[True, 0, 0, "m"]],
        [[0, True, 0, "m"]],
        [[0, 0, False, "m"]],
        ["000m"],
        [{"a": 0, "b": 0, "c": 0, "m": 0}],
        [[0, 0, 0, []]],
        [[NAN, 0, 0, "m"]],
        [[0, float("inf"), 0, "m"]],
        [[0, 0, 10**400, "m"]],
        [[0, 0, LARGEST * 1.01, "m"]],
        [[0, 0, 0, "m"], [0, 0, "m"]],
    ],
)
def test_what_our_page_never_sends(trace: Any) -> None:
    assert features(trace) == Features(malformed=True)


def test_counts() -> None:
    trace = [
        [5, 0.1, 0.1, "m"],
        [9, 0.2, 0.1, "m"],
        [9, 0.2, 0.1, "d"],
        [12, 0.2, 0.1, "m"],
        [11, 0.2, 0.1, "u"],
        [40, 0, 0, "k"],
    ]
    assert features(trace) == Features(
        points=6,
        moves=3,
        presses=1,
        keys=1,
        disordered=1,
        pace_ms=4.0,
    )


def test_a_ruled_drag() -> None:
    found = features(drag()).drag
    assert found is not None
    assert found.moves == 20
    assert found.length == pytest.approx(0.5)
    assert found.bend == pytest.approx(0.0, abs=1e-9)
    assert found.step_cv < 0.01
    assert found.pace_cv < 0.01


def test_a_drag_to_the_last_figure() -> None:
    """3-4-5 triangles: steps of 0.5, 0.1 and 0.2236 in 10, under 1 and 40 ms."""
    path = [[100, 0.1, 0.2, "d"], [110, 0.4, 0.6, "m"], [110, 0.4, 0.7, "m"], [150, 0.5, 0.5, "m"]]
    found = features(path).drag
    steps = [0.5, 0.1, math.hypot(0.1, 0.2)]
    paces = [steps[0] / 10, steps[1] / 1, steps[2] / 40]
    assert found is not None
    assert found.moves == 3
    assert found.length == pytest.approx(sum(steps))
    assert found.bend == pytest.approx((0.4 * 0.5 - 0.3 * 0.3) / 0.5)
    assert found.step_cv == pytest.approx(pstdev(steps) / fmean(steps))
    assert found.pace_cv == pytest.approx(pstdev(paces) / fmean(paces))


def test_no_pace_is_over_less_than_a_millisecond() -> None:
    """Steps of 0.1 in 0.25, 0.5 and 2 ms: by the page's clock 1, 1 and 2."""
    path = [[0, 0.1, 0.5, "d"], [0.25, 0.2, 0.5, "m"], [0.75, 0.3, 0.5, "m"]]
    found = features([*path, [2.75, 0.4, 0.5, "m"]]).drag
    assert found is not None
    assert found.pace_cv == pytest.approx(pstdev([1, 1, 0.5]) / fmean([1, 1, 0.5]))


def test_a_bent_and_shaken_drag() -> None:
    found = features(drag(bend=0.02, shake=0.01)).drag
    assert found is not None
    assert found.bend == pytest.approx(0.02, abs=0.003)
    assert found.step_cv > 0.3
    assert found.pace_cv > 0.3


@pytest.mark.parametrize(
    "trace, moves",
    [
        ([[0, 0, 0, "m"], [1, 0, 0, "m"], [2, 0, 0, "m"]], None),
        ([[0, 0, 0, "d"], [1, 0.1, 0, "u"]], None),
        ([[0, 0, 0, "d"], [1, 0, 0, "u"], [2, 0.2, 0, "m"], [3, 0.3, 0, "m"]], None),
        ([[0, 0, 0, "d"], [1, 0.1, 0, "m"], [2, 0.1, 0, "u"]], None),
        ([[0, 0, 0, "d"], [1, 0.1, 0, "m"], [2, 0.2, 0, "m"]], 2),
        ([*drag(steps=3), *drag(steps=9, bend=0.1)], 9),
        ([*drag(steps=9, bend=0.1), *drag(steps=3)], 9),
        ([[0, 0, 0, "d"], [1, 0, 0, "m"], [2, 0, 0, "m"], [3, 0, 0, "u"]], 2),
    ],
)
def test_which_drag_counts(trace: Any, moves: int | None) -> None:
    found = features(trace).drag
    assert (found.moves if found else None) == moves


def test_a_drag_that_returns_is_measured_from_its_start() -> None:
    there_and_back = [[0, 0, 0, "d"], [9, 0.3, 0.4, "m"], [20, 0, 0, "m"]]
    found = features(there_and_back).drag
    assert found is not None
    assert found.bend == pytest.approx(0.5)


def test_an_answers_hands_are_measured_once() -> None:
    own, before = [[0, 0.1, 0.1, "d"]], [[0, 0.1, 0.1, "m"], [9, 0.2, 0.1, "m"]]
    answer = Answer(None, None, own, {}, {"trace": before})
    assert hands(answer) == (features(before), features(own))
    assert hands(answer) is hands(answer)
    for odd in (None, [], "x", {"trace": None}):
        assert hands(Answer(None, None, own, {}, odd)) == (ABSENT, features(own))


def test_of_a_long_trace_the_newest_are_read() -> None:
    long = [[i, 0.5, 0.5, "m" if i >= 200_000 - MAX_POINTS else "k"] for i in range(200_000)]
    found = features(long)
    assert (found.points, found.moves, found.keys) == (MAX_POINTS, MAX_POINTS, 0)


number = st.integers() | st.floats() | st.integers(0, 2000) | st.floats(0, 1)
point = st.tuples(number, number, number, st.sampled_from("mduk")).map(list)
small = st.tuples(
    st.integers(-5, 5000), st.floats(-1, 2), st.floats(-1, 2), st.sampled_from("mmdduk")
).map(list)
json_values = st.recursive(
    st.none() | st.booleans() | number | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(json_values | st.lists(point, max_size=20) | st.lists(small, max_size=40))
def test_any_json_has_finite_features(trace: Any) -> None:
    found = asdict(features(trace))
    drag = found.pop("drag") or {}
    assert all(math.isfinite(value) and value >= 0 for value in (*found.values(), *drag.values()))


def test_json_from_a_page_is_read() -> None:
    assert features(json.loads(json.dumps(drag()))).presses == 1


@pytest.mark.parametrize("more", [["m"], ["t"], ["p"], ["m", 1], ["t", 2], ["p", MOST_RAW]])
def test_a_point_may_say_by_what_and_for_how_many(more: list[Any]) -> None:
    found = features([[0, 0.1, 0.1, "m", *more], [5, 0.2, 0.1, "m"], [6, 0.2, 0.1, "d", *more]])
    assert (found.malformed, found.moves, found.presses) == (False, 2, 1)
    assert found.mouse_presses == (more[0] == "m")


def pressed(*kinds: str, to: float, by: str = "m") -> list[Any]:
    """Moves from 0.1 to `to`, a press and a release there."""
    xs = [0.1 + (to - 0.1) * i / max(1, len(kinds) - 1) for i in range(len(kinds))]
    moves = [[10 * i, x, 0.5, kind, by] for i, (x, kind) in enumerate(zip(xs, kinds, strict=True))]
    return [*moves, [500, to, 0.5, "d", by], [560, to, 0.5, "u", by]]


@pytest.mark.parametrize(
    "trace, leaps",
    [
        (pressed("m", "m", to=0.1 + FAR + 0.01), 1),
        (pressed("m", "m", to=0.1 + FAR - 0.01), 0),
        (pressed("m", "m", "m", to=0.9), 0),  # moved, as hands do
        (pressed("m", to=0.9), 1),
        (pressed(to=0.9), 0),  # nobody knows from where
        (pressed("m", "m", to=0.9, by="t"), 0),  # fingers leap
        ([*pressed("m", "m", to=0.1), [900, 0.5, 0.5, "d", "m"]], 1),  # from the last release
        ([*pressed("m", "m", "m", "m", to=0.5), [900, 0.9, 0.5, "d", "m"]], 1),
        ([*pressed("m", "m", to=0.1), [900, 0.12, 0.5, "d", "m"]], 0),
        ([*pressed("m", "m", to=0.1), [800, 0, 0, "k"], [900, 0.5, 0.5, "d", "m"]], 1),
        ([point[:4] for point in pressed("m", "m", to=0.9)], 0),  # an older page
    ],
)
def test_leaps_of_a_mouse(trace: list[Any], leaps: int) -> None:
    assert features(trace).leaps == leaps
