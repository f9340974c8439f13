"""A shape is found where it lies: whole, turned, mirrored, squeezed, in parts that have moved."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gateway.art.assets import icons
from gateway.bench.oriented import (
    AXES,
    flow_of,
    fraction,
    hottest,
    peaks,
    placed,
    squeezed,
    variants,
)

INK = next(icon for icon in icons() if icon.name == "key").filled
AT = (70, 50)  # x, y of its middle
SIZE_PX = 30.0


def scene(ink: np.ndarray, light: bool = True) -> np.ndarray:
    """(100, 140): what `ink` is, on grey, its longer side at `SIZE_PX`."""
    shape = next(variants(ink, [SIZE_PX], [0]))
    plane = np.full((100, 140), 110, np.float32)
    side = shape.shape[0]
    top, left = AT[1] - side // 2, AT[0] - side // 2
    plane[top : top + side, left : left + side] += shape * (0.4 if light else -0.4)
    return plane


def longer(ink: np.ndarray, by: float) -> np.ndarray:
    """Wider by this share."""
    return cv2.resize(ink, None, fx=1 + by, fy=1)


@pytest.mark.parametrize("light", [True, False])
@pytest.mark.parametrize("parts", [1, 3])
def test_it_is_found_lighter_and_darker_whole_and_in_parts(light, parts):
    heat = hottest(flow_of(scene(INK, light)), variants(INK, [SIZE_PX], [0]), parts)
    ((x, y),) = peaks(heat, 1, 9)
    assert max(abs(x - AT[0]), abs(y - AT[1])) <= 2 and heat.max() > 0.7  # parts may shift by two


@pytest.mark.parametrize("turned", [INK[:, ::-1], np.rot90(INK)])
def test_it_is_found_mirrored_and_turned(turned):
    other = np.ascontiguousarray(turned)
    found = hottest(flow_of(scene(other)), variants(INK, [SIZE_PX], [0, 90])).max()
    upright = hottest(flow_of(scene(other)), variants(INK, [SIZE_PX], [0], mirrored=False)).max()
    assert found > 0.8 > upright


def test_squeezed_it_is_found_by_who_squeezes_too():
    flow = flow_of(scene(longer(INK, 0.5)))
    plain = hottest(flow, variants(INK, [SIZE_PX], [0])).max()
    shapes = (v for one in squeezed(INK, 0.5) for v in variants(one, [SIZE_PX], [0]))
    assert hottest(flow, shapes).max() > plain + 0.1


def test_squeezed_shapes_are_longer_along_their_axes_and_not_cut():
    plain, *found = squeezed(INK, 0.4)
    assert plain is INK and len(found) == AXES
    spreads = []
    for one in found:
        assert one.sum() == pytest.approx(1.4 * INK.sum(), rel=0.02)
        assert not one[0].any() and not one[-1].any()
        assert not one[:, 0].any() and not one[:, -1].any()
        y, x = np.nonzero(one > 80)
        spreads.append(x.std() / y.std())
    y, x = np.nonzero(INK > 80)
    own = x.std() / y.std()
    assert spreads[0] == pytest.approx(1.4 * own, rel=0.03)
    assert spreads[AXES // 2] == pytest.approx(own / 1.4, rel=0.03)


def test_no_place_is_given_twice():
    heat = np.zeros((20, 40), np.float32)
    heat[10, 10], heat[10, 30] = 1.0, 0.5
    assert placed([heat, heat * 0.9], 2, 5) == [
        list(fraction((10, 10), heat.shape)),
        list(fraction((30, 10), heat.shape)),
    ]
