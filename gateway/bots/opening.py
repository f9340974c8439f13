"""Good bots with everything they need, for as long as a gate runs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from gateway.bots.names import ConfirmedNames
from gateway.bots.proving import Bot, GoodBots, Spend
from gateway.bots.resolver import AresResolver
from gateway.bots.signatures import SignedBots, thumbprint


@asynccontextmanager
async def good_bots(
    bots: Sequence[Bot], servers: Sequence[str], timeout_s: float, spend: Spend
) -> AsyncIterator[list[GoodBots]]:
    """The inquiry, where any bots are named; `servers`: of DNS, by default the system's."""
    if not bots:
        yield []
        return
    resolver = AresResolver(servers, timeout_s)
    names = ConfirmedNames(resolver, time.monotonic, timeout_s)
    keys = {thumbprint(key): (bot.name, key) for bot in bots for key in bot.keys}
    try:
        yield [GoodBots(bots, SignedBots(keys), names, spend)]
    finally:
        await names.close()
        await resolver.close()
