"""Paths that are kept come out as they went in, once, and say nothing of who drew them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gateway.hand.kept import PURPOSE, lines, pack, unpack
from gateway.hand.recorded import parse
from gateway.hand.trace import Drawn
from gateway.ring import KeyRing
from gateway.seal import MAX_TOKEN_CHARS, seal
from tests.hand.drawn import drawn, ruled
from tests.samples import NEW, OLD, RING

NONCE = b"\x02" * 12
REFERENCE = "0199c2f0-5f0e-7c3a-9d3b-5b1c2f4e8a77"
DRAG, MOVE = Drawn(ruled(), False, True), Drawn(drawn(), None, False)


def test_they_come_out_in_the_format_that_gateway_trace_reads() -> None:
    told = lines(REFERENCE, unpack(RING, pack(RING, [DRAG, MOVE], NONCE)))
    (names, path), (others, other) = map(parse, told)
    expected = {"source": "gateway", "session": REFERENCE}
    assert names == expected | {"id": f"{REFERENCE}/1", "kind": "drag", "pointer": "mouse"}
    assert others == expected | {"id": f"{REFERENCE}/2", "kind": "move"}
    for found, sent in ((path, ruled()), (other, drawn())):
        assert np.allclose(found[0], sent[0] - sent[0][0], atol=0.5)
        assert np.allclose(found[1:], sent[1:], atol=0.05)
    assert set(json.loads(told[0])) == {*names, "t", "x", "y"}


def test_nothing_tells_when_the_page_began() -> None:
    t, x, y = ruled()
    (row,) = unpack(RING, pack(RING, [Drawn((t + 5_000.0, x, y), None, True)], NONCE))
    (same,) = unpack(RING, pack(RING, [Drawn((t, x, y), None, True)], NONCE))
    assert row == same
    assert row["t"][0] == 0


def test_a_finger_is_named_as_one() -> None:
    (row,) = unpack(RING, pack(RING, [Drawn(ruled(), True, False)], NONCE))
    assert (row["kind"], row["pointer"]) == ("move", "touch")


def test_what_two_answers_tell_is_told_once() -> None:
    rows = unpack(RING, pack(RING, [DRAG, MOVE], NONCE))
    assert lines(REFERENCE, [*rows, *rows]) == lines(REFERENCE, rows)


def noise(seed: int) -> Drawn:
    t, x, y = np.random.default_rng(seed).uniform(0, 20_000, (3, 900))
    return Drawn((np.sort(t), x, y), False, False)


def test_of_too_many_the_newest_are_kept() -> None:
    many = [noise(seed) for seed in range(8)]
    sealed = pack(RING, many, NONCE)
    assert 0 < len(sealed) <= MAX_TOKEN_CHARS
    kept = unpack(RING, sealed)
    assert 0 < len(kept) < len(many)
    assert kept == unpack(RING, pack(RING, many[-len(kept) :], NONCE))


def test_a_path_too_long_for_any_room_is_none() -> None:
    t, x, y = np.random.default_rng(1).uniform(0, 20_000, (3, 9_000))
    assert pack(RING, [Drawn((np.sort(t), x, y), False, False)], NONCE) == ""


@pytest.mark.parametrize("sealed", ["", "x", seal(RING, "visit", b"[]", NONCE)])
def test_what_was_not_sealed_as_paths_holds_none(sealed: str) -> None:
    assert unpack(RING, sealed) == []


def test_they_are_gone_with_their_key_and_not_before() -> None:
    sealed = pack(KeyRing((OLD,)), [MOVE], NONCE)
    assert unpack(KeyRing((OLD, NEW)), sealed)
    assert unpack(KeyRing((NEW,)), sealed) == []
    assert PURPOSE not in sealed
