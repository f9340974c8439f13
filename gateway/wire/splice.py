"""After a 101: bytes pass both ways as they come, until either side ends.

Frames, pings and compression are the endpoints' business (RFC 6455 is not read here).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.wire.upstreams import Link

if TYPE_CHECKING:
    from gateway.wire.client import Client


class Splice:
    __slots__ = ("_client", "_deadline_s", "_idle_s", "_link", "_moved")

    def __init__(self, client: Client, link: Link, idle_s: float) -> None:
        self._client = client
        self._link = link
        self._idle_s = idle_s
        self._deadline_s = 0.0
        self._moved = True
        link.listener = self

    def client_data(self, data: bytes) -> None:
        self._moved = True
        self._link.transport.write(data)

    def upstream_data(self, data: bytes) -> None:
        self._moved = True
        self._client.transport.write(data)

    def client_full(self) -> None:
        self._link.transport.pause_reading()

    def client_ready(self) -> None:
        self._link.transport.resume_reading()

    def upstream_full(self) -> None:
        self._client.pause_reading()

    def upstream_ready(self) -> None:
        self._client.resume_reading()

    def client_gone(self) -> None:
        """What was taken from the client still reaches the app, then the end."""
        self._link.listener = None
        self._link.transport.close()

    def upstream_ended(self, *, clean: bool) -> None:
        if clean:
            self._client.transport.close()
        else:
            self._client.abort()

    def sweep(self, now_s: float) -> None:
        """Cut a connection on which nothing moved for `idle_s`."""
        if self._moved:
            self._moved = False
            self._deadline_s = now_s + self._idle_s
        elif self._deadline_s < now_s:
            self._client.abort()
