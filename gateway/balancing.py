"""Which address of an app a request goes to, and which ones are left out for a while.

    HEALTHY ─ failure × after ─▶ out ─ its time is over, and it accepts again ─▶ on trial
       ▲                          ▲                                                │
       └───────── a reply ────────┼─────────────────────────── the next failure ───┘

An address is left out for `base_s`, then twice as long each time until a reply comes, at most
`MAX_OUT_S`. When all would be out, all are used: a gate that asks nobody helps nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Final

MAX_OUT_S: Final = 300.0
_MAX_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True)
class Health:
    """What the requests so far have told of one address."""

    failures: int = 0  # in a row
    ejections: int = 0  # since its last reply
    out_until_s: float | None = None  # None: it is asked

    @property
    def is_out(self) -> bool:
        return self.out_until_s is not None

    def is_due(self, now_s: float) -> bool:
        """Whether its time is over and it may be tried again."""
        return self.out_until_s is not None and self.out_until_s <= now_s


HEALTHY: Final = Health()


def after_failure(health: Health, now_s: float, after: int, base_s: float) -> Health:
    """It refused, took too long or broke before a reply: out at the `after`th time in a row."""
    if health.out_until_s is not None and health.out_until_s > now_s:
        return health  # of what was under way: it says nothing new
    failures = health.failures + 1
    if failures < after:
        return replace(health, failures=failures)
    out_s = min(base_s * 2 ** min(health.ejections, _MAX_DOUBLINGS), MAX_OUT_S)
    return Health(failures, health.ejections + 1, now_s + out_s)


def due_now(health: Health, now_s: float) -> Health:
    """Out no longer than now: there is reason to look again."""
    return replace(health, out_until_s=now_s) if health.is_out else health


def on_trial(health: Health) -> Health:
    """It accepts again. Until it has replied, one failure puts it out, and for longer."""
    return replace(health, out_until_s=None)


def usable(healths: Sequence[Health]) -> tuple[int, ...]:
    """The addresses to use, by index: those not out, or all of them."""
    return tuple(i for i, h in enumerate(healths) if not h.is_out) or tuple(range(len(healths)))


def least_busy(busy: Sequence[int], among: Sequence[int], turn: int) -> int:
    """The index with the fewest requests under way; of equals, the first from `turn` on."""
    size = len(busy)
    return min(among, key=lambda i: (busy[i], (i - turn) % size))


@lru_cache(maxsize=4096)
def ranked(key: bytes, names: tuple[str, ...]) -> tuple[int, ...]:
    """All addresses in this visitor's own order (rendezvous hashing), by index.

    It depends on the names alone, not on their order; one address more or less changes nothing
    between the others (Thaler and Ravishankar, 1998).
    """

    def weight(index: int) -> bytes:
        return blake2b(names[index].encode(), digest_size=8, key=blake2b(key).digest()).digest()

    return tuple(sorted(range(len(names)), key=weight, reverse=True))


def sticking(named: int, order: Sequence[int], among: Sequence[int]) -> int:
    """The address a visitor's cookie names (-1: none), else the first of the visitor's own order.

    Only one of `among`, which is not empty.
    """
    return named if named in among else next(index for index in order if index in among)
