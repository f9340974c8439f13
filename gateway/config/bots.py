"""Good bots: those we know by name, and the operator's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.addresses import ListError, Ranges, read_list
from gateway.bots.known import KNOWN, KnownBot
from gateway.bots.proving import Bot
from gateway.bots.signatures import read_jwks
from gateway.config import units
from gateway.config.faults import Fault, Place, did_you_mean
from gateway.config.fields import Span, Words
from gateway.config.nodes import Loc
from gateway.config.part import Part, written
from gateway.config.shape import Faults

MAX_KEYS_BYTES = 256 * 1024
_ENDING = re.compile(r"(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?){2,}")
_NAME = re.compile(r"[a-z0-9_-]{1,32}")
_LEAST_AGENT = 4  # characters: fewer name half of all browsers


class BotPart(Part):
    """What a good bot calls itself, and what proves it: any of these is enough."""

    agent: Words = Field(
        default=[], description="Parts of its User-Agent; they prove nothing, and save lookups."
    )
    names: Words = Field(
        default=[],
        description="Endings of the forward-confirmed name of its address, as `.bots.example`.",
    )
    ranges: str | None = Field(
        default=None,
        description="A list of its addresses; by default `bots/<name>.txt`, if that is there.",
    )
    source: Words = Field(
        default=[], description="Where `gateway bots refresh` gets that list: https, JSON or text."
    )
    keys: str | None = Field(
        default=None,
        description="Its public keys (JWKS, Ed25519), for requests that it signs (Web Bot Auth).",
    )


class DnsPart(Part):
    """How names of good bots are looked up."""

    servers: Words = Field(
        default=[], description="Servers, as `127.0.0.1` or `127.0.0.1:53`; none: the system's."
    )
    timeout: Span = Field(
        default=written("2s"), ge=0.05, le=30, description="For all lookups about one address."
    )


def _named(value: object) -> object:
    """`[google, bing]` is short for `{google: {}, bing: {}}`."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return {name: {} for name in value}
    return value


BotParts = Annotated[dict[str, BotPart], BeforeValidator(_named)]


def compile_bots(parts: dict[str, BotPart], folder: Path, faults: Faults) -> tuple[Bot, ...]:
    """The bots; every fault in them is added."""
    return tuple(_bot(name, part, folder, faults, ("bots", name)) for name, part in parts.items())


def compile_dns(part: DnsPart, faults: Faults) -> tuple[str, ...]:
    """The servers, each with its port."""
    found = []
    for index, text in enumerate(part.servers):
        try:
            found.append(_server(text))
        except ValueError as error:
            faults.add(("dns", "servers", index), str(error), alone=True)
    return tuple(found)


def _server(text: str) -> str:
    bare = text.count(":") != 1 and not text.startswith("[")
    full = text if not bare else f"[{text}]:53" if ":" in text else f"{text}:53"
    try:
        host, port = units.host_port(full)
        units.network(host)
    except ValueError:
        raise ValueError(f"'{text}' is no server's address: write it like 192.0.2.53") from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _known(name: str) -> KnownBot:
    return KNOWN.get(name, KnownBot(()))


def _bot(name: str, part: BotPart, folder: Path, faults: Faults, loc: Loc) -> Bot:
    known = _known(name)
    for index, ending in enumerate(part.names):
        if not _ENDING.fullmatch(ending):
            what = f"'{ending}' is no ending of names: write it like .bots.example"
            faults.add((*loc, "names", index), what, alone=True)
    for index, agent in enumerate(part.agent):
        if len(agent) < _LEAST_AGENT:
            what = f"'{agent}' is part of too many: give at least {_LEAST_AGENT} characters"
            faults.add((*loc, "agent", index), what, alone=True)
    bot = Bot(
        name,
        tuple(part.agent) or known.agents,
        tuple(part.names) or known.names,
        _ranges(name, part, folder, faults, loc),
        _keys(part, folder, faults, loc),
        tuple(part.source) or known.sources,
        part.ranges or f"bots/{name}.txt",
    )
    _check(bot, part, faults, loc)
    return bot


def _check(bot: Bot, part: BotPart, faults: Faults, loc: Loc) -> None:
    if not _NAME.fullmatch(bot.name):
        faults.add(loc, f"'{bot.name}' is not a name: 1 to 32 of a-z, 0-9, _ and -", key=True)
    elif not bot.agents and not part.keys:
        hint = did_you_mean(bot.name, KNOWN) or f" (known: {', '.join(sorted(KNOWN))})"
        what = f"'{bot.name}' is unknown here{hint}; of others say agent, and names, ranges or keys"
        faults.add(loc, what, key=True)
    elif not (bot.names or len(bot.ranges) or part.ranges or part.keys):
        where = f": gateway bots refresh {bot.name}" if bot.sources else ""
        what = f"nothing could prove it: give names, ranges or keys{where}"
        faults.warn(loc, what, key=True)
    elif not bot.agents and (bot.names or len(bot.ranges)):
        faults.add((*loc, "agent"), "is missing: names and ranges are tried for who claims it")


def _ranges(name: str, part: BotPart, folder: Path, faults: Faults, loc: Loc) -> Ranges:
    path = folder / (part.ranges or f"bots/{name}.txt")
    if part.ranges is None and not path.exists():
        return Ranges()
    try:
        return read_list(path).ranges
    except ListError as fault:
        if fault.line:
            faults.found.append(Fault(Place(str(path), fault.line, 1), "", fault.what))
        else:
            faults.add((*loc, "ranges"), f"'{part.ranges or path.name}' {fault.what}")
        return Ranges()


def _keys(part: BotPart, folder: Path, faults: Faults, loc: Loc) -> tuple[bytes, ...]:
    if not part.keys:
        return ()
    path = folder / part.keys
    try:
        if path.stat().st_size > MAX_KEYS_BYTES:
            raise ValueError("is larger than 256 KiB: name the bot's own keys")
        return tuple(read_jwks(path.read_text("utf-8")))
    except OSError as error:
        faults.add((*loc, "keys"), f"'{part.keys}' can't be read: {error.strerror}")
    except ValueError as error:
        faults.add((*loc, "keys"), f"'{part.keys}' {error}")
    return ()
