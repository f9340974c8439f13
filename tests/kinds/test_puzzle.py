from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from math import hypot, inf
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import art
from gateway.bench.pictures import decode
from gateway.bench.rims import gap_middles
from gateway.kinds import Look
from gateway.kinds.puzzle import (
    DRAWN_PX,
    FRAME_PX,
    GAP_PX,
    HEIGHT_PX,
    HIDDEN,
    KIND,
    PIECE_PX,
    WIDTH_PX,
    Params,
    laid,
)
from gateway.model import JSON
from tests.art.test_art import operators_picture

SECRET = {"places": [[0.25, 0.5], [0.75, 0.5]], "tolerance_px": 5.0}
NAN = float("nan")


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Each piece in the middle of its gap."""
    return [list(place) for place in secret["places"]]


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize(
    "off_px, ok", [(-6, 0), (-5, 1), (0, 1), (5, 1), (6, 0), (-5.1, 0), (5.1, 0)]
)
@pytest.mark.parametrize("axis, whole_px", [(0, WIDTH_PX), (1, HEIGHT_PX)])
def test_how_far(piece: int, off_px: float, ok: int, axis: int, whole_px: int) -> None:
    answer = solve(SECRET)
    answer[piece][axis] += off_px / whole_px * (1 - 1e-9)
    verdict = KIND.check(SECRET, answer)
    assert (verdict.ok, verdict.reason) == (bool(ok), "right" if ok else "wrong")
    assert verdict.miss == pytest.approx(abs(off_px) / 5)


def test_the_worst_piece_counts_and_slanting_is_not_farther() -> None:
    both = [[0.25 + 3 / WIDTH_PX, 0.5 + 4 / HEIGHT_PX], [0.75 + 2 / WIDTH_PX, 0.5]]
    assert KIND.check(SECRET, both).miss == pytest.approx(1.0)
    both[0][1] += 1 / HEIGHT_PX
    assert not KIND.check(SECRET, both).ok


def test_pieces_are_not_exchangeable() -> None:
    assert not KIND.check(SECRET, solve(SECRET)[::-1]).ok


@pytest.mark.parametrize(
    "answer, reason",
    [
        ([[0, 0], [1, 1]], "wrong"),
        ([[0.25, 2], [0.75, 1.3]], "wrong"),
        ([[0.25, 2.01], [0.75, 0.5]], "malformed"),
        ([[0.25, -0.01], [0.75, 0.5]], "malformed"),
        ([[NAN, 0.5], [0.75, 0.5]], "malformed"),
        ([[inf, 0.5], [0.75, 0.5]], "malformed"),
        ([[10**400, 0.5], [0.75, 0.5]], "malformed"),
        ([[True, 0.5], [0.75, 0.5]], "malformed"),
        ([["0.25", 0.5], [0.75, 0.5]], "malformed"),
        ([[0.25, 0.5]], "malformed"),
        ([[0.25, 0.5], [0.75, 0.5], [0.1, 0.1]], "malformed"),
        ([[0.25], [0.75, 0.5]], "malformed"),
        ([[0.25, 0.5, 0], [0.75, 0.5]], "malformed"),
        ({"0": [0.25, 0.5]}, "malformed"),
        (None, "malformed"),
    ],
)
def test_other_answers(answer: JSON, reason: str) -> None:
    assert KIND.check(SECRET, answer).reason == reason


number = st.floats() | st.integers() | st.booleans() | st.none()


@given(st.lists(st.lists(number, max_size=3) | number, max_size=3))
def test_any_points_get_a_verdict(answer: JSON) -> None:
    verdict = KIND.check(SECRET, answer)
    assert verdict.ok is (verdict.reason == "right")


def test_chance_is_as_stated() -> None:
    """Two discs of 10 px in a picture of 320 x 220: 1 in 50,000."""
    assert Params().tolerance_px == 10
    hit = np.pi * 10**2 / (WIDTH_PX * HEIGHT_PX)
    assert 1 / 51_000 < hit**2 < 1 / 49_000
    found = right = 0
    for seed in range(5):
        made = KIND.make(Random(seed), Params())
        middles = [[x / DRAWN_PX[0], y / DRAWN_PX[1]] for x, y in seen_gaps(made.view)]
        found += 1
        pairs = [[a, b] for a in middles for b in middles if a != b]
        right += sum(KIND.check(made.secret, pair).ok for pair in pairs)
        assert len(pairs) == 30
    assert right == found  # 1 in 30, once all gaps are found


def seen_gaps(view: Mapping[str, JSON]) -> list[tuple[float, float]]:
    return gap_middles(decode(view["picture"]))


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_all_gaps_are_plain_to_see_and_the_right_ones_among_them(pictures) -> None:
    for seed in range(4):
        made = KIND.make(Random(seed), Params(look=Look(b"salt", pictures)))
        middles = seen_gaps(made.view)
        for x, y in made.secret["places"]:
            far = [hypot(x * DRAWN_PX[0] - a, y * DRAWN_PX[1] - b) for a, b in middles]
            assert min(far) < 4
        scene = art.pixels_of(art.image(decode(made.view["picture"]).astype(np.float32)))
        light = art.luminance(scene)
        for a, b in middles:
            down, across = np.mgrid[0 : DRAWN_PX[1], 0 : DRAWN_PX[0]]
            away = np.hypot(across - a, down - b)
            ring = light[(away > GAP_PX / 2 + 1) & (away < GAP_PX / 2 + FRAME_PX - 1)]
            assert ring.mean() - light[away < GAP_PX / 2 - 3].mean() > 130


def laid_out(seed: int, salt: bytes = b"salt"):
    chance, style = art.generator(Random(seed)), art.Style.of(salt)
    scene = art.scene(chance, *DRAWN_PX, style)
    before = scene.copy()
    return laid(chance, scene, style, 10.0), before, scene


def test_gaps_never_touch_each_other_or_the_border() -> None:
    reach = GAP_PX / 2 + FRAME_PX
    for seed in range(12):
        gaps = [one.gap for one in laid_out(seed)[0]]
        assert len(gaps) == 6
        for (a, b), (c, d) in combinations(gaps, 2):
            assert hypot(a - c, b - d) > 2 * reach
        for x, y in gaps:
            assert reach < x < DRAWN_PX[0] - reach
            assert reach < y < DRAWN_PX[1] - reach


def test_a_gap_hides_about_half_and_what_is_left_stands_out() -> None:
    for seed in range(6):
        placed, before, after = laid_out(seed)
        for one in placed:
            rows, columns = (slice(at, at + one.thing.body.shape[0]) for at in one.corner[::-1])
            down, across = np.mgrid[rows, columns]
            hole = np.hypot(across - one.gap[0], down - one.gap[1]) <= GAP_PX / 2
            hidden = float((one.thing.body * hole).sum() / one.thing.body.sum())
            assert HIDDEN[0] - 0.03 < hidden < HIDDEN[1] + 0.03
            beside = (one.thing.body > 0.5) & ~hole
            off = np.abs(after[rows, columns] - before[rows, columns])[beside].mean(axis=1)
            assert np.mean(off > 30) > 0.45


def test_which_gaps_are_right_is_told_by_no_place() -> None:
    cells = {
        tuple(
            int(x * 3) + 3 * int(y * 2) for x, y in KIND.make(Random(s), Params()).secret["places"]
        )
        for s in range(16)
    }
    assert len(cells) > 8


@pytest.mark.parametrize("hardness", ["usual", "hard"])
def test_pieces_wait_below_the_picture_and_sizes_never_change(hardness) -> None:
    for seed in range(3):
        view = KIND.make(Random(seed), Params(hardness=hardness)).view
        assert decode(view["picture"]).shape == (DRAWN_PX[1], DRAWN_PX[0], 3)
        assert view["aspect"] == pytest.approx(WIDTH_PX / HEIGHT_PX, abs=1e-3)
        assert [set(piece) for piece in view["pieces"]] == [
            {"picture", "width", "height", "x", "y"}
        ] * 2
        for piece in view["pieces"]:
            assert decode(piece["picture"]).shape == (PIECE_PX, PIECE_PX, 4)
            assert piece["y"] - piece["height"] / 2 > 1.0
            assert 0 <= piece["x"] - piece["width"] / 2 <= piece["x"] + piece["width"] / 2 <= 1
        first, second = view["pieces"]
        assert second["x"] - first["x"] > first["width"]


def test_masks_of_pieces_are_all_the_same() -> None:
    """And tell nothing."""
    masks = [
        decode(piece["picture"])[..., 3]
        for seed in range(3)
        for piece in KIND.make(Random(seed), Params()).view["pieces"]
    ]
    assert all(np.array_equal(masks[0], mask) for mask in masks)


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_a_question_is_small(pictures) -> None:
    for seed in range(12):
        view = KIND.make(Random(seed), Params(look=Look(b"%d" % seed, pictures))).view
        assert len(json.dumps(dict(view))) < 40_000
