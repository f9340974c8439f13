"""Our endpoints under the prefix, as the page and the apps' scripts call them."""

from __future__ import annotations

from aiohttp import web

from gateway.envelope import Envelope
from gateway.model import JSON, Again, Refused, Solved, Visit
from gateway.pages import Asset
from gateway.passes import jwks
from gateway.server.answering import Judged, asking_next, judge_answer, next_question
from gateway.server.challenging import page_data, show_question
from gateway.server.exchanging import exchange
from gateway.server.opened import open_tokens
from gateway.server.parts import GateParts
from gateway.server.reading import read_form, read_json
from gateway.server.releasing import Release, release
from gateway.server.replies import Reply, as_json, retry_after, takes_gzip
from gateway.server.showing import about, show, show_refusal
from gateway.tokens import seal_visit

IMMUTABLE = "public, max-age=31536000, immutable"
WIDGET_CACHE = "public, max-age=300"  # its URL bears no digest: apps write it down
JWKS_CACHE = "public, max-age=300"
LOOP_REASONS = ("cookies", "clock", "iframe", "other")
MAX_LOOPS = 20  # records of one prefix in LOOPS_WINDOW_S: nobody fills the log
LOOPS_WINDOW_S = 60
_REFUSED_STATUS = {"too_many": 429, "unreadable": 400, "unavailable": 503, "full": 503}
_WORDS = {"unavailable": "store_down", "full": "store_full", "expired": "visit_expired"}


async def answer(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`answer`: judge, then release, ask again or refuse."""
    body = await read_json(request, envelope)
    if body is None:
        return refused(Refused("unreadable"))
    judged = await judge_answer(gate, envelope, body)
    match judged.outcome:
        case Solved():
            return solved(released(gate, envelope, judged))
        case Again(reason, _):
            question = await next_question(gate, envelope, judged)
            return as_json({"outcome": "again", "reason": reason, "challenge": question})
        case Refused() as outcome:
            return refused(outcome)


async def another(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`challenge`: exchange the question, or get the first one (the widget's frame)."""
    body = await read_json(request, envelope)
    if body is None:
        return refused(Refused("unreadable"))
    question = await exchange(gate, envelope, body)
    return refused(question) if isinstance(question, Refused) else as_json({"challenge": question})


def released(gate: GateParts, envelope: Envelope, judged: Judged) -> Release:
    """What the solved visit earns."""
    opened, outcome = judged.opened, judged.outcome
    assert opened is not None and isinstance(outcome, Solved)
    return release(gate, envelope, opened.visit, opened.route, outcome, cookies=judged.cookies)


def solved(earned: Release) -> web.Response:
    body = {"outcome": "solved", "finish": earned.finish, "visit": earned.visit, "url": earned.url}
    return as_json(body, Reply(200, {"Set-Cookie": earned.cookie} if earned.cookie else None))


def refused(outcome: Refused) -> web.Response:
    body: dict[str, JSON] = {"outcome": "refused", "reason": outcome.reason}
    if outcome.retry_after_s:
        body["retry_after_s"] = outcome.retry_after_s
    status = _REFUSED_STATUS.get(outcome.reason, 403)
    return as_json(body, Reply(status, retry_after(outcome.retry_after_s)))


# --- Without JavaScript ----------------------------------------------------------------------


async def wait(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`wait`: the form of visitors without JavaScript."""
    form = await read_form(request, envelope)
    if form is None:
        return show_refusal(gate, request, envelope, "bad_request", 400)
    fields = {"visit": form.get("visit"), "ticket": form.get("ticket")}
    opened = open_tokens(gate, envelope, fields["visit"] or "", fields["ticket"] or "")
    if opened is None or opened.route.no_javascript != "wait":
        return show_refusal(gate, request, envelope, "visit_unreadable", 400)
    judged = await judge_answer(gate, envelope, fields)
    match judged.outcome:
        case Solved():
            return _go_on(gate, request, envelope, opened.visit, released(gate, envelope, judged))
        case Again():
            sealed = seal_visit(gate.ring, opened.visit, gate.nonce())
            asking = asking_next(envelope, judged)
            return show_question(gate, request, envelope, asking, sealed)
        case Refused("too_early", retry_after_s):
            return _early(gate, request, envelope, fields, retry_after_s)
        case Refused(reason, retry_after_s):
            status = _REFUSED_STATUS.get(reason, 403)
            words = _WORDS.get(reason, reason)
            return show_refusal(gate, request, envelope, words, status, retry_after_s=retry_after_s)


def _early(
    gate: GateParts,
    request: web.Request,
    envelope: Envelope,
    form: dict[str, str | None],
    retry_after_s: int,
) -> web.Response:
    """The same button once more: without JavaScript nothing leads back to the page that had it."""
    data = about(gate, envelope) | {"reason": "too_early", "visit": "", "form": form}
    reply = Reply(403, retry_after(retry_after_s))
    return show(gate, request, envelope, "denied.html", reply, data=data)


def _go_on(
    gate: GateParts, request: web.Request, envelope: Envelope, visit: Visit, earned: Release
) -> web.Response:
    """Back to the page by a redirect to the sealed target, or a button that posts the visit."""
    headers = {"Set-Cookie": earned.cookie} if earned.cookie else {}
    if earned.finish == "reload":
        location = {"Location": earned.url, "Cache-Control": "no-store"}
        return web.Response(status=303, headers=headers | location)
    data = about(gate, envelope) | {
        "target": earned.url,
        "method": visit.method,
        "visit": earned.visit,
    }
    return show(gate, request, envelope, "continue.html", Reply(200, headers), data=data)


# --- Files and keys --------------------------------------------------------------------------


async def asset(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`assets/<digest>.<name>`: content that never changes."""
    found = gate.pages.asset(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return _file(request, found, IMMUTABLE)


async def widget(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`gateway.js`, which apps include by this very URL."""
    found = gate.pages.named("gateway.js")
    if found is None:
        raise web.HTTPNotFound
    return _file(request, found, WIDGET_CACHE)


async def verdict_script(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`verdict.js`, which `gateway.js` asks for by this URL: on to the file with a digest."""
    location = gate.pages.urls["verdict.js"]
    return web.Response(status=302, headers={"Location": location, "Cache-Control": WIDGET_CACHE})


def _file(request: web.Request, found: Asset, cache: str) -> web.Response:
    headers = {
        "Cache-Control": cache,
        "ETag": found.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": found.content_type,
    }
    if request.headers.get("If-None-Match") == found.etag:
        return web.Response(status=304, headers=headers)
    if not takes_gzip(request):
        return web.Response(body=found.body, headers=headers)
    return web.Response(body=found.gzipped, headers=headers | {"Content-Encoding": "gzip"})


async def frame(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`frame`: the page in the widget's overlay; its visit comes in the fragment."""
    site = gate.site(envelope)
    origins = sorted(site.cors_origins) if site else []
    data = page_data(gate, envelope, None, "") | {"origins": origins}
    return show(gate, request, envelope, "frame.html", Reply(200), data=data, wait=None)


async def keys(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`jwks.json`: what apps verify EdDSA passes with (RFC 7517)."""
    reply = Reply(200, {"Cache-Control": JWKS_CACHE})
    return as_json(jwks(gate.ring), reply, "application/jwk-set+json")


async def loop(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """`loop`: the page gave up since passes did not stick; counted and recorded, nothing else."""
    body = await read_json(request, envelope)
    why = body.get("why") if body else None
    if why not in LOOP_REASONS:
        return refused(Refused("unreadable"))
    told = gate.local.bump(f"loop/{envelope.caller.prefix}", LOOPS_WINDOW_S, gate.clock())
    if told is None or told > MAX_LOOPS:
        return refused(Refused("too_many", LOOPS_WINDOW_S))
    gate.metrics.loops(why)
    gate.log.record(
        "loop",
        reference=envelope.decision_id,
        site=envelope.site,
        reason=why,
        caller=gate.log.caller(envelope.caller.address),
    )
    return web.Response(status=204, headers={"Cache-Control": "no-store"})
