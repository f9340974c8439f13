"""One upstream as it stands: its addresses, what is under way there, and who waits.

Nothing here is counted per request unless `max_requests` asks for it: how busy an address is
follows from its connections, those lent out and those idle.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeAlias

from gateway.affinity import Stay
from gateway.balancing import (
    HEALTHY,
    Health,
    after_failure,
    due_now,
    least_busy,
    on_trial,
    ranked,
    sticking,
    usable,
)
from gateway.limits import WireLimits
from gateway.model import Address, Upstream
from gateway.wire.links import Link

Event: TypeAlias = Literal["failed", "out", "back", "again", "queued", "kept"]
Watch: TypeAlias = Callable[[Event, str, str], None]  # what, which upstream, which address or ""


class BusyError(Exception):
    """The app has as many requests as it may have, and no more may wait, or none so long."""


class Backend:
    """One address of an upstream, and its connections."""

    __slots__ = ("address", "health", "idle", "index", "links", "name", "pool", "room", "trial")

    def __init__(self, pool: Pool, index: int, address: Address, room: int) -> None:
        self.pool = pool
        self.index = index
        self.address = address
        self.name = str(address)
        self.room = room  # for idle connections
        self.idle: list[Link] = []  # the one used last goes out first
        self.links: set[Link] = set()  # all, those being made included
        self.health: Health = HEALTHY
        self.trial: asyncio.Task[None] | None = None  # whether it accepts again

    @property
    def busy(self) -> int:
        return len(self.links) - len(self.idle)

    def reuse(self) -> Link | None:
        """A connection that was idle and looks alive, if there is one."""
        while self.idle:
            link = self.idle.pop()
            if not link.transport.is_closing():
                return link
        return None

    def forget(self, link: Link) -> None:
        """The connection is no more. May be told twice."""
        self.links.discard(link)
        if link in self.idle:
            self.idle.remove(link)
        if link.counted:
            self.pool.vacate(link)

    def failed(self) -> None:
        """It refused, took too long, or broke before a reply."""
        pool = self.pool
        pool.watch("failed", pool.upstream.name, self.name)
        if not pool.is_several:
            return
        upstream, was_out = pool.upstream, self.health.is_out
        now_s = asyncio.get_running_loop().time()
        health = after_failure(self.health, now_s, upstream.eject_after, upstream.eject_s)
        self._now(health)
        if health.is_out and not was_out:
            pool.watch("out", upstream.name, self.name)

    def answered(self) -> None:
        """A reply came. Needed only while `health` is not HEALTHY."""
        was_out = self.health.is_out
        self._now(HEALTHY)
        if was_out:
            self.pool.watch("back", self.pool.upstream.name, self.name)

    def accepts(self) -> None:
        """Its time is over and it took a connection: it is used again, on trial."""
        self._now(on_trial(self.health))
        self.pool.watch("back", self.pool.upstream.name, self.name)

    def _now(self, health: Health) -> None:
        self.health = health
        self.pool.usable = usable([each.health for each in self.pool.backends])


class Pool:
    """One upstream. `plain`: one address and no limit, so that `idle` is all there is to see."""

    def __init__(self, upstream: Upstream, limits: WireLimits, watch: Watch) -> None:
        self.upstream = upstream
        self.watch = watch
        self.backends = tuple(
            Backend(self, index, address, limits.pool_size)
            for index, address in enumerate(upstream.addresses)
        )
        self.names = tuple(backend.name for backend in self.backends)
        self.usable = tuple(range(len(self.backends)))
        self.is_several = len(self.backends) > 1
        self.plain = not (self.is_several or upstream.max_requests)
        self.idle: list[Link] = self.backends[0].idle if self.plain else []
        self.connect_s = upstream.connect_s or limits.connect_s
        self.reply_head_s = upstream.reply_head_s or limits.reply_head_s
        self.reply_idle_s = upstream.reply_idle_s or limits.reply_idle_s
        self.prober: asyncio.Task[None] | None = None  # runs while `kept` has somebody
        self.next = 0  # whose turn it is among equals
        self.busy = 0  # counted only under `max_requests`
        self._line: deque[asyncio.Future[None]] = deque()  # for a turn; first come, first served
        self._kept: deque[asyncio.Future[None]] = deque()  # for the app to come back

    def choose(self, stay: Stay | None, tried: set[int]) -> Backend:
        """Where the next request goes: not to what was tried. There is something else."""
        everybody = range(len(self.backends))
        among = [index for index in self.usable if index not in tried]
        among = among or [index for index in everybody if index not in tried]
        if stay is not None:
            order = ranked(stay.key, self.names)
            return self.backends[sticking(stay.named, order, among)]
        busy = [backend.busy for backend in self.backends]
        return self.backends[least_busy(busy, among, self.next)]

    # --- Turns, under `max_requests` -------------------------------------------------------

    def enter(self) -> bool:
        """Take a turn, if one is free. Give it to a link as `counted`, or `leave`."""
        limit = self.upstream.max_requests
        if limit and self.busy >= limit:
            return False
        self.busy += 1
        return True

    def leave(self) -> None:
        """A turn is over: the next in line has it."""
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                return waiting.set_result(None)
        self.busy -= 1
        return None

    def vacate(self, link: Link) -> None:
        link.counted = False
        self.leave()

    async def turn(self) -> None:
        """Wait for a turn, in the order of coming. Raises BusyError."""
        if self.enter():
            return
        if len(self._line) >= self.upstream.queue:
            raise BusyError
        self.watch("queued", self.upstream.name, "")
        waiting = asyncio.get_running_loop().create_future()
        self._line.append(waiting)
        try:
            async with asyncio.timeout(self.upstream.queue_s):
                await waiting
        except BaseException as fault:
            if waiting.done() and not waiting.cancelled():
                self.leave()  # it came too late
            else:
                with suppress(ValueError):
                    self._line.remove(waiting)
            if isinstance(fault, TimeoutError):
                raise BusyError from None
            raise

    # --- An app that accepts nobody --------------------------------------------------------

    @property
    def has_room_to_keep(self) -> bool:
        return len(self._kept) < self.upstream.queue

    @property
    def is_anybody_kept(self) -> bool:
        return bool(self._kept)

    async def come_back(self, within_s: float) -> None:
        """Wait until the app accepts again. Raises TimeoutError."""
        self.watch("kept", self.upstream.name, "")
        waiting = asyncio.get_running_loop().create_future()
        self._kept.append(waiting)
        try:
            async with asyncio.timeout(within_s):
                await waiting
        finally:
            with suppress(ValueError):
                self._kept.remove(waiting)

    def came_back(self) -> None:
        """Wake everybody, in the order of coming. What was left out is tried soon."""
        now_s = asyncio.get_running_loop().time()
        for backend in self.backends:
            backend.health = due_now(backend.health, now_s)
        while self._kept:
            waiting = self._kept.popleft()
            if not waiting.done():
                waiting.set_result(None)

    # --- The end ---------------------------------------------------------------------------

    def retire(self) -> None:
        """The name means something else now: nothing is kept, and nobody looks any more."""
        self.stop()
        for backend in self.backends:
            backend.room = 0
            for link in list(backend.idle):
                link.abort()

    def stop(self) -> None:
        """Look no more whether addresses have come back."""
        for task in (self.prober, *(backend.trial for backend in self.backends)):
            if task is not None:
                task.cancel()
