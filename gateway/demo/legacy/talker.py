"""Reading bodies and writing replies on the standard library's HTTP server."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler

_MAX_BODY_BYTES = 64 * 2**20


class Talker(BaseHTTPRequestHandler):
    """HTTP/1.1 with kept connections; bodies by length or by chunks."""

    protocol_version = "HTTP/1.1"
    server_version = "CommunityCentre/1.3"
    timeout = 75

    def body(self) -> bytes | None:
        """The whole body; None when it was refused and the refusal is sent."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_body()
        size = int(self.headers.get("Content-Length") or 0)
        if size > _MAX_BODY_BYTES:
            self.close_connection = True
            self.reply(413, "text/plain; charset=utf-8", b"Please send a smaller file.\n")
            return None
        return self.rfile.read(size)

    def _chunked_body(self) -> bytes:
        parts: list[bytes] = []
        while size := int(self.rfile.readline(20).split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline(3)
        while self.rfile.readline(8192).strip():
            pass
        return b"".join(parts)

    def json(self, status: int, data: object) -> None:
        self.reply(status, "application/json", json.dumps(data).encode())

    def reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the counters on the front page are the record."""
