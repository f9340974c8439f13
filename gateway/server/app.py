"""The aiohttp application on the private socket: who may speak to it, and what if it breaks."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.envelope import HEADER, MAX_VALUE_BYTES, Envelope
from gateway.server import own
from gateway.server.challenging import challenge
from gateway.server.denying import deny, refuse
from gateway.server.parts import GateParts
from gateway.server.preflights import preflight
from gateway.server.probing import probe

Handler = Callable[[GateParts, web.Request, Envelope], Awaitable[web.Response]]

_SILENT = logging.Logger("gateway.aiohttp")
_SILENT.addHandler(logging.NullHandler())

# What `web.AppRunner` must be given. Envelopes hold a whole head. When the wire's client leaves,
# the handler ends too. aiohttp's own log quotes what it can't parse, and envelopes bear cookies.
RUNNER_OPTIONS: dict[str, Any] = {
    "max_field_size": MAX_VALUE_BYTES,
    "max_line_size": MAX_VALUE_BYTES,
    "handler_cancellation": True,
    "access_log": None,
    "logger": _SILENT,
}


PARTS = web.AppKey("parts", GateParts)
GATE = web.RequestKey("gate", GateParts)
ENVELOPE = web.RequestKey("envelope", Envelope)


def make_app(parts: GateParts) -> web.Application:
    """The gate as an application: `/challenge`, `/deny`, `/own/…`."""
    app = web.Application(middlewares=[_guard])
    app[PARTS] = parts
    app.on_response_prepare.append(_unsigned)
    app.router.add_route("*", "/challenge", _with_parts(challenge))
    app.router.add_route("*", "/deny", _with_parts(deny))
    app.router.add_get("/preflight", _with_parts(preflight))
    app.router.add_post("/own/answer", _with_parts(own.answer))
    app.router.add_post("/own/challenge", _with_parts(own.another))
    app.router.add_post("/own/wait", _with_parts(own.wait))
    app.router.add_post("/own/loop", _with_parts(own.loop))
    app.router.add_get("/own/assets/{name}", _with_parts(own.asset))
    app.router.add_get("/own/gateway.js", _with_parts(own.widget))
    app.router.add_get("/own/verdict.js", _with_parts(own.verdict_script))
    app.router.add_post("/own/probe", _with_parts(probe))
    app.router.add_get("/own/frame", _with_parts(own.frame))
    app.router.add_get("/own/jwks.json", _with_parts(own.keys))
    return app


async def _unsigned(request: web.Request, response: web.StreamResponse) -> None:
    """Our pages don't tell strangers which version of what made them."""
    response.headers.pop("Server", None)


def _with_parts(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request[GATE], request, request[ENVELOPE])

    return handle


@web.middleware
async def _guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Only what the wire sent, for the purpose it said; and never a traceback."""
    gate = request.app[PARTS]
    envelope = Envelope.open(request.headers.get(HEADER), gate.boot)
    if envelope is None or envelope.action != request.path.split("/")[1]:
        return web.Response(status=404, text="Not found\n")
    request[GATE], request[ENVELOPE] = gate, envelope
    try:
        return await handler(request)
    except web.HTTPException as error:  # no such endpoint, or not by this method
        refused = refuse(gate, request, envelope, "default", error.status)
        if "Allow" in error.headers:
            refused.headers["Allow"] = error.headers["Allow"]
        return refused
    except ConnectionResetError:
        raise  # the wire has gone: there is nobody to answer
    except Exception as error:
        return _broke(gate, envelope, error)


def _broke(gate: GateParts, envelope: Envelope, error: Exception) -> web.Response:
    """A plain page: templates may be what broke. The record says where, and quotes nothing."""
    gate.metrics.gate_error()
    gate.log.broke(
        error,
        reference=envelope.decision_id,
        site=envelope.site,
        route=envelope.route,
        action=envelope.action,
    )
    text = (
        f"{HTTPStatus.INTERNAL_SERVER_ERROR.phrase}\n\n"
        f"Something went wrong in the gate of this site. Reference: {envelope.decision_id}\n"
    )
    return web.Response(status=500, text=text, headers={"Cache-Control": "no-store"})
