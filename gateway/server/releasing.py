"""What a solved visit earns: a pass, or the release of exactly one request. Needs a `Solved`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.decide import spends_use
from gateway.envelope import Envelope
from gateway.model import Route, Solved, Visit
from gateway.passes import issue, set_cookie
from gateway.server.parts import GateParts
from gateway.server.replies import safe_url
from gateway.server.showing import SAFE
from gateway.tokens import seal_visit


@dataclass(frozen=True, slots=True)
class Release:
    """How the visitor's request goes on. `cookie` "" where there is no bearer pass."""

    finish: str  # "reload" | "post"
    visit: str  # sealed, with the solution if it is to be posted
    url: str
    cookie: str = ""


def release(
    gate: GateParts,
    envelope: Envelope,
    visit: Visit,
    route: Route,
    solved: Solved,
    *,
    cookies: bool = True,
) -> Release:
    """Seal the solution into the visit, and issue a pass where one can be kept.

    A solution is worth its uses once: finishing this very request is one of them, and the pass has
    what is left; where the browser asks again by itself the pass has all, and a limited visit
    finishes nothing. `cookies` False: the browser keeps none, as far as its page can tell.
    """
    single = route.single_use or solved.uses == 1
    finish = finish_of(visit, by_pass=cookies and not single)
    earns = finish == "reload" or not single
    if finish == "post" or solved.uses is None:
        visit = replace(visit, solved=solved)
    if finish == "post" and spends_use(route, visit.method):
        solved = _less_one(solved)
    sealed = seal_visit(gate.ring, visit, gate.nonce())
    cookie = _pass(gate, envelope, route, solved) if earns and not route.single_use else ""
    return Release(finish, sealed, safe_url(visit.target), cookie)


def _less_one(solved: Solved) -> Solved:
    return solved if solved.uses is None else replace(solved, uses=solved.uses - 1)


def finish_of(visit: Visit, *, by_pass: bool) -> str:
    """Post what is held, and what has no pass to reload with; else the browser asks again.

    What is not held and has a body only the browser can send again, whatever becomes of the pass.
    """
    if visit.hold_id:
        return "post"
    return "reload" if by_pass or visit.method not in SAFE else "post"


def _pass(gate: GateParts, envelope: Envelope, route: Route, solved: Solved) -> str:
    token = issue(
        gate.ring,
        solved,
        rule=route.pass_rule,
        site=route.site,
        policy=route.policy,
        caller=envelope.caller,
        now_s=gate.clock(),
        id=gate.token(),
        algorithm=gate.algorithm,
    )
    gate.metrics.passes_issued(route.pass_rule.scope)
    return set_cookie(route.pass_rule, token, https=envelope.caller.scheme == "https")
