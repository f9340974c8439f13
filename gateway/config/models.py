"""The shape of `gateway.yaml`: every key, what it may be, its default and what it is for.

Descriptions here are the reference: `gateway schema`, the README's table and the editor show them.
Defaults are written as an operator would write them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from gateway.config.addresses import AddressesPart, EntryPart
from gateway.config.bots import BotParts, DnsPart
from gateway.config.fields import (
    ForNamed,
    Fraction,
    KindNamed,
    OneOrMany,
    Size,
    SpanOrNone,
    StepNamed,
    Truth,
    UrlNamed,
    Whole,
    WholeSpan,
    Words,
)
from gateway.config.frequency import BudgetPart, LimitPart
from gateway.config.fusion import FusionPart, UserPart
from gateway.config.hints import HintsPart
from gateway.config.limits import LimitsPart
from gateway.config.part import Part, written
from gateway.config.stock import StockPart
from gateway.config.told import DecisionsPart, LogPart, TracesPart
from gateway.config.upstreams import UpstreamPart

Mode = Literal["enforce", "shadow", "off"]
Flow = Literal["intelligent", "single", "multiple", "fusion", "probe"]
NAME = r"^[a-z0-9_-]{1,32}$"
Name = Annotated[str, Field(pattern=NAME)]
Value = Annotated[str | None, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]
Values = dict[str, Value]


class MatchPart(Part):
    """Which requests are meant. Every condition given must hold."""

    method: Annotated[list[str], OneOrMany] = Field(
        default=[], description="Method or methods; none: any."
    )
    path: Words = Field(
        default=[],
        description="Path or paths: `/exact`, `/prefix/**`, `/a/*/b` (`*` is one segment), "
        "`~regex` (RE2, the whole path).",
    )
    query: Values = Field(
        default={},
        description="Query parameters by name; an empty value means present with any value, "
        "`~regex` (RE2, the whole value) any that fits.",
    )
    form: Values = Field(default={}, description="Form fields of the body, likewise.")


class BesidePart(Part):
    """Another kind of one step."""

    kind: str = Field(description="The kind.")
    params: dict[str, Value | list[Value]] = Field(
        default={}, description="What the kind lets be set."
    )


class RungPart(Part):
    """One step of a ladder."""

    kind: str = Field(description="The kind of challenge.")
    beside: Annotated[list[Annotated[BesidePart, KindNamed]], OneOrMany] = Field(
        default=[],
        description="Kinds of the same worth: chance chooses which of the step is asked, and after "
        "wrong answers another. A list in place of a kind is short for it: `[puzzle, rotate]`.",
    )
    max_risk: Fraction = Field(
        default=written("1.0"),
        description="The highest risk this kind suffices for, 0 to 1.",
    )
    level: Whole | None = Field(
        default=None,
        ge=1,
        le=9,
        description="The strength of a pass earned here; by default above all kinds before it.",
    )
    params: dict[str, Value | list[Value]] = Field(
        default={}, description="What the kind lets be set."
    )


class PassPart(Part):
    """What a solved challenge earns."""

    scope: Name | None = Field(
        default=None,
        description="Routes of one scope share passes; by default the route's own name.",
    )
    ttl: WholeSpan = Field(
        default=written("30m"), ge=10, le=30 * 86400, description="How long the pass is good."
    )
    uses: Whole | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Requests one pass is good for; none: any number.",
    )
    bind: Annotated[list[Literal["browser", "address"]], OneOrMany] = Field(
        default=["browser"],
        description="What the pass is tied to; a change adds risk and may ask again.",
    )
    samesite: Literal["lax", "strict", "none"] = Field(
        default=written("lax"), description="SameSite of the cookie; `none` needs `scheme: https`."
    )
    spend: Literal["unsafe", "all"] = Field(
        default=written("unsafe"),
        description="Which requests use a pass up: those that change things, or all.",
    )


class HoldPart(Part):
    """How much of a challenged request is kept until it may go on."""

    max: Size = Field(
        default=written("10MiB"), ge=0, le=2**40, description="The largest body kept."
    )
    ttl: WholeSpan = Field(
        default=written("15m"), ge=30, le=86400, description="How long it is kept."
    )


class MemoryPart(Part):
    """What is remembered of callers who are asked again and again."""

    for_: SpanOrNone = Field(
        default=written("1h"),
        ge=0,
        le=7 * 86400,
        alias="for",
        description="How long questions, refreshes and wrong answers of a caller (prefix and "
        "browser) make the next ones harder; right answers take them back. `none`: not at all.",
    )


class RoutePart(Part):
    """A protected (or excepted) part of a site. The first that matches counts."""

    name: Name = Field(description="Its name, in the log, metrics and headers.")
    match: MatchPart = Field(default_factory=MatchPart, description="Which requests it is about.")
    params: Literal["strict", "php"] = Field(
        default=written("strict"),
        description="How the app reads parameter names: as sent, or as PHP does.",
    )
    action: Literal["challenge", "allow", "deny"] = Field(
        default=written("challenge"), description="What happens to a matching request."
    )
    flow: Flow = Field(
        default=written("intelligent"),
        description="Who is asked what: the kind that the risk asks for (`intelligent`), one kind "
        "(`single`), one of several at random (`multiple`), the one the app names, signed "
        "(`fusion`), nobody anything (`probe`).",
    )
    ladder: Annotated[list[Annotated[RungPart, StepNamed]], OneOrMany] = Field(
        default=written([{"kind": "one_click", "max_risk": "0.3"}, {"kind": "slider"}]),
        description="Kinds of challenge, the easiest first.",
    )
    rounds: Whole = Field(
        default=written("1"),
        ge=1,
        le=2,
        description="Questions to be answered rightly, one after the other; the second is of a "
        "kind that takes other skills.",
    )
    fusion: FusionPart | None = Field(
        default=None, description="With `flow: fusion`: how the app names the kind, signed."
    )
    user: UserPart | None = Field(
        default=None,
        description="Where the app says whom it knows the caller as: joins limits and records.",
    )
    memory: Annotated[MemoryPart, ForNamed] = Field(
        default_factory=MemoryPart, description="What is remembered of callers; `none`: nothing."
    )
    pass_: PassPart = Field(
        default_factory=PassPart, alias="pass", description="What a solved challenge earns."
    )
    hold: HoldPart = Field(
        default_factory=HoldPart, description="How much of a challenged request is kept."
    )
    on_error: Literal["closed", "pow", "open"] = Field(
        default=written("closed"),
        description="While the store can't be reached: refuse, ask for work, or let by.",
    )
    mode: Mode | None = Field(
        default=None,
        description="`shadow` only records what would have happened; by default the site's.",
    )
    challenge_on: MatchPart | None = Field(
        default=None, description="Ask on this page (the form's) rather than on the request itself."
    )
    accessible: Literal["always", "never"] = Field(
        default=written("always"),
        description="Offer the way that asks for no recognition, memory or dragging.",
    )
    no_javascript: Literal["never", "wait"] = Field(
        default=written("never"),
        description="What browsers without JavaScript get: a message, or a served wait.",
    )
    machines: Literal["problem", "page"] = Field(
        default=written("problem"),
        description="What scripts get: `403 application/problem+json`, or the page.",
    )
    refuse_above: Fraction = Field(
        default=written("0.8"),
        description="No answer is believed at a higher risk, 0 to 1; 1 believes all.",
    )
    work: Whole = Field(
        default=written("50000"),
        ge=1000,
        le=5_000_000,
        description="Hashes a proof of work takes on average when there is no risk.",
    )
    good_bots: Literal["challenge", "forward"] = Field(
        default=written("challenge"),
        description="Good bots that have proved who they are: ask them too, or let them by.",
    )
    allow: list[EntryPart] = Field(
        default=[], description="Who is let by without being asked; as `allow` of the site."
    )
    deny: list[EntryPart] = Field(
        default=[], description="Who is refused whatever else holds; as `allow` of the site."
    )
    limits: Annotated[list[LimitPart], OneOrMany] = Field(
        default=[],
        description="How often something may happen. Counted when a request goes to the app.",
    )
    budget: BudgetPart | None = Field(
        default=None, description="Bounds what reaches the app, whatever else fails; none: it does."
    )


class CorsPart(Part):
    """Who may read the gate's answers across origins."""

    origins: Words = Field(default=[], description="Origins such as `https://app.example`.")


class SitePart(Part):
    """Host names, the app behind them, and its routes in order."""

    name: Name = Field(description="Its name, in the log, metrics and passes.")
    hosts: Words = Field(
        default=["*"], description="Host names: `shop.example`, `*.shop.example`, or `*` for any."
    )
    upstream: str | None = Field(
        default=None,
        description="The app, by its name under `upstreams`; may be left out if there is one.",
    )
    title: str = Field(
        default=written(""), description="The site's name as visitors know it; by default the host."
    )
    scheme: Literal["auto", "http", "https"] = Field(
        default=written("auto"),
        description="How visitors reach it; `auto` believes trusted proxies, else http.",
    )
    cors: CorsPart = Field(default_factory=CorsPart, description="Who may read the gate's answers.")
    presets: Words = Field(
        default=[], description="Ready exceptions, tried before the routes: see `config/presets`."
    )
    mode: Mode = Field(default=written("enforce"), description="The mode of routes that give none.")
    allow: list[EntryPart] = Field(
        default=[], description="Who is let by on every route without being asked."
    )
    deny: list[EntryPart] = Field(
        default=[],
        description="Who is refused on the whole site, whatever else holds; as `allow`.",
    )
    routes: list[RoutePart] = Field(
        default=[], description="The routes, in order: the first match counts."
    )


def _known_version(number: int) -> int:
    if number != 1:
        raise ValueError(f"this gateway reads version 1, not {number}")
    return number


class FilePart(Part):
    """A gate's configuration."""

    version: Annotated[Whole, AfterValidator(_known_version)] = Field(
        default=1, description="The version of this format: 1."
    )
    include: Words = Field(
        default=[], description="More files of this shape, relative to this one; `*` is allowed."
    )
    listen: Annotated[list[str], OneOrMany] = Field(
        default=written(["127.0.0.1:8080"]),
        min_length=1,
        description="Where visitors' requests arrive: `address:port`, `unix:PATH`, or a list.",
    )
    admin: str | None = Field(
        default=written("127.0.0.1:9090"),
        description="Health and metrics; loopback or `unix:PATH`; empty: none.",
    )
    admin_public: Truth = Field(
        default=written("false"),
        description="Lets `admin` listen beyond loopback. It has no password.",
    )
    prefix: str = Field(
        default=written("/_gateway/"),
        description="The path under which the gate itself answers, on every site.",
    )
    keys: str = Field(
        default=written("./keys"), description="The folder of signing keys, made at the first run."
    )
    signing: Literal["HS256", "EdDSA"] = Field(
        default=written("HS256"),
        description="How passes are signed; with EdDSA apps can check them by JWKS.",
    )
    store: str = Field(
        default=written("sqlite:./gateway.db"),
        description="What is held and spent: `memory`, `sqlite:PATH`, `redis://…`, "
        "`redis+sentinel://…`, `redis+cluster://…`.",
    )
    workers: Whole = Field(
        default=written("1"), ge=1, le=64, description="Processes that share the listener."
    )
    trusted_proxies: Words = Field(
        default=[],
        description="Whose X-Forwarded-* is believed: CIDRs, `unix`, the presets `private` and "
        "`cloudflare`.",
    )
    client_ip_header: str = Field(
        default=written(""),
        description="The one header a trusted proxy puts the visitor's address in, if it does.",
    )
    addresses: AddressesPart = Field(
        default_factory=AddressesPart, description="What your own files say of addresses."
    )
    hints: HintsPart = Field(
        default_factory=HintsPart, description="What a trusted proxy tells of its clients."
    )
    bots: BotParts = Field(
        default={}, description="Good bots, for routes with `good_bots: forward`; names will do."
    )
    dns: DnsPart = Field(
        default_factory=DnsPart, description="How names of good bots are looked up."
    )
    log: LogPart = Field(default_factory=LogPart, description="The log.")
    decisions: DecisionsPart = Field(
        default_factory=DecisionsPart,
        description="Recent decisions, kept in the store to be explained.",
    )
    traces: TracesPart = Field(
        default_factory=TracesPart,
        description="Raw paths of pointers, kept only if you say so: `gateway trace --kept`.",
    )
    limits: LimitsPart = Field(
        default_factory=LimitsPart, description="Bounds on whatever a stranger can fill."
    )
    stock: StockPart = Field(
        default_factory=StockPart, description="Questions of kinds that are drawn, made ahead."
    )
    art: str = Field(
        default=written(""),
        description="A folder of your own pictures, at most 64, from which questions are made; "
        "by default they are drawn from nothing.",
    )
    upstreams: dict[str, Annotated[UpstreamPart, UrlNamed]] = Field(
        min_length=1, description="The apps, by name: an address, a list of them, or a mapping."
    )
    sites: list[SitePart] = Field(min_length=1, description="The sites, each with its routes.")
