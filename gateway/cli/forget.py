"""`gateway forget`: remove what is kept about somebody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import typer
from rich.text import Text

from gateway.cli import exits
from gateway.cli.faults import load_or_explain
from gateway.cli.kept import keys_of, reference_of, with_store
from gateway.cli.saying import counted, wide_console
from gateway.config import Config
from gateway.hold.format import chunk_key, head_key, read_record, state_key
from gateway.hold.terms import prefix_quota
from gateway.kept.forgetting import (
    Whose,
    counter_keys,
    is_of,
    of_address,
    of_network,
    of_reference,
    of_user,
    passes_in,
)
from gateway.kept.recent import Kept, all_kept
from gateway.ring import KeyRing
from gateway.stores import Entry, Store

T = TypeVar("T")

AT_ONCE = 500  # keys or entries in one call of the store
MOST_CHUNKS = 1 << 16
_UNDER_WAY = ("claimed", "sent")


@dataclass(slots=True)
class Removed:
    """How much was removed, or would be."""

    records: int = 0
    traces: int = 0
    holds: int = 0
    under_way: int = 0  # holds that go to the app just now: they stay
    counters: int = 0


def forget(
    path: Path, *, address: str, prefix: str, user: str, reference: str, dry_run: bool
) -> int:
    """Remove, and say what. Nothing found is no failure."""
    config = load_or_explain(path, warn=False)
    if isinstance(config, int):
        return config
    ring = keys_of(config)
    whose = _whose(config, ring, address, prefix, user, reference)

    async def work(store: Store) -> Removed:
        return await _forget(store, config, ring, whose, dry_run=dry_run)

    _print(with_store(config, work), dry_run=dry_run)
    return exits.OK


def _whose(
    config: Config, ring: KeyRing, address: str, prefix: str, user: str, reference: str
) -> Whose:
    try:
        if address:
            return of_address(ring, address)
        if prefix:
            return of_network(ring, prefix)
        if user:
            return of_user(ring, config.sites, user)
        return of_reference(reference_of(reference))
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None


async def _forget(
    store: Store, config: Config, ring: KeyRing, whose: Whose, *, dry_run: bool
) -> Removed:
    removed = Removed()
    found = await _found(store, whose)
    removed.records = len(found)
    drawn = await _drawn(store, whose, {kept.entry.id for kept in found})
    removed.traces = len(drawn)
    for hold_id in {kept.hold_id for kept in found if kept.hold_id}:
        await _forget_hold(store, hold_id, removed, dry_run=dry_run)
    answers = config.limits.answers
    windows_s = {"answers": answers.window_s, "accessible": answers.accessible_window_s}
    named = frozenset(each for kept in found for each in passes_in(kept.record))
    whose = replace(whose, passes=named)
    keys = dict.fromkeys(counter_keys(whose, ring, config.sites, windows_s, time.time()))
    quotas = [prefix_quota(prefix, small) for prefix in whose.prefixes for small in (True, False)]
    for some in _batches([*keys, *quotas]):
        removed.counters += await _forget_keys(store, some, dry_run=dry_run)
    if not dry_run:
        for entries in _batches([kept.entry for kept in found]):
            await store.strike(entries)
        for entries in _batches(drawn):
            await store.strike(entries, "traces")
    return removed


async def _found(store: Store, whose: Whose) -> list[Kept]:
    """Records about them, and what else is kept of the same requests and of what followed."""
    own = [kept async for kept in all_kept(store) if is_of(whose, kept.record, kept.marks)]
    references = {kept.entry.id for kept in own}
    return [
        kept
        async for kept in all_kept(store)
        if kept.entry.id in references or kept.record.get("challenged") in references
    ]


async def _drawn(store: Store, whose: Whose, references: set[str]) -> list[Entry]:
    """Raw paths of theirs; they may be kept longer than the records of the same visits."""
    return [
        kept.entry
        async for kept in all_kept(store, book="traces")
        if kept.entry.id in references or is_of(whose, kept.record, kept.marks)
    ]


async def _forget_keys(store: Store, keys: list[str], *, dry_run: bool) -> int:
    """How many of them there were. Hashes of windows are no values: deleting says nothing."""
    if not dry_run:
        await store.delete(*keys)
    return len(keys)


async def _forget_hold(store: Store, hold_id: str, removed: Removed, *, dry_run: bool) -> None:
    state = await store.get(state_key(hold_id))
    known = read_record(state) if state is not None else None
    if known is None:
        return
    if known[1].state in _UNDER_WAY:
        removed.under_way += 1
        return
    removed.holds += 1
    if dry_run:
        return
    await store.delete(state_key(hold_id), head_key(hold_id))
    for index in range(MOST_CHUNKS):
        if await store.get(chunk_key(hold_id, index)) is None:
            return
        await store.delete(chunk_key(hold_id, index))


def _batches(some: list[T]) -> Iterator[list[T]]:
    for at in range(0, len(some), AT_ONCE):
        yield some[at : at + AT_ONCE]


def _print(removed: Removed, *, dry_run: bool) -> None:
    console = wide_console()
    done = "would be removed" if dry_run else "removed"
    told = [
        f"{counted(removed.records, 'record')} {done}",
        f"paths of {counted(removed.traces, 'answer')} {done}",
        f"{counted(removed.holds, 'held request')} {done}",
        f"{counted(removed.counters, 'counter')} {done}, where there were any",
    ]
    if removed.under_way:
        told.append(f"left, on the way to the app: {counted(removed.under_way, 'held request')}")
    told.append("what names nobody (uses of passes, tries, digests of values) lapses by itself")
    told.append("the log is a file of yours, and stays as it is")
    for line in told:
        console.print(Text(line))
