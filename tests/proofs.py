"""Proof of work as a client does it, by trying one number after another: slow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from gateway.model import JSON


def solve_work(view: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """None when no number fits."""
    assert view["algorithm"] == "SHA-256"
    hashed = hashlib.sha256(view["salt"].encode())
    for number in range(view["maxnumber"] + 1):
        attempt = hashed.copy()
        attempt.update(str(number).encode())
        if attempt.hexdigest() == view["challenge"]:
            return {"number": number}
    return None
