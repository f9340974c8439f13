"""Turns are found: by a disc within its master, by edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gateway.bench import turning, twins

OFF = 5 / 360
TRIALS = 12


def off(found, true):
    return abs((found - true + 0.5) % 1.0 - 0.5)


def picture(seed, size=220):
    pixels = twins.backdrop(np.random.default_rng(seed), size, size)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def disc_of(master, turn, size=150):
    """The middle of the master, turned back by `turn`."""
    start = (master.shape[0] - size) // 2
    return turning.turned(master, -turn)[start : start + size, start : start + size]


def test_a_disc_is_turned_back():
    right = 0
    for seed in range(TRIALS):
        turn = float(np.random.default_rng(seed).uniform())
        master = picture(seed)
        right += off(turning.same_disc_turn(master, disc_of(master, turn)), turn) <= OFF
    assert right >= 0.8 * TRIALS


def house(fill, line, size=200):
    """A front with a roof, windows and a lighter sky."""
    drawn = np.full((size, size, 3), fill[0], np.uint8)
    drawn[size * 3 // 4 :] = fill[1]
    cv2.rectangle(drawn, (60, 90), (140, 160), fill[2], -1)
    cv2.rectangle(drawn, (60, 90), (140, 160), line, 2)
    cv2.fillPoly(drawn, [np.array([(50, 90), (150, 90), (100, 50)])], fill[1])
    for x in (75, 105):
        cv2.rectangle(drawn, (x, 105), (x + 18, 125), line, -1)
    return drawn


LIGHT = house(((210, 225, 240), (90, 110, 70), (180, 120, 90)), (40, 40, 60))
OTHER = house(((120, 130, 160), (160, 150, 90), (90, 60, 120)), (230, 230, 200))


@pytest.mark.parametrize("turn", [0.0, 0.13, 0.37, 0.5, 0.81])
def test_what_stands_and_what_is_light_tell_what_is_up(turn):
    first = turning.upright_turns(turning.turned(LIGHT, -turn))[0]
    assert off(first, turn) <= OFF


@pytest.mark.parametrize("turn", [0.0, 0.13, 0.37, 0.5, 0.81])
def test_two_renderings_of_one_thing(turn):
    found = turning.same_thing_turn(LIGHT, turning.turned(OTHER, -turn))
    assert off(found, turn) <= OFF


def test_directions_of_level_lines():
    lines = np.zeros((100, 100, 3), np.uint8)
    lines[::10] = 255
    assert np.argmax(turning.directions(lines)) == pytest.approx(turning.BINS // 2, abs=1)
