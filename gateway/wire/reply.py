"""The reply's half of an exchange: from the upstream's bytes to the client's connection.

A reply that breaks off is cut, never ended: the client must be able to tell.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from time import perf_counter
from typing import TYPE_CHECKING, Final

from gateway.affinity import Stay
from gateway.balancing import HEALTHY
from gateway.headers import to_client
from gateway.heads import CHUNKED, END, NO_BODY
from gateway.model import Length, Reason, Refusal, RequestHead
from gateway.reply_heads import (
    UNTIL_CLOSE,
    ResponseHead,
    read_response,
    without_framing,
)
from gateway.wire.bodies import BodyError, CloseReader, Reader, reply_reader
from gateway.wire.handover import Handover
from gateway.wire.plan import Plan
from gateway.wire.pools import Pool
from gateway.wire.splice import Splice
from gateway.wire.upstreams import Link

if TYPE_CHECKING:
    from gateway.wire.client import Client
    from gateway.wire.wire import Wire


_LARGE_BYTES: Final = 16 * 1024


class Reply(ABC):
    """Listens to the upstream connection of one exchange."""

    # What one exchange in a hundred needs is made when it is needed; the others share these.
    _plan: Plan | None = None  # until it is `finished`
    _link: Link | None = None
    _task: asyncio.Task[None] | None = None
    _handover: Handover | None = None
    _may_retry = False  # pooled connection, harmless request, no byte of a reply
    _sent_all = False
    _held = b""  # not yet understood
    _reader: Reader | None = None  # of the reply's body
    _status = 0  # once the head went to the client
    _close = False
    _keep_link = False
    _unchunk = _mute = False
    _telling = False
    _lost: bool | None = None  # the upstream ended meanwhile; cleanly?
    _bytes_out = 0
    _deadline_s = math.inf

    _pool: Pool  # of the upstream that the request was sent to

    def __init__(self, wire: Wire, client: Client, request: RequestHead) -> None:
        self.request = request
        self._wire = wire
        self._client = client
        self._started_s = perf_counter()

    @abstractmethod
    def _trouble(self, reason: Reason) -> None:
        """There will be no reply head from this upstream."""

    @abstractmethod
    def _again(self, link: Link) -> None:
        """It ended without a word, and the request is harmless: once more, on a new one."""

    # --- The head --------------------------------------------------------------------------

    def upstream_data(self, data: bytes) -> None:
        self._may_retry = False
        if self._held:
            data, self._held = self._held + data, b""
        if self._reader is not None:
            return self._body(data)
        while data:
            end = data.find(END) + 4
            if end == 3 or end > self._wire.limits.max_head_bytes:
                return self._hold_head(data)
            assert self._plan is not None
            response = read_response(data[:end], self._plan.method)
            data = data[end:]
            if isinstance(response, Refusal):
                return self._trouble(Reason.APP_BROKE)
            status = response.shape.status
            if status >= 200 or status == 101:
                return self._final(response, data)
            if status != 100 and self.request.version == (1, 1):
                self._client.transport.write(to_client(response, close=False, http10=False))
        return None

    def _hold_head(self, data: bytes) -> None:
        if len(data) > self._wire.limits.max_head_bytes:
            return self._trouble(Reason.APP_BROKE)
        self._held = data
        return None

    def _final(self, response: ResponseHead, rest: bytes) -> None:
        assert self._plan is not None
        if response.shape.status == 101 and not self._plan.upgrade:
            return self._trouble(Reason.APP_BROKE)
        if self._link is not None and self._link.backend.health is not HEALTHY:
            self._link.backend.answered()
        if self._handover is None:
            return self._reply(response, rest)
        self._telling = True
        self._deadline_s = math.inf
        if self._link is not None:
            self._link.transport.pause_reading()
        self._task = self._wire.spawn(self._told(self._handover, response, rest))
        return None

    async def _told(self, handover: Handover, response: ResponseHead, rest: bytes) -> None:
        """The reply waits until its delivery is on record: a reload at once must find it there."""
        await handover.delivered()
        self._task = None
        self._telling = False
        if self._client.gone:
            return self._over(broken=True)
        if self._link is not None:
            self._link.transport.resume_reading()
        self._reply(response, rest)
        if self._lost is not None and self._plan is not None:
            self.upstream_ended(clean=self._lost)
        return None

    def _reply(self, response: ResponseHead, rest: bytes) -> None:
        shape = response.shape
        if shape.status == 101:
            return self._switch(response, rest)
        request, plan, wire = self.request, self._plan, self._wire
        assert plan is not None
        bare = False
        if plan.method != request.method:  # the app was asked otherwise than we were
            self._mute = request.method == "HEAD"
            bare = plan.method == "HEAD"
        if bare:
            response = without_framing(response)
            shape = response.shape
        framing = shape.framing
        http10 = request.version == (1, 0)
        self._status = shape.status
        self._unchunk = http10 and framing is CHUNKED
        self._close = close = (
            not request.keep_alive
            or self._client.reader is not None
            or wire.draining
            or self._unchunk
            or framing is UNTIL_CLOSE
        )
        self._keep_link = shape.keep_alive and framing is not UNTIL_CLOSE
        if plan.framing is not NO_BODY and not plan.ours:
            self._keep_link = False  # what an app left unread could be answered as a request
        if shape.passes and not close and not http10:
            head = response.raw()
        else:
            head = to_client(response, close=close, http10=http10, ours=plan.ours)
        if plan.stay is not None:
            head = self._staying(head, response, plan.stay)
        whole = isinstance(framing, Length) and framing.size_bytes == len(rest)
        if whole and rest and not self._mute:  # most replies come in one piece
            self._bytes_out = len(rest)
            self._write(head, rest)
            return self._over()
        reader = None if bare else reply_reader(framing)
        if reader is not None and rest:
            self._reader = reader
            return self._body(rest, head)
        self._client.transport.write(head)
        if reader is not None:
            self._reader = reader
            self._deadline_s = wire.now_s + self._pool.reply_idle_s
            return None
        self._keep_link = self._keep_link and not rest
        return self._over()

    def _write(self, head: bytes, data: bytes) -> None:
        """In one go; what is large is not copied for that."""
        if len(data) < _LARGE_BYTES:
            self._client.transport.write(head + data)
        else:
            self._client.transport.writelines((head, data))

    def _staying(self, head: bytes, response: ResponseHead, stay: Stay) -> bytes:
        """The head, with the cookie that keeps the visitor at this address if it is needed."""
        assert self._link is not None
        app_sets = b"\r\nset-cookie:" in response.head.lower()
        field = stay.set_cookie(self._link.backend.index, app_sets=app_sets)
        return head[:-2] + field + head[-2:]

    def _switch(self, response: ResponseHead, rest: bytes) -> None:
        """101: from here on neither side is read any more."""
        link, self._link = self._link, None
        assert link is not None
        self._status = 101
        client, limits = self._client, self._wire.limits
        client.transport.write(to_client(response, close=False, http10=False))
        splice = Splice(client, link, limits.upgrade_idle_s, limits.linger_s)
        ahead = client.splice(splice)
        if rest:
            splice.upstream_data(rest)
        if ahead:
            splice.client_data(ahead)
        self._finish(101)

    # --- The body --------------------------------------------------------------------------

    def _body(self, data: bytes, head: bytes = b"") -> None:
        reader = self._reader
        assert reader is not None
        try:
            size = reader.feed(data)
        except BodyError:
            if head:
                self._client.transport.write(head)
            return self._over(broken=True)
        rest = b""
        if size != len(data):
            data, rest = data[:size], data[size:]
        if self._unchunk:
            data = reader.payload(data)
        if self._mute:
            data = b""
        if data or head:
            self._bytes_out += len(data)
            if head:
                self._write(head, data)
            else:
                self._client.transport.write(data)
        if reader.done:
            self._keep_link = self._keep_link and not rest
            return self._over()
        self._held = rest
        if not self._client.full:  # else it is the client that is waited for
            self._deadline_s = self._wire.now_s + self._pool.reply_idle_s
        return None

    def upstream_eof(self) -> bool:
        return False  # nothing to keep the connection for: `upstream_ended` follows

    def upstream_ended(self, *, clean: bool) -> None:
        if self._telling:
            self._lost = clean
            return None
        link, self._link = self._link, None
        if self._reader is None:
            assert link is not None
            return self._unanswered(link)
        if clean and isinstance(self._reader, CloseReader):
            return self._over()
        return self._over(broken=True)

    def _unanswered(self, link: Link) -> None:
        """The upstream left without a reply head."""
        if not link.idle_until:
            link.backend.failed()
        if self._may_retry:
            return self._again(link)
        return self._trouble(Reason.APP_BROKE)

    def _over(self, *, broken: bool = False) -> None:
        """The reply ended, as it should or not."""
        keep = self._keep_link and self._sent_all and not broken
        self._release(keep=keep)
        client = self._client
        self._finish(0 if broken else self._status)
        if client.gone:
            return
        if broken:
            client.abort(reset=isinstance(self._reader, CloseReader))
        elif self._close:
            client.end()
        else:
            client.next()

    def _release(self, *, keep: bool) -> None:
        link, self._link = self._link, None
        self._deadline_s = math.inf
        if link is None:
            return
        if keep and not link.full:
            if self._client.full:
                link.transport.resume_reading()
            self._wire.upstreams.give_back(link, self._wire.now_s)
        else:
            link.abort()

    def _finish(self, status: int) -> None:
        """Account for the plan, once."""
        plan, self._plan = self._plan, None
        wire = self._wire
        if wire.detached:
            wire.detached.discard(self)
        if plan is None:
            return
        seconds = perf_counter() - self._started_s
        try:
            wire.guard.finished(plan, status, seconds, self._bytes_out)
        except Exception as fault:
            wire.report("guard.finished", fault)

    # --- Pressure and time -----------------------------------------------------------------

    def client_full(self) -> None:
        """The client takes less than the upstream gives."""
        if self._link is not None:
            self._link.transport.pause_reading()
            if self._status:
                self._deadline_s = math.inf  # the client's own deadline runs

    def client_ready(self) -> None:
        if self._link is not None and not self._telling:
            self._link.transport.resume_reading()
            if self._status:
                self._deadline_s = self._wire.now_s + self._pool.reply_idle_s

    def sweep(self, now_s: float) -> float:
        """Look at the upstream's deadline; returns when the next is due."""
        if self._deadline_s < now_s:
            self._deadline_s = math.inf
            if self._status:
                self._over(broken=True)
            else:
                if self._link is not None:
                    self._link.backend.failed()
                self._trouble(Reason.APP_TIMEOUT)
        return self._deadline_s
