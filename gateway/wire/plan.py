"""What the wire asks the guard, and what it is told: the whole interface between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Sizes in bytes, times in seconds. Deadlines are met within two ticks (`tick_s`)."""

    max_line_bytes: int = 8190  # request line; over: 414
    max_head_bytes: int = 32 * 2**10  # request or reply head; over: 431, from an app 502
    max_headers: int = 128  # fields of a request; over: 431
    max_body_bytes: int = 4 * 2**30  # over: 413
    max_connections: int = 10_000  # of clients; over: 503 at once
    header_s: float = 15  # from the first byte of a head to its end; over: 408
    keep_alive_s: float = 75  # idle between two requests; then closed
    body_idle_s: float = 30  # without a byte of an awaited body; over: 408
    connect_s: float = 5  # to an app; over: 504
    reply_head_s: float = 60  # from the end of the request to the reply's head; over: 504
    reply_idle_s: float = 3600  # between two parts of a reply (event streams are quiet); cut
    write_idle_s: float = 60  # a client or app that takes nothing; cut
    upgrade_idle_s: float = 3600  # a WebSocket on which nothing moves; cut
    linger_s: float = 15  # reading on after an early answer, so that it can be seen
    linger_bytes: int = 64 * 2**20  # … and how much at most
    pool_idle_s: float = 4  # below node's 5 s; gunicorn's 2 s is met by the one retry
    pool_size: int = 64  # idle connections kept per app
    sweep_s: float = 1  # how often deadlines are looked at, at least
    tick_s: float = 0.1  # … and when the first is due, within so much
