"""Telling a Delivery exactly once how it went, whatever becomes of the client meanwhile.

Each hook runs in a task of its own that no disconnect cancels; a hook that fails is reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum, auto
from typing import Any

from gateway.model import Delivery


class Stage(Enum):
    NEW = auto()  # nothing was told
    SENDING = auto()  # `sending` runs, or ran: the app may have been reached
    OVER = auto()  # `unsent`, `delivered` or `broken` was told


class Handover:
    """One Delivery on its way through the wire."""

    __slots__ = ("_delivery", "_report", "_sending", "_spawn", "stage")

    def __init__(
        self,
        delivery: Delivery,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        report: Callable[[str, BaseException], None],
    ) -> None:
        self._delivery = delivery
        self._spawn = spawn
        self._report = report
        self._sending: asyncio.Task[None] | None = None
        self.stage = Stage.NEW

    @property
    def under_way(self) -> bool:
        """Whether bytes may have left: only `delivered` or `broken` can end it now."""
        return self.stage is Stage.SENDING

    async def sending(self) -> bool:
        """True: write the first byte now. False: nothing may leave, and `unsent` was told."""
        self.stage = Stage.SENDING
        self._sending = self._spawn(self._announce())
        await asyncio.shield(self._sending)
        return self.under_way

    async def _announce(self) -> None:
        try:
            await self._delivery.sending()
        except Exception as fault:
            self._report("delivery sending", fault)
            self.stage = Stage.OVER
            await self._tell(self._delivery.unsent)

    async def delivered(self) -> None:
        """A reply head came. Returns once that is known to whom it concerns."""
        if self.stage is Stage.SENDING:
            self.stage = Stage.OVER
            await asyncio.shield(self._spawn(self._tell(self._delivery.delivered)))

    def ended(self) -> None:
        """There will be no reply head. Told twice, it does nothing."""
        if self.stage is Stage.NEW:
            self.stage = Stage.OVER
            self._spawn(self._tell(self._delivery.unsent))
        elif self.stage is Stage.SENDING:
            self._spawn(self._break())

    async def _break(self) -> None:
        """`sending` may still be running; how it ends decides what is true."""
        if self._sending is not None:
            await asyncio.wait([self._sending])
        if self.stage is Stage.SENDING:
            self.stage = Stage.OVER
            await self._tell(self._delivery.broken)

    async def _tell(self, hook: Callable[[], Awaitable[None]]) -> None:
        try:
            await hook()
        except Exception as fault:
            self._report("delivery", fault)
