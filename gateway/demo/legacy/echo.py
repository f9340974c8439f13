"""A WebSocket echo by hand (RFC 6455): text, binary, ping, close; no fragments or extensions."""

from __future__ import annotations

import base64
import hashlib
from io import BufferedIOBase

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_MAX_BYTES = 64 * 1024
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


def accept_key(key: str) -> str:
    """The answer to a `Sec-WebSocket-Key`."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()  # noqa: S324


def echo(source: BufferedIOBase, sink: BufferedIOBase) -> int:
    """Send every message back until the other side closes. Returns how many were echoed."""
    echoed = 0
    while (frame := _read(source)) is not None:
        opcode, data = frame
        if opcode in (_TEXT, _BINARY):
            echoed += 1
            _write(sink, opcode, data)
        elif opcode == _PING:
            _write(sink, _PONG, data)
        elif opcode == _CLOSE:
            _write(sink, _CLOSE, data[:2])
            break
    return echoed


def _read(source: BufferedIOBase) -> tuple[int, bytes] | None:
    """One unmasked frame; None at the end, or when the peer breaks the rules above."""
    head = source.read(2)
    if len(head) < 2 or not head[0] & 0x80 or not head[1] & 0x80:
        return None
    size = head[1] & 0x7F
    if size >= 126:
        size = int.from_bytes(source.read(2 if size == 126 else 8), "big")
    if size > _MAX_BYTES:
        return None
    mask = source.read(4)
    masked = source.read(size)
    if len(masked) < size:
        return None
    return head[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))


def _write(sink: BufferedIOBase, opcode: int, data: bytes) -> None:
    size = len(data)
    if size < 126:
        length = bytes([size])
    elif size < 65536:
        length = b"\x7e" + size.to_bytes(2, "big")
    else:
        length = b"\x7f" + size.to_bytes(8, "big")
    sink.write(bytes([0x80 | opcode]) + length + data)
    sink.flush()
