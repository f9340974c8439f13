"""Boards of stones: what they show, and that people see it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gateway.art import Style, pixels
from gateway.art.assets import icons
from gateway.art.stones import (
    HATCH,
    STYLES,
    _form,
    _own,
    _styles,
    draw_stones,
    kinds_of_stones,
    stone,
)

STOCK = Style.of(b"")
CELL_PX = 80


def named(name):
    return next(icon for icon in icons() if icon.name == name)


def test_things_on_a_board_are_not_taken_for_one_another():
    for seed in range(40):
        chosen = kinds_of_stones(np.random.default_rng(seed), STOCK, 5)
        assert len({icon.name for icon in chosen}) == len({icon.group for icon in chosen}) == 5
        assert sum(_form(icon) == "round" for icon in chosen) <= 1
        for icon in chosen:
            assert not icon.alike & {other.name for other in chosen}


@pytest.mark.parametrize("salt", [b"", b"a", b"b", b"c", b"d"])
def test_every_install_has_things_enough_and_its_own(salt):
    own = _own(Style.of(salt))
    assert len(own) == 120
    assert not any(_form(icon) == "square" for icon in own)
    assert salt == b"" or own != _own(STOCK)
    for seed in range(20):
        assert len(kinds_of_stones(np.random.default_rng(seed), Style.of(salt), 5)) == 5


@pytest.mark.parametrize(
    ("name", "form"),
    [("smiley", "round"), ("basketball", "round"), ("calculator", "square"), ("heart", "")],
)
def test_forms_from_afar(name, form):
    assert _form(named(name)) == form


def test_stones_of_a_kind_share_a_style_no_more_than_they_must():
    heart, star = named("heart"), named("star")
    cells = [heart, star, None, heart, heart, star, heart, heart, star, None, heart]
    for seed in range(20):
        styles = _styles(np.random.default_rng(seed), cells)
        for icon, most in ((heart, 2), (star, 1)):
            mine = Counter(s for s, c in zip(styles, cells, strict=True) if c is icon)
            assert set(mine) == set(STYLES) and max(mine.values()) <= most
        assert [s for s, c in zip(styles, cells, strict=True) if c is None] == ["", ""]


def test_a_badge_shows_the_thing_as_a_hole():
    def middles(style):
        made = [stone(np.random.default_rng(k), named("heart"), style, CELL_PX) for k in range(20)]
        return [float(drawn[drawn.shape[0] // 2, drawn.shape[1] // 2]) for drawn in made]

    assert 6 <= sum(value < 0.2 for value in middles("badge")) < 20  # some are line drawings
    assert min(middles("filled")) > 0.5  # between two stripes
    assert max(middles("outline")) < 0.2


@pytest.mark.parametrize("style", STYLES)
def test_a_stone_stays_in_its_cell(style):
    """But for its jitter: nothing of it reaches far into the next one."""
    for seed in range(20):
        drawn = stone(np.random.default_rng(seed), named("star"), style, CELL_PX)
        ys, xs = np.nonzero(drawn > 0.3)
        middle = drawn.shape[0] / 2
        assert np.abs(np.concatenate([ys, xs]) - middle).max() < 0.56 * CELL_PX


def test_stripes_never_take_more_than_their_share():
    for seed in range(20):
        drawn = stone(np.random.default_rng(seed), named("heart"), "filled", CELL_PX)
        inside = drawn[drawn.shape[0] // 2 - 6 : drawn.shape[0] // 2 + 6, drawn.shape[1] // 2]
        assert inside.min() > 0.99 - HATCH and drawn.max() > 0.95


def test_every_stone_stands_out():
    """The floor of what a person sees: its colour against that of its cell, 0 to 255."""
    for seed in range(10):
        chance = np.random.default_rng(seed)
        things = kinds_of_stones(chance, STOCK, 4)
        cells = [things[k % 4] if k % 5 else None for k in range(16)]
        state = chance.bit_generator.state
        shown = pixels(draw_stones(chance, STOCK, cells, 4, CELL_PX))
        chance.bit_generator.state = state
        bare = pixels(draw_stones(chance, STOCK, [None] * 16, 4, CELL_PX))
        for k, icon in enumerate(cells):
            row, column = divmod(k, 4)
            top, left = row * CELL_PX, column * CELL_PX
            here = np.s_[top : top + CELL_PX, left : left + CELL_PX]
            off = np.abs(shown[here] - bare[here]).mean(-1)
            if icon is not None:
                inked = (off > 25).astype(np.float32)
                assert inked.mean() > 0.04
                assert np.quantile(off[off > 25], 0.5) >= 45


def test_the_same_chance_draws_the_same_board():
    def drawn(seed):
        chance = np.random.default_rng(seed)
        cells = [*kinds_of_stones(chance, STOCK, 3), None]
        return draw_stones(chance, STOCK, cells, 2, CELL_PX).tobytes()

    assert drawn(1) == drawn(1) != drawn(2)


def test_no_two_stones_of_a_kind_are_drawn_alike():
    chance = np.random.default_rng(2)
    board = pixels(draw_stones(chance, STOCK, [named("heart")] * 9, 3, CELL_PX))
    cells = board.reshape(3, CELL_PX, 3, CELL_PX, 3).swapaxes(1, 2).reshape(9, -1)
    alike = np.corrcoef(cells)[np.triu_indices(9, 1)]
    assert np.median(alike) < 0.4 and alike.max() < 0.95
