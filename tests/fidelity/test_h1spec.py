"""The 33 checks of h1spec through the whole gate, by their names.

https://github.com/uNetworking/h1spec has no licence, so none of its program is here: these are the
checks that its list names, with requests and verdicts written as our own table. The app echoes
bodies, whatever the method. Where h1spec waits half a second for a server to say nothing, the
rest of the request is sent here, and must be answered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fidelity.frames import Line, OverError
from tests.fidelity.ways import WITHIN_S, gated
from tests.gatekeeper import GateProcess
from tests.recorder import Line as AppLine
from tests.recorder import Recorder, Seen, reply_bytes

WHOLE = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
QUIET_S = 0.02

# The name of each fragment, and how many bytes of WHOLE it has.
FRAGMENTS = {
    "Fragmented method": 1,
    "Fragmented URL 1": len("GET "),
    "Fragmented URL 2": len("GET /hello"),
    "Fragmented URL 3": len("GET /hello "),
    "Fragmented HTTP version": len("GET /hello HTTP"),
    "Fragmented request line": len("GET /hello HTTP/1.1"),
    "Fragmented request line newline 1": len("GET /hello HTTP/1.1\r"),
    "Fragmented request line newline 2": len("GET /hello HTTP/1.1\r\n"),
    "Fragmented field name": len("GET /hello HTTP/1.1\r\nHos"),
    "Fragmented field value 1": len("GET /hello HTTP/1.1\r\nHost:"),
    "Fragmented field value 2": len("GET /hello HTTP/1.1\r\nHost: "),
    "Fragmented field value 3": len(WHOLE) - 4,
    "Fragmented field value 4": len(WHOLE) - 3,
    "Fragmented request": len(WHOLE) - 2,
    "Fragmented request termination": len(WHOLE) - 1,
}

OK, BAD, ANY_ERROR = (range(200, 300),), (range(400, 500),), (range(400, 600),)
TO = b"Host: example.com\r\n"
GET, POST = b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n"
TWELVE = b"c\r\nHellO world1\r\n0\r\n\r\n"

# The request, which statuses are right, and the body that a 200 must echo.
REQUESTS: dict[str, tuple[bytes, tuple[range, ...], bytes]] = {
    "Request without HTTP version": (b"GET / \r\n\r\n", ANY_ERROR, b""),
    "Request with Expect header": (
        GET + TO + b"Expect: 100-continue\r\n\r\n",
        (range(100, 101), *OK),
        b"",
    ),
    "Valid GET request": (GET + TO + b"\r\n", OK, b""),
    "Valid GET request with edge cases": (GET + b"hoSt:\texample.com\r\nempty:\r\n\r\n", OK, b""),
    "Invalid header characters": (GET + TO + b"X-Invalid[]: test\r\n\r\n", BAD, b""),
    "Missing Host header": (GET + b"Content-Length: 5\r\n\r\n", BAD, b""),
    "Multiple Host headers": (GET + TO + b"Host: example.org\r\n\r\n", BAD, b""),
    "Overflowing negative Content-Length header": (
        GET + TO + b"Content-Length: -%d\r\n\r\n" % 10**27,
        BAD,
        b"",
    ),
    "Negative Content-Length header": (GET + TO + b"Content-Length: -99\r\n\r\n", BAD, b""),
    "Non-numeric Content-Length header": (GET + TO + b"Content-Length: abc\r\n\r\n", BAD, b""),
    "Empty header value": (GET + TO + b"X-Empty-Header: \r\n\r\n", OK, b""),
    "Header containing invalid control character": (GET + TO + b"X: a\x07\r\n\r\n", BAD, b""),
    "Invalid HTTP version": (b"GET / HTTP/9.9\r\n" + TO + b"\r\n", ANY_ERROR, b""),
    "Invalid prefix of request": (b"Extra line" + GET + TO + b"\r\n", ANY_ERROR, b""),
    "Invalid line ending": (GET + TO + b"\rSome-Header: Test\r\n\r\n", BAD, b""),
    "Valid POST request with body": (
        POST + TO + b"Content-Length: 5\r\n\r\nhello",
        (*OK, range(404, 405)),
        b"hello",
    ),
    "Chunked Transfer-Encoding": (
        POST + TO + b"Transfer-Encoding: chunked\r\n\r\n" + TWELVE,
        OK,
        b"HellO world1",
    ),
    "Conflicting Transfer-Encoding and Content-Length in varying case": (
        POST + TO + b"content-LengtH: 5\r\nTransFer-Encoding: chunked\r\n\r\n" + TWELVE,
        (*BAD, *OK),
        b"HellO world1",
    ),
}

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def echo(seen: Seen, line: AppLine) -> None:
    await line.send(reply_bytes(bytes(seen.body)))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def gate(
    tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
) -> AsyncIterator[GateProcess]:
    recorder.answer = echo
    async with gated(tmp_path_factory.mktemp("h1spec"), recorder.url) as gate:
        yield gate


async def answer(line: Line) -> tuple[int, bytes]:
    """Status and body."""
    with contextlib.suppress(OverError):
        await line.reply(b"GET")
    head, _, body = bytes(line.kept).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


@pytest.mark.parametrize("name", FRAGMENTS)
async def test_fragment(gate: GateProcess, name: str) -> None:
    line = await Line.to(gate.port)
    try:
        await line.send(WHOLE[: FRAGMENTS[name]])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                await line.head()
        await line.send(WHOLE[FRAGMENTS[name] :])
        async with asyncio.timeout(WITHIN_S):
            assert (await answer(line))[0] == 200
    finally:
        line.close()


@pytest.mark.parametrize("name", REQUESTS)
async def test_request(gate: GateProcess, name: str) -> None:
    raw, right, echoed = REQUESTS[name]
    line = await Line.to(gate.port)
    try:
        await line.send(raw)
        async with asyncio.timeout(WITHIN_S):
            status, body = await answer(line)
    finally:
        line.close()
    assert any(status in each for each in right), status
    assert status != 200 or body == echoed


async def test_there_are_33() -> None:
    assert len(FRAGMENTS) + len(REQUESTS) == 33
