"""Attacks on `match`: tell the stones apart by colour or shape, then try all swaps.

The twin is the flat board of the demos in use: discs of one colour for each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from gateway.art import generator
from gateway.bench import alike, boards, gradients
from gateway.bench.alike import Floats
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.pictures import Pixels, decode
from gateway.bench.twins import flat_board, sent
from gateway.kinds import match as kind
from gateway.model import JSON, Made

WRITTEN_FOR_US = 0.25
CLASSES = len(kind.STONES)


def cells(view: View) -> list[Pixels]:
    board = decode(view["picture"])
    return boards.cells_of(board, view["rows"], view["columns"], inner=0.9)


def by_classes(classes_of: Callable[[list[Pixels]], list[int]]) -> Callable[[View, Random], JSON]:
    """Any swap that would make three by these classes; else any swap at all."""

    def solve(view: View, rng: Random) -> JSON:
        classes = classes_of(cells(view))
        swaps = boards.swaps_to_a_line(classes, view["rows"], view["columns"])
        return list(rng.choice(swaps)) if swaps else blind(view, rng)

    return solve


def colours(found: list[Pixels]) -> list[int]:
    return boards.clusters(boards.by_colour(found), CLASSES)


def palettes(found: list[Pixels]) -> list[int]:
    return boards.clusters(boards.standard(boards.by_palette(found)), CLASSES)


def edges(found: list[Pixels]) -> list[int]:
    return agglomerated(1.0 - alike.by_edges(found))


def outlines(found: list[Pixels]) -> list[int]:
    return agglomerated(1.0 - alike.by_turning(alike.marks(found)))


def agglomerated(distance: Floats) -> list[int]:
    """CLASSES of cells by average linkage."""
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(CLASSES, metric="precomputed", linkage="average")
    return [int(label) for label in model.fit_predict(np.maximum(distance, 0))]


def by_likeness(
    likenesses: Callable[[list[Pixels]], Sequence[Floats]],
) -> Callable[[View, Random], JSON]:
    """The swap whose three stones are most alike."""

    def solve(view: View, rng: Random) -> JSON:
        likeness = sum(alike.standing_out(one) for one in likenesses(cells(view)))
        candidates = alike.swaps(view["rows"], view["columns"])
        best = max(candidates, key=lambda one: _alike(np.asarray(likeness), one[1]))
        return list(best[0])

    return solve


def _alike(likeness: Floats, group: alike.Group) -> float:
    pairs = alike.within(likeness, group)
    return float(pairs.mean() + pairs[0])


def turned(found: list[Pixels]) -> Sequence[Floats]:
    return (alike.by_turning(alike.marks(found)),)


def turned_and_edges(found: list[Pixels]) -> Sequence[Floats]:
    drawn = alike.marks(found)
    return alike.by_turning(drawn), alike.by_edges(found), alike.by_moments(drawn)


def named(found: list[Pixels]) -> Sequence[Floats]:
    return (gradients.by_shipped_icons(found),)


def run_alike(found: list[Pixels]) -> Sequence[Floats]:
    return (gradients.over_turns(found),)


def all_ways(found: list[Pixels]) -> Sequence[Floats]:
    return (*named(found), *run_alike(found), *turned_and_edges(found))


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
        found = cells(view)
        drawn = alike.marks(found)
        plain = (
            alike.by_turning(drawn),
            gradients.by_shipped_icons(found),
            gradients.over_turns(found),
            alike.by_edges(found),
            alike.by_moments(drawn),
            alike.by_colour(found),
        )
        ways = [*plain, *(alike.standing_out(one) for one in plain)]
        candidates = list(alike.swaps(view["rows"], view["columns"]))
        rows = [[float(v) for way in ways for v in alike.within(way, g)] for _, g in candidates]
        return candidates, np.array(rows, np.float32)


def naive(rng: Random) -> Made:
    chance = generator(rng)
    board, swap = kind.arranged(chance)
    picture = flat_board(chance, [stone + 1 for stone in board], kind.SIDE, kind.SIDE, 60)
    view = {"picture": sent(picture), "aspect": 1.0, "rows": kind.SIDE, "columns": kind.SIDE}
    return Made(view, {"swap": list(swap)})


def blind(view: View, rng: Random) -> JSON:
    return list(rng.choice(kind.SWAPS))


SUITE = Suite(
    attacks=(
        Attack("colours and brute force", False, by_classes(colours)),
        Attack("palettes and brute force", False, by_classes(palettes)),
        Attack("edge clusters and brute force", True, by_classes(edges), WRITTEN_FOR_US),
        Attack("outline clusters and brute force", True, by_classes(outlines), WRITTEN_FOR_US),
        Attack("outlines over turns", True, by_likeness(turned), WRITTEN_FOR_US),
        Attack("outlines, edges, moments", True, by_likeness(turned_and_edges), WRITTEN_FOR_US),
        Attack("edges over turns", True, by_likeness(run_alike), WRITTEN_FOR_US),
        Attack("shipped icons", True, by_likeness(named), WRITTEN_FOR_US),
        Attack("all of these", True, by_likeness(all_ways), WRITTEN_FOR_US),
    ),
    naive=naive,
    controls=(Control("colours and brute force", 0.8),),
    learner=Swaps(),
    blind=blind,
    chance=1 / len(kind.SWAPS),
)
