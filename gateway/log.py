"""Decision records: one JSON line each, to be read by machines and kept by operators.

What is never written: bodies, cookies, tokens, query values, header values. Addresses are
truncated unless the operator says otherwise. A log that can't be written (disk full, pipe closed)
loses lines, counted in `lost`; it never costs a visitor the answer.

Lines are made by hand and written together. structlog's quickest set-up takes 1.3 times as long for
the same record (`python -m tests.bench.deciding`), and writes each by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal, Protocol, TypeAlias

from gateway.model import Caller, Peer, Refusal, RequestHead
from gateway.records import MAX_PATH_CHARS, Judged, told_of

Addresses = Literal["full", "truncate", "hide"]

MAX_METHOD_CHARS = 20
_V4_BITS, _V6_BITS = 24, 48  # what is left of an address when truncated
_CACHED_PATHS = 2_048  # of at most MAX_PATH_CHARS
_CACHED_ADDRESSES = 4_096  # a page's requests come from one; truncating costs 15 µs

_LEVELS = ("debug", "info", "warning", "error")
_MAX_WAITING = 64  # lines; more no longer fit the caches they are made in
_INFO = _LEVELS.index("info")


class TextSink(Protocol):
    """Where lines go: an open text file, `sys.stdout`."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


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


# All that a decision's line is made of, and that changes no more: Unix seconds, reference, who,
# method, target, status, seconds, what was decided on what; and of whom to keep it, if at all.
_Record: TypeAlias = tuple[float, str, str, str, bytes, int, float, Judged, Caller | None]


class _Lines:
    """A file that may fail. `soon(write)` calls `write` when there is time, or at once.

    What waits is put into words by `render`, many at a time: one after the other costs a third of
    one between requests.
    """

    def __init__(
        self,
        sink: TextSink,
        render: Callable[[_Record], str],
        on_lost: Callable[[], object],
        soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self.lost = 0
        self._sink = sink
        self._render = render
        self._on_lost = on_lost
        self._soon = soon
        self._waiting: list[str | _Record] = []

    def add(self, line: str | _Record) -> None:
        waiting = self._waiting
        waiting.append(line)
        if len(waiting) == 1:
            self._soon(self.write)
        elif len(waiting) >= _MAX_WAITING:
            self.write()

    def write(self) -> None:
        """Everything that waits, in one call: a line each would cost as much as forwarding."""
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        try:
            render = self._render
            self._sink.write(
                "".join([line if isinstance(line, str) else render(line) for line in lines])
            )
            self._sink.flush()
        except (OSError, ValueError):  # ValueError: the file was closed
            self.lost += len(lines)
            for _ in lines:
                self._on_lost()


def at_once(write: Callable[[], None]) -> None:
    """For a log without an event loop."""
    write()


class DecisionLog:
    """Writes records to `sink`. `clock` gives Unix seconds; lines below `level` are dropped.

    `on_lost` is called for each line that could not be written. `soon` is given a call to make
    a moment later, so that lines are written together. `keeper` keeps
    decisions, whatever the level.
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
        self._lines = _Lines(sink, self._rendered, on_lost, soon)
        self._keeper = keeper if keeper and keeper.keeps else None
        self._clock = clock
        self._addresses = addresses
        self._level = _LEVELS.index(level)
        self._second = (0, "")  # the last one written, and its text

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._lines.lost

    def decision(
        self, seen: SeenRequest, status: int, seconds: float, who: str = "", *, keep: bool = False
    ) -> None:
        """One request decided upon and answered with `status` (0: the reply broke off).

        `who`: what `who` made of its sender, if that is known. `keep`: to be explained later.
        """
        of = seen.caller if keep and self._keeper else None
        if self._level > _INFO and of is None:
            return
        request = seen.request
        who = who or self.who(seen.site, seen.caller.address)
        when, reference, judged = self._clock(), seen.reference, seen.judged
        method, target = request.method, request.target
        self._lines.add((when, reference, who, method, target, status, seconds, judged, of))

    def _rendered(self, record: _Record) -> str:
        now_s, reference, who, method, target, status, seconds, judged, of = record
        line = (
            f'{{"ts": "{self._stamp(now_s)}", "level": "info", "event": "decision", "reference": '
            f'"{reference}", {who}"method": {_quoted(method[:MAX_METHOD_CHARS])}, '
            f'"path": {_quoted_path(_path_bytes(target))}, "status": {status}, '
            f'"seconds": {seconds:.6f}, {_telling(judged)}}}\n'
        )
        if of is not None and self._keeper is not None:
            self._keeper.add(reference, line, of)
        return line if self._level <= _INFO else ""

    def who(self, site: str, address: str) -> str:
        """What a record says of the site and the caller: members of a JSON object, or nothing."""
        return _named("site", site) + _named("caller", self.caller(address))

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
        self._write("info", event, fields)

    def record_of(
        self, caller: Caller, event: str, hold_id: str = "", /, *, reference: str, **fields: object
    ) -> None:
        """A record about somebody's decision or answer, to be kept, with what was held for it."""
        said = {"reference": reference, **fields}
        if self._keeper is not None:
            self._keeper.add(reference, self._line("info", event, said), caller, hold=hold_id)
        self._write("info", event, said)

    def warning(self, event: str, /, **fields: object) -> None:
        """Something the operator should see."""
        self._write("warning", event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Something broke. Give type names and places, never messages that may quote input."""
        self._write("error", event, fields)

    def flush(self) -> None:
        """Write what waits, before the end."""
        self._lines.write()

    def _write(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        if self._level <= _LEVELS.index(level):
            self._lines.add(self._line(level, event, fields))

    def _line(self, level: str, event: str, fields: Mapping[str, object]) -> str:
        said = {"ts": self._stamp(self._clock()), "level": level, "event": event}
        return _encoder.encode({**said, **_present(fields)}) + "\n"

    def caller(self, address: str) -> str:
        """An address as far as the operator wants it written."""
        match self._addresses:
            case "full":
                return address
            case "truncate":
                return truncated(address)
            case _:
                return ""

    def _stamp(self, now_s: float) -> str:
        """RFC 3339, in UTC, to the millisecond."""
        now_ms = int(now_s * 1000)
        second, ms = divmod(now_ms, 1000)
        if second != self._second[0]:
            when = datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")
            self._second = second, when.removesuffix("+00:00")
        return f"{self._second[1]}.{ms:03d}+00:00"


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


def _path_bytes(target: bytes) -> bytes:
    return target.partition(b"?")[0][:MAX_PATH_CHARS]


@lru_cache(maxsize=_CACHED_PATHS)
def _quoted_path(path: bytes) -> str:
    return _quoted(path_of(path))


def path_of(target: bytes) -> str:
    """The path of a target: no query, bounded, printable ASCII."""
    path = _path_bytes(target)
    text = path.decode("latin-1")
    if text.isascii() and text.isprintable():
        return text
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"%{b:02X}" for b in path)[:MAX_PATH_CHARS]


_encoder = json.JSONEncoder(default=repr)  # `json.dumps` would make one for every line


_quoted = json.encoder.encode_basestring_ascii


def _named(name: str, value: str) -> str:
    return f'"{name}": {_quoted(value)}, ' if value else ""


def _telling(judged: Judged) -> str:
    """What a record tells of a decision: members of a JSON object, without its braces."""
    return _encoder.encode(_present(told_of(judged)))[1:-1]


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}
