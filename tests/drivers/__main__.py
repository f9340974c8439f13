"""`python -m tests.drivers`: see the package."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Protocol

from tests.drivers import summary
from tests.drivers.stage import Stage, Visited, staged

# In which module, and as what: a driver's own needs are imported when it is asked for.
DRIVERS = {
    "naive": ("naive", "Naive"),
    "keyboard": ("keyboard", "Keyboard"),
    "replayer": ("replayer", "Replayer"),
    "ghost": ("ghost", "Ghost"),
    "ghost_bare": ("ghost", "Bare"),
    "people": ("people", "People"),
    "patched": ("patched", "Patched"),
    "patched_ghost": ("patched", "PatchedGhost"),
    "http": ("http_only", "Http"),
    "http_ported": ("http_only", "Ported"),
}


class Driver(Protocol):
    """One class of visitor; `visit` tries to register once."""

    async def start(self) -> None: ...
    async def visit(self, number: int) -> None: ...
    async def stop(self) -> None: ...


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    visits: list[Visited] = []
    for name in wanted.driver or DRIVERS:
        try:
            visits += asyncio.run(run(name, wanted))
        except FileNotFoundError as fault:
            print(f"{name}: {fault}", file=sys.stderr)
            return 1
        if wanted.json:
            wanted.json.write_text(json.dumps([visit.json() for visit in visits], indent=1))
    print(summary.table(visits))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.drivers")
    parser.add_argument("driver", nargs="*", type=_known, help=", ".join(DRIVERS))
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--way", choices=["accessible"], default="", help="ask for it at once")
    parser.add_argument("--address", default="", help="one address for all visits")
    parser.add_argument("--route", type=json.loads, default={}, help="JSON that adds to the route")
    return parser


def _known(name: str) -> str:
    if name not in DRIVERS:
        raise argparse.ArgumentTypeError(f"there is no {name}; there are {', '.join(DRIVERS)}")
    return name


async def run(name: str, wanted: argparse.Namespace) -> list[Visited]:
    """All visits of one driver, to a gate of its own."""
    rng = Random(f"{wanted.seed}/{name}")
    module, what = DRIVERS[name]
    found: list[Visited] = []
    with tempfile.TemporaryDirectory(prefix="gateway-drivers-") as folder:
        async with staged(Path(folder), wanted.route) as stage:
            stage.way = wanted.way
            driver = load(module, what)(stage, rng)
            await driver.start()
            try:
                for number, address in zip(range(wanted.visits), addresses(rng), strict=False):
                    at = wanted.address or address
                    told = f"{name}+{wanted.way}" if wanted.way else name
                    found.append(await visit(stage, driver, told, number, at))
            finally:
                await driver.stop()
    return found


async def visit(stage: Stage, driver: Driver, name: str, number: int, address: str) -> Visited:
    visited = await stage.visit(name, number, address, lambda: driver.visit(number))
    print(line(visited), flush=True)
    return visited


def load(module: str, what: str) -> Any:
    return getattr(importlib.import_module(f"tests.drivers.{module}"), what)


def addresses(rng: Random) -> Iterator[str]:
    """Each of a network of its own, such as homes have them; none is reserved."""
    while True:
        network = f"{rng.randrange(80, 95)}.{rng.randrange(256)}.{rng.randrange(256)}"
        yield f"{network}.{rng.randrange(1, 255)}"


def line(visited: Visited) -> str:
    """One visit in a line."""
    risk = "-" if visited.risk is None else f"{visited.risk:.2f}"
    signals = " ".join(f"{name}={value:g}" for name, value in sorted(visited.signals.items()))
    done = f"delivered {visited.delivered}" if visited.delivered else "stopped"
    return (
        f"{visited.driver:13} {visited.number:3} {done:11} risk {risk} "
        f"{'+'.join(visited.kinds) or '-'} [{visited.end}] {visited.cpu_s:.1f} s CPU, "
        f"{visited.hashes:,} hashes, {visited.seconds:.1f} s: {signals or 'no signal'}"
    )


if __name__ == "__main__":
    sys.exit(main())
