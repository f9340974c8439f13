"""Where WebSocket frames end in a stream of bytes that is not ours (RFC 6455 §5.2).

Only headers are read: enough to know when a frame of our own could follow. Extensions change what
is inside frames, never how they are cut.
"""

from __future__ import annotations

from typing import Final

GOING_AWAY: Final = 1001  # §7.4.1
CLOSE: Final = 0x8
_MAX_CONTROL_BYTES: Final = 125  # §5.5
_RESERVED: Final = 0x30  # RSV2 and RSV3, which no registered extension uses; RSV1: compressed
_MOST_HEAD_BYTES: Final = 14
_LAST, _FRAGMENT, _CONTROL = 0, 1, 2
_NO_MASK: Final = b"\0\0\0\0"  # a mask hides text from intermediaries; we are one, and hide nothing


class Frames:
    """One direction of one connection. `masked`: from a client, whose frames must be."""

    __slots__ = ("_head", "_in_message", "_left", "_lost", "_masked", "closed")

    def __init__(self, *, masked: bool) -> None:
        self._masked = masked
        self._head = b""  # of a frame, not yet complete
        self._left = 0  # bytes of the payload still to come
        self._in_message = False  # more fragments follow
        self._lost = False
        self.closed = False  # a close frame began: nothing may follow it

    @property
    def lost(self) -> bool:
        """These are no frames as we know them: nothing can be said any more."""
        return self._lost

    @property
    def at_boundary(self) -> bool:
        """Whether another frame may follow here, perhaps between fragments of a message."""
        return not (self._left or self._head or self._lost or self.closed)

    @property
    def between_messages(self) -> bool:
        """A better place: some take a close frame between fragments amiss (§5.4 allows it)."""
        return self.at_boundary and not self._in_message

    def feed(self, data: bytes) -> int:
        """Returns where in `data` the last frame ends that no fragment follows, -1 if none does."""
        end, at, size = -1, self._left, len(data)
        if self._lost:
            return -1
        if at > size:
            self._left = at - size
            return -1
        if at:
            end, self._left = -1 if self._in_message else at, 0
        while at < size:
            known = len(self._head)
            head = self._head + data[at : at + _MOST_HEAD_BYTES - known]
            if len(head) < 2 or len(head) < _HEAD_BYTES[head[1]]:
                self._head = head
                return end
            at += _HEAD_BYTES[head[1]] - known
            self._head = b""
            payload_bytes = self._payload_bytes(head)
            if payload_bytes < 0:
                self._lost = True
                return end
            at += payload_bytes
            if at > size:
                self._left = at - size
                return end
            end = end if self._in_message else at
        return end

    def _payload_bytes(self, head: bytes) -> int:
        """Of a complete header; -1 if no endpoint may send it (§5.1, §5.2, §5.5)."""
        kind, short = _KINDS[head[0]], head[1] & 0x7F
        if kind is None or (head[1] > 127) != self._masked:
            return -1
        if kind in (_CONTROL, CLOSE):
            self.closed = self.closed or kind == CLOSE
            return short if short <= _MAX_CONTROL_BYTES else -1
        self._in_message = kind == _FRAGMENT
        if short < 126:
            return short
        size = int.from_bytes(head[2:4] if short == 126 else head[2:10])
        return size if (126 if short == 126 else 2**16) <= size < 2**63 else -1


def _kind(first: int) -> int | None:
    """What a frame is that begins so; None: nothing that anybody has defined."""
    opcode, final = first & 0x0F, first & 0x80
    if first & _RESERVED or opcode not in (0, 1, 2, CLOSE, 9, 10):
        return None
    if opcode & 0x08:
        control = CLOSE if opcode == CLOSE else _CONTROL
        return control if final else None  # §5.5: never in fragments
    return _LAST if final else _FRAGMENT


_KINDS: Final = tuple(_kind(first) for first in range(256))
_HEAD_BYTES: Final = tuple(  # by the second byte
    2 + {126: 2, 127: 8}.get(second & 0x7F, 0) + (4 if second & 0x80 else 0)
    for second in range(256)
)


def close_frame(code: int, *, masked: bool) -> bytes:
    """A close frame with a code and no reason."""
    payload = code.to_bytes(2)
    return bytes([0x80 | CLOSE, len(payload) | (0x80 if masked else 0)]) + (
        _NO_MASK + payload if masked else payload
    )
