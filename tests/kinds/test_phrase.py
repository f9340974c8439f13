from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest

import gateway.kinds.phrase as module
from gateway import art
from gateway.art.clickable import FILE_PX, SHOWN_PX
from gateway.art.legible import apart_from
from gateway.bench.pictures import decode
from gateway.kinds.phrase import KIND, Params, chosen, readable, strangers
from gateway.model import JSON
from tests.kinds import clicks

SECRET = {
    "middles": [[0.2, 0.3], [0.5, 0.6], [0.8, 0.2], [0.4, 0.9]],
    "radii_px": [30.0, 30.0, 30.0, 30.0],
}


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Each character clicked in its middle, in the order of the phrase."""
    return clicks.right(secret)


@pytest.mark.parametrize(
    "off_px, reason", [(-6, "wrong"), (-5, "right"), (0, "right"), (5, "right"), (6, "wrong")]
)
@pytest.mark.parametrize("which", range(3))
def test_around_the_radius(off_px: int, reason: str, which: int) -> None:
    """24.6 px further out: the radius is 30."""
    far = off_px + 24.6 * (0 if off_px == 0 else 1 if off_px > 0 else -1)
    answer = clicks.off_px(SECRET, which, far, 0.0, SHOWN_PX)
    assert KIND.check(SECRET, answer).reason == reason


@pytest.mark.parametrize(
    "answer, reason",
    [
        ([[0.5, 0.6], [0.2, 0.3], [0.8, 0.2], [0.4, 0.9]], "wrong"),
        ([[0.2, 0.3], [0.5, 0.6], [0.8, 0.2]], "malformed"),
        ([[0.2, 0.3]] * 4, "wrong"),
        ({}, "malformed"),
    ],
)
def test_shapes_and_orders(answer: JSON, reason: str) -> None:
    assert KIND.check(SECRET, answer).reason == reason


def test_blind_clicks_are_right_as_seldom_as_stated() -> None:
    """Four clicks in order, each in its circle: once in 100,000."""
    for seed in range(4):
        radii_px = KIND.make(Random(seed), Params()).secret["radii_px"]
        shares = [np.pi * radius_px**2 / (SHOWN_PX[0] * SHOWN_PX[1]) for radius_px in radii_px]
        assert max(shares) < 0.054
        assert np.prod(shares) < 1e-5


def test_nothing_of_the_phrase_leaves_with_the_picture() -> None:
    view = KIND.make(Random(1), Params()).view
    assert set(view) == {"picture", "aspect", "count"}
    assert view["count"] == 4
    assert decode(view["picture"]).shape == (FILE_PX[1], FILE_PX[0], 3)


def test_there_are_many_phrases_and_their_characters_differ() -> None:
    assert len(readable()) >= 200
    assert len({chosen(art.generator(Random(seed))) for seed in range(200)}) > 60
    for phrase in readable():
        assert len(set(phrase)) == len(phrase) == 4


@pytest.mark.parametrize("extra", [0, 1, 3])
def test_strangers_make_no_other_phrase(extra: int) -> None:
    for seed in range(20):
        chance = art.generator(Random(seed))
        phrase = chosen(chance)
        others = strangers(chance, phrase, extra)
        assert len(others) == extra
        there = {*phrase, *others}
        assert [known for known in readable() if there.issuperset(known)] == [phrase]
        for at, character in enumerate(others):
            assert apart_from([character], [*phrase, *others[:at]]) == [character]


def test_no_phrase_holds_another() -> None:
    """Nobody could know which is meant, and no stranger would ever do."""
    for phrase in readable():
        assert [other for other in readable() if set(other) <= set(phrase)] == [phrase]


def test_strangers_are_found_or_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "legible", lambda: ("m", "n"))
    monkeypatch.setattr(module, "apart_from", lambda new, known: [c for c in new if c not in known])
    assert sorted(strangers(np.random.default_rng(1), "abcd", 2)) == ["m", "n"]
    with pytest.raises(RuntimeError, match="no 3 characters"):
        strangers(np.random.default_rng(1), "abcd", 3)


def test_strangers_never_complete_another_phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nearly all there is to draw from are the characters of another phrase."""
    asked, other, filler = "abcd", "wxyz", "mno"
    monkeypatch.setattr(module, "readable", lambda: (asked, other))
    monkeypatch.setattr(module, "legible", lambda: tuple(other + filler))
    monkeypatch.setattr(module, "apart_from", lambda new, known: [c for c in new if c not in known])
    for seed in range(300):
        found = strangers(np.random.default_rng(seed), asked, len(other))
        assert not set(other) <= set(found)
