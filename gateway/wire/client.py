"""One client connection: cuts heads, frames bodies, writes replies, and ends well.

One exchange at a time; what a client sends ahead waits in `_buffer`, bounded. Bytes of a body go
to whoever asked for them (`read_body`), and nobody reads them before.
"""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Final, cast

from gateway.heads import END, NO_BODY, read_request
from gateway.limits import too_slow
from gateway.model import Length, Peer, Refusal, RequestHead
from gateway.wire.bodies import BodyError, BodyReader, Sink, broken_from_start, request_reader
from gateway.wire.exchange import Exchange
from gateway.wire.kernel import peer_of, reset_at_close, unread_bytes
from gateway.wire.splice import Splice
from gateway.wire.static import page

if TYPE_CHECKING:
    from gateway.wire.wire import Wire

_HOPELESS: Final = re.compile(rb"(?<!\r)\n|\A[^A-Za-z\r]")  # TLS, most likely: not worth a wait
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_MAX_REFUSED: Final = 64  # told that there are too many; more are cut without a word
DRAIN_LINGER_S: Final = 2.0  # for clients to see that a connection they meant to keep ended
_MAX_BLANK_BYTES: Final = 8  # RFC 9112 §2.2: an empty line before a request is ignored


class Client(asyncio.Protocol):
    __slots__ = (
        "_awaited_s",
        "_awaiting_since_s",
        "_blank_bytes",
        "_buffer",
        "_counted",
        "_deadline_s",
        "_exchange",
        "_full_bytes",
        "_full_deadline_s",
        "_limits",
        "_lingered_bytes",
        "_lingering",
        "_owes_continue",
        "_paused",
        "_sink",
        "_wire",
        "full",
        "gone",
        "peer",
        "reader",
        "spliced",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._limits = wire.limits
        self._buffer = b""
        self._counted = False  # else it was refused, and is only told so
        self._blank_bytes = 0
        self._awaited_s = 0.0  # so long we waited for the body, as far as sweeps saw it
        self._awaiting_since_s = math.inf  # the last sweep that saw us wait for it
        self._deadline_s = math.inf
        self._exchange: Exchange | None = None
        self.spliced: Splice | None = None
        self._sink: Sink | None = None
        self._owes_continue = False
        self._paused = False
        self._lingering = False
        self._lingered_bytes = 0
        self._full_bytes = 0
        self._full_deadline_s = math.inf
        self.full = False  # the client reads slower than we write
        self.gone = False
        self.peer = Peer("")
        self.reader: BodyReader | None = None  # of a body not yet read to its end

    # --- The connection --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.peer = peer_of(transport)
        wire = self._wire
        wire.clients.add(self)
        self._deadline_s = wire.now_s + self._limits.header_s
        refusal = wire.admission.enter(self.peer.address)
        self._counted = refusal is None
        if refusal is not None:
            if len(wire.clients) - wire.admission.open > _MAX_REFUSED:
                self.abort()
            else:
                self.refuse(refusal)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire.clients.discard(self)
        if self._counted:
            self._counted = False
            self._wire.admission.leave(self.peer.address)
        self._leave()
        self._sink = self.spliced = None  # else they hold each other until a collection

    def eof_received(self) -> bool:
        if self.spliced is not None and self.spliced.client_eof():
            return True
        self._leave()
        return False

    def _leave(self) -> None:
        """The client is gone, or said that it will be (as nginx reads a half-close)."""
        self.gone = True
        self._deadline_s = self._wire.now_s + self._limits.write_idle_s
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.client_gone()
        if self.spliced is not None:
            self.spliced.client_gone()

    def abort(self, *, reset: bool = False) -> None:
        """Cut the connection. `reset`: an end would be taken for the end of the reply."""
        if reset:
            reset_at_close(self.transport)
        self.transport.abort()

    def pause_writing(self) -> None:
        self.full = True
        self._full_bytes = 2**63  # the first look is a look, not a judgement
        self._full_deadline_s = self._wire.now_s + self._limits.write_idle_s
        other = self.spliced or self._exchange
        if other is not None:
            other.client_full()

    def resume_writing(self) -> None:
        self.full = False
        other = self.spliced or self._exchange
        if other is not None:
            other.client_ready()

    def pause_reading(self) -> None:
        if not self._paused and not self.gone:
            self._paused = True
            self.transport.pause_reading()
            if self._sink is not None:
                self._deadline_s = self._awaiting_since_s = math.inf  # not the client's fault

    def resume_reading(self) -> None:
        if self._paused and not self.gone:
            self._paused = False
            self.transport.resume_reading()
            if self._sink is not None:
                self._deadline_s = self._wire.now_s + self._limits.body_idle_s

    # --- What arrives ----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.spliced is not None:
            self.spliced.client_data(data)
        elif self._lingering:
            self._lingered_bytes += len(data)
            if self._lingered_bytes > self._limits.linger_bytes:
                self.abort()
        else:
            if self._buffer:
                data = self._buffer + data
            if self._exchange is None:
                self._read_head(data)
            elif self._sink is not None:
                self._read_body(data)
            else:
                self._hold(data)

    def _hold(self, data: bytes) -> None:
        """Sent ahead: kept until its turn comes."""
        self._buffer = data
        if len(data) > self._limits.max_head_bytes:
            self.pause_reading()

    def _read_head(self, data: bytes) -> None:
        while data.startswith(b"\r\n"):
            self._blank_bytes += 2
            if self._blank_bytes > _MAX_BLANK_BYTES:
                return self.refuse(Refusal(400, "blank lines"))
            data = data[2:]
        # A head may come byte by byte: look at each once.
        known = max(0, len(self._buffer) - 3) if self._buffer else 0
        end = data.find(END, known) + 4
        if end > self._wire.small_head_bytes or end == 3:
            fault = self._bounds(data, end, known)
            if fault is not None:
                return self.refuse(fault)
            if end == 3:
                return self._await_head(data)
        self._buffer = data[end:]
        request = read_request(data[:end])
        if isinstance(request, Refusal):
            return self.refuse(request)
        if len(request.headers) > self._limits.max_headers:
            return self.refuse(Refusal(431, "header count"))
        return self._begin(request)

    def _bounds(self, data: bytes, end: int, known: int) -> Refusal | None:
        """What is wrong with a head that is not small, or not whole. `end` 3: no end yet."""
        limits = self._limits
        size = len(data) if end == 3 else end
        whole = limits.max_line_bytes + 2  # with its CRLF, of which half may be here
        if size >= whole and data.find(b"\r\n", 0, whole) < 0:
            return Refusal(414, "request line")
        if size > limits.max_head_bytes:
            return Refusal(431, "head size")
        return Refusal(400, "no HTTP") if end == 3 and _HOPELESS.search(data, known) else None

    def _await_head(self, data: bytes) -> None:
        if not self._buffer and data:
            self._deadline_s = self._wire.now_s + self._limits.header_s
        self._buffer = data

    def _begin(self, request: RequestHead) -> None:
        framing = request.framing
        self._deadline_s = math.inf
        self._blank_bytes = 0
        if framing is not NO_BODY:
            if isinstance(framing, Length) and framing.size_bytes > self._limits.max_body_bytes:
                return self.refuse(Refusal(413, "body size"))
            self.reader = request_reader(framing)
            if self._buffer and (why := broken_from_start(framing, self._buffer)):
                return self.refuse(Refusal(400, why))
            self._owes_continue = request.expects_continue and self.reader is not None
            self._awaited_s = 0.0
        self._exchange = Exchange(self._wire, self, request)
        return self._exchange.begin()

    # --- Bodies ----------------------------------------------------------------------------

    def read_body(self, sink: Sink, *, wanted: bool = True) -> None:
        """Give the body, so far as it is still to come, to `sink`.

        `wanted`: ask a client that waits for 100 Continue to go on.
        """
        self._sink = sink
        self._awaiting_since_s = math.inf
        if self._owes_continue and wanted:
            self._owes_continue = False
            if not self._buffer:
                self.transport.write(_CONTINUE)
        self._deadline_s = self._wire.now_s + self._limits.body_idle_s
        if not wanted and self._owes_continue:
            self._deadline_s = math.inf  # it waits for us
        self.resume_reading()
        if self._buffer:
            self._read_body(self._buffer)

    def stop_body(self) -> None:
        """Nobody reads the body until `read_body` is called again."""
        self._sink = None
        self._deadline_s = math.inf

    def _read_body(self, data: bytes) -> None:
        reader, sink = self.reader, self._sink
        assert reader is not None and sink is not None
        try:
            size = reader.feed(data)
        except BodyError as fault:
            return self.refuse(Refusal(400, str(fault)))
        if reader.size_bytes > self._limits.max_body_bytes:
            return self.refuse(Refusal(413, "body size"))
        self._owes_continue = False
        self._deadline_s = self._wire.now_s + self._limits.body_idle_s
        if size == len(data):
            self._buffer = b""
        else:
            self._buffer, data = data[size:], data[:size]
        if reader.done:
            self.reader = None
            self.stop_body()
        if size or reader.done:
            sink(data, reader)
        return None

    # --- How it goes on --------------------------------------------------------------------

    def next(self) -> None:
        """The reply is written and the connection stays: read the next request."""
        self._exchange = None
        self._deadline_s = self._wire.now_s + self._limits.keep_alive_s
        if self._paused:
            self.resume_reading()
        if self._buffer:
            data, self._buffer = self._buffer, b""
            self._read_head(data)

    def end(self) -> None:
        """The reply is written and was the last one."""
        self._exchange = None
        if self.reader is not None or self._buffer:
            self._linger()
        elif self._wire.draining:  # it did not expect that: more may be on its way
            self._linger()
            self._deadline_s = self._wire.now_s + DRAIN_LINGER_S
        else:
            self._deadline_s = self._wire.now_s + self._limits.write_idle_s
            self.transport.close()

    def _linger(self) -> None:
        """Half-close and read on for a while: a reset would take the reply from the client."""
        self._exchange = self._sink = None
        self._lingering = True
        self._lingered_bytes = len(self._buffer)
        self._buffer = b""
        self._deadline_s = self._wire.now_s + self._limits.linger_s
        if self.gone or self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.resume_reading()

    def splice(self, splice: Splice) -> bytes:
        """From now on bytes pass both ways unread. Returns what came ahead of that."""
        self._exchange = None
        self.spliced = splice
        self._deadline_s = math.inf
        self.resume_reading()
        ahead, self._buffer = self._buffer, b""
        return ahead

    def refuse(self, refusal: Refusal) -> None:
        """Answer by ourselves and close; cut the connection if a reply has begun."""
        self._wire.refused(refusal, self.peer)
        exchange, self._exchange = self._exchange, None
        if exchange is not None and exchange.stop():
            return self.abort()
        bodyless = exchange is not None and exchange.request.method == "HEAD"
        self.transport.write(page(refusal.status, bodyless=bodyless))
        return self._linger()

    def close_if_idle(self) -> None:
        """Shutting down: end a connection that nothing happens on."""
        if not (self._exchange or self.spliced or self._buffer or self._lingering):
            self.transport.close()

    # --- Time ------------------------------------------------------------------------------

    def sweep(self, now_s: float) -> float:
        """Look at the deadlines; returns when the next is due."""
        if self._deadline_s < now_s:
            self._late()
            return self._deadline_s
        if self._sink is not None and (fault := self._slow_body(now_s)):
            self.refuse(Refusal(408, fault))
        soonest_s = self._deadline_s
        if self.full:
            if self._full_deadline_s < now_s:
                self._stalled()
                return min(soonest_s, self._full_deadline_s)
            soonest_s = min(soonest_s, self._full_deadline_s)
        other = self.spliced or self._exchange
        return soonest_s if other is None else min(soonest_s, other.sweep(now_s))

    def _late(self) -> None:
        self._deadline_s = math.inf
        if self._lingering and self._wire.draining and not self.transport.is_closing():
            self._deadline_s = self._wire.now_s + self._limits.write_idle_s
            self.transport.close()  # who reads slowly still gets the rest
        elif self._lingering or self.gone or self.transport.is_closing():
            self.abort()
        elif self._exchange is not None:
            self.refuse(Refusal(408, "body idle"))
        elif self._buffer:
            self.refuse(Refusal(408, "head"))
        else:
            self.transport.close()

    def _slow_body(self, now_s: float) -> str:
        """Why a body is too slow to wait for any longer.

        Time counts between two looks if all of it went by waiting for the client: not while it has
        to wait for the app, nor for our 100 Continue.
        """
        if self._deadline_s == math.inf or self.gone or self.reader is None:
            return ""
        self._awaited_s += max(0.0, now_s - self._awaiting_since_s)
        self._awaiting_since_s = now_s
        return too_slow(self.reader.size_bytes, self._awaited_s, self._limits)

    def _stalled(self) -> None:
        """A client that took nothing at all since the last look is cut off."""
        size = unread_bytes(self.transport)
        if size >= self._full_bytes:
            return self.abort()
        self._full_bytes = size
        self._full_deadline_s = self._wire.now_s + self._limits.write_idle_s
        return None
