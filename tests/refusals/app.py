"""An app in threads that keeps every byte it is sent, and reads requests from them by h11."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import h11

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-App: yes\r\n\r\n"


@dataclass
class Message:
    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    complete: bool = False


@dataclass
class Heard:
    """What arrived since the last `take`."""

    raw: bytes = b""
    messages: list[Message] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class _Connection(socketserver.BaseRequestHandler):
    server: RawApp
    request: socket.socket

    def handle(self) -> None:
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)
        with suppress(OSError):
            while data := self.request.recv(65536):
                with self.server.lock:
                    self.server.heard.raw += data
                    parser.receive_data(data)
                    replies = self._read(parser)
                self.request.sendall(REPLY * replies)

    def _read(self, parser: h11.Connection) -> int:
        """How many requests came to their end."""
        count = 0
        heard = self.server.heard
        try:
            while (event := parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Request):
                    fields = event.headers.raw_items()
                    said = Message(event.method.decode(), event.target.decode("latin-1"), fields)
                    heard.messages.append(said)
                    self.server.reading = said
                elif isinstance(event, h11.Data):
                    self.server.reading.body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self.server.reading.complete = True
                    count += 1
                    self._next(parser)
                else:
                    break
        except h11.RemoteProtocolError as fault:
            heard.faults.append(str(fault))
        return count

    def _next(self, parser: h11.Connection) -> None:
        parser.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        parser.send(h11.EndOfMessage())
        if parser.our_state is h11.DONE and parser.their_state is h11.DONE:
            parser.start_next_cycle()


class RawApp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.lock = threading.Lock()
        self.heard = Heard()
        self.reading = Message("", "", [])  # one at a time: the tests ask in turn
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self) -> Heard:
        with self.lock:
            heard, self.heard = self.heard, Heard()
        return heard
