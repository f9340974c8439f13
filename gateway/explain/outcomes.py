"""What a decision comes to, in a few words, and what would have changed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from gateway.decide import asked_rung, decide, harder, named_kind, needed, step_of
from gateway.model import Decision, Facts, Named, Pass, Route, Signal
from gateway.records import action_of
from gateway.risk import combine
from gateway.signals import SIGNALS

# How a signal goes away, where that is one plain thing; else "without" it.
REMEDIES: Mapping[str, str] = {
    "no_language": "with an Accept-Language",
    "no_encoding": "with an Accept-Encoding that has gzip",
    "no_fetch_metadata": "with Sec-Fetch-Site, as browsers send over https",
    "prefix_busy": "with fewer answers from its prefix of late",
}


@dataclass(frozen=True, slots=True)
class Share:
    """One signal: what it adds. `without`: the risk if it were not there."""

    name: str
    value: float
    weight: float
    without: float
    doc: str

    @property
    def alone(self) -> float:
        """The risk it carries by itself."""
        return round(self.value * self.weight, 4)


@dataclass(frozen=True, slots=True)
class Change:
    """`when` it were so, `then` that would be decided instead. `risk` None: the same."""

    when: str
    then: str
    risk: float | None = None


def shares_of(signals: tuple[Signal, ...]) -> tuple[Share, ...]:
    """The heaviest first."""
    found = [
        Share(each.name, each.value, each.weight, combine(_without(signals, each)), _doc(each))
        for each in signals
    ]
    return tuple(sorted(found, key=lambda share: share.without))


def _without(signals: tuple[Signal, ...], one: Signal) -> tuple[Signal, ...]:
    return tuple(each for each in signals if each is not one)


def _doc(signal: Signal) -> str:
    rule = SIGNALS.get(signal.name)
    return rule.doc if rule else ""


def words(route: Route | None, decision: Decision, facts: Facts) -> str:
    """`slider`, `forwarded`, `denied (limited)`; in shadow mode `forwarded (would: slider)`."""
    told = action_of(decision, facts)
    would = told.get("would")
    match told["action"]:
        case "challenge":
            return _asked(route, told)
        case "forward" if would == "challenge":
            return f"forwarded (would be asked: {_asked(route, told)})"
        case "forward" if would:
            return f"forwarded (would be: {would}, {told['would_reason']})"
        case "forward":
            return f"forwarded ({told['reason']})"
        case "deny":
            return f"denied ({told['reason']})"
        case other:
            return {"resume": "sent on as held", "preflight": "answered as a preflight"}[other]


def _asked(route: Route | None, told: Mapping[str, Any]) -> str:
    if route is not None and route.flow == "multiple":
        return "one of " + ", ".join(rung.kind for rung in route.ladder)
    if "rung" in told and told.get("kind") is None and route is not None and route.ladder:
        index = told["rung"]
        return " or ".join(r.kind for i, r in enumerate(route.ladder) if step_of(route, i) == index)
    return told.get("kind") or "proof of work"


def changes_of(route: Route | None, facts: Facts, *, opening: bool = False) -> tuple[Change, ...]:
    """What else would have been decided, each for one thing that were different."""
    now = words(route, decide(route, facts, opening=opening), facts)
    found: dict[str, Change] = {}
    for when, other_route, other in _others(route, facts):
        then = words(other_route, decide(other_route, other, opening=opening), other)
        if then != now and when not in found:
            risk = other.risk if other.risk != facts.risk else None
            found[when] = Change(when, f"{then} instead of {now}", risk)
    return tuple(found.values())


def _others(route: Route | None, facts: Facts) -> Iterator[tuple[str, Route | None, Facts]]:
    for signal in facts.signals:
        left = _without(facts.signals, signal)
        when = REMEDIES.get(signal.name, f"without {signal.name}")
        yield when, route, replace(facts, signals=left, risk=combine(left))
    if len(facts.signals) > 1:
        yield "without any signal", route, replace(facts, signals=(), risk=0.0)
    if facts.listed is not None:
        when = f"without the list entry {facts.listed.entry}"
        yield when, route, replace(facts, listed=None)
    yield from _limits(route, facts)
    if not facts.store_up:
        yield "with the store up", route, replace(facts, store_up=True)
    if facts.broken:
        yield "with a gate that does not break", route, replace(facts, broken=False)
    if facts.country_refused:
        yield "with a phone number that is allowed", route, replace(facts, country_refused=False)
    if route is None or route.action != "challenge":
        return
    if route.flow == "fusion" and not facts.finishing:
        for rung in route.ladder:
            yield f"if the app named {rung.kind}", route, replace(facts, named=Named(rung.kind))
    if not route.single_use:
        level, _ = needed(route, facts)
        when = f"with a fresh pass of scope {route.pass_rule.scope}, level {level}"
        yield when, route, replace(facts, passes=(_pass(route, facts, level),))
    if route.good_bots == "forward":
        yield "as a proven good bot", route, replace(facts, bot="a good bot")
    if route.mode != "enforce":
        yield "in mode enforce", replace(route, mode="enforce"), facts


def _limits(route: Route | None, facts: Facts) -> Iterator[tuple[str, Route | None, Facts]]:
    for at, each in enumerate(facts.reached):
        count = each.most if each.over else each.most + 1
        reached = (*facts.reached[:at], replace(each, count=count), *facts.reached[at + 1 :])
        when = f"at {count} of {each.most} of the limit {each.limit}"
        yield when, route, replace(facts, reached=reached)


def _pass(route: Route, facts: Facts, level: int) -> Pass:
    rule = route.pass_rule
    return Pass(
        id="",
        scope=rule.scope,
        level=level,
        issued_s=facts.now_s,
        expires_s=inf,
        uses=rule.uses,
        policy=route.policy,
        kind="",
        browser=facts.caller.browser,
        address=facts.caller.prefix,
    )


def rung_asked(route: Route, facts: Facts) -> int:
    """The step of the ladder that the risk leads to."""
    return asked_rung(route, facts.risk, harder(facts), named_kind(facts))
