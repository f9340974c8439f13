"""A gate to speak to, as the wire would."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from blockbuster import BlockBuster, blockbuster_ctx

from gateway.server import RUNNER_OPTIONS, make_app
from tests.server.desk import Clock, Desk, make_parts


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[BlockBuster]:
    """A file, a socket or a sleep inside the event loop fails the test."""
    with blockbuster_ctx("gateway") as blockbuster:
        yield blockbuster


@pytest.fixture
async def open_desk(aiohttp_client: Any) -> Any:
    """`await open_desk(**changes of the parts)`."""

    async def start(clock: Clock | None = None, **changes: Any) -> Desk:
        clock, lines = clock or Clock(), io.StringIO()
        parts = make_parts(clock, lines, **changes)
        server = TestServer(make_app(parts))
        options = {k: v for k, v in RUNNER_OPTIONS.items() if k != "handler_cancellation"}
        await server.start_server(**options)  # aiohttp's test server sets that one itself
        client = await aiohttp_client(server)
        return Desk(parts, clock, lines, client)

    return start


@pytest.fixture
async def desk(open_desk: Any) -> Desk:
    """A gate with everything as usual."""
    opened: Desk = await open_desk()
    return opened
