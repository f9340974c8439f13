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
from gateway.art.relations import RELATIONS, Habits, Tile, enclosing, joining
from gateway.art.relations.cloth import FLOOR
from gateway.art.relations.lines import crossings, steepness
from gateway.art.relations.shapes import SHAPES
from gateway.art.relations.sheet import FINE, SIDE_PX, Sheet
from gateway.art.relations.tile import Bend
from gateway.art.style import Style
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds.nine import FIT, KIND, TILES, WIDTH_PX, Params
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


def test_every_relation_is_asked() -> None:
    assert {made(seed).view["relation"] for seed in range(40)} == set(RELATIONS)


def test_an_install_draws_in_a_way_of_its_own() -> None:
    habits = [Habits.of(Style.of(f"{n}".encode()), sorted(SHAPES)) for n in range(40)]
    assert {name for habit in habits for name in habit.shapes} == set(SHAPES)
    assert len({habit.stroke for habit in habits}) == 40


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
    habits = Habits.of(Style.of(b""), sorted(SHAPES))
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
        drawn.balls([np.array([0.5, 0.5])], 0.2)
        inner = slice(SIDE_PX // 2 - 12, SIDE_PX // 2 + 12)
        off = (np.asarray(drawn.picture, float) - before)[inner, inner]
        assert np.sqrt((off**2).mean()) > 0.5 * FLOOR, seed


@pytest.mark.parametrize("fits", [True, False])
def test_two_ends_are_of_one_string_or_not(monkeypatch: pytest.MonkeyPatch, fits: bool) -> None:
    """And any pairing of the four ends, and so any number of crossings, is as likely both ways."""
    crossed: Counter[int] = Counter()
    for seed in range(150):
        drawn = tile(seed)
        strips: list[np.ndarray] = []
        monkeypatch.setattr(Tile, "strip", lambda _, path, *__, strips=strips: strips.append(path))
        two = joining._two(drawn.chance)
        ends = joining._drawn(drawn, two, fits)
        spots = {tuple(ends[i]) for i in two}
        is_one = any({tuple(path[0]), tuple(path[-1])} == spots for path in strips)
        assert is_one is fits
        crossed[len(crossings(*strips))] += 1
    assert set(crossed) == {1, 2}
    assert 30 <= crossed[1] <= 70, "a third of 150"


def test_strings_cross_steeply_and_are_apart_elsewhere() -> None:
    chance = art.generator(Random(2))
    for pairing in joining.PAIRINGS * 8:
        one, other = joining._strings(chance, pairing)
        met = crossings(one, other)
        assert all(steepness(one, other, at) >= joining.STEEP for at in met)
        off = np.sqrt(((one[:, None] - other[None]) ** 2).sum(2)).min(1)
        near = one[off < joining.STRING]
        to_crossing = np.sqrt(((near[:, None] - np.array(met)[None]) ** 2).sum(2)).min(1)
        assert to_crossing.max() <= joining.CLEAR


@pytest.mark.parametrize(
    "one, other, where, angle",
    [
        ([(0, 0), (2, 2)], [(0, 2), (2, 0)], [(1, 1)], np.pi / 2),
        ([(0, 0), (2, 0)], [(1, -1), (2, 1)], [(1.5, 0)], np.arctan(2)),
        ([(0, 0), (2, 0)], [(0, 1), (2, 1)], [], 0.0),
        ([(0, 0), (1, 0)], [(2, -1), (2, 1)], [], np.pi / 2),
    ],
)
def test_lines_cross(one: object, other: object, where: object, angle: float) -> None:
    lines = np.array(one, float), np.array(other, float)
    assert np.allclose(np.array(crossings(*lines)).reshape(-1, 2), np.array(where).reshape(-1, 2))
    assert steepness(*lines, np.array([1.0, 1.0])) == pytest.approx(angle)


def test_balls_are_on_the_sides_they_should_be_and_as_far_apart_both_ways() -> None:
    far: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(160):
        chance, fits = art.generator(Random(seed)), seed % 2 == 0
        path = enclosing._bent(chance)
        sides = enclosing._places(chance, path, 0.28, enclosing.LINE)
        pair = enclosing._pair(chance, *sides, fits)
        if pair is None:
            continue
        off = [np.sqrt(((path - at) ** 2).sum(1)).min() for at in pair]
        assert all(abs(o - 0.14) > enclosing.SMALL + enclosing.LINE / 2 for o in off)
        assert bool((off[0] < 0.14) == (off[1] < 0.14)) is fits
        far[fits].append(float(np.hypot(*(pair[0] - pair[1]))))
    assert min(len(found) for found in far.values()) > 40
    assert abs(np.mean(far[True]) - np.mean(far[False])) < 0.06


def test_a_ring_of_dashes_has_gaps_all_around() -> None:
    straight = np.stack([np.linspace(0.25, 0.75, 40), np.full(40, 0.5)], axis=1)
    sheet = Sheet.about(straight, 0.4)
    sheet.strip(straight, 0.34)
    sheet.strip(straight, 0.26, 0)
    whole = (np.asarray(sheet.mask) > 0).sum()
    sheet.cut(straight, 0.38, 0.03)
    left = np.asarray(sheet.mask) > 0
    assert 0.5 * whole < left.sum() < 0.9 * whole
    assert len(_runs(left[int(0.04 * SIDE_PX * FINE)])) > 3, "dashes along a side"


def _runs(row: np.ndarray) -> list[int]:
    """Where things begin in a row."""
    return np.nonzero(np.diff(row.astype(int)) == 1)[0].tolist()


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


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_fill_a_circle_of_radius_one(name: str) -> None:
    far = np.hypot(*SHAPES[name]().T).max()
    assert 0.85 < far < 1.3
