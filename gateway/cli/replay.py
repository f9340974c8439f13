"""`gateway replay`: what another configuration would have made of recorded decisions."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli import exits
from gateway.cli.ask import printable
from gateway.cli.faults import load_or_explain
from gateway.cli.kept import MAX_LINE_BYTES, with_store
from gateway.cli.lines import opened
from gateway.cli.saying import counted, wide_console
from gateway.config import Config
from gateway.explain.replaying import Came, Replayer, recorded
from gateway.kept.recent import all_kept
from gateway.model import JSON
from gateway.stores import Store

MOST_SORTS = 1_000  # of changes told apart; more are counted together
SAMPLES = 3
TELL_EVERY_S = 2.0
EVENTS = frozenset({"decision", "answer"})


@dataclass(slots=True)
class Change:
    """Records that came to one thing, and would come to another."""

    count: int = 0
    samples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Everything counted; its size does not grow with the log."""

    read: int = 0
    unread: int = 0
    undecided: int = 0
    stands_in: int = 0
    changed: int = 0
    beyond: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    changes: dict[tuple[Came, Came], Change] = field(default_factory=dict)


def replay(log: Path | None, new: Path, old: Path | None, *, as_json: bool) -> int:
    """Print what changes. FAILED if no record could be read."""
    config = load_or_explain(new, warn=False)
    before = load_or_explain(old, warn=False) if old is not None else None
    for each in (config, before):
        if isinstance(each, int):
            return each
    assert isinstance(config, Config)
    assert before is None or isinstance(before, Config)
    comparison = Comparison(config, before)
    if log is None:
        _from_store(before or config, comparison)
    else:
        _from_log(log, comparison)
    tally = comparison.tally
    if as_json:
        typer.echo(json.dumps(_as_json(tally), indent=1))
    else:
        _print(tally, wide_console())
    return exits.OK if tally.read else exits.FAILED


class Comparison:
    """Takes each record again, and counts what differs."""

    def __init__(self, new: Config, old: Config | None) -> None:
        self._new = _replayer(new)
        self._old = _replayer(old) if old else None
        self.tally = Tally()

    def line(self, raw: bytes) -> None:
        """One line of a log, whatever is in it."""
        if b'"decision"' not in raw and b'"answer"' not in raw:
            return
        try:
            record = json.loads(raw) if len(raw) <= MAX_LINE_BYTES else None
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            self.record(record)
        else:
            self.tally.unread += 1

    def record(self, record: Mapping[str, JSON]) -> None:
        if record.get("event") not in EVENTS:
            return
        tally = self.tally
        try:
            after = self._new.again(record)
            before = recorded(record)
            earlier = self._old.again(record) if self._old else None
        except ValueError:
            tally.unread += 1
            return
        tally.read += 1
        if after is None:
            tally.undecided += 1
            return
        tally.stands_in += after.stands_in
        tally.unknown.update(after.unknown)
        before = earlier.came if earlier else before
        if after.came != before:
            self._note(before, after.came, str(record.get("reference", "")))

    def _note(self, before: Came, after: Came, reference: str) -> None:
        tally = self.tally
        tally.changed += 1
        if (before, after) not in tally.changes and len(tally.changes) >= MOST_SORTS:
            tally.beyond += 1
            return
        change = tally.changes.setdefault((before, after), Change())
        change.count += 1
        if len(change.samples) < SAMPLES:
            change.samples.append(reference)


def _replayer(config: Config) -> Replayer:
    return Replayer(config.sites, config.prefix, config.limits.wire.match_body_bytes)


def _from_store(config: Config, comparison: Comparison) -> None:
    async def read(store: Store) -> None:
        async for kept in all_kept(store):
            comparison.record(kept.record)
            await asyncio.sleep(0)

    with_store(config, read)


def _from_log(path: Path, comparison: Comparison) -> None:
    console, told_s = Console(stderr=True, highlight=False), time.monotonic()
    with opened(path, MAX_LINE_BYTES) as lines:
        for number, raw in enumerate(lines, 1):
            comparison.line(raw)
            if number % 1_000 == 0 and time.monotonic() - told_s >= TELL_EVERY_S:
                told_s = time.monotonic()
                if console.is_terminal:
                    console.print(Text(f"{number} lines read"), end="\r")


def _sorted(tally: Tally) -> Iterator[tuple[Came, Came, Change]]:
    """By rule, then the most frequent first."""
    changes = sorted(tally.changes.items(), key=lambda item: (item[0][0].route, -item[1].count))
    for (before, after), change in changes:
        yield before, after, change


def _print(tally: Tally, console: Console) -> None:
    if tally.changes:
        table = Table("route", "was", "would be", "how often", "for example", box=SIMPLE_HEAD)
        for before, after, change in _sorted(tally):
            route = before.route if before.route == after.route else f"{_or(before)} → {_or(after)}"
            cells = (route, before.words, after.words, str(change.count), *change.samples[:1])
            table.add_row(*(Text(printable(cell, 100)) for cell in cells))
        console.print(table)
    for note in _notes(tally):
        console.print(Text(note))
    sys.stdout.flush()


def _or(came: Came) -> str:
    return came.route or "no route"


def _notes(tally: Tally) -> list[str]:
    decided = tally.read - tally.undecided
    if not tally.read and not tally.unread:
        return ["no decisions here: it takes a log that a gate wrote, or what its store keeps"]
    said = "comes" if tally.changed == 1 else "come"
    notes = [
        f"{counted(decided, 'decision')} taken again: {tally.changed} {said} to something else"
    ]
    if tally.beyond:
        notes.append(f"{tally.beyond} of them in more ways than are told apart here")
    if tally.stands_in:
        words = "met a rule that may look at a query or form, which no record has"
        notes.append(f"{tally.stands_in} {words}: the recorded rule stands in")
    for name, count in sorted(tally.unknown.items()):
        notes.append(f"{count} were not counted for the limit {name}: taken not to reach it")
    if tally.undecided:
        notes.append(f"{tally.undecided} had nothing to decide on (no site, or the app was away)")
    if tally.unread:
        notes.append(f"{counted(tally.unread, 'line')} not understood")
    return notes


def _as_json(tally: Tally) -> dict[str, JSON]:
    return {
        "read": tally.read,
        "changed": tally.changed,
        "stands_in": tally.stands_in,
        "undecided": tally.undecided,
        "unread": tally.unread,
        "not_counted": dict(tally.unknown),
        "changes": [
            {
                "route": before.route,
                "was": before.words,
                "new_route": after.route,
                "would_be": after.words,
                "count": change.count,
                "references": change.samples,
            }
            for before, after, change in _sorted(tally)
        ],
    }
