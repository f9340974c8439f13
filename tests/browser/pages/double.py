"""A double of the gate for the page's own tests: it renders the real templates and answers as told.

Only the page is under test here; whole visits run against a real gate elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.files import data_dir
from gateway.pages import Pages, negotiate

PREFIX = "/_gateway/"
NONCE = "bm9uY2U"
CSP = (
    f"default-src 'none'; script-src 'nonce-{NONCE}'; style-src 'nonce-{NONCE}'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; frame-ancestors 'self'"
)
JSON = Any


def work(number: int = 1500, maxnumber: int = 4000, salt: str = "0a1b2c&") -> dict[str, JSON]:
    """An ALTCHA v1 question with a known answer."""
    digest = hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
    return {"algorithm": "SHA-256", "challenge": digest, "salt": salt, "maxnumber": maxnumber}


def endless() -> dict[str, JSON]:
    """Work that no number solves, so large that it outlasts any test."""
    return work() | {"challenge": "0" * 64, "maxnumber": 2**40}


VIEWS: Mapping[str, JSON] = {"slider": {"start": 0.05, "steps": 4}, "wait": {"wait_s": 1}}


@dataclass
class Double:
    """Set what it shall say, then look at what it was asked."""

    method: str = "GET"
    finish: str = "reload"
    kind: str = "one_click"
    view: JSON = None  # overrides the sample of the kind
    expires_in_s: float = 120
    ways: list[str] = field(default_factory=lambda: ["accessible"])
    work: JSON = field(default_factory=work)
    extra: dict[str, JSON] = field(default_factory=dict)  # for the page's data
    drawn: bool = False  # a toll comes first, and a view only against its proof
    wait: JSON = None
    sticks: bool = True  # whether a pass is remembered
    failing: bool = False  # the network is broken: every request of the script is cut off
    slow_s: float = 0.0  # before each answer
    stays: bool = False  # the app answers 204, so that the browser stays on our page
    broken: frozenset[str] = frozenset()  # assets that are not served
    hanging: frozenset[str] = frozenset()  # assets that do not come in time
    asks_posts: bool = False  # a form's POST meets the challenge as a GET does
    plain: bool = False  # as browsers without scripts show it: no scripts, <noscript> shown
    csp: str = CSP
    lang: str = ""  # overrides the browser's
    dir: str = ""  # overrides the catalogue's
    behind_s: float = 0.0  # how far the browser's clock is behind ours
    answers: deque[JSON] = field(default_factory=deque)  # replies to come; then "solved"
    challenges: deque[JSON] = field(default_factory=deque)  # replies to come; then a challenge
    asked: list[tuple[str, JSON]] = field(default_factory=list)
    app_csp: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)  # method and body, at the app's API
    finished: list[Mapping[str, str]] = field(default_factory=list)  # forms that came to the app
    passed: bool = False
    issued: int = 0
    origin: str = ""

    def __post_init__(self) -> None:
        self.pages = Pages(data_dir("templates"), PREFIX)

    def challenge(self, kind: str = "", **changed: JSON) -> dict[str, JSON]:
        kind = kind or self.kind
        self.issued += 1
        return {
            "ticket": f"ticket-{self.issued}",
            "kind": kind,
            "view": None if self.drawn and kind == self.kind else self.sample(kind),
            "drawn": self.drawn and kind == self.kind,
            "work": self.work,
            "expires_in_s": self.expires_in_s,
            "ways": self.ways,
            "rung": 0,
        } | changed

    def sample(self, kind: str) -> JSON:
        return self.view or VIEWS.get(kind, {})

    def data(self, request: web.Request) -> dict[str, JSON]:
        return {
            "visit": "sealed-visit",
            "challenge": self.challenge(),
            "target": request.path_qs,
            "finish": self.finish,
            "method": self.method,
            "site": "Example Shop",
            "reference": "0199-7d3e-5a41",
            "loops_key": "gateway_loops_shop_register",
            "mode": "page",
            "now_s": int(time.time() + self.behind_s),
        } | self.extra

    # --- What it serves --------------------------------------------------------------------

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post(PREFIX + "answer", self.answer)
        app.router.add_post(PREFIX + "challenge", self.renew)
        app.router.add_post(PREFIX + "loop", self.loop)
        app.router.add_get(PREFIX + "assets/{name}", self.asset)
        app.router.add_get(PREFIX + "gateway.js", self.widget)
        app.router.add_get(PREFIX + "frame", self.frame)
        app.router.add_get("/denied/{reason}", self.denied)
        app.router.add_get("/continue", self.continued)
        app.router.add_route("*", "/favicon.ico", self.nothing)
        app.router.add_route("*", "/page", self.page)
        app.router.add_get("/framing", self.framing)
        app.router.add_get("/app", self.app_page)
        app.router.add_route("*", "/api", self.api)
        app.router.add_get("/plain403", self.plain_403)
        app.router.add_get("/forger", self.forger)
        return app

    def reply(
        self, request: web.Request, template: str, status: int, **values: JSON
    ) -> web.Response:
        accept = self.lang or request.headers.get("Accept-Language", "")
        lang = negotiate(accept, self.pages.texts.keys())
        text = self.pages.render(template, lang=lang, nonce=NONCE, **values)
        if self.dir:
            text = text.replace('dir="ltr"', f'dir="{self.dir}"')
        if self.plain:
            text = re.sub(r"</?noscript>|<script(?! type=.app).*?</script>", "", text, flags=re.S)
        headers = {"Content-Security-Policy": self.csp, "Cache-Control": "no-store"}
        headers["Referrer-Policy"] = "same-origin"
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    async def page(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        finishing = request.method == "POST" and (not self.asks_posts or "gateway_visit" in form)
        if request.method == "POST":
            self.finished.append(form)  # type: ignore[arg-type]
        if (self.passed and self.sticks) or finishing:
            if self.stays:
                return web.Response(status=204)
            return web.Response(text="<title>App</title>The app's page", content_type="text/html")
        return self.reply(
            request, "interstitial.html", 403, data=self.data(request), wait=self.wait
        )

    async def frame(self, request: web.Request) -> web.Response:
        data = self.data(request) | {"mode": "frame", "visit": "", "challenge": None}
        return self.reply(request, "frame.html", 200, data=data)

    async def denied(self, request: web.Request) -> web.Response:
        data = self.data(request) | {"target": "/page", "reason": request.match_info["reason"]}
        data["visit"] = request.query.get("visit", "")
        return self.reply(request, "denied.html", 403, data=data)

    async def continued(self, request: web.Request) -> web.Response:
        return self.reply(
            request, "continue.html", 200, data=self.data(request) | {"target": "/page"}
        )

    async def app_page(self, request: web.Request) -> web.Response:
        text = (
            '<!doctype html><html lang="en"><title>An app</title><button id="go">Call</button>'
            f'<script src="{PREFIX}gateway.js"></script>'
            '<form method="post" action="/page"><button name="real" value="1">Send</button></form>'
        )
        headers = {"Content-Security-Policy": self.app_csp} if self.app_csp else {}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def api(self, request: web.Request) -> web.Response:
        body = await request.text()
        if body.startswith("gateway_visit="):
            self.finished.append({"gateway_visit": body.partition("=")[2]})
            return web.json_response({"held": True})
        if self.passed and self.sticks:
            self.calls.append((request.method, body))
            return web.json_response({"marked": request.headers.get("X-Mark", "")})
        problem = {"visit": "sealed-visit", "challenge_url": f"{PREFIX}frame", "status": 403}
        headers = {"X-Gateway-Challenge": "1"}
        return web.json_response(
            problem, status=403, headers=headers, content_type="application/problem+json"
        )

    async def plain_403(self, request: web.Request) -> web.Response:
        return web.json_response({"no": "challenge"}, status=403)

    async def forger(self, request: web.Request) -> web.Response:
        text = (
            "<script>parent.postMessage({gateway: 'solved', finish: 'post', visit: 'forged',"
            " url: '/api'}, '*')</script>forged"
        )
        return web.Response(text=text, content_type="text/html")

    async def framing(self, request: web.Request) -> web.Response:
        text = (
            '<!doctype html><title>f</title><iframe src="/page" width="300" height="600"></iframe>'
        )
        return web.Response(text=text, content_type="text/html")

    async def nothing(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        asset = self.pages.asset(name)
        if name.partition(".")[2] in self.hanging:
            await asyncio.sleep(60)
        if asset is None or name.partition(".")[2] in self.broken:
            raise web.HTTPNotFound
        return web.Response(body=asset.body, headers={"Content-Type": asset.content_type})

    async def widget(self, request: web.Request) -> web.Response:
        body = (data_dir("templates") / Path("gateway.js")).read_bytes()
        return web.Response(body=body, content_type="text/javascript")

    # --- What it answers -------------------------------------------------------------------

    async def _asked(self, request: web.Request) -> None:
        self.asked.append((request.path.removeprefix(PREFIX), await request.json()))
        await asyncio.sleep(self.slow_s)
        if self.failing and request.transport:
            request.transport.abort()

    async def answer(self, request: web.Request) -> web.Response:
        await self._asked(request)
        if self.answers:
            return _json(self.answers.popleft())
        self.passed = True
        solved = {"outcome": "solved", "finish": self.finish, "visit": "solved-visit"}
        return _json(solved | {"url": self.extra.get("target", "/page")})

    async def loop(self, request: web.Request) -> web.Response:
        await self._asked(request)
        return web.Response(status=204)

    async def renew(self, request: web.Request) -> web.Response:
        await self._asked(request)
        if self.challenges:
            return _json(self.challenges.popleft())
        wanted, proof = self.asked[-1][1]["want"], self.asked[-1][1].get("proof")
        kind = "one_click" if wanted == "accessible" else ""
        whole = {"view": self.sample(self.kind)} if proof and not kind else {}
        return _json({"challenge": self.challenge(kind, **whole)})


def _json(reply: JSON) -> web.Response:
    if isinstance(reply, web.Response):
        return reply
    status = {"refused": 403}.get(reply.get("outcome", ""), 200)
    return web.json_response(reply, status=status, headers={"Cache-Control": "no-store"})


def refused(reason: str, retry_after_s: int = 0) -> dict[str, JSON]:
    return {"outcome": "refused", "reason": reason, "retry_after_s": retry_after_s}
