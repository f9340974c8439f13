from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest

from gateway import art
from gateway.art.sketch import INK, TONES, Shape
from gateway.art.subjects import SUBJECTS
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.restore import (
    BLOCK_PX,
    BLOCKS,
    COLUMNS,
    HIDING,
    KIND,
    ROWS,
    SWAPS,
    Hiding,
    Params,
    are_told_apart,
    muddled,
    paints,
    seen,
    swaps_needed,
    telling,
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
        order = muddled(Random(seed))
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
    shown = muddled(rng)
    assert [shown[n] for n in made.secret["order"]] == list(range(BLOCKS))


@pytest.mark.parametrize("hardness", ["usual", "hard"])
@pytest.mark.parametrize("seed", range(4))
def test_pictures_are_all_of_one_size(seed: int, hardness: str) -> None:
    picture = decode(KIND.make(Random(seed), Params(hardness=hardness)).view["picture"])
    assert picture.shape == (ROWS * BLOCK_PX, COLUMNS * BLOCK_PX, 3)


# --- What blocks show ------------------------------------------------------------------------


@pytest.mark.parametrize("hiding", HIDING.values())
@pytest.mark.parametrize("name", SUBJECTS)
def test_every_subject_is_found_in_a_pose_that_tells(name: str, hiding: Hiding) -> None:
    chance = np.random.default_rng(3)
    assert all(are_told_apart(telling(chance, name, hiding)) for _ in range(5))


def filled(*tones: int | None) -> list[list[Shape]]:
    """For each block a square in its middle, of that tone, or nothing but a line."""
    low, high = 0.2 * BLOCK_PX, 0.8 * BLOCK_PX
    corners = np.array([[low, low], [high, low], [high, high], [low, high]])
    return [[Shape(corners, tone)] for tone in tones]


@pytest.mark.parametrize(
    "blocks, told",
    [
        (filled(0, 1, 2, 3, 4, INK), True),
        (filled(0, 1, 2, 3, 4, None), True),  # one may be empty
        (filled(0, None, 2, 3, 4, None), False),
        (filled(0, 1, 2, 3, 4, 4), False),
        ([*filled(0, 1, 2, 3, 4), []], True),
    ],
)
def test_blocks_that_could_be_exchanged_are_not_asked(
    blocks: list[list[Shape]], told: bool
) -> None:
    assert are_told_apart(blocks) is told


@pytest.mark.parametrize("hiding", HIDING.values())
def test_a_block_shows_its_own_place(hiding: Hiding) -> None:
    """A spot in the middle of each block is seen near the middle of that one and in no other."""
    for seed in range(20):
        chance = np.random.default_rng(seed)
        for block in range(BLOCKS):
            row, column = divmod(block, COLUMNS)
            spot = Shape(np.array([[column + 0.5, row + 0.5]] * 3), 0)
            for place in range(BLOCKS):
                found = seen(chance, [spot], place, hiding)
                assert (len(found) == 1) is (place == block)
                for shape in found:
                    off_px = np.abs(shape.points - BLOCK_PX / 2).max()
                    assert off_px < 0.3 * BLOCK_PX


@pytest.mark.parametrize("salt", [b"", b"one", b"two"])
@pytest.mark.parametrize("dark_ink", [True, False])
def test_lines_stand_out_from_every_tone(salt: bytes, dark_ink: bool) -> None:
    """By light alone: colour is not needed."""
    style = art.Style.of(salt)
    for seed in range(50):
        own = paints(np.random.default_rng(seed), dark_ink, style)
        assert len(own.tones) == TONES
        ink = float(art.luminance(np.array(own.ink, np.float32)))
        for tone in own.tones:
            assert abs(ink - float(art.luminance(np.array(tone, np.float32)))) > 60


def test_an_operators_pictures_are_the_ground() -> None:
    from tests.art.test_art import operators_picture

    look = Look(b"salt", (operators_picture(),))
    made = KIND.make(Random(1), Params(look=look))
    assert made.view["picture"] != KIND.make(Random(1), Params(look=Look(b"salt"))).view["picture"]
    assert KIND.check(made.secret, solve(made.secret)).ok
