"""Whom the app says it knows a caller as: hashed at once, and kept nowhere else.

It joins what limits count by and what records say; it opens nothing. A value that the client can
make up (a header, a cookie that is not signed) is only as good as the app's own check of it.
"""

from __future__ import annotations

import hmac

from gateway.given.places import given
from gateway.model import BodySeen, RequestHead, Route
from gateway.ring import KeyRing

MAX_CHARS = 256
_DIGEST_BYTES = 10


class Users:
    """Names users by a key of their own, which outlives rotations."""

    def __init__(self, ring: KeyRing) -> None:
        self._key = ring.oldest.derive("user")

    def of(self, route: Route, request: RequestHead, body: BodySeen | None) -> str:
        """The user's digest in hex; "" if none is named, or more than one."""
        if route.user is None:
            return ""
        values = given(request, body, route.user)
        if len(values) != 1 or not 0 < len(values[0]) <= MAX_CHARS:
            return ""
        return self.digest(route.site, values[0])

    def digest(self, site: str, name: str) -> str:
        """Of a user of a site, as records and limits have it."""
        said = f"{site}\0{name}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, "sha256")[:_DIGEST_BYTES].hex()
