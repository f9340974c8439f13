"""Where what must outlive a request is kept: one protocol, three backends."""

from __future__ import annotations

from gateway.stores.base import Store, StoreDown, StoreError, StoreFull

__all__ = ["Store", "StoreDown", "StoreError", "StoreFull", "open_store"]


def open_store(url: str) -> Store:
    """The store a URL names. Connects to nothing yet: `ping` does. Raises ValueError.

    `memory:` · `sqlite:PATH`
    """
    scheme, _, rest = url.partition(":")
    if scheme == "memory" and not rest:
        from gateway.stores.memory import MemoryStore

        return MemoryStore()
    if scheme == "sqlite" and rest:
        from gateway.stores.sqlite import SqliteStore

        return SqliteStore(rest)
    raise ValueError(f"unknown store {scheme}:")
