"""What a decision depends on, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from gateway.model.messages import Caller
from gateway.model.policy import Route, Then
from gateway.model.visits import Pass, Signal, Visit


@dataclass(frozen=True, slots=True)
class Listing:
    """An entry of the operator's own lists that names this request."""

    action: Literal["allow", "deny"]
    entry: str  # which one, for the record


@dataclass(frozen=True, slots=True)
class Reached:
    """How a request stands to one limit, itself counted."""

    limit: str  # its name
    then: Then
    count: int
    most: int
    window_s: int
    reset_s: int  # until the count falls
    delay_s: float = 0.0
    budget: bool = False

    @property
    def over(self) -> bool:
        return not self.count <= self.most


@dataclass(frozen=True, slots=True)
class Named:
    """What the app named as the kind to be asked, or the reason why that counts for nothing."""

    kind: str = ""
    fault: Reason | None = None
    once: str = ""  # by what it is spent …
    until_s: float = 0.0  # … and until when


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of who sent a request that nobody was asked about. None: not known."""

    risk: float | None = None
    model_probability: int | None = None  # 1: a script, by what the hand did
    web_simulator: int | None = None  # 1: no person's browser, by what it is
    ip_overtime: int | None = None  # 1: more often than a limit of the route says


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision depends on."""

    now_s: float
    caller: Caller
    method: str
    passes: tuple[Pass, ...] = ()  # signature, audience and expiry already checked
    risk: float = 0.0
    signals: tuple[Signal, ...] = ()  # what the risk is made of
    listed: Listing | None = None
    bot: str = ""  # a good bot that has proved who it is
    reached: tuple[Reached, ...] = ()
    country_refused: bool = False  # a form's phone number is of a country that is not allowed
    probe: Probe | None = None  # a verdict on the page that sent it
    named: Named | None = None  # None: nothing is looked for
    preflight: bool = False
    finishing: bool = False  # the request is a finishing submission (`gateway_visit=`)
    visit: Visit | None = None  # … and this is the visit, if it could be opened
    visit_matches: bool = False  # … for this site, method and target
    same_origin: bool = False  # … sent by the site's own page
    store_up: bool = True
    broken: bool = False  # asking for facts failed in a way nobody foresaw: some are missing


class Reason(StrEnum):
    """Why a decision was taken; closed, public, and the label in metrics."""

    NO_ROUTE = "no_route"
    ALLOWED = "allowed"
    PREFLIGHT = "preflight"
    MODE_OFF = "mode_off"
    SHADOW = "shadow"
    PASS = "pass"  # noqa: S105 - a reason, not a password
    NO_PASS = "no_pass"  # noqa: S105
    PASS_TOO_LOW = "pass_too_low"  # noqa: S105
    PASS_ELSEWHERE = "pass_elsewhere"  # noqa: S105 - another browser or address
    SINGLE_USE = "single_use"
    USES_SPENT = "uses_spent"
    SOLVED = "solved"
    OWN = "own"
    DENIED = "denied"
    UNKNOWN_SITE = "unknown_site"
    VISIT_UNREADABLE = "visit_unreadable"
    VISIT_EXPIRED = "visit_expired"
    VISIT_UNSOLVED = "visit_unsolved"
    CROSS_SITE = "cross_site"
    DELIVERED = "delivered"
    MAYBE_DELIVERED = "maybe_delivered"
    IN_FLIGHT = "in_flight"
    HOLD_LOST = "hold_lost"
    LISTED = "listed"
    GOOD_BOT = "good_bot"
    PROBED = "probed"
    LIMITED = "limited"
    BUDGET_SPENT = "budget_spent"
    COUNTRY_REFUSED = "country_refused"
    RISK_TYPE_MISSING = "risk_type_missing"
    RISK_TYPE_MALFORMED = "risk_type_malformed"
    RISK_TYPE_FORGED = "risk_type_forged"
    RISK_TYPE_STALE = "risk_type_stale"
    RISK_TYPE_UNKNOWN = "risk_type_unknown"
    RISK_TYPE_REPLAYED = "risk_type_replayed"
    STORE_DOWN = "store_down"
    STORE_FULL = "store_full"
    STORE_OPEN = "store_open"
    GATE_BROKE = "gate_broke"
    APP_UNREACHABLE = "app_unreachable"
    APP_TIMEOUT = "app_timeout"
    APP_BROKE = "app_broke"
    APP_BUSY = "app_busy"
    TOO_LARGE = "too_large"
    BAD_REQUEST = "bad_request"


@dataclass(frozen=True, slots=True)
class Forward:
    reason: Reason
    route: Route | None = None
    used: Pass | None = None
    spend: bool = False  # a use of `used` must be spent first
    would: str = ""  # shadow mode: what enforcing would have done …
    why: Reason | None = None  # … and for which reason
    delay_s: float = 0.0  # to be waited before it goes
    probe: Probe | None = None  # what the app is told


@dataclass(frozen=True, slots=True)
class Resume:
    route: Route
    visit: Visit
    used: Pass | None = None  # finished by a pass solved elsewhere


@dataclass(frozen=True, slots=True)
class Challenge:
    reason: Reason
    route: Route
    risk: float = 0.0
    harder: int = 0  # limits that ask for a harder question
    kind: str = ""  # that the app named


@dataclass(frozen=True, slots=True)
class Deny:
    reason: Reason
    status: int
    route: Route | None = None
    retry_after_s: int = 0
    over: tuple[Reached, ...] = ()  # the limits that were passed


@dataclass(frozen=True, slots=True)
class Preflight:
    """A browser asks whether a script may send what the route protects: the gate answers."""

    route: Route


Decision: TypeAlias = Forward | Resume | Challenge | Deny | Preflight


class Delivery(Protocol):
    """What must be told about a request that may reach the app at most once.

    The wire calls `sending` after the connection stands and before the first byte; then exactly one
    of `delivered` (a reply head came) or `broken` (it ended without one). If `sending` was never
    called, or raised, it calls `unsent`: nothing has left, and everything is given back.
    """

    async def sending(self) -> None: ...
    async def unsent(self) -> None: ...
    async def delivered(self) -> None: ...
    async def broken(self) -> None: ...
