"""Shared fixtures: an app that records, and real gates before it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.gatekeeper import GateProcess, config
from tests.recorder import Recorder
from tests.servers import Server, redis_server
from tests.visitor import Visitor

settings.register_profile("gateway", deadline=None)  # a busy machine is no fault
settings.load_profile("gateway")

TESTS = Path(__file__).parent
StartGate = Callable[..., Awaitable[GateProcess]]

SLOW = ("bench_kinds", "browser", "faults", "third_party")  # folders, the slowest first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, so that at the end no process works on one while the other has nothing."""
    ranks = {folder: rank for rank, folder in enumerate(SLOW)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(TESTS).parts[0], len(SLOW)))


@pytest.fixture
async def app() -> AsyncIterator[Recorder]:
    """An app on a free port that writes down what reaches it."""
    recorder = Recorder()
    await recorder.start()
    yield recorder
    await recorder.stop()


@contextlib.asynccontextmanager
async def gates(folder: Path, app: Recorder) -> AsyncIterator[StartGate]:
    """`await start(routes, **settings)`: a running gate before `app`. Stopped at the end."""
    started: list[GateProcess] = []

    async def start(
        routes: list[dict[str, Any]],
        *,
        upstream: str | dict[str, Any] = "",
        environment: dict[str, str] | None = None,
        options: Sequence[str] = (),
        **settings: Any,
    ) -> GateProcess:
        name = f"gate{len(started)}"
        gate = GateProcess(folder, config(upstream or app.url, routes, **settings), name, options)
        started.append(gate)
        await gate.start(environment)
        return gate

    try:
        yield start
    finally:
        for gate in started:
            await gate.stop()


@pytest.fixture
async def start_gate(tmp_path: Path, app: Recorder) -> AsyncIterator[StartGate]:
    """Gates of the test's own; see `gates`."""
    async with gates(tmp_path, app) as start:
        yield start


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def recorder() -> AsyncIterator[Recorder]:
    """One app for the tests of a module; `forget()` between them."""
    recorder = Recorder()
    await recorder.start()
    yield recorder
    await recorder.stop()


def one_gate(routes: list[dict[str, Any]], **settings: Any) -> Any:
    """A fixture: one gate before `recorder`, for all tests of a module."""

    @pytest_asyncio.fixture(loop_scope="module", scope="module")
    async def gate(
        tmp_path_factory: pytest.TempPathFactory, recorder: Recorder
    ) -> AsyncIterator[GateProcess]:
        async with gates(tmp_path_factory.mktemp("gate"), recorder) as start:
            yield await start(routes, **settings)

    return gate


def forgetful_app() -> Any:
    """A fixture: `recorder`, which has forgotten what other tests sent."""

    @pytest.fixture
    def app(recorder: Recorder) -> Recorder:
        recorder.forget()
        return recorder

    return app


def one_visitor() -> Any:
    """A fixture: somebody new before `gate` in each test of a module."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def visitor(gate: GateProcess) -> AsyncIterator[Visitor]:
        async with Visitor(gate.url) as visitor:
            yield visitor

    return visitor


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    """A Redis of the test's own, to be paused or killed."""
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def redis_url(redis: Server) -> str:
    return redis.url
