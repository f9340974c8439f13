"""Where what must outlive a request is kept: one protocol, three backends."""

from __future__ import annotations

from gateway.stores.base import Book, Entry, Store, StoreDown, StoreError, StoreFull

__all__ = ["Book", "Entry", "Store", "StoreDown", "StoreError", "StoreFull", "open_store"]


def open_store(url: str) -> Store:
    """The store a URL names. Connects to nothing yet: `ping` does. Raises ValueError.

    `memory:` · `sqlite:PATH` · `redis://…`, `redis+sentinel://…`, `redis+cluster://…`
    (see `redis_url`). Backends are imported only when asked for: redis-py alone takes 150 ms.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "memory" and not rest:
        from gateway.stores.memory import MemoryStore

        return MemoryStore()
    if scheme == "sqlite" and rest:
        from gateway.stores.sqlite import SqliteStore

        return SqliteStore(rest)
    if scheme.partition("+")[0] in ("redis", "rediss"):
        from gateway.stores.redis import RedisStore
        from gateway.stores.redis_url import parse_redis_url

        return RedisStore(parse_redis_url(url))
    raise ValueError("a store is memory:, sqlite:PATH, redis://… or redis+sentinel, redis+cluster")
