"""What the operator configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

Mode = Literal["enforce", "shadow", "off"]
Action = Literal["challenge", "allow", "deny"]
OnError = Literal["closed", "pow", "open"]
Affinity = Literal["none", "cookie", "client"]
Flow = Literal["single", "multiple", "intelligent", "fusion", "probe"]
Then = Literal["challenge", "harder", "delay", "deny"]
Per = Literal["address", "prefix", "pass", "user", "route", "site", "field", "number_prefix"]


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a route is about. Empty means any."""

    methods: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()  # `/exact`, `/prefix/**`, `/a/*/b`, `~re2`
    query: Mapping[str, str | None] = field(default_factory=dict)  # None: present, any value
    form: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rung:
    """A kind in a ladder: it suffices up to `max_risk` and earns `level`.

    A step has one or more; those but its first stand `beside` it, of the same worth.
    """

    kind: str
    params: Any  # the kind's own `Params`
    max_risk: float = 1.0
    level: int = 1
    beside: bool = False


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
class LimitRule:
    """How often something may happen within a window, and what follows beyond that."""

    name: str  # in records, metrics and headers
    per: Per
    most: int
    window_s: int
    then: Then = "challenge"
    field: str = ""  # of `per: field` and `number_prefix`: the form field
    normalise: Literal["e164", "email", "lower", "none"] = "none"
    region: str = ""  # ISO 3166-1: where numbers without a country code are from
    countries: frozenset[str] = frozenset()  # of numbers; empty: any
    distinct: str = ""  # count how many different values this field has had
    delay_s: float = 0.0  # of `then: delay`
    digits: int = 8  # of `per: number_prefix`: how many of a number's first, with its country code
    budget: bool = False  # of the route, whoever asks
    alert: float = 0.0  # of a budget: from this share on the operator is told


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of an allow or deny list: every condition that is given must hold."""

    name: str  # as records tell it, like `shop.deny.2`
    action: Literal["allow", "deny"]
    networks: tuple[str, ...] = ()  # CIDRs
    countries: frozenset[str] = frozenset()  # two letters each
    asns: frozenset[int] = frozenset()
    lists: frozenset[str] = frozenset()  # names under `addresses.lists`
    headers: tuple[tuple[bytes, str], ...] = ()  # lower-case name; the whole value, or `~re2`
    paths: tuple[str, ...] = ()  # as in `Match`
    until_s: float = inf  # Unix seconds; from then on it does nothing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Whence:
    """Where in a request something stands that the app put there."""

    place: Literal["header", "cookie", "query", "field"]
    name: str


@dataclass(frozen=True, slots=True)
class FusionRule:
    """How the app names the kind to be asked."""

    whence: Whence
    kinds: Mapping[str, str]  # the app's word for a kind, and ours
    ttl_s: int = 600
    key: bytes = field(default=b"", repr=False)


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
    flow: Flow = "intelligent"
    fusion: FusionRule | None = None
    user: Whence | None = None  # whom the app says it knows the caller as
    memory_s: int = 0  # how long callers who are asked again and again are remembered; 0: not
    rounds: Literal[1, 2] = 1  # questions of different kinds, one after the other
    limits: tuple[LimitRule, ...] = ()
    good_bots: Literal["challenge", "forward"] = "challenge"
    policy: str = ""  # digest of what the route asks; a pass remembers it
    lists: tuple[ListEntry, ...] = ()  # who is allowed or denied whatever else; the site's too

    @property
    def single_use(self) -> bool:
        return self.pass_rule.uses == 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where an app or a gate listens: a TCP address (port 0: any free one), or a unix socket."""

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
    lists: tuple[ListEntry, ...] = ()  # of requests that no route is about
