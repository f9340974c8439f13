"""Swap two neighbours to make three in a row."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest

from gateway.bench import boards
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.match import (
    CELL_PX,
    CELLS,
    KIND,
    LINES,
    SIDE,
    STONES,
    SWAPS,
    Params,
    arranged,
    swaps_to_a_row,
)

SECRET = {"swap": [5, 6]}


def solve(secret: Any) -> Any:
    return list(secret["swap"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([5, 6], "right"),
        ([6, 5], "right"),
        ([4, 5], "wrong"),
        ([6, 7], "wrong"),
        ([5, 9], "wrong"),
        ([1, 5], "wrong"),
        ([2, 6], "wrong"),
        ([9, 10], "wrong"),
        ([5, 5], "wrong"),
        ([5], "malformed"),
        ([5, 6, 6], "malformed"),
        ([5, 16], "malformed"),
        ([5, -10], "malformed"),
        ([5.0, 6], "malformed"),
        ([5, True], "malformed"),
        ([float("nan"), 6], "malformed"),
        ({"5": 6}, "malformed"),
    ],
)
def test_check(answer: Any, reason: str) -> None:
    verdict = KIND.check(SECRET, answer)
    assert (verdict.ok, verdict.reason) == (reason == "right", reason)


def test_lines_and_swaps_are_those_of_the_board() -> None:
    assert set(LINES) == set(boards.lines(SIDE, SIDE, 3, diagonal=False))
    near = {
        (a, b)
        for a, b in combinations(range(CELLS), 2)
        if abs(a % SIDE - b % SIDE) + abs(a // SIDE - b // SIDE) == 1
    }
    assert set(SWAPS) == near and len(SWAPS) == 24


def test_one_swap_is_right_and_no_other() -> None:
    """By another hand than the generator's: the bench's own brute force."""
    for seed in range(60):
        board, swap = arranged(np.random.default_rng(seed))
        assert boards.swaps_to_a_line(board, SIDE, SIDE) == [swap]
        assert not any(board[a] == board[b] == board[c] for a, b, c in LINES)


def test_a_second_swap_is_seen() -> None:
    board = list(range(CELLS))
    board[0] = board[1] = board[6] = 99
    assert list(swaps_to_a_row(board)) == [(2, 6)]
    board[3] = 99
    assert list(swaps_to_a_row(board)) == [(2, 3), (2, 6)]


def test_every_board_has_the_same_stones() -> None:
    for seed in range(40):
        board, _ = arranged(np.random.default_rng(seed))
        assert [board.count(kind) for kind in range(len(STONES))] == list(STONES)
        assert len(board) == CELLS


def test_blind_chance_is_one_in_24_and_no_swap_is_likelier() -> None:
    right = [KIND.check(SECRET, list(swap)).ok for swap in SWAPS]
    assert sum(right) / len(right) == 1 / 24 < 0.05
    asked = Counter(arranged(np.random.default_rng(seed))[1] for seed in range(480))
    assert set(asked) == set(SWAPS)
    assert max(asked.values()) < 45  # 20 each; five deviations more


def test_sizes_never_vary_and_bytes_are_bounded() -> None:
    for seed in range(12):
        view = KIND.make(Random(seed), Params(Look(salt=b"%d" % (seed % 3)))).view
        assert decode(view["picture"]).shape == (SIDE * CELL_PX, SIDE * CELL_PX, 3)
        assert len(json.dumps(dict(view))) <= 40_000
        assert (view["rows"], view["columns"], view["mode"]) == (SIDE, SIDE, "swap")
