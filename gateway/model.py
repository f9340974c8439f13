"""The nouns: frozen, plain, importing nothing of ours.

Raw bytes stay bytes (targets, header names and values); text that the operator wrote is `str`.
Times carry their unit: `now_s`, `expires_s` are Unix seconds, `ttl_s` a span.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
JSON: TypeAlias = Any  # parsed at the edge, checked before use

Mode = Literal["enforce", "shadow", "off"]
Action = Literal["challenge", "allow", "deny"]
OnError = Literal["closed", "pow", "open"]
Affinity = Literal["none", "cookie", "client"]


# --- A message on the wire -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoBody:
    """The message ends with its head."""


@dataclass(frozen=True, slots=True)
class Length:
    """The body is exactly `size_bytes` long (Content-Length)."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class Chunked:
    """The body is framed by chunks (Transfer-Encoding: chunked)."""


Framing: TypeAlias = NoBody | Length | Chunked


@dataclass(slots=True, eq=False)
class Block:
    """All of a head but its first line, read before: a client mostly sends the same ones again."""

    headers: Headers
    host: str
    keep_alive: bool
    known: dict[Any, Any] = field(default_factory=dict)  # what other rooms found out about it


@dataclass(slots=True, unsafe_hash=True)
class RequestHead:
    """One acceptable request head: everything in it has passed `heads`.

    Nobody changes one, yet it is not frozen: that would double what making it costs.
    """

    method: str
    target: bytes  # as received, origin-form or `*`
    version: tuple[int, int]  # (1, 0) or (1, 1)
    headers: Headers  # order, spelling and repeats as received
    framing: Framing
    host: str  # lower case, with port if one was sent; "" for HTTP/1.0 without Host
    keep_alive: bool
    upgrade: bool = False  # a WebSocket handshake
    expects_continue: bool = False
    block: Block | None = field(default=None, compare=False, repr=False)  # never with a body

    def get(self, name: bytes) -> bytes | None:
        """The first value of a header, by lower-case name."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header, in order, by lower-case name."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that must not pass: answered with `status`, then the connection is closed."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class BodySeen:
    """What is known of a body when deciding: its first bytes, and whether that is all."""

    data: bytes
    complete: bool


@dataclass(frozen=True, slots=True)
class Peer:
    """Who opened the connection: an address, or `unix` for a unix socket."""

    address: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, after trusted proxies have been believed as far as they may be."""

    address: str
    prefix: str  # /24 or /56, the unit that limits count by
    scheme: Literal["http", "https"]
    trusted: bool  # the peer is a trusted proxy
    browser: str = ""  # keyed digest of the User-Agent, for binding


# --- What the operator configured ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a route is about. Empty means any."""

    methods: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()  # `/exact`, `/prefix/**`, `/a/*/b`, `~re2`
    query: Mapping[str, str | None] = field(default_factory=dict)  # None: present, any value
    form: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: this kind suffices up to `max_risk` and earns `level`."""

    kind: str
    params: Any  # the kind's own `Params`
    max_risk: float = 1.0
    level: int = 1


@dataclass(frozen=True, slots=True)
class PassRule:
    """What a solved challenge earns. `uses=1`: no bearer pass, exactly one request."""

    scope: str
    ttl_s: int = 1800
    uses: int | None = None
    spend: Literal["unsafe", "all"] = "unsafe"
    bind: frozenset[str] = frozenset({"browser"})  # of "browser", "address"
    samesite: Literal["lax", "strict", "none"] = "lax"


@dataclass(frozen=True, slots=True)
class HoldRule:
    """How much of a challenged request is kept, and for how long."""

    max_bytes: int = 10 * 2**20
    ttl_s: int = 900


@dataclass(frozen=True, slots=True)
class Route:
    """A protected (or excepted) part of a site."""

    name: str
    site: str
    match: Match
    action: Action = "challenge"
    params: Literal["strict", "php"] = "strict"
    ladder: tuple[Rung, ...] = ()
    pass_rule: PassRule = PassRule(scope="site")
    hold: HoldRule = HoldRule()
    on_error: OnError = "closed"
    mode: Mode = "enforce"
    challenge_on: Match | None = None
    accessible: Literal["always", "never"] = "always"
    no_javascript: Literal["never", "wait"] = "never"
    machines: Literal["problem", "page"] = "problem"
    work: int = 50_000  # hashes a proof takes on average at no risk
    refuse_above: float = 1.0  # no answer is believed at a higher risk
    policy: str = ""  # digest of what the route asks; a pass remembers it

    @property
    def single_use(self) -> bool:
        return self.pass_rule.uses == 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where an app listens: a TCP address, or a unix socket."""

    host: str = ""
    port: int = 0
    unix_path: str = ""

    def __str__(self) -> str:
        if self.unix_path:
            return f"unix:{self.unix_path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Upstream:
    """An app, at one address or several that serve alike.

    A time of 0 for the three deadlines stands for the wire's own.
    """

    name: str
    addresses: tuple[Address, ...] = ()
    host_header: str = ""  # what a client without Host (HTTP/1.0) is taken to have asked
    affinity: Affinity = "none"
    connect_s: float = 0.0  # until a connection stands
    reply_head_s: float = 0.0  # from the end of the request to the reply's head
    reply_idle_s: float = 0.0  # between two parts of a reply
    wait_s: float = 0.0  # how long a request waits for an app that accepts nobody
    max_requests: int = 0  # under way at once, in this process; 0: any number
    queue: int = 100  # requests that wait for their turn, or for the app to come back
    queue_s: float = 10.0  # … and how long they wait for their turn
    eject_after: int = 3  # failures in a row
    eject_s: float = 10.0  # … leave an address out for so long, longer each time


@dataclass(frozen=True, slots=True)
class Site:
    """Host patterns, the app behind them, and its routes in order."""

    name: str
    hosts: tuple[str, ...]
    upstream: Upstream
    routes: tuple[Route, ...]
    title: str = ""
    cors_origins: frozenset[str] = frozenset()
    scheme: Literal["auto", "http", "https"] = "auto"


# --- Visits, tickets, passes ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Solved:
    """A right answer, believed. Only a function that takes one of these may issue a pass."""

    kind: str
    level: int
    uses: int | None
    solved_s: float


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
    kept: Headers = ()  # Referer, Origin, Sec-Fetch-* of an original that is not held


@dataclass(frozen=True, slots=True)
class Made:
    """A made question: `view` goes to the page, `secret` into the ticket; no field in both."""

    view: Mapping[str, JSON]
    secret: Mapping[str, JSON]


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


ACCESSIBLE = -1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a ticket. Untrusted throughout."""

    value: JSON
    proof: JSON
    trace: JSON
    signals: JSON


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
class Again:
    """Ask another question in the same reply."""

    reason: Literal["wrong", "expired", "malformed", "more", "exchanged"]
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


# --- Facts and decisions -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision depends on."""

    now_s: float
    caller: Caller
    method: str
    passes: tuple[Pass, ...] = ()  # signature, audience and expiry already checked
    risk: float = 0.0
    preflight: bool = False
    finishing: bool = False  # the request is a finishing submission (`gateway_visit=`)
    visit: Visit | None = None  # … and this is the visit, if it could be opened
    visit_matches: bool = False  # … for this site, method and target
    same_origin: bool = False  # … sent by the site's own page
    store_up: bool = True


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
    STORE_DOWN = "store_down"
    STORE_FULL = "store_full"
    STORE_OPEN = "store_open"
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
    would: str = ""  # shadow mode: what enforcing would have done


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


@dataclass(frozen=True, slots=True)
class Deny:
    reason: Reason
    status: int
    route: Route | None = None


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
