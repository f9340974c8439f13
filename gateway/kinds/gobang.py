"""Move one stone so that five of a kind lie in a row: across, down or corner to corner.

The board is a picture; stones of a kind show the same thing, each drawn anew. One kind has five
stones, four of them on a line whose fifth cell is empty; the others have four each, so that one
stone and one cell are right and no others, which is made sure of by trying all moves. Several
lines have just one empty cell, so what is empty does not tell where.

1 in 600 by blind guessing, 1 in 136 (0.7 %) for those who see which cells are empty: 17 stones, 8
empty cells. No tolerance beside the cell.
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

SIDE = 5
CELLS = SIDE * SIDE
CELL_PX = 72  # 1.2 of the CSS pixels it is shown in
STONES = (5, 4, 4, 4)  # of each kind; the first is to lie in a row
EMPTY = -1
LEAST_OPEN = 4  # lines with just one empty cell
LONGEST_OTHER = 3  # stones of another kind in one line: four would look like the answer
BEND = (0.13, 0.26)  # of stones, and squeeze: a third of what all attacks together solved is left
MOST_CHARS = 38_000  # of the picture as text

Line = tuple[int, ...]
Move = tuple[int, int]
LINES: tuple[Line, ...] = (
    *(tuple(range(row * SIDE, row * SIDE + SIDE)) for row in range(SIDE)),
    *(tuple(range(column, CELLS, SIDE)) for column in range(SIDE)),
    tuple(range(0, CELLS, SIDE + 1)),
    tuple(range(SIDE - 1, CELLS - 1, SIDE - 1)),
)


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set for a route."""

    look: Look = Look()


class Gobang:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        chance = generator(rng)
        style = Style.of(params.look.salt)
        board, move = arranged(chance)
        things = kinds_of_stones(chance, style, len(STONES))
        cells = [None if kind == EMPTY else things[kind] for kind in board]
        picture = draw_stones(chance, style, cells, SIDE, CELL_PX, params.look.pictures, BEND)
        view = {
            "picture": within(picture, MOST_CHARS),
            "aspect": 1.0,
            "rows": SIDE,
            "columns": SIDE,
            "mode": "move",
        }
        return Made(view, {"move": list(move)})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[from, to]`: two cells, counted row by row from 0."""
        if not isinstance(answer, list) or len(answer) != 2:
            return Verdict(False, "malformed")
        if not all(type(cell) is int and 0 <= cell < CELLS for cell in answer):
            return Verdict(False, "malformed")
        wrong = sum(a != b for a, b in zip(answer, secret["move"], strict=True))
        return Verdict(False, "wrong", 1.0 + wrong) if wrong else Verdict(True, "right")


def arranged(chance: np.random.Generator) -> tuple[list[int], Move]:
    """The kind on each cell, or EMPTY; and the only move that makes five in a row."""
    while True:
        board, move = _tried(chance)
        if _is_fair(board) and list(moves_to_five(board)) == [move]:
            return board, move


def _tried(chance: np.random.Generator) -> tuple[list[int], Move]:
    """One draft: four on a line, the fifth stone beside it, the others anywhere."""
    line = LINES[int(chance.integers(len(LINES)))]
    gap = line[int(chance.integers(SIDE))]
    others = [int(cell) for cell in chance.permutation(CELLS) if cell not in line]
    board = [EMPTY] * CELLS
    for cell in line:
        board[cell] = 0 if cell != gap else EMPTY
    board[others[0]] = 0
    rest = [kind for kind, count in enumerate(STONES) if kind for _ in range(count)]
    for cell, kind in zip(others[1:], rest, strict=False):
        board[cell] = kind
    return board, (others[0], gap)


def _is_fair(board: Sequence[int]) -> bool:
    """Emptiness does not tell the line, and no other kind is nearly in a row."""
    on_lines = [[board[cell] for cell in line] for line in LINES]
    is_open = [kinds.count(EMPTY) == 1 for kinds in on_lines]
    most = max(kinds.count(kind) for kinds in on_lines for kind in range(1, len(STONES)))
    return sum(is_open) >= LEAST_OPEN and most <= LONGEST_OTHER


def moves_to_five(board: Sequence[int]) -> Iterator[Move]:
    """Every move of one stone to an empty cell after which five of a kind lie in a row."""
    for start, kind in enumerate(board):
        for end, there in enumerate(board):
            if kind == EMPTY or there != EMPTY:
                continue
            after = list(board)
            after[start], after[end] = EMPTY, kind
            if any(all(after[cell] == kind for cell in line) for line in LINES if end in line):
                yield start, end


KIND = Gobang()
