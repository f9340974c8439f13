"""Visits, tickets, answers and passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from gateway.model.messages import JSON, Headers


@dataclass(frozen=True, slots=True)
class Solved:
    """A right answer, believed. Only a function that takes one of these may issue a pass."""

    kind: str
    level: int
    uses: int | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One challenged request on its way through; sealed inside the page, never a cookie."""

    id: str
    secret: bytes  # 32 bytes: the key of what is held
    site: str
    route: str
    method: str
    target: bytes
    hold_id: str  # "" when nothing is held
    issued_s: float
    expires_s: float
    decision_id: str = ""
    same_origin: bool = False  # the original request came from the site itself
    machine: bool = False  # asked by a script of the page, which finishes by itself
    tries: int = 0  # questions answered wrongly or exchanged so far
    solved: Solved | None = None
    harder: int = 0  # steps up, and doublings of the work, that limits and memory asked for
    risk: float = 0.0  # of the request when it was asked
    kind: str = ""  # that the app named, where the route lets it
    user: str = ""  # digest of whom the app knows the caller as
    values: Mapping[str, JSON] = field(default_factory=dict)  # digests that limits count it by
    kept: Headers = ()  # Referer, Origin, Sec-Fetch-* of an original that is not held


@dataclass(frozen=True, slots=True)
class Made:
    """A made question: `view` goes to the page, `secret` into the ticket; no field in both."""

    view: Mapping[str, JSON]
    secret: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Round:
    """A first round, answered rightly: what it was, and what it was good for."""

    kind: str
    level: int
    max_risk: float


@dataclass(frozen=True, slots=True)
class Ticket:
    """One asked question, sealed. Everything needed to judge an answer is in it."""

    id: str
    visit: str
    site: str
    route: str
    rung: int  # index in the ladder; ACCESSIBLE for the way without recognition
    kind: str
    level: int
    max_risk: float
    secret: Mapping[str, JSON]
    work: Mapping[str, JSON]  # secret of the proof of work; every ticket asks for one
    risk: float  # at issue: an answer can only add to it
    caller: str  # prefix it was issued to; a change adds risk, never an error
    issued_s: float
    expires_s: float
    not_before_s: float = 0.0
    refuse_above: float = 1.0
    toll: bool = False  # work alone, to be proved for a picture: no question, so no answer solves
    instead_of: str = ""  # the kind that was due, where dearer work took its place
    failures: int = 0  # wrong answers and exchanges before it: they make work dearer
    rounds_left: int = 0  # rounds to come after this one
    first: Round | None = None  # the one before this
    layout: Sequence[Sequence[float]] = ()  # where boxes must come to lie; see `gateway.layout`


ACCESSIBLE = -1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a ticket. Untrusted throughout."""

    value: JSON
    proof: JSON
    trace: JSON
    signals: JSON
    before: JSON = None  # {trace, inner} of the page that opened the question's, by gateway.js
    # What other rooms found out about it.
    known: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind's word on an answer; `miss` is the distance as a share of the tolerance."""

    ok: bool
    reason: Literal["right", "wrong", "malformed"]
    miss: float = 0.0


@dataclass(frozen=True, slots=True)
class Signal:
    name: str
    value: float  # 0 innocent .. 1 damning
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    risk: float  # 0 .. 1
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of who sent a request, beyond what it says itself."""

    direct: bool = False  # order and spelling of the headers are the client's own
    signals: tuple[Signal, ...] = ()  # against the address, and as a proxy tells of the client


UNKNOWN = Background()


@dataclass(frozen=True, slots=True)
class Again:
    """Ask another question in the same reply."""

    reason: Literal["wrong", "expired", "malformed", "more", "exchanged", "next", "work"]
    rung: int


@dataclass(frozen=True, slots=True)
class Refused:
    """No further question now."""

    reason: Literal[
        "too_many", "spent", "unreadable", "expired", "too_early", "unavailable", "full", "blocked"
    ]
    retry_after_s: int = 0


Outcome: TypeAlias = Solved | Again | Refused


@dataclass(frozen=True, slots=True)
class Pass:
    """A verified pass."""

    id: str
    scope: str
    level: int
    issued_s: float
    expires_s: float
    uses: int | None
    policy: str
    kind: str
    browser: str = ""
    address: str = ""
