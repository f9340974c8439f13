from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from itertools import permutations
from random import Random

import numpy as np
import pytest
from PIL import Image

from gateway import art
from gateway.art.assets import SHOWN_PX as DRAWN_PX
from gateway.art.assets import Concept, concepts
from gateway.art.clickable import FILE_PX, PROMPT_PX, SHOWN_PX
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


@pytest.mark.parametrize("seed", range(4))
def test_only_this_order_is_right(seed: int):
    secret = KIND.make(Random(seed), Params()).secret
    right = solve(secret)
    assert KIND.check(secret, right).ok
    for other in permutations(right):
        if list(other) != right:
            assert KIND.check(secret, list(other)).reason == "wrong"


@pytest.mark.parametrize("answer", [[], [[0.5, 0.5]], [[0.5, 0.5]] * 5, [0.5] * 4])
def test_as_many_points_as_asked(answer: JSON):
    assert KIND.check(MADE.secret, answer).reason == "malformed"


def test_blind_guesses_fail():
    """The docstring's bound: one circle is at most 3.6 % of the picture, four 2 in a million."""
    shares = []
    for seed in range(12):
        for radius_px in KIND.make(Random(seed), Params()).secret["radii_px"]:
            shares.append(np.pi * radius_px**2 / (SHOWN_PX[0] * SHOWN_PX[1]))
            assert 23.3 <= radius_px <= 29.4
    assert max(shares) <= 0.036
    assert max(shares) ** 4 <= 2e-6
    rng = Random(2)
    guesses = ([[rng.random(), rng.random()] for _ in range(4)] for _ in range(20_000))
    assert sum(KIND.check(MADE.secret, guess).ok for guess in guesses) <= 2


@pytest.mark.parametrize("count", [2, 4, 5])
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
    assert hard.view["prompt"] == usual.view["prompt"]


# --- Which things ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 4, 5])
def test_no_two_things_of_a_picture_are_alike(count: int):
    for seed in range(150):
        things = kind._chosen(chance(seed), count)
        assert len({thing.name for thing in things}) == THINGS
        for thing in things:
            assert not thing.alike & {other.name for other in things}


@pytest.mark.parametrize("count", [2, 4, 5])
def test_beside_each_asked_lies_one_that_programs_take_it_for(count: int):
    with_one = 0
    for seed in range(60):
        things = kind._chosen(chance(seed), count)
        others = {thing.name for thing in things[count:]}
        with_one += all(set(asked.near) & others for asked in things[:count])
    assert with_one >= 58


def test_every_thing_is_asked_for_in_time():
    asked = {t.name for seed in range(1500) for t in kind._chosen(chance(seed), 5)[:5]}
    assert asked == {thing.name for thing in concepts()}


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
    assert of_things == [kind.INK.contrast, 80.0, 88.0] * THINGS


def test_a_thing_is_drawn_by_any_of_its_hands(monkeypatch: pytest.MonkeyPatch):
    """Each of its drawings comes up, mirrored or not, bent out of one source."""
    thing = next(each for each in concepts() if each.name == "cat")
    sources: list[np.ndarray] = []
    bent = kind.bent

    def noted(rng, ink, *others):
        sources.append(ink)
        return bent(rng, ink, *others)

    monkeypatch.setattr(kind, "bent", noted)
    for seed in range(40):
        kind.hidden(chance(seed), thing, 80, kind.HIDING["usual"])
    for ink in thing.drawings:
        assert any(np.array_equal(ink, one) for one in sources)
        assert any(np.array_equal(ink[:, ::-1], one) for one in sources)


def test_what_is_asked_for_lies_where_it_is_to_be_clicked(monkeypatch: pytest.MonkeyPatch):
    """In the prompt's order: each middle is that of the mask that was drawn of the thing."""
    asked: list[Concept] = []
    masks: list[tuple[Concept, np.ndarray]] = []
    middles: dict[int, list[float]] = {}
    prompt, hidden, put = kind._prompt, kind.hidden, Canvas.put

    def prompted(rng, scene, things):
        asked.extend(things)
        return prompt(rng, scene, things)

    def drawn(rng, thing, *others):
        masks.append((thing, hidden(rng, thing, *others)))
        return masks[-1][1]

    def placed(self, rng, mask, x_px, y_px, ink):
        middles[id(mask)] = [x_px / FILE_PX[0], y_px / FILE_PX[1]]
        return put(self, rng, mask, x_px, y_px, ink)

    monkeypatch.setattr(kind, "_prompt", prompted)
    monkeypatch.setattr(kind, "hidden", drawn)
    monkeypatch.setattr(Canvas, "put", placed)
    secret = KIND.make(Random(8), Params()).secret
    where = {thing.name: middles[id(mask)] for thing, mask in masks}
    assert len(where) == THINGS
    assert secret["middles"] == [pytest.approx(where[thing.name], abs=1e-4) for thing in asked]


def test_things_are_bent_turned_and_hollow_in_parts(monkeypatch: pytest.MonkeyPatch):
    bends: list[tuple[float, float, float]] = []
    hollow = []
    bent, hollowed = kind.bent, kind.hollowed

    def noted(rng, ink, size_px, turn_deg, bend, squeeze, cell):
        bends.append((turn_deg, bend, squeeze))
        return bent(rng, ink, size_px, turn_deg, bend, squeeze, cell)

    def noted_too(*args):
        hollow.append(args)
        return hollowed(*args)

    monkeypatch.setattr(kind, "bent", noted)
    monkeypatch.setattr(kind, "hollowed", noted_too)
    hiding = kind.HIDING["usual"]
    for seed in range(60):
        kind.hidden(chance(seed), concepts()[seed], 80, hiding)
    turns = [turn_deg for turn_deg, *_ in bends]
    assert -32 <= min(turns) < -20 and 20 < max(turns) <= 32
    assert {(bend, squeeze) for _, bend, squeeze in bends} == {(hiding.bend, hiding.squeeze)}
    assert hiding.bend >= 0.1 and hiding.squeeze >= 0.2
    assert 4 <= len(hollow) <= 24


def test_pieces_of_others_lie_behind_each_thing(monkeypatch: pytest.MonkeyPatch):
    """Two across the outline of each, torn from nothing that the picture shows."""
    torn: list[str] = []
    placed: list[tuple[float, float]] = []
    shape, put = kind._shape, Canvas.put

    def noted(rng, thing, *others):
        torn.append(thing.name)
        return shape(rng, thing, *others)

    def put_too(self, rng, mask, x_px, y_px, ink):
        placed.append((x_px, y_px))
        return put(self, rng, mask, x_px, y_px, ink)

    monkeypatch.setattr(kind, "_shape", noted)
    monkeypatch.setattr(Canvas, "put", put_too)
    KIND.make(Random(5), Params())
    assert not set(torn[: kind.WHOLES]) & set(torn[kind.WHOLES :])
    things = list(dict.fromkeys(placed))[-THINGS:]
    for x_px, y_px in things:
        near = [np.hypot(x - x_px, y - y_px) for x, y in placed if (x, y) not in things]
        assert sum(20 < far_px < 54 for far_px in near) >= kind.BEHIND


def test_ribbons_lie_over_all_that_lies_there_where_it_is_to_be_hard(
    monkeypatch: pytest.MonkeyPatch,
):
    placed: list[tuple[float, float]] = []
    put = Canvas.put

    def noted(self, chance, mask, x_px, y_px, ink):
        placed.append((round(x_px, 3), round(y_px, 3)))
        return put(self, chance, mask, x_px, y_px, ink)

    monkeypatch.setattr(Canvas, "put", noted)
    made = KIND.make(Random(5), Params())
    usual = list(placed)
    placed.clear()
    assert KIND.make(Random(5), Params(hardness="hard")).secret == made.secret
    things = list(dict.fromkeys(usual))[-THINGS:]
    strewn = usual[: len(usual) - usual[::-1].index(things[0]) - 1][: -kind.BEHIND * THINGS]
    over = placed[-len(strewn) - THINGS :]
    assert 0 < len(strewn) <= kind.PIECES
    assert sorted(over) == sorted([*strewn, *things])


def test_the_prompt_shows_each_in_its_order():
    """What little differs from what is shipped, in this pose, is the paper's texture and JPEG."""
    asked = kind._chosen(chance(1), 5)[:5]
    page = Image.new("RGB", FILE_PX, (90, 140, 60))
    prompt = np.asarray(kind._prompt(chance(1), page, asked), np.float32)
    assert prompt.shape == (PROMPT_PX, 5 * PROMPT_PX, 3)
    for number, thing in enumerate(asked):
        cell = prompt[:, number * PROMPT_PX : (number + 1) * PROMPT_PX]
        likest = min(_off(cell, thing, turn) for turn in range(-14, 15, 2))
        others = [_off(cell, other, 0) for other in asked if other is not thing]
        assert likest < min(others) / 2


def _off(cell: np.ndarray, thing: Concept, turn_deg: float) -> float:
    """Mean difference to the thing in this pose, mirrored or not."""
    found = []
    for ink in (thing.shown, thing.shown[:, ::-1]):
        drawn = kind.shown(ink, 66, turn_deg)
        page = Image.new("RGB", drawn.size, (round(kind.PAPER),) * 3)
        page.paste(drawn, (0, 0), drawn)
        found.append(float(np.abs(np.asarray(page, np.float32) - cell).mean()))
    return min(found)


def test_the_prompt_poses_things_anew():
    """Mirrored or not, turned to either side: never the shipped picture itself."""
    thing = next(each for each in concepts() if each.name == "guitar")
    page = Image.new("RGB", FILE_PX, (90, 140, 60))
    seen = {kind._prompt(chance(seed), page, [thing]).tobytes() for seed in range(12)}
    assert len(seen) == 12
    cells = [np.asarray(kind._prompt(chance(s), page, [thing]), np.float32) for s in range(12)]
    sides = [
        np.abs(c - kind.PAPER)[:, :40].mean() > np.abs(c - kind.PAPER)[:, 44:].mean() for c in cells
    ]
    assert any(sides) and not all(sides)


def test_each_thing_stands_out_from_the_prompts_paper():
    """White ones by their shades and outlines."""
    for thing in concepts():
        shown = thing.shown.astype(np.float32)
        off = np.abs(shown[..., :3] - kind.PAPER).max(axis=2) * shown[..., 3] / 255
        assert (off > 48).mean() > 0.05, thing.name


@pytest.mark.parametrize("turn_deg", [-kind.PROMPT_TURN_DEG, kind.PROMPT_TURN_DEG])
def test_nothing_of_a_prompt_is_cut(turn_deg: float):
    """As large as it may be, turned as far as it may be."""
    side_px = round(DRAWN_PX * kind.PROMPT_SIZE[1])
    for thing in concepts():
        cover = np.asarray(kind.shown(thing.shown, side_px, turn_deg))[..., 3]
        whole = (thing.shown[..., 3] / 255).sum() * kind.PROMPT_SIZE[1] ** 2
        assert (cover / 255).sum() > 0.97 * whole, thing.name
