"""The master: owns the sockets, keeps workers running, replaces them when told.

SIGTERM and SIGINT end the workers, each after what it has under way. SIGHUP reads the configuration
again: if it is good, new workers come to the same sockets, and once all of them listen the old ones
are told to leave; if it is not, or one cannot start with it, it says so and the old ones stay. A
worker that crashes comes back, later each time; what connects meanwhile waits in its socket, or
goes to the others where that would be long. The master imports little and does little; it neither
reads a request nor opens the store.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from gateway.config import Config, ConfigError, load
from gateway.counting import Counts, Row
from gateway.lines import Lines, logger
from gateway.notify import Notifier, notifier
from gateway.sockets import Sockets, bind, step_aside, sweep

KILL_AFTER_S = 5.0  # beyond the time for draining
BACKOFF_S = (0.1, 0.5, 2.0, 10.0)  # before a worker that crashed comes back
LONG_S = 1.0  # connections are not let wait for so long while other workers serve
CANNOT_START = 1  # a worker's exit code; it has said why
STEADY_S = 60.0  # a worker that ran this long is forgiven its crashes
START_WITHIN_S = 60.0  # a worker that does not listen by then is killed
LOOK_EVERY_S, LOOK_SOON_S = 0.5, 0.02  # soon: while somebody starts

# What a worker is told: to end soon, or that others serve now and idle clients may take their time.
LEAVE, REPLACED = signal.SIGTERM, signal.SIGUSR1
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

Serve = Callable[[Config, Sockets, Callable[[], object], Row], int]


def run(config: Config, workers: int | None = None) -> int:
    """Serve until told to stop. Returns the exit code: 1 if what prevents a start was found.

    `workers`: their number where the command line gave it; a reload keeps to it.
    """
    notify = notifier(os.environ)
    try:
        sockets = bind(config, config.workers)
    except OSError as fault:
        print(f"gateway: cannot start: {fault.strerror}", file=sys.stderr)
        return 1
    try:
        counts = Counts(config.workers, os.urandom(16))
        return _run(Master(config, sockets, _serve, notify, counts, workers))
    finally:
        sweep(config)


def _run(master: Master) -> int:
    if master.config.workers == 1:
        return master.run()
    with tempfile.TemporaryDirectory(prefix="gateway-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read when workers import the client
        return master.run()


def _serve(config: Config, sockets: Sockets, ready: Callable[[], object], row: Row) -> int:
    from gateway.serving import serve  # only here: the master stays small

    return serve(config, sockets, ready, row)


def _log() -> FilteringBoundLogger:
    """Lines as the workers write them, at once."""
    return logger(Lines(sys.stdout), time.time)


@dataclass(slots=True)
class Process:
    """A worker that was started."""

    pid: int
    started_s: float
    news: int  # a pipe: a byte says that it listens
    listens: bool = False


@dataclass(slots=True)
class Worker:
    """One place among the workers, with its sockets."""

    sockets: Sockets
    now: Process | None = None  # who fills it, unless it crashed
    coming: Process | None = None  # who will, when the reload under way is through
    served: bool = False
    crashes: int = 0
    start_again_s: float = 0.0


@dataclass(slots=True)
class Master:
    config: Config
    sockets: tuple[Sockets, ...]
    serve: Serve
    notify: Notifier
    counts: Counts
    given_workers: int | None = None
    workers: list[Worker] = field(default_factory=list)
    leaving: dict[int, float] = field(default_factory=dict)  # pid → when it is killed
    rows: dict[int, Row] = field(default_factory=dict)  # by pid: where its connections count
    code: int = 0
    stopping: bool = False
    ready: bool = False  # all listened once
    coming: Config | None = None  # of the reload under way
    log: FilteringBoundLogger = field(default_factory=_log)

    def run(self) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.workers = [Worker(sockets) for sockets in self.sockets]
        while self.leaving or not self.stopping:
            self._tend()
            caught = signal.sigtimedwait(_SIGNALS, self._look_s())
            match caught.si_signo if caught else None:
                case signal.SIGTERM | signal.SIGINT:
                    self._stop(0)
                case signal.SIGHUP if not self.stopping:
                    self._reload()
            self._reap()
        return self.code

    def _look_s(self) -> float:
        """News come by pipes, which do not wake us."""
        processes = [one for worker in self.workers for one in (worker.now, worker.coming)]
        starting = any(one is not None and not one.listens for one in processes)
        return min(LOOK_SOON_S if starting else LOOK_EVERY_S, self.notify.alive_every_s)

    # --- workers ---------------------------------------------------------------------------

    def _start(self, worker: Worker, config: Config) -> Process:
        sys.stdout.flush()
        master = os.getpid()
        news, told = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        row = self.counts.take()
        pid = os.fork()
        if pid == 0:
            os._exit(self._work(worker, config, master, told, row))
        self.rows[pid] = row
        os.close(told)
        return Process(pid, time.monotonic(), news)

    def _work(self, worker: Worker, config: Config, master: int, told: int, row: Row) -> int:
        """In the worker's process. It dies with the master: nobody else would ever stop it."""
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != master:  # it died before we asked
                return 1
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a whole group may be told: not our part
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            return self.serve(config, worker.sockets, lambda: os.write(told, b"."), row)
        except BaseException as fault:
            self.log.error("worker_fault", fault=type(fault).__name__, why=str(fault))
            return 1
        finally:
            sys.stdout.flush()

    def _reap(self) -> None:
        """Account for all who ended."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if self.leaving.pop(pid, None) is None:
                    self._crashed(pid, os.waitstatus_to_exitcode(status))
                self._forget(pid)

    def _forget(self, pid: int) -> None:
        row = self.rows.pop(pid, None)
        if row is not None:
            self.counts.wipe(row)
        if self.config.workers > 1:
            from gateway.metrics import worker_ended

            worker_ended(pid)

    def _crashed(self, pid: int, code: int) -> None:
        """One ended that nobody told to."""
        for worker in self.workers:
            if worker.coming and worker.coming.pid == pid:
                _hear_no_more(worker.coming)
                worker.coming = None
                self._give_up()
            elif worker.now and worker.now.pid == pid:
                self._come_back(worker, worker.now, code)

    def _come_back(self, worker: Worker, was: Process, code: int) -> None:
        """Later each time; unless it could not even begin: what stops one then stops them all."""
        _hear_no_more(was)
        worker.now = None
        if code == CANNOT_START and not worker.served:
            return self._stop(1)
        now_s = time.monotonic()
        worker.crashes = 0 if now_s - was.started_s > STEADY_S else worker.crashes
        wait_s = BACKOFF_S[min(worker.crashes, len(BACKOFF_S) - 1)]
        worker.start_again_s = now_s + wait_s
        worker.crashes += 1
        if others_should_serve(worker, self.workers, wait_s):
            step_aside(worker.sockets)
        self.log.error("worker_ended", pid=was.pid, code=code, again_in_s=wait_s)
        return self.notify.status(f"worker {was.pid} ended ({code}), comes back in {wait_s} s")

    def _tend(self) -> None:
        """Start who is missing, hear who listens; kill who was told to leave and did not."""
        now_s = time.monotonic()
        for worker in self.workers:
            if worker.now is None and now_s >= worker.start_again_s and not self.stopping:
                worker.now = self._start(worker, self.config)
            for process in (worker.now, worker.coming):
                if process is not None and not process.listens:
                    _look(process, now_s)
            worker.served = worker.served or (worker.now is not None and worker.now.listens)
        self._roll()
        for pid, until_s in list(self.leaving.items()):
            if now_s >= until_s and not _signal(pid, signal.SIGKILL):
                del self.leaving[pid]
        self.notify.alive(now_s)

    def _roll(self) -> None:
        """Once all listen, it is said, and those they replace go."""
        if not self.ready and all(worker.now and worker.now.listens for worker in self.workers):
            self.ready = True
            self.notify.ready(self._in_words())
        if self.coming and all(worker.coming and worker.coming.listens for worker in self.workers):
            self.config, self.coming = self.coming, None
            self._hurry()
            for worker in self.workers:
                self._dismiss(worker.now, REPLACED)
                worker.now, worker.coming, worker.crashes = worker.coming, None, 0
            self.log.info("reloaded", file=str(self.config.file))
            self.notify.ready(f"{self._in_words()}, reloaded")

    def _in_words(self) -> str:
        count = len(self.workers)
        return "1 worker serves" if count == 1 else f"{count} workers serve"

    def _dismiss(self, process: Process | None, how: signal.Signals) -> None:
        if process is not None:
            self.leaving[process.pid] = time.monotonic() + self._drain_s()
            _hear_no_more(process)
            _signal(process.pid, how if process.listens else LEAVE)

    def _hurry(self) -> None:
        """Who was replaced before no longer waits for idle clients: generations don't pile up."""
        for pid in self.leaving:
            _signal(pid, LEAVE)

    def _drain_s(self) -> float:
        return self.config.limits.wire.drain_s + KILL_AFTER_S

    # --- what it is told -------------------------------------------------------------------

    def _reload(self) -> None:
        self.notify.reloading("reads the configuration again")
        try:
            config = load(self.config.file, os.environ, workers=self.given_workers)
        except ConfigError as error:
            return self._refuse([str(fault) for fault in error.faults])
        if needs_restart(self.config, config):
            return self._refuse(["listen, admin and workers change only by a restart"])
        if self.coming:
            return self._refuse(["another reload is under way: ask again"])
        if self.counts.free < len(self.workers):
            return self._refuse(["too many old workers are still leaving: ask again"])
        self.coming = config
        for worker in self.workers:
            worker.coming = self._start(worker, config)
        return None

    def _refuse(self, faults: list[str]) -> None:
        self.log.error("reload_refused", faults=faults)
        if not self.coming:  # else the one under way will end this too
            self.notify.ready(f"{self._in_words()}; reload refused: {'; '.join(faults)}")

    def _give_up(self) -> None:
        """A new one could not begin, and has said why: the old ones go on."""
        self.coming = None
        for worker in self.workers:
            self._dismiss(worker.coming, LEAVE)
            worker.coming = None
        self._refuse(["a worker could not start with it"])

    def _stop(self, code: int) -> None:
        self.stopping, self.code = True, max(self.code, code)
        self.coming = None
        self._hurry()
        for worker in self.workers:
            self._dismiss(worker.now, LEAVE)
            self._dismiss(worker.coming, LEAVE)
            worker.start_again_s, worker.now, worker.coming = math.inf, None, None
        self.notify.stopping("lets what is under way end")


def others_should_serve(away: Worker, workers: list[Worker], wait_s: float) -> bool:
    """Whether what connects to a worker that is away for so long is better off elsewhere.

    Not while one is coming to its sockets: it may listen there already, and have not said so.
    """
    others = any(worker.now is not None and worker.now.listens for worker in workers)
    return wait_s >= LONG_S and others and away.coming is None


def _look(process: Process, now_s: float) -> None:
    """Whether it listens by now. Who takes too long will never."""
    with suppress(BlockingIOError):
        process.listens = os.read(process.news, 1) == b"."
    if not process.listens and now_s > process.started_s + START_WITHIN_S:
        _signal(process.pid, signal.SIGKILL)


def _hear_no_more(process: Process) -> None:
    os.close(process.news)


def needs_restart(old: Config, new: Config) -> bool:
    """The sockets are the master's, bound once."""
    return (old.listen, old.admin, old.workers) != (new.listen, new.admin, new.workers)


def _signal(pid: int, number: signal.Signals) -> bool:
    """False: there is no such process."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
