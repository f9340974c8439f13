"""Who stays with which address of an app.

PHP keeps sessions on its own disk, so a visitor must come back to where the session began. To
hash the app's own cookie can't do that: the request that begins a session does not have it yet, and
goes elsewhere than those that bring it. So the gate sets a cookie of its own that names the
address, beside the app's. It says nothing to others, grants nothing, and lasts as long as the
browser is open.

Without it (and with `affinity: client`) the visitor's address prefix decides, by rendezvous
hashing; requests side by side that begin a session go to the same address.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.model import Caller, RequestHead, Site, Upstream
from gateway.ring import KeyRing

COOKIE: Final = "gateway_app_"  # and the site's name: gates on one host don't disturb each other
PURPOSE: Final = "affinity"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Cookie:
    """What names one address: its value, and the whole Set-Cookie field with its CRLF."""

    value: bytes
    field: bytes


@dataclass(frozen=True, slots=True)
class Stay:
    """Where one request should go, and the cookie its reply may need."""

    key: bytes  # whose order of addresses counts
    named: int = -1  # the address that the visitor's cookie names, by index; -1: none
    cookies: tuple[Cookie, ...] = ()  # one for each address; none: none is set
    presented: bytes | None = None  # what the visitor's cookie says, understood or not
    begins: bool = False  # the request may leave something behind where it goes

    def set_cookie(self, index: int, *, app_sets: bool) -> bytes:
        """The field to add to a reply from this address, with its CRLF; b"" if it has all it needs.

        Nothing is set where nothing can have begun: replies that caches may keep stay as they are.
        """
        if not self.cookies:
            return b""
        cookie = self.cookies[index]
        if self.presented is None:
            return cookie.field if app_sets or self.begins else b""
        return b"" if self.presented == cookie.value else cookie.field


class Stays:
    """Makes the `Stay` of every request to one site. `ring`: older keys' cookies count too."""

    def __init__(self, site: Site, ring: KeyRing) -> None:
        upstream = site.upstream
        self._named = f"{COOKIE}{site.name}=".encode()
        self._indices: dict[bytes, int] = {}
        self._cookies: dict[str, tuple[Cookie, ...]] = {}
        if upstream.affinity == "cookie":
            self._name_addresses(upstream, ring)

    def _name_addresses(self, upstream: Upstream, ring: KeyRing) -> None:
        """By every key; the newest one's names are set, in place of older ones that come."""
        for key in ring.keys:
            derived = key.derive(PURPOSE)
            values = [_value(derived, f"{upstream.name} {each}") for each in upstream.addresses]
            self._indices |= {value: index for index, value in enumerate(values)}
        for scheme, more in (("http", b""), ("https", b"; SameSite=None; Secure")):
            start, end = b"Set-Cookie: " + self._named, b"; Path=/; HttpOnly%b\r\n" % more
            fields = [start + value + end for value in values]
            self._cookies[scheme] = tuple(map(Cookie, values, fields))

    def of(self, request: RequestHead, caller: Caller) -> Stay:
        """For the request as it goes to the app, with the cookies it carries."""
        key = caller.prefix.encode()
        if not self._cookies:
            return Stay(key)
        presented = _presented(request, self._named)
        named = -1 if presented is None else self._indices.get(presented, -1)
        begins = request.method not in _SAFE
        return Stay(key, named, self._cookies[caller.scheme], presented, begins)


def _presented(request: RequestHead, start: bytes) -> bytes | None:
    for line in request.all(b"cookie"):
        for pair in line.split(b";"):
            pair = pair.strip()
            if pair.startswith(start):
                return pair[len(start) :]
    return None


def _value(key: bytes, address: str) -> bytes:
    """72 bits that name an address to us alone."""
    digest = hmac.digest(key, address.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:9])


def stays_of(sites: Iterable[Site], ring: KeyRing) -> dict[str, Stays]:
    """By site name, for the sites where it matters where a visitor goes."""
    return {site.name: Stays(site, ring) for site in sites if site.upstream.affinity != "none"}
