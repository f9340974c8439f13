"""Apps that read requests in ways of their own: nothing may slip past the gate inside them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

FORM = {"name": "form", "match": {"path": "/form"}, "ladder": ["pow"], "work": 1000}
ADMIN = {"name": "admin", "match": {"path": "/admin"}, "action": "deny"}


class NaiveApp(ThreadingHTTPServer):
    """Keeps connections, and leaves unread whatever body it did not expect."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: NaiveApp

    def do_GET(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_OPTIONS = do_GET  # noqa: N815 - the base class names them so

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def naive() -> Iterator[NaiveApp]:
    app = NaiveApp()
    thread = threading.Thread(target=app.serve_forever, args=(0.05,))
    thread.start()
    yield app
    app.shutdown()
    thread.join()
    app.server_close()


async def tell(port: int, raw: bytes) -> bytes:
    """What comes back for these bytes, until the gate closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


HIDDEN = b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"%b /free HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        % (method, len(HIDDEN), HIDDEN)
        for method in (b"GET", b"POST", b"OPTIONS")
    ]
    + [
        b"POST /free HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
    ],
    ids=["get", "post", "options", "chunked"],
)
async def test_a_body_the_app_leaves_unread_is_no_request(start_gate, naive, raw):
    gate = await start_gate([FORM], upstream=naive.url)
    assert b" 200 " in await tell(gate.port, raw)
    assert b" 200 " in await tell(
        gate.port, b"GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert [line for line in naive.seen if "/form" in line] == []
    assert len(naive.seen) == 2


@pytest.mark.parametrize("path", [b"/form", b"/admin"])
async def test_no_preflight_is_a_way_around_a_route(start_gate, naive, path):
    """To this app, as to most PHP scripts, OPTIONS is one more way to ask."""
    gate = await start_gate([FORM, ADMIN], upstream=naive.url)
    asked = (
        b"OPTIONS %b?phone=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: http://a\r\n"
        % path
    )
    assert b" 403 " in await tell(gate.port, asked + b"Access-Control-Request-Method: POST\r\n\r\n")
    assert naive.seen == []


async def test_named_origins_ask_before_they_send(start_gate, naive):
    cors = {"cors": {"origins": ["http://shop.example"]}}
    gate = await start_gate([FORM, ADMIN], upstream=naive.url, site=cors)
    said = {}
    for path in (b"/form", b"/admin", b"/free"):
        asked = (
            b"OPTIONS %b HTTP/1.1\r\nHost: a\r\nOrigin: http://shop.example\r\n"
            b"Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a, x-b\r\n"
            b"Connection: close\r\n\r\n" % path
        )
        said[path] = await tell(gate.port, asked)
    lines = said[b"/form"].split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 204 No Content"
    for line in (
        b"Access-Control-Allow-Origin: http://shop.example",
        b"Access-Control-Allow-Credentials: true",
        b"Access-Control-Allow-Methods: PUT",
        b"Access-Control-Allow-Headers: x-a, x-b",
    ):
        assert line in lines
    assert any(line.startswith(b"Vary: Origin, ") for line in lines)
    assert said[b"/admin"].startswith(b"HTTP/1.1 403 ")
    assert naive.seen == ["OPTIONS /free"]  # what no route protects is the app's to answer
    counted = [record for record in gate.records("decision") if record["status"] == 204]
    assert counted == []
