"""The naive twins' pictures are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.bench import boards, twins
from gateway.bench.pictures import decode


@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_are_sent_unchanged(channels):
    picture = np.random.default_rng(1).uniform(1, 255, (20, 30, channels))
    np.testing.assert_array_equal(decode(twins.sent(picture)), np.rint(picture).astype(np.uint8))


def test_a_piece_is_opaque_where_the_gap_is_dark():
    picture = np.full((100, 200, 3), 200.0, np.float32)
    mask = twins.jigsaw(60)
    holed, piece = twins.cut_out(picture, mask, 100, 20)
    assert piece[30, 30].tolist() == [200, 200, 200, 255]
    assert holed[50, 130].tolist() == pytest.approx([90, 90, 90])
    np.testing.assert_array_equal(holed[:, :90], picture[:, :90])


@pytest.mark.parametrize("seed", range(6))
def test_flat_boards_fall_to_colours(seed):
    chance = np.random.default_rng(seed)
    classes = chance.integers(0, 5, 25).tolist()
    board = decode(twins.sent(twins.flat_board(chance, classes, 5, 5, 56)))
    found = boards.clusters(boards.by_colour(boards.cells_of(board, 5, 5)), len(set(classes)))
    assert len(set(zip(found, classes, strict=True))) == len(set(classes))
