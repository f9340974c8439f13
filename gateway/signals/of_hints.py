"""What a trusted proxy in front tells of the client's TLS: its fingerprint as JA3 or JA4.

Believed from trusted proxies only, and only under the names that the operator gave. A browser
claims a User-Agent; its library's handshake can't follow. Unknown fingerprints say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from gateway.model import Caller, Headers, Signal
from gateway.signals.of_fields import browser
from gateway.signals.rules import Seen

# JA4_a: protocol, TLS version, SNI, counts of ciphers and extensions, first ALPN value.
_JA4 = re.compile(r"([tqd])(\d\d|s\d|d\d|00)([di])\d\d\d\d([0-9a-z]{2})_[0-9a-f]{12}_[0-9a-f]{12}")
_LONGEST = 128
WEIGHTS: Final[Mapping[str, tuple[float, str]]] = MappingProxyType(
    {
        "tls_listed": (0.7, "a TLS fingerprint (JA3 or JA4) of your list"),
        "tls_disagrees": (
            0.5,
            "a JA4 without HTTP/2 or TLS 1.3, under a browser that always offers both",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Hints:
    """Header names in lower case ("" for none), and the fingerprints that count against a client.

    `keeps_order`: the trusted proxies hand fields on in the client's order and spelling.
    """

    ja4: bytes = b""
    ja3: bytes = b""
    listed: frozenset[str] = frozenset()
    keeps_order: bool = False

    def direct(self, caller: Caller) -> bool:
        """Whether fields come as the client sent them."""
        return self.keeps_order or not caller.trusted

    def signals(self, headers: Headers, caller: Caller) -> tuple[Signal, ...]:
        """What the proxy's word tells of this client."""
        if not (self.ja4 or self.ja3) or not caller.trusted:
            return ()
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            lower = name.lower()
            if lower in (self.ja4, self.ja3, b"user-agent"):
                # a proxy that adds its own line leaves the client's before it: the last is its own
                found[lower] = value[: 4 * _LONGEST]
        agent = found.pop(b"user-agent", b"")
        ja4, ja3 = found.get(self.ja4, b""), found.get(self.ja3, b"")
        return _signals(agent, ja4[:_LONGEST], ja3[:_LONGEST], self.listed)


@lru_cache(maxsize=2_000)
def _signals(agent: bytes, ja4: bytes, ja3: bytes, listed: frozenset[str]) -> tuple[Signal, ...]:
    names = []
    if listed & {ja4.decode("latin-1").lower(), ja3.decode("latin-1").lower()}:
        names.append("tls_listed")
    if _disagrees(agent.decode("latin-1"), ja4.decode("latin-1")):
        names.append("tls_disagrees")
    return tuple(Signal(name, 1.0, WEIGHTS[name][0]) for name in names)


def _disagrees(agent: str, ja4: str) -> bool:
    """Browsers offer HTTP/2, or speak QUIC, which is HTTP/3; and TLS 1.3."""
    told = _JA4.fullmatch(ja4)
    if told is None or not browser(Seen({"user-agent": agent}, True))[0]:
        return False
    return told[4] not in ("h2", "h3") or told[2] != "13"
