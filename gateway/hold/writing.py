"""The way of a request into the store: cut, counted, sealed, and undone if it fails."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Literal

from gateway.hold.format import (
    CHUNK_BYTES,
    CURRENT,
    FORMATS,
    NONCE_BYTES,
    SEAL_BYTES,
    Head,
    HeldRequest,
    Place,
    Record,
    chunk_key,
    head_key,
    state_key,
)
from gateway.hold.terms import (
    ENTRY_BYTES,
    REMEMBER_S,
    SLACK_S,
    UPLOAD_S,
    HoldRefused,
    Rim,
    pool_quota,
    prefix_quota,
)
from gateway.model import HoldRule
from gateway.stores import StoreError

Entry = tuple[str, bytes]  # key and value


class Writing:
    """One request on its way into the store, and what must be undone if it doesn't get there."""

    def __init__(
        self,
        rim: Rim,
        hold_id: str,
        visit_id: str,
        key: bytes,
        request: HeldRequest,
        rule: HoldRule,
        prefix: str,
    ) -> None:
        self._rim = rim
        self._store = rim.store
        self._clock = rim.clock
        self._id = hold_id
        self._key = key
        self._rule = rule
        self._form = FORMATS[CURRENT]
        self._began_s = rim.clock()
        self._ends_s = 0.0
        self._head = Head(request, visit_id, 0, "0" * 64, 0, 0, False, prefix, 0.0)
        self._head_bytes = len(self._form.dump_head(self._head)) + SEAL_BYTES + 2 * ENTRY_BYTES
        self._small = False
        self._reserved: list[tuple[str, int]] = []
        self._reserved_bytes = 0
        self._written: list[str] = []

    async def store(self, body: AsyncIterator[bytes], size_bytes: int | None) -> None:
        if size_bytes is not None:
            self._choose_pool(size_bytes)
            await self._cover(size_bytes)
        chunks = seen_bytes = 0
        ends: list[Entry] = []
        digest = hashlib.sha256()
        async with aclosing(cut(body)) as pieces:
            async for chunk, last in pieces:
                seen_bytes += len(chunk)
                if seen_bytes > self._rule.max_bytes or self._is_late():
                    raise HoldRefused("too_large")
                if not self._ends_s:
                    self._choose_pool(len(chunk) if last else None)
                await self._cover(seen_bytes)
                digest.update(chunk)
                place = Place(self._id, "body", chunks, last)
                sealed = (chunk_key(self._id, chunks), self._sealed(place, chunk))
                chunks += 1
                if last:
                    ends.append(sealed)
                else:
                    await self._put(sealed)
        if size_bytes is not None and seen_bytes != size_bytes:
            raise ValueError("the body isn't as long as stated")
        if not self._ends_s:
            self._choose_pool(0)
            await self._cover(0)
        await self._put(*ends, *self._heads(seen_bytes, digest.hexdigest(), chunks))

    def _heads(self, size_bytes: int, digest: str, chunks: int) -> tuple[Entry, Entry]:
        head = replace(
            self._head,
            size_bytes=size_bytes,
            digest=digest,
            chunks=chunks,
            cost_bytes=self._reserved_bytes,
            small=self._small,
            ends_s=self._ends_s,
        )
        plain = self._form.dump_head(head)
        sealed = self._sealed(Place(self._id, "head"), plain)
        record = Record("held", kept_s=self._rule.ttl_s + REMEMBER_S)
        state = self._form.dump_record(record)
        return (head_key(self._id), sealed), (state_key(self._id), state)

    async def undo(self) -> None:
        with suppress(StoreError):
            if self._written:
                await self._store.delete(*self._written)
            for key, amount in self._reserved:
                await self._store.release(key, amount)

    def _choose_pool(self, size_bytes: int | None) -> None:
        """None: more than a chunk, and nobody knows how much."""
        self._small = size_bytes is not None and size_bytes <= self._rim.limits.small_bytes
        upload_s = 0.0 if size_bytes is not None and size_bytes <= CHUNK_BYTES else UPLOAD_S
        self._ends_s = self._began_s + self._rule.ttl_s + SLACK_S + upload_s

    def _is_late(self) -> bool:
        return not 0 <= self._clock() - self._began_s <= UPLOAD_S

    async def _cover(self, body_bytes: int) -> None:
        """Have everything reserved that a body of this size needs."""
        chunks = -(-body_bytes // CHUNK_BYTES)
        need = self._head_bytes + body_bytes + chunks * (SEAL_BYTES + ENTRY_BYTES)
        amount = need - self._reserved_bytes
        if amount <= 0:
            return
        limits = self._rim.limits
        pool_bytes = limits.small_total_bytes if self._small else limits.total_bytes
        prefix = self._head.prefix
        if prefix:
            own, own_bytes = prefix_quota(prefix, self._small), limits.of_prefix(self._small)
            await self._reserve(own, amount, own_bytes, "quota")
        await self._reserve(pool_quota(self._small), amount, pool_bytes, "full")
        self._reserved_bytes = need

    async def _reserve(
        self, key: str, amount: int, limit: int, reason: Literal["quota", "full"]
    ) -> None:
        if not await self._store.reserve(key, amount, limit, self._left_s()):
            raise HoldRefused(reason)
        self._reserved.append((key, amount))

    async def _put(self, *entries: Entry) -> None:
        """Write them side by side: nobody knows of the hold before all are there."""
        self._written += [key for key, _ in entries]  # before: what times out may still happen
        left_s = self._left_s()
        puts = (self._store.put(key, value, left_s) for key, value in entries)
        faults = await asyncio.gather(*puts, return_exceptions=True)  # all ended: none comes late
        for fault in faults:
            if fault is not None:
                raise fault

    def _left_s(self) -> float:
        return max(1.0, self._ends_s - self._clock())

    def _sealed(self, place: Place, plain: bytes) -> bytes:
        nonce = self._rim.random_bytes(NONCE_BYTES)
        return self._form.seal(self._key, nonce, place, plain)


async def cut(body: AsyncIterator[bytes]) -> AsyncGenerator[tuple[bytes, bool], None]:
    """The body in chunks of `CHUNK_BYTES`, each with whether it is the last; empty: none."""
    waiting = bytearray()
    async for piece in body:
        for start in range(0, len(piece), CHUNK_BYTES):
            waiting += piece[start : start + CHUNK_BYTES]
            if len(waiting) > CHUNK_BYTES:  # not at exactly: this may be the last
                yield bytes(waiting[:CHUNK_BYTES]), False
                del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting), True
