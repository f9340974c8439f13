"""What a forwarded request costs, next to nginx. Run: python tests/bench/proxy.py [--help]

Starts nginx as upstream, nginx as proxy and a gate with the configuration that `gateway init`
prints, drives the two in turn with wrk, and prints CPU µs per request of the process under test
(its own user and system time, by /proc), requests per second, p50 and p99, and the ratio of the
CPU to nginx's. Medians of the rounds. Nothing is asserted: what else runs on the machine shows.

The process under test has one core, upstream and wrk share the others. The gate logs to a file and
counts its metrics; nginx writes no access log. For the row with a pass, init's one route is
enforced and asks for any method; wrk then sends GETs with a pass issued from the gate's key folder.
Needs Debian's nginx and wrk, two cores and loopback; about a minute, `--seconds` and `--rounds`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.callers import TrustedProxies, caller_of
from gateway.config import load
from gateway.keys import load_keys
from gateway.model import Peer, Solved
from gateway.passes import cookie_name, issue

UP_WITHIN_S = 20.0
GATE, NGINX = "gateway", "nginx"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}
PATHS = {"forward": "/1k", "with a pass": "/register", "64 KiB": "/64k", "1 MiB": "/1m"}

_NGINX = """\
daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/{name}.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; default_type text/plain;
  client_body_temp_path {folder}/{name}-1; proxy_temp_path {folder}/{name}-2;
  fastcgi_temp_path {folder}/{name}-3; uwsgi_temp_path {folder}/{name}-4;
  scgi_temp_path {folder}/{name}-5;
  {body}
}}
"""
_UPSTREAM = """
  server {{ listen 127.0.0.1:{port}; root {folder};
    location / {{ return 200 "{text}"; }}
    location = /64k {{ }}
    location = /1m {{ }}
  }}"""
_PROXY = """
  upstream app {{ server 127.0.0.1:{app}; keepalive 64; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}"""


@dataclass(frozen=True, slots=True)
class Tested:
    """A proxy under test: the process that serves, and where."""

    name: str
    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Run:
    """One round of wrk against one proxy."""

    cpu_us: float  # per request, of the process under test
    per_s: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    options = _options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("needs two cores: one for the process under test, one for the rest")
    os.sched_setaffinity(0, set(cores[1:]))  # inherited by upstream and wrk
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        tested, cookie = _start(Path(folder), stack)
        for each in tested:
            os.sched_setaffinity(each.pid, {cores[0]})
        rows = {row: _row(row, tested, cookie, options) for row in options.rows}
    _print(rows)
    if options.json:
        found = {row: {k: asdict(v) for k, v in by.items()} for row, by in rows.items()}
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of each round, row and proxy")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rows", nargs="+", choices=PATHS, default=list(PATHS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    return parser.parse_args()


# --- What runs -----------------------------------------------------------------------------


def _start(folder: Path, stack: ExitStack) -> tuple[list[Tested], str]:
    """The proxies under test, and the Cookie that is a pass."""
    app, proxy, gate, admin = _free_ports(4)
    folder.chmod(0o755)  # so that nginx's worker can read its files
    (folder / "64k").write_bytes(b"x" * 64 * 1024)
    (folder / "1m").write_bytes(b"x" * 1024 * 1024)
    upstream = _UPSTREAM.format(port=app, folder=folder, text="x" * 1024)
    stack.enter_context(_nginx(folder, "upstream", upstream, app))
    nginx = stack.enter_context(_nginx(folder, NGINX, _PROXY.format(port=proxy, app=app), proxy))
    config = _configure(folder, app, gate, admin)
    with (folder / "gate.log").open("wb") as log:
        command = [sys.executable, "-m", "gateway", "run", str(config)]
        master = stack.enter_context(_process(command, folder, gate, log.fileno()))
    worker = int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])
    return [Tested(NGINX, nginx, proxy), Tested(GATE, worker, gate)], _pass(config)


@contextmanager
def _nginx(folder: Path, name: str, body: str, port: int) -> Iterator[int]:
    file = folder / f"{name}.conf"
    file.write_text(_NGINX.format(folder=folder, name=name, body=body))
    command = ["nginx", "-p", str(folder), "-c", str(file), "-e", str(folder / f"{name}.log")]
    with _process(command, folder, port, subprocess.DEVNULL) as pid:
        yield pid


@contextmanager
def _process(command: Sequence[str], folder: Path, port: int, log: int) -> Iterator[int]:
    """Runs until the block is left; its pid, once it answers. Raises TimeoutError."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    try:
        _until(lambda: _status(port, "/", BROWSER) > 0, f"{command[0]} on {port}")
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(UP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _configure(folder: Path, app: int, gate: int, admin: int) -> Path:
    """What `gateway init` prints, with the one change that lets a GET need a pass."""
    command = [sys.executable, "-m", "gateway", "init", "--upstream", f"http://127.0.0.1:{app}"]
    command += ["--path", PATHS["with a pass"], "--listen", f"127.0.0.1:{gate}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"^admin: \S+", f"admin: 127.0.0.1:{admin}", text, flags=re.MULTILINE)
    text = text.replace("mode: shadow ", "mode: enforce").replace("method: POST, ", "")
    file = folder / "gateway.yaml"
    file.write_text(text)
    return file


def _pass(config_file: Path) -> str:
    """A valid pass of the browser that wrk plays, from the gate's own keys."""
    config = load(config_file, os.environ)
    route = next(each for each in config.sites[0].routes if each.name == "register")
    ring = load_keys(config.keys)
    headers = tuple((name.encode(), value.encode()) for name, value in BROWSER.items())
    peer, nobody = Peer("127.0.0.1"), TrustedProxies()
    caller = caller_of(peer, headers, nobody, "auto", ring.browser_key)
    solved = Solved("slider", max(rung.level for rung in route.ladder), None, time.time())
    token = issue(
        ring,
        solved,
        rule=route.pass_rule,
        site=route.site,
        policy=route.policy,
        caller=caller,
        now_s=time.time(),
        id="bench",
    )
    return f"{cookie_name(route.pass_rule.scope, https=False)}={token}"


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def _status(port: int, path: str, headers: Mapping[str, str]) -> int:
    """0: nobody answers."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=UP_WITHIN_S)
    try:
        link.request("GET", path, headers=dict(headers))
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


def _until(true: Callable[[], bool], what: str) -> None:
    ends_s = time.monotonic() + UP_WITHIN_S
    while not true():
        if time.monotonic() > ends_s:
            raise TimeoutError(what)
        time.sleep(0.05)


# --- What is measured ----------------------------------------------------------------------


def _row(
    row: str, tested: list[Tested], cookie: str, options: argparse.Namespace
) -> dict[str, Run]:
    headers = BROWSER | ({"Cookie": cookie} if row == "with a pass" else {"Cookie": "a=b"})
    for each in tested:
        _check(each, PATHS[row], headers)
        _drive(each, PATHS[row], headers, options.connections, 1)  # so that all is warm
    runs: dict[str, list[Run]] = {each.name: [] for each in tested}
    for _ in range(options.rounds):
        for each in tested:
            found = _drive(each, PATHS[row], headers, options.connections, options.seconds)
            runs[each.name].append(found)
    return {name: _median(each) for name, each in runs.items()}


def _check(tested: Tested, path: str, headers: Mapping[str, str]) -> None:
    """The reply must be the app's; and without the pass the gate must ask."""
    cases = [(headers, 200)]
    if path == PATHS["with a pass"] and tested.name == GATE:
        cases.append((BROWSER, 403))
    for sent, expected in cases:
        status = _status(tested.port, path, sent)
        if status != expected:
            sys.exit(f"{tested.name} answered {status} to {path}, not {expected}")


def _drive(
    tested: Tested, path: str, headers: Mapping[str, str], connections: int, seconds: int
) -> Run:
    command = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command.append(f"http://127.0.0.1:{tested.port}{path}")
    before_s = _cpu_s(tested.pid)
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    spent_s = _cpu_s(tested.pid) - before_s
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"{tested.name}, {path}:\n{done.stdout}")
    requests = int(_found(r"(\d+) requests in", done.stdout))
    return Run(
        cpu_us=spent_s / requests * 1e6,
        per_s=float(_found(r"Requests/sec:\s+([\d.]+)", done.stdout)),
        p50_ms=_ms(_found(r"\n +50%\s+(\S+)", done.stdout)),
        p99_ms=_ms(_found(r"\n +99%\s+(\S+)", done.stdout)),
    )


def _cpu_s(pid: int) -> float:
    """User and system time of a process (proc(5): fields 14 and 15 of `stat`, in ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"no {pattern!r} in what wrk printed:\n{text}")
    return found[1]


def _ms(text: str) -> float:
    for unit, ms in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * ms
    raise ValueError(text)


def _median(runs: list[Run]) -> Run:
    return Run(*(statistics.median(column) for column in zip(*map(_values, runs), strict=True)))


def _values(run: Run) -> tuple[float, ...]:
    return run.cpu_us, run.per_s, run.p50_ms, run.p99_ms


def _print(rows: Mapping[str, Mapping[str, Run]]) -> None:
    print(f"{'':14}{'':9}{'CPU µs':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ratio':>11}")
    for row, by in rows.items():
        for name, run in by.items():
            ratio = run.cpu_us / by[NGINX].cpu_us
            figures = f"{run.cpu_us:9.1f}{run.per_s:9.0f}{run.p50_ms:9.2f}{run.p99_ms:9.2f}"
            print(f"{row:14}{name:9}{figures}{ratio:11.2f}")


if __name__ == "__main__":
    main()
