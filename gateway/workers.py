"""The master: owns the sockets, keeps workers running, replaces them when told.

SIGTERM and SIGINT end the workers, each after what it has under way. SIGHUP reads the configuration
again: if it is good, new workers take over the sockets, and once each listens its old one ends; if
it is not, or they cannot start with it, it says so and nothing changes. A worker that crashes comes
back, later each time. The master imports little and does little; it neither reads a request nor
opens the store.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.config import Config, ConfigError, load
from gateway.sockets import Sockets, bind, sweep

KILL_AFTER_S = 5.0  # beyond the time for draining
BACKOFF_S = (0.1, 0.5, 2.0, 10.0)  # before a worker that crashed comes back
CANNOT_START = 1  # a worker's exit code; it has said why
STEADY_S = 60.0  # a worker that ran this long is forgiven its crashes
LOOK_EVERY_S = 0.5

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

Serve = Callable[[Config, Sockets, Callable[[], object]], int]


def run(config: Config) -> int:
    """Serve until told to stop. Returns the exit code: 1 if what prevents a start was found."""
    try:
        sockets = bind(config, config.workers)
    except OSError as fault:
        print(f"gateway: cannot start: {fault.strerror}", file=sys.stderr)
        return 1
    try:
        return _run(config, sockets)
    finally:
        sweep(config)


def _run(config: Config, sockets: tuple[Sockets, ...]) -> int:
    if config.workers == 1:
        return Master(config, sockets, _serve).run()
    with tempfile.TemporaryDirectory(prefix="gateway-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read when workers import the client
        return Master(config, sockets, _serve).run()


def _serve(config: Config, sockets: Sockets, ready: Callable[[], object]) -> int:
    from gateway.gate import serve  # only here: the master stays small

    return serve(config, sockets, ready)


@dataclass(slots=True)
class Worker:
    """One place among the workers, and the process that fills it. `pid` 0: none at the moment."""

    sockets: Sockets
    pid: int = 0
    started_s: float = 0.0
    starts: int = 0
    crashes: int = 0
    start_again_s: float = 0.0
    replaces: int = 0  # who serves until this one listens
    news: int = -1  # a pipe: a byte says that it listens


@dataclass(slots=True)
class Master:
    config: Config
    sockets: tuple[Sockets, ...]
    serve: Serve
    workers: list[Worker] = field(default_factory=list)
    leaving: dict[int, float] = field(default_factory=dict)  # pid → when it is killed
    code: int = 0
    stopping: bool = False
    before: Config | None = None  # while a reload is under way: what to go back to

    def run(self) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.workers = [Worker(sockets) for sockets in self.sockets]
        for worker in self.workers:
            self._start(worker)
        while self.leaving or not self.stopping:
            caught = signal.sigtimedwait(_SIGNALS, LOOK_EVERY_S)
            match caught.si_signo if caught else None:
                case signal.SIGTERM | signal.SIGINT:
                    self._stop(0)
                case signal.SIGHUP if not self.stopping:
                    self._reload()
            self._reap()
            self._tend()
        return self.code

    # --- workers ---------------------------------------------------------------------------

    def _start(self, worker: Worker) -> None:
        sys.stdout.flush()
        worker.started_s = time.monotonic()
        worker.starts += 1
        self._forget_news(worker)
        master = os.getpid()
        worker.news, told = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        worker.pid = os.fork()
        if worker.pid == 0:
            os._exit(self._work(worker, master, told))
        os.close(told)

    def _work(self, worker: Worker, master: int, told: int) -> int:
        """In the worker's process. It dies with the master: nobody else would ever stop it."""
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != master:  # it died before we asked
                return 1
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            return self.serve(self.config, worker.sockets, lambda: os.write(told, b"."))
        except BaseException as fault:
            say("error", "worker_fault", fault=type(fault).__name__, why=str(fault))
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
        if self.config.workers > 1:
            from gateway.metrics import worker_ended

            worker_ended(pid)

    def _crashed(self, pid: int, code: int) -> None:
        """One ended that nobody told to: it comes back, unless it could not even begin."""
        for worker in self.workers:
            if worker.replaces == pid:  # on its way out anyhow
                worker.replaces = 0
                self._settled()
            elif worker.pid == pid and worker.replaces:
                self._keep_old(worker)
            elif worker.pid == pid:
                now_s = time.monotonic()
                worker.crashes = 0 if now_s - worker.started_s > STEADY_S else worker.crashes
                wait_s = BACKOFF_S[min(worker.crashes, len(BACKOFF_S) - 1)]
                worker.pid, worker.start_again_s = 0, now_s + wait_s
                worker.crashes += 1
                if code == CANNOT_START and worker.starts == 1:
                    self._stop(1)  # what stops the first one stops them all
                else:
                    say("error", "worker_ended", pid=pid, code=code, again_in_s=wait_s)

    def _tend(self) -> None:
        """Bring back who crashed; kill who was told to leave and did not."""
        now_s = time.monotonic()
        for worker in self.workers:
            if worker.pid == 0 and now_s >= worker.start_again_s:
                self._start(worker)
            elif worker.replaces and self._listens(worker):
                self._dismiss(worker.replaces)
                worker.replaces = 0
                self._settled()
        for pid, until_s in list(self.leaving.items()):
            if now_s >= until_s and not _signal(pid, signal.SIGKILL):
                del self.leaving[pid]

    def _dismiss(self, pid: int) -> None:
        if pid:
            self.leaving[pid] = time.monotonic() + self._drain_s()
            _signal(pid, signal.SIGTERM)

    def _drain_s(self) -> float:
        return self.config.limits.wire.drain_s + KILL_AFTER_S

    # --- what it is told -------------------------------------------------------------------

    def _reload(self) -> None:
        try:
            config = load(self.config.file, os.environ)
        except ConfigError as error:
            say("error", "reload_refused", faults=[str(fault) for fault in error.faults])
            return
        if needs_restart(self.config, config):
            why = "listen, admin and workers change only by a restart"
            say("error", "reload_refused", faults=[why])
            return
        if self.before:
            say("error", "reload_refused", faults=["another reload is under way: ask again"])
            return
        self.before, self.config = self.config, config
        for worker in self.workers:
            worker.replaces, worker.crashes = worker.pid, 0
            self._start(worker)
        self._settled()

    def _keep_old(self, worker: Worker) -> None:
        """The new one could not begin, and has said why: the old one goes on."""
        worker.pid, worker.replaces = worker.replaces, 0
        self._forget_news(worker)
        if self.before:
            self.config, self.before = self.before, None
            say("error", "reload_refused", faults=["a worker could not start with it"])

    def _settled(self) -> None:
        """Every old worker has been told to end: the reload is done."""
        if self.before and not any(worker.replaces for worker in self.workers):
            self.before = None
            say("info", "reloaded", file=str(self.config.file))

    def _listens(self, worker: Worker) -> bool:
        try:
            told = os.read(worker.news, 1)
        except BlockingIOError:
            return False
        self._forget_news(worker)
        return bool(told)

    def _forget_news(self, worker: Worker) -> None:
        if worker.news >= 0:
            os.close(worker.news)
            worker.news = -1

    def _stop(self, code: int) -> None:
        self.stopping, self.code = True, max(self.code, code)
        for worker in self.workers:
            self._dismiss(worker.pid)
            self._dismiss(worker.replaces)
            worker.start_again_s, worker.pid, worker.replaces = math.inf, 0, 0


def needs_restart(old: Config, new: Config) -> bool:
    """The sockets are the master's, bound once."""
    return (old.listen, old.admin, old.workers) != (new.listen, new.admin, new.workers)


def say(level: str, event: str, **fields: object) -> None:
    """A line of the log, as the workers write them."""
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"ts": when, "level": level, "event": event, **fields}), flush=True)


def _signal(pid: int, number: signal.Signals) -> bool:
    """False: there is no such process."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
