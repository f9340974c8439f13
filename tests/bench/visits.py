"""What visitors who are asked cost. Run: python tests/bench/visits.py [--help]

Starts a gate with the configuration that `gateway init` prints (SQLite store, log to a file,
metrics on), pins its worker to one core, and plays distinct visitors from the others: each has an
address prefix (behind a trusted proxy), a User-Agent and a visit of its own. They see the page,
some with a POST that is held; answer it, rightly and wrongly; and have the held request sent on to
an app; or fetch a picture for the work of a toll, from a stock that is full before and fills again
meanwhile (by a process of its own, which is not counted). Proofs of work are done beforehand.
Printed are CPU µs of the worker per request (user and system, by /proc), what one core can do of
that per second (10^6 over it), the rate seen, p50 and p99 with all connections busy. Medians of the
rounds. Nothing is asserted but that every reply is the right one. Needs two cores and loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))  # for the visitor that the tests play

from tests.layouts import lay_out
from tests.proofs import solve_work
from tests.visitor import CHROME, SIGNALS, answer_for, hand

UP_WITHIN_S = 20.0
EXAMPLES = """\
examples:
  python tests/bench/visits.py                          all rows, about a minute
  python tests/bench/visits.py --rows page "wrong answer" --visitors 500 --rounds 1
  python tests/bench/visits.py --json visits.json       the figures, to compare with others
  python tests/bench/visits.py --profile out.svg        where the time goes (needs py-spy)
"""
# Route, and what is done there. Each row's visitors are new.
ROWS = {
    "page": "GET, first visit: the page that asks",
    "page, held": "POST of a small form: held, and the page that asks",
    "right answer": "`invisible`: solved, with a pass",
    "right slider": "`slider`: solved, with a pass",
    "wrong answer": "`slider`: the next question in the same reply",
    "picture": "`view`: its picture for the work of its toll; 200 of them at most",
    "finish": "the held POST goes on to the app, and its reply back",
}
PICTURES = 200  # are made before they are asked for
DRAWN = "view"
FORM = b"name=A+Visitor&email=visitor%40example.org&" + b"text=" + b"x" * 160
APP_REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024
)
_DATA = re.compile(rb'<script[^>]*id="gateway-data"[^>]*>(.*?)</script>', re.S)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate under test: the process that serves, and where."""

    pid: int
    port: int
    admin: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    head: bytes
    raw: bytes

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.raw) if b"\r\nContent-Encoding: gzip" in self.head else self.raw

    @property
    def page(self) -> dict[str, Any]:
        found = _DATA.search(self.body)
        if found is None:
            sys.exit(f"no challenge page: {self.status}\n{self.body[:500]!r}")
        return cast(dict[str, Any], json.loads(found[1]))


@dataclass(frozen=True, slots=True)
class Run:
    """One round of one row."""

    cpu_us: float  # per request, of the gate's worker
    per_s: float
    p50_ms: float
    p99_ms: float

    @property
    def per_core_s(self) -> float:
        """Requests a second that one core has time for."""
        return 1e6 / self.cpu_us


@dataclass(frozen=True, slots=True)
class Visitor:
    """One of them: an address of a /24 of its own, a browser of its own."""

    number: int

    @property
    def headers(self) -> dict[str, str]:
        n = self.number
        agent = CHROME["User-Agent"].replace("142.0.0.0", f"142.0.{n // 1000}.{n % 1000}")
        address = f"{11 + (n >> 16) % 100}.{n >> 8 & 255}.{n & 255}.{1 + n % 254}"
        return CHROME | {
            "User-Agent": agent,
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "X-Forwarded-For": address,
        }


def main() -> None:
    options = _options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("needs two cores: one for the gate, one for its visitors")
    os.sched_setaffinity(0, set(cores[1:]))
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        app, gate, admin = _free_ports(3)
        config = _configure(Path(folder), app, gate, admin)
        tested = stack.enter_context(_running(config, gate, admin))
        for thread in Path(f"/proc/{tested.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
        if options.profile:
            stack.enter_context(_profiled(tested.pid, options.profile))
        rows = uvloop.run(_measure(tested, app, options))
    _print(rows)
    if options.json:
        found = {row: asdict(run) | {"per_core_s": run.per_core_s} for row, run in rows.items()}
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def _options() -> argparse.Namespace:
    about = "\n".join(f"  {row:14}{text}" for row, text in ROWS.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"rows:\n{about}\n\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--visitors", type=int, default=2000, help="of each row and round")
    parser.add_argument("--connections", type=int, default=16, help="of the proxy in front")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="a flame graph by py-spy")
    return parser.parse_args()


# --- What runs -----------------------------------------------------------------------------


def _configure(folder: Path, app: int, gate: int, admin: int) -> Path:
    """What `gateway init` prints, with what a bench needs: GETs are asked too, and less work."""
    command = [sys.executable, "-m", "gateway", "init", "--upstream", f"http://127.0.0.1:{app}"]
    command += ["--path", "/register", "--path", "/drawn", "--path", "/slider"]
    command += ["--listen", f"127.0.0.1:{gate}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"^admin: \S+", f"admin: 127.0.0.1:{admin}", text, flags=re.MULTILINE)
    text = text.replace("trusted_proxies: []", "trusted_proxies: [127.0.0.1]")
    text = text.replace("mode: shadow ", "mode: enforce").replace("method: POST, ", "")
    text = re.sub(r"( +)ladder:", r"\1work: 1000\n\1ladder:", text)
    before, mark, after = text.partition("- name: drawn")
    after = re.sub(r" +- {kind: invisible.*\n", "", after)
    after = after.replace("- slider", f"- {DRAWN}", 1).replace("scope: site", "scope: drawn", 1)
    file = folder / "gateway.yaml"
    file.write_text(f"{before}{mark}{after}\nstock: {{items: {PICTURES}}}\n")
    return file


@contextmanager
def _running(config: Path, port: int, admin: int) -> Iterator[Gate]:
    """The gate, until the block is left. Raises TimeoutError."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "gateway", "run", str(config)]
    with (config.parent / "gate.log").open("wb") as log:
        master = subprocess.Popen(
            command, cwd=config.parent, stdout=log, stderr=log, env=environment
        )
    try:
        _until(lambda: _status(port) == 403, f"a gate on {port}")
        children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text()
        yield Gate(int(children.split()[0]), port, admin)
    finally:
        master.send_signal(signal.SIGTERM)
        try:
            master.wait(UP_WITHIN_S)
        except subprocess.TimeoutExpired:
            master.kill()
            master.wait()


@contextmanager
def _profiled(pid: int, file: Path) -> Iterator[None]:
    command = [
        "py-spy",
        "record",
        "--pid",
        str(pid),
        "--output",
        str(file),
        "--rate",
        "250",
        "--format",
        "raw" if file.suffix == ".txt" else "flamegraph",
    ]
    profiler = subprocess.Popen([*command, "--native", "--threads"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield
    finally:
        profiler.send_signal(signal.SIGINT)
        profiler.wait(UP_WITHIN_S)


class App(asyncio.Protocol):
    """Answers each request, once its body is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (size := _message_bytes(self._waiting)) is not None:
            self._waiting = self._waiting[size:]
            self._transport.write(APP_REPLY)


def _free_ports(how_many: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(how_many)]
    ports: list[int] = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def _got(port: int, path: str) -> tuple[int, bytes]:
    """(0, nothing): nobody answers."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=UP_WITHIN_S)
    try:
        link.request("GET", path, headers=CHROME)
        reply = link.getresponse()
        return reply.status, reply.read()
    except OSError:
        return 0, b""
    finally:
        link.close()


def _status(port: int) -> int:
    return _got(port, "/register")[0]


def _is_stocked(gate: Gate) -> bool:
    return (
        f'gateway_stock_items{{kind="{DRAWN}"}} {PICTURES}.0'.encode()
        in _got(gate.admin, "/metrics")[1]
    )


def _until(true: Callable[[], bool], what: str) -> None:
    ends_s = time.monotonic() + UP_WITHIN_S
    while not true():
        if time.monotonic() > ends_s:
            raise TimeoutError(what)
        time.sleep(0.05)


# --- Visitors ------------------------------------------------------------------------------


def _message_bytes(data: bytes) -> int | None:
    """How long the first message in `data` is; None while it is not all there."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(data, 0, end)
    size = end + 4 + (int(length[1]) if length else 0)
    return size if len(data) >= size else None


class Connection(asyncio.Protocol):
    """One connection of the proxy in front: takes the next request whenever a reply is there."""

    def __init__(self, requests: Iterator[tuple[int, bytes]], drive: Drive) -> None:
        self._requests = requests
        self._drive = drive
        self._got: list[bytes] = []
        self._missing_bytes = 0
        self._at = -1
        self._began_s = 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def _next(self) -> None:
        found = next(self._requests, None)
        if found is None:
            self._transport.close()
            return
        self._at, request = found
        self._began_s = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got.append(data)
        self._missing_bytes -= len(data)
        if self._missing_bytes > 0:
            return
        reply = b"".join(self._got)
        size = _message_bytes(reply)
        if size is None:
            end = reply.find(b"\r\n\r\n")
            length = _LENGTH.search(reply, 0, end) if end > 0 else None
            self._missing_bytes = end + 4 + int(length[1]) - len(reply) if length else 1
            return
        self._got.clear()
        self._missing_bytes = 0
        self._drive.took_s[self._at] = time.perf_counter() - self._began_s
        self._drive.replies[self._at] = reply
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


class Drive:
    """Sends every request once, over some connections, and keeps the replies."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = requests
        self.replies = [b""] * len(requests)
        self.took_s = [0.0] * len(requests)

    async def run(self, port: int, connections: int) -> list[Reply]:
        loop = asyncio.get_running_loop()
        waiting = iter(list(enumerate(self._requests)))
        made = [
            (await loop.create_connection(lambda: Connection(waiting, self), "127.0.0.1", port))[1]
            for _ in range(min(connections, len(self._requests)))
        ]
        await asyncio.gather(*(each.over for each in made))
        return [_read(reply) for reply in self.replies]


def _read(reply: bytes) -> Reply:
    head, _, body = reply.partition(b"\r\n\r\n")
    if not head:
        sys.exit("a request was not answered")
    return Reply(int(head.split(b" ", 2)[1]), head, body)


class Bench:
    """Plays visitors against one gate."""

    def __init__(self, gate: Gate, options: argparse.Namespace) -> None:
        self.gate = gate
        self._connections: int = options.connections
        self._each: int = options.visitors
        self._numbers = count()

    def visitors(self) -> list[Visitor]:
        return [Visitor(next(self._numbers)) for _ in range(self._each)]

    async def measure(self, requests: Sequence[bytes]) -> tuple[Run, list[Reply]]:
        drive = Drive(requests)
        cpu_s, began_s = _cpu_s(self.gate.pid), time.perf_counter()
        replies = await drive.run(self.gate.port, self._connections)
        took_s, cpu_s = time.perf_counter() - began_s, _cpu_s(self.gate.pid) - cpu_s
        ranked = sorted(drive.took_s)
        run = Run(
            cpu_us=cpu_s / len(requests) * 1e6,
            per_s=len(requests) / took_s,
            p50_ms=ranked[len(ranked) // 2] * 1000,
            p99_ms=ranked[len(ranked) * 99 // 100] * 1000,
        )
        return run, replies

    def asked(self, path: str, visitors: Iterable[Visitor], body: bytes = b"") -> list[bytes]:
        """Requests for a page: navigations, with a form where there is a body."""
        headers = self._form if body else {}
        return [self._request(path, visitor, headers, body) for visitor in visitors]

    def answers(
        self, pages: Sequence[Reply], visitors: Iterable[Visitor], *, right: bool = True
    ) -> list[bytes]:
        """What the page's script posts."""
        return [
            self._answer(reply.page, visitor, right)
            for reply, visitor in zip(pages, visitors, strict=True)
        ]

    def wishes(self, pages: Sequence[Reply], visitors: Iterable[Visitor]) -> list[bytes]:
        """What the page's script posts for the picture of its toll."""
        return [
            self._wish(reply.page, visitor) for reply, visitor in zip(pages, visitors, strict=True)
        ]

    def _wish(self, page: dict[str, Any], visitor: Visitor) -> bytes:
        toll = page["challenge"]
        body = {"visit": page["visit"], "ticket": toll["ticket"], "want": "picture"}
        body["proof"] = solve_work(toll["work"])
        return self._call(page, "challenge", visitor, body)

    def _answer(self, page: dict[str, Any], visitor: Visitor, right: bool) -> bytes:
        challenge = page["challenge"]
        body = {
            "visit": page["visit"],
            "ticket": challenge["ticket"],
            "answer": answer_for(challenge) if right else {"reached": 0.4, "steps": 0},
            "proof": solve_work(challenge["work"]),
            "trace": hand(),
            "signals": SIGNALS | {"laid": lay_out(challenge.get("layout"))},
        }
        return self._call(page, "answer", visitor, body)

    def _call(
        self, page: dict[str, Any], endpoint: str, visitor: Visitor, body: dict[str, Any]
    ) -> bytes:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Origin": self._origin,
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
        }
        return self._request(page["prefix"] + endpoint, visitor, headers, json.dumps(body).encode())

    def finishes(self, solved: Sequence[Reply], visitors: Iterable[Visitor]) -> list[bytes]:
        """What the page posts once it is solved."""
        return [
            self._finish(reply, visitor) for reply, visitor in zip(solved, visitors, strict=True)
        ]

    def _finish(self, solved: Reply, visitor: Visitor) -> bytes:
        said = json.loads(solved.body)
        cookie = re.search(rb"\r\nset-cookie: ([^;]+)", solved.head, re.I)
        headers = self._form | ({"Cookie": cookie[1].decode()} if cookie else {})
        return self._request(
            said["url"], visitor, headers, b"gateway_visit=" + said["visit"].encode()
        )

    @property
    def _form(self) -> dict[str, str]:
        return {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}

    @property
    def _origin(self) -> str:
        return f"http://{self.gate.host}"

    def _request(
        self, path: str, visitor: Visitor, headers: Mapping[str, str], body: bytes = b""
    ) -> bytes:
        lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: {self.gate.host}"]
        lines += [f"{name}: {value}" for name, value in (visitor.headers | headers).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


# --- What is measured ----------------------------------------------------------------------


async def _measure(gate: Gate, app: int, options: argparse.Namespace) -> dict[str, Run]:
    server = await asyncio.get_running_loop().create_server(App, "127.0.0.1", app)
    bench = Bench(gate, options)
    runs: dict[str, list[Run]] = {row: [] for row in options.rows}
    async with server:
        for at in range(options.rounds + 1):  # the first warms everything, and counts for nothing
            _say("warming" if at == 0 else f"round {at} of {options.rounds}")
            for row, run in (await _round(bench, set(options.rows))).items():
                if at and row in runs:
                    runs[row].append(run)
    return {row: _median(found) for row, found in runs.items()}


async def _round(bench: Bench, rows: set[str]) -> dict[str, Run]:
    """Every row once, in the order of a visit. What a row needs from another is made for it."""
    found: dict[str, Run] = {}

    async def row(name: str, requests: Sequence[bytes], status: int, says: bytes) -> list[Reply]:
        _say(f"  {name} …")
        found[name], replies = await bench.measure(requests)
        for reply in replies:
            if reply.status != status or says not in reply.body:
                sys.exit(f"{name}: {reply.status} {reply.body[:500]!r}, not {status} {says!r}")
        return replies

    if "page" in rows:
        await row("page", bench.asked("/register", bench.visitors()), 403, b"gateway-data")
    if rows & {"page, held", "right answer", "finish"}:
        visitors = bench.visitors()
        pages = await row("page, held", bench.asked("/register", visitors, FORM), 403, b"-data")
        answers = bench.answers(pages, visitors)
        solved = await row("right answer", answers, 200, b'"finish":"post"')
        if "finish" in rows:
            await row("finish", bench.finishes(solved, visitors), 200, b"x" * 1024)
    if "picture" in rows:
        visitors = bench.visitors()[:PICTURES]
        pages = (await bench.measure(bench.asked("/drawn", visitors)))[1]
        while not _is_stocked(bench.gate):
            await asyncio.sleep(0.5)
        await row("picture", bench.wishes(pages, visitors), 200, b"data:image/")
    for name, right in (("right slider", True), ("wrong answer", False)):
        if name in rows:
            visitors = bench.visitors()
            pages = (await bench.measure(bench.asked("/slider", visitors)))[1]
            await asyncio.sleep(0.7)  # whoever drags faster is doubted
            says = b'"outcome":"solved"' if right else b'"outcome":"again"'
            await row(name, bench.answers(pages, visitors, right=right), 200, says)
    return found


def _cpu_s(pid: int) -> float:
    """User and system time of a process (proc(5): fields 14 and 15 of `stat`, in ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _median(runs: Sequence[Run]) -> Run:
    values = [(run.cpu_us, run.per_s, run.p50_ms, run.p99_ms) for run in runs]
    return Run(*(statistics.median(column) for column in zip(*values, strict=True)))


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _print(rows: Mapping[str, Run]) -> None:
    print(f"{'':14}{'CPU µs':>9}{'/s a core':>11}{'seen /s':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for row, run in rows.items():
        rates = f"{run.cpu_us:9.0f}{run.per_core_s:11.0f}{run.per_s:9.0f}"
        print(f"{row:14}{rates}{run.p50_ms:9.2f}{run.p99_ms:9.2f}")


if __name__ == "__main__":
    main()
