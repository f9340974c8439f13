"""Connections to the apps and to the gate: made, kept for a while, given out again.

    take ─ an idle connection ─▶ the request goes out in the same callback
      └─ none ─▶ open: a turn ─▶ connect, each address once ─▶ all refuse: kept until one accepts

Nothing has been sent while `open` tries, so any request may be tried at every address. What was
sent once goes out again only if it is harmless and has no body; see `Exchange`.
"""

from __future__ import annotations

import asyncio
import errno
import math
from typing import Final

from gateway.affinity import Stay
from gateway.limits import WireLimits
from gateway.model import Upstream
from gateway.wire.links import Link
from gateway.wire.pools import Backend, BusyError, Event, Pool, Watch

PROBE_EVERY_S: Final = 0.1  # while requests wait for an app to come back
MAX_LATE: Final = 2  # addresses that may take `connect_s` before a request is given up

# What is missing here rather than there: no address is to blame.
_OUR_OWN: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}

__all__ = ["BusyError", "Link", "Upstreams", "Watch", "unwatched"]


def unwatched(event: Event, upstream: str, address: str) -> None:
    """Nobody wants to know."""


def is_theirs(fault: BaseException) -> bool:
    """Whether a connection was not made for a reason of the address's own."""
    return isinstance(fault, OSError) and fault.errno not in _OUR_OWN


class Upstreams:
    """All connections to upstreams, by upstream name and address.

    `watch(event, upstream, address)` hears of what a person who runs the apps would want to know.
    """

    def __init__(self, limits: WireLimits, watch: Watch = unwatched) -> None:
        self.links: set[Link] = set()
        self.shortest_s = math.inf  # no deadline of an upstream is sooner than this
        self._limits = limits
        self.watch = watch
        self._pools: dict[str, Pool] = {}

    def take(self, upstream: Upstream, stay: Stay | None = None) -> Link | None:
        """A connection that was idle and looks alive, if one is there at once."""
        pool = self._pools.get(upstream.name)
        if pool is None or pool.upstream is not upstream:
            return None
        if not pool.plain:
            return self._take_chosen(pool, stay)
        idle = pool.idle
        while idle:
            link = idle.pop()
            if not link.transport.is_closing():
                return link
        return None

    def _take_chosen(self, pool: Pool, stay: Stay | None) -> Link | None:
        """The same where there is more to look at than one list."""
        if not pool.enter():
            return None
        link = pool.choose(stay, set()).reuse()
        if link is None:
            pool.leave()
            return None
        link.counted = True
        pool.next = link.backend.index + 1
        return link

    async def open(
        self,
        upstream: Upstream,
        stay: Stay | None = None,
        *,
        reuse: bool = False,
        avoid: Backend | None = None,
    ) -> Link:
        """A connection, waiting for a turn and for the app as long as the upstream allows.

        `reuse`: it may have been idle; `avoid`: where the request failed before. Raises BusyError,
        TimeoutError if the app takes no connection in time, OSError if it refuses.
        """
        pool = self.pool(upstream)
        if pool.plain:
            return await self._reach(pool, stay, reuse, avoid)
        await pool.turn()
        try:
            link = await self._reach(pool, stay, reuse, avoid)
        except BaseException:
            pool.leave()
            raise
        link.counted = True
        return link

    def pool(self, upstream: Upstream) -> Pool:
        pool = self._pools.get(upstream.name)
        if pool is not None and pool.upstream == upstream:
            pool.upstream = upstream
            return pool
        if pool is not None:
            pool.retire()  # the name means other addresses now
        pool = self._pools[upstream.name] = Pool(upstream, self._limits, self.watch)
        times_s = (pool.reply_head_s, pool.reply_idle_s, upstream.eject_s)
        self.shortest_s = min(self.shortest_s, *times_s)
        return pool

    async def _reach(
        self, pool: Pool, stay: Stay | None, reuse: bool, avoid: Backend | None
    ) -> Link:
        """Each address once; while all refuse, again when one accepts, until `wait_s` is over."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + pool.upstream.wait_s
        tried = {avoid.index} if avoid is not None and len(pool.backends) > 1 else set[int]()
        while True:
            try:
                return await self._try_each(pool, stay, reuse, tried)
            except TimeoutError:
                raise
            except OSError:
                left_s = ends_s - loop.time()
                if left_s <= 0 or not pool.has_room_to_keep:
                    raise
                if not await self._came_back(pool, left_s):
                    raise
            tried.clear()

    async def _try_each(self, pool: Pool, stay: Stay | None, reuse: bool, tried: set[int]) -> Link:
        """Raises TimeoutError if any took too long, else OSError when all have refused."""
        late: TimeoutError | None = None
        count_late = 0
        while True:
            backend = pool.choose(stay, tried)
            pool.next = backend.index + 1
            link = backend.reuse() if reuse else None
            if link is not None:
                return link
            try:
                return await self._connect(backend)
            except TimeoutError as fault:
                late, count_late = fault, count_late + 1
            except OSError:
                if late is None and len(tried) + 1 >= len(pool.backends):
                    raise
            tried.add(backend.index)
            if late and (len(tried) >= len(pool.backends) or count_late >= MAX_LATE):
                raise late

    async def _connect(self, backend: Backend, *, blame: bool = True) -> Link:
        """A new connection. Raises OSError, or TimeoutError after `connect_s`.

        `blame`: a failure counts against the address.
        """
        loop = asyncio.get_running_loop()
        link, address = Link(backend, self.links), backend.address
        try:
            async with asyncio.timeout(backend.pool.connect_s):
                if address.unix_path:
                    await loop.create_unix_connection(lambda: link, address.unix_path)
                else:
                    await loop.create_connection(lambda: link, address.host, address.port)
            if link.transport.is_closing():
                raise ConnectionResetError  # dropped at once, before anything was sent
        except BaseException as fault:
            link.abandon()  # it may stand already, and nobody will ever use it
            if blame and is_theirs(fault):
                backend.failed()
            raise
        return link

    # --- Whether it is back ----------------------------------------------------------------

    async def _came_back(self, pool: Pool, within_s: float) -> bool:
        if pool.prober is None or pool.prober.done():
            pool.prober = asyncio.get_running_loop().create_task(self._probe(pool))
        try:
            await pool.come_back(within_s)
        except TimeoutError:
            return False
        return True

    async def _probe(self, pool: Pool) -> None:
        """One asks for all that wait; an app that accepts is left again, and all go there."""
        while True:
            await asyncio.sleep(PROBE_EVERY_S)
            if not pool.is_anybody_kept:
                return None
            for backend in pool.backends:
                try:
                    (await self._connect(backend, blame=False)).abort()
                except OSError:
                    continue
                return pool.came_back()

    async def _try_out(self, backend: Backend) -> None:
        """An address whose time is over is used again only once it accepts."""
        try:
            (await self._connect(backend)).abort()
        except OSError:
            return  # and `_connect` has told that it failed
        if backend.health.is_out:
            backend.accepts()

    # --- Idle ------------------------------------------------------------------------------

    def give_back(self, link: Link, now_s: float) -> None:
        """Keep a connection whose last exchange ended cleanly on both sides."""
        link.listener = None
        backend = link.backend
        if link.transport.is_closing() or len(backend.idle) >= backend.room:
            link.transport.close()
            return
        link.idle_until = now_s + self._limits.pool_idle_s
        backend.idle.append(link)
        if link.counted:
            backend.pool.vacate(link)

    def sweep(self, now_s: float) -> None:
        """Close what has been idle for too long; look after addresses that were left out."""
        for pool in self._pools.values():
            for backend in pool.backends:
                for link in [link for link in backend.idle if link.idle_until < now_s]:
                    backend.idle.remove(link)
                    link.transport.close()
                if backend.health.is_due(now_s) and (backend.trial is None or backend.trial.done()):
                    trial = asyncio.get_running_loop().create_task(self._try_out(backend))
                    backend.trial = trial

    def close(self) -> None:
        """Drop every connection, idle or not."""
        for pool in self._pools.values():
            pool.retire()
        self._pools.clear()
        for link in list(self.links):
            link.abort()
