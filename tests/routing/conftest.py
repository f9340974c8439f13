"""A real PHP on loopback, that says what it made of a request."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent / "php"
START_S = 10.0


class Php:
    """PHP's built-in server: raw bytes in, what its superglobals held out."""

    def __init__(self, port: int) -> None:
        self._port = port

    def sees(
        self, target: bytes, method: bytes = b"GET", heads: bytes = b"", body: bytes = b""
    ) -> Any:
        """What PHP made of one request; {} when it ran no script of ours."""
        head = b"%s %s HTTP/1.0\r\nHost: x\r\n%s" % (method, target, heads)
        if body or method == b"POST":
            head += b"Content-Length: %d\r\n" % len(body)
        with socket.create_connection(("127.0.0.1", self._port), timeout=10) as line:
            line.sendall(head + b"\r\n" + body)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        _, _, text = answer.partition(b"\r\n\r\n")
        return json.loads(text) if text.startswith(b"{") else {}

    def answers(self) -> bool:
        try:
            return bool(self.sees(b"/i.php"))
        except OSError:
            return False


@pytest.fixture(scope="session")
def php() -> Iterator[Php]:
    binary = shutil.which("php")
    assert binary, "these tests need PHP: apt-get install php-cli"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-d", "display_errors=0", "-d", "log_errors=0", "-d", "upload_max_filesize=1M"]
    server = subprocess.Popen(
        [binary, "-n", *options, "-S", f"127.0.0.1:{port}", "-t", str(SCRIPTS)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = Php(port)
        deadline = time.monotonic() + START_S
        while not found.answers():
            assert time.monotonic() < deadline, "PHP did not start"
            time.sleep(0.02)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=5)
