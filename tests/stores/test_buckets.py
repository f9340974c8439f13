"""Sliding windows, against the amounts and members they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import MOST_MEMBERS, Slid, Slide, is_refused
from gateway.stores import buckets
from gateway.stores.buckets import GRID, Cells

TTL_MS = 16_000


def slid(cells: Cells, ask: Slide, now_ms: int) -> tuple[Cells, Slid]:
    """One ask: what the key holds afterwards, and the answer."""
    after, [found] = buckets.slide({ask.key: cells}, [ask], now_ms, all_or_none=False)
    return after.get(ask.key, cells), found


@pytest.mark.parametrize(
    ("after_ms", "live"), [(0, True), (TTL_MS - 1, True), (TTL_MS + TTL_MS // GRID, False)]
)
@pytest.mark.parametrize("now_ms", [0, 1, 385, 999, 1000, 1001])
@pytest.mark.parametrize("member", [b"", b"a"])
def test_an_amount_lives_as_long_as_asked_and_hardly_longer(
    now_ms: int, after_ms: int, live: bool, member: bytes
) -> None:
    held, _ = slid({}, Slide("k", TTL_MS / 1000, 5, member=member), now_ms)
    assert bool(buckets.live(held, now_ms + after_ms)) is live


HELD: Cells = {"8000": (8000, 2), "9000": (9000, 3)}
MEMBERS: Cells = {"61": (8000, 5), "62": (9000, 1)}
ONE, TWO, FIVE = (Slide("k", 16, amount) for amount in (1, 2, 5))


@pytest.mark.parametrize(
    ("cells", "ask", "count", "reset_s"),
    [
        ({}, Slide("k", 16, 0), 0, 0.0),  # nothing is held
        (HELD, Slide("k", 16, 0), 5, 1.0),  # until any of it leaves
        (HELD, Slide("k", 16, 0, 5), 5, 1.0),
        (HELD, Slide("k", 16, 1, 6), 6, 1.0),
        (HELD, Slide("k", 16, 1, 5), 6, 1.0),  # one too many: until the first leave
        (HELD, Slide("k", 16, 2, 5), 7, 1.0),
        (HELD, Slide("k", 16, 3, 5), 8, 2.0),  # three too many: until all have left
        (HELD, Slide("k", 16, 5, 5), 10, 2.0),
        (HELD, Slide("k", 16, 6, 5), 11, 16),  # that can never be
        (MEMBERS, Slide("k", 16, member=b"c", limit=2), 3, 1.0),
        (MEMBERS, Slide("k", 16, member=b"c", limit=1), 3, 2.0),  # of members each is one
        (MEMBERS, Slide("k", 16, member=b"a", limit=2), 2, 2.0),
        (MEMBERS, Slide("k", 16, member=b"a", limit=1), 2, 1.0),
    ],
)
def test_what_is_said_of_a_window(cells: Cells, ask: Slide, count: int, reset_s: float) -> None:
    assert slid(cells, ask, 7000)[1] == Slid(count, reset_s)


def test_what_is_asked_twice_is_counted_twice() -> None:
    after, found = buckets.slide({"k": HELD}, [ONE, TWO], 7000, all_or_none=False)
    assert [each.count for each in found] == [6, 8]
    assert sum(amount for _, amount in after["k"].values()) == 8


@pytest.mark.parametrize(("all_or_none", "written"), [(True, set()), (False, {"k"})])
def test_all_or_none(all_or_none: bool, written: set[str]) -> None:
    """… and what is only looked at is never written."""
    asks = [ONE, Slide("full", 16, 1, 0), Slide("look", 16, 0)]
    before: dict[str, Cells] = {"k": HELD, "full": {}, "look": HELD}
    after, found = buckets.slide(before, asks, 7000, all_or_none=all_or_none)
    assert (set(after), [each.count for each in found]) == (written, [6, 1, 5])


def test_an_end_is_the_first_moment_without_it() -> None:
    assert buckets.live(HELD, 7999) == HELD
    assert set(buckets.live(HELD, 8000)) == {"9000"}
    assert buckets.end_s(HELD) == 9.0


def test_a_member_stays_as_long_as_it_was_ever_to_stay() -> None:
    held, _ = slid({}, Slide("k", 60, member=b"a"), 1000)
    held, _ = slid(held, Slide("k", 10, member=b"a"), 2000)
    assert held == {"61": (61_000, 2)}


@pytest.mark.parametrize(
    ("ask", "left"),
    [
        (ONE, {"8000": (8000, 1), "9000": (9000, 3)}),
        (TWO, {"9000": (9000, 3)}),
        (Slide("k", 16, 4), {"9000": (9000, 1)}),
        (FIVE, {}),
        (Slide("k", 16, 9), {}),
    ],
)
def test_what_ends_first_is_given_back_first(ask: Slide, left: Cells) -> None:
    assert buckets.take(HELD, ask, 7000) == left


@pytest.mark.parametrize("varying_ms", [0, 1, 500])
def test_the_number_of_buckets_is_bounded(varying_ms: int) -> None:
    held: Cells = {}
    for step, now_ms in enumerate(range(0, 10 * TTL_MS, 7)):
        window_s = (TTL_MS - varying_ms * (step % 8)) / 1000
        held, _ = slid(held, Slide("k", window_s, 1, 10**9), now_ms)
        assert len(held) <= 2 * GRID + 2


def test_the_number_of_members_is_bounded_and_beyond_it_nobody_is_within_the_limit() -> None:
    held: Cells = {}
    for number in range(MOST_MEMBERS + 9):
        held, found = slid(held, Slide("k", 60, member=b"%d" % number), 1000)
        assert found.count == min(number, MOST_MEMBERS) + 1
        assert len(held) <= MOST_MEMBERS
    full = Slide("k", 60, limit=MOST_MEMBERS, member=b"one more")
    assert is_refused([full], [slid(held, full, 1000)[1]])
    assert slid(held, Slide("k", 60, member=b"7"), 1000)[1].count == MOST_MEMBERS
    with pytest.raises(ValueError, match="1024"):
        Slide("k", 60, limit=MOST_MEMBERS + 1, member=b"7")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, {}),
        (
            b"[[5000, 2], [6000, 1]]",
            {"5000": (5000, 2), "6000": (6000, 1)},
        ),  # of releases without members
        (b'{"6162":[5000,2]}', {"6162": (5000, 2)}),
    ],
)
def test_what_was_stored_is_read(value: bytes | None, expected: Cells) -> None:
    assert buckets.parse(value) == expected
    assert buckets.parse(buckets.dump(expected)) == expected


Steps = st.lists(
    st.tuples(
        st.sampled_from(["charge", "give back"]),
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
    now_ms, limit, held = 1_000_000, 50, Cells()
    truth: list[tuple[int, int]] = []  # when it ends, and how much it is
    for what, amount, ttl_ms, passed_ms in steps:
        now_ms += passed_ms
        truth = [(end, size) for end, size in truth if end > now_ms]
        if what == "charge":
            ask = Slide("k", ttl_ms / 1000, amount, limit)
            held, found = slid(held, ask, now_ms)
            if not is_refused([ask], [found]):
                held = buckets.parse(buckets.dump(held))
                truth.append((now_ms + ttl_ms, amount))
        elif truth:
            _, size = truth.pop(amount % len(truth))
            held = buckets.take(held, Slide("k", 0, size), now_ms)
        _, found = slid(held, Slide("k", 1, 0), now_ms)
        assert sum(size for _, size in truth) <= found.count <= limit


@given(Steps)
def test_no_member_is_forgotten_that_lives(steps: list[tuple[str, int, int, int]]) -> None:
    now_ms, held = 1_000_000, Cells()
    truth: list[tuple[int, bytes]] = []
    for what, who, _, passed_ms in steps:
        now_ms += passed_ms
        truth = [(end, name) for end, name in truth if end > now_ms]
        ask = Slide("k", 5, member=b"%d" % (who % 4))
        if what == "charge":
            held, _ = slid(held, ask, now_ms)
            truth.append((now_ms + 5000, ask.member))
        elif truth:
            _, name = truth.pop(who % len(truth))
            held = buckets.take(held, Slide("k", 5, member=name), now_ms)
        living = buckets.live(buckets.parse(buckets.dump(held)), now_ms)
        assert {name.hex() for _, name in truth} <= living.keys()
