"""How far a body reaches, told piece by piece. Bytes are validated and passed on as they are.

Each reader's `feed(data)` says how many leading bytes of `data` belong to the body and may pass;
the rest is offered again, with more behind it, until `done`. Nothing invalid is ever let through.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from gateway.heads import NO_BODY
from gateway.model import Chunked, Framing, Length
from gateway.reply_heads import UntilClose

MAX_SIZE_LINE_BYTES: Final = 256  # a chunk's size and extensions
MAX_TRAILER_BYTES: Final = 8192

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
# RFC 9112 §7.1, without the "bad" white space that parsers disagree about; at most 2**60.
_SIZE_LINE: Final = re.compile(
    rb"([0-9A-Fa-f]{1,15})(?:;%b(?:=(?:%b|%b))?)*\r\n" % (_TOKEN, _TOKEN, _QUOTED)
)
_TRAILER: Final = re.compile(rb"(%b):[\t -~\x80-\xff]*\r\n" % _TOKEN)
# A trailer that some server would merge into the fields it decides by.
_NOT_IN_TRAILERS: Final = re.compile(
    rb"(?:x{0}(?:forwarded|real|original|gateway|rewrite)|sec{0}fetch){0}.*"
    rb"|x{0}(?:http{0})?method(?:{0}override)?|(?:x{0})?script{0}name|path{0}info"
    rb"|content{0}(?:length|type|encoding|range)|transfer{0}encoding|te|connection|upgrade"
    rb"|host|cookie|set{0}cookie|authorization|forwarded|expect|origin|referer".replace(
        b"{0}", b"[^a-z0-9]"
    ),
    re.IGNORECASE,
)


# One that some client would frame by; no app has a reason to send it (RFC 9110 §6.5.1).
_NEVER_IN_TRAILERS: Final = re.compile(rb"content-length|transfer-encoding", re.IGNORECASE)


class BodyError(ValueError):
    """The framing is broken: whoever sent it can't be understood any further."""


class LengthReader:
    """Content-Length."""

    __slots__ = ("done", "left_bytes", "size_bytes")

    def __init__(self, size_bytes: int) -> None:
        self.left_bytes = size_bytes
        self.size_bytes = 0  # of the payload, so far
        self.done = size_bytes == 0

    def feed(self, data: bytes) -> int:
        size = len(data)
        left = self.left_bytes - size
        if left > 0:
            self.left_bytes = left
            self.size_bytes += size
            return size
        size = self.left_bytes
        self.size_bytes += size
        self.left_bytes = 0
        self.done = True
        return size

    def payload(self, data: bytes) -> bytes:
        """The content of what `feed` just let pass."""
        return data


class CloseReader:
    """Everything until the connection ends."""

    __slots__ = ("done", "size_bytes")

    def __init__(self) -> None:
        self.size_bytes = 0
        self.done = False

    def feed(self, data: bytes) -> int:
        self.size_bytes += len(data)
        return len(data)

    def payload(self, data: bytes) -> bytes:
        return data


class ChunkReader:
    """Transfer-Encoding: chunked. `feed` raises BodyError.

    `guarded`: trailers that could pass for deciding headers are refused, not only framing ones.
    """

    __slots__ = ("_guarded", "_left_bytes", "_parts", "_trailer_bytes", "done", "size_bytes")

    def __init__(self, *, guarded: bool = True) -> None:
        self._guarded = guarded
        self._left_bytes = 0  # of the chunk, with its CRLF
        self._trailer_bytes = -1  # -1: not there yet
        self._parts: list[tuple[int, int]] = []  # where the payload lay in the last `feed`
        self.size_bytes = 0
        self.done = False

    def feed(self, data: bytes) -> int:
        self._parts.clear()
        at, end = 0, len(data)
        while at < end and not self.done:
            read = self._chunk if self._left_bytes else self._line
            step = read(data, at, end)
            if step == 0:
                break
            at += step
        return at

    def payload(self, data: bytes) -> bytes:
        return b"".join(data[start:end] for start, end in self._parts)

    def _chunk(self, data: bytes, at: int, end: int) -> int:
        """Past the chunk's data, or past the CRLF behind it."""
        if self._left_bytes > 2:
            size = min(self._left_bytes - 2, end - at)
            self._parts.append((at, at + size))
            self._left_bytes -= size
            self.size_bytes += size
            return size
        if not b"\r\n".startswith(data[at : at + 2]):
            raise BodyError("no CRLF after a chunk")
        if end - at < 2:
            return 0
        self._left_bytes = 0
        return 2

    def _line(self, data: bytes, at: int, end: int) -> int:
        """Past one size line or trailer, once it is whole."""
        stop = data.find(b"\n", at) + 1
        bound = MAX_SIZE_LINE_BYTES if self._trailer_bytes < 0 else MAX_TRAILER_BYTES
        if (stop or end) - at > bound:
            raise BodyError("line too long")
        if not stop:
            return 0
        if self._trailer_bytes < 0:
            self._size(data[at:stop])
        else:
            self._trailer(data[at:stop])
        return stop - at

    def _size(self, line: bytes) -> None:
        size = _SIZE_LINE.fullmatch(line)
        if size is None:
            raise BodyError("chunk size")
        size_bytes = int(size[1], 16)
        if size_bytes:
            self._left_bytes = size_bytes + 2
        else:
            self._trailer_bytes = 0

    def _trailer(self, line: bytes) -> None:
        if line == b"\r\n":
            self.done = True
            return
        self._trailer_bytes += len(line)
        name = _TRAILER.fullmatch(line)
        if name is None or self._trailer_bytes > MAX_TRAILER_BYTES:
            raise BodyError("trailer")
        unwelcome = _NOT_IN_TRAILERS if self._guarded else _NEVER_IN_TRAILERS
        if unwelcome.fullmatch(name[1]):
            raise BodyError("trailer name")


BodyReader: TypeAlias = LengthReader | ChunkReader  # of a request
Reader: TypeAlias = BodyReader | CloseReader
Sink: TypeAlias = Callable[[bytes, BodyReader], None]  # valid raw bytes, and who read them


def request_reader(framing: Framing) -> BodyReader | None:
    """None: there is no body."""
    if framing is NO_BODY:
        return None
    if isinstance(framing, Length):
        return LengthReader(framing.size_bytes) if framing.size_bytes else None
    return ChunkReader() if isinstance(framing, Chunked) else None


def broken_from_start(framing: Framing, data: bytes) -> str:
    """Why the part of a body that came with its head must not reach the app; "": it may."""
    if isinstance(framing, Chunked):
        try:
            ChunkReader().feed(data)
        except BodyError as fault:
            return str(fault)
    return ""


def reply_reader(framing: Framing | UntilClose) -> Reader | None:
    """None: there is no body."""
    if isinstance(framing, Length):
        return LengthReader(framing.size_bytes) if framing.size_bytes else None
    if isinstance(framing, Chunked):
        return ChunkReader(guarded=False)
    return CloseReader() if isinstance(framing, UntilClose) else None
