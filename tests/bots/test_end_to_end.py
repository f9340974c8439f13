"""A real gate asks a real DNS server: who is a good bot, and what that is worth on which route."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.bots import thumbprint
from tests.bots.dns import dns_server, reverse
from tests.conftest import StartGate
from tests.gatekeeper import GateProcess

HOST = "crawl-1.googlebot.com"
ZONE = {
    (reverse("66.249.66.1"), "PTR"): [HOST],
    (HOST, "A"): ["66.249.66.1"],
    (reverse("192.0.2.1"), "PTR"): [HOST],  # forged
    (reverse("192.0.2.7"), "PTR"): None,  # silence
}
ROUTES = [
    {
        "name": "pages",
        "match": {"path": "/pages/**"},
        "ladder": ["one_click"],
        "good_bots": "forward",
    },
    {"name": "register", "match": {"path": "/register"}, "ladder": ["one_click"]},
]
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BING = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
KEY = Ed25519PrivateKey.generate()
RAW = KEY.public_key().public_bytes_raw()


@pytest.fixture
async def scene(start_gate: StartGate, tmp_path: Path):
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "bing.txt").write_text("157.55.39.0/24\n")
    x = base64.urlsafe_b64encode(RAW).rstrip(b"=").decode()
    jwks = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]}
    (tmp_path / "mine.json").write_text(json.dumps(jwks))
    async with dns_server(ZONE) as dns:
        gate = await start_gate(
            ROUTES,
            trusted_proxies=["127.0.0.1"],
            bots={"google": {}, "bing": {}, "mine": {"keys": "mine.json"}},
            dns={"servers": [dns.address], "timeout": "500ms"},
        )
        yield gate, dns


async def ask(gate: GateProcess, path: str, address: str, agent: str, **headers: str) -> int:
    fields = {"X-Forwarded-For": address, "User-Agent": agent, "Host": "shop.example", **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.get(gate.url + path, headers=fields) as r,
    ):
        return r.status


async def test_who_passes(scene):
    gate, dns = scene
    for path, address, agent, status in (
        ("/pages/a", "66.249.66.1", GOOGLE, 200),
        ("/pages/a", "192.0.2.1", GOOGLE, 403),
        ("/pages/a", "192.0.2.2", GOOGLE, 403),
        ("/pages/a", "192.0.2.7", GOOGLE, 403),
        ("/pages/a", "157.55.39.9", BING, 200),
        ("/pages/a", "157.55.40.9", BING, 403),
        ("/pages/a", "66.249.66.1", "Mozilla/5.0 Any", 403),
        ("/register", "66.249.66.1", GOOGLE, 403),  # good bots have no business there
    ):
        for _ in range(2):  # also with fields that are remembered
            assert await ask(gate, path, address, agent) == status, (path, address, agent)
    assert dns.asked[reverse("66.249.66.1"), "PTR"] == 1
    found = {(r["bot"], r["reason"]) for r in gate.records("decision") if r.get("bot")}
    assert found == {("google", "good_bot"), ("bing", "good_bot")}


def signed(created_s: int, tag: str = "web-bot-auth", nonce: str = "n1") -> dict[str, str]:
    said = (
        f'("@authority");created={created_s};expires={created_s + 60};keyid="{thumbprint(RAW)}";'
        f'alg="ed25519";nonce="{nonce}";tag="{tag}"'
    )
    base = f'"@authority": shop.example\n"@signature-params": {said}'
    mark = base64.b64encode(KEY.sign(base.encode())).decode()
    return {"Signature-Input": f"s={said}", "Signature": f"s=:{mark}:"}


async def test_signed_requests(scene):
    gate, _ = scene
    now_s, agent = int(time.time()), "Mozilla/5.0 (compatible; Mine/1.0)"
    for headers, status in (
        (signed(now_s), 200),
        (signed(now_s), 403),  # replayed
        (signed(now_s, nonce="n2"), 200),
        (signed(now_s, nonce="n3") | {"Host": "other.example"}, 403),
        (signed(now_s, nonce="n4", tag="other"), 403),
        (signed(now_s - 61, nonce="n5"), 403),
        (signed(now_s + 3600, nonce="n6"), 403),
    ):
        assert await ask(gate, "/pages/a", "192.0.2.99", agent, **headers) == status, headers
