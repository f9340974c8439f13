from __future__ import annotations

import json
from collections.abc import Mapping
from math import inf
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import art
from gateway.art.assets import icons
from gateway.art.things import KNOWN, UPRIGHT
from gateway.bench.besides import Search, Seen, edges
from gateway.bench.besides import fits as besides_fits
from gateway.bench.gaps import resized
from gateway.bench.pictures import decode
from gateway.bench.turning import turned
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
    """By turns of those who know that nothing stands upright at the start: 2 %."""
    assert Params().tolerance_deg == 20
    secrets = [asked(*(Random(n).uniform(AWAY_DEG, 360 - AWAY_DEG) / 360,) * 2) for n in range(400)]
    guess, right = Random(1), 0
    for secret in secrets:
        for _ in range(50):
            turns = [guess.uniform(AWAY_DEG, 360 - AWAY_DEG) / 360 for _ in range(2)]
            right += KIND.check(secret, turns).ok
    assert right / 20_000 == pytest.approx((40 / 280) ** 2, abs=0.004)
    assert (40 / 280) ** 2 < 0.05


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


def test_what_has_an_up_is_known() -> None:
    assert UPRIGHT <= KNOWN
    assert len(UPRIGHT) > 60


def test_the_secret_is_the_clockwise_turn_that_brings_it_upright() -> None:
    """Turned by it, and by no other quarter of a turn, the icon fits what is seen."""
    icon = next(icon for icon in icons() if icon.name == "cat")
    ink = np.repeat(255 - icon.outline[..., None], 3, axis=2)
    search = Search((0.0,), (0.65, 0.7), (0.8, 1.0, 1.25))
    right = 0
    for seed in range(8):
        turn = 0.2 + 0.08 * seed
        shown = picture(art.generator(Random(seed)), icon, 360 * turn, Params(), art.Style.of(b""))
        fits = []
        for quarter in range(4):
            seen = turned(np.asarray(shown), turn + quarter / 4)
            small = resized(seen, 0.5)
            open_ = np.ones(small.shape[:2], np.float32)
            middle = (small.shape[1] / 2, small.shape[0] / 2)
            ready = Seen(edges(small), open_, (middle,))
            fits.append(float(besides_fits(ready, ink, 18.0, search)[0]))
        right += int(np.argmax(fits)) == 0
    assert right >= 6


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_things_stand_out_on_any_ground(pictures) -> None:
    """What is left out without the thing is plain: a fifth of its body at least differs much."""
    icon = next(icon for icon in icons() if icon.name == "cat")
    style, params = art.Style.of(b"salt"), Params(look=Look(b"salt", pictures))
    for seed in range(6):
        one, other = (
            art.pixels(picture(art.generator(Random(seed)), icon, turn, params, style))
            for turn in (0.0, 180.0)
        )
        off = np.abs(one - other).max(axis=2)
        assert (off > 60).sum() > 0.03 * SIDE_PX**2


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_a_question_is_small(pictures) -> None:
    for seed in range(10):
        view = KIND.make(Random(seed), Params(look=Look(b"%d" % seed, pictures))).view
        assert len(json.dumps(dict(view))) < 40_000
