"""Connections to the apps and to the gate: made, kept for a while, given out again."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from gateway.limits import WireLimits
from gateway.model import Upstream


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
        "_pool",
        "_ready",
        "_stands",
        "full",
        "idle_until",
        "listener",
        "transport",
        "upstream",
    )

    transport: asyncio.Transport

    def __init__(self, upstream: Upstream, pool: Upstreams) -> None:
        self.upstream = upstream
        self.listener: Listener | None = None
        self.full = False  # the app reads slower than we write
        self.idle_until = 0.0
        self._pool = pool
        self._stands = self._abandoned = False
        self._ready: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._stands = True
        if self._abandoned:
            self.abort()
        else:
            self._pool.links.add(self)

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
        self._pool.links.discard(self)
        self._pool.forget(self)
        self._end(clean=exc is None)

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
        self._pool.links.discard(self)  # uvloop does not tell of the end of what it closes itself
        if self._stands:
            self.abort()

    def abort(self) -> None:
        """Drop the connection: the app sees a reset or an end, never a whole request."""
        self.listener = None
        self._wake()
        self.transport.abort()


class Upstreams:
    """Idle connections by upstream name; the one used last goes out first."""

    def __init__(self, limits: WireLimits) -> None:
        self.links: set[Link] = set()
        self._limits = limits
        self._idle: dict[str, list[Link]] = {}

    def take(self, upstream: Upstream) -> Link | None:
        """A connection that was idle and looks alive, if there is one."""
        idle = self._idle.get(upstream.name)
        while idle:
            link = idle.pop()
            if link.upstream is not upstream and link.upstream != upstream:
                link.abort()  # the name means another address now
            elif not link.transport.is_closing():
                return link
        return None

    async def connect(self, upstream: Upstream) -> Link:
        """A new connection. Raises OSError, or TimeoutError after `connect_s`."""
        loop = asyncio.get_running_loop()
        link = Link(upstream, self)
        try:
            async with asyncio.timeout(self._limits.connect_s):
                if upstream.unix_path:
                    await loop.create_unix_connection(lambda: link, upstream.unix_path)
                else:
                    await loop.create_connection(lambda: link, upstream.host, upstream.port)
        except BaseException:
            link.abandon()  # it may stand already, and nobody will ever use it
            raise
        return link

    def give_back(self, link: Link, now_s: float) -> None:
        """Keep a connection whose last exchange ended cleanly on both sides."""
        link.listener = None
        idle = self._idle.setdefault(link.upstream.name, [])
        if link.transport.is_closing() or len(idle) >= self._limits.pool_size:
            link.transport.close()
            return
        link.idle_until = now_s + self._limits.pool_idle_s
        idle.append(link)

    def forget(self, link: Link) -> None:
        """The connection is no more."""
        idle = self._idle.get(link.upstream.name)
        if idle and link in idle:
            idle.remove(link)

    def sweep(self, now_s: float) -> None:
        """Close what has been idle for too long."""
        for idle in self._idle.values():
            for link in [link for link in idle if link.idle_until < now_s]:
                idle.remove(link)
                link.transport.close()

    def close(self) -> None:
        """Drop every connection, idle or not."""
        self._idle.clear()
        for link in list(self.links):
            link.abort()
