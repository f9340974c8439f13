"""Operations of an event loop, done in batches by one thread.

While a batch is under way the next one gathers; what came in one turn of the loop goes together.
So each batch costs one wake-up of the thread and one of the loop, however much is in it. Who waits,
until when, and what goes into the next batch is decided in the loop alone: nothing needs a lock.

A job that has not gone to the thread when its deadline passes, or when whoever asked for it is
cancelled, never runs. One that has gone may have happened.
"""

from __future__ import annotations

import asyncio
import queue
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.stores.base import StoreDown

Run = Callable[[Any, float], Any]  # (what the thread works with, its clock) → the result


@dataclass(slots=True, eq=False)
class Job:
    """`durable`: to be on the disk before it is answered."""

    run: Run
    writes: bool
    durable: bool
    done: asyncio.Future[Any]
    ends_s: float  # by the loop's clock


class Batches:
    """`most`: jobs in a batch; `pending`: jobs waiting, at most."""

    def __init__(self, most: int, pending: int, deadline_s: float) -> None:
        self._most = most
        self._pending = pending
        self._deadline_s = deadline_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[Job] = deque()
        self._begun: list[Job] = []  # the batch that the thread has
        self._busy = False  # a batch is with the thread, or about to go
        self._timer: asyncio.TimerHandle | None = None
        self._handed: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()

    # --- in the loop -----------------------------------------------------------------------

    async def do(self, run: Run, *, writes: bool, durable: bool) -> Any:
        """The result. Raises StoreDown past the deadline, and what the thread tells."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._begin(loop)
        if len(self._waiting) >= self._pending:
            raise StoreDown(f"{self._pending} operations are waiting")
        job = Job(run, writes, durable, loop.create_future(), loop.time() + self._deadline_s)
        self._waiting.append(job)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._hand_over)
        if self._timer is None:
            self._timer = loop.call_at(job.ends_s, self._expire)
        return await job.done

    async def close(self) -> None:
        """Let what waits be done, and tell the thread to end."""
        if self._loop is asyncio.get_running_loop():
            left = [job.done for job in (*self._begun, *self._waiting) if not job.done.done()]
            if left:
                await asyncio.wait(left)
            if self._timer is not None:
                self._timer.cancel()
        self._handed.put(None)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve this loop; another one has ended, and nobody waits there any more."""
        self._loop = loop
        self._waiting, self._begun, self._busy, self._timer = deque(), [], False, None

    def _hand_over(self) -> None:
        batch: list[Job] = []
        while self._waiting and len(batch) < self._most:
            job = self._waiting.popleft()
            if not job.done.done():
                batch.append(job)
        self._begun = batch
        self._busy = bool(batch)
        if batch:
            self._handed.put(batch)

    def _answered(self, batch: list[Job], outcomes: Sequence[Any]) -> None:
        for job, outcome in zip(batch, outcomes, strict=True):
            if job.done.done():
                continue
            if isinstance(outcome, Exception):
                job.done.set_exception(outcome)
            else:
                job.done.set_result(outcome)
        self._hand_over()

    def _expire(self) -> None:
        """Answer everybody whose deadline has passed; look again when the next one does."""
        assert self._loop is not None
        now_s, self._timer = self._loop.time(), None
        for job in (*self._begun, *self._waiting):
            if job.done.done():
                continue
            if now_s < job.ends_s:
                self._timer = self._loop.call_at(job.ends_s, self._expire)
                return
            job.done.set_exception(StoreDown(f"no answer in {self._deadline_s} s"))

    # --- in the thread ---------------------------------------------------------------------

    def next(self, within_s: float) -> list[Job] | None:
        """The next batch; [] when none came in time, None when it is the end."""
        try:
            return self._handed.get(timeout=within_s)
        except queue.Empty:
            return []

    def someone_waits(self) -> bool:
        """Whether a batch is there that the thread has not taken."""
        return not self._handed.empty()

    def tell(self, batch: list[Job], outcomes: Sequence[Any]) -> None:
        """Answer everybody: for each job its result, or the exception to be raised."""
        loop = batch[0].done.get_loop()
        try:
            loop.call_soon_threadsafe(self._answered, batch, outcomes)
        except RuntimeError:
            return  # the loop was closed: nobody waits
