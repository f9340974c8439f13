"""`/preflight`: what scripts of a configured origin may send to a protected route (Fetch §4.8)."""

from __future__ import annotations

from aiohttp import web

from gateway.envelope import Envelope
from gateway.origins import preflight_reply
from gateway.server.parts import GateParts


async def preflight(gate: GateParts, request: web.Request, envelope: Envelope) -> web.Response:
    """In the app's place: many apps do by OPTIONS whatever they do by GET."""
    route = gate.route(envelope.site, envelope.route)
    methods = route.match.methods if route else frozenset[str]()
    return web.Response(status=204, headers=preflight_reply(envelope.headers, methods))
