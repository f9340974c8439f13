"""Boards are read from pictures and played by force."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gateway.bench import boards

COLOURS = [(230, 225, 210), (200, 40, 40), (40, 60, 190), (30, 140, 60)]


def drawn(classes, rows, columns, seed=1, cell_px=50):
    """A flat board: stones as coloured discs, class 0 is empty."""
    chance = np.random.default_rng(seed)
    picture = np.full((rows * cell_px, columns * cell_px, 3), COLOURS[0], np.uint8)
    for n, kind in enumerate(classes):
        middle = (n % columns * cell_px + cell_px // 2, n // columns * cell_px + cell_px // 2)
        if kind:
            cv2.circle(picture, middle, cell_px * 2 // 5, COLOURS[kind], -1)
    return np.clip(picture + chance.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def same_partition(one, other):
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


@pytest.mark.parametrize("look", [boards.by_colour, boards.by_palette])
@pytest.mark.parametrize("seed", range(5))
def test_cells_are_told_apart(look, seed):
    classes = np.random.default_rng(seed).integers(0, 4, 25).tolist()
    cells = boards.cells_of(drawn(classes, 5, 5, seed), 5, 5)
    found = boards.clusters(look(cells), 4)
    assert same_partition(found, classes)
    assert boards.emptiest(cells, found) == found[classes.index(0)]


def test_shapes_are_told_apart_whatever_their_colour():
    cells = []
    for n in range(12):
        cell = np.full((60, 60, 3), 220, np.uint8)
        colour = COLOURS[1 + n % 3]
        if n < 6:
            cv2.rectangle(cell, (15, 15), (45, 45), colour, -1)
        else:
            cv2.circle(cell, (30, 30), 17, colour, 4)
        cells.append(cell)
    assert same_partition(boards.clusters(boards.by_shape(cells), 2), [0] * 6 + [1] * 6)


FIVE = """
1 1 . 1 1
. 2 1 . .
2 . . 2 .
. 2 . . .
. . . . 2
"""


def read(text):
    return [0 if sign == "." else int(sign) for sign in text.split()]


def test_one_move_makes_five():
    assert boards.moves_to_a_line(read(FIVE), 0, 5, 5) == [(7, 2)]


def test_five_slantwise():
    board = read("1 . . . .  . 1 . . .  . . 1 . .  . . . 1 .  1 . . . .")
    assert boards.moves_to_a_line(board, 0, 5, 5) == [(20, 24)]


def test_swaps_make_three():
    assert boards.swaps_to_a_line(read("1 2 1  3 1 3  2 3 2"), 3, 3) == [(1, 4), (4, 7)]
    assert boards.swaps_to_a_line(read("1 1 2  2 3 1  3 2 3"), 3, 3) == [(2, 5), (4, 7)]


def test_a_swap_across_the_edge_is_none():
    assert boards.swaps_to_a_line(read("1 1 2  1 3 3  2 2 3"), 3, 3) == []


def test_lines():
    assert len([*boards.lines(5, 5, 5)]) == 12
    assert len([*boards.lines(3, 3, 3, diagonal=False)]) == 6
    assert (4, 8, 12, 16, 20) in [*boards.lines(5, 5, 5)]


def test_inner_parts():
    picture = np.arange(80 * 80 * 3).reshape(80, 80, 3).astype(np.uint8)
    cells = boards.cells_of(picture, 2, 2, inner=0.5)
    assert [cell.shape for cell in cells] == [(20, 20, 3)] * 4
    np.testing.assert_array_equal(cells[0], picture[10:30, 10:30])
