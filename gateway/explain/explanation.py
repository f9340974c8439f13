"""An explanation: what is printed of a decision, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

from gateway.decide import decide, needed, step_of
from gateway.explain.outcomes import Change, Share, changes_of, rung_asked, shares_of, words
from gateway.model import JSON, Facts, LimitRule, Pass, Route
from gateway.records import action_of
from gateway.routing.tracing import Traced
from gateway.work import hashes_for

NEAR = 5  # routes shown that nearly matched
ALIKE = 0.6  # how like a pattern a path must be, to have been meant


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder."""

    kind: str
    max_risk: float
    level: int
    asked: bool
    beside: bool = False  # of the same step as the one before: chance chooses


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one request is decided upon as it is.

    `matched`: rules that fit, the one that decides first. `near`: rules that nearly do.
    `recorded`: what a record says was done, where there is one.
    """

    method: str
    address: str  # host and path, without the query
    site: str
    route: Route | None
    opening: bool
    facts: Facts
    decision: Mapping[str, Any]
    outcome: str
    matched: tuple[Traced, ...] = ()
    near: tuple[Traced, ...] = ()
    shares: tuple[Share, ...] = ()
    ladder: tuple[Step, ...] = ()
    work_hashes: int = 0  # of the first proof, on average
    changes: tuple[Change, ...] = ()
    limits: tuple[LimitRule, ...] = ()  # of the route, where nothing was counted
    recorded: Mapping[str, JSON] | None = None
    answers: tuple[Mapping[str, JSON], ...] = ()
    notes: tuple[str, ...] = ()


def explain(
    method: str,
    address: str,
    site: str,
    route: Route | None,
    facts: Facts,
    *,
    opening: bool = False,
    traced: Sequence[Traced] = (),
    recorded: Mapping[str, JSON] | None = None,
    answers: Sequence[Mapping[str, JSON]] = (),
    notes: Sequence[str] = (),
) -> Explanation:
    """Decide, and say why. `traced`: all rules of the site, asked about the request."""
    decision = decide(route, facts, opening=opening)
    asks = route is not None and route.action == "challenge" and route.mode != "off"
    matched, near = matched_and_near(traced, route)
    return Explanation(
        method=method,
        address=address,
        site=site,
        route=route,
        opening=opening,
        facts=facts,
        decision={k: v for k, v in action_of(decision, facts).items() if v is not None},
        outcome=words(route, decision, facts),
        matched=matched,
        near=near,
        shares=shares_of(facts.signals),
        ladder=_ladder(route, facts) if route and asks else (),
        work_hashes=hashes_for(route.work, facts.risk) if route and asks else 0,
        changes=changes_of(route, facts, opening=opening),
        limits=route.limits if route and not facts.reached else (),
        recorded=recorded,
        answers=tuple(answers),
        notes=tuple(notes),
    )


def matched_and_near(
    traced: Iterable[Traced], route: Route | None
) -> tuple[tuple[Traced, ...], tuple[Traced, ...]]:
    """(rules that fit, the deciding one first; rules that nearly do, the nearest first)."""
    found = list(traced)
    fits = [each for each in found if each.holds != "no"]
    fits.sort(key=lambda each: route is None or each.route.name != route.name)
    misses = [(miss, each) for each in found if (miss := _miss(each)) is not None]
    misses.sort(key=lambda pair: pair[0])
    return tuple(fits), tuple(each for _, each in misses[:NEAR])


def _miss(traced: Traced) -> float | None:
    """How far a rule is from fitting; None where nobody would expect it to.

    Near is what fits by half of its conditions, unless its path has quite another name.
    """
    failed = traced.failed
    if not failed or len(failed) > max(1, len(traced.checked) // 2):
        return None
    path = next((each for each in failed if each.what == "path"), None)
    if path is None:
        return float(len(failed))
    alike = max(_alike(wanted, path.found) for wanted in path.wanted.split(", "))
    return len(failed) + 1.0 - alike if alike >= ALIKE else None


def _alike(pattern: str, path: str) -> float:
    plain = pattern.removeprefix("~").removesuffix("/**").rstrip("/")
    return SequenceMatcher(None, plain.lower(), path.lower().rstrip("/")).ratio()


def _ladder(route: Route, facts: Facts) -> tuple[Step, ...]:
    asked = rung_asked(route, facts) if route.flow != "multiple" else -1
    return tuple(
        Step(rung.kind, rung.max_risk, rung.level, step_of(route, index) == asked, rung.beside)
        for index, rung in enumerate(route.ladder)
    )


def pass_faults(known: Pass, route: Route, facts: Facts) -> str:
    """Why a pass does not serve this request, in a few words; "" if it does."""
    rule, (level, earned_s) = route.pass_rule, needed(route, facts)
    faults = [
        (known.scope != rule.scope, f"is of scope {known.scope}"),
        (known.policy != route.policy, "was earned under other rules of the route"),
        (not facts.now_s < known.expires_s, "has expired"),
        (rule.uses is not None and known.uses is None, "has no limit of uses"),
        (known.level < level, f"is of level {known.level}, and {level} is wanted"),
        (known.issued_s < earned_s, "was earned before, and a limit asks for a fresh one"),
        ("browser" in rule.bind and known.browser != facts.caller.browser, "of another browser"),
        ("address" in rule.bind and known.address != facts.caller.prefix, "of another address"),
    ]
    return next((text for fault, text in faults if fault), "")


def as_json(told: Explanation) -> dict[str, Any]:
    """For machines: plain values only."""
    return {
        "method": told.method,
        "address": told.address,
        "site": told.site,
        "route": told.route.name if told.route else None,
        "opening": told.opening,
        "decision": dict(told.decision),
        "outcome": told.outcome,
        "matched": [_rule(each) for each in told.matched],
        "near": [_rule(each) for each in told.near],
        "risk": told.facts.risk,
        "shares": [
            {
                "name": each.name,
                "value": each.value,
                "weight": each.weight,
                "alone": each.alone,
                "without": each.without,
            }
            for each in told.shares
        ],
        "ladder": [asdict(each) for each in told.ladder],
        "work_hashes": told.work_hashes,
        "listed": told.facts.listed.entry if told.facts.listed else None,
        "bot": told.facts.bot or None,
        "country_refused": told.facts.country_refused,
        "named": told.facts.named
        and {
            "kind": told.facts.named.kind or None,
            "fault": told.facts.named.fault,
        },
        "limits": [
            {"name": each.limit, "count": each.count, "most": each.most, "then": each.then}
            for each in told.facts.reached
        ],
        "changes": [asdict(each) for each in told.changes],
        "recorded": dict(told.recorded) if told.recorded else None,
        "answers": [dict(each) for each in told.answers],
        "notes": list(told.notes),
    }


def _rule(traced: Traced) -> dict[str, Any]:
    return {
        "route": traced.route.name,
        "opening": traced.opening,
        "holds": traced.holds,
        "reading": traced.reading or None,
        "conditions": [
            {"what": each.what, "wanted": each.wanted, "holds": each.holds, "found": each.found}
            for each in traced.checked
        ],
    }
