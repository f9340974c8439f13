"""`gateway bots`: address ranges of good bots, refreshed when the operator asks and never else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.bots.known import KNOWN
from gateway.cli import exits
from gateway.cli.faults import load_or_explain
from gateway.cli.fetching import failed, renew
from gateway.cli.saying import folding_table, wide_console
from gateway.config.faults import one_of


def list_bots(path: Path) -> int:
    """Every bot that the configuration names, or that is known, with what proves it."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    table = folding_table("bot", "agent", "names", "networks", "keys", "source")
    for bot in config.bots:
        networks = str(len(bot.ranges)) if len(bot.ranges) else ""
        keys = str(len(bot.keys)) if bot.keys else ""
        told = bot.agents, bot.names, bot.sources
        agent, names, source = ("\n".join(each) for each in told)
        table.add_row(bot.name, agent, names, networks, keys, source)
    for name in sorted(set(KNOWN) - {bot.name for bot in config.bots}):
        known = KNOWN[name]
        told = known.agents, known.names, known.sources
        agent, names, source = ("\n".join(each) for each in told)
        table.add_row(f"({name})", agent, names, "", "", source)
    wide_console().print(table)
    return exits.OK


def refresh(name: str, path: Path) -> int:
    """Fetch, check, and write the bot's list of addresses."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    bots = {bot.name: bot for bot in config.bots}
    if name not in bots:
        return failed(one_of(name, bots, "bot") + ": name it under bots first")
    bot = bots[name]
    if not bot.sources:
        return failed(f"{name} publishes no list: its names or keys must prove it")
    target = config.file.parent / bot.ranges_file

    def lines(day: str, networks: Sequence[str]) -> list[str]:
        sources = (f"#   {url}" for url in bot.sources)
        return [f"# {name}, as published on {day} at", *sources, *networks]

    return renew(name, bot.sources, target, _listed(target), lines)


def _listed(path: Path) -> list[str]:
    """The lines of the list as it is; the configuration has read it, so it can be read."""
    if not path.exists():
        return []
    entries = (line.partition("#")[0].strip() for line in path.read_text("utf-8-sig").splitlines())
    return [entry for entry in entries if entry]
