from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from gateway import art
from gateway.art.strewing import APART, Spot, apart, between


def spots(seed: int, count: int = 7, size_px: int = 84) -> list[Spot]:
    return apart(art.generator(Random(seed)), [size_px] * count, 480, 360)


def test_things_are_inside_and_apart():
    for seed in range(60):
        found = spots(seed)
        assert len(found) == 7
        for spot in found:
            assert 42 < spot.x_px < 438
            assert 42 < spot.y_px < 318
        for one, other in combinations(found, 2):
            assert np.hypot(one.x_px - other.x_px, one.y_px - other.y_px) > APART * 168


def test_they_lie_all_over_and_in_no_order():
    """The first of them, which is asked first, lies anywhere."""
    firsts = np.array([(spots(seed)[0].x_px, spots(seed)[0].y_px) for seed in range(150)])
    assert firsts.min(axis=0).max() < 70
    assert (firsts.max(axis=0) > (410, 290)).all()
    assert 0.35 < np.mean([spots(s)[0].x_px < spots(s)[1].x_px for s in range(150)]) < 0.65


def test_what_has_no_room_is_refused():
    with pytest.raises(ValueError, match="no room"):
        spots(1, count=40)


def test_between_them_is_not_on_them():
    for seed in range(30):
        things = spots(seed)
        found = between(art.generator(Random(seed)), things, 12, 480, 360)
        assert 3 <= len(found) <= 12
        for x_px, y_px in found:
            assert min(np.hypot(x_px - s.x_px, y_px - s.y_px) for s in things) > 42 + 26
