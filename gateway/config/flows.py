"""Flows: what a ladder may be in each of them."""

from __future__ import annotations

from gateway.config.models import RungPart
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
