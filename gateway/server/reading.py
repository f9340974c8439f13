"""Reading what strangers post: bounded in size, depth and numbers; unreadable is None, no error."""

from __future__ import annotations

import json
import math
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.envelope import Envelope
from gateway.model import JSON
from gateway.origins import is_same_origin

MAX_BODY_BYTES = 64 * 1024
MAX_DEPTH = 16
MAX_INTEGER = 2**53  # what JavaScript can send exactly


async def read_body(request: web.Request) -> bytes | None:
    """The body, if it is no longer than MAX_BODY_BYTES."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def read_json(request: web.Request, envelope: Envelope) -> dict[str, JSON] | None:
    """The JSON object a page of this site posted; None for anything else."""
    if not may_post(request, envelope, "application/json"):
        return None
    body = await read_body(request)
    parsed = parse(body) if body else None
    return parsed if isinstance(parsed, dict) else None


async def read_form(request: web.Request, envelope: Envelope) -> dict[str, str] | None:
    """The form a page of this site posted, first value of each field; None for anything else."""
    if not may_post(request, envelope, "application/x-www-form-urlencoded"):
        return None
    body = await read_body(request)
    if body is None:
        return None
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=8)
    except ValueError:
        return None
    return dict(reversed(fields))


def may_post(request: web.Request, envelope: Envelope, content_type: str) -> bool:
    """From this very site, and of the type that another site's form can't send unasked."""
    if request.content_type != content_type:
        return False
    return is_same_origin(envelope.headers, envelope.host, envelope.caller.scheme)


def parse(body: bytes) -> JSON:
    """JSON within our bounds, or None."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if _is_bounded(parsed) else None


def text(value: JSON) -> str:
    """The value if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def _is_bounded(value: JSON) -> bool:
    """No deeper than MAX_DEPTH, and no number that JavaScript can't send."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[JSON] = []
        for each in level:
            kind = type(each)
            if kind is list:
                inner += each
            elif kind is dict:
                inner += each.values()
            elif (kind is int and not -MAX_INTEGER <= each <= MAX_INTEGER) or (
                kind is float and not math.isfinite(each)
            ):
                return False
        if not inner:
            return True
        level = inner
    return False
