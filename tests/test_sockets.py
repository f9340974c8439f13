"""Listening sockets: what a connection gets from the one it was accepted by."""

from __future__ import annotations

import socket
from contextlib import closing

from gateway.model import Address
from gateway.sockets import UNSENT_BYTES, _bind


def test_the_kernel_takes_little_ahead_of_a_client() -> None:
    """The listening socket hands it on: a connection costs no call of its own."""
    for host in ("127.0.0.1", "::1"):
        [listening] = _bind(Address(host), workers=1)
        listening.setblocking(True)
        with closing(listening), socket.create_connection(listening.getsockname()[:2]):
            accepted, _ = listening.accept()
            with closing(accepted):
                kept = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
                assert kept == UNSENT_BYTES
