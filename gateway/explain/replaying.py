"""Recorded decisions taken again, under a configuration: pure.

A record holds all that its decision depended on (see `records`), so the same configuration gives
the same decision. What it does not hold: what was asked for beyond the path. Where a rule of the
configuration looks at a query or a form, the rule that was recorded stands in (`stands_in`), and
who is on a list, or proved to be a bot, stays so. A limit is counted as it was: with another
window, or where it is new, its count is not known (`unknown`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from gateway.decide import decide
from gateway.judge import believe, result_of
from gateway.model import (
    ACCESSIBLE,
    JSON,
    Facts,
    NoBody,
    RequestHead,
    Route,
    Rung,
    Score,
    Site,
    Ticket,
    Visit,
)
from gateway.records import MAX_PATH_CHARS, action_of, facts_of, signals_in
from gateway.routing import BODY_BYTES, NeedBodyFor, Router
from gateway.routing.tracing import Traced, trace

_CACHED = 4_096
_BELIEVED = {("solved", ""), ("again", "more"), ("again", "next"), ("refused", "blocked")}


class Came(NamedTuple):
    """What a record came to: the rule, and the decision in words."""

    route: str
    words: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """A record taken again. `stands_in`: the recorded rule was taken for the one that matches."""

    came: Came
    stands_in: bool = False
    unknown: tuple[str, ...] = ()  # limits whose count is not recorded


def recorded(record: Mapping[str, JSON]) -> Came:
    """What was decided then, whatever became of it. Raises ValueError."""
    route = str(record.get("route") or "")
    if record.get("event") == "answer":
        kind, outcome = record.get("kind"), str(record.get("outcome"))
        return Came(route, _answered(kind, outcome, str(record.get("reason") or "")))
    first = record.get("first") or record
    if not isinstance(first, dict):
        raise ValueError("not a record of a decision")
    return Came(route, _words(first))


def _words(told: Mapping[str, Any]) -> str:
    """`challenge slider (no_pass)`."""
    kind = f" {told['kind']}" if told.get("kind") else ""
    would = f" would {told['would']}" if told.get("would") else ""
    why = f": {told['would_reason']}" if told.get("would_reason") else ""
    reason = f" ({told['reason']}{why})" if told.get("reason") else ""
    harder = f" {told['harder']} harder" if told.get("harder") else ""
    delay = f" after {told['delay_s']:g} s" if told.get("delay_s") else ""
    return f"{told.get('action')}{would}{kind}{reason}{harder}{delay}"


def _answered(kind: object, outcome: str, reason: str) -> str:
    return f"answer {kind}: {outcome}{f' ({reason})' if reason else ''}"


class Replayer:
    """Takes records again under one configuration."""

    def __init__(self, sites: tuple[Site, ...], prefix: str, body_bytes: int = BODY_BYTES) -> None:
        self._sites = {site.name: site for site in sites}
        self._router = Router(sites, prefix, body_bytes)
        self._found = lru_cache(maxsize=_CACHED)(self._find)

    def again(self, record: Mapping[str, JSON]) -> Replayed | None:
        """None where a record has nothing to decide on. Raises ValueError on what is no record."""
        try:
            if record.get("event") == "answer":
                return self._answer(record)
            return self._decision(record)
        except (TypeError, KeyError, AttributeError) as fault:
            raise ValueError("not a record of a decision") from fault

    def _decision(self, record: Mapping[str, JSON]) -> Replayed | None:
        facts = facts_of(record)
        if facts is None:
            return None
        site = self._sites.get(record.get("site", ""))
        if site is None:
            return Replayed(Came("", "no such site"))
        name, opening = record.get("route") or "", bool(record["facts"].get("opening"))
        found = self._route(record, site, name, opening, facts)
        if found is None:
            return Replayed(Came("", f"no rule {name} any more"), True)
        route, opening, stands_in = found
        facts, unknown = _counted(facts, route)
        told = action_of(decide(route, facts, opening=opening), facts)
        first = record.get("first") or record
        if first.get("would") and "would_reason" not in first:  # of releases that did not tell it
            told.pop("would_reason", None)
        return Replayed(Came(route.name if route else "", _words(told)), stands_in, unknown)

    def _route(
        self, record: Mapping[str, JSON], site: Site, name: str, opening: bool, facts: Facts
    ) -> tuple[Route | None, bool, bool] | None:
        """(the rule, whether by its page, whether the recorded one stands in); None: it is gone."""
        if facts.finishing:
            named = facts.visit.route if facts.visit and facts.visit.site == site.name else ""
            return _named(site, named), False, False
        method, path = record["method"], record["path"]
        if _is_whole(path) and facts.method == method:
            sure, route, by_page = self._found(site.name, method, path)
            if sure and not self._overridden(site, method, path, name, route):
                return route, by_page, False
        known = _named(site, name)
        return None if name and known is None else (known, opening, True)

    def _overridden(
        self, site: Site, method: str, path: str, name: str, route: Route | None
    ) -> bool:
        """Whether a form may have named the method that made it the recorded rule's."""
        if method != "POST" or name in ("", route.name if route else ""):
            return False
        rules = (each for each in trace(site, _head(method, path), None))
        return any(
            each.route.name == name and {c.what for c in each.failed} == {"method"}
            for each in rules
        )

    def _find(self, site_name: str, method: str, path: str) -> tuple[bool, Route | None, bool]:
        """The rule of a path alone, and whether nothing else could make it another."""
        site = self._sites[site_name]
        head = _head(method, path)
        for each in trace(site, head, None):
            if _might_fit(each):
                return False, None, False
        matched = self._router.match(site, head, None)
        if isinstance(matched, NeedBodyFor):
            return False, None, False
        return True, matched.route, matched.opening

    def _answer(self, record: Mapping[str, JSON]) -> Replayed:
        site = self._sites.get(record["site"])
        route = _named(site, record["route"]) if site else None
        if route is None:
            return Replayed(Came("", f"no rule {record['route']} any more"))
        kind, outcome, reason = record["kind"], record["outcome"], record.get("reason") or ""
        if (outcome, reason) in _BELIEVED:
            outcome, reason = _believed(record, route)
        return Replayed(Came(route.name, _answered(kind, outcome, reason)))


def _head(method: str, path: str) -> RequestHead:
    return RequestHead(method, path.encode("ascii"), (1, 1), (), NoBody(), "", keep_alive=True)


def _named(site: Site, name: str) -> Route | None:
    return next((route for route in site.routes if route.name == name), None)


def _is_whole(path: object) -> bool:
    """Whether the path is as it was sent: not cut, and nothing in it was put in other words."""
    if not isinstance(path, str) or not path.isascii() or len(path) >= MAX_PATH_CHARS:
        return False
    decoded = unquote_to_bytes(path)
    return all(0x20 <= byte < 0x7F for byte in decoded)


def _might_fit(traced: Traced) -> bool:
    """By its path and method, if only its query or form say so too."""
    failed = {each.what for each in traced.failed}
    return not failed & {"path", "method"} and any(
        each.what in ("query", "form") for each in traced.checked
    )


def _counted(facts: Facts, route: Route | None) -> tuple[Facts, tuple[str, ...]]:
    """Limits as the route has them now, at the counts that were recorded."""
    rules = {rule.name: rule for rule in route.limits} if route else {}
    reached, known = [], {each.limit for each in facts.reached}
    unknown = [name for name in rules if name not in known]
    for each in facts.reached:
        rule = rules.get(each.limit)
        if rule is None:
            continue
        if rule.window_s != each.window_s:
            unknown.append(rule.name)
        reached.append(
            replace(
                each,
                most=rule.most,
                then=rule.then,
                delay_s=rule.delay_s,
                budget=rule.budget,
                window_s=rule.window_s,
            )
        )
    return replace(facts, reached=tuple(reached)), tuple(unknown)


# --- answers -------------------------------------------------------------------------------


def _believed(record: Mapping[str, JSON], route: Route) -> tuple[str, str]:
    """What a right answer would be worth now."""
    index, kind, after = record["rung"], record["kind"], record.get("after")
    rung = _rung(route, index, record.get("instead_of") or kind)
    if rung is None:
        return "not asked any more", ""
    first = next((r for r in route.ladder if r.kind == after), None)
    max_risk = max(rung.max_risk, first.max_risk) if first else rung.max_risk
    ticket = _ticket(record, route, max_risk, rounds_left=0 if after else route.rounds - 1)
    score = Score(float(record["risk"]), signals_in(record))
    visit = Visit("", b"", route.site, route.name, "", b"", "", 0.0, 0.0)
    return result_of(believe(ticket, visit, route, score))


def _rung(route: Route, index: int, kind: str) -> Rung | None:
    """Where the kind stands in the ladder now: at its place, or at another."""
    if index == ACCESSIBLE:
        return Rung(kind, None) if route.accessible == "always" or kind == "wait" else None
    if not route.ladder:
        return Rung(kind, None)
    here = route.ladder[index] if index < len(route.ladder) else None
    if here is not None and here.kind == kind:
        return here
    return next((rung for rung in route.ladder if rung.kind == kind), None)


def _ticket(
    record: Mapping[str, JSON], route: Route, max_risk: float, *, rounds_left: int
) -> Ticket:
    return Ticket(
        id="",
        visit="",
        site=route.site,
        route=route.name,
        rung=record["rung"],
        kind=record["kind"],
        level=record.get("pass_level") or 1,
        max_risk=max_risk,
        secret={},
        work={},
        risk=float(record["risk"]),
        caller="",
        issued_s=0.0,
        expires_s=0.0,
        refuse_above=route.refuse_above,
        rounds_left=rounds_left,
    )
