"""The benches of faults in small: whatever they count must be as promised; times are theirs alone.

`python tests/bench/faults.py` runs the same in earnest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bench import app_faults
from tests.bench.rig import Figure, Rig, rig_in


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path) as rig:
        yield rig


def quiet(text: str) -> None:
    """What a bench says meanwhile."""


def broken(figures: list[Figure]) -> list[Figure]:
    """Promises not kept. A time counts only where it never came: the machine may be busy."""
    never = float("inf")
    return [f for f in figures if not f.kept and (f.unit != "ms" or f.value == never)]


async def test_app_killed_halfway(rig: Rig) -> None:
    assert broken(await app_faults.app_killed(rig, quiet, rounds=2)) == []


async def test_app_stopped(rig: Rig) -> None:
    found = await app_faults.app_stopped(rig, quiet, requests=5, reply_timeout_s=0.7, quiet_s=0.3)
    assert broken(found) == []


async def test_client_gone(rig: Rig) -> None:
    assert broken(await app_faults.client_gone(rig, quiet, rounds=2)) == []
