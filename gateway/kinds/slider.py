"""Drag the handle to the end of its track; or arrow keys, or taps on a step button.

Anyone who reads the page can send the right answer: what this asks of a script is a believable
hand, and `risk` judges that. The start is drawn so that a recorded drag does not fit unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, TypeGuard

from gateway.kinds import Between
from gateway.model import JSON, Made, Verdict

MOST_STEPS = 10_000  # a held key repeats


@dataclass(frozen=True, slots=True)
class Params:
    tolerance: Annotated[float, Between(0.005, 0.2)] = 0.03  # share of the track left undone
    steps: Annotated[int, Between(2, 20)] = 6  # arrow keys or taps from start to end


class Slider:
    params = Params
    drawn = False

    def make(self, rng: Random, params: Params) -> Made:
        """`start`: where the handle waits, as a share of the track; `steps` to the end by key."""
        start = round(rng.uniform(0.0, 0.12), 4)
        return Made({"start": start, "steps": params.steps}, {"tolerance": params.tolerance})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`{"reached": share of the track 0..1, "steps": keys or taps used, 0 for a drag}`."""
        if not isinstance(answer, dict):
            return Verdict(False, "malformed")
        reached, steps = answer.get("reached"), answer.get("steps", 0)
        if not _is_share(reached) or not _is_count(steps):
            return Verdict(False, "malformed")
        left = 1.0 - reached
        tolerance = float(secret["tolerance"])
        if not left <= tolerance:
            return Verdict(False, "wrong", miss=left / tolerance)
        return Verdict(True, "right", miss=left / tolerance)


def _is_share(value: JSON) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_STEPS


KIND = Slider()
