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
still nothing is sent twice. A gate knows its own claims without a clock: one that bears its name
and isn't in its memory died with the process before. Hence gates alive at one time must have
different `gate_id`s, and a worker that comes back under its old one recovers at once.

What a store can forget, this forgets: see the README on Redis failovers. A forgotten hold is
`HOLD_LOST`; a forgotten change of a record could let a request go out again.

The body goes through in chunks: at most two are in memory, and the next is asked of the iterator
when the last was stored. How it looks in the store is in `hold_format`.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Literal, assert_never
from weakref import WeakValueDictionary

from gateway.hold_format import (
    CHUNK_BYTES,
    CURRENT,
    FORMATS,
    NONCE_BYTES,
    SEAL_BYTES,
    Format,
    Head,
    HeldRequest,
    Place,
    Record,
    chunk_key,
    format_of_blob,
    head_key,
    read_record,
    state_key,
)
from gateway.model import HoldRule, Reason
from gateway.stores import Store, StoreError, StoreFull

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


class Holds:
    """`clock`: Unix seconds. `gate_id`: no two processes alive at one time share one."""

    def __init__(
        self,
        store: Store,
        limits: HoldQuotas,
        gate_id: str,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._limits = limits
        self._gate_id = gate_id
        self._clock = clock
        self._random_bytes = random_bytes
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

        `key`: 32 bytes that the store never sees. `size_bytes`: None if unknown. Raises
        HoldRefused, ValueError if the body isn't as long as stated, and whatever `body` raises;
        then nothing is left behind (but what a broken store keeps until it expires).
        """
        if size_bytes is not None and size_bytes > rule.max_bytes:
            raise HoldRefused("too_large")
        hold_id = urlsafe_b64encode(self._random_bytes(18)).decode()
        writing = _Writing(self, hold_id, visit_id, key, request, rule, caller_prefix)
        try:
            await writing.store(body, size_bytes)
        except BaseException as error:
            await self._finish(writing.undo())
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

    async def _finish(self, work: Coroutine[None, None, None]) -> None:
        """Do it to the end, even if whoever waits is cancelled meanwhile."""
        task = asyncio.ensure_future(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        await asyncio.shield(task)

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
        if record.gate == self._gate_id:
            return record.token in self._live
        left_s = record.until_s - self._clock()
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
        token = self._random_bytes(12).hex()
        claimed = Claimed(self, hold_id, key, form, head, record, token)
        return claimed if await claimed.has_body() else None


class _Writing:
    """One request on its way into the store, and what must be undone if it doesn't get there."""

    def __init__(
        self,
        holds: Holds,
        hold_id: str,
        visit_id: str,
        key: bytes,
        request: HeldRequest,
        rule: HoldRule,
        prefix: str,
    ) -> None:
        self._holds = holds
        self._store = holds._store
        self._clock = holds._clock
        self._id = hold_id
        self._key = key
        self._rule = rule
        self._form = FORMATS[CURRENT]
        self._began_s = holds._clock()
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
                await self._put(chunk_key(self._id, chunks), self._sealed(place, chunk))
                chunks += 1
        if size_bytes is not None and seen_bytes != size_bytes:
            raise ValueError("the body isn't as long as stated")
        if not self._ends_s:
            self._choose_pool(0)
            await self._cover(0)
        await self._store_head(seen_bytes, digest.hexdigest(), chunks)

    async def _store_head(self, size_bytes: int, digest: str, chunks: int) -> None:
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
        await self._put(head_key(self._id), self._sealed(Place(self._id, "head"), plain))
        record = Record("held", kept_s=self._rule.ttl_s + REMEMBER_S)
        await self._put(state_key(self._id), self._form.dump_record(record))

    async def undo(self) -> None:
        with suppress(StoreError):
            if self._written:
                await self._store.delete(*self._written)
            for key, amount in self._reserved:
                await self._store.release(key, amount)

    def _choose_pool(self, size_bytes: int | None) -> None:
        """None: more than a chunk, and nobody knows how much."""
        self._small = size_bytes is not None and size_bytes <= self._holds._limits.small_bytes
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
        limits = self._holds._limits
        pool_bytes = limits.small_total_bytes if self._small else limits.total_bytes
        await self._reserve(prefix_quota(self._head.prefix), amount, limits.prefix_bytes, "quota")
        await self._reserve(pool_quota(self._small), amount, pool_bytes, "full")
        self._reserved_bytes = need

    async def _reserve(
        self, key: str, amount: int, limit: int, reason: Literal["quota", "full"]
    ) -> None:
        if not await self._store.reserve(key, amount, limit, self._left_s()):
            raise HoldRefused(reason)
        self._reserved.append((key, amount))

    async def _put(self, key: str, value: bytes) -> None:
        self._written.append(key)  # before: a write that times out may happen all the same
        await self._store.put(key, value, self._left_s())

    def _left_s(self) -> float:
        return max(1.0, self._ends_s - self._clock())

    def _sealed(self, place: Place, plain: bytes) -> bytes:
        nonce = self._holds._random_bytes(NONCE_BYTES)
        return self._form.seal(self._key, nonce, place, plain)


class Claimed:
    """A held request that this gate may send; a `model.Delivery`."""

    def __init__(
        self,
        holds: Holds,
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
        self._holds = holds
        self._store = holds._store
        self._id = hold_id
        self._key = key
        self._form = form
        self._head = head
        self._token = token
        self._first: bytes | None = None
        again = record.again or record.state == "sent"
        self._record = replace(
            record, gate=holds._gate_id, token=token, again=again, state="claimed"
        )
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
        self._holds._live[self._token] = self
        taken = await self._swap(old, self._record)
        if not taken:
            del self._holds._live[self._token]
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
        until_s = 0.0 if wait_s is None else self._holds._clock() + wait_s
        return replace(self._record, state=state, until_s=until_s)

    def _dump(self, record: Record) -> bytes:
        return self._form.dump_record(record)

    async def _swap(self, old: bytes, new: Record) -> bool:
        return await self._store.swap(state_key(self._id), old, self._dump(new), new.kept_s)

    async def _let_go(self) -> None:
        head = self._head
        chunks = (chunk_key(self._id, index) for index in range(head.chunks))
        await self._store.delete(head_key(self._id), *chunks)
        if self._holds._clock() + SKEW_S < head.ends_s:  # later it has expired by itself
            await self._store.release(prefix_quota(head.prefix), head.cost_bytes)
            await self._store.release(pool_quota(head.small), head.cost_bytes)

    def _forget(self) -> None:
        self._holds._live.pop(self._token, None)


def prefix_quota(prefix: str) -> str:
    return f"quota:prefix:{prefix}"


def pool_quota(small: bool) -> str:
    return "quota:small" if small else "quota:large"


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
