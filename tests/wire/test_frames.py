"""Where frames end, next to what the `websockets` library writes and reads."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from gateway.wire.frames import Frames, close_frame

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 70000]


def frame(size: int, *, masked: bool, opcode: Opcode = Opcode.BINARY, fin: bool = True) -> bytes:
    return Frame(opcode, b"x" * size, fin).serialize(mask=masked)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_one_frame_byte_by_byte(size: int, masked: bool) -> None:
    frames = Frames(masked=masked)
    data = frame(size, masked=masked)
    for index in range(min(len(data), 200)):
        assert frames.at_boundary == (index == 0)
        end = frames.feed(data[index : index + 1])
        assert end == (1 if index == len(data) - 1 else -1)
    if len(data) > 200:
        assert not frames.at_boundary
        assert frames.feed(data[200:]) == len(data) - 200
    assert frames.at_boundary


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(SIZES),
        st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
        st.booleans(),
    )
    | st.tuples(st.integers(0, 125), st.sampled_from([Opcode.PING, Opcode.PONG]), st.just(True)),
    max_size=6,
)


@settings(deadline=None)
@given(MESSAGES, st.booleans(), st.lists(st.integers(0, 300_000), max_size=12))
def test_any_frames_cut_anywhere(
    messages: list[tuple[int, Opcode, bool]], masked: bool, cuts: list[int]
) -> None:
    ends, rests, stream, whole = [0], [0], b"", True
    for size, opcode, fin in messages:
        stream += frame(size, masked=masked, opcode=opcode, fin=fin)
        ends.append(len(stream))
        whole = whole if opcode in (Opcode.PING, Opcode.PONG) else fin
        if whole:
            rests.append(len(stream))
    frames = Frames(masked=masked)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, stop in pairwise(places):
        seen = frames.feed(stream[start:stop])
        last = max((end for end in rests if start < end <= stop), default=start - 1)
        assert seen == last - start
        assert frames.at_boundary == (stop in ends)
        assert frames.between_messages == (stop in rests)
    assert frames.at_boundary and not frames.lost


@pytest.mark.parametrize(
    "data, why",
    [
        (b"\x82\x80\0\0\0\0", "masked, from an app"),
        (b"\x82\x7e\x00\x7d", "126 bytes of length for less"),
        (b"\x82\x7f" + (65535).to_bytes(8), "eight bytes of length for less"),
        (b"\x82\x7f" + (2**63).to_bytes(8), "the highest bit of a length"),
        (b"\x89\x7e\x00\x7e", "a control frame too long"),
        (b"\x09\x00", "a control frame in fragments"),
        (b"\x83\x00", "an opcode that nobody has defined"),
        (b"\xa2\x00", "a reserved bit"),
        (b"SSH-2.0-OpenSSH", "something else altogether"),
    ],
)
def test_what_no_endpoint_may_send(data: bytes, why: str) -> None:
    frames = Frames(masked=False)
    assert frames.feed(frame(5, masked=False) + data) == 7, why
    assert frames.lost and not frames.at_boundary
    assert frames.feed(frame(5, masked=False)) == -1
    assert not frames.at_boundary


@pytest.mark.parametrize(
    "data",
    [
        b"\x82\x7e\x00\x7e" + b"x" * 126,
        b"\x82\x7f" + (65536).to_bytes(8) + b"x" * 65536,
        b"\x89\x7d" + b"x" * 125,
        b"\xc1\x01x",  # compressed
    ],
)
def test_what_an_endpoint_may_just_send(data: bytes) -> None:
    frames = Frames(masked=False)
    assert frames.feed(data) == len(data)
    assert frames.at_boundary


def test_a_frame_longer_than_anything() -> None:
    frames = Frames(masked=False)
    frames.feed(b"\x82\x7f" + (2**63 - 1).to_bytes(8))
    assert not frames.lost and not frames.at_boundary


def test_nothing_follows_a_close_frame() -> None:
    frames = Frames(masked=True)
    assert frames.feed(frame(3, masked=True)) == 9
    data = Frame(Opcode.CLOSE, Close(1000, "bye").serialize()).serialize(mask=True)
    assert frames.feed(data) == len(data)
    assert frames.closed and not frames.at_boundary and not frames.lost


@pytest.mark.parametrize("masked", [False, True])
def test_our_close_frame_as_the_library_reads_it(masked: bool) -> None:
    reader = StreamReader()
    reader.feed_data(close_frame(1001, masked=masked))
    parser = Frame.parse(reader.read_exact, mask=masked, max_size=None)
    with pytest.raises(StopIteration) as parsed:
        next(parser)
    assert parsed.value.value.opcode is Opcode.CLOSE
    assert Close.parse(parsed.value.value.data) == Close(1001, "")
    assert Frames(masked=masked).feed(close_frame(1001, masked=masked)) == (8 if masked else 4)
