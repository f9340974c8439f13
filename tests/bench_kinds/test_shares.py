"""Wilson's interval, by values worked out elsewhere."""

from __future__ import annotations

import pytest

from gateway.bench.shares import Share


@pytest.mark.parametrize(
    "hits, of, low, high",
    [  # R 4.2, prop.test(hits, of, correct = FALSE)$conf.int
        (0, 10, 0.0, 0.2775328),
        (1, 10, 0.01787621, 0.4041500),
        (5, 10, 0.2365931, 0.7634069),
        (10, 10, 0.7224672, 1.0),
        (30, 200, 0.1071180, 0.2061000),
    ],
)
def test_interval(hits, of, low, high):
    assert Share(hits, of).interval == pytest.approx((low, high), abs=2e-4)


def test_nothing_tried_leaves_all_open():
    assert (Share(0, 0).rate, Share(0, 0).interval) == (0.0, (0.0, 1.0))


def test_words():
    assert str(Share(30, 200)) == "15 % (11–21)"
