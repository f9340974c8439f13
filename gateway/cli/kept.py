"""What is kept in the store, read from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import typer

from gateway.config import Config
from gateway.recent import Kept, all_kept, kept_under
from gateway.stores import Store, StoreError, open_store

T = TypeVar("T")


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
