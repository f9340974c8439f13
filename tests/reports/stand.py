"""The real page with a slider, on loopback, and what browsers report beside the answer.

`record.py` drives them. Nothing is judged here: the report, the trace and the request's headers are
kept as they come, for `test_recorded.py` to score.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiohttp import web

from gateway.files import data_dir
from gateway.kinds import slider
from gateway.pages import Pages
from gateway.server.replies import csp
from gateway.work import make_work

PREFIX = "/_gateway/"
HASHES = 50_000  # the default of a route
TELLING = ("user-agent", "accept", "sec-", "content-type", "origin", "priority")


@dataclass
class Stand:
    """Where it listens, and the answers that came, by what the page was asked for."""

    url: str = ""
    pages: Pages = field(default_factory=lambda: Pages(data_dir("templates"), PREFIX))
    came: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    def expect(self, name: str) -> str:
        """The URL of a fresh page; its report comes as `came[name]`."""
        self.came[name] = asyncio.get_running_loop().create_future()
        return f"{self.url}/?name={name}"

    async def page(self, request: web.Request) -> web.Response:
        name = request.query["name"]
        if self.came[name].done():
            return web.Response(text="<h1 id=done>done</h1>", content_type="text/html")
        made = slider.KIND.make(Random(1), slider.Params())
        challenge = {
            "ticket": name,
            "kind": "slider",
            "view": dict(made.view),
            "drawn": False,
            "work": make_work(Random(), HASHES)[0],
            "expires_in_s": 600,
            "ways": [],
            "rung": 0,
        }
        data = {
            "site": "stand",
            "reference": "-",
            "target": "/",
            "method": "GET",
            "visit": name,
            "challenge": challenge,
            "finish": "reload",
            "mode": "page",
            "loops_key": secrets.token_hex(8),
        }
        nonce = base64.b64encode(secrets.token_bytes(18)).decode()
        html = self.pages.render("interstitial.html", lang="en", nonce=nonce, data=data)
        headers = {"Content-Security-Policy": csp(nonce, None), "Cache-Control": "no-store"}
        return web.Response(status=403, text=html, content_type="text/html", headers=headers)

    async def asset(self, request: web.Request) -> web.Response:
        found = self.pages.asset(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.body, headers={"Content-Type": found.content_type})

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        headers = [
            [name.decode(), value.decode("latin-1")]
            for name, value in request.raw_headers
            if name.decode().lower().startswith(TELLING)
        ]
        report = {"headers": headers, "signals": body["signals"], "trace": body["trace"]}
        report["answer"] = body["answer"]
        if not self.came[body["visit"]].done():
            self.came[body["visit"]].set_result(report)
        return web.json_response({"outcome": "solved", "finish": "reload"})


@contextlib.asynccontextmanager
async def standing() -> AsyncIterator[Stand]:
    stand, app = Stand(), web.Application()
    app.router.add_get("/", stand.page)
    app.router.add_get(PREFIX + "assets/{name}", stand.asset)
    app.router.add_post(PREFIX + "answer", stand.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    stand.url = f"http://{host}:{port}"
    try:
        yield stand
    finally:
        await runner.cleanup()
