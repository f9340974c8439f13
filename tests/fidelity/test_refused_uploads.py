"""Whoever uploads 50 MiB to where it is refused sees the page that says so, not a reset.

Three kinds of clients: curl; one that writes all of it before it reads anything, as browsers over
HTTP/1.1 do; and one that reads while it writes and stops at the answer. The gate reads on for a
while (`limits.wire.linger`), and no longer.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fidelity.ways import gated
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder

SIZE = 50 * 2**20
WITHIN_S = 60.0
PIECE = b"0123456789abcdef" * 4096

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Case:
    target: str
    status: int
    words: str  # in the page


CASES = {
    "too large": Case("/upload", 413, "too large"),
    "asked, too large to be held": Case("/register", 403, "<html"),
    "a closed route": Case("/closed", 403, "<html"),
}
HTML = b"Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def gate(
    tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
) -> AsyncIterator[GateProcess]:
    folder = tmp_path_factory.mktemp("uploads")
    routes = [
        {"name": "closed", "match": {"path": "/closed"}, "action": "deny"},
    ]
    limits = {"wire": {"body": "51MiB"}}
    async with gated(folder, recorder.url, mode="enforce", routes=routes, limits=limits) as gate:
        yield gate


def head(case: Case, size_bytes: int) -> bytes:
    return (
        b"POST %b HTTP/1.1\r\nHost: site.test\r\n%bContent-Type: application/octet-stream\r\n"
        b"Content-Length: %d\r\n\r\n" % (case.target.encode(), HTML, size_bytes)
    )


def announced(case: Case) -> int:
    return SIZE * 2 if case.status == 413 else SIZE


def write_all_then_read(port: int, case: Case) -> bytes:
    """As a browser. A write that fails is what shows as ERR_CONNECTION_RESET."""
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as line:
        line.sendall(head(case, announced(case)))
        for _ in range(SIZE // len(PIECE)):
            line.sendall(PIECE)
        return read_to_end(line)


def read_to_end(line: socket.socket) -> bytes:
    said = b""
    while part := line.recv(65536):
        said += part
    return said


def read_while_writing(port: int, case: Case) -> bytes:
    """Stops to write once the answer is there, as curl and Node's fetch do."""
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as line:
        line.sendall(head(case, announced(case)))
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.append(read_to_end(line)))
        reader.start()
        for _ in range(SIZE // len(PIECE)):
            if not reader.is_alive():
                break
            line.sendall(PIECE)
        reader.join(WITHIN_S)
        return said[0]


CLIENTS: dict[str, Callable[[int, Case], bytes]] = {
    "writes, then reads": write_all_then_read,
    "reads while it writes": read_while_writing,
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", CASES)
async def test_the_page_is_seen(
    gate: GateProcess, recorder: Recorder, case: str, client: str
) -> None:
    recorder.forget()
    said = await asyncio.to_thread(CLIENTS[client], gate.port, CASES[case])
    page, _, body = said.partition(b"\r\n\r\n")
    assert page.startswith(b"HTTP/1.1 %d " % CASES[case].status)
    assert b"\r\nConnection: close" in page
    assert CASES[case].words.encode() in body
    assert not recorder.seen


@pytest.mark.parametrize("expects", [False, True])
@pytest.mark.parametrize("case", CASES)
async def test_curl_sees_it(gate: GateProcess, tmp_path: Path, case: str, expects: bool) -> None:
    wanted = CASES[case]
    upload = tmp_path / "upload"
    with upload.open("wb") as file:
        file.truncate(announced(wanted))
    process = await asyncio.create_subprocess_exec(
        *("curl", "-sS", "--http1.1", "--data-binary", f"@{upload}", "-w", "\n%{http_code}"),
        *("-H", "Expect: 100-continue" if expects else "Expect:", "-H", "Accept: text/html"),
        *("-H", "Sec-Fetch-Mode: navigate", "-H", "Content-Type: application/octet-stream"),
        f"{gate.url}{wanted.target}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0, err.decode()
    page, _, status = out.decode().rpartition("\n")
    assert (status, wanted.words in page) == (str(wanted.status), True)


async def test_who_expects_sends_nothing_of_it(gate: GateProcess, recorder: Recorder) -> None:
    """The decision comes before any 100 Continue."""
    recorder.forget()
    for case in CASES.values():
        request = head(case, announced(case)).replace(
            b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
        writer.write(request)
        said = await asyncio.wait_for(reader.read(), WITHIN_S)
        writer.close()
        assert said.startswith(b"HTTP/1.1 %d " % case.status)
        assert b"100 Continue" not in said
    assert not recorder.seen
