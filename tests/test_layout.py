from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.layout import DRAWS, OFF_PX, TREES, draw_named, is_right, make
from tests.layouts import lay_out

WANTED = [(10.0, 20.0, 30.5, 40.0), (0, 0, 5, 5)]
NAN = float("nan")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def told(off_px: float = 0.0, box: int = 0, number: int = 0) -> list[list[float]]:
    boxes = [list(map(float, each)) for each in WANTED]
    boxes[box][number] += off_px
    return boxes


@pytest.mark.parametrize("box", [0, 1])
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    "off_px, ok", [(0, True), (OFF_PX, True), (-OFF_PX, True), (1.01, False), (-1.01, False)]
)
def test_how_far_a_box_may_lie(off_px: float, ok: bool, box: int, number: int) -> None:
    assert is_right(WANTED, told(off_px, box, number)) is ok


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        told()[:1],
        [*told(), [1, 2, 3, 4]],
        [told()[0], told()[1][:3]],
        [told()[0], [*told()[1], 0]],
        told(NAN),
        told(float("inf")),
        told(-float("inf")),
        [told()[0], ["0", "0", "5", "5"]],
        [told()[0], [10**400, 0, 5, 5]],  # more than a float holds
        [told()[0], [False, False, 5, 5]],
        [told()[0], None],
    ],
)
def test_what_is_no_layout(said: Any) -> None:
    assert is_right(WANTED, said) is False


@given(ANY_JSON)
def test_any_json_gets_a_verdict(said: Any) -> None:
    assert is_right(WANTED, said) is (said == told())


def test_same_chance_same_boxes() -> None:
    assert make(Random(7)) == make(Random(7))
    assert make(Random(7)) != make(Random(8))


@pytest.mark.parametrize("seed", range(40))
def test_trees_are_small_and_stay_on_their_canvas(seed: int) -> None:
    trees, boxes = make(Random(seed))
    assert len(trees) == len(boxes) == TREES
    assert len({tree["css"].split(";")[0] + str(len(tree["in"])) for tree in trees}) > 1
    assert len(json.dumps(trees)) < 3000
    for left, top, wide, high in boxes:
        assert -1 <= left < 1000 and -1 <= top < 1000 and 1 < wide < 1000 and 0 < high < 1000


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_another_computes_the_same(name: str) -> None:
    """By another's arithmetic; tests/browser asks Chromium."""
    for seed in range(60):
        tree, box = draw_named(name, Random(seed))
        assert is_right([box], lay_out([tree])), (tree, box)


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_a_fixed_answer_is_wrong_elsewhere(name: str) -> None:
    """What was right once is right again no oftener than by chance."""
    once = [list(draw_named(name, Random("once"))[1])]
    again = sum(is_right([draw_named(name, Random(seed))[1]], once) for seed in range(300))
    assert again <= 2
