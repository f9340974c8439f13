"""A served wait, for visitors without JavaScript on routes that allow it.

The ticket says when it may be answered (`not_before_s`); the wait takes the place of the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated

from gateway.kinds import Between
from gateway.model import JSON, Made, Verdict


@dataclass(frozen=True, slots=True)
class Params:
    wait_s: Annotated[int, Between(5, 300)] = 15


class Wait:
    params = Params
    drawn = False

    def make(self, rng: Random, params: Params) -> Made:
        """Who asks this sets the ticket's `not_before_s` to `wait_s` after its issue."""
        return Made({"wait_s": params.wait_s}, {})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """The form sends nothing but the ticket; that time has passed, `judge` has seen."""
        return Verdict(True, "right") if answer is None else Verdict(False, "malformed")


KIND = Wait()
