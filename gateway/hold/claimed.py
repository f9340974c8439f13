"""A claimed request: its body, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Literal
from weakref import WeakValueDictionary

from gateway.hold.format import (
    Format,
    Head,
    Place,
    Record,
    chunk_key,
    format_of_blob,
    head_key,
    state_key,
)
from gateway.hold.terms import (
    CLAIM_S,
    SENT_S,
    SKEW_S,
    ClaimLost,
    HoldLost,
    Rim,
    pool_quota,
    prefix_quota,
)
from gateway.stores import StoreError


class Claimed:
    """A held request that this gate may send; a `model.Delivery`."""

    def __init__(
        self,
        rim: Rim,
        live: WeakValueDictionary[str, Claimed],
        hold_id: str,
        key: bytes,
        form: Format,
        head: Head,
        record: Record,
        token: str,
    ) -> None:
        self.request = head.request
        self.size_bytes = head.size_bytes
        self.digest = head.digest
        self._rim = rim
        self._live = live
        self._store = rim.store
        self._id = hold_id
        self._key = key
        self._form = form
        self._head = head
        self._token = token
        self._first: bytes | None = None
        again = record.again or record.state == "sent"
        self._record = replace(record, gate=rim.gate_id, token=token, again=again, state="claimed")
        self._record = self._at("claimed", CLAIM_S)
        self._sent: Record | None = None

    async def has_body(self) -> bool:
        """Read the first chunk: most bodies have no other, and these can't be lost any more."""
        if self._head.chunks == 0:
            return True
        try:
            self._first = await self._chunk(0)
        except HoldLost:
            return False
        return True

    async def take(self, old: bytes) -> bool:
        self._live[self._token] = self
        taken = await self._swap(old, self._record)
        if not taken:
            del self._live[self._token]
        return taken

    async def body(self) -> AsyncIterator[bytes]:
        """The body's chunks. Raises HoldLost, StoreDown; what was sent by then is incomplete."""
        for index in range(self._head.chunks):
            yield self._first if index == 0 and self._first else await self._chunk(index)

    async def sending(self) -> None:
        """Call before the first byte. Raises ClaimLost, StoreDown: then send nothing."""
        self._sent = self._at("sent", SENT_S)
        if not await self._swap(self._dump(self._record), self._sent):
            raise ClaimLost("the claim was taken over")
        self._record = self._sent

    async def unsent(self) -> None:
        """Give it back. Never raises: a claim that can't be given back runs out by itself."""
        back = self._at("sent", None) if self._record.again else self._at("held", None)
        with suppress(StoreError):
            taken_back = await self._swap(self._dump(self._record), back)
            if not taken_back and self._sent:  # `sending` raised, and happened all the same
                await self._swap(self._dump(self._sent), back)
        self._forget()

    async def delivered(self) -> None:
        """Forget the body, remember the delivery. Never raises; at worst it stays `sent`."""
        with suppress(StoreError):
            if await self._swap(self._dump(self._record), self._at("done", None)):
                await self._let_go()
        self._forget()

    async def broken(self) -> None:
        """It may have arrived. Never raises."""
        with suppress(StoreError):
            await self._swap(self._dump(self._record), self._at("sent", None))
        self._forget()

    async def _chunk(self, index: int) -> bytes:
        blob = await self._store.get(chunk_key(self._id, index))
        sealing = format_of_blob(blob) if blob else None
        if blob is None or sealing is None:
            raise HoldLost(f"chunk {index} is gone")
        place = Place(self._id, "body", index, index == self._head.chunks - 1)
        plain = sealing.unseal(self._key, place, blob)
        if plain is None:
            raise HoldLost(f"chunk {index} isn't what was stored")
        return plain

    def _at(
        self, state: Literal["held", "claimed", "sent", "done"], wait_s: float | None
    ) -> Record:
        until_s = 0.0 if wait_s is None else self._rim.clock() + wait_s
        return replace(self._record, state=state, until_s=until_s)

    def _dump(self, record: Record) -> bytes:
        return self._form.dump_record(record)

    async def _swap(self, old: bytes, new: Record) -> bool:
        return await self._store.swap(state_key(self._id), old, self._dump(new), new.kept_s)

    async def _let_go(self) -> None:
        head = self._head
        chunks = (chunk_key(self._id, index) for index in range(head.chunks))
        await self._store.delete(head_key(self._id), *chunks)
        if self._rim.clock() + SKEW_S < head.ends_s:  # later it has expired by itself
            if head.prefix:
                await self._store.release(prefix_quota(head.prefix, head.small), head.cost_bytes)
            await self._store.release(pool_quota(head.small), head.cost_bytes)

    def _forget(self) -> None:
        self._live.pop(self._token, None)
