"""What the operating system knows of a connection, and can be told."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from contextlib import suppress
from typing import Final

from gateway.model import Peer

_NO_LINGER: Final = struct.pack("ii", 1, 0)


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """IPv4 within IPv6 (a dual-stack listener) is IPv4; a unix socket has no name."""
    name = transport.get_extra_info("peername")
    if not isinstance(name, tuple) or len(name) < 2:
        return Peer("unix")
    address = str(name[0]).split("%", 1)[0]
    if address.startswith("::ffff:") and "." in address:
        address = address[7:]
    return Peer(address, int(name[1]))


def reset_at_close(transport: asyncio.BaseTransport) -> None:
    """Let the other side see a reset when this is closed, not an end."""
    with suppress(OSError, AttributeError):
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)


def unread_bytes(transport: asyncio.WriteTransport) -> int:
    """What the other side has not yet taken, in our buffer and in the kernel's."""
    size = transport.get_write_buffer_size()
    with suppress(OSError, AttributeError):
        handle = transport.get_extra_info("socket").fileno()
        queued = fcntl.ioctl(handle, termios.TIOCOUTQ, b"\0\0\0\0")
        size += int.from_bytes(queued, sys.byteorder)
    return size
