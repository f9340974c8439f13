"""What is remembered of a caller across visits, and how much harder it makes the next question.

Questions, refreshes and wrong answers count; a right answer takes back what an honest visit adds.
So whoever solves what is asked stays where risk alone would have put them, be they many behind one
address, and whoever only asks is asked for more: the next kinds of the ladder, and work that
doubles with each step. Nobody is refused for it, and the accessible way stays open.
"""

from __future__ import annotations

import base64
import hmac

from gateway.model import Caller, Route
from gateway.ring import KeyRing

ASKED = 1
EXCHANGED = 1
WRONG = 2
SOLVED = -4
MOST = 64  # no more is counted, so that a few right answers suffice
STEPS_AT = (8, 16, 32)  # a step harder at each
_DIGEST_BYTES = 15


def steps(points: int) -> int:
    """How many steps harder a caller with so many points is asked."""
    return sum(points >= at for at in STEPS_AT)


def memory_key(ring: KeyRing, route: Route, caller: Caller) -> str:
    """Where a caller is remembered: by prefix and browser, under a key that outlives rotations."""
    said = f"{route.site}\0{route.pass_rule.scope}\0{caller.prefix}\0{caller.browser}"
    key = ring.oldest.derive("memory")
    digest = hmac.digest(key, said.encode("utf-8", "surrogatepass"), "sha256")
    name = base64.urlsafe_b64encode(digest[:_DIGEST_BYTES]).decode()
    return f"memory/{route.memory_s}/{name}"
