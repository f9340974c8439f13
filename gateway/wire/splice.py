"""After a 101: bytes pass both ways as they come, until either side ends.

Frames, pings and compression are the endpoints' business; of frames we only know where they end.
That is for the one thing we ever say ourselves: when the gate shuts down, a close frame with 1001
(RFC 6455 §7.4.1) goes to the client after the message under way, and nothing after it. The client's
close frame then crosses to the app, as any; without one in time the app is told likewise.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from gateway.wire.frames import GOING_AWAY, Frames, close_frame
from gateway.wire.upstreams import Link

if TYPE_CHECKING:
    from gateway.wire.client import Client


class Splice:
    __slots__ = (
        "_client",
        "_deadline_s",
        "_from_app",
        "_from_client",
        "_half_s",
        "_halved",
        "_idle_s",
        "_link",
        "_moved",
        "leaves",
        "told_s",
    )

    def __init__(self, client: Client, link: Link, idle_s: float, half_s: float) -> None:
        """`idle_s` without a byte ends it; `half_s` once one side has said its last."""
        self._client = client
        self._link = link
        self._idle_s = idle_s
        self._half_s = half_s
        self._halved = False
        self._deadline_s = 0.0
        self._moved = True
        self._from_client = Frames(masked=True)
        self._from_app = Frames(masked=False)
        self.leaves = False  # the client is to be told at the next end of a message
        self.told_s = math.inf  # … and was, or said something after that
        link.listener = self

    def client_data(self, data: bytes) -> None:
        self._moved = True
        self._from_client.feed(data)
        if self.told_s < math.inf:
            self.told_s = asyncio.get_running_loop().time()  # it still ends what it was saying
        self._link.transport.write(data)

    def upstream_data(self, data: bytes) -> None:
        self._moved = True
        if self.told_s < math.inf:
            return
        end = self._from_app.feed(data)
        if self.leaves and end >= 0 and not self._from_app.closed:
            self._client.transport.write(data[:end])
            self._tell_client()
        else:
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
        self._tell_app()
        return self._half(self._link.transport)

    def _half(self, other: asyncio.Transport) -> bool:
        if self._halved or other.is_closing() or not other.can_write_eof():
            return False
        self._halved = True
        self._idle_s = min(self._idle_s, self._half_s)
        self._moved = True
        other.write_eof()
        return True

    # --- Shutting down ---------------------------------------------------------------------

    @property
    def lost(self) -> bool:
        """There will be no end of a frame to tell the client at."""
        return self._from_app.lost

    def leave(self) -> None:
        """Tell the client at the next end of a message; at once if this is one."""
        self.leaves = True
        if self._from_app.between_messages:
            self._tell_client()

    def _tell_client(self) -> None:
        self.told_s = asyncio.get_running_loop().time()
        self._client.transport.write(close_frame(GOING_AWAY, masked=False))

    def _tell_app(self) -> None:
        """Unless the client's own close frame went there, or half a frame."""
        if self.leaves and self._from_client.at_boundary and not self._link.transport.is_closing():
            self._from_client.closed = True
            self._link.transport.write(close_frame(GOING_AWAY, masked=True))

    def part(self) -> None:
        """End both connections: with a close frame if one may follow here, or without."""
        self.leaves = True
        if self.told_s == math.inf and self._from_app.at_boundary:
            self._tell_client()
        self._client.transport.close()
        self.client_gone()

    # --- The end ---------------------------------------------------------------------------

    def client_gone(self) -> None:
        """What was taken from the client still reaches the app, then the end."""
        self._tell_app()
        self._link.listener = None
        self._link.transport.close()

    def upstream_ended(self, *, clean: bool) -> None:
        if clean or self.told_s < math.inf:
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
