"""Things: the same whatever their colours, kept apart from what they are taken for."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from gateway import art
from gateway.art.assets import icons
from gateway.art.things import (
    KNOWN,
    OFTEN_TAKEN_FOR_EACH_OTHER,
    Inks,
    Pose,
    as_form,
    drawn,
    in_lines,
    likeness,
    things,
)

ICONS = {icon.name: icon for icon in icons()}


def chance(seed: int = 1) -> np.random.Generator:
    return art.generator(Random(seed))


def test_every_known_thing_is_in_the_atlas():
    assert set(ICONS) >= KNOWN
    assert len(KNOWN) > 100
    for group in OFTEN_TAKEN_FOR_EACH_OTHER:
        assert group <= set(ICONS)


@pytest.mark.parametrize("salt", [b"", b"one", b"two"])
def test_things_of_one_picture_are_not_taken_for_each_other(salt):
    for seed in range(20):
        picked = things(chance(seed), 6, art.Style.of(salt), 0.7)
        names = {icon.name for icon in picked}
        assert len(names) == 6
        assert names <= KNOWN
        for one, other in combinations(picked, 2):
            assert one.name not in other.alike
            assert not any({one.name, other.name} <= g for g in OFTEN_TAKEN_FOR_EACH_OTHER)
            assert likeness(one, other) < 0.85


def test_installs_know_different_things():
    def all_of(salt: bytes) -> set[str]:
        style = art.Style.of(salt)
        return {i.name for seed in range(60) for i in things(chance(seed), 6, style, 0.7)}

    assert all_of(b"one") != all_of(b"two")
    assert len(all_of(b"one")) > 60


@pytest.mark.parametrize("turn_deg, where", [(0, (0, -1)), (90, (-1, 0)), (180, (0, 1))])
def test_poses_turn_counter_clockwise(turn_deg, where):
    """The cap of a mushroom is the heavier part."""
    thing = drawn(chance(), ICONS["mushroom"], Pose(100.0, turn_deg=turn_deg), 140)
    down, across = np.nonzero(thing.body > 0.5)
    assert abs(across.mean() - 70) < 12
    off = np.array([across.mean() - 69.5, down.mean() - 69.5])
    assert off @ np.array(where) > 1.0


def test_poses_scale_stretch_and_mirror():
    one = ICONS["fish"]
    small, large = (drawn(chance(), one, Pose(size), 200).body.sum() for size in (60.0, 120.0))
    assert large == pytest.approx(4 * small, rel=0.05)
    wide = drawn(chance(), one, Pose(100.0, stretch=1.5), 200).body
    plain = drawn(chance(), one, Pose(100.0), 200).body
    assert wide.sum() == pytest.approx(plain.sum(), rel=0.05)
    assert np.ptp(np.nonzero(wide > 0.5)[1]) > 1.15 * np.ptp(np.nonzero(plain > 0.5)[1])
    mirrored = drawn(chance(), one, Pose(100.0, mirrored=True), 200).body
    assert np.abs(mirrored[:, ::-1] - plain).mean() < 0.01


def test_masks_lie_within_the_body():
    for name in ("cat", "bicycle", "key", "umbrella"):
        thing = drawn(chance(2), ICONS[name], Pose(96.0, bend_px=8.0), 120)
        assert thing.body.shape == (120, 120)
        assert (thing.lines <= thing.body + 0.02).all()
        assert (thing.form <= thing.body + 0.02).all()


def test_one_of_both_inks_shows_on_any_ground():
    for seed in range(200):
        inks = Inks.draw(chance(seed))
        light = [float(art.luminance(np.array([c], np.float32))[0]) for c in (inks.paper, inks.ink)]
        assert abs(light[0] - light[1]) > 110


@pytest.mark.parametrize("draw", [in_lines, as_form])
def test_the_ground_is_left_as_it_is_around(draw):
    ground = art.scene(chance(3), 120, 120, art.Style.of(b""))
    thing = drawn(chance(3), ICONS["cat"], Pose(90.0), 120)
    shown = draw(chance(3), ground, thing, Inks.draw(chance(3)))
    away = (thing.body < 1e-6) & (thing.lines < 1e-6)
    assert np.array_equal(shown[away], ground[away])
    assert np.abs(shown - ground)[thing.body > 0.9].mean() > 10
