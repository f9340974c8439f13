"""What may this request do? One pure function from a route and facts to a decision.

The rules, in the order they are tried:

1. A preflight is answered by the gate where the route asks something: it has no cookies, so it
   could meet no challenge, and it can be forged, so it must not reach an app that acts on any
   method. Elsewhere it is forwarded, but what is denied is denied to it too.
2. A finishing submission (`gateway_visit=`) never reaches the app as it is. It is answered by the
   held request (Resume), by another question, or by a refusal. In a mode that does not enforce it
   is resumed whether solved or not: a held request is never lost to a change of configuration.
3. The operator's lists: what is denied there is denied, what is allowed goes on.
4. Without a route, on `allow`, and in mode `off` everything else is forwarded. So are, where the
   route says so, good bots that have proved who they are; and on a route that only probes, all.
5. `deny` denies.
6. A phone number of a country that is not allowed is refused. Limits that are passed: `deny` denies
   for a while, as does a budget that is spent. `harder` asks for the next rung of the ladder, and
   `challenge` for a pass that was earned just now. `delay` lets what goes on wait first.
7. With `flow: fusion` the app must have named a kind, by a parameter that is its own, fresh and
   unused: else the request is denied, pass or not.
8. Then a pass must fit: scope, policy, level for the risk, browser and address. Single use has no
   bearer passes. A pass with uses spends one where the request's method counts.
9. What needs the store while it is down (spending a use; asking, since an answer must be marked
   as spent) follows `on_error`. A fitting pass without uses needs no store.
10. In mode `shadow`, 5 to 9 are computed and recorded, and the request is forwarded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import assert_never

from gateway.model import (
    Challenge,
    Decision,
    Deny,
    Facts,
    Forward,
    Named,
    Pass,
    Preflight,
    Probe,
    Reached,
    Reason,
    Resume,
    Route,
    Then,
    Visit,
)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FRESH_S = 60.0  # a pass no older was earned for this request: asking for it again would not end


def decide(route: Route | None, facts: Facts, *, opening: bool = False) -> Decision:
    """The decision. `opening`: the route was reached by its `challenge_on` page, not by `match`."""
    denied = facts.listed is not None and facts.listed.action == "deny"
    if facts.preflight and not denied and not (route and route.action == "deny"):
        return Preflight(route) if route and _asks(route) else Forward(Reason.PREFLIGHT, route)
    if denied:
        return Deny(Reason.LISTED, 403, route)
    if facts.finishing:
        return _finish(route, facts)
    if facts.listed is not None:
        return Forward(Reason.LISTED, route)
    if route is None:
        return Forward(Reason.NO_ROUTE)
    if route.action == "allow":
        return Forward(Reason.ALLOWED, route)
    match route.mode:
        case "off":
            return Forward(Reason.MODE_OFF, route)
        case "shadow":
            return _shadow(_enforce(route, facts, opening), route)
        case "enforce":
            return _enforce(route, facts, opening)
        case never:
            assert_never(never)


def _asks(route: Route) -> bool:
    """Whether requests of this route may be challenged."""
    return route.action == "challenge" and route.mode == "enforce" and route.flow != "probe"


def first_rung(route: Route, risk: float, after: int = -1) -> int:
    """Index of the first rung later than `after` that suffices for `risk`; else the last."""
    for index, rung in enumerate(route.ladder):
        if index > after and risk <= rung.max_risk:
            return index
    return step_of(route, len(route.ladder) - 1)


def step_of(route: Route, index: int) -> int:
    """Index of the first rung of the step that `index` is of: what others stand beside."""
    while index > 0 and route.ladder[index].beside:
        index -= 1
    return max(index, 0)


def next_step(route: Route, index: int) -> int:
    """The first rung of the step above that of `index`; of its own if that is the highest."""
    later = range(index + 1, len(route.ladder))
    return next((i for i in later if not route.ladder[i].beside), step_of(route, index))


def asked_rung(route: Route, risk: float, harder: int = 0, kind: str = "") -> int:
    """Index of the rung to be asked, or one beside it: each limit that asks for harder is one step
    up.

    With `flow: fusion` that of the `kind` that the app named; of none that it may name, the last.
    """
    if route.flow == "fusion":
        named = (index for index, rung in enumerate(route.ladder) if rung.kind == kind)
        return next(named, max(len(route.ladder) - 1, 0))
    index = first_rung(route, risk)
    for _ in range(min(harder, len(route.ladder))):
        index = next_step(route, index)
    return index


def required_level(route: Route, risk: float, harder: int = 0, kind: str = "") -> int:
    """The level a pass must have: that of the rung a caller with this risk would be asked."""
    return route.ladder[asked_rung(route, risk, harder, kind)].level if route.ladder else 1


def named_kind(facts: Facts) -> str:
    """The kind that the app named for this request, or for the one that it finishes."""
    if facts.finishing:
        return facts.visit.kind if facts.visit else ""
    return facts.named.kind if facts.named else ""


def top_level(route: Route) -> int:
    """The highest level the route's ladder can earn; the accessible way earns it too."""
    return max((rung.level for rung in route.ladder), default=1)


def _enforce(route: Route, facts: Facts, opening: bool) -> Decision:
    if route.action == "deny":
        return Deny(Reason.DENIED, 403, route)
    if facts.bot and route.good_bots == "forward":
        return Forward(Reason.GOOD_BOT, route)
    if route.flow == "probe":
        return Forward(Reason.PROBED, route, probe=_probed(route, facts))
    if facts.broken:  # a limit, a refusal may be among what is not known
        return Deny(Reason.GATE_BROKE, 500, route)
    if facts.country_refused:
        return Deny(Reason.COUNTRY_REFUSED, 403, route)
    if denying := denying_limits(facts.reached):
        return limited(route, denying)
    if route.flow == "fusion":
        named = facts.named or Named(fault=Reason.RISK_TYPE_MISSING)
        if named.fault is not None:
            return Deny(named.fault, 403, route)
        if not facts.store_up:  # nobody knows whether it was used before
            return _without_store(route, facts)
    if route.single_use:
        if opening:  # a configuration fault: asking early could earn nothing
            return Forward(Reason.ALLOWED, route)
        return _ask(Reason.SINGLE_USE, route, facts)
    found = _fitting_pass(route, facts)
    if not isinstance(found, Pass):
        return _ask(found, route, facts)
    return _go(found, route, facts, opening)


def _probed(route: Route, facts: Facts) -> Probe:
    """What is known without a question. What is not known stays absent: it is no 0."""
    seen = facts.probe or Probe()
    known = seen.risk is not None or bool(facts.signals)
    over = any(each.over for each in facts.reached)
    return Probe(
        risk=max(facts.risk, seen.risk or 0.0) if known else None,
        model_probability=seen.model_probability,
        web_simulator=seen.web_simulator,
        ip_overtime=int(over) if route.limits and facts.reached else None,
    )


def denying_limits(reached: Iterable[Reached]) -> tuple[Reached, ...]:
    """Those of the limits passed that deny."""
    return tuple(each for each in reached if each.over and each.then == "deny")


def limited(route: Route, over: tuple[Reached, ...]) -> Deny:
    """A denial until all of them have fallen. A budget is the site's: not the client's fault."""
    wait_s = max(1, *(each.reset_s for each in over))
    if any(each.budget for each in over):
        return Deny(Reason.BUDGET_SPENT, 503, route, wait_s, over)
    return Deny(Reason.LIMITED, 429, route, wait_s, over)


def _go(found: Pass, route: Route, facts: Facts, opening: bool) -> Decision:
    slow = _over(facts, "delay")
    delay_s = slow.delay_s if slow is not None else 0.0
    if opening or found.uses is None or not spends_use(route, facts.method):
        return Forward(Reason.PASS, route, used=found, delay_s=delay_s)
    if facts.store_up:
        return Forward(Reason.PASS, route, used=found, spend=True, delay_s=delay_s)
    return _without_store(route, facts)


def _over(facts: Facts, then: Then) -> Reached | None:
    """Of the limits passed that ask for this, the one that takes longest to fall."""
    over = [each for each in facts.reached if each.over and each.then == then]
    return max(over, key=lambda each: (each.delay_s, each.reset_s), default=None)


def _finish(route: Route | None, facts: Facts) -> Decision:
    visit = facts.visit
    if visit is None:
        return Deny(Reason.VISIT_UNREADABLE, 400, route)
    if not facts.same_origin:
        return Deny(Reason.CROSS_SITE, 403, route)
    if not facts.now_s < visit.expires_s:
        return Deny(Reason.VISIT_EXPIRED, 410, route)
    if route is None or not facts.visit_matches or not _is_of(visit, route):
        return Deny(Reason.VISIT_UNREADABLE, 400, route)
    if route.action == "deny":
        return Deny(Reason.DENIED, 403, route)
    if route.action == "allow" or route.mode != "enforce" or route.flow == "probe":
        return Resume(route, visit)
    if visit.solved is not None and visit.solved.level >= required_level(
        route, facts.risk, kind=visit.kind
    ):
        return Resume(route, visit)
    found = Reason.SINGLE_USE if route.single_use else _fitting_pass(route, facts)
    if isinstance(found, Pass):  # with uses, one of them is spent at the claim
        return Resume(route, visit, used=found)
    asked = _ask(Reason.VISIT_UNSOLVED, route, facts)
    return Resume(route, visit) if isinstance(asked, Forward) else asked


def _is_of(visit: Visit, route: Route) -> bool:
    return visit.route == route.name and visit.site == route.site


def _fitting_pass(route: Route, facts: Facts) -> Pass | Reason:
    """A pass that serves this request, or what the nearest one lacks."""
    lacks = Reason.NO_PASS
    level, earned_s = needed(route, facts)
    for candidate in facts.passes:
        if not _speaks_of(candidate, route, facts.now_s):
            continue
        if not candidate.level >= level:
            lacks = Reason.PASS_TOO_LOW if lacks is Reason.NO_PASS else lacks
        elif not candidate.issued_s >= earned_s:
            lacks = Reason.LIMITED
        elif not _carried_by(candidate, route, facts):
            lacks = Reason.PASS_ELSEWHERE
        else:
            return candidate
    return lacks


def needed(route: Route, facts: Facts) -> tuple[int, float]:
    """The level of a pass that serves here, and since when it must have been earned.

    A finish brings no counts: its visit says what was asked for, or who is past a limit would show
    an old pass with the page that refused it.
    """
    kind, visit = named_kind(facts), facts.visit
    if visit is None:
        fresh_s = facts.now_s - FRESH_S if _over(facts, "challenge") is not None else -inf
        return required_level(route, facts.risk, harder(facts), kind), fresh_s
    level = required_level(route, max(visit.risk, facts.risk), visit.harder, kind)
    counts = any(rule.then == "challenge" for rule in route.limits)
    return level, visit.issued_s - FRESH_S if counts else -inf


def _speaks_of(candidate: Pass, route: Route, now_s: float) -> bool:
    """Whether the pass is about what this route asks, and still valid."""
    rule = route.pass_rule
    return (
        candidate.scope == rule.scope
        and candidate.policy == route.policy
        and now_s < candidate.expires_s
        and (rule.uses is None or candidate.uses is not None)  # unlimited does not serve limited
    )


def _carried_by(candidate: Pass, route: Route, facts: Facts) -> bool:
    bind, caller = route.pass_rule.bind, facts.caller
    if "browser" in bind and candidate.browser != caller.browser:
        return False
    return not ("address" in bind and candidate.address != caller.prefix)


def spends_use(route: Route, method: str) -> bool:
    """Whether a request of this method spends a use."""
    match route.pass_rule.spend:
        case "all":
            return True
        case "unsafe":
            return method not in SAFE_METHODS
        case never:
            assert_never(never)


def _ask(reason: Reason, route: Route, facts: Facts) -> Decision:
    if not facts.store_up:
        return _without_store(route, facts)
    return question(reason, route, facts)


def question(reason: Reason, route: Route, facts: Facts) -> Challenge:
    """What these facts ask for, whatever led to it: a pass that was used up forgives nothing."""
    return Challenge(reason, route, facts.risk, harder(facts), named_kind(facts))


def harder(facts: Facts) -> int:
    """How many of the limits passed ask for a harder question."""
    return sum(1 for each in facts.reached if each.over and each.then == "harder")


def _without_store(route: Route, facts: Facts) -> Decision:
    """`open` is a configuration fault where uses are limited; it must not open those."""
    match route.on_error:
        case "pow":
            return question(Reason.STORE_DOWN, route, facts)
        case "open" if route.pass_rule.uses is None:
            return Forward(Reason.STORE_OPEN, route)
        case "open" | "closed":
            return Deny(Reason.STORE_DOWN, 503, route)
        case never:
            assert_never(never)


def _shadow(decision: Decision, route: Route) -> Forward:
    """Forward whatever it was, and say what would have been. No use is spent."""
    match decision:
        case Forward():
            return replace(decision, spend=False, delay_s=0.0)
        case Challenge(reason):
            return Forward(Reason.SHADOW, route, would="challenge", why=reason)
        case Deny(reason):
            return Forward(Reason.SHADOW, route, would="deny", why=reason)
        case Resume():
            return Forward(Reason.SHADOW, route, would="resume")
        case Preflight():  # decided before
            return Forward(Reason.PREFLIGHT, route)
        case never:
            assert_never(never)
