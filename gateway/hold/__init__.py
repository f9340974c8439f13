"""The visitor's original request, kept while they answer, and sent on at most once.

    held ──claim──▶ claimed ──sending──▶ sent ──delivered──▶ done
      ▲                │                   │
      └────unsent──────┘                   └─ broken: stays sent; the visitor may decide (`again`)

Every arrow is one compare-and-set of the record in the store, and each claim has a random token in
its record. That is what makes "at most once" hold, whatever clocks, deadlines and crashes do: a
gate may write to the app only after *its own* claim became `sent`. If another gate has taken the
claim over meanwhile, `sending` raises and nothing leaves.

Clocks only decide how long others wait. A claim is respected for `CLAIM_S` and a sent request is
called "in flight" for `SENT_S`, both ± `SKEW_S`, the most by which clocks of gates may differ; with
a greater difference somebody is told "in flight" or "may have arrived" at the wrong moment, and
still nothing is sent twice. Nobody waits for a gate that is known to be gone: another process of
the same machine that has ended (`processes`). A gate knows its own claims without a clock: one that
bears its name and isn't in its memory has ended. Hence gates alive at one time must have different
`gate_id`s.

What a store can forget, this forgets: see the README on Redis failovers. A forgotten hold is
`HOLD_LOST`; a forgotten change of a record could let a request go out again.

The body goes through in chunks: at most two are in memory, and the next is asked of the iterator
when the last was stored. How it looks in the store is in `format`.
"""

from __future__ import annotations

from gateway.hold.claimed import Claimed
from gateway.hold.format import HeldRequest
from gateway.hold.holds import Holds
from gateway.hold.terms import ClaimFault, ClaimLost, HoldLost, HoldQuotas, HoldRefused

__all__ = [
    "ClaimFault",
    "ClaimLost",
    "Claimed",
    "HeldRequest",
    "HoldLost",
    "HoldQuotas",
    "HoldRefused",
    "Holds",
]
