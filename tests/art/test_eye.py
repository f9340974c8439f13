"""What looks alike to a machine's eye: the same thing bent a little, in a pose looked for."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from gateway import art
from gateway.art import eye
from gateway.art.assets import icons
from gateway.art.forms import Mask
from gateway.art.stamps import bent

TURNS_DEG = (-45, -30, -15, 0, 15, 30, 45)
NAMES = ("key", "umbrella", "cactus", "scissors", "cat")


def filled(name: str) -> Mask:
    ink = next(icon.filled for icon in icons() if icon.name == name)
    return np.asarray(ink, np.float32) / np.float32(255)


def drawn(name: str, seed: int, bend: float, turn_deg: float = 0.0) -> Mask:
    ink = np.asarray(255 * filled(name), np.uint8)
    return bent(art.generator(Random(seed)), ink, 60, turn_deg, bend)


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_like_itself_wherever_it_lies_and_however_large(name: str):
    mask = filled(name)
    moved = np.pad(mask, ((30, 2), (1, 40)))
    large = np.kron(mask, np.ones((3, 3), np.float32))
    likeness = eye.likeness(eye.seen([mask]), eye.seen([mask, moved, large]))
    assert likeness[0, 0] == pytest.approx(1.0, abs=1e-3)
    assert likeness[0, 1:].min() > 0.97


@pytest.mark.parametrize("name", NAMES)
def test_what_is_bent_more_is_less_like(name: str):
    own = eye.seen([filled(name)])
    little, much = (
        eye.likeness(own, eye.seen([drawn(name, seed, bend) for seed in range(12)])).mean()
        for bend in (0.03, 0.2)
    )
    assert little > much


@pytest.mark.parametrize("turn_deg", [-30, 0, 30])
@pytest.mark.parametrize("name", NAMES)
def test_a_thing_bent_and_turned_is_likest_to_itself(name: str, turn_deg: float):
    ours = eye.seen([drawn(name, 3, 0.05, turn_deg)])
    found = [
        eye.likeness(ours, eye.seen(eye.posed(filled(other), TURNS_DEG))).max() for other in NAMES
    ]
    assert NAMES[int(np.argmax(found))] == name


def test_poses_are_turns_then_their_mirror_images():
    mask = filled("key")
    poses = eye.posed(mask, TURNS_DEG)
    assert len(poses) == 2 * len(TURNS_DEG)
    assert len(eye.posed(mask, TURNS_DEG, mirrored=False)) == len(TURNS_DEG)
    assert np.array_equal(poses[7], poses[0][:, ::-1])
    assert all(pose.shape == (eye.SIDE_PX, eye.SIDE_PX) for pose in poses)


def test_nothing_is_like_nothing():
    empty = np.zeros((40, 40), np.float32)
    found = eye.seen([empty, filled("key")])
    assert np.isfinite(found).all()
    assert eye.likeness(found, found)[0] == pytest.approx(0.0, abs=1e-3)
