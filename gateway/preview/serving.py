"""A page on loopback that asks every kind in turn, with the real page and its modules.

A *run* is one visitor's walk through the kinds: it goes on when an answer was right or skipped. The
page's script speaks the protocol of `server.own`; only work, holds and passes are left out.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import cast

from aiohttp import web

from gateway.kinds import Kind
from gateway.model import JSON
from gateway.pages import FALLBACK, Pages
from gateway.preview import study
from gateway.preview.study import Outcome, Pointer, Try
from gateway.server.replies import csp

SITE = Path(__file__).with_name("site")
PREFIX = "/_gateway/"
EXPIRES_S = 86_400  # nobody is hurried: a question that ran out would count as exchanged
MOST_RUNS = 1000  # in memory; the oldest go
MOST_BODY_BYTES = 1 << 20

THEMES = ("light", "dark")
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\)")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
_NEVER_KEPT = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class Run:
    """Where one visitor is: kinds in turn, and the question on show."""

    kinds: Sequence[str]
    at: int = 0
    attempt: int = 1
    ticket: str = ""
    secret: Mapping[str, JSON] = field(default_factory=dict)
    asked_s: float = 0.0

    @property
    def kind(self) -> str:
        return self.kinds[self.at % len(self.kinds)]


class Study:
    """Questions asked of whoever comes, and the file that the tries are written to."""

    def __init__(
        self,
        kinds: Mapping[str, tuple[Kind, JSON]],
        pages: Pages,
        notes: Path,
        clock: Callable[[], float],
    ) -> None:
        """`kinds`: each with its parameters. Raises ValueError when `notes` has a bad line."""
        self.kinds, self.pages = kinds, pages
        self.runs: dict[str, Run] = {}
        self._notes, self._clock, self._rng = notes, clock, Random()  # noqa: S311
        text = notes.read_text("utf-8") if notes.exists() else ""
        self.tries = study.read(text)
        self._lock = asyncio.Lock()

    def run(self, name: str, kind: str) -> Run:
        """The run of a name, begun if need be."""
        if name not in self.runs:
            chosen = [kind] if kind in self.kinds else list(self.kinds)
            self.runs[name] = Run(chosen)
            for oldest in itertools.islice(list(self.runs), max(0, len(self.runs) - MOST_RUNS)):
                del self.runs[oldest]
        return self.runs[name]

    async def ask(self, run: Run) -> dict[str, JSON]:
        """A fresh question, as the page gets it."""
        kind, params = self.kinds[run.kind]
        seeded = Random(self._rng.getrandbits(64))  # noqa: S311
        made = await asyncio.to_thread(kind.make, seeded, params)
        run.ticket, run.secret, run.asked_s = secrets.token_hex(8), made.secret, self._clock()
        return {
            "ticket": run.ticket,
            "kind": run.kind,
            "view": dict(made.view),
            "drawn": kind.drawn,
            "work": None,
            "expires_in_s": EXPIRES_S,
            "ways": [],
            "rung": 0,
        }

    async def note(self, run: Run, outcome: Outcome, pointer: Pointer) -> None:
        """Write a try down, and go on to the next kind or to the next attempt at this one."""
        seconds = round(self._clock() - run.asked_s, 2)
        one = Try(run.kind, outcome, run.attempt, seconds, pointer)
        run.ticket = ""
        if outcome in ("right", "skipped"):
            run.at, run.attempt = run.at + 1, 1
        else:
            run.attempt += 1
        self.tries.append(one)
        async with self._lock:
            await asyncio.to_thread(self._write, study.line(one))

    def _write(self, line: str) -> None:
        with self._notes.open("a", encoding="utf-8") as file:
            file.write(line)


STUDY = web.AppKey("study", Study)


def application(study: Study) -> web.Application:
    """The page, what it speaks to, and the table of results."""
    app = web.Application(client_max_size=MOST_BODY_BYTES)
    app[STUDY] = study
    app.router.add_get("/", index)
    app.router.add_get("/site/{name}", site)
    app.router.add_get("/options", options)
    app.router.add_get("/results", results)
    app.router.add_get("/tries.jsonl", tries)
    app.router.add_get("/try", question)
    app.router.add_post("/skip", skip)
    app.router.add_get("/theme/{theme}.css", theme)
    app.router.add_get(PREFIX + "assets/{name}", asset)
    app.router.add_post(PREFIX + "answer", answer)
    app.router.add_post(PREFIX + "challenge", exchange)
    return app


# --- The page of the question --------------------------------------------------------------------


async def question(request: web.Request) -> web.Response:
    """The gate's own page with the question that the run is at."""
    study = request.app[STUDY]
    run = study.run(request.query.get("run", ""), request.query.get("kind", ""))
    lang = request.query.get("lang", FALLBACK)
    nonce = base64.b64encode(secrets.token_bytes(18)).decode()
    text = study.pages.render(
        "interstitial.html",
        lang=lang if lang in study.pages.texts else FALLBACK,
        nonce=nonce,
        data=_page_data(request.query.get("run", ""), await study.ask(run)),
    )
    text = text.replace(
        "</head>", f'<script src="/site/pointer.js" nonce="{nonce}"></script></head>'
    )
    if (shade := request.query.get("theme")) in THEMES:
        text = text.replace(study.pages.urls["page.css"], f"/theme/{shade}.css")
    headers = {**_NEVER_KEPT, "Content-Security-Policy": csp(nonce, None)}
    return web.Response(text=text, content_type="text/html", headers=headers)


def _page_data(run: str, challenge: JSON) -> dict[str, JSON]:
    """What the page's script reads; the run stands where the visit would."""
    return {
        "site": "preview",
        "reference": "-",
        "target": "/try",
        "method": "GET",
        "visit": run,
        "challenge": challenge,
        "finish": "reload",
        "loops_key": secrets.token_hex(8),  # being asked again is no loop here
        "mode": "page",
    }


async def theme(request: web.Request) -> web.Response:
    """The page's style as if the visitor's system were light or dark."""
    shade = request.match_info["theme"]
    found = request.app[STUDY].pages.named("page.css")
    if shade not in THEMES or found is None:
        raise web.HTTPNotFound
    style = _DARK.sub("@media all" if shade == "dark" else "@media not all", found.body.decode())
    style = style.replace("color-scheme: light dark", f"color-scheme: {shade}")
    return web.Response(text=style, content_type="text/css", headers=_NEVER_KEPT)


async def asset(request: web.Request) -> web.Response:
    found = request.app[STUDY].pages.asset(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=found.body, headers={"Content-Type": found.content_type})


# --- What its script asks ------------------------------------------------------------------------


async def answer(request: web.Request) -> web.Response:
    """Judge, note, and send the next question after a wrong answer."""
    study, body, run = await _asked(request)
    if run is None or not run.ticket or body.get("ticket") != run.ticket:
        return web.json_response({"outcome": "refused", "reason": "spent"})
    kind, _ = study.kinds[run.kind]
    verdict = kind.check(run.secret, body.get("answer"))
    await study.note(run, "right" if verdict.ok else "wrong", _pointer(request))
    if verdict.ok:
        return web.json_response({"outcome": "solved", "finish": "reload"})
    challenge = await study.ask(run)
    again = {"outcome": "again", "reason": verdict.reason, "challenge": challenge}
    return web.json_response(again)


async def exchange(request: web.Request) -> web.Response:
    """ "New one"."""
    study, _, run = await _asked(request)
    if run is None:
        return web.json_response({"outcome": "refused", "reason": "expired"})
    if run.ticket:
        await study.note(run, "exchanged", _pointer(request))
    return web.json_response({"challenge": await study.ask(run)})


async def skip(request: web.Request) -> web.Response:
    """Go on to the next kind without an answer."""
    study, _, run = await _asked(request)
    if run is None:
        raise web.HTTPNotFound
    await study.note(run, "skipped", "")
    return web.json_response({"kind": run.kind})


async def _asked(request: web.Request) -> tuple[Study, dict[str, JSON], Run | None]:
    study = request.app[STUDY]
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return study, body, study.runs.get(str(body.get("visit")))


def _pointer(request: web.Request) -> Pointer:
    said = request.headers.get("X-Pointer", "")
    return cast(Pointer, said if said in study.POINTERS else "")


# --- The page around it --------------------------------------------------------------------------


async def index(request: web.Request) -> web.Response:
    return _file("index.html")


async def site(request: web.Request) -> web.Response:
    return _file(request.match_info["name"])


def _file(name: str) -> web.Response:
    path = SITE / name
    if path.parent != SITE or path.suffix not in _TYPES or not path.is_file():
        raise web.HTTPNotFound
    text = path.read_text("utf-8")
    return web.Response(text=text, content_type=_TYPES[path.suffix], headers=_NEVER_KEPT)


async def options(request: web.Request) -> web.Response:
    """What can be chosen: kinds, and languages by code."""
    study = request.app[STUDY]
    names = {code: texts["meta"]["name"] for code, texts in study.pages.texts.items()}
    return web.json_response({"kinds": list(study.kinds), "languages": names})


async def results(request: web.Request) -> web.Response:
    rows = study.table(request.app[STUDY].tries)
    return web.json_response(study.shown(rows), headers=_NEVER_KEPT)


async def tries(request: web.Request) -> web.Response:
    text = "".join(map(study.line, request.app[STUDY].tries))
    headers = {**_NEVER_KEPT, "Content-Disposition": 'attachment; filename="tries.jsonl"'}
    return web.Response(text=text, content_type="application/x-ndjson", headers=headers)
