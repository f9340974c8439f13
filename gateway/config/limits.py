"""`limits`: their shape in the file, and what they become."""

from __future__ import annotations

from pydantic import Field

from gateway.config import units
from gateway.config.fields import Size, Span, Whole, WholeSpan, Words
from gateway.config.part import Part, written
from gateway.config.settings import AnswerSettings, HoldSettings, Limits, WireSettings
from gateway.config.shape import Faults
from gateway.limits import WireLimits


class WirePart(Part):
    """Bounds of the connections. What is over one is answered with the status named here."""

    connections: Whole = Field(
        default=written("10000"),
        ge=1,
        le=10**6,
        description="Open client connections of all workers; over: 503.",
    )
    client_connections: Whole = Field(
        default=written("512"),
        ge=1,
        le=10**6,
        description="Of them, those of one address prefix (/24, /56); over: 429.",
    )
    exempt: Words = Field(
        default=written(["127.0.0.0/8", "::1/128", "unix"]),
        description="Who, besides trusted proxies, `client_connections` does not bind and may use "
        "`reserved`: CIDRs and `unix`. Health checkers belong here.",
    )
    reserved: Whole = Field(
        default=written("32"),
        ge=0,
        le=10**5,
        description="Connections beyond `connections` that only `exempt` peers and trusted proxies "
        "may open, so that health checks get in.",
    )
    target: Size = Field(
        default=written("16KiB"), ge=256, le=2**20, description="A request's first line; over: 414."
    )
    head: Size = Field(
        default=written("32KiB"),
        ge=1024,
        le=2**20,
        description="A message's head; over: 431, an app's: 502.",
    )
    header_count: Whole = Field(
        default=written("128"),
        ge=10,
        le=10_000,
        description="Headers in the head of a request; over: 431.",
    )
    body: Size = Field(
        default=written("4GiB"), ge=0, le=2**50, description="A request's body; over: 413."
    )
    match_body: Size = Field(
        default=written("64KiB"),
        ge=1024,
        le=2**24,
        description="How much of a body is read to match form fields.",
    )
    head_timeout: Span = Field(
        default=written("15s"), ge=0.1, le=600, description="Until a head is complete; over: 408."
    )
    body_timeout: Span = Field(
        default=written("30s"),
        ge=0.1,
        le=3600,
        description="Between two pieces of a body; over: 408.",
    )
    body_rate: Size = Field(
        default=written("240B"),
        ge=0,
        le=2**30,
        description="What a body brings per second, on average since it began, not counting while "
        "it has to wait for the app; under: 408. `0B`: any.",
    )
    body_rate_grace: Span = Field(
        default=written("10s"),
        ge=0,
        le=3600,
        description="What `body_rate` gives a body to begin with.",
    )
    body_total_timeout: Span = Field(
        default=written("6h"),
        ge=1,
        le=7 * 86400,
        description="For a whole body, not counting while it has to wait for the app; over: 408.",
    )
    idle_timeout: Span = Field(
        default=written("75s"),
        ge=0.1,
        le=3600,
        description="A connection kept for the next request; then closed.",
    )
    write_timeout: Span = Field(
        default=written("60s"),
        ge=0.1,
        le=3600,
        description="Of a client or app that takes nothing of what it is sent; then cut, "
        "an app before its reply: 504.",
    )
    connect_timeout: Span = Field(
        default=written("5s"), ge=0.05, le=600, description="Reaching the app; over: 504."
    )
    reply_timeout: Span = Field(
        default=written("60s"),
        ge=0.1,
        le=86400,
        description="Until the app's reply begins; over: 504.",
    )
    reply_idle_timeout: Span = Field(
        default=written("1h"),
        ge=1,
        le=7 * 86400,
        description="Between two pieces of an app's reply, event streams too; then cut.",
    )
    upgrade_idle_timeout: Span = Field(
        default=written("1h"),
        ge=1,
        le=7 * 86400,
        description="A WebSocket on which nothing moves; then cut.",
    )
    linger: Size = Field(
        default=written("64MiB"),
        ge=0,
        le=2**40,
        description="Of a refused upload, what is still read so that the answer can be seen …",
    )
    linger_timeout: Span = Field(
        default=written("15s"), ge=0.1, le=600, description="… and for how long; then cut."
    )
    pool_size: Whole = Field(
        default=written("64"),
        ge=0,
        le=10_000,
        description="Idle connections to one address of an app that a worker keeps.",
    )
    pool_idle_timeout: Span = Field(
        default=written("4s"), ge=0.1, le=3600, description="… and for how long."
    )
    sweep: Span = Field(
        default=written("1s"),
        ge=0.05,
        le=60,
        description="How often all connections are looked at, at least.",
    )
    tick: Span = Field(
        default=written("100ms"),
        ge=0.01,
        le=10,
        description="A timeout is met at most two of these late.",
    )
    drain: Span = Field(
        default=written("30s"), ge=0, le=3600, description="For requests under way at shutdown."
    )


class HoldsPart(Part):
    """What held requests may fill."""

    total: Size = Field(
        default=written("1GiB"), ge=2**16, le=2**44, description="All held requests."
    )
    prefix: Size = Field(
        default=written("64MiB"), ge=2**16, le=2**44, description="Those of one address prefix."
    )
    small: Size = Field(
        default=written("64KiB"), ge=1024, le=2**24, description="Up to this a body is small."
    )
    small_total: Size = Field(
        default=written("128MiB"),
        ge=2**16,
        le=2**44,
        description="A pool of their own for small bodies.",
    )


class AnswersPart(Part):
    """How often one address prefix (/24, /56) may answer. Off where addresses tell nobody apart."""

    window: WholeSpan = Field(default=written("1m"), ge=1, le=86400, description="The span …")
    answers: Whole = Field(
        default=written("120"),
        ge=1,
        le=10**6,
        description="… and how many answers are judged in it.",
    )
    accessible_window: WholeSpan = Field(
        default=written("10m"), ge=1, le=86400, description="The span …"
    )
    accessible: Whole = Field(
        default=written("30"),
        ge=1,
        le=10**6,
        description="… and how often in it the way without recognition is given.",
    )


class LimitsPart(Part):
    """Bounds on whatever a stranger can fill."""

    wire: WirePart = Field(default_factory=WirePart, description="Bounds of the connections.")
    hold: HoldsPart = Field(default_factory=HoldsPart, description="What held requests may fill.")
    answers: AnswersPart = Field(
        default_factory=AnswersPart, description="How often one address prefix may ask and answer."
    )


def compile_limits(part: LimitsPart, faults: Faults) -> Limits:
    """The limits, checked against each other."""
    wire, hold, answers = part.wire, part.hold, part.answers
    if hold.prefix > hold.total:
        faults.add(("limits", "hold", "prefix"), "is more than limits.hold.total")
    if wire.target > wire.head:
        faults.add(
            ("limits", "wire", "target"), "is more than limits.wire.head, which it is part of"
        )
    return Limits(
        WireSettings(_wire_limits(wire), wire.match_body, wire.drain, _exempt(wire, faults)),
        HoldSettings(hold.total, hold.prefix, hold.small, hold.small_total),
        AnswerSettings(
            answers=answers.answers,
            window_s=answers.window,
            accessible=answers.accessible,
            accessible_window_s=answers.accessible_window,
        ),
    )


def _exempt(wire: WirePart, faults: Faults) -> tuple[str, ...]:
    found: list[str] = []
    for index, text in enumerate(wire.exempt):
        try:
            found.append(text if text == "unix" else units.network(text))
        except ValueError as error:
            faults.add(("limits", "wire", "exempt", index), str(error))
    return tuple(dict.fromkeys(found))


def _wire_limits(wire: WirePart) -> WireLimits:
    return WireLimits(
        max_line_bytes=wire.target,
        max_head_bytes=wire.head,
        max_headers=wire.header_count,
        max_body_bytes=wire.body,
        max_connections=wire.connections,
        max_client_connections=wire.client_connections,
        reserved_connections=wire.reserved,
        header_s=wire.head_timeout,
        keep_alive_s=wire.idle_timeout,
        body_idle_s=wire.body_timeout,
        body_rate=wire.body_rate,
        body_grace_s=wire.body_rate_grace,
        body_total_s=wire.body_total_timeout,
        connect_s=wire.connect_timeout,
        reply_head_s=wire.reply_timeout,
        reply_idle_s=wire.reply_idle_timeout,
        write_idle_s=wire.write_timeout,
        upgrade_idle_s=wire.upgrade_idle_timeout,
        linger_s=wire.linger_timeout,
        linger_bytes=wire.linger,
        pool_idle_s=wire.pool_idle_timeout,
        pool_size=wire.pool_size,
        sweep_s=wire.sweep,
        tick_s=wire.tick,
    )
