"""Keeping and claiming: what a gate asks of held requests."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Literal, assert_never
from weakref import WeakValueDictionary

from gateway.hold.claimed import Claimed
from gateway.hold.format import (
    Format,
    HeldRequest,
    Place,
    Record,
    format_of_blob,
    head_key,
    read_record,
    state_key,
)
from gateway.hold.terms import CLAIM_S, SENT_S, SKEW_S, ClaimFault, HoldQuotas, HoldRefused, Rim
from gateway.hold.writing import Writing
from gateway.model import HoldRule, Reason
from gateway.stores import Store, StoreDown, StoreError, StoreFull


class Holds:
    """`clock`: Unix seconds. `gate_id`: no two processes alive at one time share one.

    `is_gone`: whether the gate of an id certainly runs no more, as far as it can be seen from here.
    """

    def __init__(
        self,
        store: Store,
        limits: HoldQuotas,
        gate_id: str,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        is_gone: Callable[[str], bool] = lambda gate_id: False,
    ) -> None:
        self._rim = Rim(store, limits, gate_id, clock, random_bytes)
        self._store = store
        self._is_gone = is_gone
        self._live: WeakValueDictionary[str, Claimed] = WeakValueDictionary()
        self._unfinished: set[asyncio.Future[None]] = set()

    async def keep(
        self,
        visit_id: str,
        key: bytes,
        request: HeldRequest,
        body: AsyncIterator[bytes],
        size_bytes: int | None,
        rule: HoldRule,
        caller_prefix: str,
    ) -> str:
        """Store the request and return the hold's id, to be claimed within `rule.ttl_s`.

        `key`: 32 bytes that the store never sees. `size_bytes`: None if unknown. `caller_prefix`:
        "" if callers can't be told apart, who then have no quota of their own. Raises
        HoldRefused, ValueError if the body isn't as long as stated, and whatever `body` raises;
        then nothing is left behind (but what a broken store keeps until it expires).
        """
        if size_bytes is not None and size_bytes > rule.max_bytes:
            raise HoldRefused("too_large")
        hold_id = urlsafe_b64encode(self._rim.random_bytes(18)).decode()
        writing = Writing(self._rim, hold_id, visit_id, key, request, rule, caller_prefix)
        try:
            await writing.store(body, size_bytes)
        except BaseException as error:
            undone = self._finish(writing.undo())
            if not isinstance(error, StoreDown):  # else it would be the visitor's wait again
                await asyncio.shield(undone)
            if isinstance(error, StoreError):
                reason: Literal["full", "down"] = "full" if isinstance(error, StoreFull) else "down"
                raise HoldRefused(reason) from error
            raise
        return hold_id

    async def claim(self, hold_id: str, key: bytes, *, again: bool = False) -> Claimed | ClaimFault:
        """Take the hold, for sending it. `again`: the visitor knows that it may have arrived.

        Of any number of callers at most one gets a `Claimed`. Raises StoreDown, StoreFull.
        """
        for _ in range(3):  # a lost race means that the record has moved on: look again
            old = await self._store.get(state_key(hold_id))
            found = read_record(old) if old is not None else None
            if old is None or found is None:
                return ClaimFault(Reason.HOLD_LOST)
            form, record = found
            obstacle = self._obstacle(record, again)
            if obstacle is not None:
                return ClaimFault(obstacle)
            claimed = await self._opened(form, record, hold_id, key)
            if claimed is None:
                return ClaimFault(Reason.HOLD_LOST)
            if await claimed.take(old):
                return claimed
        return ClaimFault(Reason.IN_FLIGHT)

    def _finish(self, work: Coroutine[None, None, None]) -> asyncio.Future[None]:
        """Do it to the end, whether anybody waits or not."""
        task = asyncio.ensure_future(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        return task

    def _obstacle(self, record: Record, again: bool) -> Reason | None:
        alive = self._is_alive(record)
        match record.state:
            case "held":
                return None
            case "done":
                return Reason.DELIVERED
            case "sent" | "claimed" if alive:
                return Reason.IN_FLIGHT
            case "sent":
                return None if again else Reason.MAYBE_DELIVERED
            case "claimed":
                return Reason.MAYBE_DELIVERED if record.again and not again else None
            case _:
                assert_never(record.state)

    def _is_alive(self, record: Record) -> bool:
        """Whether the gate that wrote the record may still be at it."""
        if record.gate == self._rim.gate_id:
            return record.token in self._live
        if self._is_gone(record.gate):
            return False
        left_s = record.until_s - self._rim.clock()
        return -SKEW_S <= left_s <= max(CLAIM_S, SENT_S) + SKEW_S  # later: a clock is wrong

    async def _opened(
        self, form: Format, record: Record, hold_id: str, key: bytes
    ) -> Claimed | None:
        """The hold, if its head can be read and its first chunk is there; nothing is changed."""
        blob = await self._store.get(head_key(hold_id))
        sealing = format_of_blob(blob) if blob else None
        if blob is None or sealing is None:
            return None
        plain = sealing.unseal(key, Place(hold_id, "head"), blob)
        head = sealing.parse_head(plain) if plain is not None else None
        if head is None:
            return None
        token = self._rim.random_bytes(12).hex()
        claimed = Claimed(self._rim, self._live, hold_id, key, form, head, record, token)
        return claimed if await claimed.has_body() else None
