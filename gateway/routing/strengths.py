"""How strict routes are beside each other, also where they are of different scopes.

Levels mean something within one scope only. So kinds are ordered once for the whole site: a kind
stands above every other that has a lower level in any scope. A kind that nothing is compared with
stands lowest, and where scopes contradict each other neither stands above the other for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gateway.model import Route

_MODES = {"enforce": 2, "shadow": 1, "off": 0}
_ACTIONS = {"deny": 2, "challenge": 1, "allow": 0}


class Rank(NamedTuple):
    """How strict a route is; compares in this order."""

    force: int  # enforced 2, shadow 1, nothing asked 0
    action: int
    scarcity: float  # of what a solve earns: 1 for a single use, less for more, 0 without a limit
    strength: int  # of the easiest kind in the ladder, by the order of the whole site
    level: int  # … by its scope
    order: int  # negative: earlier is stricter

    @classmethod
    def of(cls, route: Route, order: int, kinds: Mapping[str, int]) -> Rank:
        asks = route.action != "allow" and route.flow != "probe"
        force = _MODES[route.mode] if asks else 0
        scarcity = 1 / route.pass_rule.uses if route.pass_rule.uses else 0.0
        strength = min((kinds[rung.kind] for rung in route.ladder), default=0)
        level = min((rung.level for rung in route.ladder), default=0)
        return cls(force, _ACTIONS[route.action], scarcity, strength, level, -order)


def kinds_in_order(routes: Iterable[Route]) -> dict[str, int]:
    """The strength of each kind that a site's ladders name, from 1."""
    scopes: dict[str, set[tuple[int, str]]] = {}
    for route in routes:
        rungs = scopes.setdefault(route.pass_rule.scope, set())
        rungs |= {(rung.level, rung.kind) for rung in route.ladder}
    below: dict[str, set[str]] = {kind: set() for rungs in scopes.values() for _, kind in rungs}
    for rungs in scopes.values():
        for level, kind in rungs:
            below[kind] |= {other for lower, other in rungs if lower < level and other != kind}
    return _counted(
        {kind: {o for o in under if kind not in below[o]} for kind, under in below.items()}
    )


def _counted(below: Mapping[str, set[str]]) -> dict[str, int]:
    strengths = dict.fromkeys(below, 1)
    for _ in below:  # as many rounds as the longest chain can have
        for kind, under in below.items():
            strengths[kind] = 1 + max((strengths[other] for other in under), default=0)
    return strengths
