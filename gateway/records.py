"""What a record tells of a decision, and a decision's facts read from a record again.

Whoever explains or replays a decision needs all that it depended on. So a record holds the facts as
`decide` saw them: what is about everybody at the top (risk, signals, limits, lists), the rest under
`facts`, each left out where it is as usual. `facts_of` makes them again, and `decide` comes to the
same with either; a test holds that for every field.

Two things are not written. Who asked: of a pass it is said whether it was in the browser and at the
address it is bound to. And what was asked for beyond its path (see `log`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.decide import asked_rung, harder
from gateway.model import (
    JSON,
    Caller,
    Challenge,
    Decision,
    Deny,
    Facts,
    Forward,
    Listing,
    Named,
    Pass,
    Preflight,
    Probe,
    Reached,
    Reason,
    Resume,
    Route,
    Signal,
    Solved,
    Visit,
)

MAX_PATH_CHARS = 200  # of a path in a record

PLAIN = frozenset({Reason.NO_ROUTE, Reason.ALLOWED, Reason.PREFLIGHT, Reason.MODE_OFF})

HERE, ELSEWHERE = "here", "elsewhere"  # a browser or address in facts read from a record


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided, and on what. `facts` None: without any, as for hosts of no site.

    `first`: what `decide` said, where something else became of it (the app was not there, ...).
    """

    decision: Decision | None
    facts: Facts | None = None
    opening: bool = False
    first: Decision | None = None
    waited_s: float = 0.0  # for facts that take a while
    user: str = ""  # a digest


def is_plain(decision: Decision | None) -> bool:
    """What is counted, and gets a record only as one of a sample."""
    if isinstance(decision, Forward):
        return decision.reason in PLAIN
    return isinstance(decision, Preflight)


def signals_of(signals: tuple[Signal, ...]) -> dict[str, dict[str, float]]:
    """Signals as they are written: by name, each with value and weight."""
    return {
        each.name: {"value": round(each.value, 4), "weight": round(each.weight, 4)}
        for each in signals
    }


def told_of(judged: Judged) -> dict[str, object]:
    """The members of a record; None and "" are to be left out."""
    decision, facts = judged.decision, judged.facts
    if decision is None:
        return {"action": "own"}
    told = _about(decision.route) | action_of(decision, facts)
    if judged.first is not None and judged.first is not decision:
        told["first"] = {k: v for k, v in action_of(judged.first, facts).items() if v is not None}
    if facts is None:
        return told
    if decision.route is not None and decision.route.action == "challenge" and not facts.finishing:
        told["risk"] = facts.risk
    told["signals"] = signals_of(facts.signals) or None
    told["limits"] = [_limit(each) for each in facts.reached] or None
    if facts.listed is not None:
        told["listed"] = {"action": facts.listed.action, "entry": facts.listed.entry}
    told["bot"] = facts.bot
    told["user"] = judged.user
    if isinstance(decision, Resume):
        told["challenged"] = decision.visit.decision_id
    if facts.named is not None:
        told["named"] = {"kind": facts.named.kind, "fault": facts.named.fault}
    told["waited_s"] = round(judged.waited_s, 6) or None
    told["facts"] = _rest(facts, judged.opening)
    return told


def action_of(decision: Decision, facts: Facts | None) -> dict[str, Any]:
    """What was done, and why: what two decisions are compared by."""
    match decision:
        case Forward(reason, route, used, _, would):
            kind = {"kind": used.kind, "pass_id": used.id} if used else {}
            asked = _asked(route, facts) if would == "challenge" else {}
            delay = {"delay_s": decision.delay_s or None} | _probed(decision.probe)
            done = {"action": "forward", "reason": reason}
            shadowed = {"would": would or None, "would_reason": decision.why}
            return kind | done | shadowed | asked | delay
        case Resume(_, visit, used):
            kind = {"kind": visit.solved.kind} if visit.solved else {}
            by = {"pass_id": used.id} if used else {}
            return kind | {"action": "resume", "visit": visit.id} | by
        case Challenge(reason, route, risk, steps):
            action = {"action": "challenge", "reason": reason, "harder": steps or None}
            return action | {"risk": risk} | _rung(route, risk, steps, decision.kind)
        case Deny(reason, _, _, retry_after_s, over):
            why = {"retry_after_s": retry_after_s or None, "over": [o.limit for o in over] or None}
            return {"action": "deny", "reason": reason} | why
        case Preflight():
            return {"action": "preflight", "reason": Reason.PREFLIGHT}


def _probed(probe: Probe | None) -> dict[str, object]:
    if probe is None:
        return {}
    return {
        "model_probability": probe.model_probability,
        "web_simulator": probe.web_simulator,
        "ip_overtime": probe.ip_overtime,
        "probed_risk": probe.risk,
    }


def _about(route: Route | None) -> dict[str, object]:
    return {"route": route.name, "mode": route.mode, "flow": route.flow} if route else {}


def _asked(route: Route | None, facts: Facts | None) -> dict[str, object]:
    named = facts.named.kind if facts and facts.named else ""
    return _rung(route, facts.risk, harder(facts), named) if route and facts else {}


def _rung(route: Route, risk: float, steps: int, named: str) -> dict[str, object]:
    """The step of the ladder that is asked first; what chance chooses nobody knows before."""
    if route.flow == "multiple":
        return {}
    index = asked_rung(route, risk, steps, named)
    several = any(rung.beside for rung in route.ladder[index + 1 : index + 2])
    known = bool(route.ladder) and not several
    return {"rung": index, "kind": route.ladder[index].kind if known else None}


def _limit(reached: Reached) -> dict[str, object]:
    told: dict[str, object] = {
        "name": reached.limit,
        "then": reached.then,
        "count": reached.count,
        "most": reached.most,
        "window_s": reached.window_s,
        "reset_s": reached.reset_s,
    }
    told |= {"delay_s": reached.delay_s} if reached.delay_s else {}
    return told | {"budget": True} if reached.budget else told


def _rest(facts: Facts, opening: bool) -> dict[str, object]:
    rest: dict[str, object] = {"now_s": facts.now_s, "method": facts.method}
    if facts.passes:
        rest["passes"] = [_pass(each, facts.caller) for each in facts.passes]
    if facts.probe is not None:
        rest["probe"] = [facts.probe.risk, *_marks(facts.probe)]
    if facts.visit is not None:
        rest["visit"] = _visit(facts.visit)
    for name in (
        "preflight",
        "finishing",
        "visit_matches",
        "same_origin",
        "country_refused",
        "broken",
    ):
        if getattr(facts, name):
            rest[name] = True
    if not facts.store_up:
        rest["store_up"] = False
    return rest | {"opening": True} if opening else rest


def _marks(probe: Probe) -> list[int | None]:
    return [probe.model_probability, probe.web_simulator, probe.ip_overtime]


def _pass(known: Pass, caller: Caller) -> dict[str, object]:
    return {
        "id": known.id,
        "scope": known.scope,
        "level": known.level,
        "issued_s": known.issued_s,
        "expires_s": known.expires_s,
        "uses": known.uses,
        "policy": known.policy,
        "kind": known.kind,
        "browser": known.browser == caller.browser,
        "address": known.address == caller.prefix,
    }


def _visit(visit: Visit) -> dict[str, object]:
    told = {"id": visit.id, "site": visit.site, "route": visit.route, "expires_s": visit.expires_s}
    told |= {"issued_s": visit.issued_s, "risk": visit.risk, "harder": visit.harder}
    if visit.kind:
        told["named"] = visit.kind
    solved = visit.solved
    if solved is None:
        return told
    return told | {"solved": {"kind": solved.kind, "level": solved.level, "uses": solved.uses}}


# --- and back --------------------------------------------------------------------------------


def facts_of(record: Mapping[str, JSON]) -> Facts | None:
    """The facts of a record; None where it has none. Raises ValueError on what is no record."""
    rest = record.get("facts")
    if rest is None:
        return None
    try:
        return _facts(record, rest)
    except (TypeError, KeyError, AttributeError) as fault:
        raise ValueError("not a record of a decision") from fault


def _facts(record: Mapping[str, JSON], rest: Mapping[str, JSON]) -> Facts:
    listed, visit = record.get("listed"), rest.get("visit")
    return Facts(
        now_s=float(rest["now_s"]),
        caller=Caller(HERE, HERE, "https", False, browser=HERE),
        method=rest["method"],
        passes=tuple(_pass_of(each) for each in rest.get("passes", ())),
        risk=float(record.get("risk", 0.0)),
        signals=signals_in(record),
        listed=Listing(listed["action"], listed["entry"]) if listed else None,
        bot=record.get("bot", ""),
        probe=Probe(*rest["probe"]) if rest.get("probe") else None,
        named=_named_in(record),
        reached=tuple(_reached(each) for each in record.get("limits", ())),
        preflight=bool(rest.get("preflight")),
        finishing=bool(rest.get("finishing")),
        visit=_visit_of(visit) if visit else None,
        visit_matches=bool(rest.get("visit_matches")),
        same_origin=bool(rest.get("same_origin")),
        country_refused=bool(rest.get("country_refused")),
        store_up=rest.get("store_up", True) is True,
        broken=bool(rest.get("broken")),
    )


def _named_in(record: Mapping[str, JSON]) -> Named | None:
    named = record.get("named")
    if named is None:
        return None
    return Named(named["kind"], Reason(named["fault"]) if named["fault"] else None)


def signals_in(record: Mapping[str, JSON]) -> tuple[Signal, ...]:
    """Raises TypeError, KeyError, AttributeError."""
    found = record.get("signals") or {}
    return tuple(
        Signal(name, float(each["value"]), float(each["weight"])) for name, each in found.items()
    )


def _reached(told: Mapping[str, JSON]) -> Reached:
    return Reached(
        limit=told["name"],
        then=told["then"],
        count=int(told["count"]),
        most=int(told["most"]),
        window_s=int(told["window_s"]),
        reset_s=int(told["reset_s"]),
        delay_s=float(told.get("delay_s", 0.0)),
        budget=bool(told.get("budget")),
    )


def _pass_of(told: Mapping[str, JSON]) -> Pass:
    return Pass(
        id=told["id"],
        scope=told["scope"],
        level=int(told["level"]),
        issued_s=float(told["issued_s"]),
        expires_s=float(told["expires_s"]),
        uses=told["uses"],
        policy=told["policy"],
        kind=told["kind"],
        browser=HERE if told["browser"] else ELSEWHERE,
        address=HERE if told["address"] else ELSEWHERE,
    )


def _visit_of(told: Mapping[str, JSON]) -> Visit:
    solved = told.get("solved")
    return Visit(
        id=told["id"],
        secret=b"",
        site=told["site"],
        route=told["route"],
        method="",
        target=b"",
        hold_id="",
        issued_s=float(told.get("issued_s", 0.0)),
        expires_s=float(told["expires_s"]),
        harder=int(told.get("harder", 0)),
        risk=float(told.get("risk", 0.0)),
        kind=told.get("named", ""),
        solved=Solved(solved["kind"], int(solved["level"]), solved["uses"]) if solved else None,
    )
