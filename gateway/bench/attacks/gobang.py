"""Attacks on `gobang`: tell the stones apart by colour or shape, then try all moves.

The twin is the flat board of the demos in use: discs of one colour for each kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from gateway.art import generator
from gateway.bench import alike, boards
from gateway.bench.alike import Floats
from gateway.bench.attack import Control, Labels, Predict, Rows, Solve, Suite, View
from gateway.bench.twins import flat_view
from gateway.kinds import gobang as kind
from gateway.model import JSON, Made

Candidate = tuple[boards.Move, alike.Group]

CLASSES = len(kind.STONES) + 1  # with the empty cells
SEEN_AT_TRAINING = 80  # wrong moves of each board
LIKELIEST = 150  # moves that are weighed closely


def by_classes(classes_of: alike.Classify) -> Solve:
    """Any move that would make five by these classes; else any move at all."""

    def solve(view: View, rng: Random) -> JSON:
        found = alike.cells_of(view)
        classes = classes_of(found)
        empty = boards.emptiest(found, classes)
        moves = boards.moves_to_a_line(classes, empty, view["rows"], view["columns"])
        return list(rng.choice(moves)) if moves else blind(view, rng)

    return solve


def by_likeness(likenesses: alike.Compare) -> Solve:
    """The move whose five stones are most alike, to a cell that seems empty."""

    def solve(view: View, rng: Random) -> JSON:
        found = alike.cells_of(view)
        likeness = sum(alike.standing_out(one) for one in likenesses(found))
        return list(_ranked(view, found, np.asarray(likeness))[0][0])

    return solve


def _ranked(view: View, found: alike.Cells, likeness: Floats) -> list[Candidate]:
    """All moves, the likeliest first."""
    there = alike.presence(found)
    candidates = list(alike.moves(view["rows"], view["columns"]))
    groups = [group for _, group in candidates]
    pairs = alike.within(likeness, groups)
    stones = np.minimum(there[np.array(groups)], 0.5).mean(1)
    gaps = there[[gap for (_, gap), _ in candidates]]
    scores = pairs.mean(1) + 0.5 * pairs[:, 0] + 0.8 * (stones - gaps)
    return [candidates[at] for at in np.argsort(-scores, kind="stable")]


class Moves:
    """Rows of each move: how alike its stones are in six ways, and what seems empty."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        moves, rows = self._rows(made.view)
        right = np.array([list(move) == made.secret["move"] for move, _ in moves])
        kept = right | (np.arange(len(moves)) < SEEN_AT_TRAINING)
        return rows[kept], right[kept].astype(np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        moves, rows = self._rows(view)
        return list(moves[int(np.argmax(predict(rows)))][0])

    def _rows(self, view: View) -> tuple[list[Candidate], Rows]:
        found = alike.cells_of(view)
        ways = [alike.standing_out(one) for one in alike.six_ways(found)]
        moves = _ranked(view, found, ways[0] + ways[1] + ways[2] + ways[3])[:LIKELIEST]
        return moves, _weighed(moves, ways, alike.presence(found))


def _weighed(moves: Sequence[Candidate], ways: Sequence[Floats], there: Floats) -> Rows:
    """(moves, d)."""
    groups = np.array([group for _, group in moves])
    rows = [there[[gap for (_, gap), _ in moves]][:, None], np.sort(there[groups], axis=1)]
    for likeness in ways:
        pairs = alike.within(likeness, groups.tolist())
        fifth = likeness[groups[:, -1:], groups[:, :-1]]
        rows += [pairs.mean(1)[:, None], pairs[:, :3]]
        rows += [fifth.mean(1)[:, None], fifth.min(1)[:, None]]
    return np.concatenate(rows, axis=1).astype(np.float32)


def naive(rng: Random) -> Made:
    chance = generator(rng)
    board, move = kind.arranged(chance)
    stones = [stone + 1 for stone in board]
    return Made(flat_view(chance, stones, kind.SIDE), {"move": list(move)})


def blind(view: View, rng: Random) -> JSON:
    return rng.sample(range(view["rows"] * view["columns"]), 2)


SUITE = Suite(
    attacks=alike.attacks(CLASSES, by_classes, by_likeness),
    naive=naive,
    controls=(Control("colours and brute force", 0.8),),
    learner=Moves(),
    blind=blind,
    chance=1 / (25 * 24),
)
