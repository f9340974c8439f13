"""The bounds of the wire. `limits.wire` in the configuration sets them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Sizes in bytes, times in seconds. Deadlines are met within two ticks (`tick_s`)."""

    max_line_bytes: int = 16 * 2**10  # request line; over: 414
    max_head_bytes: int = 32 * 2**10  # request or reply head; over: 431, from an app 502
    max_headers: int = 128  # fields of a request; over: 431
    max_body_bytes: int = 4 * 2**30  # over: 413
    max_connections: int = 10_000  # of clients, of all workers; over: 503 at once
    max_client_connections: int = 512  # of one address prefix, of all workers; over: 429 at once
    reserved_connections: int = 32  # beyond max_connections, for who is exempt (health checks)
    header_s: float = 15  # from the first byte of a head to its end; over: 408
    keep_alive_s: float = 75  # idle between two requests; then closed
    body_idle_s: float = 30  # without a byte of an awaited body; over: 408
    body_rate: int = 240  # bytes/s that a body brings on average while it is awaited; under: 408
    body_grace_s: float = 10  # … from then on
    body_total_s: float = 6 * 3600  # that a body is awaited in all; over: 408
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


def too_slow(size_bytes: int, awaited_s: float, limits: WireLimits) -> str:
    """Why a body is no longer waited for, which brought so much in so long; "": it is."""
    if awaited_s > limits.body_total_s:
        return "body time"
    wanted_bytes = limits.body_rate * (awaited_s - limits.body_grace_s)
    return "body rate" if size_bytes < wanted_bytes else ""
