"""Remembering callers in the store: with a deadline, and as if nothing were known without it."""

from __future__ import annotations

import asyncio

from gateway.memory import ASKED, MOST, memory_key, steps
from gateway.model import Caller, Route, Slide
from gateway.server.parts import GateParts
from gateway.stores import StoreError

DEADLINE_S = 0.25


async def recall(gate: GateParts, route: Route, caller: Caller) -> int:
    """How many steps harder this caller is asked; that it is asked again is counted with it."""
    return steps(await remember(gate, route, caller, ASKED))


async def remember(gate: GateParts, route: Route, caller: Caller, points: int) -> int:
    """Count, or take back what is negative. What it comes to; 0 where nothing is known."""
    if not route.memory_s or not gate.addresses_known():
        return 0
    key = memory_key(gate.ring, route, caller)
    try:
        async with asyncio.timeout(DEADLINE_S):
            if points < 0:
                await gate.store.unslide([Slide(key, route.memory_s, -points)])
                return 0
            [slid] = await gate.store.slide([Slide(key, route.memory_s, points, MOST)])
            return min(slid.count, MOST)
    except (StoreError, TimeoutError):
        gate.metrics.store_errors("memory")
        return 0
