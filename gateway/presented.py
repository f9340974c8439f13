"""The passes a request presents: found in its cookies, verified once, then remembered.

Verifying costs about 40 µs, remembering about 1; most requests of a visitor bring the same pass.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.model import Caller, Headers, Pass, Route
from gateway.passes import PassFault, cookie_name, read
from gateway.ring import KeyRing

REMEMBERED = 10_000  # passes; about 10 MB


class PassReader:
    """Reads passes under one key ring. `rejected` hears why a presented one does not count."""

    def __init__(self, ring: KeyRing, rejected: Callable[[str], None]) -> None:
        self._ring = ring
        self._rejected = rejected
        self._known: dict[tuple[bytes, str, str, str], Pass] = {}

    def read(
        self, headers: Headers, site: str, route: Route, caller: Caller, now_s: float
    ) -> tuple[Pass, ...]:
        """The valid pass for the route's scope, if the request carries exactly one."""
        if route.single_use:
            return ()
        name = cookie_name(route.pass_rule.scope, caller.scheme == "https").encode()
        tokens = cookies(headers, name)
        if len(tokens) != 1:  # two of one name: somebody planted one, and we can't tell which
            if tokens:
                self._rejected("several")
            return ()
        found = self._look_up(tokens[0], site, caller, now_s)
        return (found,) if found else ()

    def _look_up(self, token: bytes, site: str, caller: Caller, now_s: float) -> Pass | None:
        key = (token, site, caller.browser, caller.prefix)
        known = self._known.get(key)
        if known is not None:
            return known if now_s < known.expires_s else None
        found = read(self._ring, token, site, now_s, caller=caller)
        if isinstance(found, PassFault):
            self._rejected(found.reason)
            return None
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[key] = found
        return found


def cookies(headers: Headers, name: bytes) -> list[bytes]:
    """Every value sent under a cookie name (RFC 6265 §5.4), in order."""
    start = name + b"="
    return [
        pair.strip()[len(start) :].strip(b'"')
        for key, value in headers
        if key.lower() == b"cookie" and start in value
        for pair in value.split(b";")
        if pair.strip().startswith(start)
    ]
