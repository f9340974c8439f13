"""Held requests on every backend."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator

import pytest

from gateway.hold import Claimed, ClaimFault, HeldRequest, HoldQuotas, HoldRefused, Holds
from gateway.hold.format import CHUNK_BYTES
from gateway.model import HoldRule, Reason
from gateway.stores import Store
from tests.stores.conftest import Backend

KEY = bytes(32)
REQUEST = HeldRequest("POST", b"/vote", ((b"Host", b"a.example"),), same_origin=False)
BODY = random.Random(1).randbytes(2 * CHUNK_BYTES + 1)


async def body() -> AsyncIterator[bytes]:
    yield BODY


def gate(store: Store, name: str, quotas: HoldQuotas | None = None) -> Holds:
    return Holds(store, quotas or HoldQuotas(), name, time.time, os.urandom)


async def test_kept_here_and_delivered_there(backend: Backend, key: str) -> None:
    here, there = gate(backend.store(), "a"), gate(backend.store(), "b")
    hold_id = await here.keep("v", KEY, REQUEST, body(), len(BODY), HoldRule(), key)
    claim = await there.claim(hold_id, KEY)
    assert isinstance(claim, Claimed)
    await claim.sending()
    assert b"".join([chunk async for chunk in claim.body()]) == BODY
    await claim.delivered()
    assert await here.claim(hold_id, KEY) == ClaimFault(Reason.DELIVERED)


async def test_of_64_claims_one_may_send(backend: Backend, key: str) -> None:
    gates = [gate(backend.store(), name) for name in "ab"]
    hold_id = await gates[0].keep("v", KEY, REQUEST, body(), None, HoldRule(), key)
    found = await asyncio.gather(*[gates[i % 2].claim(hold_id, KEY) for i in range(64)])
    assert sum(isinstance(one, Claimed) for one in found) == 1


async def test_of_64_decisions_to_send_again_one_may(backend: Backend, key: str) -> None:
    gates = [gate(backend.store(), name) for name in "ab"]
    hold_id = await gates[0].keep("v", KEY, REQUEST, body(), None, HoldRule(), key)
    claim = await gates[0].claim(hold_id, KEY)
    assert isinstance(claim, Claimed)
    await claim.sending()
    await claim.broken()
    again = [gates[i % 2].claim(hold_id, KEY, again=True) for i in range(64)]
    assert sum(isinstance(one, Claimed) for one in await asyncio.gather(*again)) == 1


async def test_quotas_hold_for_all_gates_together(backend: Backend, key: str) -> None:
    quotas = HoldQuotas(prefix_bytes=4 * len(BODY))
    gates = [gate(backend.store(), name, quotas) for name in "ab"]
    kept = await asyncio.gather(
        *[gates[i % 2].keep("v", KEY, REQUEST, body(), None, HoldRule(), key) for i in range(8)],
        return_exceptions=True,
    )
    assert sum(isinstance(one, str) for one in kept) <= 3
    assert {str(one) for one in kept if isinstance(one, HoldRefused)} == {"quota"}
    for hold_id in kept:
        if isinstance(hold_id, str):
            claim = await gates[0].claim(hold_id, KEY)
            assert isinstance(claim, Claimed)
            await claim.sending()
            await claim.delivered()
    for _ in range(3):
        await gates[0].keep("v", KEY, REQUEST, body(), len(BODY), HoldRule(), key)
    with pytest.raises(HoldRefused, match="quota"):
        await gates[0].keep("v", KEY, REQUEST, body(), len(BODY), HoldRule(), key)
