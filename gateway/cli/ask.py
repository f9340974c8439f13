"""Questions to the router about requests that nobody sent: from the command line or a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from gateway.config import Config
from gateway.model import BodySeen, Framing, Length, NoBody, RequestHead, Route, Site
from gateway.routing import Matched, NeedBodyFor, Router

Certainty = Literal["sure", "perhaps"]

_FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
_BODYLESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The route a request meets. `perhaps`: it depends on a body that isn't known."""

    matched: Matched
    certainty: Certainty


class Asker:
    """Compiled once; `ask` is quick enough for millions of log lines."""

    def __init__(self, config: Config) -> None:
        limit = config.limits.wire.match_body_bytes
        self._prefix = config.prefix.encode()
        self._router = Router(config.sites, config.prefix, limit)

    def site(self, host: str) -> Site | None:
        return self._router.site(host)

    def is_ours(self, target: bytes) -> bool:
        """Whether the gate itself answers there."""
        return target.startswith(self._prefix)

    def ask(self, site: Site, method: str, target: bytes, host: str, form: bytes | None) -> Verdict:
        """What such a request meets. `form` None: it may have a body, and nobody knows which."""
        bodyless = method in _BODYLESS if form is None else not form
        framing: Framing = NoBody() if bodyless else Length(len(form or b"?"))
        headers = () if bodyless else _FORM
        head = RequestHead(method, target, (1, 1), headers, framing, host, keep_alive=True)
        known = None if form is None else BodySeen(form, True)
        found = self._router.match(site, head, known)
        if not isinstance(found, NeedBodyFor):
            return Verdict(found, "sure")
        unread = self._router.match(site, head, BodySeen(b"", False))
        assert isinstance(unread, Matched)
        return Verdict(unread, "perhaps")


def form_body(fields: list[str]) -> bytes:
    """`NAME=VALUE` from the command line as a form's body. Raises ValueError."""
    pairs = []
    for text in fields:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ValueError(f"--form {text}: write it like do=register")
        pairs.append((name, value))
    return urlencode(pairs).encode()


def outcome(route: Route | None, *, opening: bool = False) -> str:
    """What becomes of a request without a pass, in one phrase."""
    if route is None or route.action == "allow" or route.mode == "off":
        return "goes on"
    verb = "refused" if route.action == "deny" else "challenged"
    if opening:
        verb += " already here"
    return f"would be {verb} (shadow)" if route.mode == "shadow" else f"is {verb}"


def printable(text: str, width: int = 100) -> str:
    """Text from outside without what could steer a terminal, cut to a width."""
    safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return safe if len(safe) <= width else safe[: width - 1] + "…"
