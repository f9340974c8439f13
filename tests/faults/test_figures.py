"""The benches of faults in small: whatever they count must be as promised; times are theirs alone.

`python tests/bench/faults.py` runs the same in earnest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import app_faults, disk_faults, slow_faults, soak, store_faults, visit_faults
from tests.bench.proxied.figures import Figure
from tests.bench.rig import Rig, rig_in


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path) as rig:
        yield rig


def quiet(text: str) -> None:
    """What a bench says meanwhile."""


def broken(figures: list[Figure]) -> list[Figure]:
    """Promises not kept. A time counts only where it never came: the machine may be busy."""
    never = float("inf")
    return [f for f in figures if not f.kept and (f.unit not in ("ms", "s") or f.value == never)]


async def test_app_killed_halfway(rig: Rig) -> None:
    assert broken(await app_faults.app_killed(rig, quiet, rounds=2)) == []


async def test_app_stopped(rig: Rig) -> None:
    found = await app_faults.app_stopped(rig, quiet, requests=5, reply_timeout_s=0.7, quiet_s=0.3)
    assert broken(found) == []


async def test_client_gone(rig: Rig) -> None:
    assert broken(await app_faults.client_gone(rig, quiet, rounds=2)) == []


@pytest.mark.parametrize("row", store_faults.ROWS)
async def test_redis(rig: Rig, row: str) -> None:
    fault = {
        "redis-killed": store_faults.redis_killed,
        "redis-stopped": store_faults.redis_stopped,
        "redis-slow": store_faults.redis_slow,
    }[row]
    assert broken(await fault(rig, quiet, seconds=0.5)) == []


async def test_disk_full(rig: Rig) -> None:
    assert broken(await disk_faults.disk_full(rig, quiet, seconds=0.5)) == []


@pytest.mark.parametrize(
    ("began_s", "ms", "counts"),
    [
        (9.999, 5, False),  # before
        (10.0, 5, True),
        (10.5, 500, True),
        (10.9, 101, False),  # answered when all was well again
        (11.0, 5, False),  # after
    ],
)
def test_what_began_and_ended_meanwhile_counts(began_s: float, ms: float, counts: bool) -> None:
    sample = store_faults.Sample("uses", began_s, ms, 200)
    load = store_faults.Load(0, {}, [sample, replace(sample, sort="form")])
    assert (load.within("uses", 10.0, 11.0) == [sample]) is counts


async def test_challenges_opened_and_abandoned(rig: Rig) -> None:
    found = await visit_faults.abandoned(rig, quiet, gets=1500, posts=500, step=250)
    assert broken(found) == []


@pytest.mark.parametrize("kind", slow_faults.ATTACKS)
async def test_slow_clients(rig: Rig, kind: str) -> None:
    found = await slow_faults.slow(rig, quiet, kind, connections=60, seconds=5)
    assert broken(found) == []
    assert next(f.value for f in found if f.name == "connections at most") >= 50


async def test_one_address_gets_its_share(rig: Rig) -> None:
    found = await slow_faults.one_address(rig, quiet, connections=60, seconds=4, share=20)
    assert broken(found) == []


async def test_everything_at_once(rig: Rig) -> None:
    _, load = await soak.soak(rig, quiet, minutes=0.05)
    assert load.wrong == {}
    assert {"visits", "echoes", "events", "held challenge", "app breaks off"} <= set(load.done)
