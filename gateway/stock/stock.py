"""The stock of one worker: hands out ready questions, and has makers fill its shelves again."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from gateway.kinds import Look
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import Made
from gateway.stock.makers import COMMAND, Fault, Gone, Maker, start_maker
from gateway.stock.shelves import SHARE, Shelf, Wanted, shelves_for

WAIT_S = 1.5  # of a visitor, for the next question
MOST_WAITING = 32  # on one shelf
WAITING_OF_PREFIX = round(MOST_WAITING * SHARE)
BACKOFF_S = (0.1, 0.5, 2.0, 10.0, 60.0)  # before a maker that ended is replaced
STEADY_S = 60.0  # one that ran so long is forgiven its predecessors
REST_S = 10.0  # of a shelf whose kind failed to make a question


@dataclass(frozen=True, slots=True)
class Missed:
    """No question now: there is none, or others come first."""

    why: Literal["empty", "share"]


class Questions(Protocol):
    """Where the gate takes questions from that are made ahead."""

    async def take(self, kind: str, params: Any, prefix: str) -> Made | Missed:
        """A question that nobody had. `prefix` "": nobody in particular, so there is no share."""
        ...


class NoStock:
    """Of a gate that draws nothing."""

    async def take(self, kind: str, params: Any, prefix: str) -> Made | Missed:
        return Missed("empty")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much one worker keeps, and by how many processes."""

    items: int = 100  # of each sort
    memory_bytes: int = 64 * 2**20
    makers: int = 1


@dataclass(slots=True, eq=False)
class _Waiting:
    """A visitor on an empty shelf."""

    prefix: str
    given: asyncio.Future[bytes | None]  # None: nothing will come


class Stock:
    """Ready questions, and the makers that fill it. `open` it before and `close` it after use."""

    def __init__(
        self,
        wanted: Iterable[Wanted],
        look: Look,
        sizes: Sizes,
        log: DecisionLog,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._shelves: Final = shelves_for(wanted, sizes.items, sizes.memory_bytes)
        self._waiting: Final = {shelf: deque[_Waiting]() for shelf in self._shelves.values()}
        self._rests_until_s: Final[dict[Shelf, float]] = {}
        self._look = look
        self._sizes = sizes
        self._log = log
        self._metrics = metrics
        self._clock = clock
        self._command = command
        self._keepers: list[asyncio.Task[None]] = []
        self._making = 0  # makers that run
        self._needed = asyncio.Event()  # something was taken
        self._begun = asyncio.Event()  # each shelf has had something

    # --- what the gate does with it ------------------------------------------------------------

    def open(self) -> None:
        """Begin to fill. Without shelves there are no makers."""
        if self._shelves:
            self._keepers = [asyncio.create_task(self._keep()) for _ in range(self._sizes.makers)]
            self._making = len(self._keepers)

    async def close(self) -> None:
        """Nothing is made any more; what is there may still be taken."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers, self._making = [], 0
        for waiting in self._waiting.values():
            for one in waiting:
                if not one.given.done():
                    one.given.set_result(None)

    async def warm(self, within_s: float) -> None:
        """Until each shelf has a question, but no longer than this."""
        if self._shelves:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._begun.wait()

    async def take(self, kind: str, params: Any, prefix: str) -> Made | Missed:
        """A question that nobody had, at once or within WAIT_S."""
        shelf = self._shelves.get(Wanted(kind, params))
        taken = Missed("empty") if shelf is None else await self._take(shelf, prefix)
        if isinstance(taken, Missed):
            self._metrics.stock_missed(kind, taken.why)
            return taken
        told = json.loads(taken)
        return Made(told["view"], told["secret"])

    def ready(self) -> Mapping[str, int]:
        """How many questions of each kind are there."""
        found: Counter[str] = Counter()
        for shelf in self._shelves.values():
            found[shelf.wanted.kind] += len(shelf)
        return found

    @property
    def size_bytes(self) -> int:
        """What all of it takes in memory, but for a little beside each question."""
        return sum(shelf.size_bytes for shelf in self._shelves.values())

    # --- visitors ------------------------------------------------------------------------------

    async def _take(self, shelf: Shelf, prefix: str) -> bytes | Missed:
        if shelf.is_low and shelf.shares.is_spent(prefix, self._clock()):
            return Missed("share")
        item = shelf.take() or await self._wait(shelf, prefix)
        if item is None:
            return Missed("empty")
        shelf.shares.count(prefix, self._clock())
        self._needed.set()
        return item

    async def _wait(self, shelf: Shelf, prefix: str) -> bytes | None:
        waiting = self._waiting[shelf]
        alike = sum(bool(prefix) and one.prefix == prefix for one in waiting)
        if not self._making or len(waiting) >= MOST_WAITING or alike >= WAITING_OF_PREFIX:
            return None
        one = _Waiting(prefix, asyncio.get_running_loop().create_future())
        waiting.append(one)
        self._needed.set()
        try:
            async with asyncio.timeout(WAIT_S):
                return await one.given
        except TimeoutError:
            return None
        finally:
            with suppress(ValueError):
                waiting.remove(one)

    # --- makers --------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """See that there is a maker, as long as the stock is open: later each time it ends soon."""
        ends = 0
        while True:
            began_s = self._clock()
            pid, code = await self._employ()
            ends = 0 if self._clock() - began_s > STEADY_S else ends
            wait_s = BACKOFF_S[min(ends, len(BACKOFF_S) - 1)]
            ends += 1
            self._metrics.stock_makers_ended()
            self._log.error("stock_maker_ended", pid=pid, code=code, again_in_s=wait_s)
            away = wait_s > WAIT_S  # longer than a visitor would wait for the next
            self._making -= away
            await asyncio.sleep(wait_s)
            self._making += away

    async def _employ(self) -> tuple[int | None, int | None]:
        """One maker, until it is gone: its process id and exit code."""
        try:
            maker = await start_maker(self._look, self._command)
        except (OSError, RuntimeError):  # RuntimeError: uvloop's word for a pipe that has closed
            return None, None
        try:
            while True:
                shelf = self._neediest()
                if shelf is None:
                    await self._rest()
                else:
                    await self._fill(shelf, maker)
        except Gone as gone:
            return maker.pid, gone.code
        finally:
            await asyncio.shield(maker.end())

    async def _rest(self) -> None:
        """Until something is needed, or a shelf that failed may be tried again."""
        self._needed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(REST_S):
                await self._needed.wait()

    async def _fill(self, shelf: Shelf, maker: Maker) -> None:
        shelf.coming += 1
        try:
            made = await maker.make(shelf.wanted)
        finally:
            shelf.coming -= 1
        kind = shelf.wanted.kind
        if isinstance(made, Fault):
            self._log.error("stock_fault", kind=kind, fault=made.fault, at=made.at)
            self._rests_until_s[shelf] = self._clock() + REST_S
            return
        self._metrics.stock_made(kind)
        if not self._give(shelf, made):
            self._log.error("stock_fault", kind=kind, fault="TooLarge", at="stock.memory")
            self._rests_until_s[shelf] = self._clock() + REST_S

    def _give(self, shelf: Shelf, made: bytes) -> bool:
        """To who has waited longest, or onto the shelf if there is room."""
        for one in self._waiting[shelf]:
            if not one.given.done():
                one.given.set_result(made)
                return True
        put = shelf.put(made)
        if all(map(len, self._shelves.values())):
            self._begun.set()
        return put

    def _neediest(self) -> Shelf | None:
        """Where somebody waits, else which is emptiest; None when all have enough."""
        now_s = self._clock()
        wanting = [
            shelf
            for shelf in self._shelves.values()
            if shelf.has_room and now_s >= self._rests_until_s.get(shelf, 0.0)
        ]
        return min(wanting, key=self._need, default=None)

    def _need(self, shelf: Shelf) -> tuple[int, float]:
        return min(0, shelf.coming - len(self._waiting[shelf])), shelf.filled
