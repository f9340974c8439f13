"""Names and addresses against a real DNS server that lies, is silent, or breaks."""

from __future__ import annotations

import asyncio

import pytest

from gateway.bots.names import (
    AT_ONCE,
    AT_ONCE_OF_ONE,
    LEAST_S,
    MOST_S,
    NEGATIVE_S,
    UNSURE_S,
    Answer,
    ConfirmedNames,
)
from gateway.bots.resolver import AresResolver
from tests.bots.dns import dns_server, reverse

GOOGLE = (".googlebot.com",)
HOST = "crawl-66-249-66-1.googlebot.com"
ZONE = {
    (reverse("66.249.66.1"), "PTR"): [HOST],
    (HOST, "A"): ["66.249.66.1"],
    # whoever has an address writes its PTR: the name does not lead back
    (reverse("192.0.2.1"), "PTR"): [HOST],
    (reverse("192.0.2.2"), "PTR"): ["evil.googlebot.com"],  # no such name
    (reverse("192.0.2.3"), "PTR"): ["googlebot.com.evil.example"],
    ("googlebot.com.evil.example", "A"): ["192.0.2.3"],
    (reverse("192.0.2.4"), "PTR"): ["evilgooglebot.com"],
    ("evilgooglebot.com", "A"): ["192.0.2.4"],
    (reverse("192.0.2.5"), "PTR"): ["googlebot.com"],  # not below it
    ("googlebot.com", "A"): ["192.0.2.5"],
    # no answers
    (reverse("192.0.2.6"), "PTR"): "SERVFAIL",
    (reverse("192.0.2.7"), "PTR"): None,
    (reverse("192.0.2.8"), "PTR"): ["slow.googlebot.com"],
    ("slow.googlebot.com", "A"): None,
    (reverse("192.0.2.9"), "PTR"): [],
    # several names, several addresses, spelling, aliases
    (reverse("192.0.2.10"), "PTR"): ["other.example", "Crawl-10.GoogleBot.Com"],
    ("crawl-10.googlebot.com", "A"): ["192.0.2.200", "192.0.2.10"],
    (reverse("192.0.2.11"), "PTR"): [f"n{i}.example" for i in range(9)] + ["late.googlebot.com"],
    ("late.googlebot.com", "A"): ["192.0.2.11"],
    (reverse("192.0.2.12"), "PTR"): ["alias.googlebot.com"],
    ("alias.googlebot.com", "A"): [("CNAME", "real.googlebot.com"), ("A", "192.0.2.12")],
    # IPv6
    (reverse("2001:db8::1"), "PTR"): ["six.googlebot.com"],
    ("six.googlebot.com", "AAAA"): ["2001:db8:0::1"],
    (reverse("2001:db8::2"), "PTR"): ["four.googlebot.com"],
    ("four.googlebot.com", "A"): ["192.0.2.99"],
}  # fmt: skip


class Counting(AresResolver):
    """Counts what is asked of it: c-ares keeps answers of its own."""

    asked = 0

    async def names(self, address: str) -> Answer:
        self.asked += 1
        return await super().names(address)


class Scene:
    """Names asked of the server, under a clock of our own."""

    def __init__(self, server, deadline_s: float = 2.0) -> None:
        self.server = server
        self.now_s = 0.0
        self.resolver = Counting([server.address], deadline_s)
        self.names = ConfirmedNames(self.resolver, lambda: self.now_s, deadline_s)

    async def confirms(self, address: str, suffixes=GOOGLE) -> bool:
        return await self.names.confirms(address, suffixes)

    async def __aenter__(self) -> Scene:
        return self

    async def __aexit__(self, *_) -> None:
        await self.names.close()
        await self.resolver.close()


@pytest.fixture
async def scene():
    async with dns_server(ZONE) as server, Scene(server) as scene:
        yield scene


@pytest.mark.parametrize(
    "address, confirmed",
    [
        ("66.249.66.1", True),
        ("192.0.2.1", False),
        ("192.0.2.2", False),
        ("192.0.2.3", False),
        ("192.0.2.4", False),
        ("192.0.2.5", False),
        ("192.0.2.6", False),
        ("192.0.2.9", False),
        ("192.0.2.10", True),
        ("192.0.2.11", False),
        ("192.0.2.12", True),
        ("192.0.2.13", False),  # NXDOMAIN
        ("2001:db8::1", True),
        ("2001:db8::2", False),
    ],
)
async def test_confirmed(scene, address, confirmed):
    assert await scene.confirms(address) is confirmed


async def test_names_of_others_are_not_looked_up(scene):
    assert not await scene.confirms("66.249.66.1", (".search.msn.com",))
    assert (HOST, "A") not in scene.server.asked
    assert not await scene.confirms("66.249.66.1", ())


@pytest.mark.parametrize("address", ["192.0.2.7", "192.0.2.8"])
async def test_silence_is_no_proof(address):
    async with dns_server(ZONE) as server, Scene(server, deadline_s=0.1) as scene:
        assert not await scene.confirms(address)


@pytest.mark.parametrize(
    "address, ttl_s, kept_s",
    [
        ("66.249.66.1", 3600, 3600),
        ("66.249.66.1", 1, LEAST_S),
        ("66.249.66.1", 10**6, MOST_S),
        ("192.0.2.1", 3600, NEGATIVE_S),
        ("192.0.2.13", 3600, NEGATIVE_S),
        ("192.0.2.6", 3600, UNSURE_S),
    ],
)
async def test_how_long_it_is_remembered(scene, address, ttl_s, kept_s):
    scene.server.ttl_s = ttl_s
    first = await scene.confirms(address)
    for now_s, asked in ((0, 1), (kept_s - 1, 1), (kept_s, 2)):
        scene.now_s = now_s
        assert await scene.confirms(address) is first
        assert scene.resolver.asked == asked


async def test_one_lookup_for_all_who_wait(scene):
    found = await asyncio.gather(*(scene.confirms("66.249.66.1") for _ in range(20)))
    assert found == [True] * 20
    assert scene.server.asked[reverse("66.249.66.1"), "PTR"] == 1


async def test_who_leaves_ends_nothing_for_others(scene):
    leaving = asyncio.create_task(scene.confirms("66.249.66.1"))
    staying = asyncio.create_task(scene.confirms("66.249.66.1"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying


async def test_lookups_at_once_are_bounded():
    silent = {(reverse(f"192.0.{n}.1"), "PTR"): None for n in range(3, AT_ONCE + 3)}
    async with dns_server({**ZONE, **silent}) as server, Scene(server, 0.4) as scene:
        claims = [scene.confirms(f"192.0.{n}.1") for n in range(3, AT_ONCE + 3)]
        waiting = [asyncio.create_task(claim) for claim in claims]
        await asyncio.sleep(0)
        assert not await scene.confirms("66.249.66.1")  # nobody was asked …
        assert (reverse("66.249.66.1"), "PTR") not in server.asked
        assert not any(await asyncio.gather(*waiting))
        assert await scene.confirms("66.249.66.1")  # … and nothing was remembered of it


async def test_one_network_leaves_room_for_others():
    """Whoever has a /64 has its reverse zone too, and may let every lookup hang."""
    silent = {(reverse(f"2001:db8::9:{n}"), "PTR"): None for n in range(AT_ONCE)}
    async with dns_server({**ZONE, **silent}) as server, Scene(server, 0.4) as scene:
        claims = [scene.confirms(f"2001:db8::9:{n}") for n in range(AT_ONCE)]
        waiting = [asyncio.create_task(claim) for claim in claims]
        await asyncio.sleep(0)
        assert len(scene.names._under_way) == AT_ONCE_OF_ONE
        assert await scene.confirms("66.249.66.1")
        assert not any(await asyncio.gather(*waiting))


async def test_one_network_uses_up_no_minute(scene, monkeypatch):
    monkeypatch.setattr("gateway.bots.names.A_MINUTE_OF_ONE", 2)
    for number in (13, 14, 15):
        await scene.confirms(f"192.0.2.{number}")
    assert scene.resolver.asked == 2
    assert await scene.confirms("66.249.66.1")
    scene.now_s = 60
    assert await scene.confirms("192.0.2.10")


async def test_lookups_in_a_minute_are_bounded(scene, monkeypatch):
    """So that claims from ever new addresses neither flood the servers nor fill memory."""
    monkeypatch.setattr("gateway.bots.names.A_MINUTE", 2)
    assert await scene.confirms("66.249.66.1")
    await scene.confirms("192.0.2.13")
    assert not await scene.confirms("192.0.2.10")
    assert await scene.confirms("66.249.66.1")  # is remembered
    scene.now_s = 60
    assert await scene.confirms("192.0.2.10")


async def test_what_is_remembered_is_bounded(scene, monkeypatch):
    monkeypatch.setattr("gateway.bots.names.REMEMBERED", 2)
    for address in ("192.0.2.13", "192.0.2.14", "192.0.2.15"):
        await scene.confirms(address)
    assert len(scene.names._known) == 2


async def test_no_server_at_all():
    async with dns_server(ZONE) as server:
        gone = server.address
    resolver = AresResolver([gone], 0.2)
    names = ConfirmedNames(resolver, lambda: 0.0, 0.2)
    assert not await names.confirms("66.249.66.1", GOOGLE)
    await resolver.close()
