"""A kind that draws next to nothing, and makers that know it: `python -m tests.makers`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal

from gateway import kinds
from gateway.kinds import Between, Kind, Look
from gateway.model import JSON, Made, Verdict
from gateway.stock.child import main


@dataclass(frozen=True, slots=True)
class Params:
    size_bytes: Annotated[int, Between(0, 10_000_000)] = 1000
    make_s: Annotated[float, Between(0, 100)] = 0.0
    trouble: Literal["", "raises", "dies", "talks"] = ""
    look: Look = Look()


class Dots:
    """Answered by the number in its secret; its view shows the look it was made with."""

    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        if params.make_s:
            time.sleep(params.make_s)
        match params.trouble:
            case "raises":
                raise RuntimeError("hunter2")
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "talks":
                print("what a library may print", flush=True)
        view = {
            "dots": f"{rng.getrandbits(64):016x}",
            "filler": "." * params.size_bytes,
            "salt": params.look.salt.hex(),
            "pictures": [len(picture) for picture in params.look.pictures],
            "nice": os.nice(0),
        }
        return Made(view, {"number": rng.randrange(1000)})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """Right for a toll too, if anybody asked it: nothing is found, nothing is answered."""
        if isinstance(answer, str):
            return Verdict(False, "malformed")
        right = answer == secret.get("number")
        return Verdict(right, "right" if right else "wrong")


KIND = Dots()
KINDS: Mapping[str, Kind] = {**kinds.load(), "dots": KIND, "puzzle": KIND}  # one with a page module

if __name__ == "__main__":
    main(KINDS)
