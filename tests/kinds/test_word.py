from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest

from gateway import art
from gateway.art import eye, picking
from gateway.art.assets import characters
from gateway.art.bends import narrowest
from gateway.art.clickable import FILE_PX, SHOWN_PX
from gateway.art.legible import NEAREST, apart_from, crossings, legible, nearest, scene_fonts
from gateway.art.lettering import (
    LEAST_SEEN,
    Hand,
    Written,
    asked_for,
    in_prompt,
    lettered,
    near_to,
    shapes,
    written,
)
from gateway.bench.pictures import decode
from gateway.kinds import Hardness, Look
from gateway.kinds.word import CHARACTERS, HANDS, KIND, RADIUS, SIZE_PX, Params, chosen
from gateway.model import JSON
from tests.kinds import clicks

HAND = HANDS["usual"]
SECRET = {
    "middles": [[0.2, 0.3], [0.5, 0.6], [0.8, 0.2], [0.4, 0.9]],
    "radii_px": [30.0, 30.0, 30.0, 30.0],
}


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Each character clicked in its middle, in the prompt's order."""
    return clicks.right(secret)


@pytest.mark.parametrize(
    "off_px, reason", [(-6, "wrong"), (-5, "right"), (5, "right"), (6, "wrong")]
)
@pytest.mark.parametrize("sideways", [True, False])
@pytest.mark.parametrize("which", range(4))
def test_around_the_radius(off_px: int, reason: str, sideways: bool, which: int) -> None:
    """24.6 px further out: the radius is 30."""
    far = off_px + 24.6 * (1 if off_px > 0 else -1)
    dx, dy = (far, 0.0) if sideways else (0.0, far)
    answer = clicks.off_px(SECRET, which, dx, dy, SHOWN_PX)
    clear = all(0 <= v <= 1 for point in answer for v in point)
    verdict = KIND.check(SECRET, answer)
    assert verdict.reason == (reason if clear else "malformed")


def test_the_middle_itself_misses_by_nothing() -> None:
    verdict = KIND.check(SECRET, solve(SECRET))
    assert (verdict.ok, verdict.miss) == (True, 0.0)


@pytest.mark.parametrize(
    "answer, reason",
    [
        ([[0.2, 0.3], [0.8, 0.2], [0.5, 0.6], [0.4, 0.9]], "wrong"),  # another order
        ([[0.2, 0.3], [0.5, 0.6], [0.8, 0.2]], "malformed"),
        ([[0.2, 0.3], [0.5, 0.6], [0.8, 0.2], [0.4, 1.01]], "malformed"),
        ([[0.2, 0.3], [0.5, 0.6], [0.8, 0.2], [0.4, float("nan")]], "malformed"),
        ([[0.2, 0.3], [0.5, 0.6], [0.8, 0.2], [0.4]], "malformed"),
        ([[0.2, 0.3], [0.5, 0.6], [0.8, 0.2], "0.4,0.9"], "malformed"),
        (None, "malformed"),
    ],
)
def test_shapes_and_orders(answer: JSON, reason: str) -> None:
    assert KIND.check(SECRET, answer).reason == reason


@pytest.mark.parametrize("script", ["han", "latin"])
def test_pictures_are_all_of_one_size(script: str) -> None:
    for seed in range(3):
        view = KIND.make(Random(seed), Params(script=script)).view  # type: ignore[arg-type]
        assert decode(view["picture"]).shape == (FILE_PX[1], FILE_PX[0], 3)
        assert decode(view["prompt"]).shape[1] == view["count"] * decode(view["prompt"]).shape[0]


def put(seed: int, latin: bool = False, count: int = 4) -> tuple[list[str], list[Written]]:
    """What is asked for, and all that is put into a scene."""
    chance = art.generator(Random(seed))
    asked = chosen(chance, latin, count)
    shown = picking.in_scene_of(chance, picking.in_prompt_of(chance, asked), CHARACTERS, HAND)
    return asked, shown


@pytest.mark.parametrize("latin", [False, True])
@pytest.mark.parametrize("count", [2, 4, 5])
def test_no_two_characters_of_a_scene_are_taken_for_one_another(latin: bool, count: int) -> None:
    for seed in range(6):
        asked, shown = put(seed, latin, count)
        names = [one.character for one in shown]
        assert names[:count] == asked
        assert len(set(names)) == CHARACTERS
        for at, character in enumerate(names):
            assert apart_from([character], names[:at]) == [character]
    assert apart_from(["末", "山"], ["未"]) == ["山"]


@pytest.mark.parametrize("latin", [False, True])
@pytest.mark.parametrize("count", [2, 4, 5])
def test_beside_each_asked_lies_one_that_programs_take_it_for(latin: bool, count: int) -> None:
    """As often as one is left that people tell from all others."""
    with_one = 0
    for seed in range(10):
        asked, shown = put(seed, latin, count)
        beside = {one.character for one in shown[count:]}
        with_one += sum(bool(set(nearest(latin)[character]) & beside) for character in asked)
    assert with_one >= (0.6 if count == 5 else 0.9) * 10 * count


def test_fewer_are_put_beside_where_people_would_take_them_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        picking, "apart_from", lambda some, there: apart_from(some, there) if len(there) < 6 else []
    )
    asked, shown = put(1)
    assert [one.character for one in shown[:4]] == asked
    assert len(shown) == 6


def test_whatever_lies_near_can_be_told_apart() -> None:
    for character, near in nearest(latin=False).items():
        assert len(near) == NEAREST
        assert all(apart_from([other], [character]) for other in near)


def test_the_prompt_is_drawn_anew_each_time() -> None:
    """Bent another way, and as large: whoever compares drawings has no two alike."""
    chance = art.generator(Random(3))
    one, other = in_prompt(chance, asked_for(chance, ["山", "山"]))
    both = np.minimum(one, other).sum() / np.maximum(one, other).sum()
    assert one.shape == other.shape
    assert 0.1 < both < 0.8


def test_the_fonts_of_other_styles_hold_what_is_asked_for() -> None:
    """plain.txt, from which they are cut, says what `legible` counts."""
    for font in ("noto-serif-sc-black", "lxgw-wenkai-bold"):
        assert characters(font) == set(legible())


def test_drawings_are_kept_that_mislead_a_machines_eye() -> None:
    """Less like the type than others by chance; those beside more like it than by chance."""
    chance = art.generator(Random(7))
    kept, others, beside, by_chance = [], [], [], []
    for seed in range(8):
        asked, shown = put(seed)
        types = [picking.types(character, scene_fonts(character)) for character in asked]
        kept += picking.like([[one] for one in shown[:4]], types)
        others += picking.like([written(chance, [name] * 2, HAND) for name in asked], types)
        beside += picking.like([[one] for one in shown[4:8]], types)
        near = [written(chance, nearest(latin=False)[name], HAND) for name in asked]
        by_chance += picking.like(near, types)
    off = np.concatenate(others)
    assert np.mean(kept) < np.mean(off) - np.std(off)
    assert np.mean(beside) > np.mean(by_chance) + np.std(by_chance)


def test_what_is_shown_has_no_narrow_parts() -> None:
    """People lose strokes that are pressed together; by chance some drawings are so."""
    chance = art.generator(Random(7))
    names = [legible()[int(at)] for at in chance.integers(len(legible()), size=60)]
    by_chance = narrowest([one.bend for one in written(chance, names, HAND)])
    assert 0.05 < (by_chance < picking.NARROWEST).mean() < 0.4
    for seed in range(6):
        shown = put(seed)[1][:4]
        assert narrowest([one.bend for one in shown]).min() >= picking.NARROWEST
    prompts = narrowest([one.bend for one in picking.in_prompt_of(chance, names)])
    assert prompts.mean() > narrowest([one.bend for one in asked_for(chance, names)]).mean() + 0.03


def test_what_is_bent_nearly_alike_is_nearly_alike() -> None:
    chance = art.generator(Random(7))
    one = written(chance, ["水"], HAND)[0]
    near, far = near_to(chance, one, 12, HAND, 0.3), written(chance, ["水"] * 12, HAND)
    own = eye.seen(shapes([one], 60))
    assert {(each.character, each.font) for each in near} == {("水", one.font)}
    assert eye.likeness(own, eye.seen(shapes(near, 60))).min() > 0.8
    assert eye.likeness(own, eye.seen(shapes(far, 60))).mean() < 0.8
    assert max(float(np.abs(each.bend.off).max()) for each in near) <= HAND.bend + 1e-6


@pytest.mark.parametrize("size_px", [20, 65, 66, 86])
def test_a_drawing_is_the_same_at_every_size(size_px: int) -> None:
    """What was looked at small is what is drawn."""
    some = written(art.generator(Random(7)), ["水", "山", "中", "民"], HAND)
    large, drawn = eye.seen(shapes(some, 96)), eye.seen(shapes(some, size_px))
    assert np.diag(eye.likeness(large, drawn)).min() > 0.93


@pytest.mark.parametrize("hardness", ["usual", "hard"])
def test_bends_are_as_far_as_asked(hardness: Hardness) -> None:
    made = KIND.make(Random(1), Params(hardness=hardness))
    assert KIND.check(made.secret, solve(made.secret)).ok
    assert HANDS["usual"].bend < HANDS["hard"].bend


def test_dense_characters_are_left_out() -> None:
    assert len(legible()) > 200
    assert crossings("一") < crossings("中") < crossings("国")
    assert "中" in legible()
    assert not {"一", "清"} & set(legible())
    assert all(letter not in legible(latin=True) for letter in "O0Il1")


def test_clicks_on_the_drawn_characters_are_far_apart() -> None:
    """No place is right for two: the circles of a scene hardly meet."""
    for seed in range(10):
        made = KIND.make(Random(seed), Params())
        aims = np.array(made.secret["middles"]) * SHOWN_PX
        for one in range(len(aims)):
            for other in range(one):
                assert np.hypot(*(aims[one] - aims[other])) > 40


def test_blind_clicks_are_right_as_seldom_as_stated() -> None:
    """The share of the picture that the largest circle covers, and four of them."""
    radius = RADIUS * SIZE_PX[1] * SHOWN_PX[0] / FILE_PX[0]
    share = np.pi * radius**2 / (SHOWN_PX[0] * SHOWN_PX[1])
    assert share < 0.041
    assert share**4 < 1 / 350_000


@pytest.mark.parametrize("salt", [b"", b"one", b"two"])
def test_what_is_asked_can_be_seen(salt: bytes) -> None:
    """What differs from the bare scene differs well, where characters lie."""
    for seed in range(3):
        chance = art.generator(Random(seed))
        shown = written(chance, ["山", "水", "人"], Hand())
        drawn, spots = lettered(chance, art.Style.of(salt), (), shown, Hand())
        light = art.luminance(drawn)
        for spot in spots:
            half = spot.size_px // 2
            x, y = round(spot.x_px), round(spot.y_px)
            patch = light[max(0, y - half) : y + half, max(0, x - half) : x + half]
            assert np.percentile(patch, 97) - np.percentile(patch, 3) > LEAST_SEEN


def test_an_operators_pictures_are_the_ground() -> None:
    from tests.art.test_art import operators_picture

    made = KIND.make(Random(1), Params(look=Look(b"salt", (operators_picture(),))))
    assert KIND.check(made.secret, solve(made.secret)).ok
