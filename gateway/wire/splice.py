"""After a 101: bytes pass both ways as they come, until either side ends.

Frames, pings and compression are the endpoints' business (RFC 6455 is not read here).
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from gateway.wire.upstreams import Link

if TYPE_CHECKING:
    from gateway.wire.client import Client


class Splice:
    __slots__ = ("_client", "_deadline_s", "_half_s", "_halved", "_idle_s", "_link", "_moved")

    def __init__(self, client: Client, link: Link, idle_s: float, half_s: float) -> None:
        """`idle_s` without a byte ends it; `half_s` once one side has said its last."""
        self._client = client
        self._link = link
        self._idle_s = idle_s
        self._half_s = half_s
        self._halved = False
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

    def upstream_eof(self) -> bool:
        """Whether the app's connection stays open for what the client still says."""
        return self._half(self._client.transport)

    def client_eof(self) -> bool:
        """Whether the client's connection stays open for what the app still says."""
        return self._half(self._link.transport)

    def _half(self, other: asyncio.Transport) -> bool:
        if self._halved or other.is_closing() or not other.can_write_eof():
            return False
        self._halved = True
        self._idle_s = min(self._idle_s, self._half_s)
        self._moved = True
        other.write_eof()
        return True

    def client_gone(self) -> None:
        """What was taken from the client still reaches the app, then the end."""
        self._link.listener = None
        self._link.transport.close()

    def upstream_ended(self, *, clean: bool) -> None:
        if clean:
            self._client.transport.close()
        else:
            self._client.abort()

    def sweep(self, now_s: float) -> float:
        """Cut a connection on which nothing moved for `idle_s`; returns when that may be."""
        if self._moved:
            self._moved = False
            self._deadline_s = now_s + self._idle_s
        elif self._deadline_s < now_s:
            self._client.abort()
            return math.inf
        return self._deadline_s
