"""A checked configuration: frozen, every number with its unit, nothing left to look up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gateway.addresses import AddressBook
from gateway.bots.proving import Bot
from gateway.config.faults import Fault, hide_passwords
from gateway.limits import WireLimits
from gateway.model import Address, Site
from gateway.signals.of_hints import Hints
from gateway.stock.shelves import Wanted


class Secret:
    """Text that is shown only on purpose: `str()` and `repr()` hide what stands before `@`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that uses it."""
        return self._text

    def __str__(self) -> str:
        return hide_passwords(self._text)

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is written to the log, and how."""

    level: Literal["debug", "info", "warning", "error"]
    addresses: Literal["full", "truncate", "hide"]
    sample: float  # the share of plain and repeated forwards that gets a record, 0 to 1


@dataclass(frozen=True, slots=True)
class DecisionsSettings:
    """How many recent decisions are kept, and for how long."""

    keep: int
    ttl_s: int


@dataclass(frozen=True, slots=True)
class TracesSettings:
    """Of how many answers raw paths are kept, of what share of visits (0 to 1), how long."""

    keep: int
    share: float
    ttl_s: int


@dataclass(frozen=True, slots=True)
class WireSettings:
    """Bounds of one connection and of all of them."""

    bounds: WireLimits
    match_body_bytes: int  # how much of a body is read to match form fields
    drain_s: float
    exempt: tuple[str, ...]  # CIDRs and `unix`: not bound by the limit per client


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """How much held requests may fill, in all and per address prefix."""

    total_bytes: int
    prefix_bytes: int
    small_bytes: int  # up to this a body counts as small
    small_total_bytes: int  # the pool that only small bodies use


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How often one address prefix may answer, and take the way without recognition."""

    answers: int
    window_s: int
    accessible: int
    accessible_window_s: int


@dataclass(frozen=True, slots=True)
class Limits:
    wire: WireSettings
    hold: HoldSettings
    answers: AnswerSettings


@dataclass(frozen=True, slots=True)
class StockSettings:
    """What one worker keeps ready, and by how many processes; nothing where nothing is drawn."""

    wanted: tuple[Wanted, ...]
    items: int  # of each sort
    memory_bytes: int
    makers: int


@dataclass(frozen=True, slots=True)
class Config:
    """All that `gateway run` needs to know. Paths are absolute."""

    file: Path
    listen: tuple[Address, ...]
    admin: Address | None
    prefix: str
    keys: Path
    signing: Literal["HS256", "EdDSA"]
    store: Secret
    workers: int
    trusted: tuple[str, ...]  # CIDRs; `unix` for peers on a unix socket
    client_ip_header: str  # "" when X-Forwarded-For says who asks
    log: LogSettings
    decisions: DecisionsSettings
    traces: TracesSettings
    limits: Limits
    stock: StockSettings
    pictures: tuple[bytes, ...] = field(repr=False)  # the operator's own, to draw from
    sites: tuple[Site, ...]
    addresses: AddressBook = field(default_factory=AddressBook, repr=False, compare=False)
    hints: Hints = field(default_factory=Hints)
    bots: tuple[Bot, ...] = field(default=(), repr=False, compare=False)
    dns_servers: tuple[str, ...] = ()
    dns_timeout_s: float = 2.0
    warnings: tuple[Fault, ...] = field(default=(), compare=False)
