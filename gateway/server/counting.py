"""Counting answers and spending tickets: in the store, or locally where the route allows it.

`on_error: closed` means that nothing is judged while the store can't be asked. `pow` and `open`
judge on with counts of this process alone: a ticket is then spent once per process, not once.
"""

from __future__ import annotations

from gateway.model import Refused, Route
from gateway.server.parts import GateParts
from gateway.server.replies import RETRY_S
from gateway.stores import StoreError, StoreFull


class CountingDown(Exception):  # noqa: N818 - a state to act on
    """Nothing can be counted: the answer is 503. `full`: the store answers, but has no room."""

    def __init__(self, *, full: bool = False) -> None:
        super().__init__()
        self.full = full

    @property
    def refused(self) -> Refused:
        """What is said of it."""
        return Refused("full" if self.full else "unavailable", RETRY_S)


async def spend(gate: GateParts, route: Route, key: str, ttl_s: float) -> bool:
    """True for exactly one caller until it expires. Raises CountingDown."""
    try:
        return await gate.store.spend(key, ttl_s)
    except StoreError as fault:
        gate.metrics.store_errors("spend")
        _refuse_closed(route, fault)
        return gate.local.spend(key, ttl_s, gate.clock())


async def bump(gate: GateParts, route: Route, key: str, window_s: int) -> tuple[int, int]:
    """(count in the current window, seconds until it ends). Raises CountingDown.

    Windows are cut by the clock, so that what is said about the wait is exact.
    """
    now_s = gate.clock()
    window = int(now_s // window_s)
    left_s = max(1, round((window + 1) * window_s - now_s))
    key = f"{key}/{window}"
    try:
        return await gate.store.bump(key, window_s), left_s
    except StoreError as fault:
        gate.metrics.store_errors("bump")
        _refuse_closed(route, fault)
        count = gate.local.bump(key, window_s, now_s)
    if count is None:
        raise CountingDown
    return count, left_s


def _refuse_closed(route: Route, fault: StoreError) -> None:
    if route.on_error == "closed":
        raise CountingDown(full=isinstance(fault, StoreFull))
