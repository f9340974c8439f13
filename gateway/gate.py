"""A gate, built from a configuration: two servers in one process.

The wire owns every client connection; the gate's own pages are an aiohttp application on a unix
socket in a folder only this user can enter.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web

from gateway import kinds
from gateway.addresses import Register
from gateway.admin import Health, make_admin
from gateway.affinity import stays_of
from gateway.bots.opening import good_bots
from gateway.callers import TrustedProxies
from gateway.config import Config
from gateway.counting import Row
from gateway.files import data_dir
from gateway.finish import ASK_AGAIN_S, Finisher
from gateway.frequency.charging import Frequency
from gateway.given.fusing import Fusing
from gateway.guard import Guard
from gateway.handover import Handover
from gateway.hold import HoldQuotas, Holds
from gateway.ids import uuid7
from gateway.inquiry import Inquiries, Inquiry
from gateway.kept.recent import Recent
from gateway.keys import create_keys
from gateway.kinds import Look
from gateway.metrics import Metrics
from gateway.model import Address, Upstream
from gateway.pages import Pages
from gateway.processes import is_gone, my_name
from gateway.ring import KeyRing
from gateway.routing import Router
from gateway.selfcheck import FirstCallers
from gateway.server import RUNNER_OPTIONS, AnswerLimits, GateParts, KeptTraces, make_app
from gateway.sockets import BACKLOG, Sockets, room_for
from gateway.sparing import SparingLog
from gateway.stock.stock import Sizes, Stock
from gateway.stores import StoreError, StoreFull, open_store
from gateway.wire import Admission, Event, Wire

COUNTED_EVERY_S = 0.5  # how old the figures of another worker may be
INSIDE = "(gate)"  # the name of our own pages among the upstreams; no operator writes that
WARM_S = 2.0  # before it listens, a worker may wait so long for a picture of each kind
LOG_DELAY_S = 0.02  # a call to write costs more than a line
KEEP_WITHIN_S = 2.0  # the last decisions, at the end


class Gate:
    """One gate: everything it is built from, and its servers while it runs."""

    def __init__(self, config: Config, sockets: Sockets, row: Row) -> None:
        self.config = config
        self.sockets = sockets
        self.row = row
        self.left = asyncio.Event()
        self.wire: Wire | None = None
        self.metrics = Metrics()
        self.metrics.open_connections = row.counts.total
        self.ring = create_keys(config.keys, time.time())
        self.store = open_store(config.store.reveal())
        kept = config.decisions
        self.recent = Recent(
            self.store, self.ring, kept.keep, kept.ttl_s, self.metrics.decisions_lost
        )
        paths, lost = config.traces, self.metrics.traces_lost
        self.traces = KeptTraces(
            Recent(self.store, self.ring, paths.keep, paths.ttl_s, lost, "traces"), paths.share
        )
        self.log = SparingLog(
            sys.stdout,
            time.time,
            addresses=config.log.addresses,
            level=config.log.level,
            on_lost=self.metrics.log_lost,
            soon=_soon,
            keeper=self.recent,
        )
        self.first_callers = FirstCallers()
        self.register = Register(config.sites, config.addresses, config.hints)
        self.holds = Holds(self.store, _quotas(config), my_name(), time.time, os.urandom, is_gone)
        self.inquiries: list[Inquiry] = []
        self.stock = self._make_stock()
        self.metrics.stock_ready = self.stock.ready
        self.finisher = Finisher(
            self.store,
            self.holds,
            self.ring,
            time.time,
            self._new_id,
            config.signing,
            self.metrics.store_errors,
        )

    def leave(self, *, patient: bool = False) -> None:
        """Told to end. `patient`: others listen already, so idle clients may take their time."""
        if self.wire is not None:
            self.wire.patient = patient
        self.left.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen; on leaving, let what is under way end, then close everything."""
        async with AsyncExitStack() as stack:
            stack.callback(self._flush)  # after all else: what drains is counted and recorded too
            stack.push_async_callback(self.store.close)
            stack.push_async_callback(self._keep_last)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-")))
            gate_sock = str(folder / "gate.sock")
            inside = Upstream(INSIDE, (Address(unix_path=gate_sock),))
            boot = secrets.token_urlsafe(32)
            self.stock.open()
            stack.push_async_callback(self.stock.close)
            await self.stock.warm(WARM_S)
            await self._start_pages(stack, gate_sock, boot)
            asking = good_bots(
                self.config.bots,
                self.config.dns_servers,
                self.config.dns_timeout_s,
                self.store.spend,
            )
            self.inquiries += await stack.enter_async_context(asking)
            await self._start_admin(stack)
            await self._start_wire(stack, inside, boot)
            await self._greet()
            watch = asyncio.create_task(self._watch_store())
            stack.callback(watch.cancel)
            counting = asyncio.create_task(self._hand_on_counts())
            stack.callback(counting.cancel)
            for kept in (self.recent, self.traces.recent):
                keeping = asyncio.create_task(kept.run())
                stack.callback(keeping.cancel)
            yield
            self.log.tell_more()
            self.log.record("stopping")
            self._flush()

    def _flush(self) -> None:
        self.metrics.flush()
        self.log.flush()

    async def _keep_last(self) -> None:
        """What was decided while draining; a store that is away may not hold us up."""
        self.log.flush()
        with suppress(TimeoutError):
            async with asyncio.timeout(KEEP_WITHIN_S):
                await self.recent.flush()
                await self.traces.recent.flush()

    async def _start_pages(self, stack: AsyncExitStack, path: str, boot: str) -> None:
        app = make_app(self._parts(boot))
        runner = web.AppRunner(app, keepalive_timeout=3600, **RUNNER_OPTIONS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.UnixSite(runner, path, backlog=BACKLOG).start()

    async def _start_admin(self, stack: AsyncExitStack) -> None:
        if self.sockets.admin is None:
            return
        runner = web.AppRunner(make_admin(self._health(), self.metrics), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, self.sockets.admin).start()

    async def _start_wire(self, stack: AsyncExitStack, inside: Upstream, boot: str) -> None:
        wire = Wire(
            self._guard(inside, boot),
            self.config.limits.wire.bounds,
            report=self._report,
            watch=self._watch,
            admission=self._admission(),
        )
        self.wire = wire
        loop = asyncio.get_running_loop()
        stack.push_async_callback(wire.drain, self.config.limits.wire.drain_s)
        for made in self.sockets.listen:
            unix = made.family == socket.AF_UNIX
            create = loop.create_unix_server if unix else loop.create_server
            server = await create(wire.protocol, sock=made, backlog=BACKLOG)
            stack.callback(server.close)

    def _make_stock(self) -> Stock:
        kept, look = self.config.stock, look_of(self.ring, self.config.pictures)
        sizes = Sizes(kept.items, kept.memory_bytes, kept.makers)
        return Stock(kept.wanted, look, sizes, self.log, self.metrics)

    def _admission(self) -> Admission:
        wire = self.config.limits.wire
        most = wire.bounds.max_connections + wire.bounds.reserved_connections
        room = room_for(most)
        if room < most:
            files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            why = f"only {files} files may be open: a worker takes {room} connections, not {most}"
            self.log.warning("config", fault=why)
        return Admission(
            wire.bounds,
            self.row,
            TrustedProxies((*self.config.trusted, *wire.exempt)).trust,
            room,
            lambda: self.first_callers.addresses_tell_people_apart,
        )

    def _frequency(self) -> Frequency:
        return Frequency(
            store=self.store,
            ring=self.ring,
            finisher=self.finisher,
            log=self.log,
            metrics=self.metrics,
            clock=time.time,
            body_bytes=self.config.limits.wire.match_body_bytes,
            addresses_known=lambda: self.first_callers.addresses_tell_people_apart,
            sleep=asyncio.sleep,
        )

    def _guard(self, inside: Upstream, boot: str) -> Guard:
        config, frequency = self.config, self._frequency()
        fusing = Fusing(self.store, self.finisher, time.time)
        router = Router(config.sites, config.prefix, config.limits.wire.match_body_bytes)
        return Guard(
            router=router,
            trusted=TrustedProxies(config.trusted, config.client_ip_header),
            prefix=config.prefix,
            ring=self.ring,
            finisher=self.finisher,
            handover=Handover(inside, boot, config.prefix),
            log=self.log,
            metrics=self.metrics,
            first_callers=self.first_callers,
            clock=time.time,
            random_bytes=os.urandom,
            sample=config.log.sample,
            stays=stays_of(config.sites, self.ring),
            register=self.register,
            inquiries=Inquiries((*self.inquiries, frequency, fusing)),
            frequency=frequency,
        )

    def _parts(self, boot: str) -> GateParts:
        config, answers = self.config, self.config.limits.answers
        return GateParts(
            sites={site.name: site for site in config.sites},
            prefix=config.prefix,
            ring=self.ring,
            store=self.store,
            holds=self.holds,
            kinds=kinds.load(),
            pages=Pages(data_dir("templates"), config.prefix),
            log=self.log,
            metrics=self.metrics,
            boot=boot,
            clock=time.time,
            rng=random.SystemRandom(),
            random_bytes=os.urandom,
            limits=AnswerLimits(
                answers=answers.answers,
                answers_window_s=answers.window_s,
                challenges=answers.answers,
                accessible=answers.accessible,
                accessible_window_s=answers.accessible_window_s,
            ),
            algorithm=config.signing,
            addresses_known=lambda: self.first_callers.addresses_tell_people_apart,
            stock=self.stock,
            register=self.register,
            traces=self.traces,
        )

    def _health(self) -> Health:
        def warnings() -> list[str]:
            lost = f"{self.log.lost} lines of the log could not be written" if self.log.lost else ""
            told = [str(fault) for fault in self.config.warnings]
            return [*told, self.first_callers.warning, lost]

        return Health({"store": self.store.ping}, warnings)

    def _new_id(self) -> str:
        return uuid7(time.time(), os.urandom(10))

    async def _greet(self) -> None:
        for warning in self.config.warnings:
            self.log.warning("config", fault=str(warning))
        self.log.record("started", listen=[str(listen) for listen in self.config.listen])
        self.log.flush()

    async def _watch_store(self) -> None:
        """Know, and say, that the store is away before a visitor's request has to find out."""
        away = False
        while True:
            try:
                await self.store.ping()
            except StoreError as fault:
                self.finisher.store_failed(fault, "ping")
                if not away:
                    full = isinstance(fault, StoreFull)
                    self.log.error("store_full" if full else "store_down", why=str(fault))
                away = True
            else:
                if away:
                    self.log.warning("store_up")
                away = False
            await asyncio.sleep(ASK_AGAIN_S / 2)

    def _watch(self, event: Event, upstream: str, address: str) -> None:
        """What became of an app's address, or who waits for it."""
        self.metrics.upstream_events(event, upstream, address)
        if event == "failed":
            self.log.app_failed(upstream, address, asyncio.get_running_loop().time())
        if event in ("out", "back"):
            self.log.warning(f"upstream_{event}", upstream=upstream, address=address)

    async def _hand_on_counts(self) -> None:
        """So that the worker that is scraped sees what the others counted; and for the log."""
        while True:
            await asyncio.sleep(COUNTED_EVERY_S)
            self.metrics.flush()
            self.log.tell_more()

    def _report(self, what: str, fault: BaseException) -> None:
        self.metrics.gate_error()
        self.log.error("wire_fault", what=what, fault=type(fault).__name__)


def look_of(ring: KeyRing, pictures: tuple[bytes, ...]) -> Look:
    """It changes with the key that signs, and no other install's is like it."""
    return Look(ring.newest.derive("look"), pictures)


def _soon(write: Callable[[], None]) -> None:
    """Lines of one moment are written together; without a loop, at once."""
    try:
        asyncio.get_running_loop().call_later(LOG_DELAY_S, write)
    except RuntimeError:
        write()


def _quotas(config: Config) -> HoldQuotas:
    hold = config.limits.hold
    return HoldQuotas(hold.total_bytes, hold.small_total_bytes, hold.small_bytes, hold.prefix_bytes)
