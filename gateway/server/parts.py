"""What the gate is built from. Whatever has effects or chance comes in here, nothing is global."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.addresses import Register
from gateway.envelope import Envelope
from gateway.hold import Holds
from gateway.kinds import Kind
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import Route, Site
from gateway.pages import Pages
from gateway.passes import Algorithm
from gateway.ring import KeyRing
from gateway.server.keeping import KeptTraces
from gateway.server.local import LocalCounts
from gateway.stock.stock import NoStock, Questions
from gateway.stores import Store


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """How often one caller prefix may ask and answer, and how long a question stands.

    Windows start at full multiples of their length, so that what is said about a wait is exact.
    """

    answers: int = 60  # answers judged, per window
    answers_window_s: int = 60
    challenges: int = 60  # questions made on request, per window
    accessible: int = 10  # … of the accessible way, in its own window
    accessible_window_s: int = 600
    tries: int = 10  # wrong answers and exchanges of one visit …
    tries_window_s: int = 120  # … until it must wait for the next of these
    ticket_ttl_s: int = 120
    picture_ttl_s: int = 300  # of a picture: by keys alone, or read slowly, one takes longer
    visit_ttl_s: int = 1800  # of a visit that holds nothing; else the hold's


@dataclass(frozen=True, slots=True)
class GateParts:
    """One gate. `clock` gives Unix seconds; `rng` and `random_bytes` are the system's chance."""

    sites: Mapping[str, Site]
    prefix: str  # of our own endpoints, `/_gateway/`
    ring: KeyRing
    store: Store
    holds: Holds
    kinds: Mapping[str, Kind]
    pages: Pages
    log: DecisionLog
    metrics: Metrics
    boot: str  # what the wire proves itself with
    clock: Callable[[], float]
    rng: random.Random
    random_bytes: Callable[[int], bytes]
    limits: AnswerLimits = AnswerLimits()
    algorithm: Algorithm = "HS256"  # of passes
    addresses_known: Callable[[], bool] = lambda: True  # False: limits by address stay off
    stock: Questions = field(default_factory=NoStock)  # of kinds that are drawn
    traces: KeptTraces | None = None  # raw paths, where the operator wants them kept
    register: Register = field(default_factory=Register)  # what is known of addresses
    local: LocalCounts = field(default_factory=LocalCounts)  # while the store is down

    def site(self, envelope: Envelope) -> Site | None:
        return self.sites.get(envelope.site)

    def route(self, site: str, name: str) -> Route | None:
        """A route by its name; None if the configuration no longer has it."""
        found = self.sites.get(site)
        return next((r for r in found.routes if r.name == name), None) if found else None

    def token(self) -> str:
        """Unguessable text."""
        return self.random_bytes(16).hex()

    def nonce(self) -> bytes:
        """For one sealed token."""
        return self.random_bytes(12)
