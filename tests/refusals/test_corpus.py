"""What is refused goes no further, and its neighbour passes whole: at a real gate, on loopback."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.refusals import comparing, corpus, fuzzing, oracles
from tests.refusals.conftest import Door
from tests.refusals.corpus import SMUGGLED, Row
from tests.refusals.oracles import Read

ROWS = corpus.rows()
REFUSED = [row for row in ROWS if not row.passes]
PASSING = [row for row in ROWS if row.passes]


def named(row: Row) -> str:
    return f"{row.attacks.partition(':')[0]} | {row.text}"


@pytest.mark.parametrize("row", REFUSED, ids=named)
def test_refused(door: Door, row: Row) -> None:
    statuses, closes, said = door.ask(row.sent, count=2)
    assert statuses == [row.status], said
    assert closes
    assert b"x-app" not in said.lower()
    assert door.app.take().raw == b""


@pytest.mark.parametrize("row", PASSING, ids=named)
def test_the_neighbour_passes(door: Door, row: Row) -> None:
    wanted = 1 if row.last else 2
    statuses, _, said = door.ask(row.sent, count=wanted)
    assert statuses == [200] * wanted, said
    heard = door.app.take()
    assert not heard.faults
    first, *others = heard.messages
    assert (first.body, first.complete) == (row.body, True)
    assert [each.target for each in others] == ["/next"][: wanted - 1]


def test_there_are_enough() -> None:
    assert len({row.raw for row in REFUSED}) >= 800
    assert len({row.raw for row in PASSING}) >= 110


# --- Families: refused, or taken as h11 takes it ---------------------------------------------

FAMILIES = {  # and how many of each pass
    "a byte that hides a coding": (corpus.hidden_codings(), 378),
    "two codings": (corpus.doubled_codings(), 0),
    "a byte at each joint": (corpus.bytes_everywhere(), 309),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_families(door: Door, family: str) -> None:
    inputs, passing = FAMILIES[family]
    passed = []
    for raw in inputs:
        read = oracles.request(raw)
        if read is not None and read.ends < 0:  # a longer chunk: more would be waited for
            continue
        statuses, closes, said = door.ask(raw)
        heard = door.app.take()
        assert statuses[0] in (200, 400, 405, 501, 505) and closes, (raw, said)
        if statuses == [200]:
            passed.append(raw)
            (only,) = heard.messages
            assert read is not None and only.complete and not heard.faults, raw
            assert only.body == read.body, raw
        else:
            assert heard.raw == b"", raw
    assert len(passed) == passing


# --- What breaks later -----------------------------------------------------------------------

CHUNKED = b"POST /app HTTP/1.1\r\nHost: site\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
LATE = [b"x\r\n", b"0x3\r\n", b"3;\r\n", b"3\n", b"0\r\nHost: other\r\n\r\n", b"0\r\n\r\r\n"]


@pytest.mark.parametrize("late", LATE, ids=repr)
def test_a_body_that_breaks_later_is_never_whole(door: Door, late: bytes) -> None:
    def once_it_arrived() -> bytes:
        deadline = time.monotonic() + 5
        while b"abc" not in door.app.heard.raw and time.monotonic() < deadline:
            time.sleep(0.002)
        return late + SMUGGLED

    statuses, closes, said = door.ask(CHUNKED, once_it_arrived, count=2)
    assert statuses == [400] and closes, said
    heard = door.app.take()
    (only,) = heard.messages
    assert (only.body, only.complete) == (b"abc", False)
    assert b"smuggled" not in heard.raw


# --- What is answered before it is whole -------------------------------------------------------

HELLO = b"\x16\x03\x01\x02\x00\x01"  # TLS
BEGUN = [HELLO, b"\x00", b"{", b" GET", b"GET / HTTP/1.1\n", b"\r\n\n", b"\xff"]


@pytest.mark.parametrize("begun", BEGUN, ids=repr)
def test_what_can_be_no_request_is_not_waited_for(door: Door, begun: bytes) -> None:
    statuses, closes, said = door.ask(begun)
    assert statuses == [400] and closes, said
    assert door.app.take().raw == b""


def test_a_request_may_come_byte_by_byte(door: Door) -> None:
    raw = b"\r\n" + CHUNKED + b"0\r\n\r\n"
    statuses, _, said = door.ask(*(raw[at : at + 1] for at in range(len(raw))))
    assert statuses == [200], said
    (only,) = door.app.take().messages
    assert (only.body, only.complete) == (b"abc", True)


# --- Generated requests --------------------------------------------------------------------


def test_generated_requests(door: Door) -> None:
    """What `fuzzing` makes, at the gate itself: refused with nothing sent on, or whole."""
    chance, taken = Random(5), 0
    for _ in range(700):
        message = fuzzing.request(chance)
        ours = comparing.our_request(message)
        if ours is None or (isinstance(ours, Read) and ours.ends < 0):
            continue  # the gate waits for more
        raw = message.raw[: ours.ends] if isinstance(ours, Read) else message.raw + SMUGGLED
        statuses, closes, said = door.ask(raw)
        heard = door.app.take()
        if isinstance(ours, Read):
            taken += 1
            (only,) = heard.messages
            assert statuses == [200], (raw, said)
            assert (only.body, only.complete) == (ours.body, True), raw
        else:
            assert statuses == [ours.status] and closes, (raw, said)
            assert heard.raw == b"", raw
    assert taken > 150
