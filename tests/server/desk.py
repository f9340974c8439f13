"""A gate without a wire: what the wire would send, and what a page would answer."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from gateway import kinds
from gateway.envelope import HEADER, Envelope
from gateway.files import data_dir
from gateway.hold import HoldQuotas, Holds
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import Caller, HoldRule, Match, PassRule, Route, Rung, Site, Upstream
from gateway.pages import Pages
from gateway.server import AnswerLimits, GateParts
from gateway.stores.memory import MemoryStore
from tests.layouts import lay_out
from tests.proofs import solve_work
from tests.samples import RING

BOOT = "boot-token"
PREFIX = "/_gateway/"
NOW_S = 1_790_000_040.0
CALLER = Caller("192.0.2.7", "192.0.2.0/24", "https", False, browser="firefox")
AGENT = (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
BROWSER = (  # in Firefox's order: see tests/signals/recorded
    (b"Host", b"shop.example"),
    AGENT,
    (b"Accept", b"text/html"),
    (b"Accept-Language", b"en"),
    (b"Accept-Encoding", b"gzip"),
    (b"Referer", b"https://shop.example/form"),
    (b"Connection", b"keep-alive"),
    (b"Upgrade-Insecure-Requests", b"1"),
    (b"Sec-Fetch-Dest", b"document"),
    (b"Sec-Fetch-Mode", b"navigate"),
    (b"Sec-Fetch-Site", b"same-origin"),
)
SCRIPT = (
    (b"Host", b"shop.example"),
    AGENT,
    (b"Accept", b"*/*"),
    (b"Accept-Language", b"en"),
    (b"Accept-Encoding", b"gzip"),
    (b"Origin", b"https://shop.example"),
    (b"Connection", b"keep-alive"),
    (b"Sec-Fetch-Dest", b"empty"),
    (b"Sec-Fetch-Mode", b"cors"),
    (b"Sec-Fetch-Site", b"same-origin"),
)
HAND = {"webdriver": False, "pressed": 1, "moved": 30, "dpr": 1, "cookies": True}
TAPPED = [[350, 0.5, 0.5, "d", "t"], [400, 0.5, 0.5, "u", "t"]]
WORK = 1_000  # the least there is: solved in a millisecond

_INVISIBLE = Rung("invisible", kinds.load()["invisible"].params(), max_risk=0.3, level=1)
_SLIDER = Rung("slider", kinds.load()["slider"].params(), max_risk=0.9, level=2)


def route(name: str, **changes: Any) -> Route:
    """A route with a cheap ladder: invisible, then slider."""
    plain = Route(
        name=name,
        site="shop",
        match=Match(paths=(f"/{name}",)),
        ladder=(_INVISIBLE, _SLIDER),
        pass_rule=PassRule(scope="site", ttl_s=600),
        hold=HoldRule(max_bytes=10_000, ttl_s=900),
        work=WORK,
        policy="p1",
    )
    return replace(plain, **changes)


ROUTES = (
    route("form"),
    route("tap", ladder=(Rung("one_click", kinds.load()["one_click"].params(), level=3),)),
    route("drag", ladder=(_SLIDER,)),
    route("sms", pass_rule=PassRule(scope="sms", uses=1)),
    route("stern", accessible="never"),
    route("quiet", no_javascript="wait"),
    route("loose", on_error="pow"),
    route("api", machines="page"),
    route("few", pass_rule=PassRule(scope="few", uses=3)),
)
SITES = {
    "shop": Site(
        name="shop",
        hosts=("shop.example",),
        upstream=Upstream("app"),
        routes=ROUTES,
        title="The <Shop>",
        cors_origins=frozenset({"https://app.example"}),
    ),
    "other": Site("other", ("other.example",), Upstream("app"), (route("form", site="other"),)),
}


@dataclass
class Clock:
    """Time that tests turn."""

    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Desk:
    """One gate, its client, and what it wrote."""

    parts: GateParts
    clock: Clock
    lines: io.StringIO
    client: TestClient[Any, Any] = field(repr=False)

    async def send(
        self, action: str, path: str, *, verb: str = "POST", data: Any = None, **changes: Any
    ) -> ClientResponse:
        """One request as the wire would send it, by `verb`; `changes` are of the envelope."""
        sealed = envelope(action=action, **changes).seal().decode()
        headers = {HEADER: sealed, "Accept-Encoding": "gzip"}
        if isinstance(data, dict):
            data, headers["Content-Type"] = json.dumps(data), "application/json"
        return await self.client.request(
            verb, path, data=data, headers=headers, allow_redirects=False
        )

    async def page(self, route: str, *, data: Any = None, **changes: Any) -> dict[str, Any]:
        """Meet a challenge page: what its script would read."""
        aimed: dict[str, Any] = {"target": f"/{route}?a=1".encode(), "route": route}
        response = await self.send("challenge", "/challenge", data=data, **aimed | changes)
        text = await response.text()
        assert response.status == 403, text
        return page_data(text)

    async def post(self, endpoint: str, body: Any, **changes: Any) -> ClientResponse:
        """What the page's script posts."""
        sent: dict[str, Any] = {"headers": SCRIPT, "navigation": False, "route": ""}
        return await self.send("own", f"/own/{endpoint}", data=body, **sent | changes)

    async def answer(self, data: dict[str, Any], **changes: Any) -> ClientResponse:
        """Answer the page's challenge rightly, a second later; `changes` are of the answer."""
        self.clock.now_s += 1  # a browser can't be quicker
        body = right(data) | changes
        if isinstance(body["signals"], dict):
            body["signals"] = {"laid": lay_out(data["challenge"].get("layout"))} | body["signals"]
        return await self.post("answer", body)

    def records(self) -> list[dict[str, Any]]:
        """The log so far."""
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    def metric(self, name: str, **labels: str) -> float:
        """A sample's value, 0 if there is none."""
        return self.parts.metrics.registry.get_sample_value(name, labels) or 0.0


def make_parts(clock: Clock, lines: io.StringIO, **changes: Any) -> GateParts:
    """A gate of real parts on a store in memory, with seeded chance."""
    chance = random.Random(7)
    store = changes.get("store") or MemoryStore(clock=clock)
    parts = GateParts(
        sites=SITES,
        prefix=PREFIX,
        ring=RING,
        store=store,
        holds=Holds(store, HoldQuotas(), "gate-1", clock, chance.randbytes),
        kinds=kinds.load(),
        pages=PAGES,
        log=DecisionLog(lines, clock),
        metrics=Metrics(),
        boot=BOOT,
        clock=clock,
        rng=chance,
        random_bytes=chance.randbytes,
        limits=AnswerLimits(),
    )
    return replace(parts, **changes)


PAGES = Pages(data_dir("templates"), PREFIX)


def envelope(**changes: Any) -> Envelope:
    """What the wire says of a browser's request for a protected page."""
    fields: dict[str, Any] = {
        "boot": BOOT,
        "decision_id": "01990000-0000-7000-8000-000000000001",
        "action": "challenge",
        "site": "shop",
        "route": "form",
        "reason": "no_pass",
        "status": 403,
        "caller": CALLER,
        "method": "GET",
        "target": b"/form?a=1",
        "headers": BROWSER,
        "host": "shop.example",
        "navigation": True,
    }
    return Envelope(**(fields | changes))


def page_data(text: str) -> dict[str, Any]:
    """What lies in the page for its script."""
    found = re.search(r'id="gateway-data"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert found is not None, text
    data: dict[str, Any] = json.loads(found[1])
    return data


VALUES: dict[str, Any] = {
    "invisible": None,
    "pow": None,
    "one_click": True,
    "slider": {"reached": 1.0, "steps": 3},
    "wait": None,
}


def right(data: dict[str, Any], challenge: dict[str, Any] | None = None) -> dict[str, Any]:
    """The right answer to a page's challenge, work done."""
    challenge = challenge or data["challenge"]
    return {
        "visit": data["visit"],
        "ticket": challenge["ticket"],
        "answer": VALUES[challenge["kind"]],
        "proof": solve_work(challenge["work"]),
        "trace": TAPPED,
        "signals": HAND | {"laid": lay_out(challenge.get("layout"))},
    }


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """A body without a stated length."""
    for part in parts:
        yield part
