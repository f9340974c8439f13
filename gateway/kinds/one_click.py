"""One tap, click, Enter or Space on a button, beside the proof of work. Also the accessible way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from gateway.model import JSON, Made, Verdict


@dataclass(frozen=True, slots=True)
class Params:
    """Nothing to set."""


class OneClick:
    params = Params
    drawn = False

    def make(self, rng: Random, params: Params) -> Made:
        return Made({}, {})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """The answer is `true`: the button was pressed. How it was pressed, `risk` weighs."""
        return Verdict(True, "right") if answer is True else Verdict(False, "malformed")


KIND = OneClick()
