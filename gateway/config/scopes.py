"""Scopes: what a pass earned on one route is worth on another of the same site and scope.

A higher level serves a lower one, so levels must mean the same throughout a scope. Where none is
given they follow from the ladders: a kind stands above all that come before it in any ladder of the
scope. Where that leaves the order of two kinds open, the operator must say it.

`policy` is a digest of all that the scope's routes ask. A pass remembers it and goes stale with it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gateway.config.nodes import Loc
from gateway.config.shape import Faults
from gateway.kinds import settable
from gateway.model import Route, Rung

POLICY_DIGITS = 12


def settle(routes: Sequence[Route], locs: Sequence[Loc], faults: Faults) -> list[Route]:
    """The routes of one site with their levels and policies. A level of 0 means: not given."""
    scopes: dict[str, list[int]] = defaultdict(list)
    for index, route in enumerate(routes):
        if route.ladder:
            scopes[route.pass_rule.scope].append(index)
    settled = list(routes)
    for members in scopes.values():
        levels = _levels([routes[i] for i in members])
        for i in members:
            settled[i] = _with_levels(routes[i], levels)
            if routes[i].flow != "multiple":  # of one level, which `flows` sees to
                _check_rise(settled[i], locs[i], faults)
        _check_order([routes[i] for i in members], [locs[i] for i in members], levels, faults)
        policy = _policy([settled[i] for i in members])
        for i in members:
            settled[i] = replace(settled[i], policy=policy)
    return settled


def _levels(routes: Sequence[Route]) -> dict[str, int]:
    """The level of each kind: the highest one given, else one above all that come before it."""
    given: dict[str, int] = {}
    below: dict[str, set[str]] = {}
    for route in routes:
        for index, rung in enumerate(route.ladder):
            if rung.beside:
                continue
            before = {r.kind for r in route.ladder[:index] if not r.beside} - {rung.kind}
            below.setdefault(rung.kind, set()).update(before)
            if rung.level:
                given[rung.kind] = max(rung.level, given.get(rung.kind, 0))
    levels = {kind: given.get(kind, 1) for kind in below}
    for _ in below:  # as many rounds as the longest chain can have
        for kind in below.keys() - given.keys():
            levels[kind] = 1 + max((levels[other] for other in below[kind]), default=0)
    return levels


def _with_levels(route: Route, levels: dict[str, int]) -> Route:
    """Those beside a kind earn what it does: the operator says that they are worth as much."""
    ladder: list[Rung] = []
    for rung in route.ladder:
        level = ladder[-1].level if rung.beside and ladder else rung.level or levels[rung.kind]
        ladder.append(replace(rung, level=level))
    return replace(route, ladder=tuple(ladder))


def _check_rise(route: Route, loc: Loc, faults: Faults) -> None:
    for index in range(1, len(route.ladder)):
        before, rung = route.ladder[index - 1], route.ladder[index]
        if rung.kind != before.kind and rung.level < before.level:
            what = f"{rung.kind} has level {rung.level}, below {before.kind} ({before.level})"
            remedy = "order the ladders of the scope alike, or give each rung its level"
            faults.add((*loc, "ladder", index), f"{what}: {remedy}")


def _check_order(
    routes: Sequence[Route], locs: Sequence[Loc], levels: dict[str, int], faults: Faults
) -> None:
    """Two kinds of one level that nobody ordered: the weaker one's pass would open the stronger."""
    seen: dict[int, tuple[str, str]] = {}
    for route, loc in zip(routes, locs, strict=True):
        for index, rung in enumerate(route.ladder):
            if rung.level or rung.beside:
                continue
            kind, name = seen.setdefault(levels[rung.kind], (rung.kind, route.name))
            if kind != rung.kind:
                scope = f"'{name}' of the same scope '{route.pass_rule.scope}' asks {kind}"
                remedy = (
                    f"say which is stronger by a level on each, like {{kind: {kind}, level: 1}}"
                )
                faults.add((*loc, "ladder", index), f"{scope}: {remedy}")


def _policy(routes: Sequence[Route]) -> str:
    asked = [
        [
            route.accessible,
            route.no_javascript,
            route.work,
            [
                [rung.kind, _given(rung.params), rung.level, *([True] if rung.beside else [])]
                for rung in route.ladder
            ],
            *([route.flow] if route.flow != "intelligent" else []),
            *([route.rounds] if route.rounds > 1 else []),
        ]
        for route in routes
    ]
    scope = [routes[0].site, routes[0].pass_rule.scope]
    text = json.dumps([scope, sorted(asked, key=json.dumps)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:POLICY_DIGITS]


def _given(params: Any) -> dict[str, Any]:
    """What a route may set. The install's look changes with its keys, and makes no pass stale."""
    return {name: getattr(params, name) for name in settable(type(params))}
