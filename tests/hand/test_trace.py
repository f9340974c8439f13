from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gateway.hand.trace import LEAST_EVENTS, MOST_PATHS, REST_MS, paths


def going(count: int, *, begin_ms: int = 0, kind: str = "m", at: float = 0.1) -> list[list[Any]]:
    return [[begin_ms + 40 * i, at + 0.01 * i, 0.5, kind] for i in range(count)]


def drag(count: int = 9, begin_ms: int = 0) -> list[list[Any]]:
    points = going(count, begin_ms=begin_ms)
    points[0][3], points[-1][3] = "d", "u"
    return points


def lengths(trace: list[list[Any]]) -> list[int]:
    return [len(drawn.points[0]) for drawn in paths(trace, 1000, 500)]


def test_fractions_become_pixels() -> None:
    (((t, x, y), _, _),) = paths(going(10), 1000, 500)
    assert t.tolist() == [40 * i for i in range(10)]
    assert x == pytest.approx(100 + 10 * np.arange(10))
    assert y.tolist() == [250] * 10


@pytest.mark.parametrize(
    "trace, expected",
    [
        ([], []),
        (going(20), [20]),
        (drag(), [9]),
        (going(9) + drag(begin_ms=400), [10, 9]),  # the press ends the one and begins the other
        (drag() + going(10, begin_ms=400), [9, 10]),
        (drag() + drag(12, begin_ms=400), [9, 12]),
        (going(9) + going(9, begin_ms=320 + int(REST_MS)), [18]),
        (going(9) + going(9, begin_ms=321 + int(REST_MS)), [9, 9]),
        (going(9, begin_ms=5000) + going(9), [9, 9]),
        ([*going(9), [330, 0, 0, "k"], *going(9, begin_ms=340)], [18]),
        (going(LEAST_EVENTS), [LEAST_EVENTS]),
        (going(LEAST_EVENTS - 1), []),
        ([[5 * i, 0.01 * i, 0.5, "m"] for i in range(20)], []),  # 95 ms
        ([[40 * i, 0.001 * i, 0.5, "m"] for i in range(20)], []),  # 19 px
        ([[900 * i, 0.01 * i, 0.5, "m"] for i in range(20)], []),  # 17 s
        ([[0, 0.5, 0.5, "d"], [90, 0.5, 0.5, "u"]] * 5, []),  # taps
        ([[90 * i, 0, 0, "k"] for i in range(20)], []),
    ],
)
def test_where_paths_begin_and_end(trace: list[list[Any]], expected: list[int]) -> None:
    assert lengths(trace) == expected


def test_of_many_the_newest() -> None:
    trace = [point for i in range(MOST_PATHS + 2) for point in drag(9 + i, 1000 * i)]
    assert lengths(trace) == [11 + i for i in range(MOST_PATHS)]


@pytest.mark.parametrize(
    "size", [(0, 500), (1000, 0), (-1, 500), (float("nan"), 500), (20_001, 500), (1000, 1e9)]
)
def test_without_a_size_nothing_is_measured(size: tuple[float, float]) -> None:
    assert paths(going(20), *size) == []


@pytest.mark.parametrize("by, touch", [("t", True), ("m", False), ("p", False), (None, None)])
def test_who_drew_is_told_by_the_last_event(by: str | None, touch: bool | None) -> None:
    trace = [[*point, "m"] for point in going(10)]
    trace[-1] = trace[-1][:4] if by is None else [*trace[-1][:4], by, 3]
    ((_, told, _),) = paths(trace, 1000, 500)
    assert told is touch


@pytest.mark.parametrize(
    "trace, expected",
    [
        (going(20), [False]),
        (drag(), [True]),
        (going(9) + drag(begin_ms=400), [False, True]),
        (drag() + going(10, begin_ms=400), [True, False]),
    ],
)
def test_drags_are_told_from_moves(trace: list[list[Any]], expected: list[bool]) -> None:
    assert [drawn.pressed for drawn in paths(trace, 1000, 500)] == expected
