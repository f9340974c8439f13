"""Move one stone to make five in a row."""

from __future__ import annotations

import json
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from gateway.bench import boards
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.gobang import (
    CELL_PX,
    CELLS,
    EMPTY,
    KIND,
    LEAST_OPEN,
    LINES,
    LONGEST_OTHER,
    SIDE,
    STONES,
    Params,
    arranged,
    moves_to_five,
)

SECRET = {"move": [7, 12]}


def solve(secret: Any) -> Any:
    return list(secret["move"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([7, 12], "right"),
        ([12, 7], "wrong"),
        ([6, 12], "wrong"),
        ([8, 12], "wrong"),
        ([2, 12], "wrong"),
        ([7, 11], "wrong"),
        ([7, 13], "wrong"),
        ([7, 17], "wrong"),
        ([7, 7], "wrong"),
        ([7], "malformed"),
        ([7, 12, 12], "malformed"),
        ([7, 25], "malformed"),
        ([-18, 12], "malformed"),
        ([7.0, 12], "malformed"),
        ([True, 12], "malformed"),
        ([float("nan"), 12], "malformed"),
        ({"from": 7, "to": 12}, "malformed"),
    ],
)
def test_check(answer: Any, reason: str) -> None:
    verdict = KIND.check(SECRET, answer)
    assert (verdict.ok, verdict.reason) == (reason == "right", reason)


def test_the_lines_are_those_of_the_board() -> None:
    assert {frozenset(line) for line in LINES} == {
        frozenset(line) for line in boards.lines(SIDE, SIDE, 5)
    }
    assert len(LINES) == 12


def test_one_move_is_right_and_no_other() -> None:
    """By another hand than the generator's: the bench's own brute force."""
    for seed in range(60):
        board, move = arranged(np.random.default_rng(seed))
        assert boards.moves_to_a_line(board, EMPTY, SIDE, SIDE) == [move]


def test_a_second_way_is_seen() -> None:
    """Two lines of four with one gap that both need the fifth stone."""
    board = [EMPTY] * CELLS
    for cell in (0, 1, 2, 3, 14):
        board[cell] = 0
    assert list(moves_to_five(board)) == [(14, 4)]
    board[24] = 0
    assert list(moves_to_five(board)) == [(14, 4), (24, 4)]


def test_every_board_has_the_same_stones() -> None:
    for seed in range(40):
        board, _ = arranged(np.random.default_rng(seed))
        assert [board.count(kind) for kind in range(len(STONES))] == list(STONES)
        assert board.count(EMPTY) == CELLS - sum(STONES) == 8


def test_what_is_empty_does_not_tell_the_line() -> None:
    for seed in range(40):
        board, _ = arranged(np.random.default_rng(seed))
        empty = [sum(board[cell] == EMPTY for cell in line) for line in LINES]
        assert empty.count(1) >= LEAST_OPEN
        for line, kind in product(LINES, range(1, len(STONES))):
            assert sum(board[cell] == kind for cell in line) <= LONGEST_OTHER


def test_any_line_and_any_gap_may_be_asked() -> None:
    moves = [arranged(np.random.default_rng(seed))[1] for seed in range(400)]
    assert {to for _, to in moves} == set(range(CELLS))
    assert {start for start, _ in moves} == set(range(CELLS))


def test_blind_chance() -> None:
    """Any cell to any other: 25 × 24; any stone to any empty cell: 17 × 8."""
    board, move = arranged(np.random.default_rng(1))
    secret = {"move": list(move)}
    stones = [cell for cell in range(CELLS) if board[cell] != EMPTY]
    gaps = [cell for cell in range(CELLS) if board[cell] == EMPTY]
    right = [
        KIND.check(secret, [a, b]).ok for a, b in product(range(CELLS), range(CELLS)) if a != b
    ]
    assert sum(right) / len(right) == 1 / 600 < 0.05
    right = [KIND.check(secret, [a, b]).ok for a, b in product(stones, gaps)]
    assert sum(right) / len(right) == 1 / 136 < 0.05


def test_sizes_never_vary_and_bytes_are_bounded() -> None:
    for seed in range(12):
        view = KIND.make(Random(seed), Params(Look(salt=b"%d" % (seed % 3)))).view
        assert decode(view["picture"]).shape == (SIDE * CELL_PX, SIDE * CELL_PX, 3)
        assert len(json.dumps(dict(view))) <= 40_000
        assert (view["rows"], view["columns"], view["mode"]) == (SIDE, SIDE, "move")
