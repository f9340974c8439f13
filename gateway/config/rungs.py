"""Ladders: kinds that exist, parameters within the kind's bounds, risks that rise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.config.faults import one_of
from gateway.config.flows import check_flow
from gateway.config.models import BesidePart, RungPart
from gateway.config.nodes import Loc
from gateway.config.params import read_params
from gateway.config.shape import Faults
from gateway.kinds import Kind
from gateway.model import Flow, Rung


def compile_ladder(
    parts: list[RungPart],
    kinds: Mapping[str, Kind],
    faults: Faults,
    loc: Loc,
    flow: Flow = "intelligent",
) -> tuple[Rung, ...]:
    """The ladder, levels not given as 0 (see `scopes`); every fault in it is added."""
    rungs: list[Rung] = []
    for index, part in enumerate(parts):
        here = (*loc, index)
        level = part.level or (1 if flow == "multiple" else 0)
        rungs += _rungs(part, kinds, faults, here, level)
    if flow != "intelligent":
        check_flow(flow, parts, faults, loc)
    elif parts:
        _check_risks(parts, faults, loc)
    return tuple(rungs)


def _rungs(
    part: RungPart, kinds: Mapping[str, Kind], faults: Faults, loc: Loc, level: int
) -> list[Rung]:
    """The kinds of one step."""
    found = [_rung(part, kinds, faults, loc)]
    found += [_rung(each, kinds, faults, (*loc, "beside", n)) for n, each in enumerate(part.beside)]
    return [
        replace(rung, max_risk=part.max_risk, level=level, beside=n > 0)
        for n, rung in enumerate(found)
        if rung is not None
    ]


def _rung(
    part: RungPart | BesidePart, kinds: Mapping[str, Kind], faults: Faults, loc: Loc
) -> Rung | None:
    kind = kinds.get(part.kind)
    if kind is None:
        faults.add((*loc, "kind"), one_of(part.kind, kinds, "kind"), alone=True)
        return None
    params = _params(kind.params, part.params, faults, (*loc, "params"))
    return None if params is None else Rung(part.kind, params)


def _check_risks(parts: list[RungPart], faults: Faults, loc: Loc) -> None:
    for index, part in enumerate(parts):
        kinds = [part.kind, *(each.kind for each in part.beside)]
        if len(set(kinds)) < len(kinds):
            faults.add((*loc, index, "beside"), "names a kind twice: chance has one choice less")
    for index in range(1, len(parts)):
        before, after = parts[index - 1], parts[index]
        if before.max_risk < after.max_risk:
            continue
        what = f"max_risk must rise along the ladder: {before.kind} has {before.max_risk:g}"
        if "max_risk" not in before.model_fields_set:
            what = f"{before.kind} comes before {after.kind} and needs a max_risk below 1"
        elif "max_risk" not in after.model_fields_set:
            what = f"{before.kind} suffices for every risk, so {after.kind} would never be asked"
        faults.add((*loc, index - 1, "max_risk"), what)
    if parts[-1].max_risk < 1:
        last = f"the last kind suffices only up to {parts[-1].max_risk:g}"
        remedy = "a visitor with more risk has no way through: let max_risk be 1.0"
        faults.warn((*loc, len(parts) - 1, "max_risk"), f"{last}; {remedy}")


def _params(model: type[Any], given: Mapping[str, Any], faults: Faults, loc: Loc) -> Any:
    found, unfit = read_params(model, given)
    for one in unfit:
        where = (*loc, one.name) if one.name else loc
        faults.add(where, one.what, key=one.is_unknown, alone=bool(one.name))
    return found
