"""Decision records: one JSON line each, to be read by machines and kept by operators.

What is never written: bodies, cookies, tokens, query values, header values. Addresses are
truncated unless the operator says otherwise. A log that can't be written (disk full, pipe closed)
loses lines, counted in `lost`; it never costs a visitor the answer.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Literal, Protocol

import structlog

from gateway.model import (
    Caller,
    Challenge,
    Decision,
    Deny,
    Forward,
    Peer,
    Preflight,
    Reason,
    Refusal,
    RequestHead,
    Resume,
    Route,
    Signal,
)

Addresses = Literal["full", "truncate", "hide"]

MAX_PATH_CHARS = 200
MAX_METHOD_CHARS = 20
_V4_BITS, _V6_BITS = 24, 48  # what is left of an address when truncated
_CACHED_ADDRESSES = 4_096  # a page's requests come from one; truncating costs 15 µs

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class TextSink(Protocol):
    """Where lines go: an open text file, `sys.stdout`."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class SeenRequest(Protocol):
    """One request and what became of it, as the guard remembers it. `decision` None: our own."""

    @property
    def reference(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def caller(self) -> Caller: ...
    @property
    def request(self) -> RequestHead: ...
    @property
    def decision(self) -> Decision | None: ...


class _Lines:
    """What structlog writes to: a file that may fail."""

    def __init__(self, sink: TextSink, on_lost: Callable[[], object]) -> None:
        self.lost = 0
        self._sink = sink
        self._on_lost = on_lost

    def msg(self, line: str) -> None:
        try:
            self._sink.write(line + "\n")
            self._sink.flush()
        except (OSError, ValueError):  # ValueError: the file was closed
            self.lost += 1
            self._on_lost()

    debug = info = warning = error = msg


class DecisionLog:
    """Writes records to `sink`. `clock` gives Unix seconds; lines below `level` are dropped.

    `on_lost` is called for each line that could not be written.
    """

    def __init__(
        self,
        sink: TextSink,
        clock: Callable[[], float],
        *,
        addresses: Addresses = "truncate",
        level: str = "info",
        on_lost: Callable[[], object] = lambda: None,
    ) -> None:
        self._lines = _Lines(sink, on_lost)
        self._clock = clock
        self._addresses = addresses
        self._logger: Any = structlog.wrap_logger(
            self._lines,
            processors=[self._stamp, _rendered],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        ).bind()  # else it is put together for every line

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._lines.lost

    def decision(self, seen: SeenRequest, status: int, seconds: float) -> None:
        """One request decided upon and answered with `status` (0: the reply broke off)."""
        fields = _decided(seen.decision) if seen.decision else {"action": "own"}
        self.record(
            "decision",
            reference=seen.reference,
            site=seen.site,
            caller=self.caller(seen.caller.address),
            method=seen.request.method[:MAX_METHOD_CHARS],
            path=path_of(seen.request.target),
            status=status,
            seconds=round(seconds, 6),
            **fields,
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
        self._logger.info(event, **_present(fields))

    def warning(self, event: str, /, **fields: object) -> None:
        """Something the operator should see."""
        self._logger.warning(event, **_present(fields))

    def error(self, event: str, /, **fields: object) -> None:
        """Something broke. Give type names and places, never messages that may quote input."""
        self._logger.error(event, **_present(fields))

    def caller(self, address: str) -> str:
        """An address as far as the operator wants it written."""
        match self._addresses:
            case "full":
                return address
            case "truncate":
                return truncated(address)
            case _:
                return ""

    def _stamp(self, _: object, level: str, event: Any) -> Mapping[str, Any]:
        when = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        return {"ts": when, "level": level, "event": event.pop("event"), **event}


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


def signals_of(signals: tuple[Signal, ...]) -> dict[str, float]:
    """Signals as they are written: by name, to three digits."""
    return {signal.name: round(signal.value, 3) for signal in signals}


_encoder = json.JSONEncoder(default=repr)  # `json.dumps` would make one for every line


def _rendered(_: object, __: str, event: Any) -> str:
    return _encoder.encode(event)


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _decided(decision: Decision) -> dict[str, object]:
    match decision:
        case Forward(reason, route, used, _, would):
            kind = {"kind": used.kind, "pass_id": used.id} if used else {}
            return _about(route) | kind | {"action": "forward", "reason": reason, "would": would}
        case Resume(route, visit, used):
            kind = {"kind": visit.solved.kind} if visit.solved else {}
            return _about(route) | kind | {"action": "resume", "visit": visit.id}
        case Challenge(reason, route, risk):
            action = {"action": "challenge", "reason": reason}
            return _about(route) | action | {"risk": round(risk, 3)}
        case Deny(reason, _, route):
            return _about(route) | {"action": "deny", "reason": reason}
        case Preflight(route):
            return _about(route) | {"action": "preflight", "reason": Reason.PREFLIGHT}


def _about(route: Route | None) -> dict[str, object]:
    return {"route": route.name, "mode": route.mode} if route else {}
