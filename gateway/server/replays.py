"""Whether another visit drew the very same path: marks of paths, counted in the store.

Kept is, for `KEPT_S`, a keyed digest of each mark and which visits left it: nothing that tells who,
where or what was drawn. All marks of a path are one trip. What the visit itself drew before doesn't
count, so that a second try is no replay; a store that is away, full or slow knows of none.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterator
from typing import Final

from gateway.model import Slide
from gateway.ring import KeyRing
from gateway.server.hands import Marks
from gateway.server.parts import GateParts
from gateway.stores import StoreError

KEPT_S: Final = 3600.0
ENOUGH: Final = (3, 2)  # shared marks of steps, of shape: see `gateway/hand/weights.md`
DEADLINE_S: Final = 1.0
DIGEST: Final = 12  # bytes of each mark's


async def replayed(gate: GateParts, site: str, visit_id: str, marks: Marks) -> bool:
    """Count the marks; True if enough of one sort were left by other visits before."""
    asks = list(_asks(gate.ring, site, visit_id, marks))
    if not asks:
        return False
    try:
        async with asyncio.timeout(DEADLINE_S):
            found = await gate.store.slide(asks)
    except (StoreError, TimeoutError):
        gate.metrics.store_errors("replays")
        return False
    of_steps = len(marks[0])
    sorts = (found[:of_steps], found[of_steps:])
    return any(
        sum(slid.count > 1 for slid in sort) >= enough
        for sort, enough in zip(sorts, ENOUGH, strict=True)
    )


def _asks(ring: KeyRing, site: str, visit_id: str, marks: Marks) -> Iterator[Slide]:
    """The oldest key: a rotation forgets nothing before it must."""
    key = ring.oldest.derive("replays")
    for sort, found in zip("ps", marks, strict=True):
        for number, mark in enumerate(found):
            said = b"%s/%s%d/%s" % (site.encode(), sort.encode(), number, mark)
            digest = hmac.digest(key, said, "sha256")[:DIGEST].hex()
            yield Slide(f"replay/{digest}", KEPT_S, member=visit_id.encode()[:64])
