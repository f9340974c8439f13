"""What every store can do, and the two ways it can fail.

    StoreError
    ├── StoreDown   unreachable, too slow, broken, or the breaker is open: nothing is known
    └── StoreFull   it answers, but has no room: nothing was written, reading still works

Each verb is one atomic step; a verb that raised `StoreDown` may or may not have happened (a
deadline can pass while the reply travels). Callers therefore treat a `spend` or `swap` that raised
as "do not act on it", never as "did not happen".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from gateway.model import Slid, Slide, is_refused


class StoreError(Exception):
    """The store did not do what was asked. The text holds no secret of the store's URL."""


class StoreDown(StoreError):  # noqa: N818 - a state to act on
    """Unreachable, past its deadline, or broken."""


class StoreFull(StoreError):  # noqa: N818
    """No room. Full is not down: reads and deletes still work."""


Book = Literal["decisions", "traces"]  # the journals there are, each by itself


class Entry(NamedTuple):
    """One line of a journal. `id`: a UUIDv7; several entries may share one."""

    id: str
    text: bytes


class Store(Protocol):
    """Keys are short text of ours, values bytes; everything expires after `ttl_s` seconds.

    Every verb raises `StoreDown` or `StoreFull`. Amounts are whole numbers >= 0.
    """

    async def get(self, key: str) -> bytes | None:
        """The live value, or None."""

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Set the value, whatever was there."""

    async def delete(self, *keys: str) -> None:
        """Forget the keys; absent ones are no fault. Atomic for each key."""

    async def spend(self, key: str, ttl_s: float) -> bool:
        """True for exactly one caller until it expires."""

    async def swap(self, key: str, old: bytes, new: bytes, ttl_s: float) -> bool:
        """Set `new` if the live value is `old`. False: it was another one, or none."""

    async def bump(self, key: str, ttl_s: float, amount: int = 1) -> int:
        """Add to a counter and return it. Its window starts at the first bump, and stays."""

    async def counts(self, keys: Sequence[str]) -> list[int]:
        """The counters, in order; 0 for absent ones. Atomic for each key."""

    async def reserve(self, key: str, amount: int, limit: int, ttl_s: float) -> bool:
        """Add `amount` for at least `ttl_s`, unless the sum of live amounts would pass `limit`."""

    async def release(self, key: str, amount: int) -> None:
        """Give back an amount that is still live; those that expire first are used up first."""

    async def slide(self, asks: Sequence[Slide], *, all_or_none: bool = False) -> list[Slid]:
        """Count all of these in their windows, in order, in one step and one trip.

        Never less is counted than was charged in the last `window_s`, and for a sixteenth of it at
        most more. What passes its own limit is not charged; with `all_or_none` nothing is, if one
        does. In a Cluster each key is a step of its own, all at the same time: what was charged
        before one refused is given back, and others may meet it meanwhile.
        """

    async def unslide(self, asks: Sequence[Slide]) -> None:
        """Give back what was charged, as it was asked for: nothing came of it.

        The count may stay too high until that would have left the window, and is never too low.
        """

    async def journal(
        self, entries: Sequence[Entry], most: int, ttl_s: float, book: Book = "decisions"
    ) -> None:
        """Add to a journal, and let go of all but its newest `most` of the last `ttl_s`."""

    async def entries(
        self, first: str = "", last: str = "~", most: int = 1000, book: Book = "decisions"
    ) -> list[Entry]:
        """Entries with `first` <= id <= `last`, in the order of their ids, at most so many."""

    async def strike(self, entries: Sequence[Entry], book: Book = "decisions") -> None:
        """Remove these entries from a journal; absent ones are no fault."""

    async def ping(self) -> None:
        """Return if the store can be written to."""

    async def close(self) -> None:
        """Let go of connections, files and threads. Verbs raise `StoreDown` afterwards."""


class Sums(ABC):
    """`reserve` and `release` of a store: windows as long as each amount is to live."""

    @abstractmethod
    async def slide(self, asks: Sequence[Slide], *, all_or_none: bool = False) -> list[Slid]: ...

    @abstractmethod
    async def unslide(self, asks: Sequence[Slide]) -> None: ...

    async def reserve(self, key: str, amount: int, limit: int, ttl_s: float) -> bool:
        asks = [Slide(key, ttl_s, amount, limit)]
        return not is_refused(asks, await self.slide(asks))

    async def release(self, key: str, amount: int) -> None:
        await self.unslide([Slide(key, 0.0, amount)])
