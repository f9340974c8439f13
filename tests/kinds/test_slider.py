from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from gateway.kinds.slider import KIND, MOST_STEPS, Params
from gateway.model import JSON

SECRET = {"tolerance": 0.03}
NAN = float("nan")


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Dragged to the end."""
    return {"reached": 1, "steps": 0}


@pytest.mark.parametrize(
    "reached, reason",
    [
        (1, "right"),
        (1.0, "right"),
        (0.98, "right"),
        (0.9701, "right"),
        (0.9699, "wrong"),
        (0.5, "wrong"),
        (0, "wrong"),
        (0.0, "wrong"),
        (1.0001, "malformed"),
        (2, "malformed"),
        (-0.0001, "malformed"),
        (10**400, "malformed"),
        (NAN, "malformed"),
        (float("inf"), "malformed"),
        (True, "malformed"),
        (None, "malformed"),
        ("1", "malformed"),
        ([1], "malformed"),
    ],
)
def test_how_far(reached: JSON, reason: str) -> None:
    verdict = KIND.check(SECRET, {"reached": reached, "steps": 0})
    assert (verdict.reason, verdict.ok) == (reason, reason == "right")


def test_the_bound_itself_is_right() -> None:
    assert KIND.check({"tolerance": 0.25}, {"reached": 0.75}).ok


@pytest.mark.parametrize("reached, miss", [(1, 0.0), (0.985, 0.5), (0.94, 2.0)])
def test_the_miss_is_a_share_of_the_tolerance(reached: float, miss: float) -> None:
    assert KIND.check(SECRET, {"reached": reached}).miss == pytest.approx(miss)


@pytest.mark.parametrize(
    "steps, reason",
    [
        (0, "right"),
        (6, "right"),
        (MOST_STEPS, "right"),
        (MOST_STEPS + 1, "malformed"),
        (-1, "malformed"),
        (1.0, "malformed"),
        (True, "malformed"),
        (None, "malformed"),
        ("6", "malformed"),
    ],
)
def test_by_how_many_keys_or_taps(steps: JSON, reason: str) -> None:
    assert KIND.check(SECRET, {"reached": 1, "steps": steps}).reason == reason


def test_steps_may_be_left_out() -> None:
    assert KIND.check(SECRET, {"reached": 1}).ok


@pytest.mark.parametrize("answer", [None, 1, 1.0, True, "1", [1], {}, {"steps": 6}])
def test_other_shapes(answer: JSON) -> None:
    assert KIND.check(SECRET, answer).reason == "malformed"


def test_the_handle_never_waits_at_the_end() -> None:
    starts = [KIND.make(Random(seed), Params()).view["start"] for seed in range(200)]
    assert 0.0 <= min(starts) < 0.02
    assert 0.1 < max(starts) <= 0.12
