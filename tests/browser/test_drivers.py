"""Two drivers of `python -m tests.drivers`, once each: how they fare at the default policy."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.drivers.http_only import Http
from tests.drivers.naive import Naive
from tests.drivers.recordings import Recordings, Step
from tests.drivers.stage import staged

CURVE = [Step(100 + 9 * i, 10 + 5 * i, 20 + (i * (40 - i)) / 20) for i in range(40)]


async def test_clients_and_scripts_at_the_default_policy(tmp_path: Path) -> None:
    """A made-up report and a plain script are refused, and the gate's records say for what."""
    async with staged(tmp_path) as stage:
        recordings = Recordings(Random(1), [CURVE], [CURVE])
        http = Http(stage, Random(1), recordings)
        tried = await stage.visit("http", 0, "81.2.3.4", lambda: http.visit(0))
        assert "layout_wrong" in tried.signals and not tried.delivered, tried
        assert tried.hashes > 0 and tried.requests >= 4, tried
        naive = Naive(stage, Random(1))
        await naive.start()
        try:
            found = await stage.visit("naive", 0, "81.2.4.4", lambda: naive.visit(0))
        finally:
            await naive.stop()
            await http.stop()
        assert not found.delivered, found
        assert found.risk == pytest.approx(1.0, abs=0.1) and "webdriver" in found.signals, found
        assert found.cpu_s > 0 and found.end == "refused blocked", found
