"""Strangers who only connect must leave descriptors to reach the app and the store by."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gatekeeper import free_port

ASK = """
import resource, sys
soft, hard, connections = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from gateway.sockets import room_for
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


RUN = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, "-m", "gateway", "run", sys.argv[2]])
"""
PLAIN = """
listen: 127.0.0.1:{port}
admin: ""
limits: {{wire: {{connections: 400, reserved: 40}}}}
upstreams: {{app: "http://127.0.0.1:1"}}
sites: [{{name: s}}]
"""


@pytest.mark.parametrize(
    "files, said",
    [
        (1008, []),
        (1006, ["only 1006 files may be open: a worker takes 439 connections, not 440"]),
    ],
)
def test_what_files_allow_is_said(tmp_path: Path, files: int, said: list[str]):
    file = tmp_path / "gateway.yaml"
    file.write_text(PLAIN.format(port=free_port()))
    words = [sys.executable, "-c", RUN, str(files), str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as gate:
        assert gate.stdout is not None
        records = []
        for line in gate.stdout:
            records.append(json.loads(line))
            if records[-1]["event"] == "started":
                break
        gate.terminate()
    assert [r["fault"] for r in records if r["event"] == "config"] == said
