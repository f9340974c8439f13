"""Attacks on `match`: tell the stones apart by colour or shape, then try all swaps.

The twin is the flat board of the demos in use: discs of one colour for each kind.
"""

from __future__ import annotations

from random import Random

import numpy as np

from gateway.art import generator
from gateway.bench import alike, boards
from gateway.bench.attack import Control, Labels, Predict, Rows, Solve, Suite, View
from gateway.bench.twins import flat_view
from gateway.kinds import match as kind
from gateway.model import JSON, Made

CLASSES = len(kind.STONES)


def by_classes(classes_of: alike.Classify) -> Solve:
    """Any swap that would make three by these classes; else any swap at all."""

    def solve(view: View, rng: Random) -> JSON:
        classes = classes_of(alike.cells_of(view))
        swaps = boards.swaps_to_a_line(classes, view["rows"], view["columns"])
        return list(rng.choice(swaps)) if swaps else blind(view, rng)

    return solve


def by_likeness(likenesses: alike.Compare) -> Solve:
    """The swap whose three stones are most alike."""

    def solve(view: View, rng: Random) -> JSON:
        likeness = sum(alike.standing_out(one) for one in likenesses(alike.cells_of(view)))
        candidates = list(alike.swaps(view["rows"], view["columns"]))
        pairs = alike.within(np.asarray(likeness), [group for _, group in candidates])
        return list(candidates[int(np.argmax(pairs.mean(1) + pairs[:, 0]))][0])

    return solve


class Swaps:
    """Rows of each swap with each row it could make: how alike the three are in six ways."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        candidates, rows = self._rows(made.view)
        right = [list(swap) == made.secret["swap"] for swap, _ in candidates]
        return rows, np.array(right, np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        candidates, rows = self._rows(view)
        return list(candidates[int(np.argmax(predict(rows)))][0])

    def _rows(self, view: View) -> tuple[list[tuple[boards.Move, alike.Group]], Rows]:
        plain = alike.six_ways(alike.cells_of(view))
        ways = [*plain, *(alike.standing_out(one) for one in plain)]
        candidates = list(alike.swaps(view["rows"], view["columns"]))
        groups = [group for _, group in candidates]
        rows = np.concatenate([alike.within(way, groups) for way in ways], axis=1)
        return candidates, rows.astype(np.float32)


def naive(rng: Random) -> Made:
    chance = generator(rng)
    board, swap = kind.arranged(chance)
    stones = [stone + 1 for stone in board]
    return Made(flat_view(chance, stones, kind.SIDE), {"swap": list(swap)})


def blind(view: View, rng: Random) -> JSON:
    return list(rng.choice(kind.SWAPS))


SUITE = Suite(
    attacks=alike.attacks(CLASSES, by_classes, by_likeness),
    naive=naive,
    controls=(Control("colours and brute force", 0.8),),
    learner=Swaps(),
    blind=blind,
    chance=1 / len(kind.SWAPS),
)
