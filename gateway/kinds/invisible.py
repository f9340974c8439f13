"""The proof of work and what the page reports of itself: nothing to do for the visitor.

What was reported is weighed by `risk`; here there is no right or wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from gateway.model import JSON, Made, Verdict


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set: `max_risk` of the rung says how much doubt is allowed."""


class Invisible:
    params = Params
    drawn = False

    def make(self, rng: Random, params: Params) -> Made:
        return Made({}, {})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        return Verdict(True, "right") if answer is None else Verdict(False, "malformed")


KIND = Invisible()
