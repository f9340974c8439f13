"""Blocks of a whole picture are put back by their edges alone."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.bench import seams, twins

TRIALS = 10


def scrambled(seed: int, rows: int, columns: int) -> tuple[list[np.ndarray], list[int]]:
    chance = np.random.default_rng(seed)
    picture = np.clip(twins.backdrop(chance, 300, 200), 0, 255).astype(np.uint8)
    order = [int(n) for n in chance.permutation(rows * columns)]
    blocks = seams.blocks_of(picture, rows, columns)
    return [blocks[n] for n in order], order


COSTS = {
    "plain": seams.costs,
    "normalised": lambda blocks: seams.costs(blocks, normalised=True),
    "profile": seams.profile_costs,
}


@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("rows, columns", [(2, 3), (3, 3)])
def test_edges_tell_the_order(name, rows, columns):
    right = 0
    for seed in range(TRIALS):
        blocks, order = scrambled(seed, rows, columns)
        found = seams.best_order(*COSTS[name](blocks), rows, columns)
        right += [order[n] for n in found] == list(range(rows * columns))
    assert right >= 0.8 * TRIALS


def test_too_many_blocks_are_refused():
    with pytest.raises(ValueError, match="too many"):
        seams.best_order(np.zeros((12, 12)), np.zeros((12, 12)), 3, 4)


def test_flattened_leaves_no_slope():
    slope = np.repeat(np.linspace(0, 200, 60)[None, :, None], 40, axis=0)
    flat = seams.flattened(np.repeat(slope, 3, axis=2).astype(np.uint8))
    assert np.ptp(flat) <= 3
