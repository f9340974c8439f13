from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest

from gateway import art
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.restore import (
    BLOCK_PX,
    BLOCKS,
    BORDERS,
    COLUMNS,
    KIND,
    LEAST_CONTRAST,
    OUTER,
    ROWS,
    SWAPS,
    Params,
    _block,
    _laid,
    _muddled,
    swaps_needed,
)
from gateway.model import JSON

SECRET = {"order": [3, 0, 1, 5, 2, 4]}


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Each block in its place."""
    return list(secret["order"])


@pytest.mark.parametrize(
    "answer, reason",
    [
        ([3, 0, 1, 5, 2, 4], "right"),
        ([3, 0, 1, 5, 4, 2], "wrong"),
        ([0, 1, 2, 3, 4, 5], "wrong"),
        ([4, 2, 5, 1, 0, 3], "wrong"),
        ([3, 0, 1, 5, 2], "malformed"),
        ([3, 0, 1, 5, 2, 4, 4], "malformed"),
        ([3, 0, 1, 5, 2, 2], "malformed"),
        ([3, 0, 1, 5, 2, 6], "malformed"),
        ([3, 0, 1, 5, 2, -4], "malformed"),
        ([3.0, 0, 1, 5, 2, 4], "malformed"),
        ([3, False, True, 5, 2, 4], "malformed"),
        (["3", 0, 1, 5, 2, 4], "malformed"),
        ([[3], 0, 1, 5, 2, 4], "malformed"),
        ("301524", "malformed"),
        ({"order": [3, 0, 1, 5, 2, 4]}, "malformed"),
        (None, "malformed"),
    ],
)
def test_orders(answer: JSON, reason: str) -> None:
    verdict = KIND.check(SECRET, answer)
    assert (verdict.reason, verdict.ok) == (reason, reason == "right")


def test_a_few_swaps_mend_it_in_any_of_many_orders() -> None:
    seen = set()
    for seed in range(8000):
        order = _muddled(Random(seed))
        assert sorted(order) == list(range(BLOCKS))
        assert swaps_needed(order) in SWAPS
        seen.add(tuple(order))
    assert len(seen) == 499  # of which one is right: the chance that the docstring states


@pytest.mark.parametrize(
    "order, swaps",
    [([0, 1, 2], 0), ([1, 0, 2], 1), ([1, 2, 0], 2), ([1, 0, 3, 2], 2), ([1, 2, 3, 4, 5, 0], 5)],
)
def test_how_many_swaps(order: list[int], swaps: int) -> None:
    assert swaps_needed(order) == swaps


def test_the_secret_names_the_shown_block_of_each_place() -> None:
    """What is drawn for a place is where the secret says: seen by drawing all blocks flat."""
    rng = Random(5)
    before = rng.getstate()
    made = KIND.make(rng, Params())
    rng.setstate(before)
    art.generator(rng)
    shown = _muddled(rng)
    assert [shown[n] for n in made.secret["order"]] == list(range(BLOCKS))


@pytest.mark.parametrize("seed", range(4))
def test_pictures_are_all_of_one_size(seed: int) -> None:
    picture = decode(KIND.make(Random(seed), Params()).view["picture"])
    assert picture.shape == (ROWS * BLOCK_PX, COLUMNS * BLOCK_PX, 3)


def test_every_border_has_a_half_on_both_sides() -> None:
    for seed in range(10):
        inks = [
            np.asarray(ink) for ink in _laid(art.generator(Random(seed)), art.Style.of(b"salt"))
        ]
        for border in BORDERS:
            one, other = inks[border.place], inks[border.other]
            if not border.across:
                one, other = one.T, other.T
            assert one[:, -20:].max() > 127
            assert other[:, :20].max() > 127


def test_sides_at_the_rim_mostly_have_a_half_too() -> None:
    """Or the inked sides of a block would tell its place."""
    inked = 0
    for seed in range(20):
        inks = [np.asarray(ink) for ink in _laid(art.generator(Random(seed)), art.Style.of(b""))]
        for place, across, first in OUTER:
            side = inks[place] if across else inks[place].T
            side = side[:, -12:] if first else side[:, :12]
            inked += side[40:110].max() > 127
    assert inked > 0.8 * 20 * len(OUTER)


@pytest.mark.parametrize("salt", [b"", b"one", b"two"])
def test_what_must_be_seen_stands_out(salt: bytes) -> None:
    """On dark, light and middling grounds alike."""
    style = art.Style.of(salt)
    for seed, level in enumerate((6.0, 60.0, 120.0, 135.0, 200.0, 250.0)):
        chance = art.generator(Random(seed))
        mean = np.full(3, level, np.float32)
        piece = art.scene(chance, BLOCK_PX, BLOCK_PX, style)
        ink = _laid(chance, style)[0]
        mask = art.pixels_of(ink) / 255
        drawn = art.pixels(
            _block(chance, (mean, np.zeros(3, np.float32)), (piece, piece[::-1]), ink)
        )
        assert art.contrast(drawn, mask, 1 - mask) > LEAST_CONTRAST - 3


def test_an_operators_pictures_are_the_ground() -> None:
    from tests.art.test_art import operators_picture

    look = Look(b"salt", (operators_picture(),))
    made = KIND.make(Random(1), Params(look=look))
    assert made.view["picture"] != KIND.make(Random(1), Params(look=Look(b"salt"))).view["picture"]
    assert KIND.check(made.secret, solve(made.secret)).ok
