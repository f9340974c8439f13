"""A real gate with lists and databases: who is let by, who is refused, and what is recorded."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.addresses.files import write_mmdb
from tests.bench.reloads import reload
from tests.conftest import StartGate
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder

SECRET = "n8Xw2kQv5rTz7Lp3Yb9Hd4Gs"
ROUTES = [
    {"name": "register", "match": {"path": "/register"}, "ladder": ["one_click"]},
    {
        "name": "vote",
        "match": {"path": "/vote"},
        "ladder": ["one_click"],
        "deny": [{"list": "tor"}],
        "allow": [{"country": "CH", "path": "/vote"}],
    },
    {"name": "shadow", "match": {"path": "/shadow"}, "ladder": ["one_click"], "mode": "shadow"},
]
SITE = {
    "deny": [
        {"address": "192.0.2.0/24", "note": "pumping"},
        {"address": "192.0.3.0/24", "until": "2020-01-01"},
        {"asn": "AS64499"},
        {"header": {"User-Agent": "~(?i).*badbot.*"}, "path": ["/register", "/x/**"]},
    ],
    "allow": [
        {"address": "2001:db8:7::/48"},
        {"header": {"X-Monitor": SECRET}},
        {"address": "192.0.2.9"},  # within what is denied: a deny wins
    ],
}


@pytest.fixture
async def gate(start_gate: StartGate, tmp_path: Path) -> GateProcess:
    write_mmdb(tmp_path / "country.mmdb", {"198.51.100.0/24": {"country": {"iso_code": "CH"}}})
    write_mmdb(tmp_path / "asn.mmdb", {"203.0.113.0/24": {"autonomous_system_number": 64499}})
    (tmp_path / "tor.txt").write_text("# of Tor\n198.51.100.7\n")
    (tmp_path / "cloud.txt").write_text("AS64498\n172.20.0.0/16\n")
    return await start_gate(
        ROUTES,
        site=SITE,
        trusted_proxies=["127.0.0.1"],
        addresses={
            "country": "country.mmdb",
            "asn": "asn.mmdb",
            "lists": {"tor": "tor.txt", "cloud": {"file": "cloud.txt", "weight": "0.25"}},
        },
    )


async def ask(gate: GateProcess, path: str, address: str, **headers: str) -> int:
    fields = {"X-Forwarded-For": address, "User-Agent": "Mozilla/5.0 Any", **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.get(gate.url + path, headers=fields, allow_redirects=False) as reply,
    ):
        text = await reply.text()
        challenged = "gateway_visit" in text or "X-Gateway-Challenge" in reply.headers
        return reply.status + (challenged and 1000)


CHALLENGED, DENIED, PASSED = 1403, 403, 200


async def test_lists(gate: GateProcess):
    for path, address, headers, expected in (
        ("/register", "10.9.9.9", {}, CHALLENGED),
        ("/other", "10.9.9.9", {}, PASSED),
        # by address, on the whole site, whether a route is about it or not
        ("/register", "192.0.2.7", {}, DENIED),
        ("/other", "192.0.2.7", {}, DENIED),
        ("/register", "192.0.2.9", {}, DENIED),
        ("/register", "192.0.3.7", {}, CHALLENGED),  # that day is over
        ("/register", "2001:db8:7::1", {}, PASSED),
        ("/register", "2001:db8:8::1", {}, CHALLENGED),
        ("/register", "203.0.113.5", {}, DENIED),
        # by header: a secret lets by, an agent is denied only where the path fits too
        ("/register", "10.9.9.9", {"X-Monitor": SECRET}, PASSED),
        ("/register", "10.9.9.9", {"X-Monitor": SECRET[:-1]}, CHALLENGED),
        ("/register", "10.9.9.9", {"User-Agent": "my BadBot/2"}, DENIED),
        ("/x/y", "10.9.9.9", {"User-Agent": "my BadBot/2"}, DENIED),
        ("/vote", "10.9.9.9", {"User-Agent": "my BadBot/2"}, CHALLENGED),
        # of one route
        ("/vote", "198.51.100.7", {}, DENIED),
        ("/register", "198.51.100.7", {}, CHALLENGED),
        ("/vote", "198.51.100.8", {}, PASSED),
        ("/register", "198.51.100.8", {}, CHALLENGED),
    ):
        for _ in range(2):  # the second time fields are remembered
            found = await ask(gate, path, address, **headers)
            assert found == expected, (path, address, headers)


async def test_records_say_which_entry(gate: GateProcess):
    await ask(gate, "/register", "192.0.2.7")
    await ask(gate, "/register", "2001:db8:7::1")
    records = [r for r in gate.records("decision") if r.get("listed")]
    assert [(r["listed"], r["action"], r["reason"]) for r in records] == [
        ({"action": "deny", "entry": "site.deny.1"}, "deny", "listed"),
        ({"action": "allow", "entry": "site.allow.1"}, "forward", "listed"),
    ]
    assert SECRET not in gate.log_text()


async def test_lists_are_signals_too(gate: GateProcess, app: Recorder):
    risks = []
    for address in ("10.9.9.9", "172.20.1.1", "198.51.100.7"):
        await ask(gate, "/shadow", address)
        risks.append(1 - float(app.seen[-1].get("X-Gateway-Risk") or 0))
    plain, cloud, tor = risks
    assert cloud == pytest.approx(plain * 0.75, abs=0.002)
    assert tor == pytest.approx(plain * 0.5, abs=0.002)


async def test_warnings_and_reload(gate: GateProcess, tmp_path: Path):
    """An entry that is over, and a secret: said at start. A reload reads the lists anew."""
    assert await ask(gate, "/other", "10.9.9.9") == PASSED  # it has begun, and said so
    said = [record["fault"] for record in gate.records("config")]
    assert any("deny[1].until" in text and "take it out" in text for text in said)
    assert any("allow[1].header" in text and "password" in text for text in said)
    assert SECRET not in "".join(said)
    (tmp_path / "tor.txt").write_text("198.51.100.8\n")
    await reload(gate)
    assert await ask(gate, "/vote", "198.51.100.8") == DENIED
    assert await ask(gate, "/vote", "198.51.100.7") == PASSED
    (tmp_path / "tor.txt").write_text("198.51.100.8\nnonsense\n")
    os.kill(gate.pid, signal.SIGHUP)
    async with asyncio.timeout(20):
        while not gate.records("reload_refused"):
            await asyncio.sleep(0.02)
    refused = gate.records("reload_refused")[-1]
    assert f"{tmp_path / 'tor.txt'}:2:1" in str(refused)
    assert await ask(gate, "/vote", "198.51.100.8") == DENIED
