"""One request and its reply: ask the guard, reach the upstream, stream both ways.

    begin → plan ⇄ NeedBody → take or open a connection → head, body → reply head → reply body
                                     └─ trouble: the gate's page instead, once ─┘

When the guard answers at once and a pooled connection is idle, all of it runs in the callbacks of
the two transports: no task, no future. Every plan is `finished` exactly once.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING

from gateway.model import BodySeen, Length, NoBody, Reason, Refusal
from gateway.wire.handover import Handover
from gateway.wire.plan import NeedBody, Plan
from gateway.wire.pools import Backend
from gateway.wire.reply import Reply
from gateway.wire.upstreams import BusyError, Link

if TYPE_CHECKING:
    from gateway.wire.bodies import BodyReader


class Exchange(Reply):
    """The request's half."""

    _raw: tuple[bytes, ...] = ()  # of the client's body, read for the guard
    _payload = b""  # … decoded
    _need_bytes = 0
    _troubled = False
    _ended = False  # nobody waits for the reply any more

    # --- Asking the guard ------------------------------------------------------------------

    def begin(self) -> None:
        """Nearly all requests end here: allowed at once, harmless, and a connection is idle."""
        try:
            answer = self._wire.guard.plan(self.request, self._client.peer, None)
        except Exception as fault:
            return self._failed("guard.plan", fault)
        if isinstance(answer, Plan) and answer.retry_safe:
            link = self._wire.upstreams.take(answer.upstream, answer.stay)
            if link is not None:
                self._plan = answer
                self._may_retry = self._sent_all = True
                self._lend(link)
                self._deadline_s = self._wire.now_s + self._pool.reply_head_s
                link.transport.write(answer.head)
                return None
        return self._answered(answer, None)

    def _ask(self, seen: BodySeen) -> None:
        try:
            answer = self._wire.guard.plan(self.request, self._client.peer, seen)
        except Exception as fault:
            return self._failed("guard.plan", fault)
        return self._answered(answer, seen)

    def _answered(
        self, answer: Plan | NeedBody | Awaitable[Plan | NeedBody], seen: BodySeen | None
    ) -> None:
        if isinstance(answer, Plan):
            return self._go(answer)
        if isinstance(answer, NeedBody):
            return self._need(answer, seen)
        self._wire.spawn(self._wait(answer, seen))
        return None

    async def _wait(self, answer: Awaitable[Plan | NeedBody], seen: BodySeen | None) -> None:
        """Never cancelled: an answer may hold a claim, which must be given back."""
        try:
            found = await answer
        except Exception as fault:
            return self._failed("guard.plan", fault)
        if isinstance(found, NeedBody):
            return self._need(found, seen)
        return self._go(found)

    def _need(self, need: NeedBody, seen: BodySeen | None) -> None:
        if seen is not None and (seen.complete or need.max_bytes <= self._need_bytes):
            return self._failed("guard.plan", ValueError("asked for what it was given"))
        self._need_bytes = need.max_bytes
        if self._ended:
            return None
        if self._client.reader is None or len(self._payload) >= self._need_bytes:
            return self._show()
        return self._client.read_body(self._collect)

    def _show(self) -> None:
        """Let the guard see what was collected, no more than it asked for."""
        complete = self._client.reader is None and len(self._payload) <= self._need_bytes
        self._ask(BodySeen(self._payload[: self._need_bytes], complete))

    def _collect(self, data: bytes, reader: BodyReader) -> None:
        """A part of the body, for the guard to see and then to be sent on."""
        self._raw += (data,)
        self._payload += reader.payload(data)
        if reader.done or len(self._payload) >= self._need_bytes:
            self._client.stop_body()
            self._show()

    def _failed(self, what: str, fault: BaseException) -> None:
        self._wire.report(what, fault)
        if not self._ended:
            self._client.refuse(Refusal(500, what))

    # --- Reaching the upstream -------------------------------------------------------------

    def _go(self, plan: Plan) -> None:
        self._plan = plan
        if plan.delivery is not None:
            self._handover = Handover(plan.delivery, self._wire.spawn, self._wire.report)
        if self._ended:  # the client left while the guard thought
            return self._drop()
        pooled = plan.retry_safe or plan.ours  # our own pages keep a connection, or say that not
        if self._handover is None and pooled and plan.body is None:
            link = self._wire.upstreams.take(plan.upstream, plan.stay)
            if link is not None:
                self._may_retry = plan.retry_safe
                return self._send(link, plan)
        self._task = self._wire.spawn(self._open(plan))
        return None

    def _again(self, link: Link) -> None:
        assert self._plan is not None
        self._may_retry = self._sent_all = False
        self._deadline_s = math.inf
        avoid = None if link.idle_until else link.backend  # a stale connection says little
        self._task = self._wire.spawn(self._open(self._plan, again=True, avoid=avoid))

    async def _open(self, plan: Plan, *, again: bool = False, avoid: Backend | None = None) -> None:
        """Send on a connection of its own; `again` on a new one, for the second and last time."""
        pooled = plan.retry_safe or plan.ours
        reuse = pooled and self._handover is None and plan.body is None and not again
        upstreams = self._wire.upstreams
        try:
            link = await upstreams.open(plan.upstream, plan.stay, reuse=reuse, avoid=avoid)
        except BusyError:
            return self._trouble(Reason.APP_BUSY)
        except TimeoutError:
            return self._trouble(Reason.APP_TIMEOUT)
        except OSError:
            return self._trouble(Reason.APP_UNREACHABLE)
        except Exception as fault:
            return self._failed("connecting", fault)
        self._link = link
        twice = link.idle_until > 0 or link.backend.pool.is_several
        self._may_retry = reuse and plan.retry_safe and twice
        if self._handover is not None and not await self._handover.sending():
            return self._trouble(Reason.STORE_DOWN)
        self._task = None
        if link.transport.is_closing():  # while the store was told
            link.backend.failed()
            return self._trouble(Reason.APP_BROKE)
        self._send(link, plan)
        if plan.body is not None:
            await self._send_kept(link, plan.body, plan)
        return None

    def _lend(self, link: Link) -> None:
        self._link = link
        self._pool = link.backend.pool
        link.listener = self

    def _send(self, link: Link, plan: Plan) -> None:
        """The head, and as much of the body as is there."""
        self._lend(link)
        link.transport.write(plan.head)
        client = self._client
        if plan.body is not None or self._unwanted(plan):
            if client.reader is not None:
                client.read_body(self._discard, wanted=False)
            if plan.body is None:
                self._sent()
            return
        for data in self._raw:
            link.transport.write(data)
        self._raw = ()
        if client.reader is None:
            self._sent()
        else:
            client.read_body(self._forward)

    def _unwanted(self, plan: Plan) -> bool:
        return plan.drain_body or self._troubled or isinstance(plan.framing, NoBody)

    async def _send_kept(self, link: Link, body: AsyncIterator[bytes], plan: Plan) -> None:
        """A body that we kept. Unless it is whole, the app must not take it for whole."""
        left = plan.framing.size_bytes if isinstance(plan.framing, Length) else 0
        try:
            async for part in body:
                left -= len(part)
                if self._link is not link or left < 0:
                    break
                link.transport.write(part)
                await link.room()
        except Exception as fault:
            self._wire.report("kept body", fault)
            left = -1
        finally:
            close = getattr(body, "aclose", None)
            if close is not None:
                await close()
        if self._link is not link:
            return
        if left != 0:
            self._trouble(Reason.HOLD_LOST)
        else:
            self._sent()

    def _forward(self, data: bytes, reader: BodyReader) -> None:
        if self._link is not None:
            self._link.transport.write(data)
            if reader.done:
                self._sent()

    def _discard(self, data: bytes, reader: BodyReader) -> None:
        """The upstream does not want it, or is gone."""

    def _sent(self) -> None:
        """The request has left; the upstream's time begins."""
        self._sent_all = True
        if not self._status and not self._telling:
            self._deadline_s = self._wire.now_s + self._pool.reply_head_s

    def upstream_full(self) -> None:
        """The upstream takes less than the client gives."""
        self._client.pause_reading()
        if not self._status:
            self._deadline_s = self._wire.now_s + self._wire.limits.write_idle_s

    def upstream_ready(self) -> None:
        self._client.resume_reading()
        if not self._status and not self._telling:
            self._deadline_s = math.inf
            if self._sent_all:
                self._sent()

    # --- When it goes wrong ----------------------------------------------------------------

    def _trouble(self, reason: Reason) -> None:
        plan, client = self._plan, self._client
        assert plan is not None
        self._task = None
        self._drop()
        if self._ended or client.gone:
            return None
        if self._status:
            return client.abort()
        if plan.ours or self._troubled:
            return client.refuse(Refusal(503, reason))
        try:
            instead = self._wire.guard.trouble(plan, self.request, client.peer, reason)
        except Exception as fault:
            return self._failed("guard.trouble", fault)
        self._troubled = True
        self._held = b""
        self._handover = None
        self._sent_all = self._may_retry = self._telling = False
        if client.reader is not None:
            client.read_body(self._discard, wanted=False)
        return self._go(instead)

    def _drop(self) -> None:
        """Leave the upstream, and tell how far it came."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._release(keep=False)
        if self._handover is not None:
            self._handover.ended()
        self._finish(0)

    def stop(self) -> bool:
        """The client was refused. Returns whether a reply has begun."""
        self._ended = True
        self._drop()
        return self._status != 0

    def client_gone(self) -> None:
        """Tell the upstream at once, except about what must arrive whole or be known broken."""
        kept = self._plan is not None and self._plan.body is not None
        whole = kept or self._client.reader is None
        if self._handover is not None and self._handover.under_way and whole:
            self._wire.detached.add(self)
        else:
            self.stop()
