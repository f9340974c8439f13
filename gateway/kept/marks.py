"""Marks: keyed digests by which what is kept about somebody can be found again, and by nobody else.

An address has four thousand million values: a plain digest of one is no secret. These are keyed
with what is derived from the site's keys, so whoever reads the store alone learns nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from gateway.model import Caller
from gateway.ring import Key, KeyRing

Sort = Literal["address", "prefix"]

PURPOSE = "marks"
DIGEST_BYTES = 12
_CACHED = 4_096


@lru_cache(maxsize=_CACHED)
def _mark(key: bytes, sort: Sort, value: str) -> str:
    return hashlib.blake2s(
        value.encode("utf-8", "surrogatepass"),
        digest_size=DIGEST_BYTES,
        key=key,
        person=sort.encode(),
    ).hexdigest()


def mark(key: Key, sort: Sort, value: str) -> str:
    """The mark of one value; 24 hexadecimal digits."""
    return _mark(key.derive(PURPOSE), sort, value)


def marks_of(ring: KeyRing, caller: Caller) -> tuple[str, str]:
    """What is kept with a record, under the key that signs."""
    key = ring.newest
    return mark(key, "address", caller.address), mark(key, "prefix", caller.prefix)


def marks_to_find(ring: KeyRing, sort: Sort, values: Iterable[str]) -> frozenset[str]:
    """What these values may have been kept under, whichever key signed then."""
    return frozenset(mark(key, sort, value) for value in values for key in ring.keys)
