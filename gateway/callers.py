"""Who is asking: trusted proxies are believed as far as they may be, and no further.

Without a trusted peer every forwarding header is hearsay and is not looked at. With one, all
`X-Forwarded-For` lines are read as one list from the right: each entry was appended by the hop to
its right, so the first address that is not itself a trusted proxy is the caller, and what stands
left of it is that caller's own claim (CVE-2026-40575). An entry that is no address ends the walk.
`Forwarded` (RFC 7239) is not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)
from typing import Literal

from gateway.model import Caller, Headers, Peer

UNIX = "unix"
UNKNOWN = "unknown"
MAX_HOPS = 32  # trusted proxies in one chain; what is further left is not read
_CACHED_ADDRESSES = 16_384
_CACHED_BROWSERS = 1_024  # usually a few hundred KiB; 32 MiB if somebody means harm
_IPV4_PREFIX = 24
_IPV6_PREFIX = 56  # what a household is commonly given (RIPE-690)
_MAX_ADDRESS_CHARS = 64
_BROWSER_BYTES = 16

_Address = IPv4Address | IPv6Address
# Without a proxy that we trust, what the operator says of the site, else what we see.
_PLAIN: dict[str, Literal["http", "https"]] = {"auto": "http", "http": "http", "https": "https"}
_SCHEMES: dict[bytes, Literal["http", "https"]] = {
    b"http": "http",
    b"ws": "http",
    b"https": "https",
    b"wss": "https",
}


class TrustedProxies:
    """CIDRs, single addresses and `unix` whose forwarding headers are believed.

    `header` names a single header with the caller's address (`CF-Connecting-IP`), believed instead
    of X-Forwarded-For when a trusted peer sends it exactly once.
    Raises ValueError on an entry that is none of these, and on a header without any proxy.
    """

    __slots__ = ("_holds", "header", "unix")

    def __init__(self, entries: Iterable[str] = (), header: str = "") -> None:
        listed = tuple(entry.strip() for entry in entries)
        if header and not listed:
            raise ValueError("a client address header needs trusted_proxies")
        self.unix = UNIX in listed
        self.header = header.lower().encode("latin-1")
        networks = _networks(entry for entry in listed if entry != UNIX)

        @lru_cache(maxsize=_CACHED_ADDRESSES)
        def holds(address: str) -> bool:
            known = parse_address(address)
            return known is not None and any(known in network for network in networks)

        self._holds = holds if networks else _never

    def trust(self, address: str) -> bool:
        """Whether this is a trusted proxy; an address, or `unix`."""
        return self.unix if address == UNIX else self._holds(address)


def caller_of(
    peer: Peer,
    headers: Headers,
    trusted: TrustedProxies,
    site_scheme: Literal["auto", "http", "https"],
    browser_key: bytes,
) -> Caller:
    """The caller of one request. `browser_key` is 1 to 32 bytes, never shown to anyone."""
    browser = browser_of(headers, browser_key)
    if not trusted.trust(peer.address):
        known, prefix = _placed(peer.address)
        return Caller(known, prefix, _PLAIN[site_scheme], False, browser)
    address, hops = _named(headers, trusted) or _walked(peer.address, headers, trusted)
    known, prefix = _placed(address)
    scheme = _scheme(headers, hops) if site_scheme == "auto" else site_scheme
    return Caller(known, prefix, scheme, True, browser)


def browser_of(headers: Headers, key: bytes) -> str:
    """A keyed digest of the User-Agent: the same browser, unreadable without the key."""
    agents = [value for name, value in headers if name.lower() == b"user-agent"]
    return _digest(b"\n".join(agents), key)


@lru_cache(maxsize=_CACHED_BROWSERS)
def _digest(agent: bytes, key: bytes) -> str:
    return hashlib.blake2s(agent, digest_size=_BROWSER_BYTES, key=key).hexdigest()


def prefix_of(address: str) -> str:
    """The /24 or /56 that limits count by; the text itself for what is no address."""
    return _placed(address)[1]


def parse_address(text: str) -> _Address | None:
    """An address from `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`, `::1%eth0`; None if it is none."""
    text = text.strip(" \t\"'")
    if len(text) > _MAX_ADDRESS_CHARS or not text.isascii():
        return None
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or not _is_port(port):
            return None
    elif text.count(":") == 1:
        text, _, digits = text.partition(":")
        if not digits.isdigit():
            return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_port(text: str) -> bool:
    return not text or (text.startswith(":") and text[1:].isdigit())


def _never(address: str) -> bool:
    return False


def _networks(entries: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    parsed = [_network(entry) for entry in entries]
    four = [network for network in parsed if isinstance(network, IPv4Network)]
    six = [network for network in parsed if isinstance(network, IPv6Network)]
    return (*collapse_addresses(four), *collapse_addresses(six))


def _network(entry: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        raise ValueError(f"not an address range: {entry!r} (like 10.0.0.0/8, or unix)") from None


def _named(headers: Headers, trusted: TrustedProxies) -> tuple[str, int] | None:
    if not trusted.header:
        return None
    values = [value for name, value in headers if name.lower() == trusted.header]
    address = parse_address(values[0].decode("latin-1")) if len(values) == 1 else None
    return None if address is None else (str(address), 1)


def _walked(peer: str, headers: Headers, trusted: TrustedProxies) -> tuple[str, int]:
    """The first untrusted address from the right, and how many entries it took."""
    lines = [value for name, value in headers if name.lower() == b"x-forwarded-for"]
    if not lines:
        return peer, 0
    current, hops = peer, 0
    for entry in reversed(b",".join(lines).rsplit(b",", MAX_HOPS)[-MAX_HOPS:]):
        address = parse_address(entry.decode("latin-1"))
        if address is None:
            break
        current, hops = str(address), hops + 1
        if not trusted.trust(current):
            break
    return current, hops


def _scheme(headers: Headers, hops: int) -> Literal["http", "https"]:
    """What the proxy nearest to the caller said. Most replace the list, some append to it."""
    lines = [value for name, value in headers if name.lower() == b"x-forwarded-proto"]
    if not lines:
        return "http"
    said = b",".join(lines).split(b",")
    nearest = said[-min(max(hops, 1), len(said))]
    return _SCHEMES.get(nearest.strip().lower(), "http")


@lru_cache(maxsize=_CACHED_ADDRESSES)
def _placed(address: str) -> tuple[str, str]:
    """An address in its one spelling, and its prefix."""
    known = parse_address(address)
    if known is None:
        name = address if address == UNIX else UNKNOWN
        return name, name
    bits = _IPV4_PREFIX if isinstance(known, IPv4Address) else _IPV6_PREFIX
    return str(known), str(ip_network((known, bits), strict=False))
