"""`http`: no browser at all. Chrome's headers in Chrome's order, a made-up report, native work.

Its best: it fetches what the page loads, waits as long as people take, sends a report as a real
browser's would read and a trace copied from recorded people, and finds proofs by hashlib in all
processes there are. What it has not is a browser that could do what the page's scripts do.

`http_ported` has: its maker wrote what the page's scripts compute (tests/layouts.py) by hand, and
sends on with its pass for as long as that lets requests through. Nothing in its requests tells it
from a browser; it is the cheapest attacker there is, and limits are what holds it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import zlib
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.drivers.oracle import PASSIVE
from tests.drivers.recordings import Recordings, Step
from tests.drivers.relay import body_of, field_of
from tests.drivers.stage import Stage
from tests.layouts import lay_out

VIEWPORT = (1365, 872)
REPORT = Path(__file__).with_name("report.json")
_DATA = re.compile(rb'<script[^>]*id="gateway-data"[^>]*>(.*?)</script>', re.S)
_LOADS = re.compile(rb'(?:href|src)="(/_gateway/[^"]+)"')
CHUNK = 100_000  # numbers for one process
MOST_QUESTIONS = 6
MOST_AGAIN = 20  # requests with one pass


class Http:
    """One client; each visit has connections and cookies of its own."""

    name = "http"

    def __init__(self, stage: Stage, rng: Random, recordings: Recordings | None = None) -> None:
        self.stage, self.rng = stage, rng
        self.recordings = recordings or Recordings.load(rng)
        self.pool = ProcessPoolExecutor(os.cpu_count())

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        self.pool.shutdown()

    async def visit(self, number: int) -> None:
        client = Client(self.stage.url)
        try:
            await client.get("/register")
            await asyncio.sleep(self.rng.uniform(1.5, 3))
            form = urlencode({"name": f"Visitor {number}", "email": f"v{number}@mail.example"})
            page = await client.navigate("/register", form)
            found = _DATA.search(page)
            if found:
                for load in sorted(set(_LOADS.findall(page))):
                    await client.fetch("GET", load.decode())
                await self._solve(client, json.loads(found[1]))
        finally:
            client.close()

    async def _solve(self, client: Client, page: Mapping[str, Any]) -> None:
        challenge = page["challenge"]
        for _ in range(MOST_QUESTIONS):
            proof = await self._prove(challenge["work"])
            if challenge["view"] is None:
                wish = {"visit": page["visit"], "ticket": challenge["ticket"], "want": "picture"}
                said = await client.call(page["prefix"] + "challenge", wish | {"proof": proof})
            else:
                await asyncio.sleep(self.rng.uniform(1.0, 2.5))
                body = self._body(page, challenge, proof)
                said = await client.call(page["prefix"] + "answer", body)
            if said.get("outcome") == "solved":
                field = urlencode({"gateway_visit": said["visit"]})
                await client.navigate(said["url"], field)
                await self.after(client)
            if "challenge" not in said:
                return
            challenge = said["challenge"]

    def _body(
        self, page: Mapping[str, Any], challenge: Mapping[str, Any], proof: Any
    ) -> dict[str, Any]:
        trace = made_up_trace(self.recordings, self.rng, challenge["kind"])
        return {
            "visit": page["visit"],
            "ticket": challenge["ticket"],
            "answer": self.stage.oracle.answer(challenge),
            "proof": proof,
            "trace": trace,
            "signals": made_up_report(trace) | self.computed(challenge),
        }

    def computed(self, challenge: Mapping[str, Any]) -> dict[str, Any]:
        """What the page's scripts compute for this question, as far as the client can."""
        return {}

    async def after(self, client: Client) -> None:
        """What else is done with what was won."""

    async def _prove(self, work: Mapping[str, Any] | None) -> dict[str, int] | None:
        """All processes search; the first number found ends it."""
        if work is None:
            return None
        loop, starts = asyncio.get_running_loop(), range(0, work["maxnumber"] + 1, CHUNK)
        jobs = [
            loop.run_in_executor(self.pool, search, work["salt"], work["challenge"], start, CHUNK)
            for start in starts
        ]
        for job in asyncio.as_completed(jobs):
            if (number := await job) >= 0:
                for each in jobs:
                    each.cancel()
                return {"number": number}
        return None


class Ported(Http):
    """Computes what the page's scripts do, and uses its pass up."""

    name = "http_ported"

    def computed(self, challenge: Mapping[str, Any]) -> dict[str, Any]:
        return {"laid": lay_out(challenge.get("layout"))}

    async def after(self, client: Client) -> None:
        form = urlencode({"name": "Visitor again"})
        for _ in range(MOST_AGAIN):
            if b"Welcome, " not in await client.navigate("/register", form):
                return


def search(salt: str, challenge: str, start: int, count: int) -> int:
    """The number that solves the work, or -1. The salt is hashed once."""
    salted, wanted = hashlib.sha256(salt.encode()), bytes.fromhex(challenge)
    for number in range(start, start + count):
        attempt = salted.copy()
        attempt.update(b"%d" % number)
        if attempt.digest() == wanted:
            return number
    return -1


def made_up_trace(recordings: Recordings, rng: Random, kind: str) -> list[list[Any]]:
    """What `record.js` would say of a person's hand: paths of people, as events of a mouse."""
    start = (rng.uniform(200, 900), rng.uniform(100, 300))
    aim = (rng.uniform(460, 500), rng.uniform(420, 450))
    if kind in PASSIVE:
        aim = (start[0] + rng.uniform(80, 200), start[1] + rng.uniform(40, 200))
        return _events(recordings.move(start, aim), rng.uniform(150, 400), "m")
    approach = _events(recordings.move(start, aim), rng.uniform(500, 900), "m")
    pressed = approach[-1][0] + rng.uniform(60, 140)
    down = [[round(pressed), *approach[-1][1:3], "d", "m"]]
    if kind != "slider":
        return [*approach, *down, [round(pressed + 90), *approach[-1][1:3], "u", "m"]]
    pull = recordings.drag(aim, (aim[0] + rng.uniform(255, 275), aim[1] + 2))
    drag = _events(pull, pressed + 20, "m")
    return [*approach, *down, *drag, [round(drag[-1][0] + 80), *drag[-1][1:3], "u", "m"]]


def _events(path: list[Step], start_ms: float, kind: str) -> list[list[Any]]:
    wide, high = VIEWPORT
    return [
        [
            round(start_ms + step.t_ms),
            round(round(step.x) / wide, 4),
            round(round(step.y) / high, 4),
            kind,
            "m",
            *([2] if number % 9 == 4 else []),
        ]
        for number, step in enumerate(path)
    ]


def made_up_report(trace: list[list[Any]]) -> dict[str, Any]:
    """What a clean desktop browser said once (report.json), with counts that fit the trace."""
    recorded = json.loads(REPORT.read_text())
    kinds = [point[3] for point in trace]
    return recorded | {"moved": kinds.count("m"), "pressed": kinds.count("d")}


class Client:
    """HTTP/1.1 as Chrome writes it: the same fields in the same order."""

    def __init__(self, base: str) -> None:
        self.base, self.host, self.cookies = base, base.removeprefix("http://"), {}
        told = json.loads(REPORT.read_text())
        self.agent = told["agent"]
        self.brands = ", ".join(f'"{brand}";v="{version}"' for brand, version in told["brands"])
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()

    async def get(self, target: str) -> bytes:
        return await self.fetch("GET", target, site="none", mode="navigate", to="document")

    async def navigate(self, target: str, form: str) -> bytes:
        """A form of a page of the site's own."""
        kind = "application/x-www-form-urlencoded"
        return await self.fetch(
            "POST", target, form.encode(), kind=kind, mode="navigate", to="document"
        )

    async def call(self, target: str, body: Any) -> dict[str, Any]:
        text = json.dumps(body, separators=(",", ":")).encode()
        said = await self.fetch("POST", target, text, kind="application/json", mode="cors")
        return json.loads(said)

    async def fetch(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        kind: str = "",
        site: str = "same-origin",
        mode: str = "no-cors",
        to: str = "empty",
    ) -> bytes:
        """The reply's body. Redirects are left alone."""
        fields = self._fields(method, target, len(body), kind, site, mode, to)
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields)
        if self._streams is None:
            host, _, port = self.host.partition(":")
            self._streams = await asyncio.open_connection(host, int(port), limit=2**22)
        reader, writer = self._streams
        writer.write(head.encode() + b"\r\n" + body)
        reply = await reader.readuntil(b"\r\n\r\n")
        return await self._read(reader, reply)

    def _fields(
        self, method: str, target: str, size: int, kind: str, site: str, mode: str, to: str
    ) -> list[tuple[str, str]]:
        page, accept = mode == "navigate", "*/*" if mode != "cors" else "application/json"
        fields = [("Host", self.host), ("Connection", "keep-alive")]
        fields += [("Content-Length", str(size))] if method == "POST" else []
        fields += [("Cache-Control", "max-age=0")] if page and method == "POST" else []
        platform = ("sec-ch-ua-platform", '"Linux"')
        brands = ("sec-ch-ua", self.brands)
        mobile, named = ("sec-ch-ua-mobile", "?0"), ("User-Agent", self.agent)
        if page:
            fields += [brands, mobile, platform]
            fields += [("Origin", self.base)] if method == "POST" else []
            fields += [("Content-Type", kind)] if kind else []
            fields += [("Upgrade-Insecure-Requests", "1"), named, ("Accept", ACCEPT)]
            fields += [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-User", "?1")]
        else:
            fields += [platform, named, ("Accept", accept), brands]
            fields += [("Content-Type", kind)] if kind else []
            fields += [mobile] + ([("Origin", self.base)] if method == "POST" else [])
            fields += [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)]
        fields += [("Sec-Fetch-Dest", to)]
        fields += [("Referer", self.base + "/register")] if site != "none" else []
        fields += [("Accept-Encoding", "gzip, deflate, br, zstd")]
        fields += [("Accept-Language", "en-US,en;q=0.9")]
        if self.cookies:
            fields.append(("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items())))
        return fields

    async def _read(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"set-cookie:"):
                name, _, value = line[11:].strip().split(b";")[0].decode().partition("=")
                self.cookies[name] = value
        body = await body_of(reader, head, to_end=True)
        if body.ended or b"close" in field_of(head, b"connection").lower():
            self.close()
            self._streams = None
        if field_of(head, b"content-encoding") == b"gzip":
            return zlib.decompress(body.data, 47)
        return body.data


ACCEPT = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7"
)
