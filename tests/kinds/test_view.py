"""Pick what the little person sees."""

from __future__ import annotations

import json
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.art import Style
from gateway.art.board import dressed
from gateway.art.stage import Camera, Light, Thing, paint
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.view import (
    COLUMNS,
    FAMILIES,
    KIND,
    ORDERS,
    ROWS,
    SCENE_PX,
    TILE_PX,
    Params,
    arranged,
    places,
    scene_camera,
    tile_camera,
    turned,
)

SECRET = {"chosen": [4, 0]}


def solve(secret: Any) -> Any:
    return list(secret["chosen"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([4, 0], "right"),
        ([4, 1], "wrong"),
        ([3, 0], "wrong"),
        ([0, 4], "wrong"),
        ([5, 5], "wrong"),
        ([4], "malformed"),
        ([4, 0, 0], "malformed"),
        ([6, 0], "malformed"),
        ([4, -1], "malformed"),
        ([4, False], "malformed"),
        ([4.0, 0], "malformed"),
        ([float("nan"), 0], "malformed"),
        ({"0": 4, "1": 0}, "malformed"),
    ],
)
def test_check(answer: Any, reason: str) -> None:
    verdict = KIND.check(SECRET, answer)
    assert (verdict.ok, verdict.reason) == (reason == "right", reason)


def test_blind_chance_is_one_in_36() -> None:
    fields = range(ROWS * COLUMNS)
    right = [KIND.check(SECRET, [a, b]).ok for a, b in product(fields, fields)]
    assert sum(right) / len(right) == 1 / 36 < 0.05


def test_the_right_picture_lies_anywhere() -> None:
    chosen = [KIND.make(Random(seed), Params()).secret["chosen"] for seed in range(40)]
    assert {field for pair in chosen for field in pair} == set(range(ROWS * COLUMNS))


def test_the_person_sees_the_scene_as_the_truth_shows_it() -> None:
    """Walking around the board to the person's place gives the order of the right picture."""
    for seed in range(50):
        setting = arranged(np.random.default_rng(seed), Style.of(b""))
        walked = Camera(setting.from_rad, 0.3, 5.0, 100.0, (0, 0))
        ahead = Camera(0.0, 0.3, 5.0, 100.0, (0, 0))
        above = np.array([[*item.at, 0.0] for item in setting.from_above()])
        truth = np.array([[*item.at, 0.0] for item in setting.in_order(ORDERS[0])])
        assert np.allclose(walked.seen(above), ahead.seen(truth), atol=1e-3)
        assert [i.name for i in setting.from_above()] == [
            i.name for i in setting.in_order(ORDERS[0])
        ]
        for mine, theirs in zip(setting.from_above(), setting.in_order(ORDERS[0]), strict=True):
            same = [dressed(np.random.default_rng(seed), item).placed() for item in (mine, theirs)]
            assert np.allclose(walked.seen(same[0]), ahead.seen(same[1]), atol=1e-2)
        across = ahead.seen(truth)[:, 0]
        assert np.all(np.diff(across) > 30)  # px: from left to right, well apart


def test_a_quarter_to_the_right_turns_right_into_far() -> None:
    """The person at azimuth 90° stands at +x and has +y to the right."""
    assert turned((1.0, 0.0), np.pi / 2) == pytest.approx((0.0, 1.0))
    assert turned((0.0, 1.0), np.pi / 2) == pytest.approx((-1.0, 0.0))


def test_any_two_pictures_have_solids_exchanged() -> None:
    assert len(set(ORDERS)) == ROWS * COLUMNS
    for a, b in product(ORDERS, ORDERS):
        assert a == b or sum(x != y for x, y in zip(a, b, strict=True)) >= 2


def shares(camera: Camera, size_px: tuple[int, int], things: tuple[Thing, ...]) -> list[float]:
    """What is seen of each thing, as a share of what would be seen of it alone."""

    def pixels(shown: tuple[Thing, ...], index: int) -> int:
        picture = Image.new("RGB", size_px)
        flat = [
            Thing(t.solid, t.at, t.turn_rad, t.width, t.height, ((k + 1,) * 3,) * 3, "plain")
            for k, t in enumerate(shown)
        ]
        paint(ImageDraw.Draw(picture), camera, Light((0, 0, 0), 1.0), tuple(flat))
        return int((np.asarray(picture)[..., 0] == index + 1).sum())

    alone = [(thing,) for thing in things]
    return [pixels(things, k) / pixels(alone[k], 0) for k in range(len(things))]


def test_no_solid_is_hidden() -> None:
    """The rule for places keeps each solid in sight, in the scene and in the pictures."""
    in_scene, in_tile = [], []
    for seed in range(150):
        chance = np.random.default_rng(seed)
        setting = arranged(chance, Style.of(b""))
        above = tuple(dressed(chance, item) for item in setting.from_above())
        in_scene += shares(scene_camera(chance), SCENE_PX, above)
        order = ORDERS[seed % len(ORDERS)]
        ahead = tuple(dressed(chance, item) for item in setting.in_order(order))
        in_tile += shares(tile_camera(chance), TILE_PX, ahead)
    assert min(in_scene) > 0.4 and min(in_tile) > 0.4
    assert np.quantile(in_scene, 0.1) > 0.7 and np.quantile(in_tile, 0.1) > 0.7


def test_places_are_on_the_board() -> None:
    for seed in range(50):
        for spot in places(np.random.default_rng(seed), 2.0):
            assert np.hypot(*spot) < 0.9


def test_an_install_has_its_own_solids() -> None:
    def names(salt: bytes) -> set[str]:
        style = Style.of(salt)
        made = [arranged(np.random.default_rng(seed), style).names for seed in range(60)]
        return {name for three in made for name in three}

    known = {name for family in FAMILIES for name in family}
    assert len({frozenset(names(salt)) for salt in (b"a", b"b", b"c", b"d", b"e")}) > 1
    assert names(b"a") < known


def test_a_scene_never_has_two_of_a_family() -> None:
    family = {name: k for k, names in enumerate(FAMILIES) for name in names}
    for seed in range(60):
        names = arranged(np.random.default_rng(seed), Style.of(b"")).names
        assert len({family[name] for name in names}) == 3


def test_sizes_never_vary_and_bytes_are_bounded() -> None:
    for seed in range(25):
        made = KIND.make(Random(seed), Params(Look(salt=b"%d" % (seed % 5))))
        assert len(json.dumps(dict(made.view))) <= 40_000
        for one in made.view["rounds"]:
            assert decode(one["scene"]).shape == (SCENE_PX[1], SCENE_PX[0], 3)
            assert decode(one["options"]).shape == (TILE_PX[1] * ROWS, TILE_PX[0] * COLUMNS, 3)


def test_no_two_pictures_have_the_same_colours() -> None:
    """Nothing of how it is painted carries over from the scene to the pictures."""
    for seed in range(10):
        for one in KIND.make(Random(seed), Params()).view["rounds"]:
            options = decode(one["options"])
            tiles = options.reshape(ROWS, TILE_PX[1], COLUMNS, TILE_PX[0], 3).swapaxes(1, 2)
            means = tiles.reshape(ROWS * COLUMNS, -1, 3).mean(1)
            apart = np.linalg.norm(means[:, None] - means[None], axis=-1)
            assert apart[np.triu_indices(6, 1)].min() > 1.0
