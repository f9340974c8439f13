"""Raw paths of answers, kept for the operator who asked for it (`traces`), and for nobody else.

By default none is. What is kept goes the way of recent decisions: beside the visitor's, bounded in
number and time, with keyed marks by which `gateway forget` finds it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.kept.recent import Recent
from gateway.model import Caller, Visit

if TYPE_CHECKING:  # numpy is for answers that bring paths
    from gateway.hand.trace import Drawn
    from gateway.server.parts import GateParts

_CHANCE_DIGITS = 8  # of a reference, at its end: random
_MOST_CHANCE = 1 << (4 * _CHANCE_DIGITS)


@dataclass(frozen=True, slots=True)
class KeptTraces:
    """Where paths are kept, and of what share of the visits (0 to 1)."""

    recent: Recent
    share: float = 1.0

    def wants(self, reference: str) -> bool:
        """Whether a visit is of the share: all of its answers, or none."""
        if not self.recent.keeps:
            return False
        return int(reference[-_CHANCE_DIGITS:], 16) < self.share * _MOST_CHANCE


async def keep_paths(gate: GateParts, visit: Visit, caller: Caller, drawn: Sequence[Drawn]) -> None:
    """Keep what was drawn for an answer, if that is wanted of this visit."""
    kept = gate.traces
    if not drawn or kept is None or not kept.wants(visit.decision_id):
        return
    from gateway.hand.kept import pack

    sealed = await asyncio.to_thread(pack, gate.ring, drawn, gate.nonce())
    if not sealed:
        gate.metrics.traces_lost("long", 1)
        return
    told = {"reference": visit.decision_id, "user": visit.user, "paths": sealed}
    kept.recent.add(visit.decision_id, json.dumps(told), caller)
