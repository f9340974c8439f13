"""Sliding sums in buckets that expire by themselves; shared by the stores without Lua. Pure.

A bucket is (the moment it ends → the amount in it). Ends lie on a grid as wide as the greatest
power of two (in ms) within a sixteenth of the time to live, rounded up. So an amount lives at least
as long as asked and at most a sixteenth longer, and a key holds few buckets (about 34) even if each
amount is asked for a slightly different time, as the chunks of an upload are.

`release` takes from the bucket that ends first. It does not know which amount is given back; taking
the earliest makes the sum stay too high for a while at worst, never too low.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

Buckets = dict[int, int]  # end in milliseconds of the store's clock → amount

GRID = 16


def live(buckets: Mapping[int, int], now_ms: int) -> Buckets:
    return {end_ms: amount for end_ms, amount in buckets.items() if end_ms > now_ms}


def add(buckets: Mapping[int, int], amount: int, limit: int, ttl_ms: int, now_ms: int) -> Buckets:
    """The buckets with `amount` in them; empty if the sum would pass `limit`."""
    kept = live(buckets, now_ms)
    if not sum(kept.values()) + amount <= limit:
        return {}
    width_ms = 1 << max(0, (ttl_ms // GRID).bit_length() - 1)
    end_ms = math.ceil((now_ms + ttl_ms) / width_ms) * width_ms
    kept[end_ms] = kept.get(end_ms, 0) + amount
    return kept


def take(buckets: Mapping[int, int], amount: int, now_ms: int) -> Buckets:
    """The live buckets without `amount`, taken from those that end first."""
    kept: Buckets = {}
    for end_ms, held in sorted(live(buckets, now_ms).items()):
        taken = min(held, amount)
        amount -= taken
        if held > taken:
            kept[end_ms] = held - taken
    return kept


def dump(buckets: Mapping[int, int]) -> bytes:
    return json.dumps(sorted(buckets.items())).encode()


def parse(value: bytes | None) -> Buckets:
    return dict(json.loads(value)) if value else {}
