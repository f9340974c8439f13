"""`gateway check --log`: which past requests each route would have challenged.

Reads nginx's and Apache's combined format, also with the host first (`vhost_combined`), plain or
gzipped. A log has no bodies: where a form field decides, the request counts as `perhaps`. Passes
are played too: a visitor (address and browser) who is challenged is taken to solve it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli import exits
from gateway.cli.ask import Asker, printable
from gateway.cli.lines import opened
from gateway.cli.saying import counted
from gateway.config import Config
from gateway.model import Route, Site

MAX_LINE_BYTES = 16 * 1024
MAX_VISITORS = 1_000_000  # remembered at once; then all are forgotten and counted anew
SAMPLES = 5

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_IP = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)"
_LINE = re.compile(
    rf"(?:(?P<host>[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)? (?={_IP} ))?"
    r"(?P<address>\S+) \S+ [^\[]*"
    rf"\[(?P<time>[^\]]+)\] {_QUOTED} (?P<status>\d{{3}}) \S+(?: {_QUOTED} {_QUOTED})?"
)
_ESCAPE = re.compile(r'\\(x[0-9A-Fa-f]{2}|["\\])')


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a log."""

    host: str  # "" when the format doesn't say
    address: str
    time_s: float
    method: str
    target: bytes
    agent: str
    status: int


@dataclass(slots=True)
class Tally:
    """What became of the requests that met one route."""

    matched: int = 0
    perhaps: int = 0
    challenged: int = 0
    visitors: set[int] = field(default_factory=set)
    samples: Counter[str] = field(default_factory=Counter)


def report(config: Config, path: Path, console: Console) -> int:
    """Read the log and print a table. 1 if no line of it could be read."""
    replay = Replay(config)
    with opened(path, MAX_LINE_BYTES) as lines:
        for raw in lines:
            replay.see(raw)
    _print(replay, config, console)
    return exits.OK if replay.read or not replay.unread else exits.FAILED


class Replay:
    """Plays a log against a configuration, line by line."""

    def __init__(self, config: Config) -> None:
        self._asker = Asker(config)
        self._one_site = config.sites[0] if len(config.sites) == 1 else self._asker.site("")
        self._passes: dict[tuple[int, str, str], tuple[float, int | None]] = {}
        self.tallies: dict[tuple[str, str], Tally] = {}
        self.read = self.unread = self.free = self.elsewhere = self.hostless = self.guessed = 0
        self.guess = self._one_site.name if self._one_site and len(config.sites) > 1 else ""

    def see(self, raw: bytes) -> None:
        """One line of the log, whatever is in it."""
        line = parse(raw)
        if line is None:
            self.unread += bool(raw.strip())
            return
        self.read += 1
        site = self._asker.site(line.host) if line.host else self._one_site
        self.guessed += bool(self.guess and not line.host)
        if site is None and not line.host:
            self.hostless += 1
        elif site is None:
            self.elsewhere += 1
        elif self._asker.is_ours(line.target):
            self.free += 1
        else:
            self._play(site, line)

    def _play(self, site: Site, line: Line) -> None:
        host = line.host or "example"
        verdict = self._asker.ask(site, line.method, line.target, host, None)
        route = verdict.matched.route
        if route is None or line.method == "OPTIONS":
            self.free += 1
            return
        tally = self.tallies.setdefault((site.name, route.name), Tally())
        tally.matched += 1
        tally.perhaps += verdict.certainty == "perhaps"
        if route.action == "allow" or route.mode == "off":
            return
        visitor = hash((line.address, line.agent))
        if route.action == "challenge" and self._has_pass(visitor, route, line):
            return
        tally.challenged += 1
        tally.visitors.add(visitor)
        tally.samples[f"{line.method} {line.target.decode('latin-1')}"] += 1
        if len(tally.samples) > 10_000:
            tally.samples = Counter(dict(tally.samples.most_common(1000)))

    def _has_pass(self, visitor: int, route: Route, line: Line) -> bool:
        """Whether an earlier solve still serves; if not, the visitor solves one now."""
        rule = route.pass_rule
        if route.single_use:
            return False
        key = (visitor, route.site, rule.scope)
        ends_s, uses = self._passes.get(key, (0.0, 0))
        if line.time_s < ends_s and (uses is None or uses > 0):
            self._passes[key] = (ends_s, uses if uses is None else uses - 1)
            return True
        if len(self._passes) >= MAX_VISITORS:
            self._passes.clear()
        left = None if rule.uses is None else rule.uses - 1
        self._passes[key] = (line.time_s + rule.ttl_s, left)
        return False


def parse(raw: bytes) -> Line | None:
    """A line of a log, or None if it isn't one."""
    if len(raw) > MAX_LINE_BYTES:
        return None
    found = _LINE.match(raw.decode("latin-1"))
    if found is None:
        return None
    words = _unescaped(found[4]).split(" ")
    time_s = _time_s(found["time"])
    if len(words) != 3 or time_s is None or not words[1].startswith("/"):
        return None
    agent = found[7] or ""
    method, target = words[0], words[1].encode("latin-1")
    host = found["host"] or ""
    return Line(host, found["address"], time_s, method, target, agent, int(found["status"]))


def _unescaped(text: str) -> str:
    """What nginx and Apache write as \\xHH, \\" or \\\\ ."""
    return _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "x" else m[1], text)


def _time_s(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()
    except ValueError:
        return None


def _print(replay: Replay, config: Config, console: Console) -> None:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("site", "route", "mode"):
        table.add_column(heading, no_wrap=True)
    for heading in ("requests", "perhaps", "challenged", "visitors"):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = [(s, r, replay.tallies.get((s.name, r.name))) for s in config.sites for r in s.routes]
    for site, route, tally in shown:
        if tally is not None or route.action != "allow":
            table.add_row(*_row(site, route, tally or Tally()))
    console.print(table)
    for site, route, tally in shown:
        if tally is not None and tally.samples:
            _print_samples(f"{site.name}/{route.name}", tally, console)
    for note in _notes(replay):
        console.print(Text(note), soft_wrap=True)


def _row(site: Site, route: Route, tally: Tally) -> list[str]:
    stopped = route.action != "allow" and route.mode != "off"
    return [
        site.name,
        route.name,
        route.mode if route.action == "challenge" else route.action,
        str(tally.matched),
        str(tally.perhaps) if tally.perhaps else "",
        str(tally.challenged) if stopped else "–",
        str(len(tally.visitors)) if stopped else "–",
    ]


def _print_samples(name: str, tally: Tally, console: Console) -> None:
    console.print(Text().append(name, style="cyan").append(" challenged most often:"))
    for request, count in tally.samples.most_common(SAMPLES):
        console.print(Text(f"  {count:>7} × {printable(request)}"), soft_wrap=True)


def _notes(replay: Replay) -> list[str]:
    parts = [f"{counted(replay.read, 'request')} read", f"{replay.free} met no route"]
    if replay.elsewhere:
        parts.append(f"{replay.elsewhere} for hosts of no site")
    if replay.unread:
        parts.append(f"{counted(replay.unread, 'line')} not understood")
    notes = [", ".join(parts)]
    if replay.hostless:
        notes.append(
            f"{replay.hostless} lines name no host, and there are several sites: "
            "log it first on the line (nginx: $host, Apache: %v)"
        )
    if replay.guessed:
        notes.append(
            f"{replay.guessed} lines name no host and are taken for site {replay.guess}'s, "
            "which has any host: log it first on the line (nginx: $host, Apache: %v)"
        )
    if any(tally.perhaps for tally in replay.tallies.values()):
        notes.append("perhaps: a form field decides, and a log has none")
    notes.append("challenged: taking it that every visitor solves, and keeps the pass")
    return notes
