"""Decision records: one JSON line each, to be read by machines and kept by operators.

What is never written: bodies, cookies, tokens, query values, header values. Addresses are
truncated unless the operator says otherwise. What can't be written is counted: see `lines`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal, Protocol

from structlog import DropEvent
from structlog.typing import EventDict

from gateway.lines import Lines, TextSink, at_once, in_order, in_words, logger
from gateway.model import Caller, Peer, Refusal, RequestHead
from gateway.records import MAX_PATH_CHARS, Judged, told_of
from gateway.whereabouts import place_of

Addresses = Literal["full", "truncate", "hide"]

MAX_METHOD_CHARS = 20
_V4_BITS, _V6_BITS = 24, 48  # what is left of an address when truncated
_CACHED_ADDRESSES = 4_096  # a page's requests come from one; truncating costs 15 µs


class SeenRequest(Protocol):
    """One request and what became of it, as the guard remembers it."""

    @property
    def reference(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def caller(self) -> Caller: ...
    @property
    def request(self) -> RequestHead: ...
    @property
    def judged(self) -> Judged: ...


class Keeper(Protocol):
    """Who keeps records for a while: see `recent`."""

    @property
    def keeps(self) -> bool: ...
    def add(self, reference: str, line: str, caller: Caller, hold: str = "") -> None: ...


class DecisionLog:
    """Writes records to `sink`. `clock` gives Unix seconds; lines below `level` are dropped.

    `on_lost` is called for each line that could not be written. `soon` is given a call to make
    a moment later, so that lines are written together. `keeper` keeps decisions, whatever the
    level.
    """

    def __init__(
        self,
        sink: TextSink,
        clock: Callable[[], float],
        *,
        addresses: Addresses = "truncate",
        level: str = "info",
        on_lost: Callable[[], object] = lambda: None,
        soon: Callable[[Callable[[], None]], object] = at_once,
        keeper: Keeper | None = None,
    ) -> None:
        self._keeper = keeper if keeper and keeper.keeps else None
        self._lines = Lines(sink, (_told, in_order, self._worded), on_lost, soon)
        self._log = logger(self._lines, clock, level)
        self._writes_info = self._log.is_enabled_for(logging.INFO)
        self._keeping = logger(self._lines, clock, "info")  # of what is kept, whatever the level
        self._addresses = addresses

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._lines.lost

    def decision(
        self, seen: SeenRequest, status: int, seconds: float, *, keep: bool = False
    ) -> None:
        """One request decided upon and answered with `status` (0: the reply broke off).

        `keep`: to be explained later.
        """
        kept = keep and self._keeper is not None
        if not (kept or self._writes_info):
            return
        log, request = self._keeping if kept else self._log, seen.request
        log.info(
            "decision",
            reference=seen.reference,
            site=seen.site,
            caller=self.caller(seen.caller.address),
            method=request.method[:MAX_METHOD_CHARS],
            path=path_of(request.target),
            status=status,
            seconds=round(seconds, 6),
            _judged=seen.judged,
            _keep=(seen.caller, "") if kept else None,
        )

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        """One message that was not acceptable as HTTP, or over a limit."""
        self.record(
            "refused",
            status=refusal.status,
            reason=refusal.reason,
            caller=self.caller(peer.address),
        )

    def record(self, event: str, /, **fields: object) -> None:
        """Any other record of level info; empty fields are left out."""
        self._log.info(event, **fields)

    def record_of(
        self, caller: Caller, event: str, hold_id: str = "", /, *, reference: str, **fields: object
    ) -> None:
        """A record about somebody's decision or answer, to be kept, with what was held for it."""
        if self._keeper is None:
            self._log.info(event, reference=reference, **fields)
        else:
            self._keeping.info(event, reference=reference, **fields, _keep=(caller, hold_id))

    def warning(self, event: str, /, **fields: object) -> None:
        """Something the operator should see."""
        self._log.warning(event, **fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Something broke. Give type names and places, never messages that may quote input."""
        self._log.error(event, **fields)

    def broke(
        self, fault: Exception, /, *, reference: str, site: str, route: str, action: str
    ) -> None:
        """Something of ours raised at `action`: an operator finds it by the reference."""
        self.error(
            "error",
            reference=reference,
            site=site,
            route=route,
            action=action,
            type=type(fault).__name__,
            at=place_of(fault),
        )

    def flush(self) -> None:
        """Write what waits, before the end."""
        self._lines.write()

    def _worded(self, lines: object, level: str, fields: EventDict) -> str:
        """The last processor: whose line is to be kept, its keeper gets it, the log perhaps not."""
        kept = fields.pop("_keep", None)
        line = in_words(lines, level, fields)
        if kept is not None and self._keeper is not None:
            caller, hold_id = kept
            self._keeper.add(fields["reference"], line, caller, hold=hold_id)
            if not self._writes_info:
                raise DropEvent
        return line

    def caller(self, address: str) -> str:
        """An address as far as the operator wants it written."""
        match self._addresses:
            case "full":
                return address
            case "truncate":
                return truncated(address)
            case _:
                return ""


def _told(_: object, __: str, fields: EventDict) -> EventDict:
    """Of a decision, what it was and depended on. Fields that begin with `_` are never written."""
    judged = fields.pop("_judged", None)
    if judged is not None:
        fields.update(told_of(judged))
    return fields


@lru_cache(maxsize=_CACHED_ADDRESSES)
def truncated(address: str) -> str:
    """The network of an address: /24, or /48 for IPv6. What is no address says nothing."""
    if address == "unix":
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    bits = _V4_BITS if parsed.version == 4 else _V6_BITS
    return str(ip_network((str(parsed).partition("%")[0], bits), strict=False))


def path_of(target: bytes) -> str:
    """The path of a target: no query, bounded, printable ASCII."""
    path = target.partition(b"?")[0][:MAX_PATH_CHARS]
    text = path.decode("latin-1")
    if text.isascii() and text.isprintable():
        return text
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"%{b:02X}" for b in path)[:MAX_PATH_CHARS]
