"""Who may connect: in all and for each client, counted over all workers.

A connection is counted first and looked at then: of two that come to two workers in the same
instant and only one fits, none may be let in, but never both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from gateway.callers import prefix_of
from gateway.counting import Row
from gateway.limits import WireLimits
from gateway.model import Refusal

TOO_MANY: Final = Refusal(503, "connections")
TOO_MANY_OF_ONE: Final = Refusal(429, "client connections")

Exempt = Callable[[str], bool]


class Admission:
    """`exempt`: which addresses no limit by client binds, and who may use the reserve.

    `room`: what this process alone can hold. `tells_apart`: whether addresses are clients at all;
    behind a proxy that we don't know they are not.
    """

    __slots__ = ("_exempt", "_limits", "_room", "_row", "_tells_apart")

    def __init__(
        self,
        limits: WireLimits,
        row: Row,
        exempt: Exempt = lambda address: False,
        room: int = sys.maxsize,
        tells_apart: Callable[[], bool] = lambda: True,
    ) -> None:
        self._limits = limits
        self._row = row
        self._exempt = exempt
        self._room = room
        self._tells_apart = tells_apart

    @property
    def open(self) -> int:
        """Connections this process let in, and which have not ended."""
        return self._row.open

    def enter(self, address: str) -> Refusal | None:
        """Let a connection in, or say why not. Who is in must `leave`."""
        client = self._client(address)
        self._row.enter(client)
        refusal = self._over(client)
        if refusal is not None:
            self._row.leave(client)
        return refusal

    def leave(self, address: str) -> None:
        self._row.leave(self._client(address))

    def _client(self, address: str) -> str:
        """Whom a connection counts for; "" for nobody."""
        return "" if self._exempt(address) else prefix_of(address)

    def _over(self, client: str) -> Refusal | None:
        limits, counts = self._limits, self._row.counts
        reserved = limits.reserved_connections
        if client and counts.of(client) > limits.max_client_connections and self._tells_apart():
            return TOO_MANY_OF_ONE
        most = limits.max_connections + (0 if client else reserved)
        here = max(1, self._room - reserved) if client else self._room
        return TOO_MANY if counts.total() > most or self._row.open > here else None
