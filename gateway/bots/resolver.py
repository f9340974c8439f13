"""Lookups by c-ares: the system's servers, or those that the operator names."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Literal

import aiodns
import pycares

from gateway.bots.names import Answer, LookupFailed

# The server has answered, and there is no such record.
_NONE = frozenset({pycares.errno.ARES_ENOTFOUND, pycares.errno.ARES_ENODATA})
MOST_RECORDS = 32
TRIES = 2


class AresResolver:
    """See `Resolver`. Made where the loop runs; `close` it there.

    c-ares keeps answers too, for an hour at most and any number of them: `ConfirmedNames` bounds
    how many are asked for.
    """

    def __init__(self, servers: Sequence[str], timeout_s: float) -> None:
        self._dns = aiodns.DNSResolver(
            list(servers) or None, timeout=timeout_s / TRIES, tries=TRIES, lookups="b"
        )

    async def names(self, address: str) -> Answer:
        found = await self._ask(ip_address(address).reverse_pointer, "PTR")
        return Answer(tuple(_plain(each.data.dname) for each in found), _ttl_s(found))

    async def addresses(self, name: str, version: int) -> Answer:
        found = await self._ask(name, "A" if version == 4 else "AAAA")
        return Answer(tuple(str(each.data.addr) for each in found), _ttl_s(found))

    async def close(self) -> None:
        await self._dns.close()

    async def _ask(self, name: str, kind: Literal["PTR", "A", "AAAA"]) -> list[Any]:
        """Records of that kind; those of aliases on the way are passed over."""
        try:
            result = await self._dns.query_dns(name, kind)
        except aiodns.error.DNSError as fault:
            if fault.args and fault.args[0] in _NONE:
                return []
            raise LookupFailed(str(fault)) from None
        wanted = aiodns.query_type_map[kind]
        return [each for each in result.answer if each.type == wanted][:MOST_RECORDS]


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _ttl_s(records: Sequence[Any]) -> float:
    return float(min((each.ttl for each in records), default=0))
