"""A small DNS server on loopback (UDP), which says what a test tells it to, and counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

from dnslib import AAAA, CNAME, PTR, QTYPE, RCODE, RR, A, DNSRecord

TTL_S = 3600
_MAKE = {"A": A, "AAAA": AAAA, "PTR": PTR, "CNAME": CNAME}

# By name and type: values; None: no answer at all; a text: that RCODE.
Zone = Mapping[tuple[str, str], Any]


def reverse(address: str) -> str:
    return ip_address(address).reverse_pointer


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: Counter[tuple[str, str]] = Counter()
        self.port = 0
        self.ttl_s = TTL_S

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, peer: Any) -> None:
        query = DNSRecord.parse(data)
        name, kind = str(query.q.qname).rstrip(".").lower(), QTYPE[query.q.qtype]
        self.asked[name, kind] += 1
        found = self.zone.get((name, kind), "NXDOMAIN")
        if found is None:
            return
        reply = query.reply()
        if isinstance(found, str):
            reply.header.rcode = getattr(RCODE, found)
            found = ()
        for value in found:
            made, sort = (value[1], value[0]) if isinstance(value, tuple) else (value, kind)
            record = _MAKE[sort](made)
            reply.add_answer(RR(name, getattr(QTYPE, sort), rdata=record, ttl=self.ttl_s))
        self.transport.sendto(reply.pack(), peer)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@asynccontextmanager
async def dns_server(zone: Zone) -> AsyncIterator[_Server]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: _Server(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()
