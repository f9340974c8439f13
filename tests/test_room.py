"""Strangers who only connect must leave descriptors to reach the app and the store by."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import resource, sys
soft, hard, connections = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from gateway.gate import room_for
print(room_for(connections), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    "soft, hard, connections, room, raised",
    [
        (1024, 1024, 10_000, 448, 1024),
        (1024, 4096, 10_000, 1984, 4096),
        (1024, 4096, 1000, 1000, 2128),
        (4096, 4096, 100, 100, 4096),
        (128, 128, 100, 1, 128),
    ],
)
def test_room_for_connections(soft, hard, connections, room, raised):
    """Half of what may be opened, after asking for as much as may be had."""
    words = [sys.executable, "-c", ASK, str(soft), str(hard), str(connections)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == [str(room), str(raised), str(hard)]
