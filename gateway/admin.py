"""The admin listener: alive, ready, metrics. Bind it to loopback: it asks nobody who they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from gateway.metrics import CONTENT_TYPE, Metrics

CHECK_S = 2.0  # a check that takes longer has failed
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Check = Callable[[], Awaitable[None]]  # raises when what it checks is not usable


@dataclass(frozen=True, slots=True)
class Health:
    """What readiness depends on. `warnings`: what the operator should mend, though we serve."""

    checks: Mapping[str, Check]
    warnings: Callable[[], Sequence[str]] = field(default=tuple)


HEALTH = web.AppKey("health", Health)
METRICS = web.AppKey("metrics", Metrics)


def make_admin(health: Health, metrics: Metrics) -> web.Application:
    """`/healthz`, `/readyz`, `/metrics`."""
    app = web.Application()
    app[HEALTH] = health
    app[METRICS] = metrics
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/metrics", _metrics)
    return app


async def _healthz(request: web.Request) -> web.Response:
    """The process runs and its loop turns."""
    return web.Response(text="ok\n", headers=_HEADERS)


async def _readyz(request: web.Request) -> web.Response:
    """200 when every check passes, else 503; JSON says which."""
    health = request.app[HEALTH]
    faults = await asyncio.gather(*(_fault(check) for check in health.checks.values()))
    checks = dict(zip(health.checks, faults, strict=True))
    ready = not any(faults)
    body = {
        "ready": ready,
        "checks": {name: fault or "ok" for name, fault in checks.items()},
        "warnings": [warning for warning in health.warnings() if warning],
    }
    return web.Response(
        status=200 if ready else 503,
        text=json.dumps(body, indent=1) + "\n",
        content_type="application/json",
        headers=_HEADERS,
    )


async def _fault(check: Check) -> str:
    """What is wrong, by the type of the exception: its text may name hosts or paths."""
    try:
        await asyncio.wait_for(check(), CHECK_S)
    except TimeoutError:
        return f"no answer in {CHECK_S:g} s"
    except Exception as error:
        return type(error).__name__
    return ""


async def _metrics(request: web.Request) -> web.Response:
    """What Prometheus scrapes."""
    text = request.app[METRICS].render()
    return web.Response(body=text, headers=_HEADERS | {"Content-Type": CONTENT_TYPE})
