from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from itertools import permutations
from random import Random

import numpy as np
import pytest
from PIL import Image

from gateway import art
from gateway.art import eye
from gateway.art.assets import icons
from gateway.art.clickable import FILE_PX, SHOWN_PX
from gateway.art.stamps import Canvas
from gateway.bench.pictures import decode
from gateway.kinds import Look
from gateway.kinds import icon as kind
from gateway.kinds.icon import KIND, LEAST_SEEN, THINGS, Params
from gateway.model import JSON

MOST_VIEW_BYTES = 40_000
MADE = KIND.make(Random(1), Params())


def solve(secret: Mapping[str, JSON]) -> JSON:
    """The middles, in order."""
    return [list(middle) for middle in secret["middles"]]


def chance(seed: int) -> np.random.Generator:
    return art.generator(Random(seed))


def moved(which: int, right_px: float, down_px: float = 0.0) -> JSON:
    """The right answer, one point moved by pixels of the picture as it is shown."""
    answer = solve(MADE.secret)
    answer[which][0] += right_px / SHOWN_PX[0]
    answer[which][1] += down_px / SHOWN_PX[1]
    return answer


@pytest.mark.parametrize("off_px", [-6, -5, 0, 5, 6])
@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_a_little_off_is_right(which: int, off_px: int):
    assert KIND.check(MADE.secret, moved(which, off_px)).ok
    assert KIND.check(MADE.secret, moved(which, 0, off_px)).ok


@pytest.mark.parametrize("off_px, ok", [(-6, True), (-5, True), (0, False), (5, False), (6, False)])
@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_the_rim_of_each_circle(which: int, off_px: int, ok: bool):
    """`off_px` beyond the rim, 0.01 at 0, as long as that is inside the picture."""
    radius_px = MADE.secret["radii_px"][which] + (off_px or 0.01)
    middle = MADE.secret["middles"][which]
    towards = -1 if middle[0] > 0.5 else 1
    verdict = KIND.check(MADE.secret, moved(which, towards * radius_px))
    assert verdict.ok is ok
    assert (verdict.miss <= 1) is ok


@pytest.mark.parametrize("seed", range(8))
def test_only_this_order_is_right(seed: int):
    secret = KIND.make(Random(seed), Params()).secret
    right = solve(secret)
    assert KIND.check(secret, right).ok
    for other in permutations(right):
        if list(other) != right:
            assert KIND.check(secret, list(other)).reason == "wrong"


@pytest.mark.parametrize("answer", [[], [[0.5, 0.5]], [[0.5, 0.5]] * 5, [0.5, 0.5, 0.5, 0.5]])
def test_as_many_points_as_asked(answer: JSON):
    assert KIND.check(MADE.secret, answer).reason == "malformed"


def test_blind_guesses_fail():
    """The docstring's bound: one circle is at most 3.7 % of the picture, four 2 in a million."""
    shares = []
    for seed in range(12):
        for radius_px in KIND.make(Random(seed), Params()).secret["radii_px"]:
            shares.append(np.pi * radius_px**2 / (SHOWN_PX[0] * SHOWN_PX[1]))
            assert 23.3 <= radius_px <= 30
    assert max(shares) <= 0.037
    assert max(shares) ** 4 <= 2e-6
    rng = Random(2)
    guesses = ([[rng.random(), rng.random()] for _ in range(4)] for _ in range(20_000))
    assert sum(KIND.check(MADE.secret, guess).ok for guess in guesses) <= 2


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_view_is_what_the_page_needs(count: int):
    view = KIND.make(Random(3), Params(count)).view
    assert set(view) == {"picture", "aspect", "count", "prompt", "prompt_aspect"}
    assert (view["count"], view["prompt_aspect"]) == (count, count)
    picture, prompt = decode(view["picture"]), decode(view["prompt"])
    assert picture.shape == (FILE_PX[1], FILE_PX[0], 3)
    assert view["aspect"] == pytest.approx(picture.shape[1] / picture.shape[0])
    assert prompt.shape[1] == count * prompt.shape[0]


def test_sizes_of_all_are_the_same_and_bounded():
    sizes = set()
    for seed in range(16):
        look = Look(salt=bytes([seed]))
        hardness: kind.Hardness = "hard" if seed % 4 == 0 else "usual"
        view = KIND.make(Random(seed), Params(hardness=hardness, look=look)).view
        assert len(json.dumps(dict(view))) <= MOST_VIEW_BYTES
        sizes.add((decode(view["picture"]).shape, decode(view["prompt"]).shape))
    assert len(sizes) == 1


def test_the_salt_and_the_operators_pictures_change_the_picture():
    def picture(look: Look) -> JSON:
        return KIND.make(Random(4), Params(look=look)).view["picture"]

    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((400, 300)).save(out, "PNG")
    looks = [Look(), Look(salt=b"one"), Look(salt=b"two"), Look(pictures=(out.getvalue(),))]
    assert len({picture(look) for look in looks}) == 4


def test_hardness_changes_the_picture_alone():
    usual, hard = KIND.make(Random(4), Params()), KIND.make(Random(4), Params(hardness="hard"))
    assert hard.secret == usual.secret
    assert hard.view["picture"] != usual.view["picture"]
    assert hard.view["prompt"] != usual.view["prompt"]


# --- Which things ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4])
def test_no_two_things_of_a_picture_are_alike(count: int):
    for seed in range(150):
        things = kind._chosen(chance(seed), count)
        assert len({thing.name for thing in things}) == THINGS
        for thing in things:
            assert not thing.plain
            assert not thing.alike & {other.name for other in things}


@pytest.mark.parametrize("count", [2, 3, 4])
def test_beside_each_asked_lies_one_that_programs_take_it_for(count: int):
    with_one = 0
    for seed in range(60):
        things = kind._chosen(chance(seed), count)
        others = {thing.name for thing in things[count:]}
        with_one += all(set(asked.near) & others for asked in things[:count])
    assert with_one >= 58


def test_nearly_every_icon_is_asked_for_in_time():
    asked = {t.name for seed in range(2000) for t in kind._chosen(chance(seed), 4)[:4]}
    usual = {icon.name for icon in icons() if not icon.plain}
    assert len(usual) > 300
    assert len(usual - asked) < 5


# --- What is seen ----------------------------------------------------------------------------


def test_every_thing_can_be_seen(monkeypatch: pytest.MonkeyPatch):
    """The last time each is put on the canvas, it differs enough from what is behind it."""
    seen: dict[tuple[float, float], float] = {}
    put = Canvas.put

    def noted(self, chance, mask, x_px, y_px, ink):
        value = put(self, chance, mask, x_px, y_px, ink)
        seen[x_px, y_px] = value
        return value

    monkeypatch.setattr(Canvas, "put", noted)
    for seed in range(16):
        seen.clear()
        KIND.make(Random(seed), Params(look=Look(salt=bytes([seed]))))
        things = list(seen.values())[-THINGS:]
        assert min(things) >= LEAST_SEEN


def test_what_is_too_faint_is_drawn_again_stronger(monkeypatch: pytest.MonkeyPatch):
    contrasts = []

    def faint(self, chance, mask, x_px, y_px, ink):
        contrasts.append(ink.contrast)
        return 0.0

    monkeypatch.setattr(Canvas, "put", faint)
    KIND.make(Random(1), Params())
    of_things = contrasts[-3 * THINGS :]
    assert of_things == [kind.INK.contrast, 68.0, 84.0] * THINGS


@pytest.mark.parametrize("hardness, over_each", [("usual", 0), ("hard", 1)])
def test_ribbons_lie_over_each_thing_where_it_is_to_be_hard(
    monkeypatch: pytest.MonkeyPatch, hardness: kind.Hardness, over_each: int
):
    placed: list[tuple[float, float]] = []
    put = Canvas.put

    def noted(self, chance, mask, x_px, y_px, ink):
        placed.append((x_px / FILE_PX[0], y_px / FILE_PX[1]))
        return put(self, chance, mask, x_px, y_px, ink)

    monkeypatch.setattr(Canvas, "put", noted)
    secret = KIND.make(Random(5), Params(hardness=hardness)).secret
    lying = placed[len(placed) - over_each * THINGS :]
    for middle in secret["middles"]:
        over = [at for at in lying if at == pytest.approx(tuple(middle), abs=1e-3)]
        assert len(over) == over_each


def test_of_bends_tried_the_best_against_programs_is_kept():
    """Less like the shipped drawing if asked, a neighbour more like it, than without trying."""

    def likeness(tries: int) -> tuple[float, float]:
        asked, beside = [], []
        for seed in range(6):
            rng = chance(seed)
            things = kind._chosen(rng, 4)
            hiding = replace(kind.HIDING["hard"], tries=tries)
            for number, one in enumerate(kind._seeds(rng, things, 4, hiding)):
                drawn = kind._bent(kind._from(one), things[number], kind.LOOK_PX, hiding.bend)
                known = kind._known(things[number % 4])
                found = float(eye.likeness(eye.seen([drawn]), known).max())
                (asked if number < 4 else beside).append(found)
        return float(np.mean(asked)), float(np.mean(beside))

    (asked, beside), (least, most) = likeness(1), likeness(8)
    assert least < asked - 0.02
    assert most > beside + 0.02


def test_the_prompt_is_legible():
    """Ink and ground differ by far more than the ground varies."""
    for seed in range(10):
        prompt = decode(KIND.make(Random(seed), Params()).view["prompt"]).mean(axis=2)
        ground = np.median(prompt)
        ink = prompt[np.abs(prompt - ground) > 90]
        assert 0.04 < ink.size / prompt.size < 0.4
        assert np.abs(prompt - ground)[np.abs(prompt - ground) < 60].mean() < 16
