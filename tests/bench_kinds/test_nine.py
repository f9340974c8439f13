"""Who attacks `nine` measures what is there: on plain tiles the rules are right."""

from __future__ import annotations

import json
from random import Random

import numpy as np
import pytest
from PIL import Image

from gateway import art
from gateway.art.relations import RELATIONS as DRAWN
from gateway.art.relations import Habits, Tile
from gateway.art.relations.shapes import SHAPES
from gateway.art.relations.sheet import SIDE_PX
from gateway.art.style import Style
from gateway.bench.attacks.nine import SUITE, blind, by_rule, tiles_of
from gateway.bench.rules import RELATIONS
from gateway.bench.tiles import grabbed, gradients, measured, off_the_rim
from gateway.kinds.nine import KIND, Params


def plain(seed: int, name: str, fits: bool) -> np.ndarray:
    """A tile without any pattern."""
    chance = art.generator(Random(seed))
    ground = Image.new("RGB", (SIDE_PX, SIDE_PX), (205, 205, 205))
    habits = Habits.of(Style.of(b""), sorted(SHAPES))
    drawn = Tile(chance, ground, [Image.new("L", (SIDE_PX, SIDE_PX))], habits)
    DRAWN[name](drawn, fits)
    return np.asarray(drawn.picture)


@pytest.mark.parametrize(
    "name, least",
    [
        ("joined", 0.75),
        ("paired", 0.6),
        ("together", 0.8),
    ],
)
def test_a_rule_tells_plain_tiles_apart(name, least):
    """The share of pairs, one that fits and one that does not, in which the first scores higher."""
    scores = {
        fits: [
            RELATIONS[name](measured(plain(seed, name, fits), off_the_rim)) for seed in range(25)
        ]
        for fits in (True, False)
    }
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[True] for b in scores[False]]
    assert np.mean(pairs) >= least


def test_every_relation_has_a_rule():
    assert set(RELATIONS) == set(DRAWN)


def test_what_stands_out_is_found():
    tile = plain(3, "joined", True)
    for apart in (off_the_rim, grabbed):
        found = measured(tile, apart)
        assert found.things
        assert 0.05 < sum(thing.area for thing in found.things) < 0.5


def test_a_tile_of_one_colour_has_nothing():
    blank = np.full((SIDE_PX, SIDE_PX, 3), 90, np.uint8)
    for apart in (off_the_rim, grabbed):
        row = measured(blank, apart).row([])
        assert np.isfinite(row).all()
    assert np.isfinite(gradients(blank)).all()


def test_tiles_are_cut_where_the_gutters_are():
    view = KIND.make(Random(1), Params()).view
    tiles = tiles_of(view)
    assert [tile.shape for tile in tiles] == [(SIDE_PX, SIDE_PX, 3)] * 9


def test_the_learner_sees_a_row_for_each_tile():
    made = KIND.make(Random(2), Params())
    rows, labels = SUITE.learner.examples(made)
    assert len(rows) == len(labels) == 9
    assert np.isfinite(rows).all()
    assert labels.sum() == 3
    wanted = SUITE.learner.answer(made.view, lambda rows: labels.astype(np.float32))
    assert KIND.check(made.secret, json.loads(json.dumps(wanted))).ok


def test_the_twin_falls_to_the_example():
    hits = 0
    for seed in range(20):
        made = SUITE.naive(Random(seed))
        hits += KIND.check(made.secret, SUITE.attacks[0].solve(made.view, Random(1))).ok
    assert hits >= 18


@pytest.mark.parametrize("solve", [by_rule, blind, *(attack.solve for attack in SUITE.attacks)])
def test_every_attack_gives_three_tiles(solve):
    made = KIND.make(Random(3), Params())
    answer = json.loads(json.dumps(solve(made.view, Random(1))))
    assert KIND.check(made.secret, answer).reason in ("right", "wrong")
