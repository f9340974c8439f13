"""Times, quotas and answers of held requests, and what all their parts work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gateway.model import Reason
from gateway.stores import Store

CLAIM_S = 30.0  # from a claim to `sending`: connecting to the app fits in
SENT_S = 10.0  # how long others call a sent request "in flight" rather than "may have arrived"
SKEW_S = 5.0  # how much the clocks of two gates may differ
SLACK_S = 120.0  # a body outlives its visit by this, so that a late claim can still be read out
UPLOAD_S = 900.0  # how long a body of more than one chunk may take to arrive
REMEMBER_S = 3600.0  # a record outlives the hold rule's time by this: "already delivered"
ENTRY_BYTES = 256  # what an entry costs in a store besides its value, for the quotas


@dataclass(frozen=True, slots=True)
class HoldQuotas:
    """Bytes that may be held. Bodies up to `small_bytes` have a pool that large ones can't fill."""

    total_bytes: int = 2**30
    small_total_bytes: int = 128 * 2**20
    small_bytes: int = 64 * 2**10
    prefix_bytes: int = 64 * 2**20  # of one caller prefix

    def of_prefix(self, small: bool) -> int:
        """What one caller prefix may hold in a pool. Two must not fill the small one for all."""
        share = max(self.small_total_bytes // 16, 4 * self.small_bytes)
        return min(self.prefix_bytes, share) if small else self.prefix_bytes


class HoldRefused(Exception):  # noqa: N818 - an answer, not a fault
    """Nothing is kept. `too_large`: this request; `quota`: its caller's; `full`: everybody's."""

    def __init__(self, reason: Literal["too_large", "quota", "full", "down"]) -> None:
        super().__init__(reason)
        self.reason = reason


class HoldLost(Exception):  # noqa: N818
    """A part of the body is gone from the store, or isn't what was stored."""


class ClaimLost(Exception):  # noqa: N818
    """Another gate has taken the claim over: nothing may be sent."""


@dataclass(frozen=True, slots=True)
class ClaimFault:
    """Why nothing can be sent: DELIVERED, MAYBE_DELIVERED, IN_FLIGHT or HOLD_LOST."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Rim:
    """A gate's store, clock (Unix seconds) and chance, and its name among the gates alive."""

    store: Store
    limits: HoldQuotas
    gate_id: str
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]


def prefix_quota(prefix: str, small: bool) -> str:
    return f"quota:{'small' if small else 'prefix'}:{prefix}"


def pool_quota(small: bool) -> str:
    return "quota:small" if small else "quota:large"
