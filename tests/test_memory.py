"""What callers are remembered by, and from how many points on it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.memory import MOST, SOLVED, WRONG, memory_key, steps
from gateway.model import PassRule
from gateway.ring import KeyRing
from tests.samples import CALLER, NEW, OLD, RING, ROUTE, STRANGE_RING

MINDFUL = replace(ROUTE, memory_s=3600)


@pytest.mark.parametrize(
    ("points", "harder"),
    [(0, 0), (7, 0), (8, 1), (15, 1), (16, 2), (31, 2), (32, 3), (MOST, 3), (10**9, 3)],
)
def test_steps(points: int, harder: int) -> None:
    assert steps(points) == harder


def test_an_honest_visit_adds_nothing() -> None:
    """Asked, wrong once, refreshed once, then right."""
    assert 1 + WRONG + 1 + SOLVED == 0
    assert steps(1 + WRONG + 1) == 0


def test_who_is_told_apart() -> None:
    key = memory_key(RING, MINDFUL, CALLER)
    others = [
        memory_key(RING, MINDFUL, replace(CALLER, prefix="192.0.3.0/24")),
        memory_key(RING, MINDFUL, replace(CALLER, browser="chrome")),
        memory_key(RING, replace(MINDFUL, site="blog"), CALLER),
        memory_key(RING, replace(MINDFUL, pass_rule=PassRule("vote")), CALLER),
        memory_key(RING, replace(MINDFUL, memory_s=60), CALLER),
        memory_key(STRANGE_RING, MINDFUL, CALLER),
    ]
    assert len({key, *others}) == 7
    assert key == memory_key(RING, replace(MINDFUL, name="other"), replace(CALLER, address="::1"))
    assert CALLER.prefix not in key
    assert len(key) < 50


def test_a_new_key_forgets_nobody() -> None:
    assert memory_key(KeyRing((OLD,)), MINDFUL, CALLER) == memory_key(RING, MINDFUL, CALLER)
    assert memory_key(KeyRing((NEW,)), MINDFUL, CALLER) != memory_key(RING, MINDFUL, CALLER)
