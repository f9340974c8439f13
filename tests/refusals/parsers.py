"""What programs behind us read from the bytes we send them: parsers in this process.

Each takes one connection's bytes and gives its requests as (method, target, body, whether whole),
or says by `RefusedError` that it will not have them.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

import h11
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser as AiohttpParser
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser


class RefusedError(Exception):
    """The parser will not have these bytes."""


class Got(NamedTuple):
    method: bytes
    target: bytes
    body: bytes
    whole: bool


def by_h11(raw: bytes) -> list[Got]:
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    got: list[Got] = []
    try:
        parser.receive_data(raw)
        while True:
            event = parser.next_event()
            if isinstance(event, h11.Request):
                got.append(Got(event.method, event.target, b"", False))
            elif isinstance(event, h11.Data):
                got[-1] = got[-1]._replace(body=got[-1].body + bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                got[-1] = got[-1]._replace(whole=True)
                if parser.their_state is not h11.DONE:  # the last one
                    return got
                parser.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                parser.send(h11.EndOfMessage())
                parser.start_next_cycle()
            else:
                return got
    except h11.RemoteProtocolError as fault:
        raise RefusedError(str(fault)) from fault


class _Collects:
    """For httptools."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.parser = HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.got.append(Got(b"", b"", b"", False))

    def on_url(self, url: bytes) -> None:
        self._now(target=self.got[-1].target + url)

    def on_headers_complete(self) -> None:
        self._now(method=self.parser.get_method())

    def on_body(self, body: bytes) -> None:
        self._now(body=self.got[-1].body + body)

    def on_message_complete(self) -> None:
        self._now(whole=True)

    def _now(self, **changes: Any) -> None:
        self.got[-1] = self.got[-1]._replace(**changes)


def by_httptools(raw: bytes) -> list[Got]:
    collects = _Collects()
    try:
        collects.parser.feed_data(raw)
    except HttpParserUpgrade:
        pass
    except HttpParserError as fault:
        raise RefusedError(str(fault)) from fault
    return collects.got


def by_aiohttp(raw: bytes) -> list[Got]:
    """Its C parser: `aiohttp.http_parser` names that one where it is there."""
    loop = asyncio.new_event_loop()
    try:
        parser: Any = AiohttpParser(BaseProtocol(loop), loop, 2**16)
        messages, _, _ = parser.feed_data(raw)
    except HttpProcessingError as fault:
        raise RefusedError(str(fault)) from fault
    finally:
        loop.close()
    got = []
    for message, payload in messages:
        body, whole = b"".join(getattr(payload, "_buffer", ())), payload.is_eof()
        got.append(Got(message.method.encode(), message.path.encode(), body, whole))
    return got


class _Handler(BaseHTTPRequestHandler):
    """http.server's reading, without a socket."""

    def __init__(self, raw: bytes) -> None:
        self.rfile = io.BytesIO(raw)
        self.wfile = io.BytesIO()
        self.protocol_version = "HTTP/1.1"
        self.client_address = ("", 0)
        self.close_connection = False

    def log_message(self, *words: object) -> None:
        pass


def by_http_server(raw: bytes) -> list[Got]:
    """It knows no chunks: such a body is left unread, and we let nothing follow it."""
    handler, got = _Handler(raw), list[Got]()
    while not handler.close_connection:
        handler.raw_requestline = handler.rfile.readline(65537)
        if not handler.raw_requestline:
            break
        if not handler.parse_request():
            raise RefusedError(handler.wfile.getvalue().decode("latin-1").partition("\r\n")[0])
        size = int(handler.headers.get("content-length", "0"))
        body = handler.rfile.read(size)
        target = handler.path.encode("latin-1")
        got.append(Got(handler.command.encode(), target, body, len(body) == size))
    return got


PARSERS: dict[str, Callable[[bytes], list[Got]]] = {
    "h11": by_h11,
    "httptools": by_httptools,
    "aiohttp": by_aiohttp,
    "http.server": by_http_server,
}
