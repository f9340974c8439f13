"""Every backend, real: `backend` runs a test once on each."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.stores import Store, open_store
from gateway.stores.memory import MemoryStore
from gateway.stores.sqlite import SqliteStore
from tests.servers import Cluster, Sentinels, Server, redis_cluster, redis_sentinel, redis_server

BACKENDS = ("memory", "sqlite", "redis", "cluster", "sentinel")
NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def redis_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis_watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    """Not for failovers: other tests use it too."""
    with redis_sentinel(tmp_path_factory.mktemp("sentinel")) as group:
        yield group


@dataclass
class Backend:
    """One backend, its time, and as many gates on it as a test wants."""

    name: str
    url: str
    now_s: float = 1_000_000_000.0  # of the stores whose clock can be set
    stores: list[Store] = field(default_factory=list)

    def store(self) -> Store:
        """Another gate's store; all of them are the same place."""
        if self.name == "memory" and self.stores:
            return self.stores[0]
        if self.name == "memory":
            store: Store = MemoryStore(clock=lambda: self.now_s)
        elif self.name == "sqlite":
            store = SqliteStore(self.url, clock=lambda: self.now_s)
        else:
            store = open_store(f"{self.url}?deadline_ms=3000")  # a busy machine is no fault here
        self.stores.append(store)
        return store

    async def wait(self, seconds: float) -> None:
        """Let time pass, where it can be made to without waiting."""
        if self.name in ("memory", "sqlite"):
            self.now_s += seconds
        else:
            await asyncio.sleep(seconds + 0.02)


@pytest.fixture(params=BACKENDS)
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    match request.param:
        case "memory":
            url = "memory:"
        case "sqlite":
            url = str(tmp_path / "gateway.db")
        case "redis":
            url = request.getfixturevalue("redis_one").url
        case "cluster":
            url = request.getfixturevalue("redis_three").url
        case _:
            url = request.getfixturevalue("redis_watched").url
    backend = Backend(request.param, url)
    yield backend
    for store in backend.stores:
        await store.close()


@pytest.fixture
def store(backend: Backend) -> Store:
    return backend.store()


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return f"test:{next(NUMBERS)}"
