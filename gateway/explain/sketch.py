"""A request that somebody describes: with `curl`, in a HAR file, or by its record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from gateway.model import BodySeen, Headers, Length, NoBody, RequestHead

MAX_BODY_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is sent. `body` None: nothing is known of it."""

    method: str
    scheme: str
    host: str
    target: bytes
    headers: Headers
    body: bytes | None = b""

    @property
    def head(self) -> RequestHead:
        size = 1 if self.body is None and self.method not in _BODYLESS else len(self.body or b"")
        framing = Length(size) if size else NoBody()
        return RequestHead(
            self.method, self.target, (1, 1), self.headers, framing, self.host, keep_alive=True
        )

    @property
    def seen(self) -> BodySeen | None:
        return None if self.body is None else BodySeen(self.body, True)

    def at(self, host: str) -> Sketch:
        """The same, to another host."""
        return replace(self, host=host)


_BODYLESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE"})


def split_url(url: str) -> tuple[str, str, bytes]:
    """(scheme, host, target) of an absolute URL. Raises ValueError."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"no http or https address: {url[:100]}")
    host = parts.netloc.rpartition("@")[2]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, target.encode("utf-8", "surrogateescape")
