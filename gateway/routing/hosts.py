"""Sites by host: exact, `*.example.com` (any depth below), `*`. Port and final dot don't count."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gateway.model import Site

_CACHED_HOSTS = 4_096
_MAX_HOST_CHARS = 300  # 253 (RFC 1035) and a port; longer only ever meets `*`


class HostIndex:
    """Which site a Host value belongs to; of two sites with one pattern the first counts."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self._exact: dict[str, Site] = {}
        self._below: dict[str, Site] = {}
        self._any: Site | None = None
        for site in sites:
            for pattern in site.hosts:
                self._add(site, pattern)
        self._cached = lru_cache(maxsize=_CACHED_HOSTS)(self._find)

    def find(self, host: str) -> Site | None:
        return self._cached(host) if len(host) <= _MAX_HOST_CHARS else self._any

    def _add(self, site: Site, pattern: str) -> None:
        if pattern == "*":
            self._any = self._any or site
        elif pattern.startswith("*."):
            self._below.setdefault(host_name(pattern[2:]), site)
        else:
            self._exact.setdefault(host_name(pattern), site)

    def _find(self, host: str) -> Site | None:
        name = host_name(host)
        if (site := self._exact.get(name)) is not None:
            return site
        while "." in name:
            name = name.partition(".")[2]
            if (site := self._below.get(name)) is not None:
                return site
        return self._any


def host_name(host: str) -> str:
    """A Host value or pattern without port and final dot, lower case, international as `xn--`."""
    name, colon, port = host.rpartition(":")
    if not colon or not (port.isdigit() or not port) or (":" in name and not name.endswith("]")):
        name = host
    name = name.lower().rstrip(".")
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name
