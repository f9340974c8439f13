"""Connections of several processes, added up in memory that they share."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.counting import Counts, places

KEY = b"k" * 16


def table(workers: int = 1, key: bytes = KEY) -> Counts:
    return Counts(workers, key)


def test_rows_add_up():
    counts = table(2)
    first, second = counts.take(), counts.take()
    first.enter("a")
    second.enter("a")
    second.enter("b")
    assert (counts.total(), counts.of("a"), counts.of("b"), counts.of("c")) == (3, 2, 1, 0)
    assert (first.open, second.open) == (1, 2)
    second.leave("a")
    assert (counts.total(), counts.of("a"), counts.of("b")) == (2, 1, 1)


def test_nobody_counts_only_in_all():
    counts = table()
    row = counts.take()
    row.enter("")
    assert (counts.total(), counts.of("")) == (1, 0)
    row.leave("")
    assert counts.total() == 0


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_row_that_is_wiped_leaves_nothing(gone: int):
    counts = table(2)
    rows = [counts.take() for _ in range(3)]
    for row in rows:
        for _ in range(row.index + 1):
            row.enter("a")
    counts.wipe(rows[gone])
    assert counts.total() == counts.of("a") == 6 - (gone + 1)
    again = counts.take()
    assert again.index == gone
    assert counts.total() == 6 - (gone + 1)
    again.enter("a")
    assert counts.total() == counts.of("a") == 6 - gone


@pytest.mark.parametrize("workers, rows", [(1, 16), (2, 16), (3, 24), (64, 512)])
def test_there_are_rows_for_eight_generations(workers: int, rows: int):
    counts = table(workers)
    for left in range(rows, 0, -1):
        assert counts.free == left
        counts.take()
    assert counts.free == 0
    with pytest.raises(ValueError):
        counts.take()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.booleans()), max_size=200))
def test_never_too_low_and_right_in_the_end(steps: list[tuple[int, int, bool]]):
    counts = table(2)
    rows = [counts.take() for _ in range(3)]
    true: Counter[tuple[int, str]] = Counter()
    for index, number, enters in steps:
        client = f"10.0.{number}.0/24"
        if enters:
            rows[index].enter(client)
            true[index, client] += 1
        elif true[index, client]:
            rows[index].leave(client)
            true[index, client] -= 1
    assert counts.total() == true.total()
    for number in range(41):
        client = f"10.0.{number}.0/24"
        assert counts.of(client) >= sum(true[index, client] for index in range(3))
    for (index, client), open_now in true.items():
        for _ in range(open_now):
            rows[index].leave(client)
    assert counts.total() == 0
    assert all(counts.of(f"10.0.{number}.0/24") == 0 for number in range(41))


def test_others_are_seldom_counted_along():
    """As many connections as the default allows, and some who fill their share."""
    counts = table(key=b"another key, so it isn't luck")
    row = counts.take()
    clients = [f"10.{n // 256}.{n % 256}.0/24" for n in range(6000)]
    for client in clients:
        row.enter(client)
    for client in clients[:8]:
        for _ in range(500):
            row.enter(client)
    off = [counts.of(client) - 1 for client in clients[8:]]
    assert min(off) == 0
    assert max(off) <= 3  # 0.6 on average in each of two counters, and the lesser counts
    assert counts.of("192.0.2.0/24") <= 3


def test_where_a_client_counts_depends_on_the_key():
    assert len({places(bytes([n]) * 16, "10.0.0.0/24") for n in range(50)}) == 50


def test_counters_lie_behind_the_total_and_each_in_its_part():
    first, second = zip(*(places(KEY, f"client {n}") for n in range(100_000)), strict=True)
    assert (min(first), max(first)) == (1, 2**14)
    assert (min(second), max(second)) == (2**14 + 1, 2**15)


FORK = """
import os, signal
from gateway.counting import Counts

counts = Counts(2, b"k" * 16)
mine, other = counts.take(), counts.take()
told, tell = os.pipe()
pid = os.fork()
if pid == 0:
    other.enter("a")
    other.enter("b")
    os.write(tell, b".")
    signal.pause()
    os._exit(0)
assert os.read(told, 1) == b"."
mine.enter("a")
print(counts.total(), counts.of("a"), counts.of("b"))
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
counts.wipe(other)
print(counts.total(), counts.of("a"), counts.of("b"))
"""


def test_processes_see_each_other_and_a_killed_one_is_wiped():
    words = [sys.executable, "-c", FORK]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split("\n") == ["3 2 1", "1 1 0", ""]
