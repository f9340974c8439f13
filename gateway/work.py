"""Proof of work in the form of ALTCHA v1: find `number` with hash(salt + number) == challenge.

The number is drawn evenly from 0..maxnumber, so a proof takes `maxnumber / 2` hashes on average.
We drew it, so the sealed secret holds it, and checking is a comparison: it costs us nothing, and
a client can neither lower the work nor reuse another's.
Format: https://altcha.org/docs/v1/proof-of-work (read 2026; `signature` is the ticket's seal here).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from random import Random

from gateway.model import JSON

LEAST_HASHES = 1_000
MOST_HASHES = 10_000_000  # about ten seconds in a fast browser: no visitor waits longer
DEAREST = 16.0  # a caller at risk 1 works this many times as much as one at risk 0
ACCESSIBLE_TIMES = 4.0  # the way without recognition pays with work


def hashes_for(base: int, risk: float, *, accessible: bool = False) -> int:
    """How many hashes a proof shall take on average: `base` at no risk, doubling each quarter."""
    risk = risk if 0.0 <= risk <= 1.0 else 1.0  # NaN is no innocent
    wanted = base * DEAREST**risk * (ACCESSIBLE_TIMES if accessible else 1.0)
    return int(min(max(wanted, LEAST_HASHES), MOST_HASHES))


def make_work(rng: Random, hashes: int) -> tuple[dict[str, JSON], dict[str, JSON]]:
    """What the page is given, and what is sealed. `hashes` is the average; twice that the most."""
    maxnumber = 2 * max(1, min(hashes, MOST_HASHES))
    number = rng.randrange(maxnumber + 1)
    # The `&` ends the salt: no digit of the number can be shifted into it (altcha #57 and kin).
    salt = f"{rng.getrandbits(96):024x}&"
    digest = hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
    view = {"algorithm": "SHA-256", "challenge": digest, "salt": salt, "maxnumber": maxnumber}
    return view, {"number": number}


def check_work(secret: Mapping[str, JSON], proof: JSON) -> bool:
    """Whether `proof` is `{"number": n}` with the right n. Any JSON; never raises."""
    if not isinstance(proof, dict):
        return False
    number = proof.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        return False
    expected = secret.get("number")
    return isinstance(expected, int) and number == expected
