"""Forward-confirmed reverse DNS: an address has a name, and that name has this address.

A name alone proves nothing: whoever has an address writes its PTR record
(GHSA-q54j-5484-pvjm: `*.googlebot.com` for anybody). So the name must end as the bot's do, and one
of its own addresses must be the caller's. Whatever goes wrong is no proof. What was found is
remembered for as long as DNS lets it, within bounds; what failed without an answer, only briefly.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol

from gateway.callers import prefix_of

REMEMBERED = 10_000  # addresses and bots; about 3 MB
AT_ONCE = 32  # lookups; who comes when they are all under way proves nothing this time
A_MINUTE = 600  # lookups begun in one: claims from ever new addresses cost no more than that
# Of these for one prefix: a host with an IPv6 network, and a name server of its own that says
# nothing, would else leave no room for any bot.
AT_ONCE_OF_ONE, A_MINUTE_OF_ONE = 8, 60
LEAST_S, MOST_S = 300.0, 86_400.0  # how long an answer is kept, whatever its TTL
NEGATIVE_S = 600.0  # no such name, or another one
UNSURE_S = 15.0  # no answer
MOST_NAMES = 4  # of one address that are looked at


class LookupFailed(Exception):  # noqa: N818 - an outcome, caught where it matters
    """DNS gave no answer: a timeout, a broken server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said; nothing, for a name that is not there."""

    values: tuple[str, ...]
    ttl_s: float


class Resolver(Protocol):
    """Both raise LookupFailed."""

    async def names(self, address: str) -> Answer:
        """The names of an address (PTR), without the final dot, lower case."""

    async def addresses(self, name: str, version: int) -> Answer:
        """The addresses of a name (A or AAAA)."""


class ConfirmedNames:
    """Asks and remembers. `clock`: seconds, monotonic. `deadline_s`: of both lookups together."""

    def __init__(
        self, resolver: Resolver, clock: Callable[[], float], deadline_s: float = 2.0
    ) -> None:
        self._resolver = resolver
        self._clock = clock
        self._deadline_s = deadline_s
        self._known: dict[tuple[str, tuple[str, ...]], tuple[bool, float]] = {}
        self._minute_s = 0.0  # when it began …
        self._begun: Counter[str] = Counter()  # … and lookups since, by prefix
        self._under_way: dict[tuple[str, tuple[str, ...]], asyncio.Task[bool]] = {}

    async def confirms(self, address: str, suffixes: tuple[str, ...]) -> bool:
        """Whether the address's name ends in one of these, and leads back to it. Never raises."""
        key = address, suffixes
        known = self._known.get(key)
        if known is not None and self._clock() < known[1]:
            return known[0]
        task = self._under_way.get(key)
        if task is None:
            if not self._may_begin(prefix_of(address)):
                return False
            task = asyncio.create_task(self._find(key))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)  # who leaves does not end it for those who wait too

    def _may_begin(self, prefix: str) -> bool:
        if not 0 <= self._clock() - self._minute_s < 60:
            self._minute_s = self._clock()
            self._begun.clear()
        at_once = len(self._under_way)
        of_one = sum(prefix_of(address) == prefix for address, _ in self._under_way)
        if at_once >= AT_ONCE or of_one >= AT_ONCE_OF_ONE:
            return False
        if self._begun.total() >= A_MINUTE or self._begun[prefix] >= A_MINUTE_OF_ONE:
            return False
        self._begun[prefix] += 1
        return True

    async def close(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, key: tuple[str, tuple[str, ...]]) -> bool:
        try:
            async with asyncio.timeout(self._deadline_s):
                found, keep_s = await self._look_up(*key)
        except (LookupFailed, TimeoutError, OSError, ValueError):
            found, keep_s = False, UNSURE_S
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[key] = found, self._clock() + keep_s
        return found

    async def _look_up(self, address: str, suffixes: tuple[str, ...]) -> tuple[bool, float]:
        wanted = ip_address(address)
        reverse = await self._resolver.names(address)
        for name in fitting(reverse.values[:MOST_NAMES], suffixes):
            forward = await self._resolver.addresses(name, wanted.version)
            if any(ip_address(each) == wanted for each in forward.values):
                return True, min(max(min(reverse.ttl_s, forward.ttl_s), LEAST_S), MOST_S)
        return False, NEGATIVE_S


def fitting(names: Sequence[str], suffixes: tuple[str, ...]) -> list[str]:
    """The names below one of the suffixes, each of which begins with a dot."""
    return [name for name in names if name.endswith(suffixes)] if suffixes else []
