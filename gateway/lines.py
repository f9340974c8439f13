"""Lines of the log: one JSON object each, by structlog, and written together.

structlog takes the fields, drops what is below the level, and renders. Ours is where it writes to:
lines wait until there is time, few at most, and are put into words many at a time, which costs a
third less than one by one between requests. What can't be written (disk full, pipe closed) or put
into words is lost, counted in `lost`, and raises nothing: it never costs a visitor the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import structlog
from structlog.processors import JSONRenderer, add_log_level
from structlog.typing import EventDict, FilteringBoundLogger, Processor

_MAX_WAITING = 64  # lines; more no longer fit the caches they are made in


class TextSink(Protocol):
    """Where lines go: an open text file, `sys.stdout`."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


def at_once(write: Callable[[], None]) -> None:
    """For lines without an event loop."""
    write()


def in_order(_: object, __: str, fields: EventDict) -> EventDict:
    """What every line begins with, then what this one says; empty fields are left out."""
    first = {name: fields.pop(name) for name in ("ts", "level", "event")}
    return first | {
        name: value for name, value in fields.items() if value is not None and value != ""
    }


_encode = json.JSONEncoder(default=repr).encode  # `json.dumps` would make one for every line
in_words = cast(  # str, since the encoder gives no bytes
    "Callable[[object, str, EventDict], str]",
    JSONRenderer(serializer=lambda fields, **_: _encode(fields)),
)


class Lines:
    """A file that may fail, as structlog's wrapped logger: `logger(lines, …)` writes to it.

    `into_words`: the processors that make a line of its fields, when it is written. `soon(write)`
    calls `write` when there is time, or at once. `on_lost` is called for each line lost.
    """

    def __init__(
        self,
        sink: TextSink,
        into_words: Sequence[Processor] = (in_order, in_words),
        on_lost: Callable[[], object] = lambda: None,
        soon: Callable[[Callable[[], None]], object] = at_once,
    ) -> None:
        self.lost = 0
        self._sink = sink
        self._into_words = into_words
        self._on_lost = on_lost
        self._soon = soon
        self._waiting: list[EventDict] = []

    def info(self, fields: EventDict) -> None:
        """Structlog calls the method named like the level."""
        waiting = self._waiting
        waiting.append(fields)
        if len(waiting) == 1:
            self._soon(self.write)
        elif len(waiting) >= _MAX_WAITING:
            self.write()

    debug = warning = error = info

    def write(self) -> None:
        """Everything that waits, in one call: a line each would cost as much as forwarding."""
        waiting, self._waiting = self._waiting, []
        lines = [line for fields in waiting if (line := self._in_words(fields))]
        if not lines:
            return
        try:
            self._sink.write("".join(lines))
            self._sink.flush()
        except (OSError, ValueError):  # ValueError: the file was closed
            self._lose(len(lines))

    def _in_words(self, fields: Any) -> str:
        try:
            for process in self._into_words:
                fields = process(self, fields["level"], fields)
        except structlog.DropEvent:
            return ""
        except Exception:  # a fault of ours in one line; the others are to be written
            self._lose(1)
            return ""
        return f"{fields}\n"

    def _lose(self, count: int) -> None:
        self.lost += count
        for _ in range(count):
            self._on_lost()


def logger(lines: Lines, clock: Callable[[], float], level: str = "info") -> FilteringBoundLogger:
    """Writes to `lines` what is at least of `level`. `clock` gives Unix seconds."""

    # structlog's own TimeStamper has no clock but the system's.
    def stamped(_: object, __: str, fields: EventDict) -> EventDict:
        """RFC 3339, in UTC, to the millisecond."""
        fields["ts"] = datetime.fromtimestamp(clock(), UTC).isoformat(timespec="milliseconds")
        return fields

    wrapped = structlog.wrap_logger(
        lines,
        processors=(add_log_level, stamped, _waits),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
    )
    return cast("FilteringBoundLogger", wrapped.bind())


def _waits(_: object, __: str, fields: EventDict) -> tuple[tuple[EventDict], dict[str, Any]]:
    """As they are: to be put into words when they are written."""
    return (fields,), {}
