"""How alike stones are, and the best move by that."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from gateway.bench import alike
from gateway.bench.attacks import gobang, match
from gateway.kinds import gobang as gobang_kind
from gateway.kinds import match as match_kind


def test_moves_and_swaps_are_all_there_are():
    moves = [*alike.moves(5, 5)]
    assert len(moves) == 12 * 5 * 20 and ((0, 24), (20, 21, 22, 23, 0)) in moves
    assert {swap for swap, _ in alike.swaps(4, 4)} == set(match_kind.SWAPS)
    assert all(len(group) == 3 for _, group in alike.swaps(4, 4))
    assert all(len(set(group)) == 5 for _, group in alike.moves(5, 5))


def test_the_right_group_is_among_them():
    for seed in range(10):
        board, swap = match_kind.arranged(np.random.default_rng(seed))
        good = {s for s, g in alike.swaps(4, 4) if len({board[n] for n in g}) == 1}
        assert good == {swap}
        stones, move = gobang_kind.arranged(np.random.default_rng(seed))
        alike_five = {
            m
            for m, g in alike.moves(5, 5)
            if len({stones[n] for n in g}) == 1 and stones[m[1]] == gobang_kind.EMPTY
        }
        assert {m for m in alike_five if stones[m[0]] == 0} == {move}


def discs(count: int) -> np.ndarray:
    """A cell with so many bars on it, in the middle of an even ground."""
    cell = np.full((60, 60, 3), 90, np.uint8)
    for bar in range(count):
        cell[16 + bar * 9 : 20 + bar * 9, 15:45] = 220
    return cell


@pytest.mark.parametrize("measure", ["turning", "edges"])
def test_what_is_the_same_is_most_alike(measure):
    cells = [discs(1), discs(3), np.rot90(discs(1)).copy(), discs(1)]
    if measure == "edges":
        cells[2] = discs(2)
    likeness = alike.by_edges(cells) if measure == "edges" else alike.by_turning(alike.marks(cells))
    assert likeness[0, 3] == pytest.approx(1.0, abs=1e-3)
    assert likeness[0, 1] < 0.9
    if measure == "turning":
        assert likeness[0, 2] > likeness[0, 1]


def test_what_stands_there_is_more_than_nothing():
    even = np.full((60, 60, 3), 90, np.uint8)
    there = alike.presence([discs(2), even, discs(3), even])
    assert min(there[0], there[2]) > max(there[1], there[3])


def test_standing_out_takes_off_what_all_have():
    likeness = np.array([[1, 0.9, 0.2], [0.9, 1, 0.2], [0.2, 0.2, 1]], np.float32)
    found = alike.standing_out(likeness)
    assert found[0, 1] > found[0, 2] and np.allclose(found, found.T)


@pytest.mark.parametrize("attacks", [gobang, match])
def test_the_twin_is_solved_by_colour(attacks):
    solved = 0
    for seed in range(10):
        made = attacks.naive(Random(seed))
        answer = attacks.SUITE.attacks[0].solve(made.view, Random(1))
        solved += attacks.kind.KIND.check(made.secret, answer).ok
    assert solved >= 8


@pytest.mark.parametrize(("attacks", "key"), [(gobang, "move"), (match, "swap")])
def test_rows_of_the_learner(attacks, key):
    made = attacks.kind.KIND.make(Random(8), attacks.kind.Params())
    rows, labels = attacks.SUITE.learner.examples(made)
    assert len(rows) == len(labels) and np.isfinite(rows).all()
    assert labels.sum() <= 4
    answer = attacks.SUITE.learner.answer(made.view, lambda r: np.zeros(len(r), np.float32))
    assert len(answer) == 2
    assert key in made.secret
