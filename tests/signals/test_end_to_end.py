"""What browsers were recorded to send, sent again through a real gate; and what a proxy tells."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import StartGate
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder
from tests.signals.test_fields import FOX, PAGE, RECORDED, Fields, lower, moved

SHADOW = [{"name": "all", "match": {"path": "/**"}, "ladder": ["one_click"], "mode": "shadow"}]
JA3, OF_PYTHON = "e7d705a3286e19ea42f587b344ee6865", "t13i181000_85036bcba153_d41ae481755e"


async def risk(gate: GateProcess, app: Recorder, fields: Fields) -> float:
    """What the app is told of a GET with these fields, in their order and spelling."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    kept = [each for each in fields if each[0].lower() != "content-length"]
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept)
    writer.write(f"GET /page HTTP/1.1\r\n{lines}\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return float(app.seen[-1].get("X-Gateway-Risk") or -1)


@pytest.fixture
async def gate(start_gate: StartGate) -> GateProcess:
    return await start_gate(SHADOW, site={"scheme": "https"})


async def test_browsers_have_no_risk(gate: GateProcess, app: Recorder):
    for name, seen in RECORDED.items():
        for what, fields in seen.items():
            assert await risk(gate, app, fields) == 0.0, (name, what)


async def test_order_and_spelling_reach_the_rules(gate: GateProcess, app: Recorder):
    assert await risk(gate, app, moved(PAGE, "user-agent", "accept")) == 0.5
    assert await risk(gate, app, lower(FOX)) == 0.5


async def test_what_a_proxy_tells(start_gate: StartGate, app: Recorder, tmp_path: Path):
    (tmp_path / "tls.txt").write_text(f"{JA3}\n")
    told = {"ja4": "X-JA4", "ja3": "X-JA3", "file": "tls.txt"}
    gate = await start_gate(
        SHADOW, site={"scheme": "https"}, trusted_proxies=["127.0.0.1"], hints=told
    )
    assert await risk(gate, app, PAGE) == 0.0
    assert await risk(gate, app, [*PAGE, ["X-JA4", OF_PYTHON]]) == 0.5
    assert await risk(gate, app, [*PAGE, ["X-JA3", JA3]]) == 0.7
    assert await risk(gate, app, lower(PAGE)) == 0.0  # the proxy's spelling
