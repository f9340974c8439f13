"""Other parsers agree with us on every message that we take, whatever was done to it.

`tests/bench/fuzz.py` does the same for as long as one likes.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.refusals import comparing, corpus, fuzzing
from tests.refusals.fuzzing import Message

METHODS = st.sampled_from(["GET", "HEAD", "POST"])
CHANCE = st.integers(0, 2**64 - 1).map(Random)
PIECES = st.sampled_from([fuzzing.BYTES[at : at + 1] for at in range(len(fuzzing.BYTES))])
EDITS = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 3), PIECES), max_size=4)
Edits = list[tuple[int, int, bytes]]


def edited(message: Message, edits: Edits) -> Message:
    """With a byte in the place of up to three, here and there."""
    raw = message.raw
    for at, size, piece in edits:
        at %= len(raw) + 1
        raw = raw[:at] + piece + raw[at + size :]
    return Message(raw, message.cuts)


@given(CHANCE, EDITS)
@settings(max_examples=1000, deadline=None)
def test_requests(chance: Random, edits: Edits) -> None:
    verdict = comparing.request(edited(fuzzing.request(chance), edits))
    assert not verdict.startswith("DIVERGES"), verdict


@given(CHANCE, EDITS)
@settings(max_examples=700, deadline=None)
def test_chunks(chance: Random, edits: Edits) -> None:
    verdict = comparing.chunks(edited(fuzzing.chunks(chance), edits))
    assert not verdict.startswith("DIVERGES"), verdict


@given(CHANCE, EDITS, METHODS)
@settings(max_examples=700, deadline=None)
def test_replies(chance: Random, edits: Edits, method: str) -> None:
    verdict = comparing.reply(edited(fuzzing.reply(chance), edits), method)
    assert not verdict.startswith("DIVERGES"), verdict


@given(CHANCE)
@settings(max_examples=500, deadline=None)
def test_what_we_send_on(chance: Random) -> None:
    for verdict in comparing.behind(fuzzing.request(chance)):
        assert not verdict.startswith("DIVERGES"), verdict


def test_the_messages_are_both_good_and_bad() -> None:
    """A comparison of what everybody refuses would show nothing."""
    chance = Random(7)
    seen = [comparing.request(fuzzing.request(chance)) for _ in range(2000)]
    assert seen.count("both take") > 400
    assert seen.count("we refuse") > 100
    assert seen.count("both refuse") > 400


ROWS = corpus.rows()


@pytest.mark.parametrize("row", [row for row in ROWS if row.passes], ids=lambda row: row.text)
def test_rows_that_pass(row: corpus.Row) -> None:
    message = Message(row.sent.lstrip(b"\r\n"), ())  # h11 takes no empty line before a request
    assert comparing.request(message) == "both take"
    verdicts = comparing.behind(message)
    assert len(verdicts) == len(comparing.PARSERS)
    assert not [each for each in verdicts if each.startswith("DIVERGES")]
