"""Short ways to write a route, a request, and to ask which route it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.model import (
    Address,
    BodySeen,
    Framing,
    Headers,
    Length,
    Match,
    NoBody,
    RequestHead,
    Route,
    Rung,
    Site,
    Upstream,
)
from gateway.routing import NeedBodyFor, Router

APP = Upstream("app", (Address("127.0.0.1", 8000),))
FORM = b"application/x-www-form-urlencoded"


def route(
    name: str,
    *paths: str,
    methods: Iterable[str] = (),
    query: Mapping[str, str | None] | None = None,
    form: Mapping[str, str | None] | None = None,
    level: int = 1,
    **settings: Any,
) -> Route:
    return Route(
        name=name,
        site="shop",
        match=Match(frozenset(methods), paths, query or {}, form or {}),
        ladder=(Rung("slider", None, level=level),),
        **settings,
    )


def request(
    target: str | bytes, method: str = "GET", headers: Headers = (), size: int = 0
) -> RequestHead:
    framing: Framing = Length(size) if size else NoBody()
    raw = target if isinstance(target, bytes) else target.encode()
    return RequestHead(method, raw, (1, 1), headers, framing, "shop.example", True)


def post(
    target: str | bytes, body: bytes = b"", kind: bytes | None = FORM, headers: Headers = ()
) -> RequestHead:
    typed = () if kind is None else ((b"Content-Type", kind),)
    return request(target, "POST", (*typed, *headers), len(body))


def site_of(routes: Sequence[Route]) -> Site:
    return Site("shop", ("*",), APP, tuple(routes))


def name_of(
    routes: Sequence[Route], asked: RequestHead, body: bytes | BodySeen | None = None
) -> str | None:
    """The matched route's name, None, or `body?` where the body is needed."""
    site = site_of(routes)
    seen = BodySeen(body, complete=True) if isinstance(body, bytes) else body
    found = Router([site], "/_gateway/").match(site, asked, seen)
    if isinstance(found, NeedBodyFor):
        return "body?"
    return found.route.name if found.route else None
