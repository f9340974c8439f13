"""Stop asking a store that doesn't answer, and notice by itself when it does again.

    closed ──`failures` in a row──▶ open ──a probe succeeds──▶ closed

While open, `check` raises at once, so a dead store costs visitors its deadline a few times and then
nothing. One task probes every `every_s` seconds; visitors never do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.stores.base import StoreDown, StoreFull


class Breaker:
    """`probe` raises StoreDown while the store is unusable. Not for use before the loop runs."""

    def __init__(
        self, probe: Callable[[], Awaitable[None]], failures: int = 3, every_s: float = 1.0
    ) -> None:
        self._probe = probe
        self._most = failures
        self._every_s = every_s
        self._failures = 0
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._probing is not None

    def check(self) -> None:
        """Raises StoreDown while open."""
        if self.is_open:
            raise StoreDown("the store has not answered lately")

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._most and self._probing is None:
            self._probing = asyncio.create_task(self._probe_until_up())

    async def close(self) -> None:
        probing, self._probing = self._probing, None
        if probing is not None:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)

    async def _probe_until_up(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._probe()
            except StoreDown:
                continue
            except StoreFull:
                pass  # full is not down
            self._failures = 0
            self._probing = None
            return
