from __future__ import annotations

import pytest

from gateway.clicks import is_point, is_share, judged
from gateway.model import JSON

MIDDLES = [[0.5, 0.5], [0.1, 0.9]]
RADII_PX = [10.0, 20.0]
NAN = float("nan")


def verdict(answer: JSON) -> tuple[str, float]:
    found = judged(answer, MIDDLES, RADII_PX, 200, 100)
    return found.reason, round(found.miss, 3)


@pytest.mark.parametrize(
    "answer, expected",
    [
        ([[0.5, 0.5], [0.1, 0.9]], ("right", 0.0)),
        ([[0.5499, 0.5], [0.1, 0.9]], ("right", 0.998)),  # almost 10 px to the right
        ([[0.4501, 0.5], [0.1, 0.9]], ("right", 0.998)),
        ([[0.5501, 0.5], [0.1, 0.9]], ("wrong", 1.002)),
        ([[0.4499, 0.5], [0.1, 0.9]], ("wrong", 1.002)),
        ([[0.5, 0.599], [0.1, 0.9]], ("right", 0.99)),  # down: of 100 px
        ([[0.5, 0.601], [0.1, 0.9]], ("wrong", 1.01)),
        ([[0.5, 0.5], [0.19, 0.9]], ("right", 0.9)),  # each has its own radius
        ([[0.5, 0.5], [0.21, 0.9]], ("wrong", 1.1)),
        ([[0.53, 0.579], [0.1, 0.9]], ("right", 0.992)),  # a circle: 6 and 7.9 px
        ([[0.54, 0.58], [0.1, 0.9]], ("wrong", 1.131)),
        ([[0.1, 0.9], [0.5, 0.5]], ("wrong", 8.944)),  # in order
    ],
)
def test_points_in_order_within_their_circles(answer: JSON, expected: tuple[str, float]):
    assert verdict(answer) == expected


@pytest.mark.parametrize("radius_px, reason", [(25.0, "right"), (24.99, "wrong")])
def test_on_the_circle_is_within_it(radius_px: float, reason: str):
    found = judged([[0.75, 0.5]], [[0.5, 0.5]], [radius_px], 100, 100)
    assert found.reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        *(None, True, 1, "", {}, [], [[0.5, 0.5]], [[0.5, 0.5], [0.1, 0.9], [0.1, 0.9]]),
        *([0.5, 0.5], [[0.5, 0.5], None], [[0.5, 0.5], [0.1]], [[0.5, 0.5], [0.1, 0.9, 0]]),
        *([[0.5, 0.5], [0.1, NAN]], [[0.5, 0.5], [0.1, True]], [[0.5, 0.5], [0.1, "0.9"]]),
        *([[0.5, 0.5], [0.1, 1.01]], [[0.5, 0.5], [-0.01, 0.9]], [[0.5, 0.5], [0.1, 10**400]]),
    ],
)
def test_other_shapes_are_malformed(answer: JSON):
    assert verdict(answer) == ("malformed", 0.0)


@pytest.mark.parametrize("value, is_one", [(0, True), (1, True), (0.5, True), (1.0001, False)])
def test_shares_are_from_0_to_1(value: JSON, is_one: bool):
    assert is_share(value) is is_one
    assert is_point([value, value]) is is_one
