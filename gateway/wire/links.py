"""One connection to an upstream, and who listens to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from gateway.wire.pools import Backend


class Listener(Protocol):
    """Who a connection is lent to."""

    def upstream_data(self, data: bytes) -> None: ...
    def upstream_eof(self) -> bool: ...
    def upstream_ended(self, *, clean: bool) -> None: ...
    def upstream_full(self) -> None: ...
    def upstream_ready(self) -> None: ...


class Link(asyncio.Protocol):
    """One connection to an upstream. Idle, it has no listener; then any byte closes it."""

    __slots__ = (
        "_abandoned",
        "_links",
        "_ready",
        "_stands",
        "backend",
        "counted",
        "full",
        "idle_until",
        "listener",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, backend: Backend, links: set[Link]) -> None:
        """`links`: where it is found while it stands."""
        self.backend = backend
        self.listener: Listener | None = None
        self.full = False  # the app reads slower than we write
        self.idle_until = 0.0  # 0: it has served nobody before
        self.counted = False  # what it carries is one of `max_requests`
        self._links = links
        self._stands = self._abandoned = False
        self._ready: asyncio.Future[None] | None = None
        backend.links.add(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._stands = True
        if self._abandoned:
            self.abort()
        else:
            self._links.add(self)

    def data_received(self, data: bytes) -> None:
        listener = self.listener
        if listener is None:
            self.transport.abort()  # nobody asked: an answer to nothing could reach anybody
        else:
            listener.upstream_data(data)

    def eof_received(self) -> bool:
        if self.listener is not None and self.listener.upstream_eof():
            return True
        self._end(clean=True)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._end(clean=exc is None)

    def _forget(self) -> None:
        self._links.discard(self)
        self.backend.forget(self)

    def _end(self, *, clean: bool) -> None:
        self._wake()
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.upstream_ended(clean=clean)

    def pause_writing(self) -> None:
        self.full = True
        if self.listener is not None:
            self.listener.upstream_full()

    def resume_writing(self) -> None:
        self.full = False
        self._wake()
        if self.listener is not None:
            self.listener.upstream_ready()

    def _wake(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
        self._ready = None

    async def room(self) -> None:
        """Until the app has taken enough of what was written, or is gone."""
        if self.full and not self.transport.is_closing():
            if self._ready is None:
                self._ready = asyncio.get_running_loop().create_future()
            await self._ready

    def abandon(self) -> None:
        """Nobody wants it any more, though it may not stand yet."""
        self._abandoned = True
        self._forget()  # uvloop does not tell of the end of what it closes itself
        if self._stands:
            self.abort()

    def abort(self) -> None:
        """Drop the connection: the app sees a reset or an end, never a whole request."""
        self.listener = None
        self._wake()
        self.transport.abort()
