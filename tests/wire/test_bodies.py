"""Where a body ends, however it is cut into pieces; and what of it may pass."""

from __future__ import annotations

import contextlib
import itertools

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.wire.bodies import BodyError, ChunkReader, LengthReader, Reader


def read(reader: Reader, stream: bytes, cuts: list[int]) -> tuple[bytes, bytes, bytes]:
    """What passed, its payload, and the rest, when `stream` comes in pieces. Raises BodyError."""
    passed, payload, waiting = b"", b"", b""
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        waiting += stream[start:end]
        if not reader.done:
            size = reader.feed(waiting)
            payload += reader.payload(waiting[:size])
            passed, waiting = passed + waiting[:size], waiting[size:]
    return passed, payload, waiting


@pytest.mark.parametrize("size", [0, 1, 5, 6])
@given(cuts=st.lists(st.integers(0, 20), max_size=4))
def test_length(size: int, cuts: list[int]) -> None:
    reader = LengthReader(size)
    passed, payload, rest = read(reader, b"abcdefgh", cuts)
    assert passed == payload == b"abcdefgh"[:size] and rest == b"abcdefgh"[size:]
    assert reader.done and reader.size_bytes == size


CHUNK = st.binary(min_size=1, max_size=40)
SIZES = st.sampled_from(["%x", "%X", "00%x"])
EXTENSIONS = st.sampled_from(["", ";a", ";a=b", ';a="b;\\" c"', ";a;b=c"])
TRAILERS = st.sampled_from([b"", b"X: y\r\n", b"X:\r\nX-Y:  z \xff\r\n"])


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A whole body and its payload."""
    raw, payload = b"", b""
    for chunk in draw(st.lists(CHUNK, max_size=5)):
        size = (draw(SIZES) % len(chunk) + draw(EXTENSIONS)).encode()
        raw += size + b"\r\n" + chunk + b"\r\n"
        payload += chunk
    return raw + b"0\r\n" + draw(TRAILERS) + b"\r\n", payload


@given(chunked(), st.lists(st.integers(0, 500), max_size=8), st.binary(max_size=9))
@settings(deadline=None)
def test_chunks(body: tuple[bytes, bytes], cuts: list[int], behind: bytes) -> None:
    raw, payload = body
    reader = ChunkReader()
    assert read(reader, raw + behind, cuts) == (raw, payload, behind)
    assert reader.done and reader.size_bytes == len(payload)


def h11_reads(stream: bytes) -> tuple[bytes, bytes] | None:
    """Payload and rest as h11 reads it; None: refused or unfinished."""
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=100_000)
    parser.receive_data(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + stream)
    payload = b""
    with contextlib.suppress(h11.RemoteProtocolError):
        while (event := parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Data):
                payload += bytes(event.data)
            if isinstance(event, h11.EndOfMessage):
                return payload, bytes(parser.trailing_data[0])
    return None


PIECES = st.lists(
    st.sampled_from(
        [b"0", b"1", b"3", b"a", b"abc", b"\r\n", b"\r\n", b"\n", b"\r", b";", b";x=y", b" ",
         b"X: y", b"Host: z", b"0\r\n\r\n", b"\r\n\r\n", b"\x00", b"+1", b"_", b'"', b"1\r\na\r\n"]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@given(PIECES | st.tuples(chunked(), PIECES).map(lambda both: both[0][0] + both[1]))
@example(b"1\r\na\r\n0\r\n\r\nGET /")
@settings(max_examples=1500, deadline=None)
def test_h11_agrees_where_chunks_end(stream: bytes) -> None:
    """We may refuse what h11 takes, never end elsewhere."""
    reader = ChunkReader(guarded=False)
    with contextlib.suppress(BodyError):
        _, payload, rest = read(reader, stream, [])
        if reader.done:
            assert h11_reads(stream) == (payload, rest)


@given(PIECES, st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=500, deadline=None)
def test_cuts_change_nothing(stream: bytes, cuts: list[int]) -> None:
    def outcome(where: list[int]) -> object:
        reader = ChunkReader()
        try:
            return (*read(reader, stream, where), reader.done)
        except BodyError:
            return None

    assert outcome(cuts) == outcome([])


@pytest.mark.parametrize(
    ("name", "in_request", "in_reply"),
    [
        (b"X-Checksum", True, True),
        (b"Content-Lengths", True, True),
        (b"Cookie", False, True),
        (b"X_Forwarded.For", False, True),
        (b"Content-Length", False, False),
        (b"transfer-encoding", False, False),
    ],
)
def test_names_in_trailers(name: bytes, in_request: bool, in_reply: bool) -> None:
    for guarded, passes in ((True, in_request), (False, in_reply)):
        reader = ChunkReader(guarded=guarded)
        with contextlib.nullcontext() if passes else pytest.raises(BodyError):
            reader.feed(b"0\r\n%b: 3\r\n\r\n" % name)
        assert reader.done is passes
