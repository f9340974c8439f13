"""`gateway bots`: address ranges of good bots, refreshed when the operator asks and never else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from gateway.bots.known import KNOWN
from gateway.cli import exits
from gateway.cli.faults import load_or_explain
from gateway.cli.fetching import failed, fetch, show_changes, too_few, write_whole
from gateway.config.faults import one_of


def list_bots(path: Path) -> int:
    """Every bot that the configuration names, or that is known, with what proves it."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    table = Table("bot", "agent", "names", "networks", "keys", "source", box=SIMPLE_HEAD)
    for column in table.columns:
        column.overflow = "fold"
    for bot in config.bots:
        networks = str(len(bot.ranges)) if len(bot.ranges) else ""
        keys = str(len(bot.keys)) if bot.keys else ""
        texts = (chr(10).join(each) for each in (bot.agents, bot.names))
        agent, names = texts
        table.add_row(bot.name, agent, names, networks, keys, chr(10).join(bot.sources))
    for name in sorted(set(KNOWN) - {bot.name for bot in config.bots}):
        known = KNOWN[name]
        texts = (chr(10).join(each) for each in (known.agents, known.names, known.sources))
        agent, names, source = texts
        table.add_row(f"({name})", agent, names, "", "", source)
    Console(highlight=False).print(table)
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
    target, old = (
        config.file.parent / bot.ranges_file,
        _listed(config.file.parent / bot.ranges_file),
    )
    try:
        found = [network for url in bot.sources for network in fetch(url)]
    except (OSError, ValueError) as error:
        return failed(f"{name} stays as it is: {error}")
    if why := too_few(found, old):
        return failed(f"{name} stays as it is: {why}")
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    head = [f"# {name}, as published on {day} at", *(f"#   {url}" for url in bot.sources)]
    write_whole(target, [*head, *found])
    show_changes(target, found, old)
    return exits.OK


def _listed(path: Path) -> list[str]:
    """The lines of the list as it is; the configuration has read it, so it can be read."""
    if not path.exists():
        return []
    entries = (line.partition("#")[0].strip() for line in path.read_text("utf-8-sig").splitlines())
    return [entry for entry in entries if entry]
