"""Flows: what a ladder may be in each of them."""

from __future__ import annotations

from gateway.config.models import RoutePart, RungPart
from gateway.config.nodes import Loc
from gateway.config.shape import Faults
from gateway.model import Flow

_MAX_RISK = {
    "single": "its one kind is asked at any risk",
    "multiple": "chance chooses, not risk",
    "fusion": "the app names the kind, not the risk",
}


def check_flow(flow: Flow, parts: list[RungPart], faults: Faults, loc: Loc) -> None:
    """The ladder of a flow in which risk does not choose; every fault in it is added."""
    for index, part in enumerate(parts):
        if "max_risk" in part.model_fields_set:
            what = f"means nothing with flow: {flow}, where {_MAX_RISK[flow]}; remove it"
            faults.add((*loc, index, "max_risk"), what, key=True)
        if part.beside:
            what = f"means nothing with flow: {flow}: each kind is a step of its own"
            faults.add((*loc, index, "beside"), what, key=True)
    if flow == "single" and len(parts) > 1:
        many = f"flow: single asks one kind, and {len(parts)} are named"
        faults.add(loc, f"{many}: leave one, or use flow: multiple")
    if flow == "multiple":
        _check_choice(parts, faults, loc)


def _check_choice(parts: list[RungPart], faults: Faults, loc: Loc) -> None:
    """Chance may choose any: so a pass of one must be worth that of another."""
    if len(parts) == 1:
        what = "flow: multiple chooses among several kinds, and one is named"
        faults.add(loc, f"{what}: name more, or use flow: single")
    first = next(iter(parts), None)
    for index, part in enumerate(parts):
        if first is not None and (part.level or 1) != (first.level or 1):
            what = f"{first.kind} has level {first.level or 1}, and chance chooses between them"
            faults.add((*loc, index), f"{what}: give all of them one level")


# What asks nobody to read anything: at no risk it lets people by, and programs too.
_LETS_BY = frozenset({"invisible", "one_click", "pow", "wait"})


def warn_of_flow(part: RoutePart, faults: Faults, loc: Loc) -> None:
    """What may be written, and is hardly meant."""
    if part.action != "challenge" or part.flow == "probe":
        return
    kinds = [rung.kind for rung in part.ladder]
    easy = [kind for kind in kinds if kind in _LETS_BY]
    said = part.flow if "flow" in part.model_fields_set else ""
    if said == "intelligent" and kinds and not easy:
        what = f"asks {kinds[0]} of those without risk too: let invisible or one_click come first"
        faults.warn((*loc, "ladder"), what)
    if said == "multiple" and easy and len(easy) < len(kinds):
        what = f"a refresh leads past the others to {easy[0]}, which asks for nothing to be read"
        faults.warn((*loc, "ladder"), f"{what}: choose among kinds of like worth")
    if said == "single" and easy and not any(limit.then == "deny" for limit in part.limits):
        what = (
            f"{easy[0]} alone stops no program that does its work: bound what it may do by limits"
        )
        faults.warn((*loc, "ladder"), what)
    if said == "fusion" and len(kinds) == 1:
        faults.warn(
            (*loc, "ladder"), "leaves the app nothing to name: list the kinds it may choose"
        )
    _warn_of_steps(part, faults, loc)
    _warn_of_walls(part, faults, loc)


def _warn_of_steps(part: RoutePart, faults: Faults, loc: Loc) -> None:
    """Limits that ask for a step up where a pass is held, on flows that have none."""
    if part.flow not in ("single", "multiple") or part.pass_.uses == 1:
        return
    for index, limit in enumerate(part.limits):
        if limit.then == "harder":
            what = f"flow: {part.flow} has no harder kind, so whoever has a pass goes on"
            faults.warn((*loc, "limits", index, "then"), f"{what}: use challenge, or delay")


def _warn_of_walls(part: RoutePart, faults: Faults, loc: Loc) -> None:
    """Questions that some people can't answer, and no other way."""
    kinds = [kind for rung in part.ladder for kind in (rung.kind, *(r.kind for r in rung.beside))]
    seen = [kind for kind in kinds if kind not in _LETS_BY and kind != "slider"]
    if part.accessible == "never" and seen:
        what = f"never leaves people who can't see or read {seen[0]} no way in: say always"
        faults.warn((*loc, "accessible"), what)
