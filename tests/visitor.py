"""A visitor without Chromium: does on the wire what the page's scripts do, work included.

It follows the documented endpoints, so that whole visits run in milliseconds; tests/browser shows
that the real page does the same.
"""

from __future__ import annotations

import importlib
import io
import json
import re
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from gateway.keys import load_keys
from gateway.tokens import open_ticket
from tests.layouts import lay_out
from tests.proofs import solve_work

CHROME = {  # in its order: see tests/signals/recorded
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="142", "Not_A Brand";v="99"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "en-GB,en;q=0.9",
}
_DATA = re.compile(rb'<script[^>]*id="gateway-data"[^>]*>(.*?)</script>', re.S)
MOST_QUESTIONS = 8


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Any  # multidict, case-insensitive
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def page(self) -> dict[str, Any]:
        """What the challenge page tells its script. Fails on any other page."""
        found = _DATA.search(self.body)
        assert found, f"not a challenge page: {self.status} {self.text[:500]}"
        data: dict[str, Any] = json.loads(found.group(1))
        return data

    @property
    def challenged(self) -> bool:
        return self.status == 403 and _DATA.search(self.body) is not None


def answer_for(challenge: dict[str, Any], keys: Path | None = None) -> Any:
    """The right answer, as a browser would send it.

    To a picture it is what only people see, so it is read from the ticket, with the gate's keys.
    """
    if challenge.get("drawn"):
        assert keys is not None, "this visitor sees nothing in pictures"
        ticket = open_ticket(load_keys(keys), challenge["ticket"])
        assert ticket is not None
        return importlib.import_module(f"tests.kinds.test_{ticket.kind}").solve(ticket.secret)
    match challenge["kind"]:
        case "pow" | "invisible" | "wait":
            return None
        case "one_click":
            return True
        case "slider":
            return {"reached": 1.0, "steps": 0}
        case other:
            raise AssertionError(f"this visitor knows no {other}")


def hand() -> list[list[Any]]:
    """A drag as a person makes it and `record.js` tells it: t in ms, x, y as shares, kind."""
    x, t_ms = 0.2, 900
    points: list[list[Any]] = [[t_ms, x, 0.5, "m"], [t_ms + 80, x, 0.5, "d"]]
    for i in range(42):
        x += 0.012 * (1 - i / 44) + (0.0013 if i % 3 else -0.0004)
        t_ms += 95 if i == 0 else 15 + (i * 7) % 6
        points.append([t_ms, round(x, 4), round(0.5 + ((i * 13) % 5) * 0.0007, 4), "m"])
    return [*points, [t_ms + 60, round(x, 4), 0.5, "u"]]


SIGNALS: dict[str, Any] = {
    "webdriver": False,
    "languages": 2,
    "touch_points": 0,
    "fine": True,
    "hover": True,
    "dpr": 1,
    "outer": [1280, 900],
    "screen": [1920, 1080],
    "automation": False,
    "reduced_motion": False,
    "pressed": 1,
    "flat": 0,
    "moved": 43,
    "fractional": 0,
    "coalesced": 2,
    "untrusted": 0,
    "keys": 0,
}


@dataclass
class Visitor:
    """Keeps cookies as a browser does. Use as an async context manager."""

    base: str
    headers: dict[str, str] = field(default_factory=lambda: dict(CHROME))
    keeps_cookies: bool = True
    keys: Path | None = None  # the gate's, to see what only people see in pictures

    async def __aenter__(self) -> Visitor:
        jar: Any = (
            aiohttp.CookieJar(unsafe=True) if self.keeps_cookies else aiohttp.DummyCookieJar()
        )
        self.session = aiohttp.ClientSession(
            cookie_jar=jar,
            auto_decompress=True,
            timeout=aiohttp.ClientTimeout(total=30),
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.session.close()

    # --- plain requests ---

    async def ask(
        self,
        method: str,
        target: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
        base: str = "",
    ) -> Reply:
        url = URL((base or self.base) + target, encoded=True)
        if isinstance(data, bytes):
            data = io.BytesIO(data)  # aiohttp warns about large plain bytes
        host = {"Host": URL(self.base).authority}  # also where another gate of the site is asked
        sent = {k: v for k, v in {**host, **self.headers, **(headers or {})}.items() if v}
        async with self.session.request(
            method, url, data=data, headers=sent, allow_redirects=False
        ) as reply:
            return Reply(reply.status, reply.headers, await reply.read())

    async def get(self, target: str, **more: Any) -> Reply:
        return await self.ask("GET", target, **more)

    async def post(
        self,
        target: str,
        data: Any,
        *,
        content_type: str = "application/x-www-form-urlencoded",
        headers: dict[str, str] | None = None,
        base: str = "",
    ) -> Reply:
        """A form of the site's own page: `Origin` is the site's."""
        own = {"Origin": self.base, "Content-Type": content_type, "Referer": self.base + target}
        return await self.ask("POST", target, data, {**own, **(headers or {})}, base)

    # --- a challenge ---

    async def call(self, page: dict[str, Any], name: str, body: Any, base: str = "") -> Reply:
        """One of our endpoints, called by the page's script."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Origin": self.base,
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-User": "",
            "Sec-Fetch-Dest": "empty",
            "Upgrade-Insecure-Requests": "",
        }
        target = page["prefix"] + name
        return await self.ask("POST", target, json.dumps(body).encode(), headers, base)

    def answer_body(self, visit: str, challenge: dict[str, Any]) -> dict[str, Any]:
        return {
            "visit": visit,
            "ticket": challenge["ticket"],
            "answer": answer_for(challenge, self.keys),
            "proof": solve_work(challenge["work"]) if challenge.get("work") else None,
            "trace": hand(),
            "signals": SIGNALS | {"laid": lay_out(challenge.get("layout"))},
        }

    async def picture(
        self, page: dict[str, Any], toll: dict[str, Any], base: str = ""
    ) -> dict[str, Any]:
        """What the gate gives for the work of a toll."""
        reply = await self.call(page, "challenge", self.wish(page, toll, "picture"), base)
        assert reply.status == 200, f"{reply.status} {reply.text}"
        challenge: dict[str, Any] = reply.json()["challenge"]
        return challenge

    def wish(self, page: dict[str, Any], challenge: dict[str, Any], want: str) -> dict[str, Any]:
        """What is posted for another question, with the work of this one."""
        proof = solve_work(challenge["work"])
        return {"visit": page["visit"], "ticket": challenge["ticket"], "want": want, "proof": proof}

    async def solve(self, page: dict[str, Any], base: str = "") -> dict[str, Any]:
        """Answer until solved. Returns the reply's JSON; fails when refused."""
        challenge = page["challenge"]
        for _ in range(MOST_QUESTIONS):
            if challenge["view"] is None:
                challenge = await self.picture(page, challenge, base)
            body = self.answer_body(page["visit"], challenge)
            reply = await self.call(page, "answer", body, base)
            said = reply.json()
            if said["outcome"] == "solved":
                solved: dict[str, Any] = said
                return solved
            assert said["outcome"] == "again", f"{reply.status} {said}"
            challenge = said["challenge"]
        raise AssertionError("never solved")

    async def finish(
        self, solved: dict[str, Any], base: str = "", headers: dict[str, str] | None = None
    ) -> Reply:
        """What the page does when solved: reload, or post the visit to the original address."""
        if solved["finish"] == "reload":
            return await self.ask("GET", solved["url"], None, headers, base)
        form = urllib.parse.urlencode({"gateway_visit": solved["visit"]})
        return await self.post(solved["url"], form, headers=headers, base=base)

    async def through(self, reply: Reply, base: str = "") -> Reply:
        """From a challenge page to the app's reply."""
        return await self.finish(await self.solve(reply.page, base), base)
