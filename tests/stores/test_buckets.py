"""Sliding sums, against the amounts they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.stores import buckets
from gateway.stores.buckets import GRID

TTL_MS = 16_000


@pytest.mark.parametrize(
    ("after_ms", "live"), [(0, True), (TTL_MS - 1, True), (TTL_MS + TTL_MS // GRID, False)]
)
@pytest.mark.parametrize("now_ms", [0, 1, 999, 1000, 1001])
def test_an_amount_lives_as_long_as_asked_and_hardly_longer(
    now_ms: int, after_ms: int, live: bool
) -> None:
    held = buckets.add({}, 5, 5, TTL_MS, now_ms)
    assert bool(buckets.live(held, now_ms + after_ms)) is live


@pytest.mark.parametrize("varying_ms", [0, 1, 500])
def test_the_number_of_buckets_is_bounded(varying_ms: int) -> None:
    held: buckets.Buckets = {}
    for step, now_ms in enumerate(range(0, 10 * TTL_MS, 7)):
        held = buckets.add(held, 1, 10**9, TTL_MS - varying_ms * (step % 8), now_ms)
        assert len(held) <= 2 * GRID + 2


Steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "release"]),
        st.integers(0, 30),
        st.integers(1, 5000),
        st.integers(0, 3000),
    ),
    max_size=40,
)


@given(Steps)
def test_the_sum_is_never_below_what_lives_nor_above_the_limit(
    steps: list[tuple[str, int, int, int]],
) -> None:
    """Whichever live amount is given back, the books don't say less than the truth."""
    now_ms, limit, held = 1_000_000, 50, buckets.Buckets()
    truth: list[tuple[int, int]] = []  # when it ends, and how much it is
    for what, amount, ttl_ms, passed_ms in steps:
        now_ms += passed_ms
        truth = [(end, size) for end, size in truth if end > now_ms]
        if what == "reserve":
            after = buckets.add(held, amount, limit, ttl_ms, now_ms)
            if after:
                held = buckets.parse(buckets.dump(after))
                truth.append((now_ms + ttl_ms, amount))
        elif truth:
            _, size = truth.pop(amount % len(truth))
            held = buckets.take(held, size, now_ms)
        total = sum(buckets.live(held, now_ms).values())
        assert sum(size for _, size in truth) <= total <= limit
