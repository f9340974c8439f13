"""Which good bot a request is from: by proof, never by what it calls itself.

The User-Agent only says which bot's proofs are worth trying, so that no visitor costs a lookup; a
signature speaks for itself. Proofs, the cheapest first: published address ranges, a signature that
was not used before, a forward-confirmed name. Whatever fails or can't be asked leaves a visitor
like any other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from gateway.addresses import Ranges
from gateway.asked import Asked
from gateway.bots.names import ConfirmedNames
from gateway.bots.signatures import SignedBots
from gateway.callers import parse_address
from gateway.finish import CLOCKS_S
from gateway.model import BodySeen, Facts, Route
from gateway.stores import StoreError

Spend = Callable[[str, float], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Bot:
    """One good bot and what proves it; any one of these is enough."""

    name: str
    agents: tuple[str, ...]
    names: tuple[str, ...] = ()  # endings of reverse names, each beginning with a dot
    ranges: Ranges = field(default_factory=Ranges)
    keys: tuple[bytes, ...] = ()  # Ed25519 public keys
    sources: tuple[str, ...] = ()  # where its ranges are published
    ranges_file: str = ""  # … and kept, beside the configuration

    def claimed(self, agent: str) -> bool:
        """Whether a User-Agent names it."""
        return any(word.lower() in agent for word in self.agents)


class GoodBots:
    """An inquiry: fills in `Facts.bot` where the route lets good bots by."""

    def __init__(
        self, bots: Sequence[Bot], signed: SignedBots, confirmed: ConfirmedNames, spend: Spend
    ) -> None:
        self._bots = tuple(bots)
        self._signed = signed
        self._confirmed = confirmed
        self._spend = spend

    def concerns(self, route: Route) -> bool:
        return bool(self._bots) and route.good_bots == "forward" and route.action == "challenge"

    async def add(self, facts: Facts, asked: Asked, route: Route, body: BodySeen | None) -> Facts:
        """The facts, with the bot's name if it is proved."""
        if facts.listed is not None or facts.finishing:
            return facts
        agent = (asked.request.get(b"user-agent") or b"")[:512].decode("latin-1")
        claimed = [bot for bot in self._bots if bot.claimed(agent.lower())]
        name = self._by_range(claimed, asked) or await self._by_signature(asked, facts.now_s)
        name = name or await self._by_name(claimed, asked)
        return replace(facts, bot=name) if name else facts

    def _by_range(self, claimed: Sequence[Bot], asked: Asked) -> str:
        address = parse_address(asked.caller.address) if claimed else None
        if address is None:
            return ""
        return next((bot.name for bot in claimed if address in bot.ranges), "")

    async def _by_signature(self, asked: Asked, now_s: float) -> str:
        found = self._signed.verify(asked.request, asked.caller.scheme, now_s)
        if found is None:
            return ""
        try:
            ttl_s = found.until_s - now_s + CLOCKS_S
            first = await self._spend(f"bot:{found.once}", ttl_s)
        except StoreError:
            return ""
        return found.bot if first else ""

    async def _by_name(self, claimed: Sequence[Bot], asked: Asked) -> str:
        address = asked.caller.address
        if parse_address(address) is None:  # a unix socket, or unknown
            return ""
        for bot in claimed:
            if bot.names and await self._confirmed.confirms(address, bot.names):
                return bot.name
        return ""
