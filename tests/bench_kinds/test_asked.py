"""Things asked for are found on pictures as peers draw them, and clicked in order."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.art.assets import icons
from gateway.bench import asked, twins
from gateway.bench.pictures import decode

WIDTH, HEIGHT, SIZE = 600, 400, 84
TRIALS = 12


def challenge(seed: int):
    """Scene, prompt, and the middles of what is asked, as fractions; three others lie about."""
    chance = np.random.default_rng(seed)
    chosen = [icons()[int(n)] for n in chance.choice(len(icons()), 6, replace=False)]
    cells = chance.permutation(6)
    middles = [(100 + 200 * (c % 3), 100 + 200 * (c // 3)) for c in cells.tolist()]
    picture = twins.backdrop(chance, WIDTH, HEIGHT)
    scene = twins.stamped(chance, picture, [i.filled for i in chosen], middles, SIZE)
    prompt = [decode(twins.sent(twins.asked_picture(i.filled))) for i in chosen[:3]]
    return decode(twins.sent(scene)), prompt, [(x / WIDTH, y / HEIGHT) for x, y in middles[:3]]


FINDERS = {
    "outline": asked.by_outline,
    "search": lambda scene, prompt: asked.by_search(
        scene, prompt, SIZE / 2, (-30, -15, 0, 15, 30), (1.0,)
    ),
}


@pytest.mark.parametrize("name, least", [("outline", 0.25), ("search", 0.8)])
def test_things_are_found_in_order(name, least):
    right = 0
    for seed in range(TRIALS):
        scene, prompt, middles = challenge(seed)
        found = FINDERS[name](scene, prompt)
        assert len(found) == 3
        right += all(
            np.hypot(a[0] - b[0], a[1] - b[1]) < 0.08 for a, b in zip(found, middles, strict=True)
        )
    assert right >= least * TRIALS


def test_an_empty_scene_gets_an_answer_all_the_same():
    scene = np.full((200, 300, 3), 128, np.uint8)
    prompt = [np.full((64, 64, 3), 255, np.uint8)] * 2
    assert len(asked.by_outline(scene, prompt)) == 2


def atlas(style: str) -> list[np.ndarray]:
    """Every shipped icon, dark on white."""
    return [np.repeat(255 - getattr(icon, style)[..., None], 3, axis=2) for icon in icons()]


@pytest.mark.parametrize("style", ["outline", "filled"])
def test_icons_are_known_by_name(style):
    numbers = list(range(0, len(icons()), 9))
    shown = [decode(twins.sent(twins.asked_picture(getattr(icons()[n], style)))) for n in numbers]
    found = asked.nearest(shown, atlas("outline"), atlas("filled"))
    assert np.mean([a == b for a, b in zip(found, numbers, strict=True)]) > 0.9
