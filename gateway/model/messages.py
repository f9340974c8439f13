"""A message on the wire, and who sent it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
JSON: TypeAlias = Any  # parsed at the edge, checked before use


@dataclass(frozen=True, slots=True)
class NoBody:
    """The message ends with its head."""


@dataclass(frozen=True, slots=True)
class Length:
    """The body is exactly `size_bytes` long (Content-Length)."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class Chunked:
    """The body is framed by chunks (Transfer-Encoding: chunked)."""


Framing: TypeAlias = NoBody | Length | Chunked


@dataclass(slots=True, eq=False)
class Block:
    """All of a head but its first line, read before: a client mostly sends the same ones again."""

    headers: Headers
    host: str
    keep_alive: bool
    known: dict[Any, Any] = field(default_factory=dict)  # what other rooms found out about it


@dataclass(slots=True, unsafe_hash=True)
class RequestHead:
    """One acceptable request head: everything in it has passed `heads`.

    Nobody changes one, yet it is not frozen: that would double what making it costs.
    """

    method: str
    target: bytes  # as received, origin-form or `*`
    version: tuple[int, int]  # (1, 0) or (1, 1)
    headers: Headers  # order, spelling and repeats as received
    framing: Framing
    host: str  # lower case, with port if one was sent; "" for HTTP/1.0 without Host
    keep_alive: bool
    upgrade: bool = False  # a WebSocket handshake
    expects_continue: bool = False
    block: Block | None = field(default=None, compare=False, repr=False)  # never with a body

    def get(self, name: bytes) -> bytes | None:
        """The first value of a header, by lower-case name."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header, in order, by lower-case name."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that must not pass: answered with `status`, then the connection is closed."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class BodySeen:
    """What is known of a body when deciding: its first bytes, and whether that is all."""

    data: bytes
    complete: bool
    # What other rooms read in it, by the headers it came with.
    known: dict[Headers, Any] = field(init=False, default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who opened the connection: an address, or `unix` for a unix socket."""

    address: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, after trusted proxies have been believed as far as they may be."""

    address: str
    prefix: str  # /24 or /56, the unit that limits count by
    scheme: Literal["http", "https"]
    trusted: bool  # the peer is a trusted proxy
    browser: str = ""  # keyed digest of the User-Agent, for binding
