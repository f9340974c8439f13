"""Rows of CPU per request: wrk drives the proxies in turn, over several rounds.

A row's requests are one head again and again, or heads of 5,000 visitors in turn, so that nothing
remembered about a head can flatter.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.proxied import visitors
from tests.bench.proxied.figures import GATE, Costs, Run, median
from tests.bench.proxied.stand import (
    BROWSER,
    PROTECTED,
    Stand,
    Tested,
    cpu_s,
    free_ports,
    status,
)

__all__ = ["ROWS", "Pace", "run"]

VISITORS = 5000
ROUTES = {"10 routes": 10, "10,000 routes": 10_000}
SHAPES = {"exact": "/page{n}", "prefix": "/area{n}/**", "anchored": "/shop/*/item{n}"}
TARGETS = {  # the m-th request for the n-th route of a shape, and one that no route is for
    "exact": "/page{n}",
    "prefix": "/area{n}/{m}/x",
    "anchored": "/shop/{m}/item{n}",
    "none": "/static/{m}/app.css",
}
_SCRIPT = """\
local heads, next = {}, 0
local file = io.open("%s", "rb")
for head in file:read("*a"):gmatch("([^\\1]+)\\1") do heads[#heads + 1] = head end
file:close()
request = function() next = next %% #heads + 1; return heads[next] end
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often."""

    rounds: int
    seconds: int
    connections: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of a row, as arguments of wrk; `path` and `headers` are one of them."""

    path: str
    headers: Mapping[str, str]
    arguments: Sequence[str]
    method: str = "GET"


def run(row: str, stand: Stand, pace: Pace) -> Costs:
    return ROWS[row](row, stand, pace)


# --- The rows ------------------------------------------------------------------------------


def _plain(row: str, stand: Stand, pace: Pace) -> Costs:
    path, most = PLAIN[row]
    headers = BROWSER | {"Cookie": "a=b"}
    if path == PROTECTED:
        headers["Cookie"] = visitors.passes(stand.config, [BROWSER])[0]
    return Costs(_measured(stand.proxies, _same(path, headers), pace), most)


def _varied(row: str, stand: Stand, pace: Pace) -> Costs:
    """Each request is another visitor's: browser, cookies, referrer, target; and pass."""
    protected = row == "passes, varied"
    known = visitors.visitors(VISITORS, PROTECTED if protected else "/page")
    if protected:
        cookies = visitors.passes(stand.config, [visitor.headers for visitor in known])
        known = [each.also(cookie) for each, cookie in zip(known, cookies, strict=True)]
    asked = _many(stand.folder / row.replace(" ", "-"), known)
    return Costs(_measured(stand.proxies, asked, pace), 2.0)


def _post(row: str, stand: Stand, pace: Pace) -> Costs:
    headers = BROWSER | {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "a=b"}
    script = stand.folder / "post.lua"
    script.write_text(f'wrk.method = "POST"; wrk.body = "a=" .. string.rep("x", {1024 - 2})\n')
    asked = _same("/post", headers)
    more = [*asked.arguments, "-s", str(script)]
    return Costs(_measured(stand.proxies, Asked("/post", headers, more, "POST"), pace), 2.0)


def _routes(row: str, stand: Stand, pace: Pace) -> Costs:
    """Requests that the routes of one shape are for; each is forwarded."""
    gates = [_with_routes(stand, name, count) for name, count in ROUTES.items()]
    pattern = TARGETS[row.partition(", ")[2]]
    targets = [pattern.format(n=m % 2, m=m) for m in range(VISITORS)]  # routes that both have
    known = visitors.visitors(VISITORS, "/", targets)
    asked = _many(stand.folder / row.replace(" ", "-").replace(",", ""), known)
    return Costs(_measured(gates, asked, pace), 1.1, "10 routes", "10,000 routes")


def _with_routes(stand: Stand, name: str, count: int) -> Tested:
    """A gate with so many routes, a third of each shape; started once for all rows."""
    known = [gate for gate in stand.extra if gate.name == name]
    if known:
        return known[0]
    routes = [
        {"name": f"{shape}{n}", "match": {"path": path.format(n=n)}, "action": "allow"}
        for shape, path in SHAPES.items()
        for n in range(-(-count // len(SHAPES)))
    ]
    site = {"name": "site", "hosts": ["*"], "upstream": "app", "routes": routes[:count]}
    gate = stand.gate(name, {"sites": [site]})
    stand.extra.append(gate)
    return gate


def _workers(row: str, stand: Stand, pace: Pace) -> Costs:
    """Two workers against one, on the same core: what sharing a listener costs."""
    text = stand.config.read_text()
    gates = []
    for count in (1, 2):
        name = f"{count} worker" + "s" * (count - 1)
        port, admin = free_ports(2)
        changed = re.sub(r"^listen: \S+", f"listen: 127.0.0.1:{port}", text, flags=re.M)
        changed = re.sub(r"^admin: \S+", f"admin: 127.0.0.1:{admin}", changed, flags=re.M)
        gates.append(stand.copy_of_gate(name, f"workers: {count}\n{changed}", port, count))
    asked = _same("/1k", BROWSER | {"Cookie": "a=b"})
    return Costs(_measured(gates, asked, pace), 1.1, "1 worker", "2 workers")


PLAIN = {
    "forward": ("/1k", 2.0),
    "with a pass": (PROTECTED, 2.0),
    "64 KiB": ("/64k", 1.5),
    "1 MiB": ("/1m", 1.5),
}
ROWS: dict[str, Callable[[str, Stand, Pace], Costs]] = {
    **dict.fromkeys(PLAIN, _plain),
    "forward, varied": _varied,
    "passes, varied": _varied,
    "POST 1 KiB": _post,
    **{f"routes, {shape}": _routes for shape in TARGETS},
    "workers": _workers,
}


# --- wrk -----------------------------------------------------------------------------------


def _same(path: str, headers: Mapping[str, str]) -> Asked:
    arguments = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    return Asked(path, headers, arguments)


def _many(file: Path, known: Sequence[visitors.Visitor]) -> Asked:
    """Heads of many, one after the other on whatever connection is free."""
    file.with_suffix(".heads").write_bytes(b"".join(each.head() + b"\1" for each in known))
    script = file.with_suffix(".lua")
    script.write_text(_SCRIPT % file.with_suffix(".heads"))
    return Asked(known[0].target, known[0].headers, ["-s", str(script)])


def _measured(proxies: Sequence[Tested], asked: Asked, pace: Pace) -> dict[str, Run]:
    for each in proxies:
        _check(each, asked)
        _drive(each, asked, pace.connections, 1)  # so that all is warm
    runs: dict[str, list[Run]] = {each.name: [] for each in proxies}
    for _ in range(pace.rounds):
        for each in proxies:
            runs[each.name].append(_drive(each, asked, pace.connections, pace.seconds))
    return {name: median(each) for name, each in runs.items()}


def _check(tested: Tested, asked: Asked) -> None:
    """The reply must be the app's; and without the pass the gate must ask."""
    cases: list[tuple[Mapping[str, str], int]] = [(asked.headers, 200)]
    if asked.path.startswith(PROTECTED) and tested.name == GATE:
        cases.append((BROWSER, 403))
    for sent, expected in cases:
        found = status(tested.port, asked.path, sent, asked.method)
        if found != expected:
            sys.exit(f"{tested.name} answered {found} to {asked.path}, not {expected}")


def _drive(tested: Tested, asked: Asked, connections: int, seconds: int) -> Run:
    command = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}", *asked.arguments]
    command.append(f"http://127.0.0.1:{tested.port}{asked.path}")
    before_s = cpu_s(tested.pids)
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=90)
    spent_s = cpu_s(tested.pids) - before_s
    requests = int(_found(r"(\d+) requests in", done.stdout))
    if not requests or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"{tested.name}, {asked.path}:\n{done.stdout}")
    return Run(
        cpu_us=spent_s / requests * 1e6,
        per_s=float(_found(r"Requests/sec:\s+([\d.]+)", done.stdout)),
        p50_ms=_ms(_found(r"\n +50%\s+(\S+)", done.stdout)),
        p99_ms=_ms(_found(r"\n +99%\s+(\S+)", done.stdout)),
    )


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
