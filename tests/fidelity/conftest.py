"""One gate and one nginx before one scripted app, for all pairs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.fidelity.ways import ScriptedApp, gated, nginx_before, scripted


@dataclass
class Ways:
    app: ScriptedApp
    authority: str  # of the app
    direct: int
    gate: int
    nginx: int


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def ways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ways]:
    folder = tmp_path_factory.mktemp("ways")
    async with AsyncExitStack() as stack:
        app, url = await stack.enter_async_context(scripted())
        gate = await stack.enter_async_context(gated(folder, url))
        nginx = await stack.enter_async_context(nginx_before(folder, url))
        authority = url.removeprefix("http://")
        yield Ways(app, authority, int(authority.split(":")[1]), gate.port, nginx)
