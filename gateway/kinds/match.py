"""Swap two neighbours so that three of a kind lie in a row, across or down.

The board is a picture, full of stones; stones of a kind show the same thing, each drawn anew.
Nothing lies in a row before, and one swap of the 24 makes it so, which is made sure of by trying
all of them: 4.2 % by blind guessing. No tolerance beside the cells; either may come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from gateway.art import Style, generator, within
from gateway.art.stones import draw_stones, kinds_of_stones
from gateway.kinds import Look
from gateway.model import JSON, Made, Verdict

SIDE = 4
CELLS = SIDE * SIDE
CELL_PX = 90  # 1.2 of the CSS pixels it is shown in
STONES = (4, 3, 3, 3, 3)  # of each kind
ROW = 3
MOST_CHARS = 38_000  # of the picture as text

Swap = tuple[int, int]
SWAPS: tuple[Swap, ...] = tuple(
    (cell, cell + step)
    for cell in range(CELLS)
    for step in (1, SIDE)
    if (cell + step < CELLS and (step == SIDE or (cell + 1) % SIDE))
)
LINES: tuple[tuple[int, ...], ...] = tuple(
    tuple(range(cell, cell + ROW * step, step))
    for cell in range(CELLS)
    for step in (1, SIDE)
    if (cell % SIDE + ROW <= SIDE if step == 1 else cell + (ROW - 1) * SIDE < CELLS)
)


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set for a route."""

    look: Look = Look()


class Match:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = generator(rng)
        style = Style.of(params.look.salt)
        board, swap = arranged(chance)
        things = kinds_of_stones(chance, style, len(STONES))
        cells = [things[kind] for kind in board]
        picture = draw_stones(chance, style, cells, SIDE, CELL_PX, params.look.pictures)
        view = {
            "picture": within(picture, MOST_CHARS),
            "aspect": 1.0,
            "rows": SIDE,
            "columns": SIDE,
            "mode": "swap",
        }
        return Made(view, {"swap": list(swap)})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[from, to]`: two cells, counted row by row from 0, in either order."""
        if not isinstance(answer, list) or len(answer) != 2:
            return Verdict(False, "malformed")
        if not all(type(cell) is int and 0 <= cell < CELLS for cell in answer):
            return Verdict(False, "malformed")
        wrong = len(set(secret["swap"]) - set(answer))
        return Verdict(False, "wrong", 1.0 + wrong) if wrong else Verdict(True, "right")


def arranged(chance: np.random.Generator) -> tuple[list[int], Swap]:
    """The kind on each cell, and the only swap that makes a row."""
    stones = np.repeat(np.arange(len(STONES)), STONES)
    wanted = SWAPS[int(chance.integers(len(SWAPS)))]  # so that no swap is likelier than another
    while True:
        board = [int(kind) for kind in chance.permutation(stones)]
        if not _has_row(board) and list(swaps_to_a_row(board)) == [wanted]:
            return board, wanted


def swaps_to_a_row(board: Sequence[int]) -> Iterator[Swap]:
    """Every swap of two neighbours after which three of a kind lie in a row."""
    for one, other in SWAPS:
        after = list(board)
        after[one], after[other] = board[other], board[one]
        if board[one] != board[other] and _has_row(after):
            yield one, other


def _has_row(board: Sequence[int]) -> bool:
    return any(board[a] == board[b] == board[c] for a, b, c in LINES)


KIND = Match()
