"""Cells compared by how their edges run."""

from __future__ import annotations

import numpy as np

from gateway.art.assets import icons
from gateway.bench import gradients


def cell(name: str, inverted: bool = False) -> np.ndarray:
    """An icon on an even ground, as (40, 40, 3)."""
    icon = next(icon for icon in icons() if icon.name == name)
    ink = gradients.small(icon.filled, 0.75)
    plane = 190 - 100 * ink if inverted else 60 + 120 * ink
    return np.repeat(plane[..., None], 3, axis=2).astype(np.uint8)


def test_two_of_a_thing_are_more_alike_than_two_things():
    cells = [cell("heart"), cell("heart", inverted=True), cell("key")]
    for likeness in (gradients.by_shipped_icons(cells), gradients.over_turns(cells)):
        assert likeness[0, 1] > likeness[0, 2] and likeness[0, 1] > likeness[1, 2]
        assert np.allclose(likeness, likeness.T, atol=1e-4)
