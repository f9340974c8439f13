"""What h11, another strict parser, reads from the same bytes."""

from __future__ import annotations

from typing import NamedTuple

import h11

MAX_BYTES = 1 << 20


class Read(NamedTuple):
    """One message. `ends`: how many bytes it takes up; -1: its end has not come."""

    first: tuple[bytes, ...]  # method and target, or status and reason
    headers: list[tuple[bytes, bytes]]
    body: bytes
    ends: int


def request(raw: bytes) -> Read | None:
    """The first request in `raw`; None: refused."""
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_BYTES)
    return _read(parser, raw, ended=False)


def reply(raw: bytes, method: str, *, ended: bool = True) -> Read | None:
    """The first final reply in `raw` to a request by `method`; None: refused."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_BYTES)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "site")]))
    parser.send(h11.EndOfMessage())
    return _read(parser, raw, ended=ended)


def _read(parser: h11.Connection, raw: bytes, *, ended: bool) -> Read | None:
    first: tuple[bytes, ...] = ()
    fields: list[tuple[bytes, bytes]] = []
    body = b""
    try:
        parser.receive_data(raw)
        if ended:
            parser.receive_data(b"")
        while True:
            event = parser.next_event()
            if isinstance(event, h11.Request):
                first, fields = (event.method, event.target), event.headers.raw_items()
            elif isinstance(event, h11.Response):
                first = (b"%d" % event.status_code, event.reason)
                fields = event.headers.raw_items()
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return Read(first, fields, body, len(raw) - len(parser.trailing_data[0]))
            elif not isinstance(event, h11.InformationalResponse):
                return Read(first, fields, body, -1) if first else None
    except h11.RemoteProtocolError:
        return None
