from __future__ import annotations

import json
from collections.abc import Mapping
from math import inf
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gateway import art
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.rotate import AWAY_DEG, KIND, SIDE_PX, STEPS, Params, picture
from gateway.model import JSON
from tests.art.test_art import operators_picture

NAN = float("nan")
WIDE_PX = 150  # of a picture as shown


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Both upright."""
    return list(secret["turns"])


def asked(*turns: float, tolerance_deg: float = 18.0) -> Mapping[str, JSON]:
    return {"turns": list(turns), "tolerance_deg": tolerance_deg}


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    "off_deg, ok",
    [
        (-18.1, 0),
        (-18, 1),
        (-5, 1),
        (0, 1),
        (5, 1),
        (18, 1),
        (18.1, 0),
        (90, 0),
        (180, 0),
        (-90, 0),
    ],
)
def test_how_far(which: int, off_deg: float, ok: int) -> None:
    answer = [0.5, 0.25]
    answer[which] += off_deg / 360 * (1 - 1e-9)
    verdict = KIND.check(asked(0.5, 0.25), [turn % 1.0 for turn in answer])
    assert (verdict.ok, verdict.reason) == (bool(ok), "right" if ok else "wrong")
    assert verdict.miss == pytest.approx(abs(off_deg) / 18)


@pytest.mark.parametrize("off_px, ok", [(-6, 0), (-5, 1), (0, 1), (5, 1), (6, 0)])
def test_how_far_at_the_rim(off_px: float, ok: int) -> None:
    """In px that the rim of a picture 150 px wide goes around."""
    tolerance_deg = float(np.degrees(5.5 / (WIDE_PX / 2)))
    share = off_px / (np.pi * WIDE_PX)
    verdict = KIND.check(asked(0.5, 0.5, tolerance_deg=tolerance_deg), [0.5 + share, 0.5])
    assert verdict.ok is bool(ok)


@pytest.mark.parametrize("turn, answer", [(0.98, 0.01), (0.01, 0.98), (0.0, 1.0), (1.0, 0.0)])
def test_a_full_turn_is_none(turn: float, answer: float) -> None:
    assert KIND.check(asked(turn, 0.5), [answer, 0.5]).ok


def test_pictures_are_not_exchangeable() -> None:
    assert not KIND.check(asked(0.2, 0.5), [0.5, 0.2]).ok


@pytest.mark.parametrize(
    "answer, reason",
    [
        ([0, 0], "wrong"),
        ([1.0001, 0.5], "malformed"),
        ([-0.0001, 0.5], "malformed"),
        ([NAN, 0.5], "malformed"),
        ([inf, 0.5], "malformed"),
        ([10**400, 0.5], "malformed"),
        ([True, 0.5], "malformed"),
        (["0.5", 0.5], "malformed"),
        ([[0.5], 0.5], "malformed"),
        ([0.5], "malformed"),
        ([0.5, 0.25, 0.5], "malformed"),
        ({"turns": [0.5, 0.25]}, "malformed"),
        (0.5, "malformed"),
        (None, "malformed"),
    ],
)
def test_other_answers(answer: JSON, reason: str) -> None:
    assert KIND.check(asked(0.5, 0.25), answer).reason == reason


@given(st.lists(st.floats() | st.integers() | st.booleans() | st.none(), max_size=3))
def test_any_turns_get_a_verdict(answer: JSON) -> None:
    verdict = KIND.check(asked(0.5, 0.25), answer)
    assert verdict.ok is (verdict.reason == "right")


def test_chance_is_as_stated() -> None:
    """By turns of those who know that nothing stands upright at the start: 3 %."""
    assert Params().tolerance_deg == 25
    firsts = [Random(n).uniform(AWAY_DEG, 360 - AWAY_DEG) / 360 for n in range(400)]
    secrets = [asked(turn, turn, tolerance_deg=25.0) for turn in firsts]
    guess, right = Random(1), 0
    for secret in secrets:
        for _ in range(50):
            turns = [guess.uniform(AWAY_DEG, 360 - AWAY_DEG) / 360 for _ in range(2)]
            right += KIND.check(secret, turns).ok
    assert right / 20_000 == pytest.approx((50 / 280) ** 2, abs=0.004)
    assert (50 / 280) ** 2 < 0.05


@pytest.mark.parametrize("hardness", ["usual", "hard"])
def test_nothing_is_upright_at_the_start_and_sizes_never_change(hardness: str) -> None:
    for seed in range(6):
        made = KIND.make(Random(seed), Params(hardness=hardness))
        assert set(made.view) == {"pictures", "steps"}
        assert made.view["steps"] == STEPS
        for turn in made.secret["turns"]:
            assert AWAY_DEG / 360 <= turn <= 1 - AWAY_DEG / 360
        assert [decode(uri).shape for uri in made.view["pictures"]] == [(SIDE_PX, SIDE_PX, 3)] * 2


def test_keys_reach_every_right_turn() -> None:
    assert Params().tolerance_deg / 2 > 180 / STEPS


def test_the_secret_is_the_clockwise_turn_that_brings_it_upright() -> None:
    """With one seed only the figure turns: ground, loose parts and strokes lie still. So where it
    stands upright, the picture turned back shows the same; turned the other way, it stands on its
    head there, which no figure does.
    """
    offs = [_off_where_it_stands(seed) for seed in range(8)]
    assert sum(right for right, _ in offs) < sum(wrong for _, wrong in offs)


def _off_where_it_stands(seed: int) -> tuple[float, float]:
    """How far a figure at 90 degrees is from itself upright, when it is turned clockwise by that,
    and when the other way: means of channels where the figure is."""
    four = np.stack([_shown(seed, turn_deg) for turn_deg in (0, 90, 180, 270)])
    upright, at_90, still = four[0], four[1], np.median(four, axis=0)
    moves = np.ptp(four, axis=0).max(axis=2) > 24
    middle = np.argwhere(moves).mean(axis=0)  # what four quarters cover lies evenly about it
    figure = np.abs(upright - still).max(axis=2) > 24
    right, wrong = (
        float(np.abs(_turned(at_90, turn_deg, middle) - upright)[figure].mean())
        for turn_deg in (90, -90)
    )
    return right, wrong


def _shown(seed: int, turn_deg: float) -> NDArray[np.float32]:
    shown = picture(art.generator(Random(seed)), turn_deg, Params(), art.Style.of(b""))
    return np.asarray(shown, np.float32)


def _turned(
    shown: NDArray[np.float32], turn_deg: float, middle: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Clockwise about the middle (row, column)."""
    image = Image.fromarray(shown.astype(np.uint8))
    row, column = middle
    return np.asarray(
        image.rotate(-turn_deg, Image.Resampling.BILINEAR, center=(column, row)), np.float32
    )


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_figures_stand_out_on_any_ground(pictures) -> None:
    """What differs where the figure alone is turned is plain: a part differs much."""
    style, params = art.Style.of(b"salt"), Params(look=Look(b"salt", pictures))
    for seed in range(6):
        one, other = (
            art.pixels(picture(art.generator(Random(seed)), turn, params, style))
            for turn in (0.0, 180.0)
        )
        off = np.abs(one - other).max(axis=2)
        assert (off > 60).sum() > 0.03 * SIDE_PX**2


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_a_question_is_small(pictures) -> None:
    for seed in range(10):
        view = KIND.make(Random(seed), Params(look=Look(b"%d" % seed, pictures))).view
        assert len(json.dumps(dict(view))) < 40_000
