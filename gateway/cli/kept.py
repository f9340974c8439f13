"""What is kept in the store, read from the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import typer

from gateway.cli.lines import opened
from gateway.config import Config
from gateway.kept.recent import Kept, all_kept, kept_under
from gateway.keys import load_keys
from gateway.model import JSON
from gateway.ring import KeyRing, KeysError
from gateway.stores import Store, StoreError, open_store

T = TypeVar("T")
MAX_LINE_BYTES = 64 * 1024
MOST_FOLLOWED = 100  # records of one visit that are shown


def with_store(config: Config, work: Callable[[Store], Awaitable[T]]) -> T:
    """Do this with the configuration's store. Raises typer.BadParameter where it can't be."""
    url = config.store.reveal()
    if url == "memory:":
        raise typer.BadParameter("the store is memory: only the gate itself sees what is kept")

    async def run() -> T:
        store = open_store(url)
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StoreError as fault:
        raise OSError(f"the store can't be asked: {fault}") from None


def keys_of(config: Config) -> KeyRing:
    """The keys that what is kept was marked and sealed with. Raises OSError."""
    try:
        return load_keys(config.keys)
    except KeysError as fault:
        raise OSError(str(fault)) from None


def reference_of(text: str) -> str:
    """A reference as visitors quote it, in its one spelling. Raises typer.BadParameter."""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise typer.BadParameter(f"{text[:60]}: a reference is a UUID, as the page shows") from None


def of_reference(config: Config, reference: str) -> list[Kept]:
    """What is kept under a reference: of a challenge with all that followed, whichever is named."""
    name = reference_of(reference)

    async def find(store: Store) -> list[Kept]:
        found = await kept_under(store, name)
        if not found:
            return []
        challenged = next((each.record.get("challenged") for each in found), None)
        root = str(challenged or name)
        whole = await kept_under(store, root) if challenged else found
        followed = [
            each async for each in all_kept(store, root) if each.record.get("challenged") == root
        ]
        return [*whole, *followed] if whole else found

    return with_store(config, find)


def of_log(path: Path, reference: str) -> list[Mapping[str, JSON]]:
    """The same from a log: records that name the reference, or the challenge it followed from."""
    found = _naming(path, reference_of(reference))
    challenged = next((each.get("challenged") for each in found), None)
    return _naming(path, str(challenged)) if challenged else found


def _naming(path: Path, reference: str) -> list[Mapping[str, JSON]]:
    found: list[Mapping[str, JSON]] = []
    with opened(path, MAX_LINE_BYTES) as lines:
        for raw in lines:
            if reference.encode() in raw and len(raw) <= MAX_LINE_BYTES:
                with suppress(ValueError, RecursionError):
                    record = json.loads(raw)
                    if reference in (record.get("reference"), record.get("challenged")):
                        found.append(record)
            if len(found) >= MOST_FOLLOWED:
                break
    return found
