"""Real Redis servers for the tests: single, a Cluster, Sentinel. Loopback, free ports, own folders.

Each function is a context manager that waits until its servers answer (bounded) and ends them by
their process at the end. They are synchronous, so session fixtures and subprocesses can use them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import gettempdir, mkdtemp

STARTUP_S = 30.0
HOST = "127.0.0.1"


@dataclass
class Server:
    """A redis-server or redis-sentinel process."""

    port: int
    folder: Path
    command: list[str]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def cli(self, *words: str) -> str:
        """What redis-cli prints."""
        done = subprocess.run(
            ["redis-cli", "-h", HOST, "-p", str(self.port), *words],
            capture_output=True,
            timeout=STARTUP_S,
            check=False,
        )
        return done.stdout.decode()

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1) as link:
            link.sendall(b"PING\r\n")
            return link.recv(16)[:1] in (b"+", b"-")  # -NOAUTH is an answer too
        return False

    def is_copied(self) -> bool:
        """Whether its replica has everything it has (WAIT asks only about its own client)."""
        lines = self.cli("info", "replication").split()
        known = dict(line.split(":", 1) for line in lines if ":" in line)
        replica = dict(word.split("=") for word in known.get("slave0", "offset=-1").split(","))
        return int(replica["offset"]) >= int(known["master_repl_offset"])

    def pause(self) -> None:
        """Alive, accepting connections, and silent."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(STARTUP_S)


def free_ports(count: int) -> list[int]:
    """Ports nobody uses now, each with its neighbour 10000 above free too (for Cluster buses).

    They are this process's own while it lives: tests that run side by side never get the same.
    """
    found: list[int] = []
    for port in range(12_000, 22_000):
        if _is_ours(port) and _is_free(port) and _is_free(port + 10_000):
            found.append(port)
            if len(found) == count:
                return found
    raise RuntimeError("no ports are free")


_LOCKS: list[int] = []  # kept open: closing gives the port back


def _is_ours(port: int) -> bool:
    """Takes the port, unless some process has it, this one included."""
    folder = Path(gettempdir()) / "gateway-test-ports"
    folder.mkdir(exist_ok=True)
    lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _LOCKS.append(lock)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_for(what: Callable[[], bool], seconds: float = STARTUP_S, about: str = "it") -> None:
    """Ask again and again. Raises TimeoutError."""
    ends_s = time.monotonic() + seconds
    while not what():
        if time.monotonic() > ends_s:
            raise TimeoutError(f"waited {seconds} s for {about}")
        time.sleep(0.02)


@contextmanager
def redis_server(folder: Path, *options: str, port: int = 0) -> Iterator[Server]:
    """A redis-server that keeps nothing. `options`: as on its command line, `--maxmemory 5mb`."""
    port = port or free_ports(1)[0]
    home = Path(mkdtemp(prefix=f"redis-{port}-", dir=folder))
    base = ["redis-server", "--port", str(port), "--bind", HOST, "--save", "", "--dir", str(home)]
    server = Server(port, home, [*base, "--repl-diskless-sync-delay", "0", *options])
    server.start()
    try:
        wait_for(server.answers, about=f"redis on {port}")
        yield server
    finally:
        server.kill()


@dataclass
class Cluster:
    masters: list[Server]
    replicas: list[Server]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{HOST}:{one.port}" for one in self.masters)


@contextmanager
def redis_cluster(folder: Path, replicas: int = 0) -> Iterator[Cluster]:
    """Three masters, each with `replicas`, made a Cluster by redis-cli."""
    with ExitStack() as stack:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
        ports = free_ports(3 + 3 * replicas)
        nodes = [stack.enter_context(redis_server(folder, *options, port=port)) for port in ports]
        names = [f"{HOST}:{one.port}" for one in nodes]
        create = ["redis-cli", "--cluster", "create", *names, "--cluster-yes"]
        more = ["--cluster-replicas", str(replicas)] if replicas else []
        subprocess.run([*create, *more], check=True, capture_output=True, timeout=STARTUP_S)
        for one in nodes:
            wait_for(partial(_is_settled, one, len(nodes)), about=f"the cluster on {one.port}")
        yield Cluster(nodes[:3], nodes[3:])


def _is_settled(node: Server, count: int) -> bool:
    state = node.cli("cluster", "info")
    if "cluster_state:ok" not in state or f"cluster_known_nodes:{count}" not in state:
        return False
    role = node.cli("info", "replication")
    return "role:master" in role or "master_link_status:up" in role


@dataclass
class Sentinels:
    master: Server
    replica: Server
    sentinels: list[Server]
    service: str = "mymaster"

    @property
    def url(self) -> str:
        nodes = ",".join(f"{HOST}:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{nodes}/{self.service}"

    def named_master(self) -> int:
        """The port of the master that the sentinels name."""
        words = self.sentinels[0].cli("sentinel", "get-master-addr-by-name", self.service).split()
        return int(words[1]) if len(words) == 2 else 0

    def is_ready(self) -> bool:
        state = self.sentinels[0].cli("sentinel", "master", self.service)
        words = state.split()
        known = dict(zip(words[::2], words[1::2], strict=False))
        return known.get("num-slaves") == "1" and known.get("num-other-sentinels") == "2"


@contextmanager
def redis_sentinel(folder: Path, down_after_ms: int = 300) -> Iterator[Sentinels]:
    """A master, a replica and three sentinels; a dead master is replaced in a second or two."""
    ports = free_ports(5)
    with ExitStack() as stack:
        master = stack.enter_context(redis_server(folder, port=ports[0]))
        follow = ("--replicaof", f"{HOST} {master.port}")
        replica = stack.enter_context(redis_server(folder, *follow, port=ports[1]))
        wait_for(lambda: "master_link_status:up" in replica.cli("info", "replication"))
        sentinels = [
            stack.enter_context(_sentinel(folder, port, master.port, down_after_ms))
            for port in ports[2:]
        ]
        group = Sentinels(master, replica, sentinels)
        wait_for(group.is_ready, about="the sentinels to know each other")
        yield group


@contextmanager
def _sentinel(folder: Path, port: int, master: int, down_after_ms: int) -> Iterator[Server]:
    home = Path(mkdtemp(prefix=f"sentinel-{port}-", dir=folder))
    lines = (
        f"port {port}",
        f"bind {HOST}",
        f"dir {home}",
        f"sentinel monitor mymaster {HOST} {master} 2",
        f"sentinel down-after-milliseconds mymaster {down_after_ms}",
        "sentinel failover-timeout mymaster 5000",
    )
    (home / "sentinel.conf").write_text("\n".join(lines) + "\n")
    server = Server(port, home, ["redis-sentinel", str(home / "sentinel.conf")])
    server.start()
    try:
        wait_for(server.answers, about=f"the sentinel on {port}")
        yield server
    finally:
        server.kill()
