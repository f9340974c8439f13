"""What an operator's probes see."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.admin import Health, make_admin
from gateway.metrics import Metrics
from gateway.stores import StoreDown
from gateway.stores.memory import MemoryStore


async def broken() -> None:
    raise StoreDown("redis://:hunter2@10.0.0.7")


async def stuck() -> None:
    await asyncio.sleep(60)


async def ready(aiohttp_client: Any, **health: Any) -> tuple[int, dict[str, Any]]:
    client = await aiohttp_client(make_admin(Health(**health), Metrics()))
    response = await client.get("/readyz")
    assert response.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = await response.json()
    return response.status, body


async def test_alive(aiohttp_client: Any) -> None:
    client = await aiohttp_client(make_admin(Health({"store": broken}), Metrics()))
    response = await client.get("/healthz")
    assert (response.status, await response.text()) == (200, "ok\n")


async def test_ready_when_every_check_passes(aiohttp_client: Any) -> None:
    store = MemoryStore()
    status, body = await ready(aiohttp_client, checks={"store": store.ping})
    assert (status, body) == (200, {"ready": True, "checks": {"store": "ok"}, "warnings": []})
    await store.close()
    status, body = await ready(aiohttp_client, checks={"store": store.ping})
    assert (status, body["checks"]) == (503, {"store": "StoreDown"})


async def test_a_fault_is_named_and_quotes_nothing(aiohttp_client: Any) -> None:
    status, body = await ready(aiohttp_client, checks={"store": broken})
    assert (status, body["ready"], body["checks"]) == (503, False, {"store": "StoreDown"})
    assert "hunter2" not in str(body)


async def test_a_check_that_hangs_has_failed(aiohttp_client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.admin.CHECK_S", 0.05)
    status, body = await ready(aiohttp_client, checks={"store": stuck})
    assert (status, body["checks"]) == (503, {"store": "no answer in 0.05 s"})


async def test_warnings_are_told_and_do_not_unready(aiohttp_client: Any) -> None:
    status, body = await ready(aiohttp_client, checks={}, warnings=lambda: ["proxy?", ""])
    assert (status, body["warnings"]) == (200, ["proxy?"])


async def test_metrics_are_scraped(aiohttp_client: Any) -> None:
    metrics = Metrics()
    metrics.refused(431)
    client = await aiohttp_client(make_admin(Health({}), metrics))
    response = await client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'gateway_refused_total{status="431"} 1.0' in await response.text()


async def test_nothing_else_is_there(aiohttp_client: Any) -> None:
    client = await aiohttp_client(make_admin(Health({}), Metrics()))
    for path in ("/", "/challenge", "/own/answer", "/debug"):
        assert (await client.get(path)).status == 404
