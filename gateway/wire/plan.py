"""What the wire asks the guard, and what it is told: the whole interface between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Protocol

from gateway.affinity import Stay
from gateway.model import (
    BodySeen,
    Delivery,
    Framing,
    Peer,
    Reason,
    Refusal,
    RequestHead,
    Upstream,
)


@dataclass(slots=True)  # not frozen: one is made per request, and that costs a microsecond
class Plan:
    """Where one request goes, and as what bytes. The wire calls `finished` once for each."""

    upstream: Upstream
    head: bytes  # complete, ready to write, framing headers included
    framing: Framing  # of the body that follows it
    body: AsyncIterator[bytes] | None  # None: the client's own, raw; else exactly these bytes
    method: str  # what `head` asks with: it decides how the reply is framed
    delivery: Delivery | None = None
    record: object = None  # the guard's own
    retry_safe: bool = False  # idempotent and bodyless: may use a pooled connection, and go twice
    upgrade: bool = False  # a 101 may follow
    drain_body: bool = False  # the client's body is not sent on
    ours: bool = False  # the reply comes from the gate: our own cookies may pass
    stay: Stay | None = None  # which address the visitor stays with, where that matters


@dataclass(frozen=True, slots=True)
class NeedBody:
    """Ask again with the first `max_bytes` of the body, or all of it."""

    max_bytes: int


class GuardLike(Protocol):
    """What decides. Nothing here may block; `plan` may return an awaitable."""

    def plan(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan | NeedBody]:
        """Where to send this request. `body.data` is decoded: chunk framing is taken off."""
        ...

    def trouble(self, plan: Plan, request: RequestHead, peer: Peer, reason: Reason) -> Plan:
        """The gate's page for a plan that ended before a reply head."""
        ...

    def finished(self, plan: Plan, status: int, seconds: float, bytes_out: int) -> None:
        """A reply ended. `status` 0: there was none, or it broke off."""
        ...

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        """A message was turned away by the wire itself."""
        ...
