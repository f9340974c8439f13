"""The wire: owns every client connection, and what all of them share.

Give `protocol` to `loop.create_server` or `create_unix_server`; to stop, close the servers, then
`await drain(grace_s)`.

No connection has a timer. Deadlines are counted from a coarse clock, `now_s`, and all looked at in
one sweep: as soon as the first of them is due, and at least every `sweep_s`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections.abc import Callable, Coroutine
from dataclasses import fields
from typing import Any, Final

from gateway.counting import Counts
from gateway.limits import WireLimits
from gateway.model import Peer, Refusal
from gateway.wire.admission import Admission
from gateway.wire.client import Client
from gateway.wire.plan import GuardLike
from gateway.wire.reply import Reply
from gateway.wire.upstreams import Upstreams, Watch, unwatched

SWEEP_SHARE: Final = 0.02  # of the time, at most, goes into looking at deadlines
DRAIN_LOOK_S: Final = 0.02  # how often, while draining
IDLE_S: Final = 1.0  # a connection idle for so long, draining without patience, is closed
LATE_S: Final = 3.0  # before the end of the grace: what was left in peace is ended
GOODBYE_S: Final = 2.0  # for a WebSocket's endpoints to close after our close frame

Report = Callable[[str, BaseException], None]


def _log(what: str, fault: BaseException) -> None:
    logging.getLogger("gateway.wire").error("%s failed", what, exc_info=fault)


class Wire:
    """`report(what, fault)` hears of everything in the guard or a Delivery that raised.

    `watch`: see `Upstreams`.
    """

    def __init__(
        self,
        guard: GuardLike,
        limits: WireLimits | None = None,
        *,
        report: Report = _log,
        watch: Watch = unwatched,
        admission: Admission | None = None,
    ) -> None:
        self.guard = guard
        self.limits = limits or WireLimits()
        self.report = report
        self.admission = admission or Admission(self.limits, Counts(1, os.urandom(16)).take())
        self.upstreams = Upstreams(self.limits, watch)
        # A head up to this size needs no look at its parts.
        self.small_head_bytes = min(self.limits.max_line_bytes, self.limits.max_head_bytes)
        self.clients: set[Client] = set()
        self.detached: set[Reply] = set()  # their client left, their delivery goes on
        self.draining = False
        self.patient = False  # draining without haste: others accept connections already
        self.now_s = 0.0  # when the next tick is due: a deadline counted from it is never early
        self._tick_s = min(self.limits.tick_s, self.limits.sweep_s)
        self._shortest_s = min(self.limits.sweep_s, *_deadlines(self.limits))
        self._swept_s = self._sweep_took_s = 0.0  # when last, and for how long
        self._soonest_s = math.inf  # the first deadline that was seen then
        self._next_leave_s = 0.0  # of a WebSocket, while draining with patience
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def protocol(self) -> Client:
        """A protocol for one accepted connection."""
        if self._timer is None:
            self._wind()
        return Client(self)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that outlives the callback it was begun in."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            self.report("wire", fault)

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        try:
            self.guard.refused(refusal, peer)
        except Exception as fault:
            self.report("guard.refused", fault)

    def _wind(self) -> None:
        loop = asyncio.get_running_loop()
        self.now_s = loop.time() + self._tick_s
        self._timer = loop.call_later(self._tick_s, self._tick)

    def _tick(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._wind()
        shortest_s = min(self._shortest_s, self.upstreams.shortest_s)
        if now_s >= next_look_s(self._swept_s, self._soonest_s, shortest_s, self._sweep_took_s):
            self._sweep(now_s)

    def _sweep(self, now_s: float) -> None:
        soonest_s = math.inf
        for client in list(self.clients):
            soonest_s = min(soonest_s, client.sweep(now_s))
        for exchange in list(self.detached):
            soonest_s = min(soonest_s, exchange.sweep(now_s))
        self.upstreams.sweep(now_s)
        if not (self.clients or self.detached or self.upstreams.links):
            assert self._timer is not None
            self._timer.cancel()
            self._timer = None
        self._swept_s, self._soonest_s = now_s, soonest_s
        self._sweep_took_s = asyncio.get_running_loop().time() - now_s

    async def drain(self, grace_s: float) -> None:
        """Let what is under way end, take leave of the rest; after `grace_s` cut everything.

        Kept connections learn from their next reply that it is the last. Idle ones are closed:
        soon, or if `patient` as late as can be, since a request may be on its way just then.
        WebSockets are told at once, or if `patient` one after another, so that their clients don't
        all come back in one moment.
        """
        self.draining = True
        loop = asyncio.get_running_loop()
        end_s = loop.time() + grace_s
        soon_s = loop.time() + min(IDLE_S, grace_s / 2)
        late_s = end_s - min(LATE_S, grace_s / 2)
        while loop.time() < end_s:
            await asyncio.sleep(DRAIN_LOOK_S)  # first: who was accepted just now is not yet known
            if not (self.clients or self.detached):
                break
            now_s = loop.time()
            if now_s >= (late_s if self.patient else soon_s):
                for client in list(self.clients):
                    client.close_if_idle()
            self._leave_splices(now_s, late_s - now_s if self.patient else 0)
        await self._cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.1, end_s - loop.time()))
        for task in self._tasks:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave_splices(self, now_s: float, within_s: float) -> None:
        """Tell those due by now (all `within_s`); part from those who have had their time."""
        splices = [client.spliced for client in self.clients if client.spliced is not None]
        untold = [splice for splice in splices if not splice.leaves]
        if untold and (within_s <= 0 or now_s >= self._next_leave_s):
            looks = max(1, math.ceil(within_s / DRAIN_LOOK_S))
            for splice in untold[: math.ceil(len(untold) / looks)]:
                splice.leave()
            self._next_leave_s = now_s + within_s / len(untold)
        for splice in splices:
            if now_s >= splice.told_s + GOODBYE_S or (splice.leaves and splice.lost):
                splice.part()

    async def _cut(self) -> None:
        splices = [client.spliced for client in self.clients if client.spliced is not None]
        for splice in splices:
            splice.part()
        if splices:
            await asyncio.sleep(DRAIN_LOOK_S)  # for what is to be written yet
        for client in list(self.clients):
            client.abort()
        self.upstreams.close()


def next_look_s(now_s: float, soonest_s: float, shortest_s: float, took_s: float) -> float:
    """When to look at the deadlines again, after a look at `now_s` that took `took_s`.

    `soonest_s`: the first that was seen. `shortest_s`: one set from now on is not due before that.
    """
    return max(min(soonest_s, now_s + shortest_s), now_s + took_s / SWEEP_SHARE)


def _deadlines(limits: WireLimits) -> list[float]:
    names = [field.name for field in fields(limits) if field.name.endswith("_s")]
    return [
        getattr(limits, name) for name in names if name not in ("sweep_s", "tick_s", "body_grace_s")
    ]
