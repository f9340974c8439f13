"""Listening sockets: what a connection gets from the one it was accepted by."""

from __future__ import annotations

import re
import socket
from contextlib import closing

import pytest

from gateway.model import Address
from gateway.sockets import REMEDIES, UNSENT_BYTES, _bind


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


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        (Address("192.0.2.1", 8080), "192.0.2.1:8080: Cannot assign requested address: no interf"),
        (Address(unix_path="/nowhere/gate.sock"), "unix:/nowhere/gate.sock: No such file or direc"),
    ],
)
def test_what_cannot_be_listened_on_comes_with_place_and_remedy(listen: Address, told: str):
    with pytest.raises(OSError, match=re.escape(told)) as fault:
        _bind(listen, workers=1)
    assert REMEDIES[fault.value.errno or 0] in str(fault.value)
