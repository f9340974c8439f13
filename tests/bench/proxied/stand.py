"""What runs: nginx as upstream, nginx as proxy with and without its log, gates, an app of streams.

Everything listens on loopback and is ended by its process when the stand is left.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.proxied.figures import GATE, LOGGING, NGINX

UP_WITHIN_S = 300.0  # ten thousand routes take 20 s to read, more on a busy machine
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}
PROTECTED = "/register"
GIB = 2**30
HERE = Path(__file__).parent

_UPSTREAM = """\
daemon off; master_process off; pid {folder}/upstream.pid; error_log {folder}/upstream.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; default_type text/plain;
  client_body_temp_path {folder}/u1; proxy_temp_path {folder}/u2; fastcgi_temp_path {folder}/u3;
  uwsgi_temp_path {folder}/u4; scgi_temp_path {folder}/u5;
  server {{ listen 127.0.0.1:{port}; root {folder}; client_max_body_size 0;
    location / {{ return 200 "{text}"; }}
    location = /64k {{ }}
    location = /1m {{ }}
    location = /1g {{ }}
  }}
}}
"""
# A file of Debian's sites-enabled: as one writes it for a site that must stream.
_SITE = """\
client_body_temp_path {folder}/{name}1; proxy_temp_path {folder}/{name}2;
fastcgi_temp_path {folder}/{name}3; uwsgi_temp_path {folder}/{name}4;
scgi_temp_path {folder}/{name}5;
upstream app {{ server 127.0.0.1:{app}; keepalive 64; }}
upstream streams {{ server 127.0.0.1:{streams}; keepalive 64; }}
map $http_upgrade $hop {{ default ""; websocket upgrade; }}
server {{ listen 127.0.0.1:{port};
  client_max_body_size 0; proxy_request_buffering off; proxy_http_version 1.1;
  proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host; proxy_set_header Connection $hop;
  proxy_set_header Upgrade $http_upgrade;
  location / {{ proxy_pass http://app; }}
  location = /1g {{ proxy_pass http://app; proxy_max_temp_file_size 0; }}
  location /streams/ {{ proxy_pass http://streams; proxy_buffering off; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Tested:
    """A proxy under test: the processes that serve, and where."""

    name: str
    pids: tuple[int, ...]
    port: int


@dataclass
class Stand:
    """`proxies` are the three that every row of costs compares."""

    folder: Path
    cores: list[int]
    stack: ExitStack
    app: int = 0  # port of the upstream
    streams: int = 0  # port of the app with streams
    proxies: list[Tested] = field(default_factory=list)
    config: Path = Path()
    extra: list[Tested] = field(default_factory=list)

    def gate(self, name: str, settings: Mapping[str, Any]) -> Tested:
        """One more gate, of a row's own, with the one upstream; its workers on the first core."""
        port, admin = free_ports(2)
        folder = self.folder / re.sub(r"\W", "-", name)
        folder.mkdir()
        whole = {
            "listen": f"127.0.0.1:{port}",
            "admin": f"127.0.0.1:{admin}",
            "upstreams": {"app": f"http://127.0.0.1:{self.app}"},
            **settings,
        }
        (folder / "gateway.yaml").write_text(json.dumps(whole))
        workers = int(whole.get("workers", 1))
        return self._run_gate(name, folder / "gateway.yaml", port, workers)

    def copy_of_gate(self, name: str, text: str, port: int, workers: int) -> Tested:
        """A gate with its own text, and the same keys' names."""
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir()
        (folder / "gateway.yaml").write_text(text)
        return self._run_gate(name, folder / "gateway.yaml", port, workers)

    def _run_gate(self, name: str, config: Path, port: int, workers: int = 1) -> Tested:
        command = [sys.executable, "-m", "gateway", "run", str(config)]
        master = self.stack.enter_context(process(command, config.parent, port))
        until(lambda: len(children(master)) == workers, f"{workers} workers of {name}")
        pids = children(master)
        for pid in pids:
            os.sched_setaffinity(pid, {self.cores[0]})
        return Tested(name, pids, port)

    def _run_nginx(self, name: str, *, logs: bool) -> Tested:
        (port,) = free_ports(1)
        short = name.replace("+", "-")
        site = self.folder / f"{short}.site"
        values = {"folder": self.folder, "name": short, "port": port}
        site.write_text(_SITE.format(**values, app=self.app, streams=self.streams))
        text = debians(self.folder / short, site)
        if not logs:
            text = re.sub(r"access_log \S+;", "access_log off;", text)
        file = self.folder / f"{short}.conf"
        file.write_text(text)
        command = ["nginx", "-c", str(file), "-e", f"{self.folder}/{short}.log"]
        command += ["-g", "daemon off;"]
        master = self.stack.enter_context(process(command, self.folder, port))
        for pid in children(master):
            os.sched_setaffinity(pid, {self.cores[0]})
        return Tested(name, children(master), port)

    def start(self) -> None:
        self.app, self.streams = free_ports(2)
        self.folder.chmod(0o755)  # so that nginx's workers can read its files
        (self.folder / "64k").write_bytes(b"x" * 64 * 1024)
        (self.folder / "1m").write_bytes(b"x" * 1024 * 1024)
        with (self.folder / "1g").open("wb") as file:
            file.truncate(GIB)
        upstream = self.folder / "upstream.conf"
        values = {"folder": self.folder, "port": self.app, "text": "x" * 1024}
        upstream.write_text(_UPSTREAM.format(**values))
        command = ["nginx", "-p", str(self.folder), "-c", str(upstream)]
        command += ["-e", str(self.folder / "upstream.log")]
        self._also(command, self.app)
        self._also([sys.executable, str(HERE / "streams_app.py"), str(self.streams)], self.streams)
        nginx = [self._run_nginx(NGINX, logs=False), self._run_nginx(LOGGING, logs=True)]
        (port, admin) = free_ports(2)
        self.config = self._init(port, admin)
        self.proxies = [*nginx, self._run_gate(GATE, self.config, port)]

    def _also(self, command: Sequence[str], port: int) -> None:
        self.stack.enter_context(process(command, self.folder, port))

    def _init(self, port: int, admin: int) -> Path:
        """What `gateway init` prints, with the one change that lets a GET need a pass."""
        command = [sys.executable, "-m", "gateway", "init", "--path", PROTECTED]
        command += ["--upstream", f"http://127.0.0.1:{self.app}", "--listen", f"127.0.0.1:{port}"]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment()
        )
        text = re.sub(r"^admin: \S+", f"admin: 127.0.0.1:{admin}", done.stdout, flags=re.MULTILINE)
        text = text.replace("mode: shadow ", "mode: enforce").replace("method: POST, ", "")
        file = self.folder / "gateway.yaml"
        file.write_text(text)
        return file


@contextmanager
def stand() -> Iterator[Stand]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("needs two cores: one for the process under test, one for the rest")
    os.sched_setaffinity(0, set(cores[1:]))  # inherited by upstream and wrk
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        found = Stand(Path(folder), cores, stack)
        found.start()
        yield found


def debians(own: Path, site: Path) -> str:
    """/etc/nginx/nginx.conf; only paths, the site and the count of workers are changed."""
    text = Path("/etc/nginx/nginx.conf").read_text()
    for pattern, value in (
        (r"^worker_processes .*;", "worker_processes 1;"),
        (r"^pid .*;", f"pid {own}.pid;"),
        (r"^error_log .*;", f"error_log {own}.errors;"),
        (r"^\taccess_log .*;", f"\taccess_log {own}.access;"),
        (r"^\tinclude /etc/nginx/conf\.d.*;\n", ""),
        (r"^\tinclude /etc/nginx/sites-enabled/\*;", f"\tinclude {site};"),
    ):
        text, changed = re.subn(pattern, value, text, flags=re.MULTILINE)
        if not changed and "error_log" not in pattern:
            sys.exit(f"/etc/nginx/nginx.conf is not Debian's: no {pattern}")
    return text


# --- Processes -----------------------------------------------------------------------------


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@contextmanager
def process(command: Sequence[str], folder: Path, port: int) -> Iterator[int]:
    """Runs until the block is left; its pid, once it answers. Exits with its words if it won't."""
    said = folder / f"{port}.log"
    with said.open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment())
    try:
        until(lambda: running.poll() is not None or status(port, "/") > 0, " ".join(command))
        if running.poll() is not None:
            sys.exit(f"{' '.join(command)} ended:\n{said.read_text()[-2000:]}")
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def children(pid: int) -> tuple[int, ...]:
    return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def status(port: int, path: str, headers: Mapping[str, str] = BROWSER, method: str = "GET") -> int:
    """0: nobody answers."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        link.request(method, path, headers=dict(headers))
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


def until(true: Callable[[], bool], what: str) -> None:
    ends_s = time.monotonic() + UP_WITHIN_S
    while not true():
        if time.monotonic() > ends_s:
            raise TimeoutError(what)
        time.sleep(0.05)


# --- What a process uses -------------------------------------------------------------------


def cpu_s(pids: Sequence[int]) -> float:
    """User and system time (proc(5): fields 14 and 15 of `stat`, in ticks)."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int, which: str = "VmRSS") -> int:
    """`VmRSS` now, or `VmHWM`: the most since `forget_peak`."""
    found = re.search(rf"^{which}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    assert found
    return int(found[1])


def forget_peak(pid: int) -> None:
    """proc(5): 5 to `clear_refs` sets VmHWM to what is used now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
