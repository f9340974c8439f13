"""What stands in front of the gate and behind it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest_asyncio

from tests.front.app import App
from tests.front.programs import CONFIG, Nginx, certificate, filled_in, nginx, opens
from tests.gatekeeper import GateProcess, config, free_port
from tests.visitor import Visitor

VISITOR = "127.0.0.3"  # where a test's client connects from, so that it is no proxy
ROUTES = [
    {
        "name": "register",
        "match": {"method": "POST", "path": "/register"},
        "ladder": ["pow"],
        "work": 1000,
    },
    {"name": "vote", "match": {"method": "POST", "path": "/vote"}, "ladder": ["pow"], "work": 1000},
]


class Caller(Visitor):
    """A visitor from VISITOR, who may believe a certificate of the test's."""

    trust: ssl.SSLContext | None = None

    async def __aenter__(self) -> Caller:
        await super().__aenter__()
        jar = self.session.cookie_jar
        await self.session.close()
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                local_addr=(VISITOR, 0), ssl=self.trust or True, resolver=_Here()
            ),
            cookie_jar=jar,
            timeout=aiohttp.ClientTimeout(total=30),
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
        )
        return self


class _Here(aiohttp.abc.AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list:
        found = {"hostname": host, "host": "127.0.0.1", "port": port, "proto": 0, "flags": 0}
        return [{**found, "family": 2}]

    async def close(self) -> None:
        pass


async def recorded(gate: GateProcess, event: str, **fields: str) -> None:
    """Wait until the gate's log, which is written now and then, has such a record."""
    async with asyncio.timeout(10):
        while not any(fields.items() <= found.items() for found in gate.records(event)):
            await asyncio.sleep(0.05)


@dataclass
class InFront:
    """nginx by in-front.conf before a gate and an app."""

    url: str
    port: int
    plain_port: int
    trust: ssl.SSLContext
    certificate: Path
    glass: Path
    nginx: Nginx
    gate: GateProcess
    app: App

    def visitor(self, **more: str) -> Caller:
        found = Caller(self.url)
        found.headers |= more
        found.trust = self.trust
        return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def in_front(tmp_path_factory) -> AsyncIterator[InFront]:
    async with standing(tmp_path_factory.mktemp("front"), {}) as front:
        yield front


@asynccontextmanager
async def standing(folder: Path, changes: dict[str, str]) -> AsyncIterator[InFront]:
    """All three, with further changes to nginx's file."""
    app = App()
    await app.start()
    include = [str(CONFIG / "nginx" / "in-front.yaml")]
    settings = {"include": include, "log": {"addresses": "full"}}
    gate = GateProcess(folder, config(f"http://127.0.0.1:{app.port}", ROUTES, **settings))
    await gate.start()
    trust = certificate(folder, "shop.example")
    port, plain, glass = free_port(), free_port(), folder / "gateway-off"
    site = filled_in(
        "nginx/in-front.conf",
        {
            "127.0.0.1:8000": f"127.0.0.1:{app.port}",
            "127.0.0.1:8080": f"127.0.0.1:{gate.port}",
            "listen [::]:80;": "",
            "listen [::]:443 ssl http2;": "",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ": f"listen 127.0.0.1:{port} ",
            "/etc/ssl/certs/shop.example.pem": str(folder / "cert.pem"),
            "/etc/ssl/private/shop.example.key": str(folder / "key.pem"),
            "/etc/nginx/gateway-off": str(glass),
            **changes,
        },
    )
    with nginx(folder, site, lambda: opens(port)) as server:
        url = f"https://shop.example:{port}"
        yield InFront(url, port, plain, trust, folder / "cert.pem", glass, server, gate, app)
    await gate.stop()
    await app.stop()
