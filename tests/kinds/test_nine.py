"""Nine tiles of which three fit: what is asked, what is right, and that it can be seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from random import Random

import numpy as np
import pytest
from PIL import Image

from gateway import art
from gateway.art.relations import (
    RELATIONS,
    Habits,
    Tile,
    enclosing,
    hiding,
    joining,
    pointing,
)
from gateway.art.relations.shapes import BOXES, SHAPES, box_faces
from gateway.art.relations.tile import FINE, FLOOR, SIDE_PX, Bend, Sheet
from gateway.art.style import Style
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.nine import FIT, KIND, KNOWN, TILES, WIDTH_PX, Params, known
from gateway.model import JSON

SECRET = {"right": [1, 4, 8]}


def solve(secret: Mapping[str, JSON]) -> JSON:
    """The tiles that fit, in order."""
    return list(secret["right"])


def made(seed: int, salt: bytes = b"") -> object:
    return KIND.make(Random(seed), Params(Look(salt)))


@pytest.mark.parametrize(
    "answer, reason",
    [
        ([1, 4, 8], "right"),
        ([8, 1, 4], "right"),
        ([1, 4, 7], "wrong"),
        ([0, 2, 3], "wrong"),
        ([1, 4], "malformed"),
        ([1, 4, 8, 0], "malformed"),
        ([1, 4, 4], "malformed"),
        ([1, 4, 9], "malformed"),
        ([1, 4, -1], "malformed"),
        ([1.0, 4, 8], "malformed"),
        ([True, 4, 8], "malformed"),
        (["1", 4, 8], "malformed"),
        ([[1, 4, 8]], "malformed"),
        ({"right": [1, 4, 8]}, "malformed"),
        (None, "malformed"),
    ],
)
def test_a_set_is_right_or_wrong(answer: JSON, reason: str) -> None:
    verdict = KIND.check(SECRET, answer)
    assert (verdict.ok, verdict.reason) == (reason == "right", reason)


def test_blind_chance_is_one_of_84() -> None:
    sets = [list(pick) for pick in combinations(range(TILES), FIT)]
    assert len(sets) == 84
    assert sum(KIND.check(SECRET, pick).ok for pick in sets) == 1


def test_three_fit_always_and_any_may() -> None:
    seen: Counter[int] = Counter()
    for seed in range(60):
        right = made(seed).secret["right"]
        assert right == sorted(set(right)) and len(right) == FIT
        seen.update(right)
    assert set(seen) == set(range(TILES))
    assert max(seen.values()) < 40


def test_sizes_never_vary_and_the_view_is_small() -> None:
    for seed in range(12):
        view = made(seed, f"salt {seed % 4}".encode()).view
        assert decode(view["picture"]).shape[:2] == (WIDTH_PX, WIDTH_PX)
        assert decode(view["prompt"]).shape[:2] == (SIDE_PX, SIDE_PX)
        assert set(view) == {"picture", "prompt", "relation"}
        assert len(json.dumps(dict(view))) <= 40_000


def test_an_install_asks_about_some_relations_in_a_way_of_its_own() -> None:
    asked = {known(Style.of(f"salt {n}".encode())) for n in range(40)}
    assert {len(set(names)) for names in asked} == {KNOWN}
    assert {name for names in asked for name in names} == set(RELATIONS)
    assert len({frozenset(names) for names in asked}) > 1
    habits = {Habits.of(Style.of(f"{n}".encode()), sorted(SHAPES), BOXES).box for n in range(40)}
    assert habits == set(BOXES)


def test_the_question_is_one_of_the_installs_own() -> None:
    names = known(Style.of(b"mine"))
    assert {made(seed, b"mine").view["relation"] for seed in range(40)} == set(names)


def test_the_tiles_fit_as_the_secret_says_and_so_does_the_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[bool] = []
    asked = dict.fromkeys(RELATIONS, lambda tile, fits: drawn.append(fits))
    monkeypatch.setattr("gateway.kinds.nine.RELATIONS", asked)
    secret = made(1).secret
    assert [index for index, fits in enumerate(drawn) if fits] == [*secret["right"], TILES]


# --- Relations -----------------------------------------------------------------------------------


def tile(seed: int, shade: int = 128) -> Tile:
    chance = art.generator(Random(seed))
    weave = art.image(255.0 * (chance.random((SIDE_PX, SIDE_PX)) > 0.5).astype(np.float32))
    ground = Image.new("RGB", (SIDE_PX, SIDE_PX), (shade, shade, shade))
    habits = Habits.of(Style.of(b""), sorted(SHAPES), BOXES)
    return Tile(chance, ground, [weave], habits)


@pytest.mark.parametrize("name", RELATIONS)
@pytest.mark.parametrize("fits", [True, False])
def test_every_relation_draws_both(name: str, fits: bool) -> None:
    for seed in range(15):
        drawn = tile(seed)
        before = np.asarray(drawn.picture.copy(), float)
        RELATIONS[name](drawn, fits)
        off = np.abs(np.asarray(drawn.picture, float) - before).max(2)
        assert 0.02 < (off > 20).mean() < 0.6, seed


@pytest.mark.parametrize("shade", [0, 60, 128, 200, 255])
def test_what_must_be_seen_stands_out(shade: int) -> None:
    """Light or dark cloth on any ground: one of its two colours is far off."""
    for seed in range(20):
        drawn = tile(seed, shade)
        before = np.asarray(drawn.picture.copy(), float)
        drawn.disc(np.array([0.5, 0.5]), 0.2, "plain")
        inner = slice(SIDE_PX // 2 - 12, SIDE_PX // 2 + 12)
        off = (np.asarray(drawn.picture, float) - before)[inner, inner]
        assert np.sqrt((off**2).mean()) > 0.5 * FLOOR, seed


def test_the_ball_and_the_box_cover_a_fair_share_of_each_other() -> None:
    square = np.array([(0.3, 0.3), (0.6, 0.3), (0.6, 0.7), (0.3, 0.7)])
    assert hiding._fair(np.array([0.65, 0.5]), 0.18, square)
    assert not hiding._fair(np.array([0.85, 0.5]), 0.1, square), "not hidden"
    assert not hiding._fair(np.array([0.45, 0.5]), 0.1, square), "wholly hidden"
    assert not hiding._fair(np.array([0.65, 0.9]), 0.18, square), "beyond the tile"


def test_only_who_is_drawn_last_tells_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for fits in (True, False):
        order: list[str] = []
        monkeypatch.setattr(Tile, "disc", lambda *_, order=order: order.append("ball"))
        monkeypatch.setattr(Tile, "polygon", lambda *_, order=order: order.append("box"))
        hiding.behind(tile(1), fits)
        assert (order[0] == "ball") is fits
        assert (order[-1] == "ball") is not fits


def test_inside_is_inside_and_beside_is_outside() -> None:
    chance = art.generator(Random(1))
    for _ in range(60):
        path = enclosing._bent(chance)
        half = enclosing.WIDTH / 2
        inner, outer = enclosing._within(chance, path), enclosing._beside(chance, path, half)
        far = [np.sqrt(((path - at) ** 2).sum(1)).min() for at in (inner, outer)]
        assert far[0] + enclosing.SMALL < half
        assert far[1] > half + enclosing.SMALL


def test_a_cut_string_has_a_gap_and_a_whole_one_none() -> None:
    chance = art.generator(Random(2))
    for _ in range(60):
        path = joining._winding(chance)
        first, second = joining._cut(chance, path)
        assert np.hypot(*(second[0] - first[-1])) >= joining.GAP[0]
        assert len(first) > 4 and len(second) > 4
        assert np.hypot(*np.diff(path, axis=0).T).max() < 0.08, "the whole one has no gap"


def test_the_arrow_aims_at_one_of_two_that_are_far_apart() -> None:
    chance = art.generator(Random(4))
    for _ in range(60):
        start, ball, corner = pointing._places(chance)
        a, b = ball - start, corner - start
        angle = np.arccos(a @ b / np.hypot(*a) / np.hypot(*b))
        assert angle > pointing.BETWEEN[0] - 1e-6
        assert np.hypot(*(ball - corner)) > 2 * pointing.ROUND


def test_bending_keeps_what_is_apart_apart() -> None:
    for seed in range(20):
        bend = Bend.drawn(art.generator(Random(seed)))
        grid = np.stack(np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21)), -1).reshape(
            -1, 2
        )
        moved = bend(grid).reshape(21, 21, 2)
        right, down = np.diff(moved, axis=1)[:-1], np.diff(moved, axis=0)[:, :-1]
        area = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
        assert (area > 0.3 * 0.05**2).all(), "no fold"
        assert moved.min() > -0.06 and moved.max() < 1.06


def test_a_strip_is_as_wide_as_it_says() -> None:
    straight = np.array([[0.2, 0.5], [0.5, 0.5], [0.8, 0.5]])
    sheet = Sheet.about(straight, 0.1)
    sheet.strip(straight, 0.1)
    mask = np.asarray(sheet.mask)
    assert abs((mask[:, mask.shape[1] // 2] > 0).sum() - 0.1 * SIDE_PX * FINE) <= 2
    assert sheet.at_px == (21, 66)


def test_boxes_have_an_outline_of_their_faces() -> None:
    drawn = tile(5)
    outline, faces = box_faces(drawn, 0.2, 0.3)
    corners = np.vstack([face for face, _ in faces])
    assert np.allclose(corners.min(0), outline.min(0)) and np.allclose(
        corners.max(0), outline.max(0)
    )


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_fill_a_circle_of_radius_one(name: str) -> None:
    far = np.hypot(*SHAPES[name]().T).max()
    assert 0.85 < far < 1.3
