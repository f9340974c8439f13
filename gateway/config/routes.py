"""Routes: from what was written to `model.Route`, with the checks that need more than one key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.addresses import AddressBook
from gateway.choosing import has_two_rounds
from gateway.config import paths
from gateway.config.addresses import compile_entries
from gateway.config.flows import warn_of_flow
from gateway.config.frequency import compile_limits_of
from gateway.config.fusion import compile_fusion, compile_user
from gateway.config.models import MatchPart, RoutePart
from gateway.config.nodes import Loc
from gateway.config.rungs import compile_ladder
from gateway.config.shape import Faults
from gateway.kinds import Kind
from gateway.model import FusionRule, HoldRule, ListEntry, Match, Mode, PassRule, Route, Rung

_METHOD = re.compile(r"[A-Z][A-Z-]{1,30}")
_ASKING = (
    "ladder",
    "rounds",
    "memory",
    "pass_",
    "hold",
    "challenge_on",
    "on_error",
    "work",
    "refuse_above",
    "good_bots",
)
_AS = {
    "single": "ladder: slider",
    "multiple": "ladder: [puzzle, word, icon]",
    "fusion": "ladder: [one_click, puzzle, icon]",
}
_BODYLESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a route needs to know of the site and file it stands in."""

    site: str
    scheme: str
    mode: Mode
    kinds: Mapping[str, Kind]
    hold_prefix_bytes: int
    addresses: AddressBook
    bots: bool  # whether any are named
    lists: tuple[ListEntry, ...]  # the site's
    folder: Path  # that files are named from


def compile_route(part: RoutePart, around: Surroundings, faults: Faults, loc: Loc) -> Route:
    """The route; every fault in it is added."""
    match = compile_match(part.match, faults, (*loc, "match"))
    if part.challenge_on is not None:
        opening = compile_match(part.challenge_on, faults, (*loc, "challenge_on"))
    else:
        opening = None
    ladder = _ladder(part, around, faults, loc)
    _check(part, around, faults, loc)
    warn_of_flow(part, faults, loc)
    rule = PassRule(
        scope=part.pass_.scope or part.name,
        ttl_s=part.pass_.ttl,
        uses=part.pass_.uses,
        spend=part.pass_.spend,
        bind=frozenset(part.pass_.bind),
        samesite=part.pass_.samesite,
    )
    return Route(
        name=part.name,
        site=around.site,
        match=match,
        action=part.action,
        params=part.params,
        ladder=ladder,
        pass_rule=rule,
        hold=HoldRule(part.hold.max, part.hold.ttl),
        on_error=part.on_error,
        mode=part.mode or around.mode,
        challenge_on=opening,
        accessible=part.accessible,
        no_javascript=part.no_javascript,
        machines=part.machines,
        work=part.work,
        refuse_above=part.refuse_above,
        good_bots=part.good_bots,
        lists=(
            *compile_entries(part, around.addresses, faults, loc),
            *around.lists,
        ),
        flow=part.flow,
        fusion=_fusion(part, ladder, around, faults, loc),
        user=compile_user(part.user, faults, loc),
        memory_s=part.memory.for_ if part.action == "challenge" else 0,
        rounds=2 if part.rounds == 2 else 1,
        limits=compile_limits_of(
            part.limits, part.budget, faults, loc, single_use=part.pass_.uses == 1
        ),
    )


def _fusion(
    part: RoutePart, ladder: tuple[Rung, ...], around: Surroundings, faults: Faults, loc: Loc
) -> FusionRule | None:
    if part.flow == "fusion":
        kinds = [rung.kind for rung in ladder]
        return compile_fusion(part.fusion, kinds, around.folder, faults, loc)
    if part.fusion is not None:
        what = f"means nothing with flow: {part.flow}; remove it, or set flow: fusion"
        faults.add((*loc, "fusion"), what, key=True)
    return None


def _ladder(part: RoutePart, around: Surroundings, faults: Faults, loc: Loc) -> tuple[Rung, ...]:
    """Nothing where nobody is asked."""
    if part.action != "challenge" or part.flow == "probe":
        return ()
    if part.flow != "intelligent" and "ladder" not in part.model_fields_set:
        faults.add(
            (*loc, "flow"), f"{part.flow} needs a ladder: name what is asked, as {_AS[part.flow]}"
        )
        return ()
    ladder = compile_ladder(part.ladder, around.kinds, faults, (*loc, "ladder"), part.flow)
    named = sum(1 + len(step.beside) for step in part.ladder)
    if part.rounds == 2 and len(ladder) == named and not has_two_rounds(ladder):
        what = "a second round asks another skill, and the ladder has none beside some of its kinds"
        faults.add((*loc, "rounds"), f"{what}: add a kind, as puzzle, icon or word")
    return ladder


def compile_match(part: MatchPart, faults: Faults, loc: Loc) -> Match:
    """The match; every fault in it is added."""
    for index, method in enumerate(part.method):
        if not _METHOD.fullmatch(method):
            hint = f": write {method.upper()}" if _METHOD.fullmatch(method.upper()) else ""
            faults.add((*loc, "method", index), f"'{method}' is not a method{hint}", alone=True)
    for index, pattern in enumerate(part.path):
        if what := paths.check(pattern):
            faults.add((*loc, "path", index), what, alone=True)
    for where, values in (("query", part.query), ("form", part.form)):
        if "" in values:
            faults.add((*loc, where), "a parameter needs a name", alone=True)
        for name, value in values.items():
            if what := paths.check_value(value):
                faults.add((*loc, where, name), what, alone=True)
    if part.form and part.method and set(part.method) <= _BODYLESS:
        methods = " and ".join(part.method)
        faults.add((*loc, "form"), f"{methods} requests have no form body: use query", key=True)
    return Match(frozenset(part.method), tuple(part.path), dict(part.query), dict(part.form))


def _check_fusion(part: RoutePart, faults: Faults, loc: Loc) -> None:
    if part.on_error == "open":
        what = "open would believe no parameter whenever the store is away: use closed or pow"
        faults.add((*loc, "on_error"), what)
    if part.challenge_on is not None:
        what = "with flow: fusion the request itself says what is asked: remove it"
        faults.add((*loc, "challenge_on"), what, key=True)


def _check_idle(
    part: RoutePart, names: tuple[str, ...], where: str, faults: Faults, loc: Loc
) -> None:
    for name in names:
        if name in part.model_fields_set:
            what = f"means nothing on a route with {where}; remove it"
            faults.add((*loc, name.rstrip("_")), what, key=True)


def _check(part: RoutePart, around: Surroundings, faults: Faults, loc: Loc) -> None:
    if part.action != "challenge":
        idle = ("flow", "limits", "budget", *_ASKING)
        _check_idle(part, idle, f"action: {part.action}", faults, loc)
        return
    for index, limit in enumerate(part.limits):
        if limit.per == "user" and part.user is None:
            what = "the route does not say where users are named: set user, as {cookie: uid}"
            faults.add((*loc, "limits", index, "per"), what)
    if part.flow == "probe":
        _check_idle(part, _ASKING, "flow: probe, which asks nobody anything", faults, loc)
        return
    _check_asked(part, around, faults, loc)
    _check_on_error(part, faults, loc)
    _check_pass(part, around, faults, loc)
    if part.hold.max > around.hold_prefix_bytes:
        what = (
            "is more than limits.hold.prefix, so it could never be kept: raise that or lower this"
        )
        faults.add((*loc, "hold", "max"), what)


def _check_asked(part: RoutePart, around: Surroundings, faults: Faults, loc: Loc) -> None:
    if part.good_bots == "forward" and not around.bots:
        what = "lets nobody by: name the bots that you mean under bots, as bots: [google, bing]"
        faults.add((*loc, "good_bots"), what)
    if not part.ladder:
        faults.add((*loc, "ladder"), "names no kind: list at least one, such as slider")
    if part.flow == "fusion":
        _check_fusion(part, faults, loc)
    if part.no_javascript == "wait" and "wait" not in around.kinds:
        faults.add((*loc, "no_javascript"), "this install has no kind 'wait'")


def _check_on_error(part: RoutePart, faults: Faults, loc: Loc) -> None:
    """What counts is lifted with the store, unless the operator says otherwise."""
    if part.on_error != "open":
        return
    if part.pass_.uses is not None:
        what = "open would lift the limit of uses whenever the store is away: use closed or pow"
        faults.add((*loc, "on_error"), what)
    elif part.limits or part.budget:
        name = "budget" if part.budget else "limits"
        what = f"open would lift the {name} whenever the store is away: use closed or pow"
        faults.add((*loc, "on_error"), what)


def _check_pass(part: RoutePart, around: Surroundings, faults: Faults, loc: Loc) -> None:
    if part.challenge_on is not None and part.pass_.uses == 1:
        what = "with uses: 1 there is no pass to bring from another page: remove it, or raise uses"
        faults.add((*loc, "challenge_on"), what, key=True)
    if part.pass_.samesite == "none" and around.scheme != "https":
        what = "browsers refuse SameSite=None without https: set scheme: https on the site"
        faults.add((*loc, "pass", "samesite"), what)
    if "spend" in part.pass_.model_fields_set and part.pass_.uses is None:
        faults.add((*loc, "pass", "spend"), "means nothing without uses; remove it", key=True)
