"""Attacks on `gobang`: tell the stones apart by colour or shape, then try all moves.

The twin is the flat board of the demos in use: discs of one colour for each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from random import Random

import numpy as np

from gateway.art import generator
from gateway.bench import alike, boards, gradients
from gateway.bench.alike import Floats
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.pictures import Pixels, decode
from gateway.bench.twins import flat_board, sent
from gateway.kinds import gobang as kind
from gateway.model import JSON, Made

WRITTEN_FOR_US = 0.25
CLASSES = len(kind.STONES) + 1  # with the empty cells
SEEN_AT_TRAINING = 80  # wrong moves of each board
LIKELIEST = 150  # moves that are weighed closely


def cells(view: View) -> list[Pixels]:
    board = decode(view["picture"])
    return boards.cells_of(board, view["rows"], view["columns"], inner=0.9)


def by_classes(classes_of: Callable[[list[Pixels]], list[int]]) -> Callable[[View, Random], JSON]:
    """Any move that would make five by these classes; else any move at all."""

    def solve(view: View, rng: Random) -> JSON:
        found = cells(view)
        classes = classes_of(found)
        empty = boards.emptiest(found, classes)
        moves = boards.moves_to_a_line(classes, empty, view["rows"], view["columns"])
        return list(rng.choice(moves)) if moves else blind(view, rng)

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
    """The move whose five stones are most alike, to a cell that seems empty."""

    def solve(view: View, rng: Random) -> JSON:
        found = cells(view)
        likeness = sum(alike.standing_out(one) for one in likenesses(found))
        return list(_ranked(view, found, np.asarray(likeness))[0][0])

    return solve


def _ranked(
    view: View, found: list[Pixels], likeness: Floats
) -> list[tuple[boards.Move, alike.Group]]:
    """All moves, the likeliest first."""
    there = alike.presence(found)

    def score(candidate: tuple[boards.Move, alike.Group]) -> float:
        (_, gap), group = candidate
        pairs = alike.within(likeness, group)
        stones = np.minimum(there[list(group)], 0.5).mean()
        return float(pairs.mean() + 0.5 * pairs[0] + 0.8 * (stones - there[gap]))

    return sorted(alike.moves(view["rows"], view["columns"]), key=score, reverse=True)


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

    def _rows(self, view: View) -> tuple[list[tuple[boards.Move, alike.Group]], Rows]:
        found = cells(view)
        drawn = alike.marks(found)
        ways = [
            alike.standing_out(one)
            for one in (
                alike.by_turning(drawn),
                gradients.by_shipped_icons(found),
                gradients.over_turns(found),
                alike.by_edges(found),
                alike.by_moments(drawn),
                alike.by_colour(found),
            )
        ]
        there = alike.presence(found)
        moves = list(islice(_ranked(view, found, ways[0] + ways[1] + ways[2] + ways[3]), LIKELIEST))
        return moves, np.array([_row(move, ways, there) for move in moves], np.float32)


def _row(
    candidate: tuple[boards.Move, alike.Group], ways: Sequence[Floats], there: Floats
) -> list[float]:
    (_, gap), group = candidate
    row = [float(there[gap]), *np.sort(there[list(group)]).tolist()]
    for likeness in ways:
        pairs = alike.within(likeness, group)
        fifth = [float(likeness[group[-1], n]) for n in group[:-1]]
        row += [float(pairs.mean()), *pairs[:3].tolist(), float(np.mean(fifth)), min(fifth)]
    return row


def naive(rng: Random) -> Made:
    chance = generator(rng)
    board, move = kind.arranged(chance)
    picture = flat_board(chance, [stone + 1 for stone in board], kind.SIDE, kind.SIDE, 60)
    view = {"picture": sent(picture), "aspect": 1.0, "rows": kind.SIDE, "columns": kind.SIDE}
    return Made(view, {"move": list(move)})


def blind(view: View, rng: Random) -> JSON:
    return rng.sample(range(view["rows"] * view["columns"]), 2)


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
    learner=Moves(),
    blind=blind,
    chance=1 / (25 * 24),
)
