"""What is asked of sliding windows, and what they say.

Nobody changes these, yet they are not frozen: that would double what making them costs, and a
request makes dozens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_MEMBERS = 1024  # of one key; see `Slide`


@dataclass(slots=True, unsafe_hash=True)
class Slide:
    """What is asked of one sliding window: to count `amount` more under `key`.

    `amount` 0 only looks. `limit`: unless the count would pass it. With a `member` (up to 64 bytes)
    distinct members of the last `window_s` are counted instead of amounts; `amount` is then how
    often it was seen, for `unslide`. One more than MOST_MEMBERS is not kept, and counts as more
    than that: so the limit of such a key is at most MOST_MEMBERS (ValueError).
    """

    key: str
    window_s: float
    amount: int = 1
    limit: int | None = None
    member: bytes = b""

    def __post_init__(self) -> None:
        if self.member and (self.limit or 0) > MOST_MEMBERS:
            raise ValueError(f"a key counts at most {MOST_MEMBERS} members")


@dataclass(slots=True, unsafe_hash=True)
class Slid:
    """`count`: what it comes to with what was asked for, charged or not; above the limit: refused.

    `reset_s`: until enough has left the window for what was refused; else until any of it leaves.
    """

    count: int
    reset_s: float


def is_refused(asks: Sequence[Slide], found: Sequence[Slid]) -> bool:
    """Whether any of these passed its limit."""
    pairs = zip(asks, found, strict=True)
    return any(ask.limit is not None and slid.count > ask.limit for ask, slid in pairs)
