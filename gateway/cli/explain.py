"""`gateway explain`: requests as `curl` or a HAR file tell them, or by their reference."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from gateway.addresses import Register
from gateway.asked import Asked
from gateway.callers import TrustedProxies, caller_of
from gateway.cli import exits
from gateway.cli.explained import print_explanation
from gateway.cli.faults import load_or_explain
from gateway.cli.kept import of_log, of_reference
from gateway.cli.saying import wide_console
from gateway.config import Config
from gateway.explain.curl import parse_curl
from gateway.explain.explanation import Explanation, as_json, explain
from gateway.explain.har import parse_har
from gateway.explain.sketch import Sketch
from gateway.frequency.values import Digests, find
from gateway.gathering import Gathering
from gateway.given.fusion import verify
from gateway.given.places import given
from gateway.keys import load_keys
from gateway.log import path_of
from gateway.model import JSON, BodySeen, Caller, Facts, Peer, Route, Site
from gateway.presented import PassReader
from gateway.records import facts_of
from gateway.ring import Key, KeyRing, KeysError
from gateway.routing import NOTHING, FieldValues, Matched, NeedBodyFor, Router
from gateway.routing.tracing import trace

MAX_FILE_BYTES = 256 * 2**20
MOST_ENTRIES = 20  # of a HAR file, unless one is named
FROM = "198.51.100.1"  # who asks, if nobody is named (RFC 5737: nobody's)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for: one of the first three."""

    curl: str = ""
    har: Path | None = None
    reference: str = ""
    entry: int = 0  # of the HAR file, from 1; 0: all of them
    address: str = FROM
    as_json: bool = False
    log: Path | None = None  # where a reference is looked for, instead of in the store


class Up:
    """A store that is up."""

    store_up = True


def explain_wish(path: Path, wish: Wish) -> int:
    """Print the explanations. FAILED if there is nothing to explain."""
    config = load_or_explain(path, warn=False)
    if isinstance(config, int):
        return config
    told = _told(config, wish)
    if wish.as_json:
        typer.echo(json.dumps([as_json(each) for each in told], indent=1))
    else:
        for each in told:
            print_explanation(each, wide_console())
    return exits.OK if told else exits.FAILED


def _told(config: Config, wish: Wish) -> list[Explanation]:
    if wish.reference:
        if wish.log is not None:
            records = of_log(wish.log, wish.reference)
        else:
            records = [kept.record for kept in of_reference(config, wish.reference)]
        found = explain_records(config, records)
        if not found:
            _say(f"{wish.reference}: no such decision is kept; --log FILE looks in a log")
        return found
    desk = Desk(config, wish.address)
    return [desk.explain(sketch) for sketch in _sketches(wish)]


def _sketches(wish: Wish) -> Iterable[Sketch]:
    try:
        if wish.har is None:
            text = sys.stdin.read(MAX_FILE_BYTES) if wish.curl == "-" else wish.curl
            return [parse_curl(text)]
        with wish.har.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise ValueError(f"{wish.har}: larger than {MAX_FILE_BYTES} bytes")
        entries = parse_har(raw.decode("utf-8-sig", "replace"))
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None
    if wish.entry > len(entries):
        raise typer.BadParameter(f"--entry {wish.entry}: the file has {len(entries)}")
    if wish.entry:
        return entries[wish.entry - 1 : wish.entry]
    if len(entries) > MOST_ENTRIES:
        _say(f"the first {MOST_ENTRIES} of {len(entries)} requests: --entry N names another")
    return entries[:MOST_ENTRIES]


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))


class Desk:
    """Explains requests that nobody sent. Everything but their facts is the gate's own."""

    def __init__(self, config: Config, address: str = FROM) -> None:
        self._config = config
        self._address = address
        limit = config.limits.wire.match_body_bytes
        self._router = Router(config.sites, config.prefix, limit)
        self._trusted = TrustedProxies(config.trusted, config.client_ip_header)
        self._notes: list[str] = []
        self._ring = self._keys()
        passes = PassReader(self._ring, lambda why: self._notes.append(f"a pass counts not: {why}"))
        self._register = Register(config.sites, config.addresses, config.hints, as_sent=False)
        self._gathering = Gathering(self._ring, passes, self._register, Up())

    def _keys(self) -> KeyRing:
        """The site's keys, to read passes by; others where there are none."""
        try:
            return load_keys(self._config.keys)
        except (KeysError, OSError):
            return KeyRing((Key("none", 0.0, b"\0" * 32),))

    def explain(self, sketch: Sketch) -> Explanation:
        self._notes.clear()
        site = self._router.site(sketch.host)
        if site is None:
            return self._elsewhere(sketch)
        caller = self._caller(sketch, site)
        head = sketch.head
        if self._router.own(head.target) is not None:
            self._notes.append(f"the gate itself answers under {self._config.prefix}")
            matched = NOTHING
        else:
            found = self._router.match(site, head, sketch.seen)
            if isinstance(found, NeedBodyFor):
                self._notes.append("the body is not known: taken to be unreadable")
                found = self._router.match(site, head, BodySeen(b"", False))
            assert not isinstance(found, NeedBodyFor)
            matched = found
        asked = Asked(lambda: "", site, caller, head, Peer(self._address))
        now_s = time.time()
        listed = self._register.listed(site, matched.route, caller, head, now_s)
        facts = self._gathering.facts(asked, matched.route, listed, now_s)
        limit = self._config.limits.wire.match_body_bytes
        facts = self._counted(self._named(facts, matched, sketch), matched, sketch, limit)
        return explain(
            sketch.method,
            sketch.host + path_of(sketch.target),
            site.name,
            matched.route,
            facts,
            opening=matched.opening,
            traced=trace(site, head, sketch.seen, limit),
            notes=self._notes,
        )

    def _named(self, facts: Facts, matched: Matched, sketch: Sketch) -> Facts:
        """With the kind that the app named. It is not spent: it may be sent again."""
        rule = matched.route.fusion if matched.route else None
        if rule is None:
            return facts
        named = verify(rule, given(sketch.head, sketch.seen, rule.whence), facts.now_s)
        self._notes.append("whether the app's parameter was used before is not known here")
        return replace(facts, named=named)

    def _counted(self, facts: Facts, matched: Matched, sketch: Sketch, limit: int) -> Facts:
        """With what limits read of the form. Nothing is counted: nobody sent it."""
        route = matched.route
        if route is None or not route.limits or route.mode == "off" or facts.preflight:
            return facts
        fields = FieldValues(sketch.head, sketch.seen, limit, route.params)
        found = find(route.limits, fields, Digests(self._ring))
        return replace(facts, country_refused=found.refused)

    def _caller(self, sketch: Sketch, site: Site) -> Caller:
        """The scheme is as the address says: what stands before the gate is not described."""
        key = self._ring.browser_key
        caller = caller_of(Peer(self._address), sketch.headers, self._trusted, site.scheme, key)
        if site.scheme == "auto" and not caller.trusted:
            return replace(caller, scheme="https" if sketch.scheme == "https" else "http")
        return caller

    def _elsewhere(self, sketch: Sketch) -> Explanation:
        hosts = ", ".join(host for site in self._config.sites for host in site.hosts)
        nobody = Caller(self._address, self._address, "http", False)
        facts = Facts(time.time(), nobody, sketch.method)
        address = sketch.host + path_of(sketch.target)
        told = explain(sketch.method, address, "", None, facts)
        note = f"no site has the host {sketch.host}: it is refused (421). Hosts: {hosts}"
        refused = {"action": "deny", "reason": "unknown_site"}
        return replace(told, decision=refused, outcome="denied (unknown_site)", notes=(note,))


def explain_records(config: Config, records: Sequence[Mapping[str, JSON]]) -> list[Explanation]:
    """Of one reference: its decision as it was, and the answers that followed."""
    known = {each["reference"] for each in records if each.get("event") == "decision"}
    decisions = [
        each
        for each in records
        if each.get("event") == "decision" and each.get("challenged") not in known
    ]
    answers = [each for each in records if each not in decisions]
    found = []
    for record in decisions:
        try:
            facts = facts_of(record)
        except ValueError:
            continue
        site = next((s for s in config.sites if s.name == record.get("site")), None)
        route, notes = _route_of(site, record.get("route", ""))
        opening = bool(record.get("facts", {}).get("opening"))
        caller = Caller("", "", "https", False)
        told = explain(
            record.get("method", ""),
            record.get("path", ""),
            record.get("site", ""),
            route,
            facts or Facts(0.0, caller, record.get("method", "")),
            opening=opening,
            recorded=record,
            answers=answers,
            notes=notes,
        )
        found.append(told if facts else replace(told, changes=(), ladder=(), work_hashes=0))
    return found


def _route_of(site: Site | None, name: str) -> tuple[Route | None, list[str]]:
    found = next((r for r in site.routes if r.name == name), None) if site else None
    missing = name and found is None
    return found, [f"the configuration has no route {name} any more"] if missing else []
